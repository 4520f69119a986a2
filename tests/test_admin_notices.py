"""Whom a notice reaches by the conditions of its composer, how many that is, and what withdrawal takes back."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask

from models import Account, Notice, NoticeReceipt, Outbox, Resident, Supplier, Unsent
from models.audience import Reach, Whom, next_readers, reach
from models.notice import CHOSEN, MODAL
from models.standing import standings
from services import composer, notices
from services.notices import Draft
from services.refusal import Refused
from tests import factories as make
from tests.factories import NOW, TODAY

HOUR = timedelta(hours=1)


@pytest.fixture
def water(database: Flask) -> Supplier:
    return make.supplier()


@pytest.fixture
def olga(database: Flask) -> Resident:
    return make.operator(make.supplier())


def draft(whom: Whom | None = None, olga: Resident | None = None, **facts: Any) -> Notice:
    audience = CHOSEN if whom else "everybody"
    wish = Draft(**{"kind": "bell", "subject": "Ремонт", "body": "", "audience": audience, "whom": whom, **facts})
    return composer.write(wish, NOW, "", olga or make.resident(state="waiting"), NOW)


def holder(of: Supplier, **facts: Any) -> tuple[Resident, Account]:
    who, account = make.resident(), make.account(of, **facts)
    make.link(who, account)
    return who, account


def reached(whom: Whom) -> set[int]:
    notice = draft(whom)
    found = {who.id for who in next_readers(notice, 100, TODAY)}
    assert reach(notice, TODAY).residents == len(found), "the count is of those whom it reaches"
    return found


def test_a_place_is_a_settlement_a_street_or_a_house_of_the_supplier_alone(water: Supplier) -> None:
    forest, other = make.house(street="ул. Лесная"), make.house(street="ул. Лесная")
    field, far = make.house(street="ул. Полевая"), make.house(settlement="пос. Дальний", street="ул. Лесная")
    here, beside, near, away = (holder(water, house=house)[0].id for house in (forest, other, field, far))
    holder(make.supplier(), house=forest)
    town = "г. Светлоречье"
    assert reached(Whom(water.id)) == {here, beside, near, away}
    assert reached(Whom(water.id, town)) == {here, beside, near}
    assert reached(Whom(water.id, town, "ул. Лесная")) == {here, beside}
    assert reached(Whom(water.id, town, "ул. Лесная", forest.id)) == {here}
    assert reached(Whom(water.id, town, "")) == set(), "a house on no street is none of a street"


def test_closed_accounts_are_left_out_unless_they_are_named(water: Supplier) -> None:
    who, account = holder(water, closed_on=TODAY)
    assert reached(Whom(water.id)) == set()
    assert reached(Whom(water.id, accounts=(account.id,))) == {who.id}


def test_debtors_are_those_whose_page_shows_such_a_debt(water: Supplier) -> None:
    """The same sum as models/standing.py, whatever mixture of bills and balances the billing has brought."""
    rng = random.Random(20)
    parts = [make.service(water) for _ in range(2)]
    days = [date(2026, 10, 29) + timedelta(days=n) for n in range(4)]
    owners = {}
    for _ in range(60):
        who, account = holder(water)
        owners[account.id] = who.id
        for number in range(rng.randrange(3)):
            period = date(2026, 9 + number, 1)
            make.bill(account, period=period, issued_on=rng.choice(days), to_pay=rng.randrange(-500, 1500))
        for part in [None, *parts]:
            if rng.random() < 0.4:
                make.balance(account, rng.randrange(-300, 1000), rng.choice(days), service=part)
    debts = {account: standing.debt for account, standing in standings(owners).items()}
    for least in (1, 400, 900):
        expected = {owners[account] for account, debt in debts.items() if debt is not None and debt >= least}
        assert expected and reached(Whom(water.id, debt=least)) == expected


def test_who_has_not_sent_is_looked_at_anew(water: Supplier) -> None:
    owes, sent = holder(water), holder(water)
    for who, account in (owes, sent):
        register = make.meter(account).registers.get()
        Unsent.create(account=account, supplier=water, house=account.house_id, starts=date(2026, 11, 15))
        if who == sent[0]:
            make.reading(register, 5, TODAY, origin="resident", state="accepted")
    holder(water)
    assert reached(Whom(water.id, unsent=True)) == {owes[0].id}


def test_conditions_meet_in_one_account(water: Supplier) -> None:
    who, debtor = holder(water)
    make.balance(debtor, 500)
    home = make.account(water)
    make.link(who, home)
    assert reached(Whom(water.id, debt=500)) == {who.id}
    assert reached(Whom(water.id, "г. Светлоречье", "ул. Лесная", int(home.house_id or 0), debt=500)) == set()


def test_the_count_says_who_gets_it_by_which_way(water: Supplier) -> None:
    phone = {"phone": "+79123456789", "phone_confirmed_at": NOW}
    make.resident(), make.resident(notify_email=False, **phone), make.resident(phone="+74951234567")
    make.resident(state="blocked")
    assert reach(draft(), TODAY) == Reach(3, 2, 1, 0)
    assert reach(draft(is_advertising=True), TODAY).residents == 0


def test_numbers_are_read_however_they_are_set_apart(water: Supplier) -> None:
    first, second = make.account(water, number="001"), make.account(water, number="002")
    assert composer.accounts_of(water, "002, 001\n;001\n") == (second.id, first.id)
    make.account(make.supplier(), number="777")
    with pytest.raises(Refused, match="нет таких счетов: 777, 9"):
        composer.accounts_of(water, "777\n001\n9")
    with pytest.raises(Refused, match="Не больше 500"):
        composer.accounts_of(water, "\n".join(str(number) for number in range(501)))


def test_a_draft_reaches_nobody_until_it_is_sent(water: Supplier, olga: Resident) -> None:
    who, _ = holder(water)
    notice = draft(Whom(water.id), olga, channels=("email",))
    assert notices.spread(NOW) == 0
    composer.send(notice, NOW, 1, olga, NOW + HOUR, TODAY)
    assert notices.spread(NOW + HOUR) == 1 and Notice.get().reached == 1
    assert NoticeReceipt.unread(who) == 1 and Outbox.select().count() == 1


@pytest.mark.parametrize(
    ("seen", "count", "facts", "sentence"),
    [
        (NOW - HOUR, 1, {}, composer.STALE),
        (NOW, 2, {}, composer.COUNTED),
        (NOW, 1, {"until": NOW + HOUR}, composer.TOO_LATE),
    ],
)
def test_what_was_not_shown_is_not_sent(
    water: Supplier, olga: Resident, seen: Any, count: int, facts: dict[str, Any], sentence: str
) -> None:
    holder(water)
    notice = draft(Whom(water.id), olga, **facts)
    with pytest.raises(Refused) as refusal:
        composer.send(notice, seen, count, olga, NOW + HOUR, TODAY)
    assert refusal.value.sentence == sentence and Notice.get().is_draft


def test_an_empty_audience_is_refused(water: Supplier, olga: Resident) -> None:
    with pytest.raises(Refused, match="Получателей нет"):
        composer.send(draft(Whom(water.id), olga), NOW, 0, olga, NOW, TODAY)


def test_withdrawal_stops_spreading_and_takes_it_back_in_portions(
    water: Supplier, olga: Resident, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notices, "PORTION", 2)
    people = [holder(water)[0] for _ in range(5)]
    notice = draft(Whom(water.id), olga, kind=MODAL)
    composer.send(notice, NOW, 5, olga, NOW, TODAY)
    assert notices._spread_portion(notice, NOW) == 2 and notices._spread_portion(notice, NOW) == 2
    NoticeReceipt.get(resident=people[0]).mark(NOW, confirmed=True)
    assert composer.withdraw(notice, olga, NOW) and not composer.withdraw(notice, olga, NOW)
    assert NoticeReceipt.standing(people[1], NOW) == [] == NoticeReceipt.page(people[1], 9), "at once"
    assert notices.spread(NOW) == 4 and notices.spread(NOW) == 0
    assert [NoticeReceipt.unread(who) for who in people] == [0] * 5
    assert NoticeReceipt.tally(notice) == (4, 1, 1), "what had been read stays known"
