"""Rights of operators: given, changed, taken away; nobody takes the last administrator, or his own."""

from __future__ import annotations

import json
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner

import worker
from models import Audit, Code, Operator, Outbox, Resident, Session, db
from services import audit_words, letters, operators, second_factor
from services.operators import state_of
from services.refusal import Refused
from tests import factories
from tests.factories import NOW

ALL = {None: "administrator"}
CLERK = {None: "clerk"}


@pytest.fixture
def boss(database: Flask) -> Resident:
    return factories.operator(role="administrator", email="boss@example.org")


def last() -> Audit:
    row: Audit = Audit.select().order_by(Audit.id.desc()).get()
    return row


def letter(app: Flask) -> letters.Letter | None:
    """The invitation as the worker writes it."""
    row = Outbox.get(Outbox.kind == "operator-invited")
    return letters.compose(row, worker.desk_of(app.extensions["settings"]), NOW)


def test_an_invited_newcomer_gets_rights_and_a_link_that_sets_the_password(database: Flask, boss: Resident) -> None:
    vodokanal = factories.supplier()
    olga = operators.invite("Olga@Example.org", {vodokanal.id: "clerk"}, boss, NOW)
    assert (olga.state, olga.password_hash, olga.email_key) == ("active", "", "olga@example.org")
    assert Operator.roles_of(olga) == {vodokanal.id: "clerk"}
    assert last().action == "operator-invited" and json.loads(last().after) == {"roles": {str(vodokanal.id): "clerk"}}
    written = letter(database)
    assert written is not None and "/recovery/" in written.body and "48 часов" in written.body
    code = Code.get(Code.resident == olga)
    assert (code.purpose, code.expires_at) == ("recovery", NOW + timedelta(days=2))


def test_whoever_has_a_password_gets_no_link(database: Flask, boss: Resident) -> None:
    anna = factories.resident(email="anna@example.org", password_hash="$argon2id$")
    operators.invite("anna@example.org", CLERK, boss, NOW)
    written = letter(database)
    assert written is not None and "/recovery/" not in written.body and "/admin/" in written.body
    assert not Code.select().where(Code.resident == anna).exists()


def test_a_letter_to_one_whose_rights_were_taken_is_not_sent(database: Flask, boss: Resident) -> None:
    olga = operators.invite("olga@example.org", CLERK, boss, NOW)
    operators.change(olga, {}, state_of(CLERK), boss, NOW)
    assert letter(database) is None


@pytest.mark.parametrize(
    ("email", "roles", "field"),
    [("no-address", CLERK, "email"), ("boss@example.org", CLERK, "email"), ("o@example.org", {}, "everywhere")],
)
def test_what_cannot_be_invited_is_said_at_its_field(
    boss: Resident, email: str, roles: dict[int | None, str], field: str
) -> None:
    with pytest.raises(Refused) as refused:
        operators.invite(email, roles, boss, NOW)
    assert refused.value.field == field and not Audit.select().exists()


def test_a_blocked_person_is_not_invited(boss: Resident) -> None:
    factories.resident(email="b@example.org", state="blocked")
    with pytest.raises(Refused, match="заблокирована"):
        operators.invite("b@example.org", CLERK, boss, NOW)


def test_a_strangers_unconfirmed_registration_opens_no_console(boss: Resident) -> None:
    known = factories.resident(email="o@example.org", state="waiting", password_hash="$x$", surname="Чужой")
    operators.invite("o@example.org", CLERK, boss, NOW)
    again = Resident.get_by_id(known.id)
    assert (again.state, again.password_hash, again.surname) == ("active", "", "")


def test_rights_are_changed_and_noted_before_and_after(boss: Resident) -> None:
    vodokanal, olga = factories.supplier(), factories.operator()
    operators.change(olga, {vodokanal.id: "administrator"}, state_of(CLERK), boss, NOW)
    assert Operator.roles_of(olga) == {vodokanal.id: "administrator"}
    assert [change.words for change in audit_words.changes(last())] == [
        f"Права: все поставщики: оператор → {vodokanal.id}: администратор"
    ]


def test_nobody_changes_himself(boss: Resident) -> None:
    factories.operator(role="administrator")
    with pytest.raises(Refused, match="Свои права"):
        operators.change(boss, CLERK, state_of(ALL), boss, NOW)


def test_the_last_administrator_stays(boss: Resident) -> None:
    """His rights were taken in another window after his own request had been let in."""
    olga = factories.operator()
    with pytest.raises(Refused, match="последний администратор"):
        operators.change(boss, CLERK, state_of(ALL), olga, NOW)
    assert Operator.roles_of(boss) == ALL


