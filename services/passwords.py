"""Passwords: the rules of the preset, the commonest ones refused, argon2id hashes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Protocol

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from models.search import composed, fold
from services.refusal import Refused

COMMON = Path(__file__).parent / "common_passwords.txt"

# 19 MiB, two passes, one lane (OWASP): 19 ms; argon2-cffi's own 64 MiB would fill a cheap server at eight at once.
HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


class Policy(Protocol):
    """What a preset says of passwords; `symbols`: any (but blanks), or the very list that is allowed."""

    @property
    def shortest(self) -> int: ...
    @property
    def longest(self) -> int: ...
    @property
    def latin_only(self) -> bool: ...
    @property
    def upper(self) -> bool: ...
    @property
    def lower(self) -> bool: ...
    @property
    def digit(self) -> bool: ...
    @property
    def symbols(self) -> str: ...


@dataclass(frozen=True)
class Rule:
    """A line of the list beside the field: what is asked, and whether it is so."""

    words: str
    is_kept: bool


def rules(policy: Policy, password: str) -> list[Rule]:
    """The preset's rules in their order; an empty password keeps none."""
    password = composed(password)
    found = [
        Rule("Буквы только латинского алфавита", all(not sign.isalpha() or sign.isascii() for sign in password))
        if policy.latin_only
        else None,
        _length(policy, len(password)),
        Rule("Заглавные буквы", any(sign.isupper() for sign in password)) if policy.upper else None,
        Rule("Строчные буквы", any(sign.islower() for sign in password)) if policy.lower else None,
        Rule("Цифры", any(sign.isdecimal() for sign in password)) if policy.digit else None,
        _symbols(policy, password),
    ]
    return [Rule(rule.words, rule.is_kept and password != "") for rule in found if rule]


def _length(policy: Policy, length: int) -> Rule:
    words = f"Не менее {policy.shortest} символов" if policy.longest > 64 else ""
    return Rule(
        words or f"От {policy.shortest} до {policy.longest} символов", policy.shortest <= length <= policy.longest
    )


def _symbols(policy: Policy, password: str) -> Rule:
    if policy.symbols == "any":
        return Rule("Любые символы кроме пробелов", not any(sign.isspace() for sign in password))
    allowed = "".join(policy.symbols.split())
    is_kept = all(sign.isalnum() or sign in allowed for sign in password)
    return Rule(f"Только буквы, цифры и знаки {' '.join(allowed)}", is_kept)


def check(policy: Policy, password: str, *own: str) -> None:
    """Refuses what breaks a rule, is guessed first, or is one of the person's own words (e-mail, login)."""
    if len(password) > policy.longest:
        raise Refused(f"Пароль слишком длинный: не больше {policy.longest} символов", field="password")
    broken = [rule.words for rule in rules(policy, password) if not rule.is_kept]
    if broken:
        raise Refused(
            "Не выполнено: " + "; ".join(words[0].lower() + words[1:] for words in broken), field="password"
        )
    if is_common(password):
        raise Refused("Такой пароль слишком известен, его подберут первым. Придумайте другой", field="password")
    if any(len(part) > 4 and fold(part) in fold(password) for part in own):
        raise Refused("В пароле не должно быть вашего логина или e-mail", field="password")


def is_common(password: str) -> bool:
    """Is it among the first that are tried? Case and a mark at the end do not save it."""
    plain = password.casefold()
    return plain in _common() or plain.rstrip("!?.,*#@$_-") in _common()


@cache
def _common() -> frozenset[str]:
    return frozenset(COMMON.read_text(encoding="utf-8").split())


def hashed(password: str) -> str:
    """The argon2id hash with its parameters and salt; about 20 ms and 19 MiB: never inside a transaction."""
    return HASHER.hash(_encoded(password))


def matches(password_hash: str, password: str) -> bool:
    """Is it the password of the hash? Without a hash the same work is done and the answer is no."""
    nobody = _nobody()
    try:
        return HASHER.verify(password_hash or nobody, _encoded(password)) and password_hash != ""
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(password_hash: str) -> bool:
    """Was the hash made with other parameters than today's?"""
    return HASHER.check_needs_rehash(password_hash)


@cache
def _nobody() -> str:
    """A hash of today's parameters that no login has: an unknown login takes as long as a known one."""
    return HASHER.hash(b"nobody")


def _encoded(password: str) -> bytes:
    """NFC: phones and computers compose «й» differently."""
    return composed(password).encode("utf-8", "surrogatepass")
