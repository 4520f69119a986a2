"""The counter: a resident is registered by the passport seen, his paper is printed, its code sets a password once."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest
from flask import Flask

import clock
from models import Account, Audit, Code, Consent, Link, LinkRequest, Outbox, Resident, Session, Text
from services import counter, sign_in, texts
from tests import factories
from tests.client import Page, PageClient
from tests.portal import switch

PASSWORD = "Pine-forest-77"  # noqa: S105 - a test's own


@pytest.fixture
def account(database: Flask) -> Account:
    return factories.account(number="0010")


@pytest.fixture
def clerk(client: PageClient, account: Account) -> PageClient:
    """Of the account's supplier alone."""
    texts.seed(factories.NOW)
    return client.sign_in(factories.operator(account.supplier, email="olga@example.org"))


def register(client: PageClient, account: Account, status: int = 303, **fields: str) -> Page:
    typed = {"full_name": "Орлова Вера Ильинична", "login": "account", "passport": "y", "once": "key", **fields}
    typed = {name: value for name, value in typed.items() if value}
    return client.post(f"/admin/counter/accounts/{account.id}", typed, status=status)


def code_on(page: Page) -> str:
    found = re.search(r"\b([2-9a-z]{5}-[2-9a-z]{5})\b", page.words)
    assert found, page.words
    return found[1]


def enter(app: Flask, code: str, status: int = 303) -> Page:
    return PageClient(app).post("/code", {"code": code}, status=status)


def set_password(app: Flask, url: str, status: int = 303, **fields: str) -> Page:
    ticks = {"terms": "y", "consent": "y"}
    return PageClient(app).post(
        url, {"password": PASSWORD, "password_again": PASSWORD, **ticks, **fields}, status=status
    )


def test_the_whole_way_from_the_counter_to_the_portal(app: Flask, clerk: PageClient, account: Account) -> None:
    assert "№ 0010" in clerk.get("/admin/counter?q=0010")
    assert "Соколова Анна Викторовна" in clerk.get(f"/admin/counter/accounts/{account.id}").text
    paper = clerk.get(register(clerk, account).location)
    assert "Орлова Вера Ильинична" in paper and "0010" in paper and "/code" in paper
    vera = Resident.get(Resident.surname == "Орлова")
    assert (vera.state, vera.password_hash, vera.email) == ("active", "", "")
    assert (Link.get().resident, Link.get().fact, Link.get().is_login) == (vera, "counter", True)
    page = enter(app, code_on(paper))
    assert (
        "Соглашение" in PageClient(app).get(page.location).text
        or "соглаш" in PageClient(app).get(page.location).words
    )
    assert set_password(app, page.location).location == "/sign-in"
    assert Consent.select().where(Consent.resident == vera).count() == 2
    own = PageClient(app)
    own.post("/sign-in", {"login": "0010", "password": PASSWORD})
    assert "№ 0010" in own.get("/accounts")


def test_it_is_logged_and_no_fact_of_the_passport_is_kept(clerk: PageClient, account: Account) -> None:
    register(clerk, account)
    row = Audit.get()
    assert (row.action, row.actor_name) == ("counter-register", "olga@example.org")
    assert json.loads(row.after) == {
        "account": account.id,
        "login": "account",
        "code": Code.get().id,
        "passport": True,
    }
    shown = json.loads(Code.get().facts)
    assert set(shown) == {"once", "by"}


def test_the_code_is_nowhere_as_it_is_printed(clerk: PageClient, account: Account) -> None:
    paper = clerk.get(register(clerk, account).location)
    plain = code_on(paper).replace("-", "")
    assert not any(plain in str(value) for value in vars(Code.get())["__data__"].values())


def test_a_double_click_registers_once(clerk: PageClient, account: Account) -> None:
    assert register(clerk, account).location == register(clerk, account).location
    assert Resident.select().count() == 2 and Code.select().count() == 1  # the clerk and the newcomer


def test_without_a_passport_nobody_is_registered(clerk: PageClient, account: Account) -> None:
    assert "паспорт предъявлен" in register(clerk, account, status=422, passport="")
    assert not Link.select().exists() and not Code.select().exists()


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"full_name": ""}, "Заполните поле"),
        ({"full_name": "я" * 61}, "как в паспорте"),
        ({"login": "username"}, "Выберите, как житель будет входить"),
        ({"login": "phone", "phone": "12"}, "Проверьте номер"),
        ({"login": "phone", "phone": "+7 495 123-45-67"}, "мобильный"),
    ],
)
def test_what_does_not_fit_is_said_at_its_field(
    clerk: PageClient, account: Account, fields: dict[str, str], sentence: str
) -> None:
    page = register(clerk, account, status=422, **fields)
    assert sentence in page and not Link.select().exists()


