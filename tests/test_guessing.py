"""No secret is guessed at more than ten times an hour: by however many pages, addresses, logins, browsers at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count
from threading import Barrier

import pytest
from flask import Flask

from models import Account, Attempt, Resident, db
from presets import load_preset
from services import (
    codes,
    contact_change,
    deletion,
    linking,
    new_password,
    passwords,
    recovery,
    registration_account,
    registration_phone,
    second_factor,
    sign_in,
    texts,
)
from services.challenges import EMAIL, SMS
from services.limits import TooMany, Visitor
from services.linking import Wish
from services.proof import FACTS, Proof
from services.refusal import Refused
from services.registration_phone import Newcomer
from services.sign_in import Login, Verified
from tests import factories
from tests.crowd import together
from tests.factories import NOW, TODAY

pytestmark = pytest.mark.commits
KEY, DATA_KEY = "k" * 40, "d" * 40
PASSWORD, WRONG = "Bereza-u-0kna", "Klen-u-0gorodov"
POLICY = load_preset("default", {}, {}).password
MOST, HOUR, MINUTE = 10, timedelta(hours=1), timedelta(minutes=1)
THREADS, EACH = 8, 4
NOT_LOOKED_AT = ("Слишком много попыток", "Код больше не действует", "Попытки кончились")

Guess = Callable[[int, Visitor], object]


@dataclass(frozen=True)
class Target:
    """Whose secrets they are; the rows are read anew by every guess."""

    resident: int
    account: int
    neighbours: tuple[int, ...]

    @property
    def who(self) -> Resident:
        return Resident.get_by_id(self.resident)

    def neighbour(self, turn: int) -> Resident:
        return Resident.get_by_id(self.neighbours[turn % len(self.neighbours)])


@pytest.fixture
def target(app: Flask) -> Iterator[Target]:
    with db.connection_context(), db.atomic():
        texts.seed(NOW)
        who = factories.resident(
            email="anna@example.org", phone="+79120000001", phone_key="+79120000001", phone_confirmed_at=NOW,
            username="Anna", username_key="ahha", password_hash=passwords.hashed(PASSWORD),
        )  # fmt: skip
        account = factories.account(number="1001", surname="Соколова")
        factories.meter(account, number="777")
        factories.link(who, account, is_login=True)
        neighbours = tuple(factories.resident().id for _ in range(THREADS))
    yield Target(who.id, account.id, neighbours)


LOGINS = [Login("email", "anna@example.org"), Login("phone", "+79120000001"), Login("username", "ahha"),
          Login("account", "1001")]  # fmt: skip


def password(target: Target) -> Guess:
    """By every login, through linking, and by one who sits at a browser that was left open."""
    account = Account.get_by_id(target.account)
    wish = Wish(account.supplier_id, "1001", Proof("password", password=WRONG))
    guesses: list[Guess] = [
        *(lambda _n, visitor, login=login: sign_in.verify(login, WRONG, visitor, NOW) for login in LOGINS),
        lambda n, visitor: linking.link(target.neighbour(n), wish, FACTS, visitor, DATA_KEY, NOW, TODAY),
        lambda _n, visitor: deletion.delete(target.who, WRONG, visitor, NOW),
        lambda _n, visitor: new_password.change(target.who, WRONG, "Yablonya-1", POLICY, visitor, NOW, None),
        lambda _n, visitor: sign_in.prove(target.who, WRONG, visitor, NOW),
    ]
    return lambda n, visitor: guesses[n % len(guesses)](n, visitor)


def recovery_code(target: Target) -> Guess:
    """A page by each login, four of them an hour by each."""
    for login in LOGINS:
        for turn in range(4):
            recovery.ask(login, visitor(turn), NOW - (4 - turn) * MINUTE, f"{login.kind}-{turn}", has_sms=True)
    tokens = [f"{login.kind}-{turn}" for turn in range(4) for login in LOGINS]
    return lambda n, visitor: recovery.confirm(
        tokens[n % len(tokens)], "000000", visitor, NOW, key=KEY, next_token=codes.new_token()
    )


def phone_code(_target: Target) -> Guess:
    newcomer = Newcomer("+79120000009", PASSWORD, ("agreement",))
    for turn in range(4):
        registration_phone.start(newcomer, POLICY, visitor(turn), NOW - (4 - turn) * MINUTE, f"phone-{turn}")
    return lambda n, visitor: registration_phone.confirm(f"phone-{n % 4}", "00000", visitor, NOW, key=KEY)


def account_code(target: Target) -> Guess:
    """The code to one phone, asked for again and again by whoever knows a name and a number."""
    known = registration_account.Identity("1001", 0, "Соколова Анна", target.account)
    for turn in range(4):
        then = NOW - (4 - turn) * MINUTE
        registration_account.send(known, "+79120000009", "", visitor(turn), then, f"account-{turn}", has_sms=True)
    return lambda n, visitor: registration_account.confirm(
        f"account-{n % 4}", "000000", visitor, NOW, key=KEY, next_token=codes.new_token()
    )


def contact_code(target: Target) -> Guess:
    """One resident's, for many addresses."""
    for turn in range(4):
        channel, text = (EMAIL, f"new{turn}@example.org") if turn % 2 else (SMS, f"+7912000001{turn}")
        contact_change.ask(target.who, channel, text, visitor(turn), NOW, f"contact-{turn}")
    return lambda n, visitor: contact_change.confirm(target.who, f"contact-{n % 4}", "00000", visitor, NOW, key=KEY)


