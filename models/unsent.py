"""Accounts that owe readings of the window, by house: the worker's list, and what has come since it was made."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date
from typing import NamedTuple, cast

from peewee import DateField, Expression, ForeignKeyField, ModelSelect

from models.account import Account, House
from models.base import Base, db
from models.link import Link
from models.reminding import owes_reading
from models.supplier import Supplier


class Where(NamedTuple):
    """Which of them: of these suppliers (None = of all), of one supplier among them, in these houses (None = any)."""

    suppliers: Collection[int] | None
    supplier: int | None = None
    houses: Collection[int] | None = None


class Unsent(Base):
    """An account of which some register has no reading since the window opened at `starts`.

    Supplier and house stand here too, so that pages by house come out of an index.
    """

    account_id: int
    account = ForeignKeyField(Account, unique=True, backref="unsent", on_delete="CASCADE")
    supplier = ForeignKeyField(Supplier, backref="unsent", index=False)
    house_id: int
    house = ForeignKeyField(House, backref="unsent", index=False)
    starts = DateField()

    class Meta:
        indexes = ((("house", "account", "supplier"), False), (("supplier", "house", "account"), False))

    @classmethod
    def put(cls, supplier: int, starts: date, owing: Mapping[int, int], between: tuple[int, int]) -> None:
        """Of the supplier's accounts between two ids these owe (account → house); no other does."""
        own = (cls.supplier == supplier, cls.account.between(*between))
        rows = cls.select(cls.account, cls.starts).where(*own).tuples()
        known = dict(cast(Iterable[tuple[int, date]], rows))
        gone = [account for account, since in known.items() if since != starts or account not in owing]
        if gone:
            cls.delete().where(cls.account.in_(gone)).execute()
        kept = known.keys() - set(gone)
        fresh = [(account, supplier, house, starts) for account, house in owing.items() if account not in kept]
        if fresh:  # `insert_many` renders each value anew, ten times as slow
            places = ", ".join([db.param] * 4)
            db.cursor().executemany(
                'INSERT INTO "unsent" ("account_id", "supplier_id", "house_id", "starts")'  # noqa: S608 - our own names
                f" VALUES ({places}) ON CONFLICT DO NOTHING",
                fresh,
            )

    @classmethod
    def page(cls, where: Where, today: date, after: int | None, most: int) -> list[Unsent]:
        """So many that owe still, by house, each with account, supplier, house; `after`: the last account shown."""
        rows = cls._owing(where, today)
        if after is not None:  # by the account itself: its row may be gone since the last page
            house = Account.select(Account.house).where(Account.id == after)
            rows = rows.where((cls.house > house) | ((cls.house == house) & (cls.account > after)))
        return list(rows.order_by(cls.house, cls.account).limit(most))

    @classmethod
    def batches(cls, where: Where, today: date, size: int) -> Iterator[list[Unsent]]:
        """All of them, so many at a time, each time with a query of its own."""
        after = None
        while rows := cls.page(where, today, after, size):
            yield rows
            after = rows[-1].account_id

    @classmethod
    def _owing(cls, where: Where, today: date) -> ModelSelect[Unsent]:
        return (
            cls.select(cls, Account, Supplier, House)
            .join(Account)
            .join(Supplier)
            .switch(Account)
            .join(House)
            .where(*cls._of(where), owes_reading(cls.starts, today))
        )

    @classmethod
    def _of(cls, where: Where) -> tuple[Expression, ...]:
        found: list[Expression] = []
        if where.supplier is not None:
            found.append(cls.supplier == where.supplier)
        elif where.suppliers is not None:
            found.append(cls.supplier.in_(list(where.suppliers)))
        if where.houses is not None:
            found.append(cls.house.in_(list(where.houses)))
        return tuple(found)


def held(accounts: Iterable[int]) -> set[int]:
    """Those of the accounts that somebody holds: he can be reminded."""
    return {link.account_id for link in Link.select(Link.account).where(Link.account.in_(list(accounts)))}
