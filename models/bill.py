"""Bills («счёт»), their charge lines («начисление»), the billing's payments and balances."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any, NamedTuple, cast

from peewee import JOIN, SQL, BooleanField, DateField, ForeignKeyField, IntegerField, ModelSelect, TextField

from models.account import Account, House
from models.base import Base, KopecksField
from models.link import Link
from models.meter import SINGLE
from models.prepared import Prepared
from models.resident import Resident
from models.search import natural
from models.supplier import Service, Supplier


class Paper(NamedTuple):
    """What a select says of a bill."""

    id: int
    period: date
    number: str


class Around(NamedTuple):
    """A line beside a bill's own: of its account in other months, or of its house; `kind` is the service's."""

    account: int
    service: int
    kind: str
    scale: str
    period: date
    method: str
    volume: str
    volume_common: str


class Line(NamedTuple):
    """A line of a bill as the first page shows it; `service` is the service's id, texts are as printed."""

    bill: int
    period: date
    service: int
    name: str
    scale: str
    unit: str
    tariff: str
    volume: str
    volume_common: str
    charged: int
    recalculated: int | None
    total: int

    @property
    def title(self) -> str:
        return titled(self.name, self.scale)


class Bill(Base):
    """A document of a period. Sums are shown as imported, never recomputed; `adds_up` flags those that do not."""

    account_id: int
    account = ForeignKeyField(Account, backref="bills", index=False)
    number = TextField()
    issued_on = DateField()
    period = DateField()
    opening = KopecksField()
    charged = KopecksField()
    recalculated = KopecksField()
    paid = KopecksField()
    to_pay = KopecksField()
    due_on = DateField(null=True)
    adds_up = BooleanField(default=True)
    order_key = TextField()
    run_id = IntegerField(null=True)

    class Meta:
        indexes = ((("account", "number"), True), (("account", "order_key"), False))

    @staticmethod
    def key(period: date, issued_on: date, number: str) -> str:
        """The one order of an account's bills (decisions 4): period, date, natural number; newest = greatest."""
        return f"{period:%Y%m}{issued_on:%Y%m%d}{natural(number)}"

    @classmethod
    def of_account(cls, account: Account) -> ModelSelect[Bill]:
        """All bills of the account, newest first."""
        return cls.select().where(cls.account == account).order_by(cls.order_key.desc(), cls.id.desc())

    @classmethod
    def since(cls, account: Account, period: date) -> list[Bill]:
        """The account's bills of a period and later, newest first."""
        return list(cls.of_account(account).where(cls.order_key >= f"{period:%Y%m}"))

    @classmethod
    def with_lines(cls, account: Account, period: date) -> list[tuple[Bill, list[Charge]]]:
        """The account's bills of one period, newest first, each with its lines as printed: one query."""
        found: dict[int, tuple[Bill, list[Charge]]] = {}
        for row in _WITH_LINES(account=account.id, first=f"{period:%Y%m}", last=f"{_next_month(period):%Y%m}"):
            line = getattr(row, "line", None)
            found.setdefault(row.id, (row, []))[1].extend([line] if line is not None else [])
        return list(found.values())

    @classmethod
    def between(cls, account: Account, since: date, until: date) -> list[Bill]:
        """The account's bills from a period to a period, both included, newest first."""
        keys = cls.order_key.between(f"{since:%Y%m}", f"{_next_month(until):%Y%m}")
        return list(cls.of_account(account).where(keys))

    @classmethod
    def papers(cls, account: Account) -> list[Paper]:
        """All bills of the account by little: ten years of them fill a select."""
        rows = cls.of_account(account).select(cls.id, cls.period, cls.number).tuples()
        return [Paper(*row) for row in cast(Iterable[tuple[int, date, str]], rows)]

    @classmethod
    def of_operator(cls, bill_id: int, suppliers: set[int] | None) -> Bill | None:
        """The bill with account, supplier and house, if it is one of these suppliers' (None = of all)."""
        rows = cls.select(cls, Account, Supplier, House).join(Account).join(Supplier).switch(Account).join(House)
        rows = rows if suppliers is None else rows.where(Account.supplier.in_(suppliers))
        found: Bill | None = rows.where(cls.id == bill_id).first()
        return found

    @classmethod
    def held_by(cls, resident: Resident) -> ModelSelect[Bill]:
        """The bills of the accounts that the resident holds, each with account, supplier and house."""
        return (
            cls.select(cls, Account, Supplier, House)
            .join(Account)
            .join(Supplier)
            .switch(Account)
            .join(House)
            .switch(Account)
            .join(Link)
            .where(Link.resident == resident)
        )

    @property
    def total(self) -> int:
        """What the month cost: charged and recalculated, kopecks."""
        return int(self.charged) + int(self.recalculated)


