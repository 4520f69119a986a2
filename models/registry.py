"""Registries of a bank («реестр»): files, their lines, operations taken in, what of them the billing has met."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, cast

from peewee import (
    JOIN,
    SQL,
    BlobField,
    DateField,
    Field,
    ForeignKeyField,
    IntegerField,
    ModelSelect,
    TextField,
    chunked,
    fn,
)

from models.account import Account
from models.base import Base, KopecksField, UtcField, db
from models.bill import Payment
from models.match import Match
from models.order import PAID, POSTED, Order, OrderLine
from models.supplier import Supplier

# Of a registry: its lines are being written, wait for somebody's decision, are taken in.
READING, PREVIEW, TAKEN = "reading", "preview", "taken"
# Of a line: not taken in yet, not readable, taken in before, of an unknown account, taken in, met by the billing,
# refused by an operator, a transfer of the bank for a whole registry.
NEW, FLAWED, DUPLICATE, WAITING, OPEN, MET, REJECTED, TRANSFER = (
    "new",
    "flawed",
    "duplicate",
    "waiting",
    "open",
    "met",
    "rejected",
    "transfer",
)
AT_ONCE = 500  # rows in one statement


class Registry(Base):
    """A file of a bank as it came (`content`), and what it says of itself: `…_told` is of its control line.

    `day` is the day of operations that name none. `remarks` is JSON, a list of Russian sentences. `received_on` is
    the day when a statement showed its money.
    """

    supplier = ForeignKeyField(Supplier)
    supplier_id: int
    layout = TextField()
    bank = TextField(default="")
    file_name = TextField()
    sha256 = TextField(unique=True)
    content = BlobField()
    encoding = TextField(default="")
    who = TextField()
    created_at = UtcField()
    state = TextField(default=READING)
    day = DateField()
    remarks = TextField(default="[]")
    count_told = IntegerField(null=True)
    paid_told = KopecksField(null=True)
    transferred_told = KopecksField(null=True)
    fee_told = KopecksField(null=True)
    document = TextField(default="")
    document_on = DateField(null=True)
    posted_at = UtcField(null=True)
    posted_by = TextField(default="")
    received_on = DateField(null=True)

    @classmethod
    def listed(cls) -> list[Field]:
        """What is read of a registry where its file is not asked for."""
        return [field for field in cls._meta.sorted_fields if field is not cls.content]

    @classmethod
    def _without_file(cls) -> ModelSelect[Registry]:
        return cls.select(*cls.listed(), Supplier).join(Supplier)

    @classmethod
    def latest(cls, limit: int, suppliers: set[int] | None) -> list[Registry]:
        """The newest registries of these suppliers (None = of all), each with its supplier, without their files."""
        rows = cls._without_file().order_by(cls.id.desc()).limit(limit)
        return list(rows if suppliers is None else rows.where(cls.supplier.in_(suppliers)))

    @classmethod
    def of_operator(cls, registry: int, suppliers: set[int] | None) -> Registry | None:
        """The registry, if it is one of these suppliers' (None = of all); without its file."""
        rows = cls._without_file().where(cls.id == registry)
        found: Registry | None = (rows if suppliers is None else rows.where(cls.supplier.in_(suppliers))).first()
        return found

    @classmethod
    def of_file(cls, sha256: str) -> Registry | None:
        """The registry that the same bytes made before."""
        found: Registry | None = cls._without_file().where(cls.sha256 == sha256).first()
        return found

    @classmethod
    def awaiting_money(cls, supplier: int) -> list[tuple[int, str, int]]:
        """(id, number of the payment order, sum) of the supplier's registries whose transfer was not seen yet."""
        sums = (
            RegistryLine.select(fn.SUM(RegistryLine.transferred))
            .where(RegistryLine.registry == cls.id)
            .alias("transferred")
        )
        rows = cls.select(cls.id, cls.document, fn.COALESCE(cls.transferred_told, sums)).where(
            cls.supplier == supplier, cls.received_on.is_null(), cls.state != READING
        )
        found = cast(Iterable[tuple[int, str, int | None]], rows.order_by(cls.id.desc()).tuples())
        return [(one, document, int(amount)) for one, document, amount in found if amount]

    @classmethod
    def file_of(cls, registry: int) -> bytes:
        """The file as it came."""
        return bytes(cls.select(cls.content).where(cls.id == registry).get().content)

    def moved(self, to: str, before: str, **facts: Any) -> bool:
        """Changes the state where it still is `before`; False when someone was faster."""
        query = type(self).update(state=to, **facts).where(type(self).id == self.id, type(self).state == before)
        return bool(query.execute())


