"""What gateways told of orders, and what became of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from peewee import JOIN, SQL, Expression, ForeignKeyField, ModelSelect, TextField

from models.base import Base, KopecksField, UtcField, lock
from models.order import Order
from models.supplier import Supplier

# What became of an event; stored beside it. The puzzling ones decide nothing, an operator looks at them.
APPLIED, LATE, NOTED = "applied", "too late", "noted"
PUZZLING = WRONG_AMOUNT, UNKNOWN, UNCLEAR = "wrong amount", "unknown order", "unclear"


class GatewayEvent(Base):
    """What a gateway told us, once per `key`: a callback may come twice, late or out of order."""

    gateway = TextField()
    key = TextField()
    order = ForeignKeyField(Order, null=True, backref="events")
    outcome = TextField()
    amount = KopecksField()
    provider_id = TextField(default="")
    at = UtcField()
    verdict = TextField(default="")  # what became of it: applied, repeated, wrong amount, unknown order…
    seen_at = UtcField(null=True)
    seen_by = TextField(default="")

    class Meta:
        indexes = ((("gateway", "key"), True),)

    @classmethod
    def to_look_at(cls, suppliers: Iterable[int] | None, limit: int) -> list[GatewayEvent]:
        """What no rule could decide and no operator has looked at, newest first, each with its order and supplier.

        Unknown orders are nobody's: they are for those who work for all suppliers (None).
        """
        query = cls._served(suppliers).where(*cls.is_open())
        return list(query.order_by(cls.id.desc()).limit(limit))

    @classmethod
    def is_open(cls) -> tuple[Expression, ...]:
        """No rule could decide it, and no operator has looked at it; literals for the partial index."""
        return (cls.verdict.in_([SQL(f"'{verdict}'") for verdict in PUZZLING]), cls.seen_at.is_null())

    @classmethod
    def of_operator(cls, event_id: int, suppliers: Iterable[int] | None) -> GatewayEvent | None:
        found: GatewayEvent | None = cls._served(suppliers).where(cls.id == event_id).first()
        return found

    @classmethod
    def of_order(cls, order: Order) -> ModelSelect[GatewayEvent]:
        return cls.select().where(cls.order == order).order_by(cls.id)

    @classmethod
    def _served(cls, suppliers: Iterable[int] | None) -> ModelSelect[GatewayEvent]:
        query = cls.select(cls, Order, Supplier).join(Order, JOIN.LEFT_OUTER).join(Supplier, JOIN.LEFT_OUTER)
        return query if suppliers is None else query.where(Order.supplier.in_(list(suppliers)))

    def seen(self, who: str, now: datetime) -> bool:
        """Somebody has looked at it; False where another was first: he stays."""
        here = (type(self).id == self.id) & type(self).seen_at.is_null()
        return bool(type(self).update(seen_at=now, seen_by=who).where(here).execute())

    @classmethod
    def noted(cls, gateway: str, key: str, **facts: Any) -> bool:
        """Writes down what was told; False where the same was told before."""
        fresh = cls.insert(gateway=gateway, key=key, **facts).on_conflict_ignore().as_rowcount().execute()
        return bool(fresh)

    @classmethod
    def verdict_of(cls, gateway: str, key: str) -> str:
        """What became of an event that was noted before; who asks holds it, so that it is judged by one at a time."""
        return str(lock(cls.get(cls.gateway == gateway, cls.key == key)).verdict)

    @classmethod
    def told_of(cls, order: Order) -> list[GatewayEvent]:
        """What was told of an order, in the order in which it was heard."""
        return list(cls.select().where(cls.order == order).order_by(cls.id))

    @classmethod
    def judged(cls, gateway: str, key: str, verdict: str, **facts: Any) -> None:
        """Writes beside an event what became of it, and its facts as they were told last."""
        cls.update(verdict=verdict, **facts).where(cls.gateway == gateway, cls.key == key).execute()


GatewayEvent.add_index(
    GatewayEvent.index(
        GatewayEvent.id,
        where=GatewayEvent.verdict.in_(PUZZLING) & GatewayEvent.seen_at.is_null(),
        name="gatewayevent_open",
    ),
)
