"""Which accounts a resident holds, and his own headings over them."""

from __future__ import annotations

from peewee import (
    JOIN,
    SQL,
    BooleanField,
    ForeignKeyField,
    IntegrityError,
    ModelSelect,
    Node,
    TextField,
)

from models.account import Account, House
from models.base import Base, UtcField, db
from models.prepared import Prepared
from models.resident import Resident
from models.supplier import Supplier


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
    def logins(cls, number: str) -> list[tuple[int, Resident | None]]:
        """Every account of this number, of whichever supplier: (the supplier's id, who signs in by it or None)."""
        is_login = (cls.account == Account.id) & cls.is_login
        rows = (
            Account.select(Account, cls, Resident)
            .join(cls, JOIN.LEFT_OUTER, on=is_login, attr="login")
            .join(Resident, JOIN.LEFT_OUTER)
            .where(Account.supplier.in_(Supplier.select(Supplier.id)), Account.number == number)  # so the index fits
            .order_by(Account.id)
        )
        found = ((account.supplier_id, getattr(account, "login", None)) for account in rows)
        return [(supplier, login.resident if login else None) for supplier, login in found]

    @classmethod
    def login_of(cls, account: Account) -> Link | None:
        """Who registered the account, if anybody did; the resident with it."""
        found: Link | None = (
            cls.select(cls, Resident).join(Resident).where(cls.account == account, cls.is_login).first()
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
        return bool(cls.select().where(cls.resident == resident, cls.is_login).exists())

    @classmethod
    def login_numbers(cls, resident: Resident) -> list[str]:
        """The numbers of the accounts that the resident signs in by."""
        rows = cls.select(cls, Account).join(Account).where(cls.resident == resident, cls.is_login)
        return [str(link.account.number) for link in rows.order_by(cls.id)]

    @classmethod
    def has_email_bills(cls, resident: Resident) -> bool:
        """Does a bill of the resident come by e-mail?"""
        return bool(cls.select().where(cls.resident == resident, cls.bills_by_email == True).exists())  # noqa: E712

    @classmethod
    def of_others(cls, account: Account, resident: Resident | None) -> list[Link]:
        """The links to the account beside the resident's own, each with who holds it, oldest first."""
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
