"""The second factor's rules: RFC 6238, a code that is good once, spare codes."""

from __future__ import annotations

from base64 import b32encode
from datetime import UTC, datetime, timedelta
from random import Random

import pyotp
import pytest
from flask import Flask

from models import Code, Device, Resident
from services import challenges, codes, second_factor
from services.limits import Visitor
from services.refusal import Refused
from services.second_factor import SETUP, SPARE, TOTP
from services.sign_in import Verified
from tests.factories import NOW
from tests.profiles import again, somebody

KEY, DATA_KEY = "k" * 40, "d" * 40
VISITOR = Visitor(KEY, "192.0.2.7", "Firefox, Linux")
# The seed of RFC 6238, appendix B, and its SHA-1 vectors; ours show the last six of the eight digits.
SEED = b32encode(b"12345678901234567890").decode()
VECTORS = [
    (59, "94287082"), (1111111109, "07081804"), (1111111111, "14050471"), (1234567890, "89005924"),
    (2000000000, "69279037"), (20000000000, "65353130"),
]  # fmt: skip


@pytest.fixture
def anna(database: Flask) -> Resident:
    return somebody(email="anna@example.org")


def code_at(secret: str, moment: datetime) -> str:
    return str(pyotp.TOTP(secret).at(moment))


def connected(who: Resident, now: datetime = NOW) -> tuple[str, list[str]]:
    """(the secret, the spare codes) of an authenticator connected half an hour before."""
    before = now - timedelta(minutes=30)
    secret = second_factor.begin_totp(who, before, data_key=DATA_KEY)
    typed = code_at(secret, before)
    return secret, second_factor.enable_totp(who, typed, before, key=KEY, data_key=DATA_KEY)


def asked(who: Resident, token: str, now: datetime = NOW) -> None:
    who = again(who)
    second_factor.ask(Verified(who, str(who.password_hash)), False, VISITOR, now, token, True)


def confirm(token: str, typed: str, now: datetime = NOW) -> second_factor.Passed:
    return second_factor.confirm(token, typed, VISITOR, now, key=KEY, data_key=DATA_KEY)


@pytest.mark.parametrize(("seconds", "digits"), VECTORS)
def test_codes_are_those_of_the_standard(seconds: int, digits: str) -> None:
    moment = datetime.fromtimestamp(seconds, UTC)
    assert second_factor.step_of(SEED, digits[2:], moment) == seconds // 30
    assert second_factor.step_of(SEED, f"{digits[2:5]} {digits[5:]}", moment) == seconds // 30


def test_a_clock_may_be_one_step_off_and_no_more() -> None:
    for steps, fits in ((-2, False), (-1, True), (0, True), (1, True), (2, False)):
        typed = code_at(SEED, NOW + timedelta(seconds=30 * steps))
        assert (second_factor.step_of(SEED, typed, NOW) is not None) == fits, steps


def test_the_uri_names_the_portal_and_the_login() -> None:
    uri = second_factor.uri(SEED, "anna@example.org", "Светлоречье")
    assert uri.startswith("otpauth://totp/") and f"secret={SEED}" in uri and "anna%40example.org" in uri


def test_the_secret_that_waits_is_one_on_every_page_and_sealed(anna: Resident) -> None:
    secret = second_factor.begin_totp(anna, NOW, data_key=DATA_KEY)
    assert second_factor.begin_totp(anna, NOW, data_key=DATA_KEY) == secret
    row = Code.get(Code.purpose == SETUP)
    assert secret not in str(row.facts) + str(row.code_hash)
    later = second_factor.begin_totp(anna, NOW + timedelta(hours=2), data_key=DATA_KEY)
    assert later != secret, "after an hour another"


def test_the_secret_of_another_connects_nothing(anna: Resident) -> None:
    secret = second_factor.begin_totp(anna, NOW, data_key=DATA_KEY)
    with pytest.raises(Refused, match="Время вышло"):
        second_factor.enable_totp(somebody(), code_at(secret, NOW), NOW, key=KEY, data_key=DATA_KEY)


def test_a_wrong_first_code_connects_nothing(anna: Resident) -> None:
    second_factor.begin_totp(anna, NOW, data_key=DATA_KEY)
    with pytest.raises(Refused, match="Код не подошёл"):
        second_factor.enable_totp(anna, "000000", NOW, key=KEY, data_key=DATA_KEY)
    assert again(anna).factor == "" and Code.open_of(anna, SETUP, NOW)


