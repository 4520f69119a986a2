"""The console's desk of appeals: who waits longest, found by state, topic, age, assignee and words."""

from __future__ import annotations

from datetime import timedelta

from flask import render_template

import clock
from models import Supplier, Topic
from models import appeal_desk as desk
from models.appeal import ANSWERED, CLOSED, NEW, WORKING
from models.appeal_desk import NOBODY, Place, Wanted
from services import appeals, finding, topics
from views.access import own_frozen, own_suppliers, resident, served_suppliers
from views.admin import bp
from views.admin.appeals import named, waited
from views.appeals import state_of
from views.forms import typed, word
from views.ids import after

SHOWN = 50
ASKED = ("q", "state", "who", "age", "topic", "supplier")
EVERY = (*appeals.OPEN, CLOSED)
FILTERS = [(NEW, "Новые"), (WORKING, "В работе"), (ANSWERED, "С ответом"), (CLOSED, "Закрытые"), ("all", "Все")]
STATES = {"": appeals.OPEN, "all": EVERY, **{state: (state,) for state in EVERY}}
AGES = {"1": "больше дня", "3": "больше трёх дней", "10": "больше десяти дней"}
MINE, FREE = "me", "nobody"


@bp.get("/appeals")
def appeal_desk() -> str:
    place, served = Place.read(typed("after")), served_suppliers()
    rows = desk.page(_wanted(served), place, SHOWN + 1)
    return render_template(
        "admin/appeals.html",
        appeals=rows[:SHOWN],
        after=str(desk.place_of(rows[SHOWN - 1])) if len(rows) > SHOWN else "",
        is_first=place is None,
        asked={name: typed(name) for name in ASKED if typed(name)},
        text=typed("q"),
        choices=_choices(served),
        state_of=state_of,
        waited=waited,
    )


def _choices(suppliers: list[Supplier]) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """The selects of the filters: name, label, what may be chosen; one without a choice is not there."""
    others = [(str(row.id), named(row)) for row in desk.operators(own_suppliers()) if row.id != resident().id]
    served = [(str(row.id), row.title) for row in suppliers]
    known = [(str(row.id), str(row.name)) for row in topics.top(Topic.every())]
    return [
        ("state", "Состояние", [("", "Все" if typed("q") else "Открытые"), *FILTERS]),
        ("who", "Чьи", [("", "Все"), (MINE, "Мои"), (FREE, "Ничьи"), *others]),
        ("age", "Ждут", [("", "Сколько угодно"), *AGES.items()]),
        *([("topic", str(word("appeals.topic")), [("", "Любая"), *known])] if known else []),
        *([("supplier", str(word("accounts.supplier")), [("", "Все"), *served])] if len(served) > 1 else []),
    ]


def _wanted(served: list[Supplier]) -> Wanted:
    """What the filters ask for; a value that is none of theirs narrows nothing."""
    text, days, who = typed("q")[: finding.LONGEST], typed("age"), typed("who")
    suppliers = [row.id for row in served]
    # Words are looked for everywhere, unless a state was chosen.
    state = typed("state") if typed("state") in STATES else ""
    return Wanted(
        suppliers=own_frozen(),
        states=STATES[state or ("all" if text else "")],
        supplier=next((one for one in suppliers if str(one) == typed("supplier")), None),
        topic=after(typed("topic")),
        waits_before=clock.now() - timedelta(days=int(days)) if days in AGES else None,
        taken_by={MINE: resident().id, FREE: NOBODY}.get(who, after(who)),
        text=text,
        facts=finding.read(text) if text else None,
    )
