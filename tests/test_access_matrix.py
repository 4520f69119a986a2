"""Role × route: who gets what from every address of the console, as one table that is read by eye.

`+` let in (a page, a file, a form that asks for more), `in` led to the sign-in, numbers as they are. `other`: a clerk
of another supplier; `own`: a clerk of the row's supplier, not of all; `clerk`: of all suppliers; `admin` of all.
What has no supplier (a topic, an import, a letter, a request about no account) belongs to those who work for all. A
bare POST brings no button's name: 400 where the page asks which was pressed. A
printed code is shown to who printed it: 410.
"""

from __future__ import annotations

import pytest
from flask import Flask
from werkzeug.routing import Rule

from models import Operator, Resident, Supplier
from tests import factories
from tests.client import PageClient
from tests.test_access import CONSOLE_ROWS, of_console

ROLES = ("nobody", "resident", "other", "own", "clerk", "admin")
# The acts of one address are as many questions; what they are done to is an operator only where the address says so.
ACTS = ("activation", "blocking", "factor", "look", "recovery", "sign-outs", "unblocking")
TABLE = """
                                 nobody resident    other      own    clerk    admin
GET  account                         in      404      404        +        +        +
GET  account_link                    in      404      404        +        +        +
GET  account_link_picture            in      404      404        +        +        +
GET  account_payment                 in      404      404        +        +        +
GET  account_readings                in      404      404        +        +        +
GET  act_on_resident/activation      in      404      404        +        +        +
GET  act_on_resident/blocking        in      404      404      404      404        +
GET  act_on_resident/factor          in      404      404      404      404        +
GET  act_on_resident/look            in      404      404      404        +        +
GET  act_on_resident/recovery        in      404      404        +        +        +
GET  act_on_resident/sign-outs       in      404      404      404        +        +
GET  act_on_resident/unblocking      in      404      404      404      404        +
GET  appeal                          in      404      404        +        +        +
GET  appeal_desk                     in      404        +        +        +        +
GET  appeal_file                     in      404      404        +        +        +
GET  application                     in      404      404        +        +        +
GET  application_paper               in      404      404        +        +        +
GET  applications_desk               in      404        +        +        +        +
GET  audit_file                      in      404      403      403      403        +
GET  audit_log                       in      404      403      403      403        +
GET  batch                           in      404      404      404        +        +
GET  batch_template                  in      404      404      404        +        +
GET  batches                         in      404        +        +        +        +
GET  board                           in      404        +        +        +        +
GET  calls_wanted                    in      404        +        +        +        +
GET  checks                          in      404      403      403      403        +
GET  confirm_undo                    in      404      404      404        +        +
GET  doubted_reading                 in      404      404        +        +        +
GET  doubted_readings                in      404        +        +        +        +
GET  edit_notice                     in      404      404      404        +        +
GET  exchange                        in      404        +        +        +        +
GET  factor                          in      404        +        +        +        +
GET  factor_picture                  in      404        +        +        +        +
GET  first_appeal                    in      404        +        +        +        +
GET  first_steps                     in      404      403      403      403        +
GET  forgotten                       in      404      404      404        +        +
GET  hanging_orders                  in      404        +        +        +        +
GET  guarded_section                 in      404      403      403      403        +
GET  link_request                    in      404      404      404        +        +
GET  link_request_document           in      404      404      404        +        +
GET  link_requests                   in      404        +        +        +        +
GET  list_accounts                   in      404        +        +        +        +
GET  list_invitations                in      404        +        +        +        +
GET  list_letters                    in      404      404      404        +        +
GET  list_operators                  in      404      403      403      403        +
GET  list_registries                 in      404        +        +        +        +
GET  list_residents                  in      404        +        +        +        +
GET  new_notice                      in      404        +        +        +        +
GET  new_question                    in      404      404      404        +        +
GET  new_template                    in      404        +        +        +        +
GET  new_text                        in      404      404      404        +        +
GET  newcomer                        in      404      404        +        +        +
GET  notice                          in      404      404      404        +        +
GET  notice_list                     in      404        +        +        +        +
GET  operator                        in      404      403      403      403        +
GET  order                           in      404      404        +        +        +
GET  payments                        in      404        +        +        +        +
GET  printed                         in      404      410      410      410      410
GET  progress                        in      404      404      404        +        +
GET  question                        in      404      404      404        +        +
GET  question_list                   in      404      404      404        +        +
GET  quittance                       in      404      404        +        +        +
GET  reading_photo                   in      404      404        +        +        +
GET  reconciliation                  in      404        +        +        +        +
GET  reconciliation_file             in      404        +        +        +        +
GET  refused                         in      404      404      404        +        +
GET  refused_book                    in      404      404      404        +        +
GET  registry                        in      404      404        +        +        +
GET  registry_file                   in      404      404        +        +        +
GET  resident                        in      404      404        +        +        +
GET  runs                            in      404      404      404        +        +
GET  sample_package                  in      404      403      403      403        +
GET  show_run                        in      404      404      404        +        +
GET  stand                           in      404        +        +        +        +
GET  supplier                        in      404      404        +        +        +
GET  supplier_list                   in      404        +        +        +        +
GET  supplier_section                in      404      404        +        +        +
GET  template                        in      404      404      404        +        +
GET  template_list                   in      404        +        +        +        +
GET  text                            in      404      404      404        +        +
GET  text_list                       in      404      404      404        +        +
GET  text_version                    in      404      404      404        +        +
GET  topic_list                      in      404      404      404        +        +
GET  unknown_account                 in      404      404        +        +        +
GET  unknown_accounts                in      404        +        +        +        +
GET  unlinking                       in      404      404        +        +        +
GET  unsent_file                     in      404        +        +        +        +
GET  unsent_readings                 in      404        +        +        +        +
GET  written_payment                 in      404      404        +        +        +
POST add_question                   401      404      404      404        +        +
POST add_question_group             401      404      404      404        +        +
POST add_supplier                   401      404      403      403      403        +
POST add_template                   401      404        +        +        +        +
POST add_topic                      401      404      404      404        +        +
POST answer_appeal                  401      404      404        +        +        +
POST approve_request                401      404      404      404        +        +
POST ask_bank                       401      404      404        +        +        +
POST assign_appeal                  401      404      404        +        +        +
POST assign_payment                 401      404      404        +        +        +
POST cancel                         401      404      404      404        +        +
POST change_guarded                 401      404      403      403      403        +
POST change_notice                  401      404      404      404        +        +
POST change_operator                401      404      403      403      403        +
POST change_question                401      404      404      404        +        +
POST change_question_group          401      404      404      404        +        +
POST change_section                 401      404      404        +        +        +
POST change_template                401      404      404      404        +        +
POST change_topic                   401      404      404      404        +        +
POST close_appeal                   401      404      404        +        +        +
POST connect_codes                  401      404        +        +        +        +
POST connect_totp                   401      404        +        +        +        +
POST decide_application             401      404      404        +        +        +
POST decide_call                    401      404      404      400      400      400
POST decide_reading                 401      404      404      400      400      400
POST detach_holder                  401      404      404      404        +        +
POST do_to_resident/activation      401      404      404        +        +        +
POST do_to_resident/blocking        401      404      404      404      404        +
POST do_to_resident/factor          401      404      404      404      404        +
POST do_to_resident/look            401      404      404      404        +        +
POST do_to_resident/recovery        401      404      404        +        +        +
POST do_to_resident/sign-outs       401      404      404      404        +        +
POST do_to_resident/unblocking      401      404      404      404      404        +
POST drop_registry                  401      404      404        +        +        +
POST enter_payment                  401      404      404        +        +        +
POST enter_readings                 401      404      404        +        +        +
POST export                         401      404        +        +        +        +
POST export_debts                   401      404        +        +        +        +
POST export_list                    401      404        +        +        +        +
POST export_payments                401      404        +        +        +        +
POST fill_batch_template             401      404      404      404        +        +
POST invite_operator                401      404      403      403      403        +
POST link_to_resident               401      404      404        +        +        +
POST load                           401      404      404      404        +        +
POST place_question                 401      404      404      404      400      400
POST post_registry                  401      404      404        +        +        +
POST print_code                     401      404      404      404        +        +
POST publish_text                   401      404      404      404        +        +
POST refund_order                   401      404      404      404      404        +
POST refuse_request                 401      404      404      404        +        +
POST register_newcomer              401      404      404        +        +        +
POST reject_payment                 401      404      404        +        +        +
POST remove_notice                  401      404      404      404        +        +
POST remove_template                401      404      404      404        +        +
POST review_reading                 401      404      404        +        +        +
POST see_event                      401      404      404        +        +        +
POST send_invitation                401      404      404        +        +        +
POST send_letter_again              401      404      404      404        +        +
POST send_notice                    401      404      404      404        +        +
POST take_appeal                    401      404      404        +        +        +
POST take_back_text                 401      404      404      404        +        +
POST take_payment_back              401      404      404        +        +        +
POST try_channel                    401      404      403      403      403        +
POST turn_step                      401      404      403      403      403      404
POST undo_run                       401      404      404      404        +        +
POST unlink_from_resident           401      404      404        +        +        +
POST upload                         401      404      404      404        +        +
POST upload_registry                401      404        +        +        +        +
POST withdraw_notice                401      404      404      404        +        +
POST withdraw_plan                  401      404      404        +        +        +
POST write_appeal                   401      404        +        +        +        +
POST write_notice                   401      404        +        +        +        +
POST write_to_operator              401      404      403      403      403        +
"""
Row = tuple[str, str, str]  # method, endpoint, act


