"""Queries of the hot pages: the SQL text is made once, only the values change.

peewee renders the text of a query anew each time, which took over a third of a page (docs/decisions/0007).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Generic, TypeVar

from peewee import SQL, Select

from models.base import UtcField, db, on_postgresql
from models.hydrator import hydrator

Found = TypeVar("Found")


@dataclass(frozen=True)
class Slot:
    """The place of a value in a rendered query; `index` within a list, -1 for a value by itself."""

    name: str
    index: int = -1

    def of(self, values: dict[str, Any]) -> Any:
        value = values[self.name]
        return value if self.index < 0 else value[self.index]


@dataclass(frozen=True)
class Rendered:
    """A query as text, the slots of its parameters, and how a row of it becomes what the caller gets."""

    sql: str
    slots: tuple[Any, ...]
    query: Select


class Prepared(Generic[Found]):
    """`build` makes the query from placeholders under the names the caller uses; lists become tuples of them.

    A list makes one text for each of its lengths; moments and days go out as the text in which they are stored.
    """

    def __init__(self, build: Callable[..., Select]) -> None:
        self._build = build
        self._rendered: dict[tuple[object, ...], Rendered] = {}
        self._rows: dict[tuple[object, ...], Callable[[Sequence[Any]], Any]] = {}

    def __call__(self, **values: Any) -> list[Found]:
        key = (
            on_postgresql(),
            *(len(value) if isinstance(value, (list, tuple)) else -1 for value in values.values()),
        )
        rendered = self._rendered.get(key) or self._render(key, values)
        plain = {name: _plain(value) for name, value in values.items()}
        params = [slot.of(plain) if isinstance(slot, Slot) else slot for slot in rendered.slots]
        cursor = db.execute_sql(rendered.sql, params)
        rows = cursor.fetchall()
        if not rows:
            return []
        row_of = self._rows.get(key)
        if row_of is None:
            row_of = self._rows[key] = hydrator(rendered.query, cursor)
        return [row_of(row) for row in rows]

    def first(self, **values: Any) -> Found | None:
        found = self(**values)
        return found[0] if found else None

    def _render(self, key: tuple[object, ...], values: dict[str, Any]) -> Rendered:
        query = self._build(**{name: _placeholder(name, value) for name, value in values.items()})
        sql, params = query.sql()
        rendered = Rendered(sql, tuple(params), query)
        self._rendered[key] = rendered
        return rendered


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return UtcField.text(value)
    return value.isoformat() if isinstance(value, date) else value


def _placeholder(name: str, value: object) -> SQL | tuple[SQL, ...]:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return tuple(SQL(db.param, [Slot(name, index)]) for index in range(len(value)))
    return SQL(db.param, [Slot(name)])
