"""What an import has changed, to be undone: old values of changed and removed rows, and where new ones are.

The run keeps this in the transactions in which it publishes. New rows need no old values: they bear its id and
stand between two ids. docs/decisions/0020-undo.md says why.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from peewee import ForeignKeyField, IntegerField, TextField

from models.account import Account, House
from models.base import Base
from models.bill import Balance, Bill, Charge, Payment
from models.invitation import Invitation
from models.meter import Meter, Register
from models.order import Order
from models.reading import Reading
from models.run import ImportRun
from models.supplier import Service, Supplier, Tariff


class ImportChange(Base):
    """A row that a run has changed or removed; `part` is a key of `PARTS`, `was` a JSON list of the part's columns.

    `became` is the same list after the change where people write these columns too, else "".
    """

    run = ForeignKeyField(ImportRun, on_delete="CASCADE", index=False)
    part = TextField()
    row = IntegerField()
    was = TextField()
    became = TextField(default="")

    class Meta:
        indexes = ((("run", "part", "row"), True),)


class ImportAdded(Base):
    """The rows that a run has added to a table: the first and the last id, and how many of those between are its."""

    run = ForeignKeyField(ImportRun, on_delete="CASCADE", index=False)
    table = TextField()
    first = IntegerField()
    last = IntegerField()
    rows = IntegerField()

    class Meta:
        indexes = ((("run", "table"), True),)


@dataclass(frozen=True)
class Part:
    """Columns of a table that an import writes together; `is_shared`: people write them too."""

    table: type[Base]
    columns: tuple[str, ...]
    is_removed: bool = False
    is_shared: bool = False

    @property
    def name(self) -> str:
        """The table as SQL names it."""
        return str(self.table._meta.table_name)


def _changed(table: type[Base], own: Iterable[str] = (), *, is_shared: bool = False) -> Part:
    """All columns of the table but the key, or those named."""
    columns = [name for name in table._meta.columns if name != "id"]
    return Part(table, tuple(own or columns), is_shared=is_shared)


def _removed(table: type[Base]) -> Part:
    return Part(table, tuple(table._meta.columns), is_removed=True)


# The billing's facts of a reading and of an invitation; the portal's own facts of the same row are left alone.
_READING = ("value", "source", "state", "reason", "bill_id", "run_id")
_INVITATION = ("email", "phone", "surname", "name", "patronymic", "run_id")
PARTS = {
    "supplier": _changed(Supplier, is_shared=True),
    "service": _changed(Service),
    "tariff": _changed(Tariff),
    "account": _changed(Account, [name for name in Account._meta.columns if name not in ("id", "activation_hash")]),
    "account.activation_hash": _changed(Account, ["activation_hash"], is_shared=True),
    "meter": _changed(Meter),
    "register": _changed(Register),
    "bill": _changed(Bill),
    "charge": _changed(Charge),
    "payment": _changed(Payment),
    "balance": _changed(Balance),
    "reading": _changed(Reading, _READING, is_shared=True),
    "invitation": _changed(Invitation, _INVITATION),
    "invitation.invited_at": _changed(Invitation, ["invited_at"]),
    "payment_order.bill_id": _changed(Order, ["bill_id"]),
    "-meter": _removed(Meter),
    "-register": _removed(Register),
    "-bill": _removed(Bill),
    "-charge": _removed(Charge),
    "-payment": _removed(Payment),
    "-reading": _removed(Reading),
}
# The tables that imports fill, those that hang on others last.
FILLED: tuple[type[Base], ...] = (
    House, Supplier, Service, Tariff, Account, Invitation, Meter, Register, Bill, Balance, Payment, Charge, Reading,
)  # fmt: skip
