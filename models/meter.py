"""Meters («прибор учёта») and their registers («шкала»)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from peewee import BooleanField, DateField, Expression, ForeignKeyField, IntegerField, ModelSelect, TextField

from models.account import Account
from models.base import Base
from models.prepared import Prepared
from models.supplier import Service

SINGLE = "Круглосуточный"
SOON = timedelta(days=90)


class Meter(Base):
    """A meter of an account; the fifteen fields of the card are the billing's own words."""

    account = ForeignKeyField(Account, backref="meters")
    account_id: int
    service = ForeignKeyField(Service, backref="meters")
    service_id: int
    number = TextField()
    model = TextField(default="")
    ratio = IntegerField(default=1)
    place = TextField(default="")
    accuracy = TextField(default="")
    condition = TextField(default="")
    relation = TextField(default="")
    balance_owner = TextField(default="")
    voltage = TextField(default="")
    current = TextField(default="")
    installed_on = DateField(null=True)
    verified_on = DateField(null=True)
    interval_years = IntegerField(null=True)
    verified_until = DateField(null=True)
    is_automatic = BooleanField(default=False)
    removed_on = DateField(null=True)
    run_id = IntegerField(null=True)

    class Meta:
        indexes = ((("account", "service", "number"), True),)

    @property
    def masked(self) -> str:
        """«…234»: enough to tell one's own meters apart; the whole number would prove a right to the account."""
        number = str(self.number)
        return "…" + (number[-3:] if len(number) > 5 else "")

    def is_removed(self, today: date) -> bool:
        """Taken down by the day: no reading can be sent for it."""
        return self.removed_on is not None and self.removed_on <= today

    @property
    def valid_until(self) -> date | None:
        """The last day of its verification: as the billing says, else the last one and the interval (formats §7)."""
        if self.verified_until is not None or self.verified_on is None or not self.interval_years:
            return self.verified_until
        year, is_leap_day = (
            min(self.verified_on.year + self.interval_years, 9999),
            self.verified_on.timetuple()[1:3] == (2, 29),
        )
        return self.verified_on.replace(year=year, day=28) if is_leap_day else self.verified_on.replace(year=year)

    def is_read_by_people(self, today: date) -> bool:
        """Are its figures sent by people?"""
        return not (self.is_automatic or self.is_removed(today))

    @classmethod
    def by_people(cls, today: date) -> tuple[Expression, ...]:
        """The same as conditions of a query."""
        return (cls.is_automatic == False, cls.removed_on.is_null() | (cls.removed_on > today))  # noqa: E712

    def is_expired(self, today: date) -> bool:
        """Its verification has run out (ПП 354 п. 81(12))."""
        return self.valid_until is not None and self.valid_until < today

    def is_expiring(self, today: date) -> bool:
        """It runs out within three months: time to order another."""
        return self.valid_until is not None and today <= self.valid_until <= today + SOON


class Register(Base):
    """One scale of a meter: `digits` whole digits, `decimals` after the point."""

    meter = ForeignKeyField(Meter, backref="registers")
    meter_id: int
    scale = TextField(default=SINGLE)
    position = IntegerField(default=0)
    digits = IntegerField()
    decimals = IntegerField(default=0)
    run_id = IntegerField(null=True)

    class Meta:
        indexes = ((("meter", "scale"), True),)

    @classmethod
    def of_accounts(cls, accounts: Iterable[int]) -> list[Register]:
        """All registers of the accounts' meters, removed ones too, each with meter and service: one query."""
        return _OF_ACCOUNTS(accounts=list(accounts))

    @classmethod
    def of_account(cls, account: Account) -> ModelSelect[Register]:
        """All registers of the account's meters, removed ones too, each with its meter."""
        return cls.select(cls, Meter).join(Meter).where(Meter.account == account).order_by(Meter.id, cls.position)


_OF_ACCOUNTS: Prepared[Register] = Prepared(
    lambda accounts: (
        Register.select(Register, Meter, Service)
        .join(Meter)
        .join(Service)
        .where(Meter.account.in_(accounts))
        .order_by(Service.position, Service.id, Meter.id, Register.position, Register.id)
    )
)
