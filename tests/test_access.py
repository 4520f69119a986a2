"""Who gets in: nobody only where it is meant, a stranger nowhere; every route is walked, none can be forgotten."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from flask import Flask
from werkzeug.routing import Rule

import clock
from models import (
    AnswerTemplate,
    AppealFile,
    ApplicationPaper,
    BankCard,
    Checkout,
    Consent,
    ExportBatch,
    GatewayEvent,
    Group,
    ImportRun,
    Notice,
    NoticeReceipt,
    Order,
    Outbox,
    Photo,
    Question,
    QuestionGroup,
    RefusedRow,
    RegistryLine,
    Resident,
    Session,
    Submission,
    Text,
    Topic,
)
from services import challenges, codes, counter, desk
from services.counter import Newcomer
from services.desk import Wanted
from tests import factories
from tests.client import PageClient
from views.access import is_for_administrators, is_public

PUBLIC = {
    "api.accounts",  # a token lets in (tests/test_api.py)
    "api.life",
    "api.openapi",
    "api.send",
    "api.waterius",
    "api.waterius_short",
    "assets.favicon",
    "assets.static",
    "callbacks.hear",
    "captchas.picture",
    "captchas.refresh",
    "captchas.sound",
    "factor.again",
    "help.manual",
    "help.show",
    "factor.confirm",
    "factor.show",
    "invitations.accept",
    "invitations.renew",
    "invitations.sent",
    "invitations.show",
    "messengers.max_",  # a secret lets in (tests/test_messengers.py)
    "messengers.telegram",
    "outbox.index",
    "pages.choose_view",
    "pages.contacts",
    "pages.health",
    "pages.requisites",
    "pages.view",
    "paper_codes.enter",
    "paper_codes.password",
    "paper_codes.save",
    "paper_codes.show",
    "reading_links.send",
    "reading_links.show",
    "recovery.again",
    "recovery.ask",
    "recovery.code",
    "recovery.confirm",
    "recovery.over",
    "recovery.password",
    "recovery.save",
    "recovery.show",
    "registration.account",
    "registration.account_again",
    "registration.account_code",
    "registration.account_password",
    "registration.activate",
    "registration.again",
    "registration.choose",
    "registration.confirm_account",
    "registration.confirm_phone",
    "registration.contact",
    "registration.email",
    "registration.enter",
    "registration.enter_name",
    "registration.enter_phone",
    "registration.identify",
    "registration.link",
    "registration.meter",
    "registration.name",
    "registration.password",
    "registration.phone",
    "registration.phone_again",
    "registration.phone_code",
    "registration.prove",
    "registration.renew",
    "registration.send",
    "registration.sent",
    "registration.set_password",
    "registration.write_again",
    "requests.accepted",
    "requests.access",
    "requests.ask_access",
    "sign_in.enter",
    "sign_in.leave",
    "sign_in.show",
    "sign_in.sign_out",
    "texts.show",
    "unsubscribe.end",
    "unsubscribe.show",
}


def order(of: Resident) -> int:
    bill = factories.bill(factories.link(of).account)
    number = f"N{Order.select().count()}"
    checkout = Checkout.create(resident=of, once=number, created_at=factories.NOW)
    return Order.create(
        checkout=checkout, supplier=bill.account.supplier, gateway="testbank", number=number, amount=100,
        created_at=factories.NOW, expires_at=factories.NOW + timedelta(hours=1), bill=bill,
    ).id  # fmt: skip


def notice(of: Resident) -> int:
    row = Notice.create(subject="Отключение воды", published_at=factories.NOW)
    NoticeReceipt.create(notice=row, resident=of)
    return row.id


def session(of: Resident) -> int:
    return Session.create(
        resident=of, token_hash=f"hash-{of.id}-{Session.select().count()}", created_at=factories.NOW,
        seen_at=factories.NOW, expires_at=factories.NOW + timedelta(days=1),
    ).id  # fmt: skip


def consent(of: Resident) -> int:
    text, _ = Text.get_or_create(
        slug="agreement", version=1, defaults={"title": "Соглашение", "body": "", "published_at": factories.NOW}
    )
    return Consent.create(resident=of, text=text, at=factories.NOW).id


def contact_request(of: Resident) -> str:
    """The token of a page that waits for the code of a new e-mail."""
    token = codes.new_token()
    request = codes.keep(challenges.CONTACT.request, of, codes.token_hash(token), clock.now(), timedelta(hours=1))
    request.channel, request.facts = "email", '{"to": "new@example.org", "letter": "contact"}'
    request.save()
    return token


def photo(of: Resident) -> int:
    """A photo of a meter that the resident sent; its file is gone, so the answer says so."""
    account = factories.link(of).account
    sent = Submission.create(account=account, once="photo", resident=of, sent_at=factories.NOW)
    return Photo.create(submission=sent, file_key=codes.new_token(), kept_at=factories.NOW).id


def appeal_file(of: Resident) -> int:
    """A file of a resident's appeal; it is gone from the disk, so the answer says so."""
    message = factories.appeal(of).messages.get()
    return AppealFile.create(
        message=message, file_key=codes.new_token(), name="a.pdf", kind="application/pdf", size=1
    ).id


