"""A portal full of accounts, made inside SQLite itself in seconds: for pages, servers, memory and growth.

Every account has a two-zone meter, `months` bills of two lines, payments and readings; resident number i holds the
accounts 3i-2, 3i-1 and 3i, and has a session whose cookie is `token(i)` and a program that shows `program(i)`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import models
from config import Settings
from models import bind
from models.base import Base
from models.migrating import migrate
from presets import load_preset
from services.codes import token_hash

RESIDENTS = 300
HELD = 3
SUPPLIERS = 3
FROM_THE_NEWEST = "date('now', 'start of month', '-' || m || ' months')"


def settings(database: Path, port: int = 8000) -> Settings:
    return Settings(
        secret_key="b" * 40,
        data_key="b" * 40,
        preset=load_preset("default", {}, {}),
        database_url=f"sqlite:///{database}",
        base_url=f"http://127.0.0.1:{port}",
        name="Светлоречье",
        demo=True,
        testbank_url=f"http://127.0.0.1:{port + 1}",
        testbank_secret="b" * 40,
    )


def token(resident: int) -> str:
    """The session cookie of the resident."""
    return f"bench-{resident}"


def program(resident: int) -> str:
    """The token of the resident's program."""
    return f"{resident:022d}"


@contextmanager
def portal(accounts: int, months: int = 24) -> Iterator[Settings]:
    """Settings of a portal whose database is filled; it is removed afterwards."""
    with TemporaryDirectory(prefix="abonent-bench-") as folder:
        chosen = settings(Path(folder) / "bench.sqlite3")
        fill(chosen, accounts, months)
        yield chosen


