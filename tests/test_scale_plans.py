"""What an operator looks for is found by an index also where the engine knows that most of a column is one value.

Without statistics the planners trust every index; a real town has them, so the tests take them first.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from models import Account, Audit, Payment, Resident, db, finding, leftovers
from models.audit import Sought
from models.base import on_postgresql
from models.finding import Page
from models.waiting import waiting
from services.finding import read
from tests import factories
from tests.test_history_plans import noted, walked

MANY = 400


def plan_of(sql: str, params: object) -> str:
    explain = "EXPLAIN" if on_postgresql() else "EXPLAIN QUERY PLAN"
    return "\n".join(str(row[-1]) for row in db.execute_sql(f"{explain} {sql}", params).fetchall())


@pytest.fixture
def town(database: Flask) -> None:
    """Residents none of whom has a user name, accounts of one house."""
    rows = [
        {"surname": "Белова", "email": f"b{n}@example.org", "email_key": f"b{n}@example.org", "state": "active",
         "phone": f"+7900{n:07d}", "created_at": factories.NOW} for n in range(MANY)
    ]  # fmt: skip
    Resident.insert_many(rows).execute()
    first = factories.account(number="0000000001")
    others = range(2, 4 * MANY)
    Account.insert_many(
        [{"supplier": first.supplier, "number": f"{number:010d}", "house": first.house} for number in others]
    ).execute()
    db.execute_sql("ANALYZE")


@pytest.mark.parametrize("text", ["+79000000003", "b3@example.org", "Щукинсон", "boris_1"])
def test_a_login_is_looked_up_where_nobody_has_a_user_name(town: None, text: str) -> None:
    if on_postgresql():
        db.execute_sql("SET LOCAL enable_seqscan = off")
    with noted() as seen:
        finding.residents(read(text), Page(None, 0, 51))
    steps = [step for sql, params in seen for step in walked(sql, params) if "house" not in sql]
    assert seen
    assert not steps, steps


def test_namesakes_come_in_the_order_of_their_index_and_are_not_sorted(town: None) -> None:
    """Of a name that many bear no more are looked at than are shown."""
    supplier = Account.get().supplier_id
    with noted() as seen:
        assert not finding.residents(read("Белова"), Page(frozenset([supplier]), 0, 51))
    plans = [plan_of(sql, params) for sql, params in seen]
    [of_names] = [plan for plan in plans if "name_key" in plan and "username" not in plan]
    assert "TEMP B-TREE" not in of_names
    assert on_postgresql() or "INDEX resident_name_key" in of_names


def test_an_account_is_looked_up_by_its_number_however_few_are_wanted(town: None) -> None:
    if on_postgresql():
        db.execute_sql("SET LOCAL enable_seqscan = off")
        db.execute_sql("SET LOCAL plan_cache_mode = force_generic_plan")
    with noted() as seen:
        [found] = finding.accounts(read("0000000003"), Page(None, 0, 51))
    sql, params = seen[0]
    assert found.number == "0000000003"
    assert "account_pkey" not in plan_of(sql, params)
    assert not walked(sql, params)


@pytest.mark.parametrize(
    "sought", [Sought(object="none"), Sought(action="none"), Sought(who="nobody@example.org")], ids=str
)
def test_what_is_not_in_the_log_is_not_looked_for_line_by_line(database: Flask, sought: Sought) -> None:
    line = {"at": factories.NOW, "actor_name": "olga@example.org", "action": "block", "object": "resident"}
    Audit.insert_many([line] * MANY).execute()
    db.execute_sql("ANALYZE")
    with noted() as seen:
        assert Audit.found(sought, 51) == []
    [(sql, params)] = seen
    plan = plan_of(sql, params)
    assert "audit_" in plan
    assert "audit_pkey" not in plan
    assert not walked(sql, params), plan


def test_what_did_not_meet_is_walked_by_day_and_not_read_whole(town: None) -> None:
    if on_postgresql():
        db.execute_sql("SET LOCAL enable_seqscan = off")
    account, day = Account.select().first(), timedelta(days=1)
    rows = [
        {"account": account, "identifier": str(n), "paid_on": factories.TODAY - n * day, "amount": 100}
        for n in range(MANY)
    ]
    Payment.insert_many(rows).execute()
    db.execute_sql("ANALYZE")
    sought = leftovers.Sought(None, factories.TODAY - 9 * day, factories.TODAY, factories.NOW, factories.NOW)
    with noted() as seen:
        assert len(leftovers.payments(sought, 10)) == 10
    [(sql, params)] = seen
    assert "payment_paid_on" in plan_of(sql, params), plan_of(sql, params)


@pytest.mark.parametrize("is_own", [False, True])
def test_what_waits_is_counted_from_what_is_open_and_not_from_all_that_a_supplier_ever_had(
    town: None, *, is_own: bool
) -> None:
    supplier, who = Account.select().first().supplier, Resident.select().first()
    for n in range(MANY):
        factories.request(who, supplier=supplier, state="refused", once=f"r{n}")
        factories.call(who, supplier=supplier, state="done")
    db.execute_sql("ANALYZE")
    if on_postgresql():
        db.execute_sql("SET LOCAL enable_seqscan = off")
    with noted() as seen:
        waiting({supplier.id} if is_own else None, factories.NOW, 99)
    [(sql, params)] = seen
    plan = plan_of(sql, params)
    for index in ("link_request_state_id", "application_state_id", "appeal_waiting", "call_waiting", "order_to_poll"):
        assert index in plan, plan
    assert "_supplier_id (supplier_id=?)" not in plan and "Seq Scan" not in plan, plan