def application_paper(of: Resident) -> int:
    """A document of a resident's application; it is gone from the disk, so the answer says so."""
    row, key = factories.application(of, state="sent"), codes.new_token()
    facts = {"file_key": key, "name": "a.pdf", "kind": "application/pdf", "size": 1, "at": factories.NOW}
    return ApplicationPaper.create(application=row, document="passport", **facts).id


# How to make a row of a resident for an argument of an address; a new argument must be added here.
OWN_ROWS: dict[str, Callable[[Resident], int | str]] = {
    "account_id": lambda of: factories.link(of, factories.account(factories.payee())).account_id,
    "card_id": lambda of: factories.card(of, f"b{BankCard.select().count()}").id,
    "appeal_id": lambda of: factories.appeal(of).id,
    "application_id": lambda of: factories.application(of, state="returned").id,
    "consent_id": consent,
    "bill_id": lambda of: factories.bill(factories.link(of).account).id,
    "file_id": appeal_file,
    "group_id": lambda of: factories.group(of, f"Дача {Group.select().count()}").id,
    "link_id": lambda of: factories.link(of).id,
    "meter_id": lambda of: factories.meter(factories.link(of).account).id,
    "notice_id": notice,
    "order_id": order,
    "paper_id": application_paper,
    "photo_id": photo,
    "session_id": session,
    "token": contact_request,
    "token_id": lambda of: factories.token(of)[0].id,
}


def blank(_of: Resident) -> str:
    """A document of applications whose blank is published."""
    facts = {"title": "Бланк", "body": "Подпись", "published_at": factories.NOW}
    Text.get_or_create(slug="blank-passport", version=1, defaults=facts)
    return "passport"


# Arguments that name no row: whoever has signed in is led to the same page.
NAMES: dict[str, Callable[[Resident], str]] = {
    "way": lambda _of: "organisation",
    "document": blank,
}


def run(_of: Resident) -> int:
    given = {"who": "olga", "file_name": "пакет.zip", "sha256": "0", "started_at": factories.NOW, "state": "done"}
    row = ImportRun.create(
        **given, counts='{"accounts": {"new": 0, "changed": 0, "same": 0, "removed": 0, "refused": 1}}'
    )
    RefusedRow.create(run=row, table="accounts", line=2, cells="{}", reason="Нет номера")
    return row.id


def batch(_of: Resident) -> int:
    given = {"kind": "readings", "number": 1 + ExportBatch.select().count(), "who": "olga", "file_name": "1-gis.xlsx"}
    return ExportBatch.create(**given, created_at=factories.NOW, rows=0, sha256="0", content=b"").id


def event(of: Resident) -> int:
    key = f"k{GatewayEvent.select().count()}"
    given = {"gateway": "testbank", "key": key, "outcome": "paid", "amount": 5, "verdict": "wrong amount"}
    return GatewayEvent.create(**given, order=order(of), at=factories.NOW).id


def doubted(_of: Resident) -> int:
    register = factories.meter(factories.account()).registers.get()
    return factories.reading(register, 1, factories.TODAY, origin="resident", doubts="zero").id


def registry(_of: Resident) -> int:
    line = factories.registry_line()
    return line.registry_id


def written(of: Resident) -> int:
    """A payment that an operator wrote down."""
    today = clock.today()
    wanted = Wanted("cash", 1000, today, f"чек {RegistryLine.select().count()}")
    return desk.accept(factories.account(), wanted, of, clock.now(), today).id


def paper(of: Resident) -> int:
    """A code that the operator printed at the counter."""
    newcomer = Newcomer("Орлова Вера", "account", has_passport=True)
    once = codes.new_token()
    return counter.register(factories.account(), newcomer, ["account"], of, clock.now(), once, "s" * 40).id


def template(_of: Resident) -> int:
    """An answer that operators keep ready."""
    return AnswerTemplate.create(title="Мастер", text="Придёт", changed_at=factories.NOW).id


def drafted(_of: Resident) -> int:
    """A notice for many that waits for an operator."""
    return Notice.create(
        subject="Ремонт", published_at=factories.NOW, audience="everybody", is_draft=True, changed_at=factories.NOW
    ).id


def question(_of: Resident) -> Question:
    name = f"Оплата {QuestionGroup.select().count()}"
    group = QuestionGroup.create(name=name, position=1)
    return Question.create(group=group, title="Где касса?", answer="Тут", position=1, changed_at=factories.NOW)


