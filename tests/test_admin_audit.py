"""The audit log: kept as it was written, by triggers; every action in words; the file of it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from datetime import UTC, timedelta
from pathlib import Path

import pytest
from flask import Flask
from peewee import DatabaseError

from models import Audit, Resident, db
from models.audit import AT_ONCE, Sought
from services import audit, audit_words
from tests import factories
from tests.factories import NOW

ROOT = Path(__file__).resolve().parent.parent


def line(by: Resident | str, action: str = "block", **facts: object) -> Audit:
    audit.note(action, "resident", 7, by, NOW, {"state": "active"}, {"state": "blocked", **facts})
    return Audit.select().order_by(Audit.id.desc()).get()


@pytest.mark.parametrize("change", [{"after": "{}"}, {"at": NOW + timedelta(days=1)}, {"actor_name": ""}])
def test_a_line_cannot_be_rewritten(database: Flask, change: dict[str, object]) -> None:
    row = line(factories.operator())
    with pytest.raises(DatabaseError, match="append-only"), db.atomic():
        Audit.update(**change).where(Audit.id == row.id).execute()


def test_a_line_cannot_be_given_to_another(database: Flask) -> None:
    row = line(factories.operator())
    with pytest.raises(DatabaseError, match="append-only"), db.atomic():
        Audit.update(actor=factories.operator()).where(Audit.id == row.id).execute()


def test_a_line_cannot_be_removed(database: Flask) -> None:
    row = line(factories.operator())
    with pytest.raises(DatabaseError, match="append-only"), db.atomic():
        Audit.delete().where(Audit.id == row.id).execute()
    assert Audit.get_by_id(row.id).actor_name == row.actor_name


def test_a_line_outlives_the_row_of_its_operator(database: Flask) -> None:
    olga = factories.resident(email="olga@example.org")
    row = line(olga)
    olga.delete_instance()
    kept = Audit.get_by_id(row.id)
    assert (kept.actor, kept.actor_name, kept.after) == (None, "olga@example.org", row.after)


def test_a_command_is_named_as_it_is_called(database: Flask) -> None:
    row = line("flask (root)")
    assert (row.actor, row.actor_name) == (None, "flask (root)")


def test_what_was_changed_is_said_in_words(database: Flask) -> None:
    row = line(factories.operator(), sessions=2, amount=12345, passport=True, roles={"all": "clerk"})
    assert [change.words for change in audit_words.changes(row)] == [
        "Состояние: открыт → заблокирован",
        "Закрыто входов: 2",
        "Сумма: 123,45 ₽",
        "По паспорту: да",
        "Права: все поставщики: оператор",
    ]


def test_what_stayed_is_said_once(database: Flask) -> None:
    audit.note("template-changed", "answer_template", 1, "flask", NOW, {"title": "А"}, {"title": "А", "signs": None})
    assert [change.words for change in audit_words.changes(Audit.get())] == ["Название: А", "Знаков: —"]


def test_an_action_without_words_is_shown_as_it_is_kept(database: Flask) -> None:
    assert audit_words.action(line("flask", action="brand-new")) == "brand-new"


def literals(where: str) -> Iterator[tuple[str, str]]:
    """(action, object) of every line that is written with both as literals."""
    for path in sorted((ROOT / where).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = getattr(getattr(node, "func", None), "attr", "") if isinstance(node, ast.Call) else ""
            if name == "note" and isinstance(node, ast.Call) and len(node.args) > 2:
                given = [arg.value for arg in node.args[:2] if isinstance(arg, ast.Constant)]
                if len(given) == 2 and all(isinstance(one, str) for one in given):
                    yield str(given[0]), str(given[1])


def test_every_action_and_object_that_is_written_has_words() -> None:
    found = set(literals("services"))
    assert len(found) > 25
    assert {action for action, _ in found} <= audit_words.ACTIONS.keys()
    assert {kind for _, kind in found} <= audit_words.OBJECTS.keys()


def test_the_whole_log_is_read_some_at_a_time_newest_first(database: Flask) -> None:
    facts = {"at": NOW, "action": "block", "object": "resident", "object_id": "7", "before": "{}", "after": "{}"}
    with db.atomic():
        for start in range(0, AT_ONCE + 5, 500):
            Audit.insert_many([facts] * min(500, AT_ONCE + 5 - start)).execute()
    ids = [row.id for row in Audit.all_found(Sought(action="block"))]
    assert len(ids) == AT_ONCE + 5 and ids == sorted(ids, reverse=True)


def test_a_file_names_moments_in_the_zone_and_neutral_words(database: Flask) -> None:
    row = line("flask")
    assert list(audit_words.table([row], UTC)) == [
        ["20.11.2026 09:00:00", "flask", "Заблокировал кабинет", "Житель", "7", "Состояние: открыт → заблокирован"]
    ]