def contact_code_of_many(target: Target) -> Guess:
    """One address, by many residents."""
    for turn in range(4):
        who, then = target.neighbour(turn), NOW - (4 - turn) * MINUTE
        contact_change.ask(who, EMAIL, "new@example.org", visitor(turn), then, f"contact-{turn}")
    return lambda n, visitor: contact_change.confirm(
        target.neighbour(n % 4), f"contact-{n % 4}", "00000", visitor, NOW, key=KEY
    )


def factor(target: Target, kind: str, typed: tuple[str, ...]) -> Guess:
    """The password is known: pages without end."""
    who = target.who
    who.factor, who.totp_secret = kind, second_factor.sealed(second_factor.new_secret(), DATA_KEY)
    who.save()
    for turn in range(4):
        then = NOW - (4 - turn) * MINUTE
        second_factor.ask(Verified(target.who, str(who.password_hash)), False, visitor(turn), then, f"f-{turn}", True)
    return lambda n, visitor: second_factor.confirm(
        f"f-{n % 4}", typed[n % len(typed)], visitor, NOW, key=KEY, data_key=DATA_KEY
    )


def meter(_target: Target) -> Guess:
    for turn in range(8):
        registration_account.identify("1001", 0, "Другой Человек", visitor(turn), NOW, TODAY, f"meter-{turn}")
    return lambda n, visitor: registration_account.prove_by_meter(f"meter-{n % 8}", f"{n}", visitor, NOW, TODAY)


def holder(_target: Target) -> Guess:
    def guess(n: int, visitor: Visitor) -> None:
        found = registration_account.identify("1001", 0, f"Имя {n}", visitor, NOW, TODAY, codes.new_token())
        if found.account is None:
            raise Refused("Не то имя")

    return guess


def facts_of_an_account(target: Target) -> Guess:
    """By many residents, each fact in turn."""
    account = Account.get_by_id(target.account)
    proofs = [Proof("meter", meter_number="1"), Proof("payment", payment_date=TODAY, payment_sum=1),
              Proof("bill", bill_sum=1), Proof("activation", activation_code="1")]  # fmt: skip
    return lambda n, visitor: linking.link(
        target.neighbour(n), Wish(account.supplier_id, "1001", proofs[n % 4]), FACTS, visitor, DATA_KEY, NOW, TODAY
    )


def facts_by_a_resident(target: Target) -> Guess:
    """At as many accounts as he likes."""
    supplier = Account.get_by_id(target.account).supplier_id
    proof = Proof("meter", meter_number="1")
    return lambda n, visitor: linking.link(
        target.neighbour(0), Wish(supplier, f"{n}", proof), FACTS, visitor, DATA_KEY, NOW, TODAY
    )


