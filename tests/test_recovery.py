"""The rules of recovery: codes and links are few, short-lived, and the same is seen whether the login is known."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from random import Random

import pytest
from flask import Flask

from models import Attempt, Code, Outbox, Resident, Session, db
from presets import load_preset
from services import challenges, codes, letters, passwords, recovery, sign_in
from services.letters import Desk, Letter
from services.limits import TooMany, Visitor
from services.refusal import Refused
from services.sign_in import Login
from tests import factories
from tests.factories import NOW
from tests.queries import counted

KEY = "k" * 32
HERE = Visitor(key=KEY, address="192.0.2.7")
POLICY = load_preset("default", {}, {}).password
MINUTE = timedelta(minutes=1)
DESK = Desk(lambda name, /, **facts: f"{name}\n{facts}", "https://portal.example", "Светлоречье", KEY, Random(7))
LOGIN = Login("email", "anna@example.org")


@pytest.fixture
def anna(database: Flask) -> Resident:
    return factories.resident(email="anna@example.org", password_hash="old")


def ask(login: Login = LOGIN, now: datetime = NOW, token: str = "page", visitor: Visitor = HERE) -> None:
    recovery.ask(login, visitor, now, token)


def written(now: datetime = NOW) -> tuple[str, str]:
    """(code, token of the link) of the newest letter."""
    letter = compose(now)
    assert letter is not None
    digits = re.search(r"'code': '(\d{6})'", letter.body)
    link = re.search(r"/recovery/([\w-]+)'", letter.body)
    assert digits and link
    return digits[1], link[1]


def compose(now: datetime = NOW) -> Letter | None:
    return letters.compose(Outbox.select().order_by(Outbox.id.desc()).get(), DESK, now)


def confirm(digits: str, now: datetime = NOW, token: str = "page", next_token: str = "next") -> None:
    recovery.confirm(token, digits, HERE, now, key=KEY, next_token=next_token)


def wrong(digits: str) -> str:
    return f"{(int(digits) + 1) % 10**6:06d}"


def test_the_code_of_the_letter_gives_a_link_that_sets_the_password(anna: Resident) -> None:
    ask()
    confirm(written()[0])
    recovery.save("next", "Bereza-u-0kna", POLICY, HERE, NOW)
    assert passwords.matches(Resident.get().password_hash, "Bereza-u-0kna")


def test_the_link_of_the_letter_does_it_alone(anna: Resident) -> None:
    ask()
    link = written()[1]
    assert recovery.link_owner(link, NOW) == anna
    recovery.save(link, "Bereza-u-0kna", POLICY, HERE, NOW)
    assert recovery.link_owner(link, NOW) is None


def test_neither_code_nor_link_is_in_the_database(anna: Resident) -> None:
    ask()
    digits, link = written()
    stored = " ".join(f"{row.code_hash} {row.destination}" for row in Code.select())
    assert digits not in stored and link not in stored and "anna" not in stored
    row = Outbox.get()
    assert digits not in row.ids and not row.body


def test_an_unknown_login_starts_the_same_page_and_no_letter(anna: Resident) -> None:
    ask(Login("email", "nobody@example.org"))
    assert challenges.waiting(challenges.RECOVERY, "page", NOW) and Outbox.select().count() == 0
    with pytest.raises(Refused, match="Осталось попыток: 4"):
        confirm("123456")


def test_known_and_unknown_are_limited_alike(anna: Resident) -> None:
    nobody = Login("email", "nobody@example.org")
    for login in (LOGIN, nobody):
        ask(login)
        with pytest.raises(TooMany) as refusal:
            ask(login, NOW + timedelta(seconds=20))
        assert refusal.value.left == timedelta(seconds=40)
        for n in range(1, 5):
            ask(login, NOW + n * MINUTE + timedelta(seconds=n))
        with pytest.raises(TooMany):
            ask(login, NOW + 10 * MINUTE)
        ask(login, NOW + timedelta(hours=1, seconds=1))


def test_an_unknown_login_costs_as_much_work(anna: Resident) -> None:
    with counted() as known:
        ask()
    with counted() as unknown:
        ask(Login("email", "nobody@example.org"), token="other")
    assert len(known) - len(unknown) <= 1


def test_five_wrong_codes_end_the_page(anna: Resident) -> None:
    ask()
    digits = written()[0]
    for left in (4, 3, 2, 1):
        with pytest.raises(Refused, match=f"Осталось попыток: {left}"):
            confirm(wrong(digits))
    with pytest.raises(Refused, match="Попытки кончились"):
        confirm(wrong(digits))
    with pytest.raises(Refused, match="больше не действует"):
        confirm(digits)
    assert recovery.link_owner("next", NOW) is None


def test_another_letter_gives_no_more_tries(anna: Resident) -> None:
    ask()
    digits = written()[0]
    for _ in range(4):
        with pytest.raises(Refused):
            confirm(wrong(digits))
    challenges.again(challenges.RECOVERY, "page", HERE, NOW + 2 * MINUTE)
    newer = written(NOW + 2 * MINUTE)[0]
    with pytest.raises(Refused, match="Попытки кончились"):
        confirm(wrong(newer), NOW + 2 * MINUTE)


def test_a_resident_is_guessed_at_ten_times_an_hour_however_many_pages_are_opened(anna: Resident) -> None:
    guesses = 0
    for page in range(4):
        now = NOW + page * 2 * MINUTE
        ask(now=now, token=f"page{page}")
        for _ in range(5):
            try:
                confirm("000000", now, f"page{page}")
            except TooMany:
                break
            except Refused:
                guesses += 1
    assert guesses == 10


def test_a_code_serves_its_own_page_alone(anna: Resident) -> None:
    ask()
    first = written()[0]
    ask(now=NOW + 2 * MINUTE, token="other")
    with pytest.raises(Refused):
        confirm(first, NOW + 2 * MINUTE, token="other")
    confirm(first, NOW + 2 * MINUTE)


def test_a_code_ends_after_half_an_hour(anna: Resident) -> None:
    ask()
    digits, link = written()
    late = NOW + timedelta(minutes=30)
    with pytest.raises(Refused):
        confirm(digits, late)
    assert recovery.link_owner(link, late) is None


def test_a_letter_that_could_not_go_out_in_time_is_not_written(anna: Resident) -> None:
    ask()
    assert compose(NOW + timedelta(hours=1)) is None


def test_a_code_is_used_once(anna: Resident) -> None:
    ask()
    digits = written()[0]
    confirm(digits)
    with pytest.raises(Refused):
        confirm(digits)


def test_all_other_sessions_end_and_a_letter_says_so(anna: Resident) -> None:
    own, other = (
        Session.create(
            resident=anna, token_hash=name, created_at=NOW, seen_at=NOW, expires_at=NOW + timedelta(days=1)
        )
        for name in ("own", "other")
    )
    ask()
    recovery.save(written()[1], "Bereza-u-0kna", POLICY, HERE, NOW, own)
    assert Session.get_by_id(own.id).ended_at is None and Session.get_by_id(other.id).ended_at == NOW
    assert Outbox.select().order_by(Outbox.id.desc()).get().kind == "password-changed"


def test_a_new_password_ends_every_other_link(anna: Resident) -> None:
    ask()
    digits, first = written()
    ask(now=NOW + 2 * MINUTE, token="other")
    second = written(NOW + 2 * MINUTE)[1]
    recovery.save(first, "Bereza-u-0kna", POLICY, HERE, NOW + 2 * MINUTE)
    assert recovery.link_owner(second, NOW + 2 * MINUTE) is None
    with pytest.raises(Refused):
        confirm(digits, NOW + 2 * MINUTE)


def test_a_new_password_opens_the_lock(anna: Resident) -> None:
    for _ in range(10):
        Attempt.create(kind="sign-in", subject=sign_in.subject(LOGIN, anna, HERE), at=NOW)
    ask()
    recovery.save(written()[1], "Bereza-u-0kna", POLICY, HERE, NOW)
    assert sign_in.enter(LOGIN, "Bereza-u-0kna", HERE, NOW, token=codes.new_token())


def test_a_weak_password_is_refused_and_the_link_stays(anna: Resident) -> None:
    ask()
    link = written()[1]
    for password in ("short", "Password123", "anna@example.org1A"):
        with pytest.raises(Refused):
            recovery.save(link, password, POLICY, HERE, NOW)
    assert recovery.link_owner(link, NOW) == anna


def test_who_never_confirmed_the_mailbox_does_so_now(database: Flask) -> None:
    factories.resident(email="anna@example.org", state="waiting", email_confirmed_at=None)
    ask()
    recovery.save(written()[1], "Bereza-u-0kna", POLICY, HERE, NOW)
    assert (Resident.get().state, Resident.get().email_confirmed_at) == ("active", NOW)


def test_a_blocked_resident_gets_no_letter(database: Flask) -> None:
    factories.resident(email="anna@example.org", state="blocked")
    ask()
    assert Outbox.select().count() == 0


def test_a_cancelled_link_is_dead(anna: Resident) -> None:
    ask()
    link = written()[1]
    recovery.cancel(link, NOW)
    recovery.cancel("unknown", NOW)
    assert recovery.link_owner(link, NOW) is None


@pytest.mark.commits
def test_of_twenty_codes_at_once_five_are_looked_at(app: Flask) -> None:
    with db.connection_context():
        factories.resident(email="anna@example.org")
        ask()

    def one(_n: int) -> str:
        with db.connection_context():
            try:
                confirm("000000")
            except Refused as refusal:
                return refusal.sentence
        raise AssertionError("a code that was never written was taken")

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(one, range(20)))
    assert sum("не подошёл" in answer for answer in answers) == 5


@pytest.mark.commits
def test_a_link_used_twice_at_once_sets_one_password(app: Flask) -> None:
    with db.connection_context():
        factories.resident(email="anna@example.org")
        ask()
        link = written()[1]

    def one(n: int) -> bool:
        with db.connection_context():
            try:
                recovery.save(link, f"Bereza-u-0kna-{n}", POLICY, HERE, NOW)
            except Refused:
                return False
            return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(one, range(4))) == 1


def test_no_code_goes_to_a_mailbox_that_nobody_has_shown(database: Flask) -> None:
    """One who registered by phone may have typed any address beside it."""
    who = factories.resident(email="typed@example.org", email_confirmed_at=None)
    Resident.update(email_key=None).where(Resident.id == who.id).execute()
    factories.link(who, factories.account(number="42"), is_login=True)
    ask(Login("account", "42"))
    assert Outbox.select().count() == 0
