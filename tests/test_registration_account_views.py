"""Registration by an account's number and its holder's name (manual D), step by step."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from flask import Flask

import clock
import worker
from models import Account, Attempt, Code, Link, LinkRequest, Notice, Outbox, Resident
from services import passwords, texts
from services.refusal import Refused
from tests import factories, portal
from tests.client import Page, PageClient
from tests.factories import NOW, TODAY
from tests.post import Post, newest_code
from tests.solving import solved

NUMBER, PASSWORD = "5526600001106", "Bereza-u-0kna"
WHO = {"account_number": NUMBER, "full_name": "Новичков Илья Семёнович"}
PASSWORDS = ("password", "password_again")
CONTACT = {"phone": "8 912 345-67-89", "email": ""}


@pytest.fixture(autouse=True)
def of_d(app: Flask, database: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    switches = {"registration": ["account"], "sign_in": ["account"], "account_digits": 13, "consents": []}
    pictures = {"registration": "always", "sign-in": "always"}
    portal.switch(app, monkeypatch, **switches, first_steps=[], captcha=pictures)
    monkeypatch.setattr(clock, "now", lambda: NOW)
    monkeypatch.setattr(clock, "today", lambda: TODAY)
    texts.seed(NOW)


@pytest.fixture
def account(database: Flask) -> Account:
    found = factories.account(number=NUMBER, surname="Новичков", name="Илья", patronymic="Семёнович")
    factories.meter(found, number="353425345")
    return found


def identify(client: PageClient, status: int = 303, **fields: str) -> Page:
    page = client.get("/registration/account")
    return client.post("/registration/account", {**WHO, **solved(page), **fields}, status=status)


def code(client: PageClient, place: int = 0) -> str:
    return newest_code(client.app.extensions["settings"], NOW, place)


def register(client: PageClient, **contact: str) -> Page:
    """All pages up to the sign-in."""
    page = client.post(identify(client).location, {**CONTACT, **contact})
    page = client.post(page.location, {"code": code(client)})
    return client.post(page.location, {"password": PASSWORD, "password_again": PASSWORD})


def test_the_form_says_what_the_manual_shows(client: PageClient) -> None:
    page = client.get("/registration/account")
    for words in ("Регистрация", "Номер лицевого счёта", "Фамилия, имя и отчество", "Код с картинки", "13 цифр"):
        assert words in page
    assert "с паспортом" in page, "how to visit the office"
    assert "supplier" not in page.tree.values


def test_from_the_name_to_the_first_sign_in(client: PageClient, account: Account) -> None:
    assert register(client).location == "/sign-in"
    who, link = Resident.get(), Link.get()
    assert (who.full_name, who.phone_key, who.state) == ("Новичков Илья Семёнович", "+79123456789", "active")
    assert (link.account_id, link.is_login, link.fact) == (account.id, True, "name")
    page = client.get("/sign-in")
    assert "Введите проверочный код" in page
    answer = client.post("/sign-in", {"login": f" {NUMBER} ", "password": PASSWORD, **solved(page)})
    assert answer.location == "/"


def test_we_never_send_a_password(client: PageClient, account: Account) -> None:
    register(client)
    assert PASSWORD not in " ".join(row.body + row.ids for row in Outbox.select())


@pytest.mark.parametrize(
    "name",
    ["НОВИЧКОВ ИЛЬЯ СЕМЕНОВИЧ", "Илья Семёнович Новичков", " новичков  илья   семенович ", "Hовичков Илья Cемёнович"],  # noqa: RUF001
)
def test_a_name_in_another_spelling_is_enough(client: PageClient, account: Account, name: str) -> None:
    assert "/contact/" in identify(client, full_name=name).location


@pytest.mark.parametrize(
    "name", ["Новичков Илья", "Новичков И. С.", "Другой Человек", "Новичков", "<script>", "1" * 200]
)
def test_a_weaker_name_is_asked_for_the_meter(client: PageClient, account: Account, name: str) -> None:
    location = identify(client, full_name=name).location
    assert "/meter/" in location
    assert "номер счётчика" in client.get(location).words
    onward = client.post(location, {"meter_number": "№ 353-425-345"}).location
    assert "/contact/" in onward and "Лицевой счёт найден" in client.get(onward)


def test_an_unknown_account_is_answered_as_a_wrong_name(client: PageClient, account: Account) -> None:
    unknown = identify(client, account_number="1234567890120").location
    wrong = identify(client, full_name="Другой Человек").location
    first, second = (client.get(url) for url in (unknown, wrong))
    assert first.words == second.words
    answers = [client.post(url, {"meter_number": "1"}, status=422).words for url in (unknown, wrong)]
    assert answers[0] == answers[1] and "найти не получилось" in answers[0]


def test_a_meters_number_may_be_guessed_five_times(client: PageClient, account: Account) -> None:
    location = identify(client, full_name="Другой Человек").location
    for guess in range(5):
        client.post(location, {"meter_number": f"{guess}"}, status=422)
    assert "Попытки кончились" in client.post(location, {"meter_number": "353425345"}, status=422)


def test_a_new_page_gives_no_more_than_ten_guesses_at_the_meter(client: PageClient, account: Account) -> None:
    pages = [identify(client, full_name="Другой Человек").location for _ in range(3)]
    for guess in range(10):
        client.post(pages[guess // 5], {"meter_number": f"{guess}"}, status=422)
    assert "Слишком много попыток" in client.post(pages[2], {"meter_number": "353425345"}, status=422)


def test_a_number_is_tried_ten_times_an_hour(client: PageClient, account: Account) -> None:
    for _ in range(10):
        identify(client, full_name="Другой Человек")
    assert "Слишком много попыток" in identify(client, status=422)
    assert Attempt.select().where(Attempt.kind == "account-identity").count() == 20


@pytest.mark.parametrize("number", ["", "123", "12345678901234", "552660000110а", "٥٥٢٦٦٠٠٠٠١١٠٦", "552660000110-"])
def test_a_number_of_another_length_is_refused(client: PageClient, account: Account, number: str) -> None:
    page = identify(client, status=422, account_number=number)
    assert page.value("full_name") == WHO["full_name"]
    assert Code.select().count() == 0


def test_blanks_in_a_copied_number_mean_nothing(client: PageClient, account: Account) -> None:
    assert "/contact/" in identify(client, account_number="5526 6000 01106").location


def test_any_number_is_text_where_the_length_is_not_set(
    app: Flask, client: PageClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    portal.switch(app, monkeypatch, registration=["account"], account_digits=0)
    factories.account(number="111\\0002/1547", surname="Новичков", name="Илья", patronymic="Семёнович")
    assert "/contact/" in identify(client, account_number=" 111\\0002/1547 ").location


def test_equal_numbers_of_two_suppliers_ask_which(client: PageClient, account: Account) -> None:
    twin = factories.account(number=NUMBER, surname="Новичков", name="Илья", patronymic="Семёнович")
    page = identify(client, status=422)
    assert "выберите своего" in page and "supplier" in {name for _, name, _ in page.tree.fields}
    assert "/contact/" in identify(client, supplier=str(twin.supplier_id)).location
    assert "/meter/" in identify(client, supplier="999999").location
    for forged in ("1e9", "-1", "٣", "9" * 40):
        assert "выберите своего" in identify(client, supplier=forged, status=422) or forged == "9" * 40


def test_a_closed_account_is_none(client: PageClient, account: Account) -> None:
    account.closed_on = date(2026, 1, 1)
    account.save()
    assert "/meter/" in identify(client).location


def test_an_organisation_registers_by_its_name(client: PageClient) -> None:
    factories.account(number=NUMBER, kind="organisation", title="ООО «Ромашка»", surname="", name="", patronymic="")
    assert "/contact/" in identify(client, full_name="ООО «Ромашка»").location


def test_the_phone_is_demanded_and_the_email_is_not(client: PageClient, account: Account) -> None:
    location = identify(client).location
    page = client.post(location, {"phone": "", "email": "не почта"}, status=422)
    assert "Мобильный телефон: Заполните поле" in page and "Проверьте адрес" in page
    assert page.value("email") == "не почта"
    assert "мобильный номер" in client.post(location, {"phone": "+7 495 123-45-67"}, status=422).words


def test_the_code_goes_to_the_mailbox_too(client: PageClient, account: Account) -> None:
    location = client.post(identify(client).location, {**CONTACT, "email": "Ilya@example.org"}).location
    kinds = [(row.channel, row.destination) for row in Outbox.select().order_by(Outbox.id)]
    assert kinds == [("sms", "+79123456789"), ("email", "Ilya@example.org")]
    page = client.post(location, {"code": code(client, place=1)})
    client.post(page.location, {"password": PASSWORD, "password_again": PASSWORD})
    who = Resident.get()
    assert (who.email, who.email_key, who.phone_key) == ("Ilya@example.org", None, "+79123456789")


def test_a_code_shows_nothing_but_the_address_that_it_went_to(client: PageClient, account: Account) -> None:
    """Who types another's phone beside a mailbox of his own must not get the phone as his login."""
    page = client.post(identify(client).location, {**CONTACT, "email": "ilya@example.org"})
    page = client.post(page.location, {"code": code(client, place=0)})
    client.post(page.location, {"password": PASSWORD, "password_again": PASSWORD})
    who = Resident.get()
    assert (who.email_key, who.phone, who.phone_key) == ("ilya@example.org", "+79123456789", None)


