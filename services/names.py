"""A name that a person typed against the billing's: how well they fit, whatever the spelling (formats §8.2)."""

from __future__ import annotations

from enum import IntEnum

from models.search import skeleton


class Fit(IntEnum):
    """How well two names fit; a weaker one asks for another fact besides."""

    NONE = 0
    PARTS = 1  # initials, or a part is missing
    SWAPPED = 2  # the same words in another order
    EXACT = 3


def words_of(name: str) -> list[str]:
    """The words as they are compared: no case, ё, dots, kinds of dashes or look-alike letters; `оглы` is a word."""
    spaced = skeleton(name.replace(".", " "))
    while " -" in spaced or "- " in spaced:
        spaced = spaced.replace(" -", "-").replace("- ", "-")
    return spaced.split()


def fit(typed: str, known: str) -> Fit:
    """How `typed` fits the `known` name; nothing fits an empty one."""
    given, wanted = words_of(typed), words_of(known)
    if not given or not wanted:
        return Fit.NONE
    if given == wanted:
        return Fit.EXACT
    if sorted(given) == sorted(wanted):
        return Fit.SWAPPED
    return Fit.PARTS if _are_parts(given, wanted) else Fit.NONE


def _are_parts(given: list[str], wanted: list[str]) -> bool:
    """«Иванов Иван» and «Иванов И. И.» of «Иванов Иван Иванович»: the surname whole, the rest in its order."""
    if given[0] != wanted[0] or not 1 < len(given) <= len(wanted):
        return False
    return all(
        full == part or (len(part) == 1 and full.startswith(part)) for part, full in zip(given, wanted, strict=False)
    )
