"""Autopay: what a resident ordered for an account, and each of its runs, one a month or a bill."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, cast

from peewee import JOIN, SQL, DateField, ForeignKeyField, IntegerField, ModelSelect, TextField

from models.account import Account, House
from models.base import Base, KopecksField, UtcField, on_postgresql
from models.card import BankCard
from models.link import Link
from models.order import Order
from models.resident import Resident
from models.supplier import Supplier

# told → ordered → done | failed; skipped: nothing was owed any more; dropped: turned off before the day.
TOLD, ORDERED, DONE, FAILED, SKIPPED, DROPPED = "told", "ordered", "done", "failed", "skipped", "dropped"


class Autopay(Base):
    """An account has one at most, whoever holds it; it goes with its link. `day` None: at each new bill.

    `most`: the highest sum of a run, the fee included; `after`: the key of the last bill when it was turned on.
    """

    link = ForeignKeyField(Link, unique=True, on_delete="CASCADE")
    link_id: int
    account = ForeignKeyField(Account, unique=True)
    account_id: int
    card = ForeignKeyField(BankCard, on_delete="CASCADE")
    card_id: int
    day = IntegerField(null=True)
    most = KopecksField()
    since = DateField()
    after = TextField(default="")

    @classmethod
    def every(cls, after: int, limit: int) -> list[Autopay]:
        """Those with an id beyond `after`, in its order."""
        return list(cls._whole().where(cls.id > after).order_by(cls.id).limit(limit))

    @classmethod
    def of_resident(cls, resident: Resident) -> dict[int, Autopay]:
        """The resident's own by account."""
        return {row.account_id: row for row in cls._whole().where(Link.resident == resident)}

    @classmethod
    def of_account(cls, account: Account) -> Autopay | None:
        """Whoever has it, with link and card."""
        found: Autopay | None = cls._whole().where(cls.account == account).first()
        return found

    @classmethod
    def ordered(cls, link: Link, **facts: Any) -> bool:
        """Turns it on, or changes it; False where another holder of the account has one."""
        given = {"link": link, "account": link.account_id, **facts}
        if cls.insert(**given).on_conflict_ignore().as_rowcount().execute():
            return True
        return bool(cls.update(**facts).where(cls.link == link).execute())

    def stands(self) -> bool:
        """Is it still ordered as it was read? Held so until the transaction ends."""
        query = type(self).select().where(type(self).id == self.id)
        row = (query.for_update() if on_postgresql() else query).first()
        return row is not None and row.day == self.day

    @classmethod
    def off(cls, link: Link) -> bool:
        return bool(cls.delete().where(cls.link == link).execute())

    @classmethod
    def off_by_card(cls, card: BankCard) -> int:
        return int(cls.delete().where(cls.card == card).execute())

    @classmethod
    def by_card(cls, cards: Iterable[BankCard]) -> dict[int, list[Autopay]]:
        """The autopays that each card pays."""
        found: dict[int, list[Autopay]] = {}
        for row in cls._whole().where(cls.card.in_([card.id for card in cards])).order_by(cls.id):
            found.setdefault(row.card_id, []).append(row)
        return found

    @classmethod
    def _whole(cls) -> ModelSelect[Autopay]:
        return (
            cls.select(cls, Link, Resident, Account, Supplier, House, BankCard)
            .join(Link)
            .join(Resident)
            .switch(cls)
            .join(Account)
            .join(Supplier)
            .switch(Account)
            .join(House)
            .switch(cls)
            .join(BankCard)
        )


