"""What the database knows of the names in a package, copied beside the rows: references are checked there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from peewee import chunked

from models.account import House
from models.base import db
from models.staging.store import Stage

AT_ONCE = 500  # names or ids in one query

Rows = list[tuple[Any, ...]]


def look_up(stage: Stage) -> None:
    """Fills the stage's `known_*` tables and the holders' `account_id`; reads the database and writes nothing."""
    sql = stage.sql
    sql.executemany("INSERT INTO known_supplier VALUES (?)", _rows("SELECT code FROM supplier"))
    services = _rows("SELECT s.code, v.code, v.id FROM service v JOIN supplier s ON s.id = v.supplier_id")
    sql.executemany("INSERT INTO known_service VALUES (?, ?, ?)", services)
    _accounts(stage)
    if "street" not in stage.present.get("accounts", {"street"}):
        _streets(stage)
    _registers(stage, {int(row[2]): stage.service(row[0], row[1]) for row in services})
    _bills(stage)


def residents_meters(stage: Stage) -> set[tuple[int, int, str]]:
    """Of the meters that the package withdraws those that residents sent readings of: (holder, service, number)."""
    asked: Rows = stage.sql.execute(
        """SELECT h.account_id, k.id, m.number, m.holder, m.service FROM meters m
        JOIN holder h ON h.id = m.holder JOIN service s ON s.id = m.service
        JOIN known_service k ON k.supplier = s.supplier AND k.code = s.code
        WHERE m.withdrawn AND h.account_id IS NOT NULL"""
    ).fetchall()
    names = {tuple(row[:3]): (int(row[3]), int(row[4]), str(row[2])) for row in asked}
    found = set()
    for some in chunked(sorted({row[0] for row in asked}), AT_ONCE):
        rows = _among(
            """SELECT DISTINCT m.account_id, m.service_id, m.number FROM meter m
            JOIN register g ON g.meter_id = m.id JOIN reading r ON r.register_id = g.id
            WHERE r.origin <> 'billing' AND m.account_id IN""",
            some,
        )
        found |= {names[row] for row in map(tuple, rows) if row in names}
    return found


def _rows(query: str, values: Sequence[Any] = ()) -> Rows:
    return list(db.execute_sql(query, tuple(values)).fetchall())


def _among(query: str, values: Sequence[Any]) -> Rows:
    """The query's rows whose last column is one of the values."""
    return _rows(f"{query} ({', '.join([db.param] * len(values))})", values)


def _accounts(stage: Stage) -> None:
    for code, supplier in _rows("SELECT code, id FROM supplier"):
        wanted: Rows = stage.sql.execute("SELECT number, id FROM holder WHERE supplier = ?", (code,)).fetchall()
        for some in chunked(wanted, AT_ONCE):
            holders: dict[str, int] = dict(some)
            query = f"SELECT id, number FROM account WHERE supplier_id = {int(supplier)} AND number IN"
            found = [(account, holders[number]) for account, number in _among(query, list(holders))]
            stage.sql.executemany("UPDATE holder SET account_id = ? WHERE id = ?", found)


def _streets(stage: Stage) -> None:
    """A table of accounts without streets leaves the known accounts theirs: their houses are found with them."""
    wanted = "SELECT account_id, id FROM holder WHERE id IN (SELECT holder FROM accounts) AND account_id IS NOT NULL"
    query = "SELECT a.id, h.street FROM account a JOIN house h ON h.id = a.house_id WHERE h.street <> '' AND a.id IN"
    for holders in _batches(stage, wanted):
        streets = {holders[account]: str(street) for account, street in _among(query, list(holders))}
        places = ", ".join("?" * len(streets))
        rows: Rows = stage.sql.execute(
            f"SELECT holder, settlement, house FROM accounts WHERE holder IN ({places})", tuple(streets)
        ).fetchall()
        stage.sql.executemany(
            "UPDATE accounts SET street = ?, house_key = ? WHERE holder = ?",
            [(streets[row[0]], House.folded(row[1], streets[row[0]], row[2]), row[0]) for row in rows],
        )


def _registers(stage: Stage, services: dict[int, int]) -> None:
    """Registers of the known accounts that send readings or meters."""
    wanted = """SELECT account_id, id FROM holder h WHERE account_id IS NOT NULL AND (
        EXISTS (SELECT 1 FROM readings r WHERE r.holder = h.id)
        OR EXISTS (SELECT 1 FROM meters m WHERE m.holder = h.id))"""
    query = """SELECT m.account_id, m.number, g.scale, m.service_id FROM register g
        JOIN meter m ON m.id = g.meter_id WHERE m.account_id IN"""
    for holders in _batches(stage, wanted):
        stage.sql.executemany(
            "INSERT INTO known_register VALUES (?, ?, ?, ?)",
            [(holders[row[0]], row[1], row[2], services[row[3]]) for row in _among(query, list(holders))],
        )


def _bills(stage: Stage) -> None:
    """Bills of the known accounts whose lines or readings name a bill that the package does not hold."""
    stage.sql.execute("INSERT INTO charged SELECT holder, bill FROM charges GROUP BY holder, bill")
    wanted = """SELECT account_id, id FROM holder WHERE account_id IS NOT NULL AND id IN (
        SELECT c.holder FROM charged c LEFT JOIN bills b ON b.holder = c.holder AND b.number = c.bill
        WHERE b.holder IS NULL
        UNION SELECT r.holder FROM readings r LEFT JOIN bills b ON b.holder = r.holder AND b.number = r.bill
        WHERE r.bill <> '' AND b.holder IS NULL)"""
    for holders in _batches(stage, wanted):
        known = _among("SELECT account_id, number FROM bill WHERE account_id IN", list(holders))
        rows = [(holders[account], number) for account, number in known]
        stage.sql.executemany("INSERT INTO known_bill VALUES (?, ?)", rows)


def _batches(stage: Stage, wanted: str) -> Iterator[dict[int, int]]:
    """Holders by their account's id, some hundreds at a time."""
    found: Rows = stage.sql.execute(wanted).fetchall()
    for some in chunked(found, AT_ONCE):
        yield dict(some)