def _next_month(period: date) -> date:
    return (period + timedelta(days=31)).replace(day=1)


class Charge(Base):
    """A line of a bill. Volumes, tariffs and readings are texts with the printed decimals («50.50», «6.030»)."""

    bill_id: int
    service_id: int
    bill = ForeignKeyField(Bill, backref="charges", on_delete="CASCADE", index=False)
    service = ForeignKeyField(Service, backref="charges", index=False)
    scale = TextField(default="")
    position = IntegerField(default=0)
    unit = TextField(default="")
    tariff = TextField(default="")
    volume = TextField(default="")
    volume_common = TextField(default="")
    method = TextField(default="")
    reading_before = TextField(default="")
    reading_after = TextField(default="")
    house_volume = TextField(default="")
    charged = KopecksField()
    recalculated = KopecksField(null=True)
    recalculation_period = DateField(null=True)
    recalculation_reason = TextField(default="")
    benefit = KopecksField(null=True)
    total = KopecksField()
    run_id = IntegerField(null=True)

    class Meta:
        indexes = ((("bill", "service", "scale"), True),)

    @classmethod
    def of_bills(cls, bills: Iterable[Bill]) -> dict[int, list[Charge]]:
        """The lines of each bill by its id, as printed, each with its service: one query."""
        ids = [bill.id for bill in bills]
        found: dict[int, list[Charge]] = {bill: [] for bill in ids}
        rows = (
            cls.select(cls, Service)
            .join(Service)
            .where(cls.bill.in_(ids))
            .order_by(cls.position, Service.position, cls.id)
        )
        for row in rows if ids else ():
            found[row.bill_id].append(row)
        return found

    @classmethod
    def by_service(cls, bill: Bill) -> list[tuple[Service, int]]:
        """What the bill takes for each service, its scales together, as printed: one query."""
        sums: dict[int, tuple[Service, int]] = {}
        for line in cls.of_bills([bill])[bill.id]:
            _, before = sums.get(line.service_id, (line.service, 0))
            sums[line.service_id] = (line.service, before + line.total)
        return list(sums.values())

    @classmethod
    def lately(cls, last: Bill, service: int, since: date) -> list[Line]:
        """The lines of the account's last bill, and those of a service from a period on, oldest first: one query."""
        rows = _LATELY(account=last.account_id, last=last.id, service=service, since=f"{since:%Y%m}")
        return [Line(*row) for row in rows]

    @classmethod
    def around(
        cls, account: Account, period: date, services: list[int], since: date, kinds: list[str]
    ) -> tuple[list[Around], list[Around]]:
        """What stands around the account's bill of the period: one query.

        First the account's own lines of the services from a period on; then the lines of the kinds that its supplier
        has billed to its whole house for the period.
        """
        rows = _AROUND(
            account=account.id, services=services, since=f"{since:%Y%m}", house=account.house_id,
            supplier=account.supplier_id, kinds=kinds, first=f"{period:%Y%m}", last=f"{_next_month(period):%Y%m}",
        )  # fmt: skip
        lines = [(bool(of_house), Around(*row)) for of_house, *row in rows]
        return [line for of_house, line in lines if not of_house], [line for of_house, line in lines if of_house]

    @property
    def title(self) -> str:
        """«Электроэнергия, день»: the service and, of several, its scale."""
        return titled(str(self.service.name), str(self.scale))


