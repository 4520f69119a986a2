"""Readings that the billing tells: answers to ours, echoes of ours, and its own.

A row with our identifier answers that reading, whatever its key. A row of a day and register that the billing
has told before is that row. A row with the value of one of ours, a day off at most, is ours come back
(decisions 2). What is left is new, and the billing's.
"""

from __future__ import annotations

from collections.abc import Collection

from models.base import on_postgresql
from models.staging.dialect import execute
from models.staging.journal import Journal

_TELL = """
INSERT INTO told (line, account_id, register_id, taken_on, value, source, state, reason, bill_id, own_id)
SELECT x.line, w.account_id, r.id, x.taken_on, x.value, x.source, x.state, x.reason,
    CASE WHEN x.bill <> '' THEN (SELECT b.id FROM bill b WHERE b.account_id = w.account_id AND b.number = x.bill) END,
    x.own_id
FROM incoming_readings x {join} whose w ON w.holder = x.holder
{join} meter m ON m.account_id = w.account_id AND m.number = x.number
    AND (x.service = 0 OR m.service_id = (SELECT v.service_id FROM which v WHERE v.service = x.service))
{join} register r ON r.meter_id = m.id AND r.scale = x.scale
"""
_ANSWERS = """
UPDATE told SET reading_id = r.id, is_own = 1
FROM reading r JOIN register g ON g.id = r.register_id JOIN meter m ON m.id = g.meter_id
WHERE r.id = told.own_id AND m.account_id = told.account_id AND r.origin <> 'billing'
"""
_TOLD_BEFORE = """
UPDATE told SET reading_id = (SELECT r.id FROM reading r WHERE r.register_id = told.register_id
    AND r.taken_on = told.taken_on AND r.origin = 'billing')
WHERE reading_id IS NULL
"""
_ECHOES = """
UPDATE told SET reading_id = e.id, is_own = 1 FROM (
    SELECT line, id FROM (
        SELECT o.line, r.id,
            row_number() OVER (PARTITION BY o.line ORDER BY {off}, {gone}, r.id DESC) AS choice,
            row_number() OVER (PARTITION BY r.id ORDER BY {off}, o.line) AS claim
        FROM told o {join} reading r ON r.register_id = o.register_id
            AND r.taken_on BETWEEN {eve} AND {morrow}
        WHERE o.reading_id IS NULL AND r.origin <> 'billing' AND r.value = o.value
            AND NOT EXISTS (SELECT 1 FROM told c WHERE c.reading_id = r.id)
    ) AS near WHERE choice = 1 AND claim = 1
) AS e WHERE told.line = e.line
"""
_OFF = "CASE WHEN r.taken_on = o.taken_on THEN 0 ELSE 1 END"
_GONE = "CASE WHEN r.state IN ('replaced', 'withdrawn') THEN 1 ELSE 0 END"

# Ours: the value stays, the state moves on. What the resident replaced or took back comes to life only in a bill.
_OWN_STATE = """CASE WHEN r.state IN ('replaced', 'withdrawn') AND o.bill_id IS NULL THEN r.state
    WHEN o.state = 'rejected' THEN 'rejected' WHEN o.bill_id IS NOT NULL THEN 'used'
    WHEN r.state IN ('accepted', 'rejected') THEN 'exported' ELSE r.state END"""


def tell(present: Collection[str], journal: Journal, *, all_new: bool) -> tuple[int, int]:
    """Publishes the chunk's readings; returns how many are new and how many changed."""
    execute("DELETE FROM told")
    execute(_TELL)
    changed = 0
    if not all_new:
        _recognise(present)
        own = {"state": _OWN_STATE, "reason": "o.reason", "bill_id": "coalesce(o.bill_id, r.bill_id)"}
        if "reason" not in present:
            del own["reason"]
        changed = _update(own, "o.is_own = 1", journal) + _update(_billing_values(present), "o.is_own = 0", journal)
    new = journal.insert(
        "reading",
        f"""INSERT INTO reading (register_id, value, taken_on, origin, source, state, reason, bill_id, has_rolled,
            doubts, run_id)
        SELECT o.register_id, o.value, o.taken_on, 'billing', o.source, {_state("o.bill_id", "o.state")}, o.reason,
            o.bill_id, false, '', {journal.run}
        FROM told o WHERE o.reading_id IS NULL""",
    )
    return new, changed


def _recognise(present: Collection[str]) -> None:
    if "own_id" in present:
        execute(_ANSWERS)
    execute(_TOLD_BEFORE)
    eve, morrow = (
        ("o.taken_on - 1", "o.taken_on + 1")
        if on_postgresql()
        else ("date(o.taken_on, '-1 day')", "date(o.taken_on, '+1 day')")
    )
    execute(_ECHOES.replace("{off}", _OFF).replace("{gone}", _GONE).replace("{eve}", eve).replace("{morrow}", morrow))


def _state(bill: str, said: str) -> str:
    return f"CASE WHEN {said} = 'rejected' THEN 'rejected' WHEN {bill} IS NOT NULL THEN 'used' ELSE 'accepted' END"


def _billing_values(present: Collection[str]) -> dict[str, str]:
    """What the billing's own row becomes; columns that the file has not stay as they are."""
    bill = "o.bill_id" if "bill" in present else "r.bill_id"
    said = "o.state" if "state" in present else "r.state"
    values = {"value": "o.value", "state": _state(bill, said), "bill_id": bill}
    return values | {name: f"o.{name}" for name in ("source", "reason") if name in present}


def _update(values: dict[str, str], which: str, journal: Journal) -> int:
    execute("DELETE FROM delta")
    ours, theirs = ", ".join(f"r.{name}" for name in values), ", ".join(values.values())
    changed = execute(
        "INSERT INTO delta SELECT o.line, r.id FROM told o {join} reading r ON r.id = o.reading_id "
        f"WHERE {which} AND {{row}}({ours}) {{differs}} {{row}}({theirs})"
    )
    if changed:
        told = ", ".join(f"{name} = {sql}" for name, sql in values.items())
        journal.before("reading")
        execute(
            f"UPDATE reading AS r SET {told}, run_id = {journal.run} FROM delta d, told o "
            "WHERE o.line = d.line AND r.id = d.id"
        )
        journal.after("reading")
    return changed
