"""Two at once over appeals, calls and applications: the rows decide, one is done, nobody sees a fault."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from models import Appeal, AppealMessage, Application, Audit, Call, Notice, Outbox, db
from services import appeals, applications, assigning, calls
from services.appeals import Typed
from services.applications import Basics
from services.calls import Wish
from services.limits import Visitor
from tests import factories
from tests.factories import NOW, TODAY
from tests.test_races_in import CROWD, at_once, done

pytestmark = [pytest.mark.commits, pytest.mark.usefixtures("app")]
HERE = Visitor("k" * 40, "192.0.2.7")


def test_a_form_pressed_many_times_at_once_is_one_appeal(app: Flask) -> None:
    with db.connection_context():
        who, supplier = factories.resident(), factories.supplier()
    typed = Typed(supplier.id, "Нет воды")
    made = at_once(lambda: appeals.send(who, typed, (), Path(), HERE, NOW, TODAY, "once").id)
    with db.connection_context():
        assert set(made) == {Appeal.get().id} and AppealMessage.select().count() == 1


def test_an_answer_pressed_many_times_at_once_is_one(app: Flask) -> None:
    with db.connection_context():
        appeal, clerk = factories.appeal(factories.resident()), factories.operator()
    at_once(lambda: appeals.answer(appeal, clerk, "Ждите", (), Path(), NOW, "once"))
    with db.connection_context():
        assert (AppealMessage.select().count(), Notice.select().count(), Outbox.select().count()) == (2, 1, 1)
        assert Appeal.get().unread == 1


def test_of_answering_and_closing_at_once_nothing_is_lost(app: Flask) -> None:
    with db.connection_context():
        appeal, clerk = factories.appeal(factories.resident()), factories.operator()
    numbers = iter(range(CROWD))
    outcomes = at_once(
        lambda: appeals.close(appeal, clerk, NOW),
        lambda: appeals.answer(appeal, clerk, "Ждите", (), Path(), NOW, f"k{next(numbers)}"),
    )
    with db.connection_context():
        answers = AppealMessage.select().where(AppealMessage.is_from_operator).count()
        assert Appeal.get().state == "closed" and Appeal.get().unread == answers == Notice.select().count()
        assert done(outcomes) == answers + 1, "one closing, and what was answered before it"


def test_one_of_many_operators_notes_how_a_call_went(app: Flask) -> None:
    with db.connection_context():
        call, clerk = factories.call(factories.resident()), factories.operator()
    outcomes = at_once(
        lambda: calls.decide(call, "done", clerk, NOW), lambda: calls.decide(call, "missed", clerk, NOW)
    )
    assert done(outcomes) == 1


def test_a_call_form_pressed_many_times_at_once_asks_for_one(app: Flask) -> None:
    with db.connection_context():
        who, supplier = factories.resident(), factories.supplier()
        factories.setting(supplier, "offers_calls", True)
    wish = Wish(supplier.id, "+79123456789", "soon")
    made = at_once(lambda: calls.ask(who, wish, HERE, NOW, TODAY, "once").id)
    with db.connection_context():
        assert set(made) == {Call.get().id}


def test_many_drafts_begun_at_once_are_one(app: Flask) -> None:
    with db.connection_context():
        who, supplier = factories.resident(), factories.supplier()
    made = at_once(lambda: applications.begin(who, Basics(supplier.id, "person", "Дом"), NOW, TODAY).id)
    with db.connection_context():
        assert set(made) == {Application.get().id}


def test_one_of_many_operators_decides_an_application(app: Flask) -> None:
    with db.connection_context():
        row = factories.application(factories.resident(), state="sent", sent_at=NOW)
        clerk = factories.operator()
    outcomes = at_once(
        lambda: applications.decide(row, "accepted", "", clerk, NOW),
        lambda: applications.decide(row, "refused", "Нет", clerk, NOW),
    )
    with db.connection_context():
        assert done(outcomes) == 1 == Notice.select().count()


def test_of_clerks_who_answer_the_same_message_at_once_one_does(app: Flask) -> None:
    with db.connection_context():
        appeal, clerk = factories.appeal(factories.resident()), factories.operator()
        seen = AppealMessage.get().id
    numbers = iter(range(CROWD))
    outcomes = at_once(
        lambda: appeals.answer(appeal, clerk, "Ждите", (), Path(), NOW, f"k{next(numbers)}", seen=seen)
    )
    with db.connection_context():
        assert done(outcomes) == 1 and AppealMessage.select().count() == 2 and Notice.select().count() == 1


def test_of_clerks_who_hand_an_appeal_over_at_once_one_does(app: Flask) -> None:
    with db.connection_context():
        appeal, clerk, vera = factories.appeal(factories.resident()), factories.operator(), factories.operator()
    outcomes = at_once(
        lambda: assigning.assign(appeal, vera.id, None, clerk, NOW),
        lambda: assigning.assign(appeal, clerk.id, None, vera, NOW),
    )
    with db.connection_context():
        assert done(outcomes) == 1 and Appeal.get().state == "working" and Audit.select().count() == 1
