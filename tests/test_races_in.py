"""Two at once at the doors: the schema and the rows decide, one gets in, nobody sees a fault."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from threading import Barrier

import pyotp
import pytest
from flask import Flask

from models import Account, Code, Consent, Device, Invitation, Link, LinkRequest, Outbox, Resident, Session, db
from models.code import INVITATION
from presets import load_preset
from services import (
    challenges,
    codes,
    deletion,
    invitations,
    letters,
    linking,
    new_password,
    passwords,
    registration,
    registration_account,
    registration_phone,
    requests,
    second_factor,
    sign_in,
    texts,
)
from services.challenges import ACCOUNT_REGISTRATION, PHONE_REGISTRATION
from services.invitations import Arrival
from services.limits import Visitor
from services.refusal import Refused
from services.registration import Newcomer
from services.sign_in import Login, Verified
from tests import factories
from tests.crowd import together
from tests.factories import NOW

pytestmark = pytest.mark.commits
KEY, DATA_KEY = "k" * 40, "d" * 40
HERE = Visitor(KEY, "192.0.2.7")
PASSWORD = "Bereza-u-0kna"
POLICY = load_preset("default", {}, {}).password
AGREED = ("agreement", "personal-data")
CROWD = 8


@pytest.fixture(autouse=True)
def published(app: Flask) -> Iterator[None]:
    with db.connection_context():
        texts.seed(NOW)
    yield


def at_once(*steps: Callable[[], object], times: int = CROWD) -> list[object]:
    """What came of each: its answer, or None where it was refused; anything else is a fault."""

    def run(step: Callable[[], object]) -> Callable[[Barrier], object]:
        def one(barrier: Barrier) -> object:
            with db.connection_context():
                barrier.wait()
                try:
                    return step() or "done"
                except Refused:
                    return None

        return one

    return together([run(steps[turn % len(steps)]) for turn in range(times)])


def done(answers: list[object]) -> int:
    return sum(answer is not None for answer in answers)


def code_for(errand: challenges.Errand, token: str, digits: str) -> None:
    """The code of the page, as the letter's writer makes it."""
    request = Code.known(errand.request, codes.token_hash(token))
    assert request is not None
    codes.keep(errand.code, request.resident, codes.digits_hash(KEY, request, digits), NOW, timedelta(minutes=30))
    Code.update(channel="sms").where(Code.purpose == errand.code).execute()


def newcomer(**facts: object) -> Newcomer:
    given = {"full_name": "Соколова Анна", "email": "anna@example.org", "phone": "89123456789", "password": PASSWORD,
             "texts": AGREED}  # fmt: skip
    return Newcomer(**{**given, **facts})  # type: ignore[arg-type]


def test_one_user_name_is_one_residents() -> None:
    turn = iter(range(CROWD))

    def register() -> None:
        who = newcomer(email=f"anna{next(turn)}@example.org", username="Anna")
        registration.register(who, POLICY, HERE, NOW, codes.new_token())

    assert done(at_once(register)) == 1
    with db.connection_context():
        assert Resident.select().count() == 1


def test_one_code_of_a_phone_makes_one_resident() -> None:
    """Each code is used by four at once, and two pages of one phone are finished at once."""
    with db.connection_context():
        for turn in range(2):
            who = registration_phone.Newcomer("+79123456789", PASSWORD, ("agreement",))
            registration_phone.start(who, POLICY, HERE, NOW - timedelta(minutes=2 - turn), f"page{turn}")
            code_for(PHONE_REGISTRATION, f"page{turn}", f"1111{turn}")
    steps = [
        lambda turn=turn: registration_phone.confirm(f"page{turn}", f"1111{turn}", HERE, NOW, key=KEY)
        for turn in range(2)
    ]
    assert done(at_once(*steps)) == 1
    with db.connection_context():
        assert Resident.select().count() == 1 and Consent.select().count() == 1


def test_one_account_has_one_login() -> None:
    """Eight who have all shown that it is theirs set a password at once."""
    with db.connection_context():
        account = factories.account(number="1001", surname="Соколова")
        known = registration_account.Identity("1001", 0, "Соколова Анна", account.id)
        for turn in range(CROWD):
            registration_account.send(known, f"+7912000001{turn}", "", HERE, NOW, f"page{turn}", has_sms=True)
            code_for(ACCOUNT_REGISTRATION, f"page{turn}", "111111")
            registration_account.confirm(f"page{turn}", "111111", HERE, NOW, key=KEY, next_token=f"next{turn}")
    turns = iter(range(CROWD))
    answers = at_once(lambda: registration_account.save(f"next{next(turns)}", PASSWORD, POLICY, AGREED, HERE, NOW))
    assert done(answers) == 1
    with db.connection_context():
        assert Resident.select().count() == Link.select().count() == 1 and Link.get().is_login


def test_an_invitation_is_accepted_once() -> None:
    """By its link and by a newer one of the same letter, at once; then the accounts are there once."""
    with db.connection_context():
        row = factories.invitation(email="anna@example.org")
        for token in ("one", "two"):
            invitations.keep_link({"invitation": row.id}, "anna@example.org", token, NOW)
    arrival = Arrival(PASSWORD, AGREED)
    answers = at_once(
        *(lambda token=token: invitations.open_portal(token, arrival, POLICY, HERE, NOW) for token in ("one", "two"))
    )
    assert done(answers) == 1
    with db.connection_context():
        assert Resident.select().count() == Link.select().count() == 1
        assert Invitation.get().accepted_at == NOW
        assert Code.select().where(Code.purpose == INVITATION, Code.used_at.is_null()).count() == 0