def titled(name: str, scale: str) -> str:
    return f"{name}, {scale.lower()}" if scale and scale != SINGLE else name


_LATELY: Prepared[tuple[Any, ...]] = Prepared(
    lambda account, last, service, since: (
        Charge.select(
            Charge.bill, Bill.period, Charge.service, Service.name, Charge.scale, Charge.unit, Charge.tariff,
            Charge.volume, Charge.volume_common, Charge.charged, Charge.recalculated, Charge.total,
        )
        .join(Bill)
        .switch(Charge)
        .join(Service)
        .where(
            Bill.account == account, Bill.order_key >= since, (Charge.service == service) | (Charge.bill == last)
        )
        .order_by(Bill.order_key, Charge.position, Service.position, Charge.id)
        .tuples()
    )
)  # fmt: skip
_WITH_LINES: Prepared[Bill] = Prepared(
    lambda account, first, last: (
        Bill.select(Bill, Charge, Service)
        .join(Charge, JOIN.LEFT_OUTER, attr="line")
        .join(Service, JOIN.LEFT_OUTER)
        .where(Bill.account == account, Bill.order_key.between(first, last))
        .order_by(Bill.order_key.desc(), Bill.id.desc(), Charge.position, Service.position, Charge.id)
    )
)


def _around(
    account: Any, services: Any, since: Any, house: Any, supplier: Any, kinds: Any, first: Any, last: Any
) -> Any:
    def lines(of_house: int) -> Any:
        facts = (Bill.account, Charge.service, Service.kind, Charge.scale, Bill.period, Charge.method)
        return (
            Charge.select(SQL(str(of_house)).alias("of_house"), *facts, Charge.volume, Charge.volume_common)
            .join(Bill)
            .join(Account)
            .switch(Charge)
            .join(Service)
        )

    own = lines(0).where(Bill.account == account, Bill.order_key >= since, Charge.service.in_(services))
    whole = lines(1).where(
        Account.house == house,
        Account.supplier == supplier,
        Bill.order_key.between(first, last),
        Service.kind.in_(kinds),
    )
    return own.union_all(whole).tuples()


_AROUND: Prepared[tuple[Any, ...]] = Prepared(_around)


class Payment(Base):
    """A payment the billing knows; a negative amount is a reversal."""

    account_id: int
    service_id: int | None
    account = ForeignKeyField(Account, backref="payments", index=False)
    identifier = TextField()
    paid_on = DateField()
    amount = KopecksField()
    service = ForeignKeyField(Service, null=True, index=False)
    source = TextField(default="")
    run_id = IntegerField(null=True)

    class Meta:
        indexes = ((("account", "identifier"), True), (("account", "paid_on"), False))

    @classmethod
    def newest(cls, account: Account, limit: int) -> list[Payment]:
        """The account's last payments, reversals among them."""
        return list(
            cls.select().where(cls.account == account).order_by(cls.paid_on.desc(), cls.id.desc()).limit(limit)
        )


# The first of what did not meet, by day, without reading all that was ever paid.
Payment.add_index(Payment.index(Payment.paid_on, Payment.id, name="payment_paid_on"))


class Balance(Base):
    """What the billing says is owed on a day (positive = debt): the whole account, or a part by service."""

    account_id: int
    service_id: int | None
    account = ForeignKeyField(Account, backref="balances", index=False)
    service = ForeignKeyField(Service, null=True, index=False)
    as_of = DateField()
    amount = KopecksField()
    run_id = IntegerField(null=True)

    class Meta:
        indexes = ((("account", "service"), True),)

    @classmethod
    def by_service(cls, account: Account) -> list[tuple[Service, int]]:
        """The parts of the account's balance in the services' order: one query."""
        rows = (
            cls.select(cls, Service)
            .join(Service)
            .where(cls.account == account)
            .order_by(Service.position, Service.id)
        )
        return [(row.service, row.amount) for row in rows if row.service is not None]


# A unique index holds every NULL apart, so «the whole account» needs its own.
Balance.add_index(Balance.index(Balance.account, unique=True, where=Balance.service.is_null(), name="balance_whole"))