@pytest.mark.parametrize(
    ("email", "kind"), [("ilya@example.org", "account-registration"), ("known@example.org", "known-email")]
)
def test_a_mailbox_is_told_of_itself_and_not_of_the_phone(
    client: PageClient, account: Account, email: str, kind: str
) -> None:
    factories.resident(phone="+79123456789", phone_key="+79123456789")
    factories.resident(email="known@example.org")
    client.post(identify(client).location, {**CONTACT, "email": email})
    found = [(row.kind, row.channel, row.destination) for row in Outbox.select().order_by(Outbox.id)]
    assert found == [("known-phone", "sms", "+79123456789"), (kind, "email", email)]
    assert worker.send_letters(Post(), worker.desk_of(client.app.extensions["settings"]), False, clock.now) == 1


def test_without_messages_the_email_is_demanded(
    app: Flask, client: PageClient, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    portal.without_sms(app, monkeypatch)
    location = identify(client).location
    assert "E-mail: Заполните поле" in client.post(location, {"phone": "", "email": ""}, status=422)
    page = client.post(location, {"phone": "", "email": "ilya@example.org"})
    page = client.post(page.location, {"code": code(client)})
    client.post(page.location, {"password": PASSWORD, "password_again": PASSWORD})
    who = Resident.get()
    assert (who.email_key, who.email_confirmed_at, who.phone_key) == ("ilya@example.org", NOW, None)


def test_the_second_to_register_an_account_is_answered_the_same(client: PageClient, account: Account) -> None:
    first = factories.resident(email="first@example.org")
    factories.link(first, account, is_login=True)
    location = client.post(identify(client).location, CONTACT).location
    assert "Введите СМС-код" in client.get(location)
    kinds = {(row.kind, row.destination) for row in Outbox.select()}
    assert kinds == {("known-account", "+79123456789"), ("account-registered", "first@example.org")}
    assert "Код не подошёл" in client.post(location, {"code": "123456"}, status=422)
    request = LinkRequest.get()
    assert (request.kind, request.account_id, request.phone) == ("second", account.id, "+79123456789")
    assert "пробовали зарегистрировать" in Notice.get().subject
    assert Resident.select().count() == 1


def test_the_phone_of_another_is_answered_the_same(client: PageClient, account: Account) -> None:
    factories.resident(phone="+79123456789", phone_key="+79123456789")
    location = client.post(identify(client).location, CONTACT).location
    assert Outbox.get().kind == "known-phone"
    assert "Код не подошёл" in client.post(location, {"code": "123456"}, status=422)


def test_the_email_of_another_is_not_taken(client: PageClient, account: Account) -> None:
    factories.resident(email="ilya@example.org")
    page = client.post(identify(client).location, {**CONTACT, "email": "ilya@example.org"})
    page = client.post(page.location, {"code": code(client, place=1)})
    client.post(page.location, {"password": PASSWORD, "password_again": PASSWORD})
    assert Resident.get(Resident.phone_key == "+79123456789").email == ""


def test_pages_pressed_twice_or_gone_back_to_do_no_harm(client: PageClient, account: Account) -> None:
    contact = identify(client).location
    pages = [client.post(contact, CONTACT).location for _ in range(2)]
    assert pages[0] == pages[1] and Outbox.select().count() == 1
    password = client.post(pages[0], {"code": code(client)}).location
    assert "Время вышло" in client.post(pages[0], {"code": "123456"}, status=410)
    fields = {"password": PASSWORD, "password_again": PASSWORD}
    client.post(password, fields)
    assert "Время вышло" in client.post(password, fields, status=410)
    assert Resident.select().count() == 1


def test_a_page_that_skips_a_step_is_none(client: PageClient, account: Account) -> None:
    meter = identify(client, full_name="Другой Человек").location
    token = meter.rpartition("/")[2]
    client.get(f"/registration/account/contact/{token}", status=410)
    client.post(f"/registration/account/contact/{token}", CONTACT, status=410)
    for step in ("meter", "contact", "code", "password"):
        client.get(f"/registration/account/{step}/x", status=410)
        client.post(f"/registration/account/{step}/x", status=410)


def test_the_password_keeps_the_rules_and_is_typed_twice(client: PageClient, account: Account) -> None:
    page = client.post(identify(client).location, CONTACT)
    url = client.post(page.location, {"code": code(client)}).location
    page = client.post(url, {"password": "короткий", "password_again": "другой"}, status=422)
    assert "Не выполнено" in page and "Пароли не совпали" in page
    assert "лог" in client.post(url, {"password": f"Aa{NUMBER}", "password_again": f"Aa{NUMBER}"}, status=422).words
    assert Resident.select().count() == 0


def test_two_who_proved_one_account_make_one_login(client: PageClient, account: Account) -> None:
    urls = []
    for phone in ("+79123456780", "+79123456781"):
        page = client.post(identify(client).location, {"phone": phone})
        urls.append(client.post(page.location, {"code": code(client)}).location)
    fields = {"password": PASSWORD, "password_again": PASSWORD}
    assert client.post(urls[0], fields).location == "/sign-in"
    assert "только что зарегистрировал другой" in client.post(urls[1], fields, status=422)
    assert Resident.select().count() == 1 and Link.select().where(Link.is_login == True).count() == 1  # noqa: E712


def test_nobody_is_entered_without_his_consents(
    client: PageClient, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_args: object) -> None:
        raise Refused("Согласие не записано.")

    page = client.post(identify(client).location, CONTACT)
    url, fields = client.post(page.location, {"code": code(client)}).location, dict.fromkeys(PASSWORDS, PASSWORD)
    with monkeypatch.context() as broken:
        broken.setattr(texts, "agree", fails)
        assert "Согласие не записано" in client.post(url, fields, status=422)
    assert not Resident.select().exists() and not Link.select().exists()
    assert client.post(url, fields).location == "/sign-in"


def test_access_is_recovered_by_the_account(client: PageClient, account: Account) -> None:
    register(client)
    Outbox.delete().execute()
    location = client.post("/recovery", {"login": NUMBER}).location
    assert "на его телефон или почту" in client.get(location)
    assert (Outbox.get().channel, Outbox.get().kind) == ("sms", "recovery")
    url = client.post(location, {"code": code(client)}).location
    client.post(url, {"password": "New-passw0rd", "password_again": "New-passw0rd"})
    assert passwords.matches(Resident.get().password_hash, "New-passw0rd")
    assert Outbox.select().order_by(Outbox.id.desc()).get().channel == "sms", "who has no mailbox is told by phone"


def test_recovery_says_nothing_of_an_unknown_account(client: PageClient, account: Account) -> None:
    register(client)
    client.get("/sign-in")
    pages = [client.get(client.post("/recovery", {"login": number}).location) for number in (NUMBER, "1234567890120")]
    assert pages[0].words == pages[1].words


def test_signing_in_by_equal_numbers_asks_for_the_supplier(client: PageClient, account: Account) -> None:
    register(client)
    twin = factories.account(number=NUMBER)
    other = factories.resident(email="o@example.org", password_hash=passwords.hashed("An0ther-phrase"))
    factories.link(other, twin, is_login=True)
    page = client.get("/sign-in")
    page = client.post("/sign-in", {"login": NUMBER, "password": PASSWORD, **solved(page)}, status=422)
    assert "выберите своего" in page
    for supplier, password in ((account.supplier_id, PASSWORD), (twin.supplier_id, "An0ther-phrase")):
        fields = {"login": NUMBER, "supplier": str(supplier), **solved(client.get("/sign-in"))}
        wrong = client.post("/sign-in", {**fields, "password": "Wrong-passw0rd"}, status=422)
        assert "не подошли" in wrong
        fields |= solved(wrong)
        assert client.post("/sign-in", {**fields, "password": password}).location == "/"
        client.post("/sign-out")


def test_an_operator_signs_in_by_email_and_a_resident_does_not(client: PageClient, account: Account) -> None:
    factories.operator(email="olga@example.org", password_hash=passwords.hashed(PASSWORD))
    factories.resident(email="anna@example.org", password_hash=passwords.hashed(PASSWORD))
    fields = {"login": "anna@example.org", "password": PASSWORD, **solved(client.get("/sign-in"))}
    assert "не подошли" in client.post("/sign-in", fields, status=422)
    fields = {"login": "Olga@example.org", "password": PASSWORD, **solved(client.get("/sign-in"))}
    assert client.post("/sign-in", fields).location.startswith("/sign-in/code/")  # the second step of operators


def test_what_was_typed_is_wiped_when_the_page_is_over(client: PageClient, account: Account) -> None:
    client.post(identify(client).location, CONTACT)
    assert any("Новичков" in row.facts for row in Code.select())
    Code.wipe(NOW + timedelta(hours=2))
    assert not any(row.facts for row in Code.select())


def test_equal_numbers_ask_for_the_supplier_whoever_has_signed_up(client: PageClient, account: Account) -> None:
    """Else the question itself would tell that the number signs in at both."""
    factories.account(number=NUMBER)
    pages = []
    for register_first in (False, True):
        if register_first:
            factories.link(factories.resident(), account, is_login=True)
        fields = {"login": NUMBER, "password": "Wrong-passw0rd", **solved(client.get("/sign-in"))}
        pages.append(client.post("/sign-in", fields, status=422).words)
        pages.append(client.post("/recovery", {"login": NUMBER}, status=422).words)
    assert pages[:2] == pages[2:] and all("выберите своего" in page for page in pages)