class AutopayRun(Base):
    """`occasion`: the month or the bill; an account has one run of each, however often the worker looks.

    `amount` and `fee` as the letter named them; `charge_on`: the first day on which money may be taken.
    """

    account = ForeignKeyField(Account)
    account_id: int
    occasion = TextField()
    autopay = ForeignKeyField(Autopay, null=True, on_delete="SET NULL")
    autopay_id: int | None
    resident = ForeignKeyField(Resident, on_delete="CASCADE")
    amount = KopecksField()
    fee = KopecksField(default=0)
    charge_on = DateField()
    state = TextField()
    reason = TextField(default="")
    order = ForeignKeyField(Order, null=True, unique=True)
    order_id: int
    card = ForeignKeyField(BankCard, null=True, on_delete="SET NULL")
    told_at = UtcField()
    poll_at = UtcField(null=True)
    polls = IntegerField(default=0)

    class Meta:
        indexes = ((("account", "occasion"), True),)

    @classmethod
    def begun(cls, account: Account, occasion: str, **facts: Any) -> AutopayRun | None:
        """The run of this occasion; None where there is one already."""
        fresh = cls.insert(account=account, occasion=occasion, **facts).on_conflict_ignore().as_rowcount().execute()
        return cls.get(cls.account == account, cls.occasion == occasion) if fresh else None

    @classmethod
    def known(cls, accounts: Iterable[int], occasions: Iterable[str]) -> set[tuple[int, str]]:
        """Which of them have been begun: (account, occasion)."""
        rows = cls.select(cls.account, cls.occasion).where(
            cls.account.in_(list(accounts)), cls.occasion.in_(list(occasions))
        )
        return set(cast(Iterable[tuple[int, str]], rows.tuples()))

    @classmethod
    def to_charge(cls, today: date, limit: int) -> list[AutopayRun]:
        """Runs whose day has come; a literal for the partial index."""
        due = cls.select().where(cls.state == SQL(f"'{TOLD}'"), cls.charge_on <= today)
        return list(due.order_by(cls.id).limit(limit))

    @classmethod
    def to_ask(cls, now: datetime, limit: int) -> list[AutopayRun]:
        """Runs whose order is with the bank, each with its order, checkout and card."""
        due = cls.poll_at.is_null() | (cls.poll_at <= now)
        query = cls.select(cls, Order).join(Order).where(cls.state == SQL(f"'{ORDERED}'"), due)
        return list(query.order_by(cls.id).limit(limit))

    @classmethod
    def last_of(cls, accounts: Iterable[int]) -> dict[int, AutopayRun]:
        """The newest run of each account, with its order."""
        rows = cls.select(cls, Order).join(Order, JOIN.LEFT_OUTER).where(cls.account.in_(list(accounts)))
        return {row.account_id: row for row in rows.order_by(cls.id)}

    @classmethod
    def drop(cls, account: Account) -> int:
        """What was announced for the account and is not with the bank yet will not be charged.

        Its occasion becomes free: the month may be announced anew, under a run (and a letter) of its own.
        """
        here = (cls.account == account) & (cls.state == TOLD)
        aside = cls.occasion.concat(" dropped ").concat(cls.id.cast("TEXT"))
        return int(cls.update(state=DROPPED, occasion=aside).where(here).execute())

    def moved(self, to: str, before: str, **facts: Any) -> bool:
        """Changes the state where it still is `before`; False when someone was faster."""
        here = (type(self).id == self.id) & (type(self).state == before)
        return bool(type(self).update(state=to, **facts).where(here).execute())

    def claimed(self, now: datetime, until: datetime) -> bool:
        """Takes the right to speak with the bank about its order till `until`; one of many gets it.

        A row in hand that is older than another's turn gets nothing: `polls` says how often the bank was asked.
        """
        due = type(self).poll_at.is_null() | (type(self).poll_at <= now)
        here = (type(self).id == self.id) & (type(self).state == ORDERED) & (type(self).polls == self.polls) & due
        return bool(type(self).update(poll_at=until, polls=type(self).polls + 1).where(here).execute())


AutopayRun.add_index(
    AutopayRun.index(AutopayRun.id, where=AutopayRun.state.in_((TOLD, ORDERED)), name="autopayrun_open"),
)
