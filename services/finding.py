"""What an operator typed into the one search box, read as every fact it may be. Pure."""

from __future__ import annotations

import re

from models.finding import Facts
from models.search import fold, skeleton
from services import contacts
from services.refusal import Refused

LONGEST = 200
WORDS = 8  # more of them name nobody better
# What stands before a name or a number in an address and is written in many ways, or left out.
_MARKS = {
    "г", "город", "пос", "поселок", "п", "пгт", "рп", "с", "село", "д", "дер", "деревня", "дом", "ул", "улица", "пр",
    "просп", "проспект", "пр-т", "пер", "переулок", "ш", "шоссе", "пл", "площадь", "б-р", "бульвар", "наб",
}  # fmt: skip
_OF_FLATS = {"кв", "квартира", "оф", "офис", "пом", "помещение", "ком", "комната"}
_APART = re.compile(r"[\s,;]+|(?<=[^\W\d])\.")
_PAIR = re.compile(r"(\d+\w?)-(\d+\w?)")  # «12-45»: house and flat
_STUCK = re.compile(r"^(кв|д|ул|г)(?=\d)")  # «кв45», «д12»


def read(text: str) -> Facts:
    """The text as facts; one that cannot be an e-mail, a phone or a number is none of these."""
    plain = " ".join(text[:LONGEST].split())
    if not plain:
        return Facts()
    if "@" in plain:
        return Facts(email=contacts.email_key(plain))
    words = [word for word in _APART.split(fold(plain)) if word][:WORDS]
    place, house, flat = _place(words)
    has_number = any(map(_has_digit, words))
    return Facts(
        phone=_phone(plain),
        username="" if " " in plain else skeleton(plain),
        numbers=_numbers(plain) if has_number else (),
        names=() if has_number else tuple(dict.fromkeys(word for word in words if len(word) > 1)),
        place=place,
        house=house,
        flat=flat,
    )


def place(text: str) -> Facts:
    """The text as an address alone: «Лесная 12»."""
    words = [word for word in _APART.split(fold(" ".join(text[:LONGEST].split()))) if word][:WORDS]
    names, house, flat = _place(words)
    return Facts(place=names, house=house, flat=flat)


def _phone(text: str) -> str:
    try:
        return contacts.phone_of(text)
    except Refused:
        return ""


def _numbers(text: str) -> tuple[str, ...]:
    """An account's number as typed, without its marks, and with the zeros before it that people leave out or add."""
    found = dict.fromkeys(number for number in contacts.numbers_of(text) if len(number) <= 30)
    for number in list(found):
        bare = number.lstrip("0")
        if bare.isascii() and bare.isdigit():
            found.update(dict.fromkeys(bare.zfill(width) for width in range(len(bare), 14)))
    return tuple(found)


def _place(words: list[str]) -> tuple[tuple[str, ...], str, str]:
    """(names, house, flat): the first number is the house's, the next or one behind «кв.» the flat's."""
    names, numbers, flat, is_flat = [], [], "", False
    for word in words:
        stuck = _STUCK.match(word)
        is_flat = is_flat or word in _OF_FLATS or (stuck is not None and stuck[1] == "кв")
        bare = _STUCK.sub("", word)
        if bare in _MARKS | _OF_FLATS:
            continue
        if not _has_digit(bare):
            names.append(bare)
        elif is_flat:
            flat, is_flat = bare, False
        else:
            numbers.append(bare)
    if len(numbers) == 1 and (pair := _PAIR.fullmatch(numbers[0])):
        numbers = list(pair.groups())
    house, other = (*numbers, "", "")[:2]
    return tuple(dict.fromkeys(names)), house, flat or other


def _has_digit(word: str) -> bool:
    return any(sign.isdigit() for sign in word)
