"""The checks of a reading (product R5.3): typed text in, values, mistakes and doubts out. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from services import reading_words as words
from services.dial import MICRO, Dial, consumption

BLANKS = re.compile(r"[\s\u00a0\u2000-\u200b\u202f\u205f\u3000\ufeff]+")
NUMBER = re.compile(r"([0-9]+)(?:[.,]([0-9]+))?")
LONGEST = 40

ROLLED, UNUSUAL, ZERO, SWAPPED, BELOW = "rolled", "unusual", "zero", "swapped", "below"


@dataclass(frozen=True)
class Finding:
    """Something to mend or to confirm at a register (0 = the whole form); `kind` names the check."""

    register: int
    kind: str
    sentence: str


@dataclass(frozen=True)
class Entry:
    """A value that was read: `used` since the base in millionths without the ratio, None without a base.

    `is_below` the base; `has_rolled` where the resident says so and it is plausible.
    """

    register: int
    value: int
    used: int | None
    has_rolled: bool
    is_below: bool = False


@dataclass(frozen=True)
class Checked:
    """`mistakes` must be mended, `questions` ticked (roll-over), `doubts` confirmed; all empty = accepted at once."""

    entries: tuple[Entry, ...]
    mistakes: tuple[Finding, ...]
    questions: tuple[Finding, ...]
    doubts: tuple[Finding, ...]

    @property
    def signature(self) -> str:
        """What was warned about: other values or other doubts need a warning of their own."""
        values = ",".join(f"{entry.register}={entry.value}" for entry in self.entries)
        return values + ";" + ",".join(sorted(f"{doubt.register}:{doubt.kind}" for doubt in self.doubts))

    def kinds(self, register: int) -> str:
        """The confirmed checks of a register, as they are stored: «rolled,unusual»."""
        entry = next((entry for entry in self.entries if entry.register == register), None)
        rolled = [ROLLED] if entry is not None and entry.has_rolled else []
        return ",".join(rolled + [doubt.kind for doubt in self.doubts if doubt.register == register])


class Unreadable(ValueError):
    """The text is not a reading of this register; the argument is the sentence for the resident."""


def parse(text: str, dial: Dial) -> int:
    """Typed text as millionths: blanks inside and a comma or a point are fine, anything else is said clearly."""
    plain = BLANKS.sub("", text)
    if plain[:1] in ("-", "−", "+", "–"):  # noqa: RUF001
        raise Unreadable(words.signed())
    found = NUMBER.fullmatch(plain) if len(plain) <= LONGEST else None
    if found is None:
        raise Unreadable(words.unreadable(dial))
    whole, fraction = found.group(1).lstrip("0") or "0", found.group(2) or ""
    if len(whole) > dial.digits:
        raise Unreadable(words.too_big(dial, len(whole)))
    if len(fraction) > dial.decimals:
        raise Unreadable(words.too_fine(dial, len(fraction), whole))
    return int(whole) * MICRO + int(fraction.ljust(6, "0") or "0")


def check(dials: Sequence[Dial], typed: Mapping[int, str], rolled: Collection[int]) -> Checked:
    """All checks over what was typed (by register); a meter left empty is left for later.

    `rolled`: registers whose roll-over the resident confirmed.
    """
    filled = {dial.register for dial in dials if BLANKS.sub("", typed.get(dial.register, ""))}
    if not filled:
        return Checked((), (Finding(0, "empty", "Введите показание хотя бы одного счётчика."),), (), ())
    values, mistakes = _values(dials, typed, filled)
    entries, questions = [], []
    swapped = _swapped(dials, values)
    mixed_up = {dial.meter for dial in dials if dial.register in {finding.register for finding in swapped}}
    for dial in dials:
        if dial.register in values:
            entry = _entry(dial, values[dial.register], dial.register in rolled)
            entries.append(entry)
            if entry.is_below and not dial.may_roll(entry.value):
                mistakes.append(Finding(dial.register, BELOW, words.below(dial, entry.value, dial.meter in mixed_up)))
            elif entry.is_below and not entry.has_rolled:
                questions.append(Finding(dial.register, ROLLED, words.question(dial, entry.value)))
    impossible = {mistake.register for mistake in mistakes}
    settled = impossible | {finding.register for finding in swapped}
    doubts = [
        doubt
        for dial, entry in zip([dial for dial in dials if dial.register in values], entries, strict=True)
        if dial.register not in settled and (doubt := _doubt(dial, entry)) is not None
    ]
    return Checked(tuple(entries), tuple(mistakes), tuple(questions), (*doubts, *swapped))


def _entry(dial: Dial, value: int, is_confirmed: bool) -> Entry:
    is_below = (dial.used(value) or 0) < 0
    has_rolled = is_below and is_confirmed and dial.may_roll(value)
    return Entry(dial.register, value, consumption(dial, value), has_rolled, is_below)


def _values(
    dials: Iterable[Dial], typed: Mapping[int, str], filled: Collection[int]
) -> tuple[dict[int, int], list[Finding]]:
    """Parsed values, and what is wrong with the texts; all scales of a meter go together."""
    values: dict[int, int] = {}
    mistakes = []
    meters = {dial.meter for dial in dials if dial.register in filled}
    for dial in dials:
        if dial.meter not in meters:
            continue
        if dial.register not in filled:
            mistakes.append(Finding(dial.register, "missing", words.missing(dial)))
            continue
        try:
            values[dial.register] = parse(typed[dial.register], dial)
        except Unreadable as fault:
            mistakes.append(Finding(dial.register, "format", str(fault)))
    return values, mistakes


def _doubt(dial: Dial, entry: Entry) -> Finding | None:
    used = entry.used
    if used is None:
        return None
    if used == 0:
        return Finding(dial.register, ZERO, words.zero(dial, entry.value))
    if dial.is_unusual(used):
        return Finding(dial.register, UNUSUAL, words.above_usual(dial, entry.value, used))
    if dial.limit and used > dial.limit * dial.months * MICRO:
        return Finding(dial.register, UNUSUAL, words.above_limit(dial, entry.value, used))
    return None


def _swapped(dials: Sequence[Dial], values: Mapping[int, int]) -> list[Finding]:
    """Two scales of one meter whose values make sense only the other way round."""
    found = []
    known = [dial for dial in dials if dial.register in values and dial.base is not None]
    for index, one in enumerate(known):
        for other in known[index + 1 :]:
            if one.meter != other.meter or values[one.register] == values[other.register]:
                continue
            here, there = values[one.register], values[other.register]
            if (_is_odd(one, here) or _is_odd(other, there)) and not _is_odd(one, there) and not _is_odd(other, here):
                found.append(Finding(other.register, SWAPPED, words.swapped(one, here, other, there)))
    return found


def _is_odd(dial: Dial, value: int) -> bool:
    used = dial.used(value) or 0
    return used < 0 or used > dial.most or value >= dial.end