def fill(chosen: Settings, accounts: int, months: int) -> None:
    bind(chosen.database_url)
    migrate()
    connection = sqlite3.connect(chosen.database_url.removeprefix("sqlite:///"), isolation_level=None)
    connection.executescript("PRAGMA synchronous = off; PRAGMA cache_size = -200000; BEGIN;")
    for name, table, step in (("a", "accounts_seq", accounts), ("m", "months_seq", months)):
        connection.execute(
            f"CREATE TEMP TABLE {table} AS WITH RECURSIVE s({name}) AS (SELECT 1 UNION ALL SELECT {name} + 1 FROM s "
            f"WHERE {name} < {step}) SELECT {name} FROM s"
        )
    _suppliers(connection)
    _people(connection, min(RESIDENTS, accounts // HELD))
    _accounts(connection)
    _ledger(connection, months)
    connection.execute("COMMIT")
    connection.execute("ANALYZE")
    connection.close()


def _insert(connection: sqlite3.Connection, model: type[Base], rows: str, /, **given: str) -> None:
    """Rows of `model` from a SELECT; a column that is not given takes the model's default."""
    expressions = {}
    for field in model._meta.sorted_fields:
        if field.column_name in given:
            expressions[field.column_name] = given[field.column_name]
        elif field.name != "id":
            expressions[field.column_name] = _literal(None if callable(field.default) else field.default)
    columns = ", ".join(f'"{column}"' for column in expressions)
    connection.execute(
        f'INSERT INTO "{model._meta.table_name}" ({columns}) SELECT {", ".join(expressions.values())} {rows}'
    )


def _literal(value: object) -> str:
    if value is None:
        return "NULL"
    return str(int(value)) if isinstance(value, bool | int) else "'" + str(value) + "'"


def _suppliers(connection: sqlite3.Connection) -> None:
    source = f"FROM accounts_seq WHERE a <= {SUPPLIERS}"
    _insert(connection, models.Supplier, source, id="a", code="'S' || a", name="'ООО «Поставщик ' || a || '»'",
            inn="'7707083893'")  # fmt: skip
    _insert(connection, models.Service, source, id="a", supplier_id="a", code="'EE'", name="'Электроэнергия'",
            unit="'кВт*ч'", kind="'электроэнергия'")  # fmt: skip
    for scale, price in (("День", 6_430_000), ("Ночь", 3_210_000)):
        _insert(connection, models.Tariff, source, service_id="a", scale=f"'{scale}'", since="'2020-01-01'",
                price=str(price))  # fmt: skip
    house = "(a - 1) / 100 + 1"
    _insert(connection, models.House, "FROM accounts_seq WHERE (a - 1) % 100 = 0", id=house, number=house,
            settlement="'г. Светлоречье'", street="'ул. Лесная'", key="'house ' || a")  # fmt: skip


def _people(connection: sqlite3.Connection, residents: int) -> None:
    source = f"FROM accounts_seq WHERE a <= {residents}"
    now = datetime.now(UTC)
    stamp = f"'{now:%Y-%m-%d %H:%M:%S.%f}'"
    _insert(connection, models.Resident, source, id="a", surname="'Соколова'", name="'Анна'", state="'active'",
            email="'r' || a || '@example.org'", email_key="'r' || a || '@example.org'", created_at=stamp,
            email_confirmed_at=stamp)  # fmt: skip
    _insert(connection, models.Link, f"FROM accounts_seq WHERE a <= {residents * HELD}", account_id="a",
            resident_id=f"(a - 1) / {HELD} + 1", linked_at=stamp)  # fmt: skip
    until = f"{now + timedelta(days=2):%Y-%m-%d %H:%M:%S.%f}"
    connection.executemany(
        "INSERT INTO session (resident_id, token_hash, created_at, seen_at, expires_at, address, device,"
        f" is_remembered) VALUES (?, ?, {stamp}, {stamp}, '{until}', '', '', 0)",
        [(who, token_hash(token(who))) for who in range(1, residents + 1)],
    )
    connection.executemany(
        "INSERT INTO token (resident_id, name, token_hash, prefix, scopes, created_at, answer)"
        f" VALUES (?, 'Модем', ?, '000000', 'balance,readings', {stamp}, '')",
        [(who, token_hash(program(who))) for who in range(1, residents + 1)],
    )


def _accounts(connection: sqlite3.Connection) -> None:
    supplier = f"(a - 1) % {SUPPLIERS} + 1"
    source = "FROM accounts_seq"
    _insert(connection, models.Account, source, id="a", supplier_id=supplier, number="printf('%010d', a)",
            surname="'Соколова'", name="'Анна'", house_id="(a - 1) / 100 + 1", flat="(a - 1) % 100 + 1")  # fmt: skip
    _insert(connection, models.Meter, source, id="a", account_id="a", service_id=supplier,
            number="printf('%08d', a)", verified_until="'2040-01-01'")  # fmt: skip
    for position, scale in enumerate(("День", "Ночь")):
        _insert(connection, models.Register, source, id=f"2 * a - {1 - position}", meter_id="a", scale=f"'{scale}'",
                position=str(position), digits="6")  # fmt: skip
    _insert(connection, models.Balance, source, account_id="a", as_of="date('now', 'start of month', '-1 day')",
            amount="(a % 5 - 1) * 40000")  # fmt: skip


def _ledger(connection: sqlite3.Connection, months: int) -> None:
    source = "FROM accounts_seq, months_seq"
    bill = f"(a - 1) * {months} + ({months} - m + 1)"
    day = f"date({FROM_THE_NEWEST}, '+1 month', '-1 day')"
    _insert(connection, models.Bill, source, id=bill, account_id="a", number=bill, issued_on=day,
            period=FROM_THE_NEWEST, opening="0", charged="128000", recalculated="0", paid="128000", to_pay="128000",
            order_key=f"strftime('%Y%m', {FROM_THE_NEWEST}) || strftime('%Y%m%d', {day}) || "
                      f"lower(hex(printf('%012d', {bill})))")  # fmt: skip
    for position, (scale, sum_) in enumerate((("День", "96000"), ("Ночь", "32000"))):
        _insert(connection, models.Charge, source, bill_id=bill, service_id=f"(a - 1) % {SUPPLIERS} + 1",
                scale=f"'{scale}'", position=str(position), unit="'кВт*ч'", tariff="'6.43'", volume="'149.30'",
                method="'прибор'", charged=sum_, total=sum_)  # fmt: skip
        _insert(connection, models.Reading, source, register_id=f"2 * a - {1 - position}",
                value=f"(900000 - m * 150) * {models.base.SCALE}", taken_on=f"date({FROM_THE_NEWEST}, '+19 days')",
                origin="'billing'", state="'used'", source="'житель'")  # fmt: skip
    _insert(connection, models.Payment, source, account_id="a", identifier=f"'P' || ({bill})",
            paid_on=f"date({FROM_THE_NEWEST}, '+13 days')", amount="128000", source="'Сбербанк'")  # fmt: skip
