"""Search and order keys: SQLite's lower() knows no Cyrillic and the engines sort differently."""

from __future__ import annotations

import re
import unicodedata

_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−", "-"))  # noqa: RUF001
# Russian letters and the Latin ones that look the same, both ways of writing one word; digits stay digits.
_ALIKE = str.maketrans("авекмнорстухіѕј", "abekmhopctyxisj")  # noqa: RUF001
_DIGITS = re.compile(r"\d+")


def fold(text: str) -> str:
    """The form in which names, addresses and logins are compared: NFC, casefold, ё→е, one dash, single blanks."""
    plain = unicodedata.normalize("NFC", text).casefold().replace("ё", "е").translate(_DASHES)
    return " ".join(plain.split())


def skeleton(text: str) -> str:
    """The folded text with Cyrillic letters that look Latin made Latin: «Анна» of either layout is one name."""
    return fold(text).translate(_ALIKE)


def natural(text: str) -> str:
    """A key that orders «2609-3/2» after «2609-3» and before «2609-10», in any collation: hexadecimal digits only."""
    padded = _DIGITS.sub(lambda digits: digits.group().lstrip("0").rjust(12, "0"), text)
    return padded.encode().hex()
