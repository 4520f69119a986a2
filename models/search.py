"""Search and order keys: SQLite's lower() knows no Cyrillic and the engines sort differently."""

from __future__ import annotations

import re
import unicodedata

_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−", "-"))  # noqa: RUF001
# Letters that look the same: who copies a name from a screen cannot see which they are. Digits stay digits.
_RUSSIAN, _LATIN = "авекмнорстухіѕј", "abekmhopctyxisj"  # noqa: RUF001
_TO_LATIN, _TO_RUSSIAN = str.maketrans(_RUSSIAN, _LATIN), str.maketrans(_LATIN, _RUSSIAN)
_DIGITS = re.compile(r"\d+")
_ENDING = re.compile(
    r"(?<=\w{3})(иями|ями|ами|ого|его|ому|ему|ыми|ими|иях|ях|ах|ией|ием|иям|ям|ам|ов|ев|ей|ой|ый|ий|ая|яя|ое|ее|ые|ие"
    r"|ую|юю|ом|ем|ия|ию|ии|ых|их|ться|тся|ить|ать|еть|ть|ете|ите|ешь|ишь|ет|ит|ут|ют|ат|ят|ал|ил|ла|ли|[аяоеыиуюьй])$"
)
PIECE = 100
_END = "z"  # after every hexadecimal digit in any collation


def composed(text: str) -> str:
    """NFC, in time that grows with the length of the text alone.

    `unicodedata` sorts marks in a row by exchange: a hundred thousand of them take twenty seconds, a password of two
    megabytes an hour. So long texts are composed by pieces, each of which begins with a sign that is no mark.
    """
    pieces, begin = [], 0
    while begin < len(text):
        end = begin + PIECE
        while end < min(len(text), begin + 2 * PIECE) and unicodedata.combining(text[end]):
            end += 1
        pieces.append(unicodedata.normalize("NFC", text[begin:end]))
        begin = end
    return "".join(pieces)


def fold(text: str) -> str:
    """The form in which names, addresses and logins are compared: NFC, casefold, ё→е, one dash, single blanks."""
    plain = composed(text).casefold().replace("ё", "е").translate(_DASHES)
    return " ".join(plain.split())


def skeleton(text: str) -> str:
    """The folded text with Cyrillic letters that look Latin made Latin: «Анна» of either layout is one name."""
    return fold(text).translate(_TO_LATIN)


def russian(text: str) -> str:
    """The folded text with Latin letters that look Russian made Russian: «ООО» of either layout is one word."""
    return fold(text).translate(_TO_RUSSIAN)


def stem(word: str) -> str:
    """A folded Russian word without its ending, as far as three letters stay: «паролем» and «пароль» are «парол».

    Good enough to find by, where words that begin so are taken; sounds that alternate («вижу», «видит») do not meet.
    """
    return _ENDING.sub("", word)


def natural(text: str) -> str:
    """A key that orders «2609-3/2» after «2609-3» and before «2609-10», in any collation: hexadecimal digits only."""
    padded = _DIGITS.sub(lambda digits: digits.group().lstrip("0").rjust(12, "0"), text)
    return padded.encode().hex()


def name_key(*names: str) -> str:
    """Names as they are looked for: each word in hexadecimal with a «z» behind it, so that any collation orders it.

    Letters that look alike are one, a hyphen parts words: «Петрова-Водкина» is found by either half.
    """
    return "".join(f"{word.encode().hex()}{_END}" for word in skeleton(" ".join(names)).replace("-", " ").split())


def begun(word: str) -> tuple[str, str]:
    """Between which keys of `name_key` those stand whose first word begins so."""
    start = name_key(word).removesuffix(_END)
    return start, start + 2 * _END
