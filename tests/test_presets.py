"""Presets: every one loads, says only what is known, and leads to pages that exist."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator

import pytest

from presets import FOLDER, MenuItem, PasswordPolicy, PresetError, load_preset
from views.menu import PAGES

NAMES = sorted(path.stem for path in FOLDER.glob("*.toml"))


@pytest.mark.parametrize("name", NAMES)
def test_a_preset_loads(name: str) -> None:
    preset = load_preset(name, {}, {})
    assert preset.name == name
    assert preset.menu and preset.footer and preset.registration and preset.sign_in
    assert all(preset.words.values()), "a word of the screen is empty"


@pytest.mark.parametrize("name", NAMES)
def test_the_menus_name_pages_that_the_portal_knows(name: str) -> None:
    preset = load_preset(name, {}, {})
    for item in walk((*preset.menu, *preset.menu_before, *preset.footer, *preset.payment_links)):
        assert item.word
        assert bool(item.page) != bool(item.items), f"{item.word}: a page, or a heading over pages"
        assert not item.page or item.page in PAGES, f"{item.word} leads to the unknown page «{item.page}»"
    assert preset.first_page in PAGES


@pytest.mark.parametrize("name", NAMES)
def test_a_preset_says_only_what_differs_from_the_default(name: str) -> None:
    """What repeats the default would silently keep an old word when the default's is mended."""
    if name == "default":
        return
    base, own = (tomllib.loads((FOLDER / f"{it}.toml").read_text(encoding="utf-8")) for it in ("default", name))
    repeated = [
        key for key, value in own.items() if key not in ("words", "menu", "footer") and base.get(key) == value
    ]
    for table in ("captcha", "password", "words"):
        repeated += [key for key, value in own.get(table, {}).items() if base[table].get(key) == value]
    assert not repeated


