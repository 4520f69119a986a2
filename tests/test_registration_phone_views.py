"""Registration by phone (manual C): the code, its countdown, the first steps, the way in."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

import clock
from models import Code, Consent, Outbox, Resident, Session
from services import texts
from tests import factories, portal
from tests.client import Page, PageClient
from tests.factories import NOW
from tests.post import newest_code

PHONE, PASSWORD = "+7 (912) 345-67-89", "Bereza-u-0kna"
FIELDS = {"phone": PHONE, "password": PASSWORD, "terms": "y"}


class Hands:
    """The clock of a test, moved by hand."""

    def __init__(self) -> None:
        self.now = NOW

    def pass_(self, **time: float) -> None:
        self.now += timedelta(**time)


@pytest.fixture
def hands(monkeypatch: pytest.MonkeyPatch) -> Hands:
    found = Hands()
    monkeypatch.setattr(clock, "now", lambda: found.now)
    return found


@pytest.fixture(autouse=True)
def of_c(app: Flask, database: Flask, monkeypatch: pytest.MonkeyPatch, hands: Hands) -> None:
    portal.switch(
        app,
        monkeypatch,
        registration=["phone"],
        sign_in=["phone", "email"],
        sign_in_toggle=True,
        first_steps=["acquaintance", "email"],
        captcha={"registration": "off"},
        consents=["agreement", "advertising"],
    )
    texts.seed(clock.now())


def register(client: PageClient, status: int = 303, htmx: bool = False, **fields: str) -> Page:
    once = client.get("/registration/phone").value("once")
    return client.post("/registration/phone", {**FIELDS, "once": once, **fields}, status=status, htmx=htmx)


def code(client: PageClient, place: int = 0) -> str:
    return newest_code(client.app.extensions["settings"], clock.now(), place)


def wrong(digits: str) -> str:
    return f"{(int(digits) + 1) % 10 ** len(digits):0{len(digits)}d}"


def test_the_form_says_what_the_manual_shows(client: PageClient) -> None:
    page = client.get("/registration/phone")
    for words in (
        "Телефон", "Пароль", "Требования к паролю", "Буквы только латинского алфавита", "Не менее 8 символов",
        "Заглавные буквы", "Строчные буквы", "Цифры", "Любые символы кроме пробелов", "Зарегистрироваться",
        "Я принимаю пользовательское соглашение", "Я согласен получать рекламно-информационную рассылку",
    ):  # fmt: skip
        assert words in page
    assert "advertising" not in page.tree.values, "off until it is ticked"
    assert "персональных данных" not in page and "Код с картинки" not in page


@pytest.mark.parametrize("htmx", [False, True])
def test_the_code_opens_the_portal(client: PageClient, htmx: bool) -> None:
    location = register(client, htmx=htmx).location
    page = client.get(location)
    assert "Введите СМС-код, отправленный на номер" in page and PHONE in page
    assert Resident.select().count() == 0, "nothing is entered before the code"
    digits = code(client)
    assert len(digits) == 5
    assert client.post(location, {"code": f" {digits[:2]} {digits[2:]} "}, htmx=htmx).location == "/"
    who = Resident.get()
    assert (who.phone_key, who.state, who.advertising) == ("+79123456789", "active", False)
    assert who.phone_confirmed_at == clock.now() and who.email_confirmed_at is None
    assert [row.text.slug for row in Consent.select()] == ["agreement"]
    assert Session.select().count() == 1
    assert client.get("/", status=303).location == "/first-steps/acquaintance"


def test_the_advertising_tick_is_kept_with_its_version(client: PageClient) -> None:
    location = register(client, advertising="y").location
    client.post(location, {"code": code(client)})
    assert Resident.get().advertising
    assert {row.text.slug for row in Consent.select()} == {"agreement", "advertising"}


@pytest.mark.parametrize(
    "phone",
    ["8 912 345-67-89", "+7 912 345 67 89", "9123456789", "7(912)3456789", "8-912-345-67-89", "+7(912)345-67-89"],
)
def test_a_phone_is_read_in_every_spelling(client: PageClient, phone: str) -> None:
    client.post(register(client, phone=phone).location, {"code": code(client)})
    assert Resident.get().phone_key == "+79123456789"


@pytest.mark.parametrize(
    "phone", ["", "123", "+7 495 123-45-67", "+380 44 1234567", "телефон", "8" * 100, "٨٩١٢٣٤٥٦٧٨٩"]
)
def test_a_phone_that_takes_no_messages_is_refused(client: PageClient, phone: str) -> None:
    page = register(client, status=422, phone=phone)
    assert page.value("password") == PASSWORD, "what was typed beside it stays"
    assert Outbox.select().count() == 0


def test_the_rules_of_the_password_hold_without_script(client: PageClient) -> None:
    page = register(client, status=422, password="bereza", terms="")
    assert "Не выполнено: не менее 8 символов; заглавные буквы; цифры" in page
    assert "Без соглашения открыть кабинет нельзя" in page


def test_a_password_of_ten_thousand_signs_is_answered(client: PageClient) -> None:
    assert "не больше 128 символов" in register(client, status=422, password="Aa1" * 3334)


def test_a_known_phone_is_answered_the_same_and_its_owner_is_told(client: PageClient) -> None:
    owner = factories.resident(phone="+79123456789", phone_key="+79123456789")
    known = register(client)
    shown = client.get(known.location)
    Outbox.delete().execute()
    other = client.get(register(client, phone="+7 (912) 345-67-80").location)
    assert shown.words.replace("67-89", "") == other.words.replace("67-80", "")
    assert shown.status == other.status == 200
    assert Resident.select().count() == 1 and Resident.get() == owner


def test_a_known_phone_gets_no_code_and_no_code_fits(client: PageClient) -> None:
    factories.resident(phone="+79123456789", phone_key="+79123456789")
    location = register(client).location
    assert Outbox.get().kind == "known-phone"
    assert "Код не подошёл" in client.post(location, {"code": "12345"}, status=422)


def test_five_wrong_codes_end_the_page(client: PageClient) -> None:
    location = register(client).location
    digits = code(client)
    for left in (4, 3, 2, 1):
        assert f"Осталось попыток: {left}" in client.post(location, {"code": wrong(digits)}, status=422)
    assert "Попытки кончились" in client.post(location, {"code": wrong(digits)}, status=422)
    assert "Код больше не действует" in client.post(location, {"code": digits}, status=422)
    assert Resident.select().count() == 0


def test_another_code_waits_for_its_countdown(client: PageClient, hands: Hands) -> None:
    location = register(client).location
    page = client.get(location)
    assert 'data-wait="60"' in page.text and "Отправить ещё раз" in page
    hands.pass_(seconds=16)
    assert 'data-wait="44"' in client.get(location).text
    client.post(f"{location}/again")
    assert "Подождите 44 секунды" in client.get(location)
    hands.pass_(seconds=45)
    assert "data-wait" not in client.get(location).text
    client.post(f"{location}/again")
    assert "Отправили ещё один код" in client.get(location)
    assert Outbox.select().count() == 2
    client.post(location, {"code": code(client)})
    assert Resident.select().count() == 1


def test_a_phone_is_written_to_five_times_an_hour(client: PageClient, hands: Hands) -> None:
    location = register(client).location
    for _ in range(6):
        hands.pass_(minutes=2)
        client.post(f"{location}/again")
    assert Outbox.select().count() == 5
    assert "Слишком много попыток" in register(client, status=422), "another page does not help"


def test_a_form_pressed_twice_leads_to_the_same_page(client: PageClient) -> None:
    once = client.get("/registration/phone").value("once")
    pages = [client.post("/registration/phone", {**FIELDS, "once": once}).location for _ in range(3)]
    assert len(set(pages)) == 1 and Outbox.select().count() == 1


def test_the_code_is_used_once_and_the_page_with_it(client: PageClient) -> None:
    location = register(client).location
    digits = code(client)
    client.post(location, {"code": digits})
    assert "Время вышло" in client.post(location, {"code": digits}, status=410)
    assert Resident.select().count() == 1


def test_the_page_waits_an_hour(client: PageClient, hands: Hands) -> None:
    location = register(client).location
    digits = code(client)
    hands.pass_(minutes=61)
    assert "Время вышло" in client.get(location, status=410)
    client.post(location, {"code": digits}, status=410)
    client.post(f"{location}/again", status=410)
    assert Resident.select().count() == 0


def test_a_code_lives_half_an_hour(client: PageClient, hands: Hands) -> None:
    location = register(client).location
    digits = code(client)
    hands.pass_(minutes=31)
    assert "Код не подошёл" in client.post(location, {"code": digits}, status=422)


def test_the_code_of_another_page_does_not_fit(client: PageClient, hands: Hands) -> None:
    """Who registers a stranger's phone with his own password waits in vain for the owner to type the code."""
    foreign = register(client, password="Attacker-0ne").location
    hands.pass_(minutes=2)
    own = register(client).location
    digits = code(client)
    assert "Код не подошёл" in client.post(foreign, {"code": digits}, status=422)
    client.post(own, {"code": digits})
    from services import passwords

    assert passwords.matches(Resident.get().password_hash, PASSWORD)


