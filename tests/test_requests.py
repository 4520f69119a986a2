"""Requests to the operator: what is stored, who decides, what follows, how long a document is kept."""

from __future__ import annotations

import json
import os
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from models import Account, Audit, Link, LinkRequest, Notice, NoticeReceipt, Outbox, Resident, db
from services import attachments, outbox, requests, texts
from services.attachments import Attachment
from services.limits import TooMany, Visitor
from services.refusal import Refused
from services.requests import Asked
from tests import factories, papers
from tests.factories import NOW

HERE = Visitor("k" * 40, "192.0.2.1")
PAPER = Attachment("договор.pdf", "application/pdf", papers.PDF)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "documents" / "requests"


@pytest.fixture
def anna(database: Flask) -> Resident:
    texts.seed(NOW)
    return factories.resident()


@pytest.fixture
def olga(database: Flask) -> Resident:
    return factories.operator(name="Ольга", surname="Смирнова")


def ask(who: Resident, folder: Path, number: str = "0010", once: str = "o1", after: timedelta = timedelta(), **facts):
    return requests.ask(who, Asked(number, **facts), PAPER, folder, HERE, NOW + after, once)


def ask_access(folder: Path, once: str = "o1", email: str = "vera@example.org", visitor: Visitor = HERE, **facts):
    asked = Asked(**{"number": "0010", "full_name": "Орлова Вера", "email": email, **facts})
    return requests.ask_access(asked, PAPER, folder, visitor, NOW, once)


def test_a_request_keeps_what_was_typed_and_its_document(anna: Resident, folder: Path) -> None:
    supplier = factories.supplier()
    made = LinkRequest.get_by_id(ask(anna, folder, " 0010 ", supplier=supplier.id, comment="По наследству").id)
    assert (made.kind, made.resident, made.supplier, made.number) == ("link", anna, supplier, "0010")
    assert (made.comment, made.state, made.account) == ("По наследству", "waiting", None)
    assert (made.file_name, made.file_kind, made.file_size) == ("договор.pdf", "application/pdf", len(papers.PDF))
    assert attachments.read(str(made.file_key), folder) == papers.PDF


def test_a_form_that_is_sent_twice_makes_one_request_and_one_file(anna: Resident, folder: Path) -> None:
    assert ask(anna, folder).id == ask(anna, folder).id
    assert LinkRequest.select().count() == len(list(folder.iterdir())) == 1
    assert ask(factories.resident(), folder).id != LinkRequest.get().id


def test_a_day_has_ten_requests_of_a_resident(anna: Resident, folder: Path) -> None:
    for number in range(10):
        ask(anna, folder, once=f"o{number}")
    with pytest.raises(TooMany):
        ask(anna, folder, once="more")
    assert len(list(folder.iterdir())) == 10, "the file of what was refused has gone"
    assert ask(anna, folder, once="tomorrow", after=timedelta(days=1))


def test_who_has_no_login_leaves_contacts_and_a_consent_and_is_written_nothing(anna: Resident, folder: Path) -> None:
    made = ask_access(folder, phone="+79123456789")
    assert (made.kind, made.resident, made.full_name, made.email) == (
        "access",
        None,
        "Орлова Вера",
        "vera@example.org",
    )
    assert (made.consent.slug, made.consent.version, made.address) == ("personal-data", 1, "192.0.2.1")
    assert not Outbox.select().exists() and not Notice.select().exists()


def test_contacts_and_addresses_have_their_limits(anna: Resident, folder: Path) -> None:
    for number in range(5):
        ask_access(folder, f"o{number}", email="Vera@Example.org", visitor=Visitor("k" * 40, f"192.0.2.{number}"))
    with pytest.raises(TooMany):
        ask_access(folder, "x", visitor=Visitor("k" * 40, "198.51.100.1"))
    for number in range(30):
        ask_access(
            folder, f"p{number}", email="", phone=f"+7912345{number:04d}", visitor=Visitor("k" * 40, "2001::1")
        )
    with pytest.raises(TooMany):
        ask_access(folder, "y", email="", phone="+79120000000", visitor=Visitor("k" * 40, "2001::2"))


@pytest.mark.parametrize(("email", "phone"), [("", ""), ("vera@", ""), ("", "12")])
def test_one_contact_at_least_must_be_right(email: str, phone: str) -> None:
    with pytest.raises(Refused):
        requests.check_contacts(email, phone)
    assert requests.check_contacts("", "8 912 345 67 89") == ("", "+79123456789")


