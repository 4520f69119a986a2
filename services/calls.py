"""«Заказать звонок»: a resident asks a supplier to ring him up, an operator notes how it went (product R10.2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from models import Call, Notice, Resident, Supplier, transaction
from models.call import DONE, MISSED, WAITING
from services import audit, contacts, limits, settings, topics
from services.limits import Limit, Visitor
from services.refusal import Refused

LONGEST = 500
KEPT = timedelta(days=90)  # a phone, after the call
BY_RESIDENT = Limit("call", 5, timedelta(days=1))

CONVENIENT = {
    "soon": "Как можно скорее",
    "morning": "С 9 до 12",
    "day": "С 12 до 15",
    "evening": "С 15 до 18",
}
WORDS = {WAITING: "ждёт звонка", DONE: "позвонили", MISSED: "не дозвонились"}

NOT_OFFERED = "Этот поставщик не перезванивает. Его телефон — в разделе «Контакты»."
NO_TIME = "Выберите удобное время."
ALREADY = "Уже отмечено: {}."


@dataclass(frozen=True)
class Wish:
    """What the resident asked for."""

    supplier: int
    phone: str
    convenient: str
    topic: int | None = None
    comment: str = ""


def offering(suppliers: Sequence[Supplier], day: date) -> list[Supplier]:
    """Those of the suppliers that ring back."""
    book = settings.in_force(day)
    return [supplier for supplier in suppliers if book.of(supplier.id).offers_calls]


def asked_before(resident: Resident, once: str) -> Call | None:
    """The call that this very form asked for."""
    return Call.by_once(_key(resident, once))


def ask(resident: Resident, wish: Wish, visitor: Visitor, now: datetime, today: date, once: str) -> Call:
    """A form that was sent twice asks for one call, and so does the same wish while it waits."""
    if not settings.in_force(today).of(wish.supplier).offers_calls:
        raise Refused(NOT_OFFERED, field="supplier")
    if wish.convenient not in CONVENIENT:
        raise Refused(NO_TIME, field="convenient")
    topics.check_top(wish.topic)
    made = _asked(resident, wish, contacts.phone_of(wish.phone), visitor, now, once) or asked_before(resident, once)
    assert made is not None, "the form was sent before and left nothing"
    return made


@transaction
def _asked(resident: Resident, wish: Wish, phone: str, visitor: Visitor, now: datetime, once: str) -> Call | None:
    wanted = {
        "supplier": wish.supplier, "topic": wish.topic, "phone": phone, "convenient": wish.convenient,
        "comment": wish.comment,
    }  # fmt: skip
    same = Call.same(resident, **wanted)
    if same is not None:
        return same
    made = Call.enter(
        resident=resident,
        **wanted,
        once=_key(resident, once),
        created_at=now,
    )
    if made is not None:
        limits.spend([(BY_RESIDENT, visitor.subject(BY_RESIDENT.kind, str(resident.id)))], now)
    return made


@transaction
def decide(call: Call, state: str, by: Resident, now: datetime) -> None:
    """«Позвонили» or «Не дозвонились»: of the latter the resident is told."""
    if not Call.decide(call, state, by, now):
        raise Refused(ALREADY.format(WORDS[str(Call.get_by_id(call.id).state)]))
    audit.note(f"call-{state}", "call", call.id, by, now, {"state": call.state}, {"state": state})
    if state == MISSED and call.resident is not None and call.resident.is_active:
        Notice.tell(
            [call.resident],
            "Мы звонили, но не дозвонились",
            f"Звонили на номер {contacts.shown_phone(str(call.phone))}. Закажите звонок ещё раз или позвоните сами.",
            now,
            supplier=call.supplier_id,
            link_url="/callbacks-wanted",
            link_label="Заказать звонок",
        )


@transaction
def sweep(now: datetime) -> int:
    """Removes phones of those who were rung up long ago."""
    return Call.forget(now - KEPT)


def _key(resident: Resident, once: str) -> str:
    return f"{resident.id}:{once}"