def test_two_pages_of_one_phone_make_one_resident(client: PageClient, hands: Hands) -> None:
    first = register(client).location
    digits = code(client)
    hands.pass_(minutes=2)
    second = register(client).location
    client.post(first, {"code": digits})
    client.post("/sign-out")
    assert "Код больше не действует" in client.post(second, {"code": code(client, place=0)}, status=422)
    assert Resident.select().count() == 1


def test_neither_the_password_nor_the_code_lies_in_the_database(client: PageClient) -> None:
    location = register(client).location
    digits = code(client)
    stored = " ".join(f"{row.code_hash} {row.facts}" for row in Code.select())
    assert digits not in stored and PASSWORD not in stored
    client.post(location, {"code": digits})
    assert all(row.facts == "" for row in Code.select().where(Code.used_at.is_null(False)))


def test_an_invented_page_is_over(client: PageClient) -> None:
    for token in ("x", "x" * 3000, "%D1%8F", "..", "'%20OR%201=1"):
        assert client.http.get(f"/registration/phone/{token}").status_code in (404, 410)


def test_the_way_is_hidden_where_no_messages_go_out(
    app: Flask, client: PageClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    portal.without_sms(app, monkeypatch)
    client.get("/registration/phone", status=404)
    assert "Сейчас зарегистрироваться нельзя" in client.get("/registration")


def sign_up(client: PageClient) -> Resident:
    client.post(register(client).location, {"code": code(client)})
    who: Resident = Resident.select().order_by(Resident.id.desc()).get()
    return who


def test_nothing_opens_before_the_first_steps_are_done(client: PageClient, hands: Hands) -> None:
    who = sign_up(client)
    for page in ("/", "/payment", "/readings", "/accounts/link", "/history"):
        assert client.get(page, status=303).location == "/first-steps/acquaintance"
    client.post("/accounts/link", {"number": "1"})
    page = client.get("/first-steps/acquaintance")
    for words in (
        "Давайте познакомимся",
        "Фамилия",
        "Имя",
        "Отчество",
        "Дата рождения",
        "Пол",
        "Сохранить",
        "не меняет",
    ):
        assert words in page
    assert "Основное меню" not in page.text and "/profile" not in page.tree.links, "nothing else is open yet"
    named = {"surname": "Иванов", "name": "Иван", "birth_date": "23.09.1961", "gender": "male"}
    assert client.post("/first-steps/acquaintance", named).location == "/first-steps/email"
    assert client.get("/", status=303).location == "/first-steps/email"
    page = client.get("/first-steps/email")
    assert "Укажите дополнительные контактные данные" in page and "Отменить" in page
    location = client.post("/first-steps/email", {"email": "Ivan@Example.org", "once": page.value("once")}).location
    assert "Введите код, отправленный на почту" in client.get(location)
    digits = code(client)
    assert len(digits) == 5
    assert client.post(location, {"code": digits}).location == "/"
    who = Resident.get_by_id(who.id)
    assert (who.surname, who.name, str(who.birth_date), who.gender) == ("Иванов", "Иван", "1961-09-23", "male")
    assert (who.email_key, who.email_confirmed_at) == ("ivan@example.org", clock.now())
    assert "Добавьте лицевой счёт" in client.get("/")


def test_cancelling_signs_out_and_signing_in_leads_back(client: PageClient) -> None:
    sign_up(client)
    client.post("/first-steps/acquaintance", {"surname": "Иванов", "name": "Иван"})
    assert client.post("/sign-out").location == "/sign-in"
    client.get("/first-steps/email", status=303)
    client.post("/sign-in", {"login": PHONE, "password": PASSWORD, "by": "phone"})
    assert client.get("/", status=303).location == "/first-steps/email"


def test_the_names_that_are_demanded_are_named(client: PageClient) -> None:
    sign_up(client)
    page = client.post(
        "/first-steps/acquaintance", {"patronymic": "Иванович", "birth_date": "31.02.1961"}, status=422
    )
    assert "Фамилия: Заполните поле" in page and "Имя: Заполните поле" in page
    assert page.value("patronymic") == "Иванович"
    assert Resident.get().name == ""


@pytest.mark.parametrize("born", ["31.02.1961", "1.1.1800", "01.01.2999", "вчера", "٢٣.٠٩.١٩٦١"])
def test_a_birth_date_that_cannot_be_is_refused(client: PageClient, born: str) -> None:
    sign_up(client)
    page = client.post(
        "/first-steps/acquaintance", {"surname": "Иванов", "name": "Иван", "birth_date": born}, status=422, htmx=True
    )
    assert "дат" in page.words and page.value("birth_date") == born


@pytest.mark.parametrize("name", ["Ё", "Анна-Мария", "Мамед оглы", "O’Коннор", "<script>", "Ван дер Ваальс"])  # noqa: RUF001
def test_no_name_is_refused_for_its_form(client: PageClient, name: str) -> None:
    sign_up(client)
    client.post("/first-steps/acquaintance", {"surname": name, "name": name})
    assert Resident.get().surname == name
    assert "<script>" not in client.get("/first-steps/email").text


def test_an_email_of_another_is_answered_the_same_and_its_owner_is_told(client: PageClient) -> None:
    owner = factories.resident(email="ivan@example.org")
    who = sign_up(client)
    client.post("/first-steps/acquaintance", {"surname": "Иванов", "name": "Иван"})
    location = client.post("/first-steps/email", {"email": "ivan@example.org"}).location
    assert "Введите код, отправленный на почту" in client.get(location)
    row = Outbox.select().order_by(Outbox.id.desc()).get()
    assert (row.kind, row.destination) == ("known-email", owner.email)
    assert "Код не подошёл" in client.post(location, {"code": "12345"}, status=422)
    assert Resident.get_by_id(who.id).email_key is None


def test_the_address_may_be_mended_before_the_code(client: PageClient) -> None:
    sign_up(client)
    client.post("/first-steps/acquaintance", {"surname": "Иванов", "name": "Иван"})
    location = client.post("/first-steps/email", {"email": "ivan@exmaple.org"}).location
    assert client.post(location, {"cancel": "yes"}).location == "/first-steps/email"


def test_the_steps_of_one_who_owes_none_change_nothing_and_lead_home(client: PageClient) -> None:
    client.sign_in(factories.resident())
    client.get("/", status=200)


def test_nothing_of_the_browser_before_stays_valid(app: Flask, client: PageClient) -> None:
    """Whoever was signed in here is signed out, and a form token planted before is worth nothing."""
    client.sign_in(factories.resident(name="Борис"))
    location = register(client).location
    with client.http.session_transaction() as own:
        planted = dict(own)
    client.post(location, {"code": code(client)})
    assert [row.ended_at is None for row in Session.select().order_by(Session.id)] == [False, True]
    with client.http.session_transaction() as own:
        assert own.get("csrf_token") != planted["csrf_token"]
