"""Houses and the accounts («лицевой счёт») in them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import cast

from peewee import SQL, DateField, ForeignKeyField, IntegerField, ModelSelect, TextField

from models.base import Base
from models.search import fold
from models.supplier import Supplier

MOST_OBJECTS = 20  # accounts under one contract that are looked at
# Before the hash of an activation code that has been used: the same code stays used when it is loaded anew.
SPENT = "spent:"


class House(Base):
    """One building; `key` is the folded address, so two spellings of one house meet."""

    settlement = TextField()
    street = TextField(default="")
    number = TextField()
    key = TextField(unique=True)

    class Meta:
        indexes = ((("settlement", "street", "number"), False),)

    @staticmethod
    def folded(settlement: str, street: str, number: str) -> str:
        """The `key` of an address."""
        return fold("|".join((settlement, street, number)))


class Account(Base):
    """«Лицевой счёт» of one supplier (exchange table `accounts`); the number is text, leading zeros matter.

    `kind` is ``person`` or ``organisation``. Areas are printed decimals. `passport_hash` is an HMAC over the
    passport facts under the data key whose id is `passport_key`; the facts themselves are nowhere.
    """

    supplier_id: int
    house_id: int | None
    supplier = ForeignKeyField(Supplier, backref="accounts")
    number = TextField()
    els = TextField(default="")
    kind = TextField(default="person")
    surname = TextField(default="")
    name = TextField(default="")
    patronymic = TextField(default="")
    title = TextField(default="")
    inn = TextField(default="")
    house = ForeignKeyField(House, backref="accounts")
    flat = TextField(default="")
    area = TextField(default="")
    living_area = TextField(default="")
    rooms = IntegerField(null=True)
    registered = IntegerField(null=True)
    stove = TextField(default="")
    ownership = TextField(default="")
    contract = TextField(default="")
    division = TextField(default="")
    passport_hash = TextField(default="")
    passport_key = TextField(default="")
    activation_hash = TextField(default="")
    closed_on = DateField(null=True)
    run_id = IntegerField(null=True)

    class Meta:
        indexes = ((("supplier", "number"), True), (("supplier", "house", "flat"), False))

    @classmethod
    def _with_all(cls) -> ModelSelect[Account]:
        """Accounts with supplier and house."""
        return cls.select(cls, Supplier, House).join(Supplier).switch(cls).join(House)

    @classmethod
    def by_number(cls, supplier: int, number: str) -> Account | None:
        """The account of a supplier by its number, closed ones too; with supplier and house."""
        found: Account | None = cls._with_all().where(cls.supplier == supplier, cls.number == number).first()
        return found

    @classmethod
    def open_by_number(cls, number: str, today: date) -> list[Account]:
        """The accounts of the number that are not closed, of whichever supplier; with supplier."""
        is_open = cls.closed_on.is_null() | (cls.closed_on > today)
        return list(cls.select(cls, Supplier).join(Supplier).where(cls.number == number, is_open).order_by(cls.id))

    @classmethod
    def ids_by_number(cls, supplier: int, numbers: Iterable[str]) -> dict[str, int]:
        """The ids of a supplier's accounts by their numbers, as far as there are such."""
        rows = cls.select(cls.number, cls.id).where(cls.supplier == supplier, cls.number.in_(set(numbers)))
        return dict(cast(Iterable[tuple[str, int]], rows.tuples()))

    @classmethod
    def numbers(cls, ids: Iterable[int]) -> list[str]:
        """The numbers of accounts by their ids, in the order of numbers."""
        rows = cls.select(cls.number).where(cls.id.in_(list(ids))).order_by(cls.number)
        return [str(row.number) for row in rows]

    @classmethod
    def alike(cls, supplier: int, number: str, limit: int) -> list[Account]:
        """The supplier's accounts of the same number but for zeros before it, with supplier and house."""
        bare = number.lstrip("0")
        variants = {bare.zfill(width) for width in range(len(bare), 31)} - {number}
        rows = cls._with_all().where(cls.supplier == supplier, cls.number.in_(variants)).order_by(cls.number)
        return list(rows.limit(limit)) if bare else []

    @classmethod
    def holders_of(cls, numbers: Iterable[str]) -> list[Supplier]:
        """The suppliers that have accounts of any of these numbers."""
        having = cls.select(cls.supplier).where(cls.number.in_(set(numbers)))
        return list(Supplier.select().where(Supplier.id.in_(having)).order_by(Supplier.id))

    @classmethod
    def whole(cls, account_id: int) -> Account | None:
        """An account with its supplier and house."""
        found: Account | None = cls._with_all().where(cls.id == account_id).first()
        return found

    @classmethod
    def of_organisation(cls, supplier: int, number: str) -> list[Account]:
        """The supplier's accounts of organisations by the number of the account or of its contract, oldest first."""
        named = (cls.number == number) | (cls.contract == number)
        is_organisation = cls.kind == SQL("'organisation'")  # no value: only so the engines see that the index fits
        rows = cls._with_all().where(cls.supplier == supplier, is_organisation, named).order_by(cls.id)
        return list(rows.limit(MOST_OBJECTS)) if number else []

    def spend_activation(self) -> None:
        """The code on paper has done its work; only another one will link the account."""
        if self.activation_hash and not str(self.activation_hash).startswith(SPENT):
            self.activation_hash = SPENT + str(self.activation_hash)
            self.save()

    @property
    def masked(self) -> str:
        """«•••2154»: enough for those who know the number, and never more than half of it."""
        number = str(self.number)
        return "•••" + number[len(number) - min(4, len(number) // 2) :]

    @property
    def address(self) -> str:
        """«г. Светлоречье, ул. Лесная, д. 12, кв. 45», as far as it is known; needs the house joined."""
        house, flat = str(self.house.number), str(self.flat)
        parts = (
            str(self.house.settlement),
            str(self.house.street),
            f"д. {house}" if house[:1].isdigit() else house,
            f"кв. {flat}" if flat[:1].isdigit() else flat,
        )
        return ", ".join(part for part in parts if part).replace(". ", ".\N{NO-BREAK SPACE}")

    @property
    def short_address(self) -> str:
        """The address without the settlement, where there is a street: enough to tell one's own homes apart."""
        settlement = str(self.house.settlement).replace(". ", ".\N{NO-BREAK SPACE}")
        return self.address.removeprefix(f"{settlement}, ") if self.house.street else self.address

    @property
    def masked_address(self) -> str:
        """«г. Светлоречье, ул. Лесная, д. •2, кв. •5»: the holder knows it, a finder of the link does not."""
        parts = self.address.split(", ")
        known = sum(1 for part in (self.house.settlement, self.house.street) if part)
        return ", ".join(parts[:known] + [_masked_number(part) for part in parts[known:]])

    @property
    def holder(self) -> str:
        """ФИО or the organisation's name, as the billing gave it."""
        if self.kind == "organisation":
            return str(self.title)
        return " ".join(part for part in (self.surname, self.name, self.patronymic) if part)


def _masked_number(text: str) -> str:
    """«д. 12» → «д. •2», «д. 5» → «д. •»: of the figures only the last is told, and never all of them."""
    figures = [place for place, sign in enumerate(text) if sign.isdigit()]
    hidden = set(figures[:-1] or figures)
    return "".join("•" if place in hidden else sign for place, sign in enumerate(text))


# Operators find by it; most billings have none.
Account.add_index(Account.index(Account.els, where=SQL("els <> ''"), name="account_els"))
Account.add_index(
    Account.index(
        Account.supplier, Account.contract, where=SQL("kind = 'organisation'"), name="account_organisation_contract"
    )
)
