"""One-time links and codes: made from randomness that is handed in, kept as hashes."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from datetime import datetime, timedelta
from hashlib import sha256
from random import Random, SystemRandom

from models import Code, Resident
from services.secrets import keyed

DIGITS = 6
CHANCE = SystemRandom()  # where guessing must not pay nothing else may be handed in; tests may


def new_token(rng: Random = CHANCE) -> str:
    """32 random bytes as 43 signs that an address may carry."""
    return urlsafe_b64encode(rng.randbytes(32)).decode().rstrip("=")


def new_digits(rng: Random = CHANCE, length: int = DIGITS) -> str:
    """So many digits, the first may be a zero."""
    return f"{rng.randrange(10**length):0{length}d}"


def new_number(rng: Random = CHANCE) -> int:
    """An id that nobody walks to: 53 bits, so that every language keeps it whole."""
    return rng.getrandbits(53)


def token_hash(token: str) -> str:
    """A token is 256 random bits: a plain hash cannot be turned back."""
    return sha256(token.encode()).hexdigest()


def digits_hash(key: str, request: Code, digits: str) -> str:
    """A few digits are guessed from a plain hash in a second: theirs is keyed, and bound to what they answer."""
    return keyed(key, "code", str(request.id), digits)


def keep(
    purpose: str, resident: Resident | None, code_hash: str, now: datetime, lives: timedelta, **more: str
) -> Code:
    """Stores a link or code that works until `now + lives`; `more`: channel, destination, facts."""
    row: Code = Code.create(
        purpose=purpose, resident=resident, code_hash=code_hash, created_at=now, expires_at=now + lives, **more
    )
    return row


def alive(purpose: str, token: str, now: datetime) -> Code | None:
    """The row of a link or page that still works; one that is over is shown as none."""
    found = Code.known(purpose, token_hash(token))
    return found if found is not None and found.is_alive(now) else None


def new_link(resident: Resident, purpose: str, now: datetime, lives: timedelta, rng: Random = CHANCE) -> str:
    """A one-time token for the resident; only its hash is kept."""
    token = new_token(rng)
    keep(purpose, resident, token_hash(token), now, lives)
    return token