def test_an_approved_request_links_the_account_and_tells(anna: Resident, olga: Resident, folder: Path) -> None:
    account = factories.account(number="0010")
    made = ask(anna, folder, supplier=account.supplier_id)
    assert requests.account_of(made) == account
    requests.approve(made, account, olga, NOW)
    assert Link.get().fact == "operator" and Link.get().resident == anna
    row = LinkRequest.get()
    assert (row.state, row.account, row.decided_by, row.decided_at) == ("approved", account, olga, NOW)
    assert {f"Заявка №\N{NO-BREAK SPACE}{made.id}: счёт подключён"} < {notice.subject for notice in Notice.select()}
    assert {row.kind for row in Outbox.select()} == {"account-linked", "request-approved"}


def test_an_account_that_he_holds_already_is_no_error(anna: Resident, olga: Resident, folder: Path) -> None:
    link = factories.link(anna)
    requests.approve(ask(anna, folder), link.account, olga, NOW)
    assert Link.select().count() == 1 and LinkRequest.get().state == "approved"


def test_a_refusal_needs_a_reason_and_tells_it(anna: Resident, olga: Resident, folder: Path) -> None:
    made = ask(anna, folder)
    with pytest.raises(Refused, match="причину") as refusal:
        requests.refuse(made, " \n ", olga, NOW)
    assert refusal.value.field == "reason"
    requests.refuse(made, " Документ\n не читается ", olga, NOW)
    assert (LinkRequest.get().state, LinkRequest.get().reason) == ("refused", "Документ не читается")
    assert (Notice.get().body, Outbox.get().kind) == ("Документ не читается", "request-refused")
    assert NoticeReceipt.get().resident == anna and not Link.select().exists()


def test_who_has_no_login_is_sent_an_invitation_or_a_refusal(anna: Resident, olga: Resident, folder: Path) -> None:
    account = factories.account()
    yes, no = ask_access(folder), ask_access(folder, "o2", email="oleg@example.org")
    requests.approve(yes, account, olga, NOW)
    requests.refuse(no, "Документ не читается", olga, NOW)
    letters = {row.destination: (row.kind, outbox.ids(row)) for row in Outbox.select()}
    assert letters == {
        "vera@example.org": ("invitation", {"request": yes.id}),
        "oleg@example.org": ("request-refused", {"request": no.id}),
    }
    assert not Link.select().exists() and Resident.select().count() == 2


def test_a_request_with_a_phone_alone_cannot_be_invited_and_stays_open(
    anna: Resident, olga: Resident, folder: Path
) -> None:
    made = ask_access(folder, email="", phone="+79123456789")
    with pytest.raises(Refused, match="нет e-mail"):
        requests.approve(made, factories.account(), olga, NOW)
    assert LinkRequest.get().state == "waiting" and not Audit.select().exists()
    requests.refuse(made, "Приходите в офис", olga, NOW)
    assert not Outbox.select().exists()


def test_the_second_operator_is_told_what_the_first_decided(anna: Resident, olga: Resident, folder: Path) -> None:
    made, account = ask(anna, folder), factories.account()
    requests.refuse(made, "Документ не читается", olga, NOW)
    with pytest.raises(Refused, match=r"Уже решено: отказано \(Смирнова Ольга\)\."):
        requests.approve(made, account, factories.operator(), NOW)
    assert not Link.select().exists() and Audit.select().count() == 1


def test_decisions_and_opened_documents_are_logged_by_ids_alone(anna: Resident, olga: Resident, folder: Path) -> None:
    account = factories.account(number="0010")
    yes, no = ask(anna, folder, comment="Секрет"), ask(anna, folder, once="o2")
    assert requests.open_document(yes, folder, olga, NOW) == papers.PDF
    requests.approve(yes, account, olga, NOW)
    requests.refuse(no, "Соколова не та", olga, NOW)
    rows = [(row.action, row.object_id, row.before, row.after) for row in Audit.select().order_by(Audit.id)]
    assert rows == [
        ("document-opened", str(yes.id), "{}", "{}"),
        (
            "request-approved",
            str(yes.id),
            '{"state": "waiting"}',
            json.dumps({"state": "approved", "account": account.id}),
        ),
        ("request-refused", str(no.id), '{"state": "waiting"}', '{"state": "refused"}'),
    ]
    assert {row.actor_id for row in Audit.select()} == {olga.id}


def test_an_objection_is_open_once(anna: Resident, olga: Resident) -> None:
    link = factories.link(anna)
    with pytest.raises(Refused, match="только в вашем кабинете"):
        requests.object_to_others(anna, link.account, NOW)
    factories.link(factories.resident(), link.account)
    first = requests.object_to_others(anna, link.account, NOW)
    assert requests.object_to_others(anna, link.account, NOW).id == first.id
    requests.refuse(first, "Это ваш сын", olga, NOW)
    assert requests.object_to_others(anna, link.account, NOW).id != first.id


