"""Houses, accounts («лицевой счёт»), the residents' links to them and their groups."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import cast

from peewee import (
    JOIN,
    SQL,
    BooleanField,
    DateField,
    ForeignKeyField,
    IntegerField,
    IntegrityError,
    ModelSelect,
    Node,
    TextField,
)

from models.base import Base, UtcField, db, on_postgresql
from models.prepared import Prepared
from models.resident import Resident
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
    def by_number(cls, supplier: int, number: str) -> Account | None:
        """The account of a supplier by its number, closed ones too; with supplier and house."""
        found: Account | None = (
            cls.select(cls, Supplier, House)
            .join(Supplier)
            .switch(cls)
            .join(House)
            .where(cls.supplier == supplier, cls.number == number)
            .first()
        )
        return found

    @classmethod
    def open_by_number(cls, number: str, today: date) -> list[Account]:
        """The accounts of the number that are not closed, of whichever supplier; with supplier."""
        is_open = cls.closed_on.is_null() | (cls.closed_on > today)
        return list(cls.select(cls, Supplier).join(Supplier).where(cls.number == number, is_open).order_by(cls.id))

    @classmethod
    def whole(cls, account_id: int) -> Account | None:
        """An account with its supplier and house."""
        found: Account | None = (
            cls.select(cls, Supplier, House)
            .join(Supplier)
            .switch(cls)
            .join(House)
            .where(cls.id == account_id)
            .first()
        )
        return found

    @classmethod
    def of_organisation(cls, supplier: int, number: str) -> list[Account]:
        """The supplier's accounts of organisations by the number of the account or of its contract, oldest first."""
        named = (cls.number == number) | (cls.contract == number)
        is_organisation = cls.kind == SQL("'organisation'")  # no value: only so the engines see that the index fits
        rows = (
            cls.select(cls, Supplier, House)
            .join(Supplier)
            .switch(cls)
            .join(House)
            .where(cls.supplier == supplier, is_organisation, named)
            .order_by(cls.id)
        )
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
    def holder(self) -> str:
        """ФИО or the organisation's name, as the billing gave it."""
        if self.kind == "organisation":
            return str(self.title)
        return " ".join(part for part in (self.surname, self.name, self.patronymic) if part)


Account.add_index(
    Account.index(
        Account.supplier, Account.contract, where=SQL("kind = 'organisation'"), name="account_organisation_contract"
    )
)


class Group(Base):
    """A resident's own heading over some of his accounts («Дача»)."""

    resident = ForeignKeyField(Resident, backref="groups", on_delete="CASCADE")
    name = TextField()

    class Meta:
        table_name = "account_group"  # GROUP is a word of SQL
        indexes = ((("resident", "name"), True),)

    @classmethod
    def of(cls, resident: Resident) -> ModelSelect[Group]:
        """The resident's groups in the order they were made."""
        return cls.select().where(cls.resident == resident).order_by(cls.id)


class Link(Base):
    """A resident holds an account; alias, group and way of bills are his own (decisions 1)."""

    resident = ForeignKeyField(Resident, backref="links", on_delete="CASCADE")
    resident_id: int
    account_id: int
    group_id: int | None
    account = ForeignKeyField(Account, backref="links")
    label = TextField(default="", column_name="alias")  # «Псевдоним»; Model.alias is peewee's own
    group = ForeignKeyField(Group, null=True, backref="links", on_delete="SET NULL")
    bills_by_email = BooleanField(default=False)
    fact = TextField(default="")  # by which fact it was linked (services/proof.py), or operator
    linked_at = UtcField()
    is_login = BooleanField(default=False)  # the resident signs in by the account's number: one an account

    class Meta:
        indexes = ((("resident", "account"), True),)

    @classmethod
    def held_by(cls, resident: Resident) -> list[Link]:
        """The resident's links in the order of linking, each with account, supplier, house and group: one query."""
        return _HELD(resident=resident.id)

    @classmethod
    def held(cls, resident: Resident, account_id: int) -> Link | None:
        """The resident's link to the account, with the same beside it; None where he does not hold it.

        In the same query, as `others`, how many more hold the account.
        """
        return _HELD_ONE.first(resident=resident.id, account=account_id)

    @classmethod
    def logins(cls, number: str) -> list[Link]:
        """Who signs in by an account of this number, each with account, supplier and resident; two suppliers may
        have equal numbers."""
        rows = (
            cls.select(cls, Account, Supplier, Resident)
            .join(Account)
            .join(Supplier)
            .switch(cls)
            .join(Resident)
            .where(Account.number == number, cls.is_login == True)  # noqa: E712
            .order_by(cls.id)
        )
        return list(rows)

    @classmethod
    def login_of(cls, account: Account) -> Link | None:
        """Who registered the account, if anybody did; the resident with it."""
        found: Link | None = (
            cls.select(cls, Resident)
            .join(Resident)
            .where(cls.account == account, cls.is_login == True)  # noqa: E712
            .first()
        )
        return found

    @classmethod
    def make_login(cls, link: Link) -> bool:
        """The account's number is the resident's login from now on; False where it is another's."""
        try:
            with db.atomic():
                return bool(cls.update(is_login=True).where(cls.id == link.id).execute())
        except IntegrityError:
            return False

    @classmethod
    def is_login_of(cls, resident: Resident) -> bool:
        """Does the resident sign in by the number of one of his accounts?"""
        return bool(cls.select().where(cls.resident == resident, cls.is_login == True).exists())  # noqa: E712

    @classmethod
    def login_numbers(cls, resident: Resident) -> list[str]:
        """The numbers of the accounts that the resident signs in by."""
        rows = cls.select(cls, Account).join(Account).where(cls.resident == resident, cls.is_login == True)  # noqa: E712
        return [str(link.account.number) for link in rows.order_by(cls.id)]

    @classmethod
    def has_email_bills(cls, resident: Resident) -> bool:
        """Does a bill of the resident come by e-mail?"""
        return bool(cls.select().where(cls.resident == resident, cls.bills_by_email == True).exists())  # noqa: E712

    @classmethod
    def other_holders(cls, account: Account, resident: Resident) -> list[Resident]:
        """Who holds the account beside the resident."""
        rows = Resident.select().join(cls).where(cls.account == account, cls.resident != resident)
        return list(rows.order_by(Resident.id))

    @classmethod
    def of_others(cls, account: Account, resident: Resident | None) -> list[Link]:
        """The links to the account beside the resident's own, each with who holds it."""
        rows = cls.select(cls, Resident).join(Resident).where(cls.account == account)
        return list((rows.where(cls.resident != resident) if resident else rows).order_by(cls.id))

    @classmethod
    def count_others(cls, account: Account, resident: Resident) -> int:
        """How many hold the account beside the resident."""
        return int(cls.select().where(cls.account == account, cls.resident != resident).count())

    @classmethod
    def to_paper(cls, resident: Resident) -> int:
        """No bill of the resident comes by e-mail any more; how many did."""
        return int(
            cls.update(bills_by_email=False)
            .where(cls.resident == resident, cls.bills_by_email == True)  # noqa: E712
            .execute()
        )

    @classmethod
    def of_resident(cls, resident: Resident, account: Account) -> Link | None:
        found: Link | None = cls.select().where(cls.resident == resident, cls.account == account).first()
        return found

    @classmethod
    def suppliers_of(cls, resident: Resident) -> ModelSelect[Supplier]:
        """The suppliers of the accounts that the resident holds."""
        held = Account.select(Account.supplier).join(cls).where(cls.resident == resident)
        return Supplier.select().where(Supplier.id.in_(held)).order_by(Supplier.name)