def test_connecting_seals_the_secret_and_gives_ten_spare_codes(anna: Resident) -> None:
    secret, spares = connected(anna)
    row = again(anna)
    assert row.factor == TOTP and secret not in row.totp_secret
    assert second_factor.unsealed(str(row.totp_secret), DATA_KEY) == secret
    assert len(set(spares)) == 10 and Code.open_of(anna, SETUP, NOW) is None
    stored = {code.code_hash for code in Code.select().where(Code.purpose == SPARE)}
    assert not stored & set(spares)
    with pytest.raises(Refused, match="уже подключено"):
        second_factor.begin_totp(anna, NOW, data_key=DATA_KEY)


def test_a_code_is_good_once(anna: Resident) -> None:
    secret, _spares = connected(anna)
    asked(anna, "one")
    assert confirm("one", code_at(secret, NOW)).verified.resident == anna
    asked(anna, "two")
    with pytest.raises(Refused, match="Код не подошёл"):
        confirm("two", code_at(secret, NOW))
    assert confirm("two", code_at(secret, NOW + timedelta(seconds=30))).verified.resident == anna


def test_the_code_that_connected_does_not_sign_in(anna: Resident) -> None:
    secret = second_factor.begin_totp(anna, NOW, data_key=DATA_KEY)
    second_factor.enable_totp(anna, code_at(secret, NOW), NOW, key=KEY, data_key=DATA_KEY)
    asked(anna, "one")
    with pytest.raises(Refused):
        confirm("one", code_at(secret, NOW))


def test_a_spare_code_is_good_once_however_it_is_typed(anna: Resident) -> None:
    _secret, spares = connected(anna)
    asked(anna, "one")
    confirm("one", spares[0].upper().replace("-", " "))
    asked(anna, "two")
    with pytest.raises(Refused, match="Такого запасного кода нет"):
        confirm("two", spares[0])
    confirm("two", spares[1])


def test_new_spare_codes_end_the_old_ones_and_are_nobodys_else(anna: Resident) -> None:
    _secret, old = connected(anna)
    fresh = second_factor.renew_spares(anna, NOW, key=KEY, rng=Random(1))
    boris = somebody()
    connected(boris)
    asked(boris, "boris")
    asked(anna, "anna")
    for token, typed in (("anna", old[0]), ("boris", fresh[0])):
        with pytest.raises(Refused):
            confirm(token, typed)
    confirm("anna", fresh[0])


def test_codes_need_somewhere_to_go(database: Flask) -> None:
    nowhere = somebody(email_confirmed_at=None)
    with pytest.raises(Refused, match="Сначала подтвердите"):
        second_factor.enable_codes(nowhere, True)


def test_codes_do_not_take_the_place_of_an_authenticator(anna: Resident) -> None:
    stale = again(anna)
    connected(anna)
    second_factor.enable_codes(stale, True)
    assert again(anna).factor == TOTP


def test_off_forgets_the_secret_the_spare_codes_and_the_browsers(anna: Resident) -> None:
    connected(anna)
    second_factor.trust(anna, "browser", VISITOR, NOW)
    second_factor.disable(again(anna), NOW)
    row = again(anna)
    assert (row.factor, row.totp_secret, row.totp_step) == ("", "", 0)
    assert not Device.select().exists() and Code.open_of(anna, SPARE, NOW) is None


def test_a_known_browser_is_not_asked(anna: Resident) -> None:
    second_factor.enable_codes(anna, True)
    second_factor.trust(anna, "browser", VISITOR, NOW)
    who = again(anna)
    assert not second_factor.is_wanted(who, "browser", True)
    assert second_factor.is_wanted(who, "another", True) and second_factor.is_wanted(who, "", True)
    assert Device.get().token_hash == codes.token_hash("browser")


def test_guesses_at_the_factor_end(anna: Resident) -> None:
    connected(anna)
    asked(anna, "one")
    for _ in range(challenges.TRIES):
        with pytest.raises(Refused, match="Код не подошёл"):
            confirm("one", "000000")
    with pytest.raises(Refused, match="Попытки кончились"):
        confirm("one", "000000")
