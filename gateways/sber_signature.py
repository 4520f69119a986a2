"""Both signatures of Сбербанк's callbacks (formats.md 4.1): HMAC-SHA256 and RSA-SHA512."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

UNSIGNED = ("checksum", "sign_alias")


def signed_text(values: Mapping[str, str]) -> str:
    """`name;value;` of all parameters but the signature, by name."""
    told = sorted((name, value) for name, value in values.items() if name not in UNSIGNED)
    return "".join(f"{name};{value};" for name, value in told)


def is_plain(values: Mapping[str, str]) -> bool:
    """Has the signed text one reading? `name;value;` knows no quotes, and a payer may have typed a value."""
    return not any(";" in part for pair in values.items() for part in pair)


def checksum(text: str, secret: str) -> str:
    """The symmetric signature, upper case."""
    return hmac.new(secret.encode(), text.encode("utf-8", "replace"), sha256).hexdigest().upper()


def is_by_certificate(text: str, given: str, path: str) -> bool:
    """The asymmetric signature: RSA PKCS#1 v1.5 with SHA-512 by the bank's certificate."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA512

    try:
        _public_key(path).verify(bytes.fromhex(given), text.encode("utf-8", "replace"), PKCS1v15(), SHA512())
    except (InvalidSignature, ValueError):
        return False
    return True


@lru_cache(maxsize=8)
def _public_key(path: str) -> Any:
    from cryptography.hazmat.primitives.serialization import load_pem_public_key
    from cryptography.x509 import load_pem_x509_certificate

    pem = Path(path).read_bytes()
    return load_pem_x509_certificate(pem).public_key() if b"CERTIFICATE" in pem else load_pem_public_key(pem)
