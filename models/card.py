"""Cards that banks keep for residents: a bank's name of a card and a mask, never its number; and orders' choice."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from peewee import JOIN, BooleanField, ForeignKeyField, ModelSelect, TextField

from models.base import Base, UtcField
from models.order import Order
from models.resident import Resident


class BankCard(Base):
    """`name`: under which the bank keeps it; `removed_at` by the resident, `forgotten_at` when the bank was told."""

    resident = ForeignKeyField(Resident, backref="cards", on_delete="CASCADE")
    resident_id: int
    gateway = TextField()
    name = TextField()
    masked = TextField()
    kept_at = UtcField()
    removed_at = UtcField(null=True)
    forgotten_at = UtcField(null=True)

    class Meta:
        indexes = ((("resident", "gateway", "name"), True),)

    @classmethod
    def of(cls, resident: Resident, gateways: Collection[str]) -> ModelSelect[BankCard]:
        """The resident's cards at these gateways, the one kept last first."""
        mine = cls.select().where(cls.resident == resident, cls.removed_at.is_null(), cls.gateway.in_(list(gateways)))
        return mine.order_by(cls.kept_at.desc(), cls.id.desc())

    @classmethod
    def of_whom(cls, resident: Resident) -> list[BankCard]:
        """All that is known of the resident's cards, removed ones too."""
        return list(cls.select().where(cls.resident == resident).order_by(cls.id))

    @classmethod
    def keep(cls, resident: Resident, gateway: str, name: str, **facts: Any) -> None:
        """The bank keeps the card; nothing happens where that is known."""
        cls.insert(resident=resident, gateway=gateway, name=name, **facts).on_conflict_ignore().execute()

    @classmethod
    def revive(cls, resident: Resident, gateway: str, name: str, now: datetime, since: datetime) -> None:
        """A card that was removed before `since` is kept anew."""
        here = (cls.resident == resident) & (cls.gateway == gateway) & (cls.name == name)
        cls.update(removed_at=None, forgotten_at=None, kept_at=now).where(here, cls.removed_at <= since).execute()

    @classmethod
    def remove(cls, resident: Resident, now: datetime, card: int | None = None) -> int:
        """The resident's card, or all of them, are his no more; how many."""
        mine = (cls.resident == resident) & cls.removed_at.is_null()
        return int(cls.update(removed_at=now).where(mine & (cls.id == card) if card else mine).execute())

    @classmethod
    def to_forget(cls, gateways: Collection[str], limit: int) -> list[BankCard]:
        """Removed cards of which these banks do not know that they are."""
        due = (cls.removed_at.is_null(False), cls.forgotten_at.is_null(), cls.gateway.in_(list(gateways)))
        return list(cls.select().where(*due).order_by(cls.removed_at, cls.id).limit(limit))

    @classmethod
    def forgotten(cls, card: BankCard, now: datetime) -> bool:
        """The bank was told; False where the card has been kept anew meanwhile."""
        here = (cls.id == card.id) & (cls.removed_at == card.removed_at)
        return bool(cls.update(forgotten_at=now).where(here).execute())


BankCard.add_index(
    BankCard.index(
        BankCard.removed_at,
        where=BankCard.removed_at.is_null(False) & BankCard.forgotten_at.is_null(),
        name="bankcard_to_forget",
    )
)


class OrderCard(Base):
    """By which card an order is to be paid, and whether the card typed at the bank is to be kept."""

    order = ForeignKeyField(Order, unique=True, on_delete="CASCADE")
    order_id: int
    card = ForeignKeyField(BankCard, null=True, on_delete="SET NULL")
    card_id: int | None
    keep = BooleanField(default=False)

    @classmethod
    def choose(cls, order: Order, card: BankCard | None, keep: bool) -> None:
        facts = {"card": card, "keep": keep}
        fresh = cls.insert(order=order, **facts).on_conflict_ignore().as_rowcount().execute()
        if not fresh:
            cls.update(**facts).where(cls.order == order).execute()

    @classmethod
    def of_orders(cls, orders: Iterable[Order]) -> dict[int, OrderCard]:
        """The choices by order, each with its card."""
        ids = [order.id for order in orders]
        rows = cls.select(cls, BankCard).join(BankCard, JOIN.LEFT_OUTER).where(cls.order.in_(ids))
        return {row.order_id: row for row in rows}
