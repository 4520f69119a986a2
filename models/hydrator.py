"""Rows of a rendered query as models: what column belongs to which model is worked out once, not at every result."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from peewee import AutoField, BigIntegerField, IntegerField, ModelCursorWrapper, Select, TextField

# Fields that both drivers already return as the value itself.
PLAIN = (AutoField, BigIntegerField, IntegerField, TextField)


@dataclass(frozen=True)
class Part:
    """One model of a joined row: its columns as (place in the row, field, converter or None) and other values."""

    key: Any
    model: Any
    fields: tuple[tuple[int, str, Callable[[Any], Any] | None], ...]
    others: tuple[tuple[int, str, Callable[[Any], Any] | None], ...]


def hydrator(query: Select, cursor: Any) -> Callable[[Sequence[Any]], Any]:
    """What makes of a database row what the query's own iteration would give."""
    wrapper: Any = query._get_cursor_wrapper(cursor)  # type: ignore[attr-defined]
    wrapper.initialize()
    if not _joins_models(wrapper):
        process: Callable[[Sequence[Any]], Any] = wrapper.process_row
        return process
    parts = tuple(_part(wrapper, key, model) for key, model, _ in wrapper._constructor_list)
    return _joined(parts, wrapper.src_to_dest, wrapper._dest_reachable, wrapper.model)


def _joins_models(wrapper: Any) -> bool:
    return isinstance(wrapper, ModelCursorWrapper) and all(
        is_model
        for _, _, is_model in wrapper._constructor_list  # type: ignore[attr-defined]
    )


def _part(wrapper: Any, key: Any, model: Any) -> Part:
    own = [
        (place, name, None if isinstance(model._meta.fields.get(name), PLAIN) else converter)
        for place, part, name, converter in wrapper._row_spec
        if part is key or (part not in wrapper.key_to_constructor and key is wrapper.model)
    ]
    known = model._meta.fields
    return Part(key, model, tuple(c for c in own if c[1] in known), tuple(c for c in own if c[1] not in known))


def _joined(
    parts: tuple[Part, ...], joins: Sequence[tuple[Any, str, Any, bool, bool, bool]], reachable: Any, root: Any
) -> Callable[[Sequence[Any]], Any]:
    def row_of(row: Sequence[Any]) -> Any:
        made: dict[Any, Any] = {}
        found: set[Any] = set()
        for part in parts:
            made[part.key] = instance = part.model.__new__(part.model)
            data: dict[str, Any] = {}
            for place, name, converter in part.fields:
                value = row[place]
                if value is not None:
                    found.add(part.key)
                    if converter is not None:
                        value = converter(value)
                data[name] = value
            instance.__data__, instance.__rel__, instance._dirty = data, {}, set()
            for place, name, converter in part.others:
                value = row[place] if converter is None else converter(row[place])
                setattr(instance, name, value)
        for source, attribute, target, _, is_outer, is_key in joins:
            _attach(made, found, source, attribute, target, is_outer, is_key, reachable)
        return made[root]

    return row_of


def _attach(
    made: dict[Any, Any], found: set[Any], source: Any, attribute: str, target: Any, is_outer: bool, is_key: bool,
    reachable: Any,
) -> None:  # fmt: skip
    """Puts a joined row on its owner, None where an outer join found nothing: the rules are peewee's own."""
    joined = made.get(target)
    if target not in found and not (reachable.get(target, frozenset()) & found):
        if not is_outer:
            return
        joined = None
    if source not in found and target not in found and is_outer:
        return
    owner = made[source]
    if is_key:
        owner.__rel__[attribute] = joined
    else:
        setattr(owner, attribute, joined)
