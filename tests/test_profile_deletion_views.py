"""«Удалить аккаунт»: the person is erased, the ledger stays, the logins are free."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

import clock
from models import (
    Checkout,
    Code,
    Consent,
    Device,
    Group,
    Link,
    LinkRequest,
    NoticeReceipt,
    Operator,
    Order,
    OrderLine,
    Outbox,
    Reading,
    Resident,
    Session,
    Submission,
)
from services import codes, second_factor, texts
from services.limits import Visitor
from tests import factories
from tests.client import Page, PageClient
from tests.profiles import PASSWORD, again, kinds, somebody
from tests.test_access import notice, order

URL = "/profile/deletion"
EMAIL, PHONE = "anna@example.org", "+79123456789"
VISITOR = Visitor("k" * 40, "192.0.2.7")


@pytest.fixture
def anna(database: Flask) -> Resident:
    texts.seed(factories.NOW)
    return somebody(
        email=EMAIL, phone=PHONE, phone_key=PHONE, phone_confirmed_at=factories.NOW, username="Анна",
        username_key="анна", patronymic="Викторовна", gender="female", birth_date=factories.TODAY,
        notify_email=False, factor="totp", totp_secret="sealed", totp_step=1,
    )  # fmt: skip


@pytest.fixture
def signed_in(client: PageClient, anna: Resident) -> PageClient:
    return client.sign_in(anna)


def delete(client: PageClient, status: int = 303, htmx: bool = False, **fields: str) -> Page:
    return client.post(URL, {"password": PASSWORD, "sure": "y", **fields}, status=status, htmx=htmx)


def settled(who: Resident) -> Link:
    """An account with a reading sent, a payment made, a notice, a request, a consent, a known browser."""
    link = factories.link(who, group=factories.group(who), is_login=True, bills_by_email=True)
    register = factories.meter(link.account).registers.get()
    act = Submission.create(account=link.account, once="1", resident=who, sent_at=factories.NOW)
    Reading.create(register=register, submission=act, value=10**6, taken_on=factories.TODAY, origin="resident")
    OrderLine.create(order=order(who), account=link.account, amount=100)
    notice(who)
    LinkRequest.create(
        kind="link", resident=who, number="5", full_name="Анна", email=EMAIL, phone=PHONE, comment="Моя квартира",
        file_name="паспорт.jpg", file_key="f1", once=f"once-{who.id}", created_at=factories.NOW,
    )  # fmt: skip
    texts.agree(who, texts.in_force([texts.AGREEMENT]), factories.NOW, "192.0.2.7")
    second_factor.trust(who, f"browser-{who.id}", VISITOR, factories.NOW)
    codes.new_link(who, "recovery", clock.now(), timedelta(hours=1))
    return link


def test_the_page_says_what_is_erased_and_what_stays(signed_in: PageClient) -> None:
    page = signed_in.get(URL)
    for words in ("Что сотрётся", "Что останется", "Платежи и переданные показания", "зарегистрироваться заново"):
        assert words in page


@pytest.mark.parametrize("htmx", [False, True])
def test_the_person_is_erased_and_signed_out(app: Flask, signed_in: PageClient, anna: Resident, htmx: bool) -> None:
    other = PageClient(app).sign_in(anna)
    assert delete(signed_in, htmx=htmx).location == "/sign-in"
    assert "Аккаунт удалён" in signed_in.get("/sign-in")
    other.get("/", status=303)
    row = again(anna)
    assert row.state == "deleted"
    told = (
        row.full_name,
        row.email,
        row.phone,
        row.username,
        row.gender,
        row.password_hash,
        row.factor,
        row.totp_secret,
    )
    assert set(told) == {""}
    keys = (
        row.email_key,
        row.phone_key,
        row.username_key,
        row.birth_date,
        row.email_confirmed_at,
        row.phone_confirmed_at,
    )
    assert set(keys) == {None}


def test_what_is_the_persons_alone_goes_and_the_ledger_stays(signed_in: PageClient, anna: Resident) -> None:
    settled(anna)
    delete(signed_in)
    gone = (Link, Group, Session, Device, Code, NoticeReceipt)
    assert [table.__name__ for table in gone if table.select().exists()] == []
    stays = (Order, OrderLine, Checkout, Submission, Reading)
    assert [table.select().count() for table in stays] == [1] * len(stays)
    consents = [(row.text.slug, row.is_given) for row in Consent.of_resident(anna)]
    assert consents == [("agreement", True), ("agreement", False)]
    asked = LinkRequest.get()
    assert (asked.full_name, asked.email, asked.phone, asked.comment, asked.file_name) == ("",) * 5
    assert (asked.state, asked.file_key) == ("refused", ""), "the next sweep takes the document away"


def test_a_neighbour_loses_nothing(signed_in: PageClient, anna: Resident) -> None:
    boris = somebody()
    account = settled(anna).account
    Link.update(is_login=False).where(Link.account == account).execute()
    settled(boris)
    factories.link(boris, account)
    PageClient(signed_in.app).sign_in(boris)
    tables = (Link, Group, Session, Device, Code, NoticeReceipt, LinkRequest, Consent)

    def held() -> list[int]:
        return [table.select().where(table.resident == boris).count() for table in tables]

    before = held()
    delete(signed_in)
    assert held() == before and again(boris).state == "active"
    assert LinkRequest.get(LinkRequest.resident == boris).full_name == "Анна"


def test_the_old_address_is_told_whatever_letters_were_wanted(signed_in: PageClient, anna: Resident) -> None:
    delete(signed_in)
    letter = Outbox.get()
    assert (letter.kind, letter.destination, letter.resident) == ("deleted", EMAIL, None)


def test_an_address_that_was_never_confirmed_is_not_written_to(client: PageClient, database: Flask) -> None:
    client.sign_in(somebody(email_confirmed_at=None))
    delete(client)
    assert kinds() == []


def test_the_logins_are_free(signed_in: PageClient, anna: Resident) -> None:
    account = settled(anna).account
    delete(signed_in)
    newcomer = somebody(email=EMAIL, phone_key=PHONE, username_key="анна")
    factories.link(newcomer, account, is_login=True)
    assert Resident.by_login("email", EMAIL) == newcomer


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"password": ""}, "Заполните поле"),
        ({"sure": ""}, "Отметьте: без этого кабинет не удаляется"),
        ({"password": "Wrong-0ne"}, "Пароль не подошёл"),
    ],
)
@pytest.mark.parametrize("htmx", [False, True])
def test_without_the_password_and_the_tick_nothing_is_deleted(
    signed_in: PageClient, anna: Resident, fields: dict[str, str], said: str, htmx: bool
) -> None:
    if fields.get("sure") == "":
        page = signed_in.post(URL, {"password": PASSWORD}, status=422, htmx=htmx)
    else:
        page = delete(signed_in, 422, htmx, **fields)
    assert said in page and again(anna).state == "active"


def test_a_second_press_has_nobody_to_delete(signed_in: PageClient) -> None:
    delete(signed_in)
    delete(signed_in, 401)
    assert kinds() == ["deleted"]


def test_the_last_administrator_stays(client: PageClient, database: Flask) -> None:
    who = somebody()
    Operator.create(resident=who, role="administrator")
    client.sign_in(who)
    assert "единственный администратор" in delete(client, 422)
    Operator.create(resident=somebody(state="blocked"), role="administrator")
    delete(client, 422)
    Operator.create(resident=somebody(), role="administrator")
    delete(client)
    assert not Operator.select().where(Operator.resident == who).exists()


def test_a_clerk_may_go(client: PageClient, database: Flask) -> None:
    who = somebody()
    Operator.create(resident=who, role="clerk")
    client.sign_in(who)
    delete(client)
    assert again(who).state == "deleted"