# The row «menu» of presets.md, in its order; «Выйти» closes each.
SETTINGS = {"Настройки": ["Мой профиль", "Мои подписки", "Изменить пароль", "Очистка кэша", "Выйти"]}
TALK = {"Общение": ["Отправить обращение", "Отправленные", "Полученные"]}
MENUS: dict[str, list[str | dict[str, list[str]]]] = {
    "metallenergo": [
        {
            "Договоры": [
                "Подключить бытового абонента", "Подключить организацию", "Заявка на заключение договора",
                "Подключенные договоры",
            ]
        },
        {"Финансы": ["Счета/Начисления", "Оплаты"]},
        {"Показания": ["Ввод показаний"]},
        TALK,
        SETTINGS,
    ],
    "zhkh": ["Главная", "Начисления", "Показания счетчиков", "Платежи", "Мой профиль", "Выйти"],
    "client-online": [
        "Оплата", "Показания", "История",
        {
            "Ещё": [
                "Помощь", "Уведомления", "Профиль", "Инструкция пользователя", "Пользовательское соглашение", "Выйти",
            ]
        },
    ],
    "consumer": [
        "Ввод показаний счетчиков", "Печать квитанций", "История платежей", "История показаний",
        "Начисления и платежи", "Оплата счета", "Мои лицевые счета", "Мои настройки", "Выйти",
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", MENUS)
def test_the_menu_is_the_manuals(name: str) -> None:
    assert [said(item) for item in load_preset(name, {}, {}).menu] == MENUS[name]


def test_before_the_first_account_the_menu_is_short() -> None:
    before = [said(item) for item in load_preset("metallenergo", {}, {}).menu_before]
    assert before == ["Подключить договор", TALK, SETTINGS]
    assert not any(load_preset(name, {}, {}).menu_before for name in NAMES if name != "metallenergo")


def said(item: MenuItem) -> str | dict[str, list[str]]:
    return {item.word: [below.word for below in item.items]} if item.items else item.word


@pytest.mark.parametrize("name", NAMES)
def test_one_can_leave_from_every_menu(name: str) -> None:
    preset = load_preset(name, {}, {})
    for menu in filter(None, (preset.menu, preset.menu_before)):
        assert "sign-out" in {item.page for item in walk(menu)}


# The rows of presets.md with a switch in each column.
SWITCHES: dict[str, dict[str, object]] = {
    "metallenergo": {
        "registration": ("email",), "sign_in": ("email",), "first_steps": (), "remember": False,
        "consents": ("agreement", "personal-data"), "linking": ("wizard", "page", "organisation"),
        "linking_facts": ("passport",), "accounts_view": "current", "first_page": "bills", "gateway": "sber",
        "order_number": "running", "email_to_pay": "no", "zero_padded": True, "second_factor": False,
        "summary": ("division", "notices", "debt", "payment", "pay"), "groups": False,
        "profile": ("personal", "more"),
    },
    "zhkh": {
        "registration": ("username",), "sign_in": ("username",), "remember": True, "consents": ("agreement",),
        "linking": ("selects",), "linking_facts": ("payment",), "accounts_view": "cards", "first_page": "home",
        "gateway": "moneta", "order_number": "running", "email_to_pay": "no", "zero_padded": True,
        "second_factor": False, "groups": False,
    },
    "client-online": {
        "registration": ("phone",), "sign_in": ("phone", "email"), "sign_in_toggle": True, "remember": False,
        "first_steps": ("acquaintance", "email"), "consents": ("agreement", "advertising"), "linking": ("number",),
        "linking_facts": ("meter", "payment", "bill"), "accounts_view": "cards", "first_page": "payment",
        "order_number": "running", "email_to_pay": "confirmed", "zero_padded": True, "second_factor": True,
        "groups": True, "profile": ("personal", "contacts", "factor", "bills", "subscriptions", "more"),
    },
    "consumer": {
        "registration": ("account",), "sign_in": ("account",), "account_digits": 13, "first_steps": (),
        "remember": False, "consents": (), "linking": ("password",), "linking_facts": ("password",),
        "accounts_view": "current", "first_page": "readings", "gateway": "sber", "order_number": "account",
        "email_to_pay": "either", "zero_padded": False, "second_factor": False, "groups": False, "summary": (),
        "profile": ("email", "password", "accounts", "more"),
    },
}  # fmt: skip
CAPTCHA_ALWAYS = {
    "metallenergo": {"registration", "linking"},
    "zhkh": {"registration", "linking"},
    "client-online": set[str](),
    "consumer": {"registration", "sign-in", "email-change", "password-change"},
    "default": {"registration"},
}


@pytest.mark.parametrize("name", SWITCHES)
def test_the_switches_are_the_manuals(name: str) -> None:
    preset = load_preset(name, {}, {})
    assert {key: getattr(preset, key) for key in SWITCHES[name]} == SWITCHES[name]


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_is_asked_for_where_the_manual_asks_for_one(name: str) -> None:
    captcha = {**load_preset(name, {}, {}).captcha}
    assert captcha.pop("request") == "always", "who asks without a login shows that he is a person"
    assert {form for form, policy in captcha.items() if policy == "always"} == CAPTCHA_ALWAYS[name]


def test_every_preset_stands_in_these_tables() -> None:
    assert set(NAMES) == {"default", *MENUS} == {"default", *SWITCHES} == set(CAPTCHA_ALWAYS)


def test_passwords_are_short_and_free_in_one_portal_alone() -> None:
    assert load_preset("zhkh", {}, {}).password == PasswordPolicy(6, 16, False, False, False, False, "!@#$%^_*&;")
    usual = load_preset("default", {}, {}).password
    assert all(load_preset(name, {}, {}).password == usual for name in NAMES if name != "zhkh")


def test_an_unknown_preset_names_those_that_exist() -> None:
    with pytest.raises(PresetError, match="default"):
        load_preset("solar", {}, {})


def test_all_slips_of_a_portal_are_named_at_once() -> None:
    with pytest.raises(PresetError) as fault:
        load_preset("default", {"sign_in": ["pigeon"], "colour": "red"}, {"no.such": "слово"})
    assert len(fault.value.problems) == 3


def test_a_portal_changes_a_word() -> None:
    assert load_preset("default", {}, {"readings.title": "Счётчики"}).words["readings.title"] == "Счётчики"


def walk(items: tuple[MenuItem, ...]) -> Iterator[MenuItem]:
    for item in items:
        yield item
        yield from walk(item.items)


def test_a_table_that_names_one_key_changes_that_key_alone() -> None:
    preset = load_preset("default", {"captcha": {"sign-in": "always"}, "password": {"shortest": 10}}, {})
    usual = load_preset("default", {}, {})
    assert preset.captcha == {**usual.captcha, "sign-in": "always"}
    assert (preset.password.shortest, preset.password.longest) == (10, usual.password.longest)


@pytest.mark.parametrize(
    "switches",
    [
        {"captcha": "always"},
        {"captcha": {"sign-in": "sometimes"}},
        {"password": {"shortest": "ten"}},
        {"password": {"tallest": 3}},
        {"remember": "yes"},
        {"registration": "email"},
        {"menu": "home"},
    ],
)
def test_a_value_of_the_wrong_kind_is_named(switches: dict[str, object]) -> None:
    with pytest.raises(PresetError):
        load_preset("default", switches, {})