def edition() -> Text:
    """A text with a version that is in force."""
    Text.publish("privacy", 1, "Политика", "Слова", factories.NOW)
    return Text.latest(["privacy"])["privacy"]


def dead_letter(_of: Resident) -> int:
    given = {"kind": "known-email", "destination": "nobody@example.org", "state": "dead", "error": "адрес не принят"}
    times = {"not_before": factories.NOW, "created_at": factories.NOW}
    return Outbox.create(key=f"dead{Outbox.select().count()}", **given, **times).id


# The console's rows belong to nobody: who may work there sees them.
CONSOLE_ROWS: dict[str, Callable[[Resident], int | str]] = {
    "appeal_id": lambda of: factories.appeal(of).id,
    "batch_id": batch,
    "act": lambda _of: "activation",
    "account_id": lambda of: factories.account().id,
    "bill_id": lambda of: factories.bill(factories.account(factories.payee())).id,
    "code_id": paper,
    "invitation_id": lambda _of: factories.invitation().id,
    "written_id": written,
    "application_id": lambda of: factories.application(of, state="sent").id,
    "link_id": lambda of: factories.link(of).id,
    "resident_id": lambda of: of.id,
    "call_id": lambda of: factories.call(of).id,
    "file_id": appeal_file,
    "paper_id": application_paper,
    "event_id": event,
    "order_id": order,
    "photo_id": photo,
    "reading_id": doubted,
    "letter_id": dead_letter,
    "line_id": lambda _of: factories.registry_line().id,
    "registry_id": registry,
    "request_id": lambda of: factories.request(of).id,
    "run_id": run,
    "template_id": template,
    "supplier_id": lambda _of: factories.supplier().id,
    "setting_id": lambda _of: 1,
    "section": lambda _of: "contacts",
    "step": lambda _of: "name",
    "what": lambda _of: "mail",
    "guarded": lambda _of: "requisites",
    "topic_id": lambda _of: Topic.create(name="Вода").id,
    "table": lambda _of: "accounts",
    "notice_id": drafted,
    "group_id": lambda of: question(of).group_id,
    "question_id": lambda of: question(of).id,
    "slug": lambda _of: edition().slug,
    "version": lambda _of: edition().version,
}

# Arguments whose words the address itself knows.
CLOSED_LISTS = {"section": "contacts", "guarded": "requisites"}


def is_open(app: Flask, rule: Rule) -> bool:
    with app.app_context():
        return is_public(rule.endpoint)


def is_console(rule: Rule) -> bool:
    return rule.endpoint.startswith("admin.")


def rules(app: Flask, method: str) -> Iterator[Rule]:
    for rule in app.url_map.iter_rules():
        if method in (rule.methods or ()):
            yield rule


def closed(app: Flask, method: str) -> Iterator[Rule]:
    with app.app_context():
        found = [rule for rule in rules(app, method) if not is_public(rule.endpoint)]
    yield from found  # outside: requests made inside one context would share what belongs to each


def of_residents(app: Flask, method: str) -> list[Rule]:
    return [rule for rule in closed(app, method) if not is_console(rule)]


def of_console(app: Flask, method: str) -> list[Rule]:
    return [rule for rule in closed(app, method) if is_console(rule)]


def address(app: Flask, rule: Rule, owner: Resident) -> str:
    known = CONSOLE_ROWS if is_console(rule) else {**OWN_ROWS, **NAMES}
    unknown = rule.arguments - known.keys()
    assert not unknown, f"{rule}: tell tests/test_access.py how to make a row for {sorted(unknown)}"
    with app.test_request_context():
        arguments = {name: known[name](owner) for name in rule.arguments}
        return str(app.url_map.bind("localhost").build(rule.endpoint, arguments))


@pytest.fixture
def owner(database: Flask) -> Resident:
    return factories.resident()


@pytest.fixture
def stranger(database: Flask) -> Resident:
    """Someone who lives here too: an account, a bill, a meter of his own, so that no page is empty by chance."""
    who = factories.resident()
    for make in OWN_ROWS.values():
        make(who)
    return who


def test_the_open_doors_are_these(app: Flask) -> None:
    with app.app_context():
        open_ones = {rule.endpoint for rule in app.url_map.iter_rules() if is_public(rule.endpoint)}
    assert open_ones == PUBLIC


def test_every_open_door_is_marked_by_hand(app: Flask) -> None:
    """`@public` stands on the view itself; a decorator put above it would lose the mark silently."""
    for endpoint in PUBLIC:
        assert getattr(app.view_functions[endpoint], "is_public", False)


def test_nobody_is_led_to_the_sign_in(app: Flask, client: PageClient, owner: Resident) -> None:
    for rule in closed(app, "GET"):
        page = client.get(address(app, rule, owner), status=303)
        assert page.location.startswith("/sign-in"), rule