def table() -> dict[Row, tuple[str, ...]]:
    lines = [line.split() for line in TABLE.strip().splitlines()[1:]]
    return {_row(method, name): tuple(cells) for method, name, *cells in lines}


def _row(method: str, name: str) -> Row:
    endpoint, _, act = name.partition("/")
    return method, f"admin.{endpoint}", act


def asked(app: Flask) -> list[tuple[Row, Rule]]:
    """Every question to the console."""
    found = []
    for method in ("GET", "POST"):
        for rule in sorted(of_console(app, method), key=lambda rule: rule.endpoint):
            acts = ACTS if "act" in rule.arguments else ("",)
            found += [((method, rule.endpoint, act), rule) for act in acts]
    return found


def address(app: Flask, rule: Rule, act: str) -> str:
    """With a fresh row for each argument; a resident is linked to an account and waits for nothing."""
    owner = factories.link(factories.resident()).resident
    if "operator" in rule.endpoint:
        owner = factories.operator()
    values = {name: CONSOLE_ROWS[name](owner) for name in sorted(rule.arguments)}
    if "link_id" in values:
        values["resident_id"] = owner.id
    return str(app.url_map.bind("localhost").build(rule.endpoint, {**values, **({"act": act} if act else {})}))


def somebody(role: str) -> Resident | None:
    """Who asks; called when the row is there, so that `own` may be of its supplier."""
    if role == "nobody":
        return None
    if role in ("resident", "own"):
        who = factories.resident(factor="code")
        for supplier in Supplier.select() if role == "own" else []:
            Operator.create(resident=who, supplier=supplier, role="clerk")
        return who
    of = factories.supplier() if role == "other" else None
    return factories.operator(of, "administrator" if role == "admin" else "clerk")


def answer(app: Flask, row: Row, rule: Rule, role: str) -> str:
    method, _, act = row
    with app.test_request_context():
        url = address(app, rule, act)
    client, who = PageClient(app), somebody(role)
    if who is not None:
        client.sign_in(who)
    data = {"csrf_token": client.csrf_token()} if method == "POST" else None
    got = client.http.open(url, method=method, data=data)
    if (got.headers.get("Location") or "").startswith("/sign-in"):
        return "in"
    return "+" if got.status_code in (200, 303, 422) else str(got.status_code)


def test_the_table_names_every_question(app: Flask) -> None:
    assert set(table()) == {row for row, _ in asked(app)}


@pytest.mark.parametrize("role", ROLES)
def test_each_role_gets_what_the_table_says(app: Flask, database: Flask, role: str) -> None:
    wanted, place = table(), ROLES.index(role)
    found = {row: answer(app, row, rule, role) for row, rule in asked(app)}
    assert found == {row: cells[place] for row, cells in wanted.items()}
