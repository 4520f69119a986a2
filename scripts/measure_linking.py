"""How long a page of the dependent selects takes in a large town: `python -m scripts.measure_linking [URL]`.

Two towns of 100,000 accounts, of blocks of flats and of private houses, beside a village that shows the machine's
own pace. Without an address a SQLite file is made and removed, else the PostgreSQL database there is emptied first.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any
from unittest.mock import patch

from peewee import chunked

from app import create_app
from bench.filled import settings
from models import TABLES, Account, House, Resident, Session, Supplier, db, on_postgresql, place
from models.migrating import migrate
from presets import load_preset
from services.codes import token_hash
from tests.client import PageClient
from views.sessions import COOKIE

ROUNDS, TOKEN = 25, "measure"
# What a town is made of: accounts, houses, settlements, streets of a settlement.
TOWNS = {
    "village": (100, 10, 1, 1),
    "blocks of flats": (100_000, 1_000, 5, 100),
    "private houses": (100_000, 100_000, 20, 100),
}
SWITCHES = {"linking": ["page", "selects"]}


def fill(count: int, houses: int, settlements: int, streets: int) -> None:
    now = datetime.now(UTC)
    for table in reversed(TABLES):
        table.delete().execute()
    suppliers = [Supplier.create(code=f"S{n}", name=f"Поставщик {n}", inn="7707083893").id for n in range(2)]
    who = Resident.create(name="Анна", email="anna@example.org", state="active", created_at=now)
    Session.create(
        resident=who, token_hash=token_hash(TOKEN), created_at=now, seen_at=now, expires_at=now + timedelta(days=1)
    )
    places = (
        {"id": n, "settlement": f"г. Место {n % settlements}", "street": f"ул. {n // settlements % streets}-я",
         "number": str(n // settlements // streets + 1), "key": str(n)}
        for n in range(1, houses + 1)
    )  # fmt: skip
    for rows in chunked(places, 5_000):
        House.insert_many(rows).execute()
    accounts = (
        {"supplier": suppliers[n % 2], "number": f"{n:010d}", "house": n % houses + 1, "flat": str(n // houses + 1)}
        for n in range(count)
    )
    for rows in chunked(accounts, 1_000):
        Account.insert_many(rows).execute()
    db.execute_sql("ANALYZE")


def fields(supplier: int) -> dict[str, str]:
    """Everything chosen, down to the flat."""
    account = Account.select().where(Account.supplier == supplier).order_by(Account.id.desc()).first()
    house = account.house
    return {
        "supplier": str(supplier), "settlement": house.settlement, "street": house.street, "house": str(house.id),
        "flat": account.flat, "refresh": "place",
    }  # fmt: skip


def measure(client: PageClient, way: str, data: dict[str, str]) -> str:
    """The whole page, and of it the lists of its selects."""
    whole, lists, options = [], [], 0
    for _ in range(ROUNDS):
        token = client.csrf_token()
        with spent_in_lists() as spent:
            start = perf_counter()
            page = client.http.post(f"/accounts/link/{way}", data={**data, "csrf_token": token})
            whole.append((perf_counter() - start) * 1000)
        assert page.status_code == 200, page.status_code
        lists.append(sum(spent) * 1000)
        options = page.get_data(as_text=True).count("<option")
    return f"{way}: page {median(whole):.1f} ms, of it the lists {median(lists):.1f} ms, {options} options"


@contextmanager
def spent_in_lists() -> Iterator[list[float]]:
    """The seconds of each list of addresses made inside."""
    seconds: list[float] = []

    def timed(make: Callable[..., Any]) -> Callable[..., Any]:
        def inner(*args: Any) -> Any:
            start = perf_counter()
            found = make(*args)
            seconds.append(perf_counter() - start)
            return found

        return inner

    names = ("settlements", "streets", "houses", "houses_of", "flats", "accounts_at")
    with patch.multiple(place, **{name: timed(getattr(place, name)) for name in names}):
        yield seconds


@contextmanager
def database() -> Iterator[str]:
    if len(sys.argv) > 1:
        yield sys.argv[1]
        return
    with TemporaryDirectory(prefix="abonent-measure-") as folder:
        yield f"sqlite:///{Path(folder) / 'town.sqlite3'}"


def main() -> None:
    with database() as url:
        preset = load_preset("default", SWITCHES, {})
        app = create_app(replace(settings(Path("unused")), database_url=url, preset=preset))
        for name, shape in TOWNS.items():
            with db.connection_context():
                migrate()
                fill(*shape)
                data = fields(Supplier.select().first().id)
                engine = "PostgreSQL" if on_postgresql() else "SQLite"
            client = PageClient(app)
            client.http.set_cookie(COOKIE, TOKEN)
            for way in SWITCHES["linking"]:
                print(f"{engine}, {name}, {measure(client, way, data)}")


if __name__ == "__main__":
    main()
