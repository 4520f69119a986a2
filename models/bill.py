"""Bills («счёт»), their charge lines («начисление»), the billing's payments and balances."""

from __future__ import annotations

from datetime import date

from peewee import BooleanField, DateField, ForeignKeyField, IntegerField, TextField

from models.account import Account
from models.base import Base, KopecksField
from models.search import natural
from models.supplier import Service


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


# A unique index holds every NULL apart, so «the whole account» needs its own.
Balance.add_index(Balance.index(Balance.account, unique=True, where=Balance.service.is_null(), name="balance_whole"))