def test_an_account_whose_number_is_a_login_needs_another_way(clerk: PageClient, account: Account) -> None:
    factories.link(factories.resident(surname="Первая"), account, is_login=True)
    assert "Счёт уже есть в кабинете" in clerk.get(f"/admin/counter/accounts/{account.id}")
    assert "уже входит другой житель" in register(clerk, account, status=422)
    assert not Resident.select().where(Resident.surname == "Орлова").exists()


def test_a_phone_is_a_login_to_which_no_code_goes(app: Flask, clerk: PageClient, account: Account) -> None:
    """A figure that was misheard must not open the portal to a stranger."""
    paper = clerk.get(register(clerk, account, login="phone", phone="8 912 345-67-89").location)
    vera = Resident.get(Resident.surname == "Орлова")
    assert (vera.phone_key, vera.phone_confirmed_at, vera.mobile) == ("+79123456789", None, "")
    set_password(app, enter(app, code_on(paper)).location)
    entered = sign_in.resident_of(sign_in.login_of("8 912 345-67-89", ["phone"]))
    assert entered == vera
    taken = register(
        clerk, factories.account(account.supplier), status=422, login="phone", phone="89123456789", once="b"
    )
    assert "Такой вход уже есть" in taken


def test_a_user_name_where_the_preset_has_them(
    app: Flask, clerk: PageClient, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    switch(app, monkeypatch, "zhkh")
    assert "Вера_1" in clerk.get(register(clerk, account, login="username", username="Вера_1").location)
    assert "Имя может состоять" in register(clerk, account, status=422, login="username", username="1", once="b")
    assert "Выберите, как" in register(clerk, account, status=422, login="account", once="c")


def test_by_e_mail_an_invitation_goes_out_instead(clerk: PageClient, account: Account) -> None:
    page = register(clerk, account, login="email", email="vera@example.org")
    assert page.location == f"/admin/accounts/{account.id}"
    assert (LinkRequest.get().state, LinkRequest.get().account) == ("approved", account)
    assert (Outbox.get().kind, Outbox.get().destination) == ("invitation", "vera@example.org")
    register(clerk, account, login="email", email="vera@example.org")
    assert LinkRequest.select().count() == 1
    assert "Проверьте адрес" in register(clerk, account, status=422, login="email", email="x", once="b")


def test_a_code_is_good_once(app: Flask, clerk: PageClient, account: Account) -> None:
    at = register(clerk, account).location
    code = code_on(clerk.get(at))
    first, second = enter(app, code.upper().replace("-", " ")), enter(app, code)
    set_password(app, first.location)
    assert set_password(app, second.location).location == "/code"
    assert "Код не подошёл" in enter(app, code, status=422)
    assert "больше не" in clerk.get(at, status=410)


def test_a_code_ends_after_three_days(
    app: Flask, clerk: PageClient, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = code_on(clerk.get(register(clerk, account).location))
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + counter.PAPER_LIVES)
    assert "Код не подошёл" in enter(app, code, status=422)


def test_guesses_are_few(app: Flask, clerk: PageClient) -> None:
    for _ in range(counter.GUESSES.most):
        enter(app, "22222-22222", status=422)
    assert "Слишком много попыток" in enter(app, "22222-22222", status=422)


@pytest.mark.parametrize("code", ["", " ", "x" * 41, "٣٣٣٣٣-٣٣٣٣٣", "'; drop", "\0"])
def test_what_is_no_code_is_refused(app: Flask, clerk: PageClient, code: str) -> None:
    enter(app, code, status=422)


def test_the_password_keeps_the_rules_and_the_ticks_are_demanded(
    app: Flask, clerk: PageClient, account: Account
) -> None:
    url = enter(app, code_on(clerk.get(register(clerk, account).location))).location
    assert "не совпали" in set_password(app, url, status=422, password_again="другой")  # noqa: S106
    page = PageClient(app).post(url, {"password": PASSWORD, "password_again": PASSWORD}, status=422)
    assert "Без соглашения" in page
    set_password(app, url)


def test_only_who_printed_the_paper_opens_it(app: Flask, clerk: PageClient, account: Account) -> None:
    at = register(clerk, account).location
    other = PageClient(app).sign_in(factories.operator(role="administrator"))
    other.get(at, status=410)
    recovery = factories.resident()
    row = Code.create(
        purpose="recovery",
        resident=recovery,
        code_hash="x",
        created_at=clock.now(),
        expires_at=clock.now() + timedelta(1),
    )
    clerk.get(f"/admin/counter/codes/{row.id}", status=404)


def test_another_suppliers_account_is_not_registered(clerk: PageClient) -> None:
    foreign = factories.account()
    clerk.get(f"/admin/counter/accounts/{foreign.id}", status=404)
    register(clerk, foreign, status=404)


def test_a_suppliers_clerk_who_types_a_name_is_told_that_nothing_was_found(
    clerk: PageClient, account: Account
) -> None:
    """The portals of residents are for those who work for every supplier: he searches among accounts alone."""
    factories.link(factories.resident(surname="Соколова"), account)
    assert "Ничего не нашли" in clerk.get("/admin/counter?q=Соколова")


def test_residents_have_no_counter(client: PageClient, account: Account) -> None:
    client.sign_in(factories.link(factories.resident(), account).resident)
    client.get("/admin/counter", status=404)
    register(client, account, status=404)


def test_who_forgot_the_password_gets_a_paper(app: Flask, client: PageClient, account: Account) -> None:
    anna = factories.link(factories.resident(), account).resident
    own = PageClient(app).sign_in(anna)
    texts.seed(factories.NOW)
    for text in Text.select().where(Text.slug.in_(["agreement", "personal-data"])):
        Consent.create(resident=anna, text=text, at=factories.NOW)
    client.sign_in(factories.operator(email="olga@example.org"))
    url = f"/admin/counter/residents/{anna.id}"
    assert "паспорт предъявлен" in client.post(url, {"once": "a"}, status=422).words.casefold()
    old = client.get(client.post(url, {"once": "a", "passport": "y"}).location)
    new = client.get(client.post(url, {"once": "b", "passport": "y"}).location)
    assert "Код не подошёл" in enter(app, code_on(old), status=422)  # the new one ends it
    page = enter(app, code_on(new))
    assert "Я принимаю" not in PageClient(app).get(page.location)  # he has agreed before
    PageClient(app).post(page.location, {"password": PASSWORD, "password_again": PASSWORD})
    assert own.get("/accounts", status=303).location.startswith("/sign-in")  # every browser is signed out
    assert Audit.select().where(Audit.action == "counter-code").count() == 2
    assert not Session.select().where(Session.resident == anna, Session.ended_at.is_null()).exists()


def test_nobody_prints_a_colleagues_code(client: PageClient, database: Flask) -> None:
    """A clerk would come into an administrator's rights by it."""
    boss = factories.operator(role="administrator")
    client.sign_in(factories.operator())
    page = client.post(f"/admin/counter/residents/{boss.id}", {"once": "a", "passport": "y"}, status=422)
    assert "кабинет оператора" in page and not Code.select().exists()


def test_a_suppliers_clerk_prints_no_code_for_another_portal(clerk: PageClient, account: Account) -> None:
    """It would open the accounts of other suppliers, too."""
    anna = factories.link(factories.resident(), account).resident
    clerk.get(f"/admin/counter/residents/{anna.id}", status=404)
    clerk.post(f"/admin/counter/residents/{anna.id}", {"once": "a", "passport": "y"}, status=404)


def test_a_portal_that_is_blocked_meanwhile_takes_no_password(
    app: Flask, clerk: PageClient, account: Account
) -> None:
    page = enter(app, code_on(clerk.get(register(clerk, account).location)))
    Resident.update(state="blocked").where(Resident.surname == "Орлова").execute()
    set_password(app, page.location)
    assert Resident.get(Resident.surname == "Орлова").password_hash == ""


def test_invitations_are_listed_and_sent_again(client: PageClient, account: Account) -> None:
    row = factories.invitation(account, email="vera@example.org", surname="Орлова", name="Вера")
    by_paper = factories.invitation(factories.account(account.supplier), email="", surname="Зуев", name="Лев")
    factories.invitation(factories.account(), surname="Чужой")
    factories.invitation(factories.account(account.supplier), surname="Пришедший", accepted_at=factories.NOW)
    client.sign_in(factories.operator(account.supplier))
    page = client.get("/admin/invitations")
    assert "Орлова Вера" in page and "Чужой" not in page and "Пришедший" not in page and "не отправлялось" in page
    assert f"/admin/counter/accounts/{by_paper.account_id}" in page.tree.links
    client.post(f"/admin/invitations/{row.id}")
    assert (Outbox.get().kind, Outbox.get().destination) == ("invitation", "vera@example.org")
    client.post(f"/admin/invitations/{row.id}")
    assert Outbox.select().count() == 1 and "уже отправляли сегодня" in client.get("/admin/invitations")
    client.post(f"/admin/invitations/{by_paper.id}")
    assert Outbox.select().count() == 1
    client.post(f"/admin/invitations/{factories.invitation().id}", status=404)


def test_a_preset_of_mailboxes_alone_offers_the_mailbox(
    app: Flask, clerk: PageClient, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    switch(app, monkeypatch, "metallenergo")
    page = clerk.get(f"/admin/counter/accounts/{account.id}")
    assert "на неё уйдёт приглашение" in page and "По номеру лицевого счёта" not in page
