"""The second factor of a sign-in from a browser that is not known (product R2.5), by code and by authenticator."""

from __future__ import annotations

from base64 import b32decode
from datetime import timedelta
from random import Random

import pyotp
import pytest
from argon2 import PasswordHasher
from flask import Flask

import clock
from models import Code, Device, Outbox, Resident, Session
from services import passwords, second_factor
from services.refusal import Refused
from tests import factories, portal
from tests.client import Page, PageClient
from tests.factories import NOW
from tests.post import newest_code

PASSWORD = "Bereza-u-0kna"
KEY, DATA_KEY = "s" * 40, "d" * 40
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture(autouse=True)
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def anna(database: Flask) -> Resident:
    who = factories.resident(email="anna@example.org", password_hash=passwords.hashed(PASSWORD))
    second_factor.enable_codes(who, has_sms=True)
    return who


def enter(client: PageClient, **fields: str) -> Page:
    return client.post("/sign-in", {"login": "anna@example.org", "password": PASSWORD, **fields})


def code(client: PageClient) -> str:
    return newest_code(client.app.extensions["settings"], clock.now())


def test_a_new_browser_is_asked_for_the_code_once(client: PageClient, anna: Resident) -> None:
    location = enter(client).location
    assert location.startswith("/sign-in/code/") and Session.select().count() == 0
    page = client.get(location)
    assert "Подтвердите вход" in page and "a•••@example.org" in page and "anna@" not in page.text
    client.get("/accounts", status=303)
    assert client.post(location, {"code": code(client)}).location == "/"
    assert Session.select().count() == 1 and Device.get().resident == anna
    client.post("/sign-out")
    assert enter(client).location == "/", "this browser is known now"


def test_another_browser_is_asked_again(app: Flask, client: PageClient, anna: Resident) -> None:
    client.post(enter(client).location, {"code": code(client)})
    assert enter(PageClient(app)).location.startswith("/sign-in/code/")


def test_codes_are_sent_five_times_an_hour(app: Flask, anna: Resident) -> None:
    for _ in range(5):
        enter(PageClient(app))
    page = PageClient(app).post("/sign-in", {"login": "anna@example.org", "password": PASSWORD}, status=422)
    assert "Слишком много попыток" in page and Outbox.select().count() == 5


def test_the_code_goes_to_a_confirmed_phone_first(client: PageClient, anna: Resident) -> None:
    anna.phone = anna.phone_key = "+79123456789"
    anna.phone_confirmed_at = anna.email_confirmed_at
    anna.save()
    page = client.get(enter(client).location)
    assert Outbox.get().channel == "sms" and "+7 ••• •••-67-89" in page


