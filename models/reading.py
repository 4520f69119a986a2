"""Readings («показание»): acts of sending and the append-only values."""

from __future__ import annotations

from peewee import BooleanField, DateField, ForeignKeyField, IntegerField, TextField

from models.account import Account
from models.base import Base, MicroField, UtcField
from models.bill import Bill
from models.meter import Register
from models.resident import Resident
from models.run import ExportBatch

# The life of a reading (product R5.5), and who gave it.
ACCEPTED, EXPORTED, USED, REJECTED, REPLACED, WITHDRAWN = (
    "accepted",
    "exported",
    "used",
    "rejected",
    "replaced",
    "withdrawn",
)
BY_RESIDENT, BY_LINK, BY_OPERATOR, BY_BILLING = "resident", "link", "operator", "billing"


class Submission(Base):
    """One act of sending: all scales of the meters together, once (`once` = the form's idempotency key)."""

    account = ForeignKeyField(Account, backref="submissions")
    once = TextField()
    resident = ForeignKeyField(Resident, null=True, on_delete="SET NULL")
    origin = TextField(default=BY_RESIDENT)
    sent_at = UtcField()
    preliminary = TextField(default="")  # JSON: the sum by scale that was shown, kept as it was shown

    class Meta:
        indexes = ((("account", "once"), True),)


class Reading(Base):
    """A value of a register on a day, in millionths. Rows are added, their state moves on, values never change.

    Rows of the billing (`origin` = billing) are unique by register and day; the resident's history inside the
    window is not (decisions 2). `doubts` names the checks the resident confirmed.
    """

    register = ForeignKeyField(Register, backref="readings", index=False)
    submission = ForeignKeyField(Submission, null=True, backref="readings")
    value = MicroField()
    taken_on = DateField()
    origin = TextField()
    source = TextField(default="")
    state = TextField(default=ACCEPTED)
    reason = TextField(default="")
    bill = ForeignKeyField(Bill, null=True, on_delete="SET NULL")
    has_rolled = BooleanField(default=False)
    doubts = TextField(default="")
    before = MicroField(null=True)
    batch = ForeignKeyField(ExportBatch, null=True)
    run_id = IntegerField(null=True)

    class Meta:
        indexes = ((("register", "taken_on"), False),)


Reading.add_index(
    Reading.index(
        Reading.register,
        Reading.taken_on,
        unique=True,
        where=Reading.origin == BY_BILLING,
        name="reading_of_billing",
    )
)
# What waits for the next export, found without walking ten years of history.
Reading.add_index(
    Reading.index(
        Reading.state,
        where=(Reading.state == ACCEPTED) & (Reading.origin != BY_BILLING),
        name="reading_to_export",
    )
)
