"""Keyed hashes: of one-time codes, of facts that must not be stored, of the subjects that attempts are counted by."""

from __future__ import annotations

import hmac
from hashlib import sha256


def keyed(key: str, purpose: str, *parts: str) -> str:
    """HMAC-SHA256 in hexadecimal over the parts; the purpose keeps the same words of two uses apart."""
    return hmac.new(key.encode(), "\0".join((purpose, *parts)).encode(), sha256).hexdigest()


def activation(key: str, code: str) -> str:
    """The hash of an activation code of a paper bill: blanks, dashes and case of what is typed mean nothing."""
    return keyed(key, "activation", "".join(sign for sign in code.upper() if sign.isalnum()))


def passport(key: str, series: str, number: str, issued_on: str, code: str, born_on: str) -> str:
    """The hash of a passport's facts («Кем выдан» is not one: it is spelt in too many ways); days as ISO texts."""
    bare = (
        "".join(sign for sign in part.upper() if sign.isalnum())
        for part in (series, number, issued_on, code, born_on)
    )
    return keyed(key, "passport", *bare)


def key_id(key: str) -> str:
    """Which data key a hash was made under, without telling the key: a lost key means asking the billing again."""
    return keyed(key, "key")[:8]