def test_an_objection_that_is_right_takes_the_account_from_the_other(anna: Resident, olga: Resident) -> None:
    own, boris = factories.link(anna), factories.resident()
    other = factories.link(boris, own.account)
    made = requests.object_to_others(anna, own.account, NOW)
    with pytest.raises(Refused):
        requests.approve(made, own.account, olga, NOW)
    requests.detach(made, other, olga, NOW)
    assert [link.resident for link in Link.select()] == [anna]
    told = {receipt.resident_id for receipt in NoticeReceipt.select()}
    assert told == {anna.id, boris.id} and Outbox.get().resident == anna
    assert json.loads(Audit.get().after)["resident"] == boris.id


def test_the_other_loses_the_account_that_he_signs_in_by(anna: Resident, olga: Resident) -> None:
    """Whom a holder does not know may have registered the account: he has no other way in, and keeps none."""
    own = factories.link(anna)
    other = factories.link(factories.resident(email=""), own.account)
    assert Link.make_login(other)
    made = requests.object_to_others(anna, own.account, NOW)
    requests.detach(made, Link.get_by_id(other.id), olga, NOW)
    assert [link.resident for link in Link.select()] == [anna]


def test_documents_go_a_month_after_the_decision(anna: Resident, olga: Resident, folder: Path) -> None:
    waiting, decided = ask(anna, folder), ask(anna, folder, once="o2")
    requests.refuse(decided, "Документ не читается", olga, NOW)
    for path in folder.iterdir():
        os.utime(path, (NOW.timestamp(), NOW.timestamp()))
    assert requests.sweep(folder, NOW + timedelta(days=30)) == 0
    assert requests.sweep(folder, NOW + timedelta(days=30, seconds=1)) == 1
    assert [path.name for path in folder.iterdir()] == [LinkRequest.get_by_id(waiting.id).file_key]
    after = LinkRequest.get_by_id(decided.id)
    assert (after.file_key, after.file_name) == ("", "договор.pdf")
    assert requests.open_document(after, folder, olga, NOW) is None and Audit.select().count() == 1


def test_a_clerk_of_one_supplier_sees_its_requests_and_no_nameless_ones(anna: Resident, folder: Path) -> None:
    mine, other = factories.supplier(), factories.supplier()
    seen = ask(anna, folder, supplier=mine.id)
    ask(anna, folder, once="o2", supplier=other.id)
    ask(anna, folder, once="o3")
    assert [row.id for row in LinkRequest.waiting({mine.id}, 9)] == [seen.id]
    assert [LinkRequest.count_waiting(whose) for whose in ({mine.id}, None)] == [1, 3]


def race(steps) -> list[str]:
    """Runs all steps at once, each with a connection of its own; what each was answered."""
    barrier, heard = threading.Barrier(len(steps), timeout=30), [""] * len(steps)

    def run(place: int) -> None:
        with db.connection_context():
            barrier.wait()
            try:
                steps[place]()
                heard[place] = "done"
            except Refused as refusal:
                heard[place] = refusal.sentence

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(steps))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return heard


@pytest.mark.commits
def test_of_operators_at_once_one_decides(database: Flask, folder: Path) -> None:
    with db.connection_context():
        made, account = factories.request(factories.resident()), factories.account()
        operators = [factories.operator() for _ in range(6)]
    steps = [
        (lambda who=who: requests.approve(made, account, who, NOW))
        if place % 2
        else (lambda who=who: requests.refuse(made, "Документ не читается", who, NOW))
        for place, who in enumerate(operators)
    ]
    heard = race(steps)
    assert heard.count("done") == 1 and sum(words.startswith("Уже решено: ") for words in heard) == 5
    with db.connection_context():
        assert Audit.select().count() == 1
        assert Link.select().count() == (LinkRequest.get().state == "approved")


@pytest.mark.commits
def test_of_objections_at_once_one_is_made(database: Flask) -> None:
    with db.connection_context():
        link = factories.link(factories.resident())
        factories.link(factories.resident(), link.account)
        account, who = Account.get_by_id(link.account_id), Resident.get_by_id(link.resident_id)
    assert race([lambda: requests.object_to_others(who, account, NOW)] * 6) == ["done"] * 6
    with db.connection_context():
        assert LinkRequest.select().count() == 1


@pytest.mark.commits
def test_a_form_sent_many_times_at_once_is_one_request(database: Flask, folder: Path) -> None:
    with db.connection_context():
        who = factories.resident()
    assert race([lambda: ask(who, folder)] * 6) == ["done"] * 6
    with db.connection_context():
        assert LinkRequest.select().count() == 1
    assert len(list(folder.iterdir())) == 1
