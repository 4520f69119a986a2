"""The console's list of accounts that owe readings of the window: by house, as a page and as a file."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Response, render_template

import clock
from models import ReadingProgress, Supplier, Unsent, finding
from models.unsent import Where, held
from services import finding as reading
from services import progress
from views.access import own_frozen, resident, served_suppliers
from views.admin import bp
from views.forms import typed
from views.ids import after
from views.spreadsheets import sheet
from views.turns import paused

PAGE, BATCH = 50, 500
HEADINGS = ("Поставщик", "Лицевой счёт", "Населённый пункт", "Улица", "Дом", "Квартира", "Абонент", "Кабинет")


@bp.get("/readings/unsent")
def unsent_readings() -> str:
    suppliers = served_suppliers()
    rows = Unsent.page(_where(suppliers), clock.today(), after(typed("after")), PAGE + 1)
    shown = rows[:PAGE]
    return render_template(
        "admin/unsent.html",
        rows=shown,
        held=held(row.account_id for row in shown),
        after=shown[-1].account_id if len(rows) > PAGE else "",
        is_first=not typed("after"),
        asked={name: typed(name) for name in ("supplier", "house") if typed(name)},
        suppliers=suppliers,
        counted_at=ReadingProgress.counted_last(row.id for row in suppliers),
    )


@bp.get("/readings/unsent.csv")
def unsent_file() -> Response:
    """The same with everybody in it; who took it is logged, since it tells of people."""
    where = _where(served_suppliers())
    progress.note_taken(where.supplier, resident(), clock.now())
    with paused():  # a town takes many seconds; whoever asks for a page does not wait for it
        return sheet("csv", "unsent", "Не передали показания", HEADINGS, _lines(where))


def _lines(where: Where) -> Iterator[list[str]]:
    for rows in Unsent.batches(where, clock.today(), BATCH):
        has_login = held(row.account_id for row in rows)
        for row in rows:
            account, house = row.account, row.account.house
            yield [
                account.supplier.title, str(account.number), str(house.settlement), str(house.street),
                str(house.number), str(account.flat), account.holder, "есть" if account.id in has_login else "нет",
            ]  # fmt: skip


def _where(suppliers: list[Supplier]) -> Where:
    """What the filters ask for; words of a house that nobody has find nothing."""
    supplier = next((row.id for row in suppliers if str(row.id) == typed("supplier")), None)
    house = typed("house")[: reading.LONGEST]
    return Where(own_frozen(), supplier, finding.houses(reading.place(house)) if house else None)