Link.add_index(Link.index(Link.account, unique=True, where=SQL("is_login"), name="link_login"))


# How many hold the account of the row beside its resident ("t1" is Link).
OTHERS = SQL(
    '(SELECT COUNT(*) FROM link AS other WHERE other.account_id = "t1"."account_id"'
    ' AND other.resident_id <> "t1"."resident_id")'
)


def _held(resident: object, *more: Node) -> ModelSelect[Link]:
    return (
        Link.select(Link, Account, Supplier, House, Group, *more)
        .join(Account)
        .join(Supplier)
        .switch(Account)
        .join(House)
        .switch(Link)
        .join(Group, JOIN.LEFT_OUTER)
        .where(Link.resident == resident)
        .order_by(Link.linked_at, Link.id)
    )


_HELD: Prepared[Link] = Prepared(_held)
_HELD_ONE: Prepared[Link] = Prepared(
    lambda resident, account: _held(resident, OTHERS.alias("others")).where(Link.account == account)
)


class Invitation(Base):
    """A resident of an older portal, moved in by the billing's `residents` table: waits for a one-time link."""

    account = ForeignKeyField(Account, unique=True, backref="invitations", on_delete="CASCADE")
    email = TextField(default="")
    phone = TextField(default="")
    surname = TextField(default="")
    name = TextField(default="")
    patronymic = TextField(default="")
    invited_at = UtcField(null=True)
    accepted_at = UtcField(null=True)
    run_id = IntegerField(null=True)

    @classmethod
    def uninvited(cls) -> list[tuple[int, str]]:
        """(id, e-mail) of those who were sent no letter yet and can be sent one."""
        rows = cls.select(cls.id, cls.email).where(
            cls.invited_at.is_null(), cls.accepted_at.is_null(), cls.email != ""
        )
        return [(number, email) for number, email in cast(Iterable[tuple[int, str]], rows.order_by(cls.id).tuples())]

    @classmethod
    def claim(cls, ids: Iterable[int], now: datetime) -> list[Invitation]:
        """Notes that these are invited now and returns them; not those whom another worker has invited meanwhile."""
        rows = cls.select().where(cls.id.in_(list(ids)), cls.invited_at.is_null()).order_by(cls.id)
        found = list(rows.for_update() if on_postgresql() else rows)
        cls.update(invited_at=now).where(cls.id.in_([row.id for row in found])).execute()
        return found

    @classmethod
    def open(cls, ids: Iterable[int]) -> list[Invitation]:
        """Those of them that nobody has accepted, each with account and supplier."""
        rows = cls.select(cls, Account, Supplier).join(Account).join(Supplier)
        return list(rows.where(cls.id.in_(list(ids)), cls.accepted_at.is_null()).order_by(cls.id))

    @classmethod
    def accept(cls, ids: Iterable[int], now: datetime) -> None:
        cls.update(accepted_at=now).where(cls.id.in_(list(ids))).execute()