def test_where_no_code_can_go_nobody_is_locked_out(
    app: Flask, client: PageClient, anna: Resident, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna.email_confirmed_at, anna.phone, anna.phone_key = None, "+79123456789", "+79123456789"
    anna.save()
    portal.without_sms(app, monkeypatch)
    assert enter(client).location == "/"


def test_a_wrong_password_asks_for_no_code(client: PageClient, anna: Resident) -> None:
    client.post("/sign-in", {"login": "anna@example.org", "password": "Wrong-passw0rd"}, status=422)
    assert Outbox.select().count() == 0


def test_the_page_that_was_wanted_is_reached_after_the_code(client: PageClient, anna: Resident) -> None:
    location = enter(client, next="/history?kind=bills").location
    client.get(location)
    assert client.post(location, {"code": code(client)}).location == "/history?kind=bills"


def test_an_address_from_outside_is_not_followed(client: PageClient, anna: Resident) -> None:
    location = enter(client).location + "?next=https://evil.example/"
    assert client.post(location, {"code": code(client)}).location == "/"


def test_remembering_survives_the_code(client: PageClient, anna: Resident) -> None:
    client.post(enter(client, remember="y").location, {"code": code(client)})
    assert Session.get().is_remembered


def test_a_password_changed_meanwhile_ends_the_page(client: PageClient, anna: Resident) -> None:
    location = enter(client).location
    digits = code(client)
    anna.password_hash = passwords.hashed("An0ther-phrase")
    anna.save()
    assert "Пароль только что изменился" in client.post(location, {"code": digits}, status=422)
    assert Session.select().count() == 0


def test_five_wrong_codes_and_ten_an_hour(client: PageClient, anna: Resident) -> None:
    location = enter(client).location
    digits = code(client)
    for _ in range(5):
        client.post(location, {"code": "000000" if digits != "000000" else "111111"}, status=422)
    assert "Код больше не действует" in client.post(location, {"code": digits}, status=422)


def test_cancelling_leads_back(client: PageClient, anna: Resident) -> None:
    location = enter(client).location
    assert client.post(location, {"cancel": "yes"}).location == "/sign-in"


def test_an_invented_page_leads_to_the_sign_in(client: PageClient, anna: Resident) -> None:
    for token in ("x", "x" * 3000):
        assert client.get(f"/sign-in/code/{token}", status=303).location == "/sign-in"
        client.post(f"/sign-in/code/{token}", {"code": "1"})
        client.post(f"/sign-in/code/{token}/again")


def test_the_device_of_another_is_no_pass(client: PageClient, anna: Resident) -> None:
    """A browser known for one resident is new for another."""
    client.post(enter(client).location, {"code": code(client)})
    client.post("/sign-out")
    boris = factories.resident(email="boris@example.org", password_hash=passwords.hashed(PASSWORD))
    second_factor.enable_codes(boris, has_sms=True)
    assert enter(client, login="boris@example.org").location.startswith("/sign-in/code/")


class Known(Random):
    """Chance that makes the secret of these tests."""

    def randbytes(self, n: int) -> bytes:
        return b32decode(SECRET)[:n]


@pytest.fixture
def boris(database: Flask) -> tuple[Resident, list[str]]:
    """One with an authenticator, and his spare codes."""
    who = factories.resident(email="anna@example.org", password_hash=passwords.hashed(PASSWORD))
    before = NOW - timedelta(minutes=5)
    second_factor.begin_totp(who, before, data_key=DATA_KEY, rng=Known())
    digits = pyotp.TOTP(SECRET).at(before)
    spares = second_factor.enable_totp(who, digits, before, key=KEY, data_key=DATA_KEY)
    return who, spares


def totp(minutes: float = 0) -> str:
    return pyotp.TOTP(SECRET).at(NOW + timedelta(minutes=minutes))


def test_the_authenticators_code_opens(client: PageClient, boris: tuple[Resident, list[str]]) -> None:
    location = enter(client).location
    page = client.get(location)
    assert "приложения-аутентификатора" in page and "Отправить ещё раз" not in page
    assert client.post(location, {"code": totp()}).location == "/"
    assert Outbox.select().count() == 0


@pytest.mark.parametrize("minutes", [-0.5, 0.5])
def test_a_clock_half_a_minute_off_is_forgiven(
    client: PageClient, boris: tuple[Resident, list[str]], minutes: float
) -> None:
    assert client.post(enter(client).location, {"code": totp(minutes)}).location == "/"


@pytest.mark.parametrize("minutes", [-2, 2])
def test_an_older_or_later_code_is_wrong(
    client: PageClient, boris: tuple[Resident, list[str]], minutes: float
) -> None:
    assert "Код не подошёл" in client.post(enter(client).location, {"code": totp(minutes)}, status=422)


def test_an_authenticators_code_is_good_once(
    app: Flask, client: PageClient, boris: tuple[Resident, list[str]]
) -> None:
    client.post(enter(client).location, {"code": totp()})
    other = PageClient(app)
    assert "Код не подошёл" in other.post(enter(other).location, {"code": totp()}, status=422)


def test_a_spare_code_opens_once(app: Flask, client: PageClient, boris: tuple[Resident, list[str]]) -> None:
    _, spares = boris
    assert len(set(spares)) == 10
    assert client.post(enter(client).location, {"code": spares[0].upper()}).location == "/"
    other = PageClient(app)
    location = enter(other).location
    assert "уже использован" in other.post(location, {"code": spares[0]}, status=422)
    assert other.post(location, {"code": spares[1]}).location == "/"


def test_a_spare_code_of_another_is_none(app: Flask, client: PageClient, boris: tuple[Resident, list[str]]) -> None:
    other = factories.resident(email="other@example.org")
    theirs = second_factor.renew_spares(other, NOW, key=KEY)
    assert "уже использован" in client.post(enter(client).location, {"code": theirs[0]}, status=422)


def test_new_spare_codes_end_the_old(client: PageClient, boris: tuple[Resident, list[str]]) -> None:
    who, spares = boris
    second_factor.renew_spares(who, NOW, key=KEY)
    client.post(enter(client).location, {"code": spares[0]}, status=422)


def test_guesses_at_an_authenticator_are_counted(app: Flask, boris: tuple[Resident, list[str]]) -> None:
    for _ in range(2):
        page = PageClient(app)
        location = enter(page).location
        for _ in range(5):
            page.post(location, {"code": "000000"}, status=422)
    page = PageClient(app)
    assert "Слишком много попыток" in page.post(enter(page).location, {"code": totp()}, status=422)


def test_the_secret_is_sealed_and_codes_are_hashed(boris: tuple[Resident, list[str]]) -> None:
    who, spares = boris
    stored = Resident.get_by_id(who.id).totp_secret
    assert SECRET not in stored and second_factor.unsealed(stored, DATA_KEY) == SECRET
    assert not {spare.replace("-", "") for spare in spares} & {row.code_hash for row in Code.select()}
    with pytest.raises(Refused, match="запасному коду"):
        second_factor.unsealed(stored, "another key")


# RFC 6238, appendix B (SHA-1): the last six of the eight digits.
@pytest.mark.parametrize(
    ("moment", "digits"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (2000000000, "279037")],
)
def test_the_vectors_of_the_standard(moment: int, digits: str) -> None:
    from datetime import UTC, datetime

    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    assert second_factor.step_of(secret, digits, datetime.fromtimestamp(moment, UTC)) == moment // 30


def test_a_password_hashed_by_old_parameters_asks_for_the_factor_too(client: PageClient, anna: Resident) -> None:
    """Else whoever has a factor could never sign in again once the parameters are raised."""
    anna.password_hash = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    anna.save()
    assert client.post(enter(client).location, {"code": code(client)}).location == "/"