def test_nobody_is_led_to_the_sign_in_from_a_fragment_too(app: Flask, client: PageClient, owner: Resident) -> None:
    for rule in closed(app, "GET"):
        page = client.get(address(app, rule, owner), status=204, htmx=True)
        assert page.location.startswith("/sign-in"), rule


def test_nobody_changes_anything(app: Flask, client: PageClient, owner: Resident) -> None:
    for rule in closed(app, "POST"):
        client.post(address(app, rule, owner), status=401)


def test_a_stranger_gets_404_for_every_row_of_another(
    app: Flask, client: PageClient, owner: Resident, stranger: Resident
) -> None:
    client.sign_in(stranger)
    for method, ask in (("GET", client.get), ("POST", client.post)):
        for rule in of_residents(app, method):
            if rule.arguments - NAMES.keys():
                ask(address(app, rule, owner), status=404)


def test_a_row_that_never_was_is_answered_as_a_strangers(app: Flask, client: PageClient, stranger: Resident) -> None:
    client.sign_in(stranger)
    for rule in of_residents(app, "GET"):
        if rule.arguments:
            url = app.url_map.bind("localhost").build(rule.endpoint, dict.fromkeys(rule.arguments, 2**31 - 1))
            client.get(url, status=404)


def test_numbers_beyond_the_database_are_answered_as_a_strangers(
    app: Flask, client: PageClient, stranger: Resident
) -> None:
    """PostgreSQL fails on integers over its type; the address bar must not reach it."""
    client.sign_in(stranger)
    for rule in of_residents(app, "GET"):
        if rule.arguments:
            url = app.url_map.bind("localhost").build(rule.endpoint, dict.fromkeys(rule.arguments, 10**20))
            client.get(url, status=404)


# Pages that show one thing and are asked for it in the query.
ASKED_BY = {"bills.make": ("bill", "bill_id")}


def test_the_owner_is_let_in(app: Flask, client: PageClient, owner: Resident) -> None:
    """Else the tests above would praise a portal that shows nothing to anyone."""
    client.sign_in(owner)
    for rule in of_residents(app, "GET"):
        name, row = ASKED_BY.get(rule.endpoint, ("", ""))
        url = address(app, rule, owner) + (f"?{name}={OWN_ROWS[row](owner)}" if name else "")
        answer = client.http.get(url)
        assert answer.status_code in (200, 303), f"{url}: {answer.status_code}"


def test_the_console_does_not_exist_for_residents(app: Flask, client: PageClient, owner: Resident) -> None:
    client.sign_in(owner)
    for rule in of_console(app, "GET"):
        client.get(address(app, rule, owner), status=404)
    for rule in of_console(app, "POST"):
        client.post(address(app, rule, owner), status=404)


@pytest.mark.parametrize("role", ["clerk", "administrator"])
def test_operators_are_let_into_the_console(app: Flask, client: PageClient, role: str) -> None:
    operator = factories.operator(role=role)
    client.sign_in(operator)
    for rule in of_console(app, "GET"):
        url = address(app, rule, operator)
        with app.app_context():
            is_closed = role != "administrator" and is_for_administrators(rule.endpoint)
        assert client.http.get(url).status_code in ((403,) if is_closed else (200, 303)), url


def test_what_stands_behind_a_token_is_kept_by_no_cache(app: Flask, client: PageClient, database: Flask) -> None:
    """Such a page is somebody's before he has signed in."""
    walked = [rule for rule in rules(app, "GET") if is_open(app, rule) and "token" in rule.arguments]
    assert walked
    for rule in walked:
        answer = client.http.get(app.url_map.bind("localhost").build(rule.endpoint, {"token": "x"}))
        assert answer.headers["Cache-Control"] == "no-store", rule


def test_every_change_demands_the_token_of_a_form(app: Flask, owner: Resident) -> None:
    for signed_in in (False, True):
        client = PageClient(app).sign_in(owner) if signed_in else PageClient(app)
        for rule in rules(app, "POST"):
            # Banks and letters sign, messengers show their secret, tokens let in.
            if not rule.endpoint.startswith(("callbacks.", "api.", "messengers.", "unsubscribe.")):
                values = {name: CLOSED_LISTS.get(name, "1") for name in rule.arguments}
                url = app.url_map.bind("localhost").build(rule.endpoint, values)
                assert client.http.post(url).status_code == 400, rule


def test_an_operator_is_a_stranger_to_residents_rows(app: Flask, client: PageClient, owner: Resident) -> None:
    client.sign_in(factories.operator(role="administrator"))
    for method, ask in (("GET", client.get), ("POST", client.post)):
        for rule in of_residents(app, method):
            if rule.arguments - NAMES.keys():
                ask(address(app, rule, owner), status=404)
