"""The second factor at a sign-in from a new browser: a code to the phone or mailbox, or an authenticator (RFC 6238).

The browser that has shown it once is known by a cookie of its own and is not asked again (product R2.5).
"""

from __future__ import annotations

import json
from base64 import b32encode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from hmac import compare_digest
from random import Random

from models import Code, Device, Operator, Resident, lock, transaction
from models.resident import DELETED
from services import challenges, codes, limits
from services.challenges import EMAIL, FACTOR, SMS, Way
from services.limits import Visitor
from services.refusal import Refused
from services.secrets import keyed
from services.sign_in import Verified

NONE, BY_CODE, TOTP = "", "code", "totp"
SPARE, SETUP = "factor-spare", "factor-setup"
SETUP_LIVES = timedelta(hours=1)  # the page with the secret that waits for the first code
SPARES, SPARE_LENGTH = 10, 10
SPARE_SIGNS = "23456789abcdefghjkmnpqrstuvwxyz"  # none that is mistaken for another
SPARES_LIVE = timedelta(days=3650)
STEP = 30  # seconds of a TOTP code; one step either way is forgiven

IS_ON = "Приложение уже подключено. Чтобы подключить другое, сначала отключите это."
OPERATORS = (
    "Операторы входят только со вторым шагом. Сменили телефон? Попросите администратора отключить прежний второй "
    "шаг, при следующем входе вы подключите новый."
)
WRONG = "Код не подошёл. Проверьте, что на телефоне верное время, и введите следующий код."


def way_to(resident: Resident, has_sms: bool) -> Way | None:
    """Where a code for the resident goes: a confirmed phone first, else a confirmed e-mail; None = nowhere."""
    if has_sms and resident.mobile:
        return Way(SMS, resident.mobile)
    return Way(EMAIL, str(resident.email)) if resident.email_confirmed_at and resident.email else None


def stands(resident: Resident, has_sms: bool) -> bool:
    """Is there a second factor that can be shown?"""
    return resident.factor == TOTP or (resident.factor == BY_CODE and way_to(resident, has_sms) is not None)


def is_wanted(resident: Resident, device_token: str, has_sms: bool) -> bool:
    """Must this browser show a second factor? One that cannot be shown locks nobody out."""
    if not stands(resident, has_sms):
        return False
    return not device_token or Device.of_resident(resident, codes.token_hash(device_token)) is None


def ask(verified: Verified, remembered: bool, visitor: Visitor, now: datetime, token: str, has_sms: bool) -> Code:
    """Opens the page that waits for the factor; by code, the code is sent."""
    resident = verified.resident
    facts = {"password": keyed(str(resident.password_hash), "factor"), "remembered": remembered}
    whose = visitor.subject("resident", str(resident.id))
    way = way_to(resident, has_sms) if resident.factor == BY_CODE else None
    if way is not None:
        return challenges.start(FACTOR, way, visitor, now, token, whose=whose, resident=resident, facts=facts)
    written = json.dumps({"to": "", **facts})
    return codes.keep(FACTOR.request, resident, codes.token_hash(token), now, FACTOR.lives, facts=written)


@dataclass(frozen=True)
class Passed:
    """Who has shown the factor, and what the sign-in page was asked for."""

    verified: Verified
    remembered: bool


def confirm(token: str, typed: str, visitor: Visitor, now: datetime, *, key: str, data_key: str) -> Passed:
    """Takes the code that was sent, the authenticator's, or one of the spare ones; each try is counted before."""
    request = challenges.waiting(FACTOR, token, now)
    if request is None or request.resident is None:
        raise Refused(challenges.TIME_IS_UP)
    if len(challenges.plain(typed)) == SPARE_LENGTH:
        _count(request, visitor, now)
        _spend_spare(request, request.resident, typed, now, key)
    elif request.resident.factor == TOTP:
        _count(request, visitor, now)
        _accept_totp(request, request.resident, typed, now, data_key)
    else:
        _accept_code(challenges.check(FACTOR, token, typed, visitor, now, key=key), now)
    return _passed(request)


def _passed(request: Code) -> Passed:
    facts, resident = challenges.facts_of(request), request.resident
    assert resident is not None, "a factor is asked of somebody"
    if facts["password"] != keyed(str(resident.password_hash), "factor"):
        raise Refused("Пароль только что изменился. Войдите ещё раз.")
    return Passed(Verified(resident, str(resident.password_hash)), bool(facts["remembered"]))


@transaction
def _count(request: Code, visitor: Visitor, now: datetime) -> None:
    limits.spend([(FACTOR.guesses, visitor.subject(FACTOR.code, str(request.resident_id)))], now)
    if not Code.spend_try(request, challenges.TRIES, now):
        raise Refused("Попытки кончились. Войдите ещё раз.", field="code")


@transaction
def _accept_code(answer: challenges.Answer, now: datetime) -> None:
    challenges.accept(answer, now)


@transaction
def _accept_totp(request: Code, known: Resident, typed: str, now: datetime, data_key: str) -> None:
    """A code of the authenticator is good once: its step is kept."""
    resident = lock(known)
    step = step_of(unsealed(str(resident.totp_secret), data_key), typed, now)
    if step is None or step <= resident.totp_step or not Code.redeem(request, now):
        raise Refused(WRONG, field="code")
    resident.totp_step = step
    resident.save()


@transaction
def _spend_spare(request: Code, resident: Resident, typed: str, now: datetime, key: str) -> None:
    spare = Code.known(SPARE, spare_hash(key, resident, typed))
    if spare is None or not (Code.redeem(spare, now) and Code.redeem(request, now)):
        raise Refused("Такого запасного кода нет, или он уже использован.", field="code")