SECRETS: dict[str, Callable[[Target], Guess]] = {
    "password": password,
    "recovery code": recovery_code,
    "phone code": phone_code,
    "account code": account_code,
    "contact code": contact_code,
    "contact code of many": contact_code_of_many,
    "factor code and spares": lambda target: factor(target, second_factor.BY_CODE, ("000000", "aaaaa-bbbbb")),
    "authenticator and spares": lambda target: factor(target, second_factor.TOTP, ("000000", "aaaaa-bbbbb")),
    "meter at registration": meter,
    "holder's name": holder,
    "facts of an account": facts_of_an_account,
    "facts by a resident": facts_by_a_resident,
}


def visitor(turn: int) -> Visitor:
    """Each guess comes from another network."""
    return Visitor(KEY, f"198.51.{turn % 250}.7")


def is_looked_at(guess: Guess, turn: int) -> bool:
    try:
        guess(turn, visitor(turn))
    except Refused as refusal:
        return not refusal.sentence.startswith(NOT_LOOKED_AT)
    raise AssertionError("a wrong guess was taken")


@pytest.mark.parametrize("secret", SECRETS)
def test_of_guesses_at_once_ten_are_looked_at(target: Target, secret: str) -> None:
    with db.connection_context():
        guess, turns = SECRETS[secret](target), count()

    def guesses(barrier: Barrier) -> int:
        barrier.wait()
        with db.connection_context():
            return sum(is_looked_at(guess, next(turns)) for _ in range(EACH))

    assert sum(together([guesses] * THREADS)) == MOST
    with db.connection_context():
        assert Attempt.select().where(Attempt.succeeded == True).count() == 0  # noqa: E712


def test_whoever_recovers_by_mail_gets_in_whatever_was_done_to_lock_him_out(target: Target) -> None:
    """Guesses at the password and at the code, and as many letters as are sent: the link of any of them does it."""
    with db.connection_context():
        for make in (password, recovery_code):
            guess = make(target)
            assert sum(is_looked_at(guess, turn) for turn in range(40)) == MOST
        with pytest.raises(TooMany):
            for turn in range(10):
                recovery.ask(LOGINS[0], visitor(turn), NOW + turn * MINUTE, codes.new_token(), has_sms=True)
        link = codes.new_link(target.who, recovery.RECOVERY, NOW, HOUR)  # as the letter's writer makes it
        recovery.save(link, "Yablonya-v-1", POLICY, visitor(99), NOW)
        assert sign_in.verify(LOGINS[0], "Yablonya-v-1", visitor(99), NOW)


def test_a_village_behind_one_address_is_not_locked_out(target: Target) -> None:
    """A hundred of them mistype once or twice, forget a password, link an account, of an evening."""
    village = Visitor(KEY, "192.0.2.1")
    with db.connection_context():
        for turn in range(99):
            for _ in range(2):
                with pytest.raises(sign_in.Wrong):
                    sign_in.verify(Login("email", f"neighbour{turn}@example.org"), WRONG, village, NOW)
            recovery.ask(Login("email", f"neighbour{turn}@example.org"), village, NOW, codes.new_token())
        assert sign_in.verify(LOGINS[0], PASSWORD, village, NOW)
        recovery.ask(LOGINS[0], village, NOW, codes.new_token())


def test_attempts_are_forgiven_to_the_one_who_made_them(target: Target) -> None:
    """Who knows one password does not wash off the guesses at another's."""
    with db.connection_context():
        guess, mine = password(target), replace(LOGINS[0], key="boris@example.org")
        factories.resident(email="boris@example.org", password_hash=passwords.hashed(PASSWORD))
        looked_at = 0
        for turn in range(30):
            looked_at += is_looked_at(guess, turn)
            sign_in.verify(mine, PASSWORD, visitor(turn), NOW)
        assert looked_at == MOST
