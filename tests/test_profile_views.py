"""The page of the profile: its parts, personal data, bills by e-mail, subscriptions, the cache."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask

from models import Consent, Link, Resident, Session
from services import texts
from tests import factories
from tests.client import PageClient
from tests.portal import switched
from tests.profiles import again, somebody

PERSON = {"surname": "Иванова", "name": "Анна", "patronymic": "", "birth_date": "23.09.2001", "gender": "female"}


@pytest.fixture
def anna(database: Flask) -> Resident:
    texts.seed(factories.NOW)
    return somebody(email="anna@example.org", patronymic="Викторовна")


@pytest.fixture
def signed_in(client: PageClient, anna: Resident) -> PageClient:
    return client.sign_in(anna)


def test_the_page_says_what_the_manual_shows(signed_in: PageClient) -> None:
    page = signed_in.get("/profile")
    for words in (
        "Личные данные", "ФИО Соколова Анна Викторовна", "Дата рождения", "Пол", "Контактные данные", "Телефон",
        "E-mail anna@example.org подтверждён", "Двухфакторная аутентификация",
        "Запрашивать подтверждение при входе с нового устройства/браузера", "Получать счета на e-mail",
        "E-mail уведомления", "SMS уведомления", "Уведомления в мессенджерах",
        "Рекламная рассылка по выбранным выше каналам связи", "Изменить пароль", "Удалить аккаунт", "Выйти",
    ):  # fmt: skip
        assert words in page, words
    assert "Новый адрес электронной почты" not in page


def test_the_initials_lead_to_the_profile(signed_in: PageClient) -> None:
    assert "/profile" in signed_in.get("/").tree.links


def test_the_preset_says_which_parts_stand_in_which_order(app: Flask, signed_in: PageClient, anna: Resident) -> None:
    account = factories.link(anna).account
    with switched(app, {"profile": ["accounts", "password", "email"], "second_factor": False}):
        page = signed_in.get("/profile")
    places = [page.words.index(words) for words in ("Текущие привязки:", "Старый пароль", "Электронная почта")]
    assert places == sorted(places)
    assert account.number in page and "Управление привязанными лицевыми счетами" in page
    assert "Личные данные" not in page


def test_two_pictures_of_one_page_do_not_get_in_each_others_way(app: Flask, signed_in: PageClient) -> None:
    both = {"profile": ["email", "password"], "captcha": {"email-change": "always", "password-change": "always"}}
    with switched(app, both):
        page = signed_in.get("/profile")  # the client looks for ids that stand twice
        assert page.text.count('name="captcha_id"') == 2
        fresh = signed_in.post("/captcha?form=password-change", status=200, htmx=True)
    assert 'id="captcha-password-change"' in page.text and 'id="captcha-password-change"' in fresh.text


@pytest.mark.parametrize("htmx", [False, True])
def test_personal_data_are_changed(signed_in: PageClient, anna: Resident, htmx: bool) -> None:
    assert "не меняет фамилию, имя и отчество в счёте" in signed_in.get("/profile/personal")
    assert signed_in.post("/profile/personal", PERSON, htmx=htmx).location == "/profile"
    kept = again(anna)
    assert (kept.full_name, kept.birth_date, kept.gender) == ("Иванова Анна", date(2001, 9, 23), "female")
    page = signed_in.get("/profile")
    assert "23.09.2001" in page and "Женский" in page and "Сохранено" in page
    assert signed_in.get("/profile/personal").value("birth_date") == "23.09.2001"


def test_all_mistakes_are_named_and_nothing_is_lost(signed_in: PageClient, anna: Resident) -> None:
    wrong = {"surname": "", "name": "я" * 61, "patronymic": "Ли", "birth_date": "32.01.2001"}
    for htmx in (False, True):
        page = signed_in.post("/profile/personal", wrong, status=422, htmx=htmx)
        assert all(it in page for it in ("Заполните поле", "Не больше 60 знаков", "Такого дня нет"))
        assert (page.value("name"), page.value("patronymic"), page.value("birth_date")) == (
            "я" * 61,
            "Ли",
            "32.01.2001",
        )
    assert again(anna).surname == "Соколова"


@pytest.mark.parametrize("name", ["Ли", "О’Нил", "оглы Мамед", "Наталья-Мария", "李", "X Æ A-12", "Анна\0"])
def test_a_name_is_never_refused_for_its_form(signed_in: PageClient, anna: Resident, name: str) -> None:
    signed_in.post("/profile/personal", {**PERSON, "surname": name})
    assert again(anna).surname == name.rstrip("\0")


@pytest.mark.parametrize("day", ["01.01.2999", "01.01.1850", "вчера", "2001", "00.00.2001"])
def test_a_day_that_nobody_was_born_on_is_refused(signed_in: PageClient, day: str) -> None:
    signed_in.post("/profile/personal", {**PERSON, "birth_date": day}, status=422)


def test_an_unknown_gender_is_refused(signed_in: PageClient) -> None:
    signed_in.post("/profile/personal", {**PERSON, "gender": "'; --"}, status=422)


def test_of_two_tabs_the_last_counts(signed_in: PageClient, anna: Resident) -> None:
    signed_in.post("/profile/personal", PERSON)
    signed_in.post("/profile/personal", {**PERSON, "surname": "Петрова"})
    assert again(anna).surname == "Петрова"


def test_bills_by_email_are_chosen_for_each_account(signed_in: PageClient, anna: Resident) -> None:
    one, other = factories.link(anna), factories.link(anna)
    page = signed_in.get("/profile/bills")
    assert "Бумажные счета приходят, пока e-mail не выберут все" in page
    signed_in.post("/profile/bills", {f"bills-{one.account_id}": "yes"})
    assert [Link.get_by_id(link.id).bills_by_email for link in (one, other)] == [True, False]
    assert again(anna).monthly_bill, "the letter that brings the bill comes with it"
    signed_in.post("/profile/bills", {f"bills-{other.account_id}": "yes"}, htmx=True)
    assert [Link.get_by_id(link.id).bills_by_email for link in (one, other)] == [False, True]


def test_an_account_whose_supplier_offers_no_email_bills_is_not_asked_about(
    signed_in: PageClient, anna: Resident
) -> None:
    link = factories.link(anna)
    factories.setting(link.account.supplier, "offers_email_bills", False)
    assert link.account.number not in signed_in.get("/profile/bills")
    signed_in.post("/profile/bills", {f"bills-{link.account_id}": "yes"})
    assert not Link.get_by_id(link.id).bills_by_email


def test_without_a_confirmed_email_bills_stay_on_paper(client: PageClient, database: Flask) -> None:
    who = somebody(email_confirmed_at=None)
    link = factories.link(who)
    client.sign_in(who)
    assert "сначала подтвердите его" in client.get("/profile")
    page = client.post("/profile/bills", {f"bills-{link.account_id}": "yes"}, status=422)
    assert "Сначала подтвердите e-mail" in page and not Link.get_by_id(link.id).bills_by_email


def test_a_neighbours_account_is_not_touched(signed_in: PageClient) -> None:
    theirs = factories.link(somebody())
    signed_in.post("/profile/bills", {f"bills-{theirs.account_id}": "yes"})
    assert not Link.get_by_id(theirs.id).bills_by_email


def test_channels_are_switched(signed_in: PageClient, anna: Resident) -> None:
    signed_in.post("/profile/channels", {"notify_sms": "y"})
    kept = again(anna)
    assert (kept.notify_email, kept.notify_sms, kept.notify_messenger) == (False, True, False)


def test_advertising_is_written_down_on_and_off_once_each(signed_in: PageClient, anna: Resident) -> None:
    for _ in range(2):
        signed_in.post("/profile/channels", {"advertising": "y"})
    assert again(anna).advertising
    for _ in range(2):
        signed_in.post("/profile/channels", {}, htmx=True)
    rows = Consent.of_resident(anna)
    assert [(row.text.slug, row.is_given, row.address) for row in rows] == [
        ("advertising", True, "127.0.0.1"), ("advertising", False, "127.0.0.1"),
    ]  # fmt: skip
    assert not again(anna).advertising
    assert texts.outdated(anna, ["advertising"]) == [], "what was taken back is not asked for again"


def test_a_channel_that_the_portal_has_not_is_not_asked_about(
    app: Flask, signed_in: PageClient, anna: Resident
) -> None:
    with switched(app, {}, demo=False, mail_url="smtp://localhost"):
        page = signed_in.get("/profile/channels")
        assert "E-mail уведомления" in page and "SMS" not in page and "мессенджерах" not in page
        signed_in.post("/profile/channels", {})
    kept = again(anna)
    assert (kept.notify_email, kept.notify_sms, kept.notify_messenger) == (False, True, True)


def test_subscriptions_are_yes_or_no(signed_in: PageClient, anna: Resident) -> None:
    page = signed_in.get("/profile/subscriptions")
    for words in ("Напоминать о передаче показаний", "Ежемесячный счет", "Включить СМС-рассылку", "Нет", "Да"):
        assert words in page
    signed_in.post("/profile/subscriptions", {"remind_readings": "no", "monthly_bill": "yes", "notify_sms": "no"})
    kept = again(anna)
    assert (kept.remind_readings, kept.monthly_bill, kept.notify_sms) == (False, True, False)


@pytest.mark.parametrize("htmx", [False, True])
def test_the_monthly_letter_stays_while_bills_come_by_it_alone(
    signed_in: PageClient, anna: Resident, htmx: bool
) -> None:
    factories.link(anna, bills_by_email=True)
    form = {"remind_readings": "no", "monthly_bill": "no", "notify_sms": "yes"}
    page = signed_in.post("/profile/subscriptions", form, status=422, htmx=htmx)
    assert "сначала верните бумажные счета" in page and again(anna).remind_readings


def test_the_cache_is_cleared_and_said(signed_in: PageClient, anna: Resident) -> None:
    Session.update(current_account=1).where(Session.resident == anna).execute()
    signed_in.http.set_cookie("view", "large")
    assert "Очистка кэша" in signed_in.get("/profile/cache")
    signed_in.post("/profile/cache")
    assert "Очищено: вид страниц, выбранный лицевой счёт." in signed_in.get("/profile/cache")
    assert Session.get(Session.resident == anna).current_account is None
    assert signed_in.http.get_cookie("view") is None
    signed_in.post("/profile/cache")
    assert "Очищать нечего" in signed_in.get("/profile/cache")