def test_an_administrator_who_is_blocked_does_not_count(boss: Resident) -> None:
    factories.operator(role="administrator", state="blocked")
    with pytest.raises(Refused, match="последний администратор"):
        operators.change(boss, {}, state_of(ALL), factories.operator(), NOW)


def test_a_stale_page_changes_nothing(boss: Resident) -> None:
    olga = factories.operator()
    operators.change(olga, ALL, state_of(CLERK), boss, NOW)
    with pytest.raises(Refused, match="в другом окне"):
        operators.change(olga, {}, state_of(CLERK), boss, NOW)
    assert Operator.roles_of(olga) == ALL


def test_whoever_has_no_rights_left_is_given_none_by_an_old_page(boss: Resident) -> None:
    olga = factories.operator()
    operators.change(olga, {}, state_of(CLERK), boss, NOW)
    with pytest.raises(Refused, match="в другом окне"):
        operators.change(olga, CLERK, state_of(CLERK), boss, NOW)
    with pytest.raises(Refused, match="в другом окне"):
        operators.write_again(olga, boss, NOW)


@pytest.mark.commits
def test_of_two_who_take_each_others_rights_at_once_one_stays(app: Flask) -> None:
    with db.connection_context():
        pair = [factories.operator(role="administrator") for _ in range(2)]
    barrier, said = Barrier(2), list[str]()

    def take(mine: int) -> None:
        with db.connection_context():
            barrier.wait()
            try:
                operators.change(pair[1 - mine], {}, state_of(ALL), pair[mine], NOW)
                said.append("done")
            except Refused as refusal:
                said.append(refusal.sentence)

    threads = [Thread(target=take, args=(mine,)) for mine in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with db.connection_context():
        assert len(said) == 2 and said.count("done") == 1 and Operator.select().count() == 1


def test_an_operator_does_not_turn_his_factor_off_in_a_real_portal(boss: Resident) -> None:
    with pytest.raises(Refused, match="только со вторым шагом"):
        second_factor.turn_off(boss, NOW, is_demo=False)
    assert Resident.get_by_id(boss.id).factor == "code"
    second_factor.turn_off(boss, NOW, is_demo=True)
    assert Resident.get_by_id(boss.id).factor == ""


def test_a_resident_turns_it_off_as_before(database: Flask) -> None:
    anna = factories.resident(factor="code")
    second_factor.turn_off(anna, NOW, is_demo=False)
    assert Resident.get_by_id(anna.id).factor == ""


def test_codes_that_go_nowhere_are_no_factor(database: Flask) -> None:
    assert not second_factor.stands(factories.operator(email_confirmed_at=None), has_sms=False)
    assert second_factor.stands(factories.operator(), has_sms=False)
    assert second_factor.stands(factories.operator(factor="totp", email_confirmed_at=None), has_sms=False)


def test_the_server_resets_a_factor_and_nothing_else(app: Flask, database: Flask) -> None:
    olga = factories.operator(email="olga@example.org", factor="totp")
    operators.reset_factor("Olga@example.org", NOW)
    assert Resident.get_by_id(olga.id).factor == "" and Operator.roles_of(olga) == CLERK
    assert (last().action, last().actor_name) == ("reset-factor", "flask create-operator")
    with pytest.raises(Refused, match="и так не подключён"):
        operators.reset_factor("olga@example.org", NOW)
    factories.resident(email="anna@example.org", factor="code")
    with pytest.raises(Refused, match="Оператора с почтой"):
        operators.reset_factor("anna@example.org", NOW)


@pytest.mark.commits
def test_the_command_resets_a_factor(app: Flask) -> None:
    with db.connection_context():
        factories.operator(email="olga@example.org")
    with app.app_context():
        run: FlaskCliRunner = app.test_cli_runner()
        done, again = (run.invoke(args=["create-operator", "olga@example.org", "--reset-factor"]) for _ in range(2))
    assert done.exit_code == 0 and "отключён" in done.output
    assert again.exit_code == 1 and "и так не подключён" in again.output


def test_the_command_adds_rights_to_those_there_are(database: Flask) -> None:
    vodokanal = factories.supplier()
    for role, code in (("clerk", None), ("administrator", vodokanal.code), ("administrator", None)):
        operators.create("olga@example.org", role, code, NOW, base_url="")
    olga = Resident.get(Resident.email == "olga@example.org")
    assert Operator.roles_of(olga) == {None: "administrator", vodokanal.id: "administrator"}
    assert not Session.select().exists()