def test_of_two_operators_one_decides() -> None:
    with db.connection_context():
        account = factories.account(number="1001")
        asked = factories.request(factories.resident(), supplier=account.supplier, number="1001")
        olga = factories.operator()

    def refuse() -> None:
        requests.refuse(LinkRequest.get_by_id(asked.id), "Не читается", olga, NOW)

    def approve() -> None:
        requests.approve(LinkRequest.get_by_id(asked.id), Account.get_by_id(account.id), olga, NOW)

    assert done(at_once(refuse, approve)) == 1
    with db.connection_context():
        assert Link.select().count() == (LinkRequest.get().state == "approved")
        assert Outbox.select().where(Outbox.kind.startswith("request-")).count() == 1


def resident_with(factor: str) -> Resident:
    return factories.resident(email="anna@example.org", password_hash=passwords.hashed(PASSWORD), factor=factor)


def pages_of(who: Resident, size: int = CROWD) -> list[str]:
    """So many sign-in pages that wait for the factor."""
    made = []
    for _ in range(size):
        made.append(codes.new_token())
        second_factor.ask(Verified(who, str(who.password_hash)), False, HERE, NOW, made[-1], has_sms=False)
    return made


def confirmed(token: str, typed: str) -> second_factor.Passed:
    return second_factor.confirm(token, typed, HERE, NOW, key=KEY, data_key=DATA_KEY)


def test_a_spare_code_and_a_step_of_the_clock_are_good_once() -> None:
    with db.connection_context():
        who, secret = resident_with(second_factor.TOTP), second_factor.new_secret()
        who.totp_secret = second_factor.sealed(secret, DATA_KEY)
        who.save()
        spare = second_factor.renew_spares(who, NOW, key=KEY)[0]
        pages = [iter(pages_of(who, 4)) for _ in range(2)]
    typed = [spare, pyotp.TOTP(secret).at(NOW)]
    answers = at_once(*(lambda n=n: confirmed(next(pages[n]), typed[n]) for n in range(2)))
    assert done(answers) == 2, "one of each"
    with db.connection_context():
        assert Code.select().where(Code.purpose == second_factor.SPARE, Code.used_at.is_null(False)).count() == 1


def test_whoever_leaves_while_he_signs_in_leaves_nothing() -> None:
    with db.connection_context():
        who = resident_with(second_factor.NONE)
        factories.link(who)
        account, other = factories.account(number="1001"), Resident.get_by_id(who.id)
        asked = factories.request(who, supplier=account.supplier, number="1001")
        olga = factories.operator()
        verified = sign_in.verify(Login("email", "anna@example.org"), PASSWORD, HERE, NOW)

    def enter() -> None:
        sign_in.begin(verified, HERE, NOW, codes.new_token())

    def trust() -> None:
        second_factor.trust(verified.resident, codes.new_token(), HERE, NOW)

    def link() -> None:
        linking.attach(Resident.get_by_id(who.id), Account.get_by_id(account.id), "meter", NOW)

    def approve() -> None:
        requests.approve(LinkRequest.get_by_id(asked.id), Account.get_by_id(account.id), olga, NOW)

    at_once(lambda: deletion.delete(other, PASSWORD, HERE, NOW), enter, link, approve, enter, trust, enter, link)
    with db.connection_context():
        assert Resident.get_by_id(who.id).state == "deleted"
        left = {
            table.__name__: table.select().where(table.resident == who.id).count()
            for table in (Session, Link, Device)
        }
        assert not any(left.values()), left


def test_what_comes_after_the_deletion_leaves_nothing_either() -> None:
    """A page that had read the resident before goes on with him after."""
    with db.connection_context():
        who, account = resident_with(second_factor.NONE), factories.account()
        deletion.delete(Resident.get_by_id(who.id), PASSWORD, HERE, NOW)
        for late in (
            lambda: linking.attach(who, account, "meter", NOW),
            lambda: second_factor.trust(who, codes.new_token(), HERE, NOW),
        ):
            with pytest.raises(Refused):
                late()
        assert not Link.select().exists() and not Device.select().exists()


def test_a_factor_that_waits_ends_with_the_password() -> None:
    """In whatever order: nobody is left signed in by the password of before."""
    with db.connection_context():
        who = resident_with(second_factor.TOTP)
        secret = second_factor.new_secret()
        who.totp_secret = second_factor.sealed(secret, DATA_KEY)
        who.save()
        [page] = pages_of(who, 1)
        own = Session.create(resident=who, token_hash="own", created_at=NOW, seen_at=NOW, expires_at=NOW)

    def enter() -> None:
        passed = confirmed(page, pyotp.TOTP(secret).at(NOW))
        sign_in.begin(passed.verified, HERE, NOW, codes.new_token())

    def change() -> None:
        new_password.change(Resident.get_by_id(who.id), PASSWORD, "Yablonya-v-1", POLICY, HERE, NOW, own)

    at_once(enter, change, times=2)
    with db.connection_context():
        assert [row.id for row in Session.select().where(Session.ended_at.is_null())] == [own.id]


def test_a_registration_repeated_while_it_is_activated_changes_nothing_after() -> None:
    """Either the second try came first and a password is to be chosen, or it found a portal that is open."""
    with db.connection_context():
        registration.register(newcomer(), POLICY, HERE, NOW, codes.new_token())
        token = codes.new_link(Resident.get(), letters.ACTIVATION, NOW, timedelta(hours=1))
    chosen: list[bool] = []

    def activate() -> None:
        chosen.append(registration.activate(token, NOW, codes.new_token()))

    def again() -> None:
        stranger = newcomer(full_name="Чужой", password="Klen-u-0gorodov")
        registration.register(stranger, POLICY, HERE, NOW, codes.new_token())

    at_once(activate, again, times=4)
    with db.connection_context():
        who = Resident.get()
        assert who.state == "active"
        assert (who.surname == "Чужой") == (who.password_hash == "") == chosen[0]
