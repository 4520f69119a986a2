"""Whoever tells first of a payment, it is counted once: random turns of orders, registries and the billing."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models import Account, Payment, RegistryLine, db, history
from models import beside as aside
from services import matching, reconciliation
from tests import factories
from tests.test_orders_matching import paid
from tests.test_registries import NOW

DAY = date(2026, 11, 20)
# Who tells of a payment of each sort; the last of them is always the billing.
TELLERS = {
    "portal": ["order", "billing"],
    "bank": ["registry", "billing"],
    "portal, told again by the bank": ["order", "registry", "billing"],
    "cash desk": ["billing"],
    "bank, withdrawn and brought again": ["registry", "billing", "withdrawn", "billing"],
}


@dataclass
class Truth:
    """A payment that really was made, and who tells of it, in which order."""

    number: int
    amount: int
    sort: str
    shift: int
    has_number: bool
    told: list[str] = field(default_factory=list)

    @property
    def day(self) -> date:
        return DAY + timedelta(days=self.shift)

    @property
    def name(self) -> str:
        return f"op-{self.number}"


@st.composite
def stories(draw: Any) -> tuple[list[Truth], list[int]]:
    """Payments of few sums within a day or two, and by turns whose next teller speaks."""
    truths = [
        Truth(
            number, draw(st.sampled_from([10000, 20000, -10000])), draw(st.sampled_from(sorted(TELLERS))),
            draw(st.integers(0, 1)), draw(st.booleans()),
        )
        for number in range(draw(st.integers(1, 5)))
    ]  # fmt: skip
    for truth in truths:
        if truth.amount < 0 and "portal" in truth.sort:
            truth.sort = "bank"
    turns = [truth.number for truth in truths for _ in TELLERS[truth.sort]]
    return truths, draw(st.permutations(turns))


def tell(truth: Truth, account: Account) -> None:
    teller = TELLERS[truth.sort][len(truth.told)]
    moment = datetime(truth.day.year, truth.day.month, truth.day.day, 9, 0, tzinfo=UTC)
    match teller:
        case "order":
            paid(account, truth.amount, provider_id=truth.name, paid_at=moment)
        case "registry":
            facts = {"operation": truth.name, "amount": truth.amount, "paid_on": truth.day}
            factories.registry_line(factories.registry(account.supplier), account=account, **facts)
        case "billing":
            # The billing may name a payment by what the bank or the portal called it, or by a number of its own.
            identifier = truth.name if truth.has_number else f"P-{truth.number}-{len(truth.told)}"
            factories.payment(account, truth.amount, truth.day, identifier=identifier)
        case "withdrawn":
            prefix = truth.name if truth.has_number else f"P-{truth.number}-"
            Payment.delete().where(Payment.identifier.startswith(prefix)).execute()
            matching.recheck()  # as an import that withdraws does
    truth.told.append(teller)


def counted(account: Account) -> int:
    beside = aside.paid_beside({account.id: date(2020, 1, 1)})[account.id].total
    listed = sum(row.amount for row in history.payments(history.Span((account.id,)), "-date", None, 50))
    listed += sum(row.amount for row in aside.orders([account.id], factories.resident()))
    listed += sum(row.amount for row in aside.told_by_banks([account.id]))
    assert beside == listed
    return beside


@pytest.mark.usefixtures("database")
@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(story=stories())
def test_money_shown_is_what_was_paid_whoever_tells_first(app: Flask, story: tuple[list[Truth], list[int]]) -> None:
    truths, turns = story
    with db.atomic() as taken_back:
        account = factories.account()
        for number in turns:
            tell(truths[number], account)
            reconciliation.reconcile(NOW)
            known = [truth for truth in truths if truth.told]
            if all(truth.amount > 0 for truth in truths):
                brought = sum(truth.amount for truth in known if truth.told[-1] == "billing")
                assert brought <= counted(account) <= sum(truth.amount for truth in known), story
        assert counted(account) == sum(truth.amount for truth in truths), story
        assert not aside.told_by_banks([account.id]), story
        assert RegistryLine.select().where(RegistryLine.state == "open").count() == 0
        taken_back.rollback()