@transaction
def trust(resident: Resident, token: str, visitor: Visitor, now: datetime) -> Device:
    """The browser whose cookie is `token` is known from now on."""
    if lock(resident).state == DELETED:
        raise Refused(challenges.TIME_IS_UP)
    device: Device = Device.create(
        resident=resident, token_hash=codes.token_hash(token), name=visitor.device, created_at=now, seen_at=now
    )
    return device


@transaction
def enable_codes(resident: Resident, has_sms: bool) -> bool:
    """«Запрашивать подтверждение при входе с нового устройства/браузера»; False where a factor was on already."""
    if way_to(resident, has_sms) is None:
        raise Refused("Сначала подтвердите телефон или e-mail: на них приходит код.", field="factor")
    resident = lock(resident)
    if resident.factor != NONE:  # two open pages: an authenticator that was connected meanwhile asks for more
        return False
    resident.factor = BY_CODE
    resident.save()
    return True


@transaction
def begin_totp(known: Resident, now: datetime, *, data_key: str, rng: Random = codes.CHANCE) -> str:
    """The secret that waits for its first code: one and the same on every page that shows it, for an hour."""
    resident = lock(known)
    if resident.factor == TOTP:
        raise Refused(IS_ON)
    waiting = Code.open_of(resident, SETUP, now)
    if waiting is not None:
        return unsealed(str(waiting.facts), data_key)
    secret = new_secret(rng)
    page = codes.token_hash(codes.new_token(rng))  # no link leads here: the resident's own row is looked for
    codes.keep(SETUP, resident, page, now, SETUP_LIVES, facts=sealed(secret, data_key))
    return secret


@transaction
def enable_totp(known: Resident, typed: str, now: datetime, *, key: str, data_key: str) -> list[str]:
    """Starts asking for the authenticator's code, once one is right; the spare codes, shown this once."""
    resident = lock(known)
    setup = Code.open_of(resident, SETUP, now)
    if resident.factor == TOTP or setup is None:
        raise Refused(IS_ON if resident.factor == TOTP else challenges.TIME_IS_UP)
    secret = unsealed(str(setup.facts), data_key)
    step = step_of(secret, typed, now)
    if step is None:
        raise Refused(WRONG, field="totp")
    Code.end_all(resident, [SETUP], now)
    resident.factor, resident.totp_step = TOTP, step
    resident.totp_secret = sealed(secret, data_key)
    resident.save()
    return renew_spares(resident, now, key=key)


@transaction
def renew_spares(resident: Resident, now: datetime, *, key: str, rng: Random = codes.CHANCE) -> list[str]:
    """Ten new codes for when the phone is lost; the old ones end."""
    Code.end_all(resident, [SPARE], now)
    made = ["".join(rng.choice(SPARE_SIGNS) for _ in range(SPARE_LENGTH)) for _ in range(SPARES)]
    for spare in made:
        codes.keep(SPARE, resident, spare_hash(key, resident, spare), now, SPARES_LIVE)
    return [f"{spare[:5]}-{spare[5:]}" for spare in made]


@transaction
def turn_off(resident: Resident, now: datetime, *, is_demo: bool) -> None:
    """At the resident's own wish; whoever works in the console of a real portal must have one."""
    if not is_demo and Operator.is_one(resident):
        raise Refused(OPERATORS)
    disable(resident, now)


@transaction
def disable(resident: Resident, now: datetime) -> None:
    """No browser is asked any more; the secret, the spare codes and the known browsers are forgotten."""
    resident.factor, resident.totp_secret, resident.totp_step = NONE, "", 0
    resident.save()
    Code.end_all(resident, [SPARE, SETUP, FACTOR.request], now)
    Device.forget_all(resident)


def spare_hash(key: str, resident: Resident, typed: str) -> str:
    return keyed(key, SPARE, str(resident.id), challenges.plain(typed).lower())


def new_secret(rng: Random = codes.CHANCE) -> str:
    """160 random bits in the base 32 that authenticators read."""
    return b32encode(rng.randbytes(20)).decode()


def uri(secret: str, login: str, portal: str) -> str:
    """What the QR code tells an authenticator."""
    import pyotp

    return str(pyotp.TOTP(secret, interval=STEP).provisioning_uri(name=login, issuer_name=portal))


def step_of(secret: str, typed: str, now: datetime) -> int | None:
    """Which step of time the code belongs to, one either way at most; None where it is wrong."""
    import pyotp

    here, code = int(now.timestamp()) // STEP, challenges.plain(typed)
    code_at, steps = pyotp.TOTP(secret, interval=STEP).at, (here - 1, here, here + 1)
    return next((step for step in steps if compare_digest(code_at(step * STEP).encode(), code.encode())), None)


def sealed(secret: str, data_key: str) -> str:
    """The secret as it is stored: a copy of the database alone makes no codes."""
    from cryptography.fernet import Fernet

    return Fernet(_fernet_key(data_key)).encrypt(secret.encode()).decode()


def unsealed(stored: str, data_key: str) -> str:
    """The secret again; refuses where the data key is another than it was sealed under."""
    from cryptography.fernet import Fernet, InvalidToken

    try:
        return Fernet(_fernet_key(data_key)).decrypt(stored.encode()).decode()
    except InvalidToken:
        raise Refused("Приложение для кодов больше не подходит. Войдите по запасному коду и подключите его заново.")


def _fernet_key(data_key: str) -> bytes:
    return urlsafe_b64encode(sha256(f"totp\0{data_key}".encode()).digest())
