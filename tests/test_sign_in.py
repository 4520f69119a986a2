"""Who gets in: the limits, what counts as a guess, how long a session lives."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from statistics import median
from time import process_time
from unicodedata import normalize

import pytest
from argon2 import PasswordHasher
from flask import Flask

from config import Settings
from models import Attempt, Resident, Session, db
from services import codes, limits, passwords, recovery, sign_in
from services.limits import TooMany, Visitor
from services.refusal import Refused
from services.sign_in import Login, Waiting, Wrong
from tests import factories
from tests.factories import NOW

PASSWORD = "Bereza-u-0kna"
HASH = passwords.hashed(PASSWORD)
HERE = Visitor(key="k" * 32, address="192.0.2.7", device="Chrome, Android")
HOUR = timedelta(hours=1)


def anna(**facts: object) -> Resident:
    return factories.resident(**{"email": "anna@example.org", "password_hash": HASH, **facts})


def enter(
    password: str = PASSWORD, now=NOW, login: str = "anna@example.org", visitor: Visitor = HERE, **more
) -> Session:
    return sign_in.enter(
        sign_in.login_of(login, ("email",)), password, visitor, now, token=codes.new_token(), **more
    )  # fmt: skip


def guess(times: int, now=NOW, login: str = "anna@example.org", visitor: Visitor = HERE) -> list[str]:
    """The sentences that so many wrong passwords are answered with, a second apart."""
    answers = []
    for second in range(times):
        with pytest.raises(Refused) as refusal:
            enter("Wrong-passw0rd", now + timedelta(seconds=second), login, visitor)
        answers.append(refusal.value.sentence)
    return answers


def test_the_right_password_opens_a_session_that_says_where_from(database: Flask) -> None:
    session = enter_as(anna())
    assert (session.device, session.address) == ("Chrome, Android", "192.0.2.7")
    assert session.expires_at == NOW + timedelta(hours=12)


def enter_as(who: Resident, **more) -> Session:
    session = enter(**more)
    assert session.resident == who
    return session


def test_the_cookie_is_not_in_the_database(database: Flask) -> None:
    anna()
    token = codes.new_token()
    session = sign_in.enter(Login("email", "anna@example.org"), PASSWORD, HERE, NOW, token=token)
    assert token not in session.token_hash and session.token_hash == codes.token_hash(token)


def test_a_remembered_session_lasts_thirty_days_and_no_longer(database: Flask) -> None:
    anna()
    session = enter(remembered=True)
    assert session.expires_at == NOW + timedelta(days=30)
    session.touch(NOW + timedelta(days=29))
    assert session.expires_at == NOW + timedelta(days=30)


def test_a_session_in_use_goes_on_and_an_idle_one_ends(database: Flask) -> None:
    anna()
    session = enter()
    session.touch(NOW + timedelta(hours=11))
    assert Session.alive(session.token_hash, NOW + timedelta(hours=22)) is not None
    assert Session.alive(session.token_hash, NOW + timedelta(hours=24)) is None


def test_however_much_it_is_used_a_session_ends_after_thirty_days(database: Flask) -> None:
    anna()
    session = enter()
    session.touch(NOW + timedelta(days=29, hours=23))
    assert session.expires_at == NOW + timedelta(days=30)


@pytest.mark.parametrize("typed", ["ANNA@Example.ORG", " anna@example.org ", "anna@EXAMPLE.org"])
def test_the_case_of_an_email_does_not_matter(database: Flask, typed: str) -> None:
    anna()
    assert enter(login=typed)


@pytest.mark.parametrize("typed", ["anna@почта.рф", "anna@xn--80a1acny.xn--p1ai", "ANNA@ПОЧТА.РФ"])
def test_an_international_domain_is_one_in_both_spellings(database: Flask, typed: str) -> None:
    factories.resident(email="anna@почта.рф", password_hash=HASH)
    assert enter(login=typed)


def test_an_unknown_login_and_a_wrong_password_are_answered_alike(database: Flask) -> None:
    anna()
    assert guess(10) == guess(10, login="nobody@example.org", visitor=Visitor(key=HERE.key, address="192.0.2.8"))


def test_an_unknown_login_costs_as_much_time_as_a_known_one(database: Flask) -> None:
    anna()
    known = median(spent("anna@example.org", n) for n in range(9))
    unknown = median(spent("nobody@example.org", n) for n in range(9))
    assert 0.5 < unknown / known < 2


def spent(login: str, n: int) -> float:
    """Processor seconds of a wrong guess; the hash is by far the most of it."""
    begun = process_time()
    guess(1, NOW + timedelta(hours=2 * n), login, Visitor(key=HERE.key, address=f"192.0.2.{n}"))
    return process_time() - begun


def test_after_ten_wrong_guesses_even_the_right_password_waits(database: Flask) -> None:
    anna()
    guess(10)
    with pytest.raises(Refused, match="Подождите 48\N{NO-BREAK SPACE}минут "):
        enter(now=NOW + timedelta(minutes=12))


def test_the_lock_opens_by_itself(database: Flask) -> None:
    anna()
    guess(10)
    assert enter(now=NOW + HOUR + timedelta(seconds=1))


def test_the_lock_holds_whatever_address_the_guesses_come_from(database: Flask) -> None:
    anna()
    for n in range(10):
        guess(1, visitor=Visitor(key=HERE.key, address=f"198.51.100.{n}"))
    with pytest.raises(Refused, match="Слишком много попыток"):
        enter()


def test_one_address_is_held_too_but_a_village_behind_it_is_not(database: Flask) -> None:
    anna()
    for _ in range(100):
        Attempt.create(kind="sign-in", subject=HERE.network, at=NOW - timedelta(minutes=1))
    assert enter()
    for _ in range(200):
        Attempt.create(kind="sign-in", subject=HERE.network, at=NOW - timedelta(minutes=1))
    with pytest.raises(Refused, match="Слишком много попыток"):
        enter()
    assert enter(visitor=Visitor(key=HERE.key, address="198.51.100.1"))


def test_right_passwords_do_not_count(database: Flask) -> None:
    anna()
    for n in range(12):
        enter(now=NOW + timedelta(seconds=n))
    assert Attempt.select().where(Attempt.succeeded == False).count() == 0  # noqa: E712


def test_the_last_tries_are_told(database: Flask) -> None:
    anna()
    answers = guess(10)
    assert answers[5] == "Логин или пароль не подошли."
    assert answers[7].endswith("Осталось попыток: 2.")
    assert "последняя попытка" in answers[9]


def test_nobody_is_named_in_the_table_of_attempts(database: Flask) -> None:
    anna()
    guess(1)
    stored = " ".join(f"{row.kind} {row.subject}" for row in Attempt.select())
    assert "anna" not in stored and "192.0.2" not in stored


def test_an_ipv6_household_is_one_address(database: Flask) -> None:
    one, two, other = (
        Visitor(key="k", address=text).network for text in ("2001:db8::1", "2001:db8::ffff", "2001:db8:0:1::1")
    )
    assert one == two != other


def test_a_registration_that_was_not_confirmed_is_told_after_the_right_password_only(database: Flask) -> None:
    anna(state="waiting")
    with pytest.raises(Wrong):
        enter("Wrong-passw0rd")
    with pytest.raises(Waiting, match="Почта ещё не подтверждена"):
        enter()


def test_a_blocked_resident_is_told_so_after_the_right_password_only(database: Flask) -> None:
    anna(state="blocked")
    with pytest.raises(Wrong):
        enter("Wrong-passw0rd")
    with pytest.raises(Refused, match="закрыт"):
        enter()
    assert Session.select().count() == 0


def test_a_resident_without_a_password_cannot_be_entered(database: Flask) -> None:
    anna(password_hash="")
    for password in ("", "nobody", PASSWORD):
        with pytest.raises(Wrong):
            enter(password)


def test_an_old_hash_is_renewed_at_sign_in(database: Flask) -> None:
    old = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    who = anna(password_hash=old)
    enter()
    renewed = Resident.get_by_id(who.id).password_hash
    assert renewed != old and not passwords.is_outdated(renewed) and passwords.matches(renewed, PASSWORD)


def meanwhile(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], object]) -> None:
    """Something that another request does while the hash is being computed."""
    verify = PasswordHasher.verify

    def slow(hasher: PasswordHasher, known: str, password: bytes) -> bool:
        happens()
        return bool(verify(hasher, known, password))

    monkeypatch.setattr(PasswordHasher, "verify", slow)


OUTDATED = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)


@pytest.mark.parametrize("before", [HASH, OUTDATED], ids=["as hashed today", "to be renewed"])
def test_a_password_that_is_reset_while_it_is_verified_opens_nothing(
    database: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch, before: str
) -> None:
    who = anna(password_hash=before)
    link = codes.new_link(who, "recovery", NOW, HOUR)
    meanwhile(monkeypatch, lambda: recovery.save(link, "Sosna-u-0kna", settings.preset.password, HERE, NOW))
    with pytest.raises(Refused, match="только что изменились"):
        enter()
    monkeypatch.undo()
    assert Session.select().count() == 0
    assert passwords.matches(Resident.get_by_id(who.id).password_hash, "Sosna-u-0kna")


def test_who_is_blocked_while_the_password_is_verified_does_not_get_in(
    database: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna()
    meanwhile(monkeypatch, lambda: Resident.update(state="blocked").execute())
    with pytest.raises(Refused):
        enter()
    assert Session.select().count() == 0


def test_a_password_of_ten_thousand_signs_is_only_wrong(database: Flask) -> None:
    anna()
    with pytest.raises(Wrong):
        enter("я" * 10_000)


def test_lone_surrogates_in_a_password_are_only_wrong(database: Flask) -> None:
    anna()
    with pytest.raises(Wrong):
        enter("\ud800password")


def test_letters_composed_differently_are_one_password(database: Flask) -> None:
    anna(password_hash=passwords.hashed(normalize("NFC", "Йод-12345")))
    assert enter(normalize("NFD", "Йод-12345"))


@pytest.mark.commits
def test_of_thirty_guesses_at_once_no_more_than_ten_are_made(app: Flask) -> None:
    with db.connection_context():
        anna()

    def one(_n: int) -> str:
        with db.connection_context():
            try:
                enter("Wrong-passw0rd")
            except Wrong:
                return "made"
            except Refused:
                return "refused"
        raise AssertionError("a wrong password was taken")

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(one, range(30)))
    assert answers.count("made") == 10


def test_the_time_left_is_said_in_russian() -> None:
    said = [limits.waiting_words(timedelta(seconds=seconds)) for seconds in (1, 40, 60, 61, 720, 3599, 3600, 7200)]
    assert [words.replace("\N{NO-BREAK SPACE}", " ") for words in said] == [
        "1 секунду", "40 секунд", "1 минуту", "2 минуты", "12 минут", "60 минут", "60 минут", "2 часа",
    ]  # fmt: skip


def test_a_refused_attempt_is_not_counted(database: Flask) -> None:
    limit = limits.Limit("test", 2)
    for _ in range(2):
        limits.spend([(limit, "x")], NOW)
    for _ in range(5):
        with pytest.raises(TooMany):
            limits.spend([(limit, "x")], NOW)
    assert Attempt.select().where(Attempt.kind == "test").count() == 2


def test_a_login_is_read_as_one_of_the_ways_of_the_preset() -> None:
    every = ("email", "phone", "username")
    assert sign_in.login_of("Anna@Example.org", every) == Login("email", "anna@example.org")
    assert sign_in.login_of("8 (912) 345-67-89", every) == Login("phone", "+79123456789")
    assert sign_in.login_of("Анна_К", every) == Login("username", "ahha_k")  # as if typed on the other layout
    assert sign_in.login_of("8 (912) 345-67-89", ("email",)).kind == "email"