class RegistryLine(Base):
    """A line of a registry as the bank wrote it; `amount` in kopecks, a negative one is a reversal.

    `key` is by what its operation is known, whatever file it comes in. `account` is None while nobody knows whose
    it is. `text` and `reason` tell of what could not be read, or why it was refused.
    """

    registry = ForeignKeyField(Registry, backref="lines", on_delete="CASCADE", index=False)
    registry_id: int
    line = IntegerField()
    state = TextField(default=NEW)
    key = TextField(default="")
    operation = TextField(default="")
    account_number = TextField(default="")
    account = ForeignKeyField(Account, null=True, index=False)
    account_id: int | None
    paid_on = DateField()
    time = TextField(default="")
    amount = KopecksField(default=0)
    transferred = KopecksField(null=True)
    fee = KopecksField(null=True)
    payer = TextField(default="")
    address = TextField(default="")
    period = TextField(default="")
    service = TextField(default="")
    purpose = TextField(default="")
    text = TextField(default="")
    reason = TextField(default="")
    settles = ForeignKeyField(Registry, null=True, on_delete="SET NULL", backref="settlements")
    settles_id: int | None
    decided_at = UtcField(null=True)
    decided_by = TextField(default="")

    class Meta:
        indexes = (
            (("registry", "line"), True),
            (("registry", "key", "line"), False),
            (("account", "paid_on", "amount"), False),
        )

    @classmethod
    def add(cls, rows: Sequence[Mapping[str, Any]]) -> None:
        """Writes rows that all have the same columns; `insert_many` renders each value anew, ten times as slow."""
        names = [cls._meta.fields[name].column_name for name in rows[0]]
        quoted, places = ", ".join(f'"{name}"' for name in names), ", ".join([db.param] * len(names))
        statement = f'INSERT INTO "registry_line" ({quoted}) VALUES ({places})'  # noqa: S608 - our own names
        db.cursor().executemany(statement, [list(row.values()) for row in rows])

    @classmethod
    def waiting(cls, suppliers: set[int] | None, limit: int) -> list[RegistryLine]:
        """The queue of unknown accounts, old first: each with its registry and the registry's supplier."""
        return list(cls._queue(suppliers).order_by(cls.id).limit(limit))

    @classmethod
    def waiting_total(cls, suppliers: set[int] | None) -> tuple[int, int]:
        """(how many, kopecks) of the same."""
        rows = cls._queue(suppliers).select(fn.COUNT(cls.id), fn.SUM(cls.amount)).tuples()
        [(count, amount)] = cast(Iterable[tuple[int, int | None]], rows)
        return int(count), int(amount or 0)

    @classmethod
    def of_operator(cls, line: int, suppliers: set[int] | None) -> RegistryLine | None:
        """A line of a registry that has been taken in, if it is one of these suppliers'."""
        rows = cls._with_registry().where(cls.id == line, Registry.state == TAKEN)
        found: RegistryLine | None = (
            rows if suppliers is None else rows.where(Registry.supplier.in_(suppliers))
        ).first()
        return found

    @classmethod
    def _queue(cls, suppliers: set[int] | None) -> ModelSelect[RegistryLine]:
        rows = cls._with_registry().where(cls.state == SQL(f"'{WAITING}'"))
        return rows if suppliers is None else rows.where(Registry.supplier.in_(suppliers))

    @classmethod
    def _with_registry(cls) -> ModelSelect[RegistryLine]:
        return (
            cls.select(cls, *Registry.listed(), Supplier)
            .join(Registry, on=(cls.registry == Registry.id))
            .join(Supplier)
        )

    @classmethod
    def last_owner(cls, supplier: int, number: str) -> Account | None:
        """The account to which a line of the same unknown number was assigned last."""
        found = (
            cls.select(cls, Account)
            .join(Account)
            .switch(cls)
            .join(Registry, on=(cls.registry == Registry.id))
            .where(Registry.supplier == supplier, cls.account_number == number, cls.decided_at.is_null(False))
            .order_by(cls.decided_at.desc())
            .first()
        )
        return found.account if found is not None else None

    @classmethod
    def find_accounts(cls, registry: Registry) -> None:
        """Looks again for the accounts of lines that have none: a package may have been loaded meanwhile."""
        own = Account.select(Account.id).where(
            Account.supplier == registry.supplier_id, Account.number == cls.account_number
        )
        cls.update(account=own).where(cls.registry == registry, cls.account.is_null(), cls.state == NEW).execute()

    @classmethod
    def take(cls, registry: Registry) -> None:
        """Takes in the registry's new lines: each operation once, whatever file brought it first."""
        fresh = (
            cls.select(SQL(str(int(registry.supplier_id))), cls.key, cls.id)
            .where(cls.registry == registry, cls.state.in_((NEW, TRANSFER)))
            .order_by(cls.key, cls.line)
        )
        BankOperation.insert_from(
            fresh, [BankOperation.supplier, BankOperation.key, BankOperation.line]
        ).on_conflict_ignore().execute()
        own = cls.registry == registry, cls.state == NEW
        taken = BankOperation.select(BankOperation.line).where(BankOperation.line == cls.id)
        again = cls.registry == registry, cls.state.in_((NEW, TRANSFER)), ~fn.EXISTS(taken)
        cls.update(state=DUPLICATE, settles=None).where(*again).execute()
        cls.update(state=OPEN).where(*own, cls.account.is_null(False)).execute()
        cls.update(state=WAITING).where(*own).execute()

    @classmethod
    def transfers(cls, registry: Registry) -> list[RegistryLine]:
        """The lines of a statement that brought the money of whole registries."""
        return list(cls.select().where(cls.registry == registry, cls.state == TRANSFER))

    @classmethod
    def nameless(cls, registry: Registry) -> list[RegistryLine]:
        """New lines that came in without a number of an account."""
        named = cls.registry == registry, cls.state == NEW, cls.account_number == "", cls.amount > 0
        return list(cls.select().where(*named).order_by(cls.line))

    def decided(self, state: str, now: datetime, by: str, **facts: Any) -> bool:
        """What an operator made of a waiting line; False when another was faster."""
        query = type(self).update(state=state, decided_at=now, decided_by=by, **facts)
        return bool(query.where(type(self).id == self.id, type(self).state == WAITING).execute())

    @classmethod
    def to_meet(cls, after: int, limit: int) -> list[RegistryLine]:
        """Lines taken in that the billing has not met, by id after `after`; a literal for the partial index."""
        return list(cls.select().where(cls.state == SQL(f"'{OPEN}'"), cls.id > after).order_by(cls.id).limit(limit))

    @classmethod
    def meet(cls, ids: Iterable[int]) -> int:
        """Those of the lines that are matched stand no more beside what the billing knows; how many."""
        matched = RegistryMatch.select(SQL("1")).where(RegistryMatch.line == cls.id)
        rows = cls.update(state=MET).where(cls.id.in_(list(ids)), cls.state == OPEN, fn.EXISTS(matched))
        return int(rows.execute())

    @property
    def adds_up(self) -> bool:
        """Is what was paid less the fee what was transferred, as far as the bank says?"""
        return self.transferred is None or self.fee is None or self.amount - self.fee == self.transferred


