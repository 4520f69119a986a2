"""Moving in: one letter an address, a link that works once, a portal that only the mailbox opens."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest
from flask import Flask

import worker
from config import Settings
from models import Account, Code, Consent, Invitation, Link, Outbox, Resident, Session, db
from presets import load_preset
from services import codes, invitations, passwords, requests, texts
from services.invitations import EXPIRED, LIVES, OPEN, UNKNOWN, USED, Arrival
from services.limits import TooMany, Visitor
from services.refusal import Refused
from tests import factories
from tests.factories import NOW
from tests.post import Post, send
from tests.test_requests import race

POLICY = load_preset("default", {}, {}).password
HERE = Visitor("k" * 40, "192.0.2.1")
ARRIVAL = Arrival("Bereza-u-0kna", ("agreement", "personal-data"))
SOON = NOW + timedelta(minutes=1)


@pytest.fixture
def published(database: Flask) -> None:
    texts.seed(NOW)


def tokens(settings: Settings, now=NOW) -> list[str]:
    """Sends what waits; the tokens of the letters that carry one."""
    post = Post()
    send(post, settings, now)
    return [found[1] for mail in post.mails if (found := re.search(r"/invitation/(\S+)", mail.text))]


def token(settings: Settings, **facts: object) -> str:
    """The link of an invitation."""
    factories.invitation(**facts)
    invitations.invite(NOW)
    return tokens(settings)[0]


def arrive(link: str, now=SOON, arrival: Arrival = ARRIVAL) -> None:
    invitations.open_portal(link, arrival, POLICY, HERE, now)


def test_an_address_gets_one_letter_for_all_its_accounts(published: None, settings: Settings) -> None:
    first, second = factories.account(number="0000007890"), factories.account(number="0042")
    factories.invitation(first)
    factories.invitation(second, email="Anna@example.org")
    factories.invitation(email="boris@example.org")
    factories.invitation(email="")
    assert [invitations.invite(NOW), invitations.invite(SOON)] == [2, 0]
    assert Invitation.select().where(Invitation.invited_at == NOW).count() == 3
    post = Post()
    send(post, settings)
    letter = next(mail for mail in post.mails if mail.to == "anna@example.org")
    assert "№ •••7890" in letter.text and "№ •••42" in letter.text and "14 дней" in letter.text
    assert "0000007890" not in letter.text and "Соколова" not in letter.text
    code = Code.select().where(Code.destination == "anna@example.org").get()
    assert len(json.loads(code.facts)["invitations"]) == 2 and code.expires_at == NOW + LIVES


def test_an_account_that_comes_later_gets_a_letter_of_its_own(published: None, settings: Settings) -> None:
    factories.invitation()
    invitations.invite(NOW)
    later = factories.invitation()
    assert invitations.invite(SOON) == 1
    newest = Outbox.select().order_by(Outbox.id.desc()).get()
    assert json.loads(newest.ids) == {f"invitation{later.id}": later.id}


def test_a_newcomer_gets_a_portal_with_his_accounts(published: None, settings: Settings) -> None:
    account = factories.account(activation_hash="h")
    factories.invitation(patronymic="Викторовна", phone="8 912 345-67-89")
    link = token(settings, of=account)
    assert invitations.look(link, SOON)[0] == OPEN
    arrive(link)
    who = Resident.get()
    assert (who.full_name, who.state, who.email_confirmed_at) == ("Соколова Анна Викторовна", "active", SOON)
    assert (who.phone, who.phone_key, who.advertising) == ("+79123456789", None, False)
    assert passwords.matches(who.password_hash, ARRIVAL.password)
    assert {link.fact for link in Link.select()} == {"invitation"} and Link.select().count() == 2
    assert {row.accepted_at for row in Invitation.select()} == {SOON}
    assert Account.get_by_id(account.id).activation_hash == "spent:h"
    assert {(row.text.slug, row.address) for row in Consent.select()} == {
        ("agreement", "192.0.2.1"), ("personal-data", "192.0.2.1"),
    }  # fmt: skip
    assert not Session.select().exists()


def test_advertising_is_a_tick_of_its_own(published: None, settings: Settings) -> None:
    arrive(token(settings), arrival=Arrival(ARRIVAL.password, ARRIVAL.texts, advertising=True))
    assert Resident.get().advertising and Consent.select().count() == 3


def test_a_link_works_once(published: None, settings: Settings) -> None:
    link = token(settings)
    arrive(link)
    assert invitations.look(link, SOON) == (USED, None)
    with pytest.raises(Refused):
        arrive(link)
    with pytest.raises(Refused):
        invitations.add(link, HERE, SOON)
    assert Resident.select().count() == 1


@pytest.mark.parametrize(("late", "state"), [(timedelta(), OPEN), (LIVES, EXPIRED), (timedelta(days=40), EXPIRED)])
def test_a_link_lives_for_a_fortnight(published: None, settings: Settings, late: timedelta, state: str) -> None:
    link = token(settings)
    worker.tidy(NOW + late)
    Code.wipe(NOW + late)
    assert invitations.look(link, NOW + late)[0] == state
    if state != OPEN:
        with pytest.raises(Refused):
            arrive(link, NOW + late)
        assert not Resident.select().exists()


def test_what_nobody_made_is_unknown(database: Flask) -> None:
    assert invitations.look("x", NOW) == (UNKNOWN, None)
    for act in (
        lambda: arrive("x"),
        lambda: invitations.renew("x", HERE, NOW),
        lambda: invitations.add("x", HERE, NOW),
    ):
        with pytest.raises(Refused):
            act()


def test_an_active_login_keeps_its_password_and_gains_accounts(published: None, settings: Settings) -> None:
    anna = factories.resident(email="anna@example.org", password_hash="old", name="Анна-Мария")
    held = factories.link(anna)
    factories.invitation(held.account)
    link = token(settings)
    offer = invitations.look(link, SOON)[1]
    assert offer is not None and not invitations.needs_password(offer)
    invitations.add(link, HERE, SOON)
    after = Resident.get()
    assert (after.id, after.password_hash, after.name) == (anna.id, "old", "Анна-Мария")
    assert Link.select().where(Link.resident == anna).count() == 2 and not Consent.select().exists()


def test_even_a_password_that_was_sent_changes_no_active_login(published: None, settings: Settings) -> None:
    factories.resident(email="anna@example.org", password_hash="old")
    arrive(token(settings))
    assert Resident.get().password_hash == "old"


def test_a_stranger_s_registration_leaves_nothing_behind(published: None, settings: Settings) -> None:
    waiting = factories.resident(
        email="anna@example.org", state="waiting", password_hash="evil", phone="+79990000000",
        phone_key="+79990000000", name="Злой", email_confirmed_at=None,
    )  # fmt: skip
    activation = codes.new_link(waiting, "activation", NOW, timedelta(days=2))
    link = token(settings)
    with pytest.raises(Refused, match="пароль"):
        invitations.add(link, HERE, SOON)
    arrive(link)
    after = Resident.get()
    assert (after.id, after.state, after.name, after.phone, after.phone_key) == (
        waiting.id,
        "active",
        "Анна",
        "",
        None,
    )
    assert passwords.matches(after.password_hash, ARRIVAL.password)
    assert Code.known("activation", codes.token_hash(activation)).used_at == SOON


@pytest.mark.parametrize("state", ["blocked", "deleted"])
def test_a_login_that_is_closed_stays_closed(published: None, settings: Settings, state: str) -> None:
    factories.resident(email="anna@example.org", state=state)
    link = token(settings)
    with pytest.raises(Refused, match="заблокирован"):
        invitations.add(link, HERE, SOON)
    assert invitations.look(link, SOON)[0] == OPEN and not Link.select().exists()


def test_a_new_link_is_sent_for_an_old_one_and_not_often(published: None, settings: Settings) -> None:
    old, late = token(settings), NOW + LIVES
    for _ in range(3):
        late += timedelta(minutes=1)
        invitations.renew(old, HERE, late)
    with pytest.raises(TooMany):
        invitations.renew(old, HERE, late + timedelta(minutes=1))
    new = tokens(settings, late)
    assert len(new) == 3 and all(invitations.look(link, late)[0] == OPEN for link in new)
    arrive(new[0], late)
    assert [invitations.look(link, late)[0] for link in (*new, old)] == [USED] * 4
    with pytest.raises(Refused):
        invitations.renew(old, HERE, late + timedelta(days=2))


def test_a_link_that_still_works_is_not_renewed(published: None, settings: Settings) -> None:
    with pytest.raises(Refused):
        invitations.renew(token(settings), HERE, SOON)


def test_a_link_to_an_address_that_was_wrong_gives_nothing(published: None, settings: Settings) -> None:
    link = token(settings)
    Invitation.update(email="right@example.org", invited_at=None).execute()
    assert invitations.look(link, SOON)[0] == USED
    with pytest.raises(Refused):
        arrive(link)


def test_a_letter_that_waited_until_all_was_accepted_is_not_sent(published: None, settings: Settings) -> None:
    factories.invitation()
    invitations.invite(NOW)
    Invitation.update(accepted_at=NOW).execute()
    assert tokens(settings) == [] and Outbox.get().state == "dead"


def test_an_approved_request_opens_a_portal_by_the_mailbox(published: None, settings: Settings) -> None:
    account = factories.account(number="0000007890")
    made = factories.request(full_name="Орлова Вера Ильинична", email="vera@example.org", phone="+79123456789")
    requests.approve(made, account, factories.operator(), NOW)
    post = Post()
    send(post, settings)
    assert f"Заявка № {made.id} одобрена" in post.mails[0].subject and "Орлова" not in post.mails[0].text
    link = re.search(r"/invitation/(\S+)", post.mails[0].text)[1]
    arrive(link)
    who = Resident.get(Resident.email == "vera@example.org")
    assert (who.full_name, who.state, who.phone) == ("Орлова Вера Ильинична", "active", "+79123456789")
    assert (Link.get().resident_id, Link.get().account_id, Link.get().fact) == (who.id, account.id, "operator")
    assert invitations.look(link, SOON)[0] == USED


def test_who_has_a_portal_with_the_account_is_answered_too(published: None, settings: Settings) -> None:
    held = factories.link(factories.resident(email="vera@example.org"))
    made = factories.request(email="vera@example.org")
    requests.approve(made, held.account, factories.operator(), NOW)
    [link] = tokens(settings)
    invitations.add(link, HERE, SOON)
    assert Link.select().count() == 1 and invitations.look(link, SOON)[0] == USED


@pytest.mark.parametrize("state", ["waiting", "refused"])
def test_a_request_that_is_not_approved_offers_nothing(database: Flask, state: str) -> None:
    made = factories.request(email="vera@example.org", account=factories.account(), state=state)
    assert invitations.offered({"request": made.id}, "vera@example.org") is None


@pytest.mark.commits
def test_of_two_presses_at_once_one_moves_in(database: Flask, settings: Settings) -> None:
    with db.connection_context():
        texts.seed(NOW)
        link = token(settings)
    heard = race([lambda: arrive(link)] * 4)
    assert heard.count("done") == 1 and heard.count(invitations.GONE) == 3
    with db.connection_context():
        assert (Resident.select().count(), Link.select().count()) == (1, 1)


@pytest.mark.commits
def test_of_workers_at_once_one_invites(database: Flask) -> None:
    with db.connection_context():
        for _ in range(5):
            factories.invitation()
    assert race([lambda: invitations.invite(NOW)] * 4) == ["done"] * 4
    with db.connection_context():
        assert Outbox.select().count() == 1
