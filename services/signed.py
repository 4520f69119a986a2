"""A few bytes signed for an address: url-safe text that tells nothing and cannot be altered. Nothing is stored."""

from __future__ import annotations

import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256

_SIGNATURE = 16
_SIGNS = re.compile(r"[A-Za-z0-9_-]*")


def sign(body: bytes, key: str, purpose: str) -> str:
    """The body and its HMAC as text; with the signature's 16 bytes its length must be a multiple of three."""
    return urlsafe_b64encode(body + _signature(body, key, purpose)).decode()


def opened(token: str, key: str, purpose: str, size: int) -> bytes | None:
    """The body of `size` bytes that was signed under the key for the purpose; None for whatever is none of ours."""
    if len(token) * 3 != (size + _SIGNATURE) * 4 or not _SIGNS.fullmatch(token):
        return None
    raw = urlsafe_b64decode(token)
    body = raw[:size]
    return body if hmac.compare_digest(raw[size:], _signature(body, key, purpose)) else None


def _signature(body: bytes, key: str, purpose: str) -> bytes:
    return hmac.new(key.encode(), f"{purpose}\0".encode() + body, sha256).digest()[:_SIGNATURE]
