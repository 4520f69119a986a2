"""Readings («показание»): acts of sending and the append-only values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple, cast

from peewee import (
    JOIN,
    SQL,
    BooleanField,
    DateField,
    Expression,
    ForeignKeyField,
    IntegerField,
    ModelSelect,
    TextField,
    fn,
)

from models.account import Account
from models.base import Base, MicroField, UtcField
from models.bill import Bill
from models.meter import Meter, Register
from models.prepared import Prepared
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
BY_PROGRAM = "program"  # of the resident's own: a modem, home automation
VALID = (ACCEPTED, EXPORTED, USED)
# As far back as checks look: a year of monthly readings, those around the same days a year ago among them.
LOOKED_AT = 15


class Declared(NamedTuple):
    """A reading as the pages show and the checks see it; `bill` is the number of the bill that used it, or ""."""

    id: int
    register: int
    value: int
    taken_on: date
    state: str
    origin: str
    source: str
    reason: str
    has_rolled: bool
    bill: str | None
    submission: int | None
    sent_at: datetime | None


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

    @classmethod
    def of_once(cls, account: Account, once: str) -> Submission | None:
        """The act that was stored under the form's key."""
        found: Submission | None = cls.select().where(cls.account == account, cls.once == once).first()
        return found

    @classmethod
    def unbilled(cls, account: Account) -> list[tuple[str, date]]:
        """What acts of sending were said to cost, with their day, oldest first, while no bill has used them."""
        rows = (
            Reading.select(cls.preliminary, Reading.taken_on)
            .join(cls)
            .where(cls.account == account, Reading.state.in_((ACCEPTED, EXPORTED)), cls.preliminary != "")
            .group_by(cls.id, cls.preliminary, Reading.taken_on)
            .order_by(cls.id)
        )
        # peewee's types know only rows of models, `tuples()` gives the selected columns
        return list(cast(Iterable[tuple[str, date]], rows.tuples()))


class Reading(Base):
    """A value of a register on a day, in millionths. Rows are added, their state moves on, values never change.

    Rows of the billing (`origin` = billing) are unique by register and day; the resident's history inside the
    window is not (decisions 2). `doubts` names the checks the resident confirmed.
    """

    register = ForeignKeyField(Register, backref="readings", index=False)
    register_id: int
    submission = ForeignKeyField(Submission, null=True, backref="readings")
    submission_id: int | None
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

    @classmethod
    def recent(cls, accounts: Iterable[int], back: int = LOOKED_AT) -> list[Declared]:
        """What was declared of late for all registers of the accounts, newest first: one query.

        The last `back` + 1 valid readings of each register and what was refused among them; replaced and withdrawn
        ones are history only.
        """
        return [Declared(*row) for row in _RECENT(accounts=list(accounts), back=back)]

    @classmethod
    def of_submission(cls, submission: Submission) -> list[Reading]:
        """What was stored by one act of sending."""
        return list(cls.select().where(cls.submission == submission).order_by(cls.id))

    @classmethod
    def is_doubted(cls) -> Expression:
        """Confirmed against a warning, and still of use: what was replaced, withdrawn or refused asks nothing of
        anybody, and what a bill has used is settled. Literals: the index `reading_doubted` is by these very words.
        """
        return (cls.doubts != SQL("''")) & cls.state.in_((SQL(f"'{ACCEPTED}'"), SQL(f"'{EXPORTED}'")))

    @classmethod
    def sent_together(cls, reading: Reading) -> list[int]:
        """The readings of the same meter that came by the same act, this one among them."""
        own = Register.select(Register.id).where(
            Register.meter == Register.select(Register.meter).where(Register.id == reading.register_id)
        )
        if reading.submission_id is None:
            return [reading.id]
        rows = cls.select(cls.id).where(cls.submission == reading.submission_id, cls.register.in_(own))
        return [row.id for row in rows.order_by(cls.id)]

    @classmethod
    def account_of(cls, reading: Reading) -> Account:
        """Whose meter it is of; with supplier and house."""
        rows = Register.select(Meter.account).join(Meter).where(Register.id == reading.register_id).tuples()
        [(account,)] = cast(Iterable[tuple[int]], rows)
        found = Account.whole(account)
        assert found is not None, "a meter hangs on an account"
        return found

    @classmethod
    def last_of(cls, register: int, most: int) -> list[Reading]:
        """What was declared for the register, newest first, whatever became of it."""
        rows = cls.select().where(cls.register == register).order_by(cls.taken_on.desc(), cls.id.desc())
        return list(rows.limit(most))

    @classmethod
    def move(cls, ids: Iterable[int], state: str, *, out_of: Sequence[str], reason: str | None = None) -> int:
        """Moves the readings that are `out_of` these states to another; how many were still there to move."""
        facts = {"state": state} if reason is None else {"state": state, "reason": reason}
        query = cls.update(**facts).where(cls.id.in_(list(ids)), cls.state.in_(out_of))
        return int(query.execute())


def _recent(accounts: Sequence[object], back: object) -> ModelSelect[Reading]:
    edge = Reading.alias()
    since = (
        edge.select(edge.taken_on)
        .where(edge.register == Register.id, edge.state.in_(VALID))
        .order_by(edge.taken_on.desc())
        .offset(back)
        .limit(1)
    )
    return (
        Reading.select(
            Reading.id, Reading.register, Reading.value, Reading.taken_on, Reading.state, Reading.origin,
            Reading.source, Reading.reason, Reading.has_rolled, Bill.number, Reading.submission, Submission.sent_at,
        )
        .join(Register)
        .join(Meter)
        .join(Bill, JOIN.LEFT_OUTER, on=(Bill.id == Reading.bill))
        .join(Submission, JOIN.LEFT_OUTER, on=(Submission.id == Reading.submission))
        .where(
            Meter.account.in_(accounts),
            Reading.state.in_((*VALID, REJECTED)),
            Reading.taken_on >= fn.COALESCE(since, date(1, 1, 1)),
        )
        .order_by(Reading.taken_on.desc(), Reading.id.desc())
        .tuples()
    )  # fmt: skip


_RECENT: Prepared[tuple[Any, ...]] = Prepared(_recent)


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
# The operator's queue: few of many.
Reading.add_index(Reading.index(Reading.id, where=Reading.is_doubted(), name="reading_doubted"))
