"""Signed links for readings: what they say, how long, and what ends them."""

from __future__ import annotations

import threading
from datetime import date, timedelta

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from models import Account, Reading, Register, Submission, db
from models.reading import ACCEPTED, BY_LINK
from services import reading_links
from services.limits import TooMany, Visitor
from services.reading_links import EXPIRED, OPEN, REVOKED, UNKNOWN, Pass
from services.readings import Act
from services.refusal import Refused
from tests import factories
from tests.factories import NOW, TODAY
from tests.portal import READING_KEY as KEY

SOMEBODY = Visitor(key="k" * 32, address="192.0.2.7")
SIGNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


@pytest.fixture
def account(database: Flask) -> Account:
    """A meter, the window from the 1st to the 25th."""
    account = factories.account()
    factories.setting(account.supplier, "reading_from_day", 1)
    factories.setting(account.supplier, "reading_to_day", 25)
    factories.reading(factories.meter(account).registers.get(), 100, date(2026, 10, 20), state="used")
    return account


def token(account: Account, day: date = TODAY) -> str:
    return reading_links.link_for(account, day, KEY, "https://lk.example.org").rpartition("/")[2]


def state(account: Account, on: date = TODAY) -> str:
    return reading_links.look(token(account), KEY, on)[0]


def send(account: Account, sent_token: str, value: str = "150", once: str = "key", today: date = TODAY) -> Submission:
    act = Act(typed={Register.of_account(account)[0].id: value}, once=once)
    return reading_links.send(sent_token, account, act, SOMEBODY, NOW, today, key=KEY)


@given(
    st.integers(1, 2**31 - 1),
    st.dates(date(2026, 1, 1), date(2100, 1, 1)),
    st.integers(0, 2**16 - 1),
    st.integers(0, 31),
    st.sampled_from(SIGNS),
)
def test_a_token_is_read_as_it_was_signed_and_none_of_its_signs_may_change(
    number: int, until: date, version: int, place: int, sign: str
) -> None:
    what = Pass(number, until, version)
    signed = reading_links.sign(what, KEY)
    assert len(signed) == 32
    assert reading_links.read(signed, KEY) == what
    assert reading_links.read(signed, KEY + "x") is None
    changed = signed[:place] + sign + signed[place + 1 :]
    assert (reading_links.read(changed, KEY) is None) == (changed != signed)


@given(st.text(max_size=50))
def test_an_invented_token_says_nothing(text: str) -> None:
    assert reading_links.read(text, KEY) is None


def test_the_link_of_a_window_is_one_and_the_same(account: Account) -> None:
    made = reading_links.link_for(account, TODAY, KEY, "https://lk.example.org")
    assert made.startswith("https://lk.example.org/r/")
    assert made == reading_links.link_for(account, date(2026, 11, 1), KEY, "https://lk.example.org")
    assert made != reading_links.link_for(account, date(2026, 12, 1), KEY, "https://lk.example.org")


def test_it_opens_to_the_last_day_of_the_window_and_no_longer(account: Account) -> None:
    assert state(account, date(2026, 11, 25)) == OPEN
    assert state(account, date(2026, 11, 26)) == EXPIRED


def test_after_the_window_the_link_is_that_of_the_next(account: Account) -> None:
    later = token(account, date(2026, 11, 26))
    assert reading_links.read(later, KEY) == Pass(account.id, date(2026, 12, 25), 0)


def test_without_a_window_it_lives_to_the_months_end(database: Flask) -> None:
    known = reading_links.read(token(factories.account()), KEY)
    assert known is not None and known.until == date(2026, 11, 30)


def test_a_revocation_ends_all_that_were_made_and_none_that_are_made_after(account: Account) -> None:
    old = token(account)
    reading_links.revoke(account)
    assert reading_links.look(old, KEY, TODAY)[0] == REVOKED
    assert state(account) == OPEN
    reading_links.revoke(account)
    assert reading_links.look(old, KEY, TODAY)[0] == REVOKED
    assert state(account) == OPEN


def test_a_revocation_touches_no_neighbour(account: Account) -> None:
    other = factories.account(account.supplier)
    old = token(other)
    reading_links.revoke(account)
    assert reading_links.look(old, KEY, TODAY)[0] == OPEN


def test_an_account_that_is_no_more_is_as_one_that_never_was(account: Account) -> None:
    signed = reading_links.sign(Pass(2**31 - 1, date(2026, 11, 25), 0), KEY)
    assert reading_links.look(signed, KEY, TODAY) == (UNKNOWN, None)


def test_what_came_by_link_says_so(account: Account) -> None:
    sent = send(account, token(account))
    row = Reading.get(Reading.submission == sent)
    assert (sent.resident, row.origin, row.state) == (None, BY_LINK, ACCEPTED)


def test_a_link_that_was_revoked_while_the_form_was_open_stores_nothing(account: Account) -> None:
    old = token(account)
    reading_links.revoke(account)
    with pytest.raises(Refused, match="больше не действует"):
        send(account, old)
    assert Submission.select().count() == 0


def test_a_household_that_presses_too_often_waits(account: Account) -> None:
    for press in range(reading_links.ACTS.most):
        send(account, token(account), str(150 + press), f"key{press}")
    with pytest.raises(TooMany, match="Слишком много попыток"):
        send(account, token(account), "199", "one more")
    other = factories.account(account.supplier)
    factories.meter(other)
    send(other, token(other))


@pytest.mark.parametrize(
    ("issued", "period", "until"),
    [
        (date(2026, 10, 31), date(2026, 10, 1), date(2026, 11, 25)),
        (date(2026, 11, 5), date(2026, 10, 1), date(2026, 11, 25)),
        (date(2026, 11, 18), date(2026, 10, 1), date(2026, 12, 25)),
    ],
)
def test_the_paper_carries_the_link_of_the_window_it_is_read_in(
    account: Account, issued: date, period: date, until: date
) -> None:
    bill = factories.bill(account, issued_on=issued, period=period)
    link = reading_links.link_on_paper(bill, TODAY, KEY, "https://lk.example.org")
    assert link is not None
    known = reading_links.read(link.rpartition("/")[2], KEY)
    assert known is not None and known.until == until


def test_a_paper_of_last_year_carries_none_nor_one_of_a_closed_account(account: Account) -> None:
    old = factories.bill(account, issued_on=date(2025, 10, 31), period=date(2025, 10, 1))
    assert reading_links.link_on_paper(old, TODAY, KEY, "") is None
    fresh = factories.bill(account)
    fresh.account.closed_on = TODAY - timedelta(days=1)
    assert reading_links.link_on_paper(fresh, TODAY, KEY, "") is None


@pytest.mark.commits
def test_revocations_at_once_are_counted_each(app: Flask) -> None:
    with db.connection_context():
        account = factories.account()
    gate = threading.Barrier(4)

    def revoke() -> None:
        gate.wait()
        with db.connection_context():
            reading_links.revoke(account)

    threads = [threading.Thread(target=revoke) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with db.connection_context():
        known = reading_links.read(token(account), KEY)
    assert known is not None and known.version == 4