RegistryLine.add_index(
    RegistryLine.index(RegistryLine.account, where=RegistryLine.state == OPEN, name="registry_line_open")
)
RegistryLine.add_index(
    RegistryLine.index(RegistryLine.id, where=RegistryLine.state == WAITING, name="registry_line_waiting")
)
RegistryLine.add_index(
    RegistryLine.index(
        RegistryLine.account_number, where=RegistryLine.decided_at.is_null(False), name="registry_line_decided"
    )
)


class BankOperation(Base):
    """An operation that has been taken in: once for a supplier, by the bank's number (`RegistryLine.key`)."""

    supplier = ForeignKeyField(Supplier, index=False)
    key = TextField()
    line = ForeignKeyField(RegistryLine, unique=True, on_delete="CASCADE")

    class Meta:
        indexes = ((("supplier", "key"), True),)


class RegistryMatch(Base):
    """A line that is counted elsewhere: by a payment of the billing, or by a line of the portal's own order.

    A payment that the billing withdraws leaves a row of neither: `mend` opens its line again.
    """

    line = ForeignKeyField(RegistryLine, unique=True, on_delete="CASCADE")
    line_id: int
    payment = ForeignKeyField(Payment, null=True, unique=True, on_delete="SET NULL")
    payment_id: int | None
    order_line = ForeignKeyField(OrderLine, null=True, unique=True)
    matched_at = UtcField()

    @classmethod
    def join_payments(cls, pairs: Mapping[int, int], now: datetime) -> int:
        """Joins lines with payments; how many: where either has been taken meanwhile, nothing is joined."""
        return cls._join("payment_id", pairs, now)

    @classmethod
    def join_orders(cls, pairs: Mapping[int, int], now: datetime) -> int:
        """The same of lines and the first lines of orders' parts."""
        return cls._join("order_line_id", pairs, now)

    @classmethod
    def _join(cls, column: str, pairs: Mapping[int, int], now: datetime) -> int:
        statement = (
            f'INSERT INTO "registry_match" ("line_id", "{column}", "matched_at") '  # noqa: S608 - our own names
            f"VALUES ({db.param}, {db.param}, {db.param}) ON CONFLICT DO NOTHING"
        )
        cursor, moment = db.cursor(), UtcField.text(now)
        cursor.executemany(statement, [(line, met, moment) for line, met in pairs.items()])
        return int(cursor.rowcount)

    @classmethod
    def taken(cls, payments: Iterable[int]) -> set[int]:
        """Those of the payments that a line has met."""
        found: set[int] = set()
        for some in chunked(payments, AT_ONCE):
            rows = cls.select(cls.payment).where(cls.payment.in_(some)).tuples()
            found |= {payment for (payment,) in cast(Iterable[tuple[int]], rows)}
        return found

    @classmethod
    def lines(cls, ids: Iterable[int]) -> set[int]:
        """Those of the lines that are counted elsewhere."""
        rows = cls.select(cls.line).where(cls.line.in_(list(ids))).tuples()
        return {line for (line,) in cast(Iterable[tuple[int]], rows)}

    @classmethod
    def payments(cls, accounts: Iterable[int], since: date) -> list[Payment]:
        """Payments of the accounts from a day on that no line has met, met by an order or not."""
        return list(
            Payment.select(Payment)
            .join(cls, JOIN.LEFT_OUTER)
            .where(Payment.account.in_(list(accounts)), Payment.paid_on >= since, cls.id.is_null())
            .order_by(Payment.paid_on, Payment.id)
        )

    @classmethod
    def order_lines(cls, accounts: Iterable[int]) -> list[OrderLine]:
        """Lines of paid orders of the accounts that neither a payment nor a registry has met, with their orders."""
        return list(
            OrderLine.select(OrderLine, Order)
            .join(Order)
            .switch(OrderLine)
            .join(Match, JOIN.LEFT_OUTER)
            .switch(OrderLine)
            .join(cls, JOIN.LEFT_OUTER, on=(cls.order_line == OrderLine.id))
            .where(
                OrderLine.account.in_(list(accounts)), Order.state.in_((PAID, POSTED)), Match.id.is_null(),
                cls.id.is_null(),
            )
            .order_by(OrderLine.id)
        )  # fmt: skip

    @classmethod
    def mend(cls) -> int:
        """Lines whose payment the billing withdrew are open again; how many."""
        lost = [row.line_id for row in cls.select(cls.line).where(cls.payment.is_null(), cls.order_line.is_null())]
        for some in chunked(lost, AT_ONCE):
            RegistryLine.update(state=OPEN).where(RegistryLine.id.in_(some), RegistryLine.state == MET).execute()
            cls.delete().where(cls.line.in_(some)).execute()
        return len(lost)


RegistryMatch.add_index(
    RegistryMatch.index(
        RegistryMatch.line,
        where=RegistryMatch.payment.is_null() & RegistryMatch.order_line.is_null(),
        name="registry_match_lost",
    )
)
