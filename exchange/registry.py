"""Registries of payments that a bank hands over, read by a layout: streamed, no line fills the memory.

A line becomes an Operation, or a Flaw that says why not; the control line becomes a Control; what concerns the whole
file is a Remark. Nothing here knows accounts or what was taken in before.
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import lru_cache, partial
from typing import TypeVar

from exchange.header import folded
from exchange.layout import STATEMENT, Layout, Place, Totals, date_pattern
from exchange.lines import Lines, Unreadable
from exchange.package import BLOCK, Source
from exchange.reader import cells_of, restored
from exchange.values import limited, money, number_of_account

LONGEST = {"operation": 100, "time": 20, "payer": 200, "address": 300, "period": 30, "service": 100, "purpose": 500}
SHOWN = 300  # signs of a line that could not be read
TOLD_BY = 1 << 16  # bytes by whose letters an encoding is told
SAMPLE = 40  # lines by which a layout is recognised
ENOUGH = 0.5  # of them a layout must read
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Operation:
    """A payment as the bank tells it; kopecks, a negative sum is a reversal. "" or None: the bank does not say.

    `operation` is the bank's number, `day` an ISO day.
    """

    line: int
    account: str
    paid: int
    operation: str = ""
    day: str | None = None
    time: str = ""
    transferred: int | None = None
    fee: int | None = None
    payer: str = ""
    address: str = ""
    period: str = ""
    service: str = ""
    purpose: str = ""

    @property
    def adds_up(self) -> bool:
        """Is what was paid less the fee what was transferred, as far as the bank says?"""
        return self.transferred is None or self.fee is None or self.paid - self.fee == self.transferred


@dataclass(frozen=True, slots=True)
class Flaw:
    """A line that could not be taken, as far as it can be shown, and why: a Russian sentence."""

    line: int
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class Control:
    """What the bank says of the whole file; None: it does not."""

    line: int
    count: int | None = None
    paid: int | None = None
    transferred: int | None = None
    fee: int | None = None
    document: str = ""
    document_day: str | None = None


@dataclass(frozen=True, slots=True)
class Remark:
    """Something about the whole file that whoever posts it should see first."""

    told: str


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose file it is: one of the bank accounts that a statement is of."""

    bank_account: str


Item = Operation | Flaw | Control | Remark | Owner


def read(source: Source, layout: Layout, encoding: str | None = None) -> Iterator[Item]:
    """What the file says, line by line. Raises PackageError for what stops the whole of it."""
    if layout.parser == STATEMENT:
        from exchange.statement import read_statement  # it is built from the parts of this module

        yield from read_statement(source, layout, encoding)
        return
    lines = Lines(source, encoding or guess(source, layout.encodings))
    try:
        yield from _Rows(layout).items(lines)
    finally:
        lines.close()


def guess(source: Source, allowed: Sequence[str]) -> str:
    """The encoding among those that a layout allows: by the mark, by being strict UTF-8, by where the letters lie."""
    if len(allowed) == 1:
        return allowed[0]
    with source.open() as stream:
        start = stream.read(BLOCK)
    if "utf-8" in allowed:
        with suppress(UnicodeDecodeError):
            codecs.getincrementaldecoder("utf-8")().decode(start, final=len(start) < BLOCK)
            return "utf-8"
    single = [one for one in allowed if one != "utf-8"]
    known = [one for one in single if one in ("cp1251", "cp866")]
    return max(known, key=lambda one: _letters(start[:TOLD_BY], one)) if known else (single or list(allowed))[0]


def _letters(sample: bytes, encoding: str) -> int:
    """How many Russian letters the bytes are, less what no Russian text has."""
    usual = sum(sign in _LETTERS for sign in sample.decode(encoding, "replace"))
    return 2 * usual - sum(byte > 0x7F for byte in sample)


_LETTERS = frozenset("абвгдежзийклмнопрстуфхцчшщъыьэюяАБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯёЁ№«»")


def recognised(source: Source, layouts: Mapping[str, Layout], encoding: str | None = None) -> list[Layout]:
    """The layouts that fit the file best, several where it cannot tell; none where no layout reads it."""
    scores = {name: _score(source, layout, encoding) for name, layout in layouts.items()}
    best = max(scores.values(), default=None)
    return [] if best is None or best[0] <= 0 else [layouts[name] for name in layouts if scores[name] == best]


def _score(source: Source, layout: Layout, encoding: str | None) -> tuple[float, int, int]:
    """How well a layout reads the beginning of the file: (share of lines, is the name its own, fields it tells)."""
    part = Source(source.table, source.label, source.size, lambda: _Beginning(source))
    read_well = flawed = 0
    for item in read(part, layout, encoding):
        read_well += isinstance(item, Operation)
        flawed += isinstance(item, Flaw)
        if read_well + flawed >= SAMPLE:
            break
    share = read_well / (read_well + flawed) if read_well else 0.0
    if share < ENOUGH:
        return 0.0, 0, 0
    is_named = layout.told_by(source.label) is not None
    return share, int(is_named), len(layout.fields) + layout.exactly


class _Beginning(io.BytesIO):
    """The first whole lines of a file: a megabyte at most."""

    def __init__(self, source: Source) -> None:
        with source.open() as stream:
            start = stream.read(BLOCK)
        super().__init__(start if len(start) < BLOCK else start[: start.rfind(b"\n") + 1])


class _Rows:
    """Rows of a delimited file to items."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.separator = layout.separators[0]
        self.places: dict[str, Place] = dict(layout.fields)
        self.awaits_heading = layout.heading
        self.awaits_separator = len(layout.separators) > 1

    def items(self, lines: Lines) -> Iterator[Item]:
        has_control = False
        for number, line in lines:
            if isinstance(line, Unreadable):
                yield Flaw(number, "", line.reason)
                continue
            text = line.lstrip("\ufeff") if number == 1 else line
            if number <= self.layout.skip or not text.strip(" \t"):
                continue
            item = self._item(number, text)
            has_control |= isinstance(item, Control)
            if item is not None:
                yield item
        if self.awaits_heading:
            yield Remark("В файле нет строки с названиями колонок.")
        if self.layout.control and not has_control:
            yield Remark("В файле нет контрольной строки: он может быть обрезан. Сверьте число и сумму с банком.")

    def _item(self, number: int, text: str) -> Item | None:
        control, comment = self.layout.control, self.layout.comment
        if control and text.startswith(control.begins):
            return self._control(number, text.removeprefix(control.begins), control)
        if comment and text.startswith(comment):
            return None
        if self.awaits_separator:
            self.separator = max(self.layout.separators, key=lambda mark: len(self._cells(text, mark) or ()))
            self.awaits_separator = False
        cells = self._cells(text, self.separator)
        if cells is None:
            return _flaw(number, text, "Кавычка открыта и не закрыта.")
        if self.awaits_heading:
            return self._heading(number, text, cells)
        if not any(cell.strip() for cell in cells):
            return None
        try:
            return self._operation(number, cells)
        except ValueError as fault:
            return _flaw(number, text, str(fault))

    def _cells(self, text: str, mark: str) -> list[str] | None:
        return cells_of(text, mark) if self.layout.quotes else text.split(mark)

    def _heading(self, number: int, text: str, cells: Sequence[str]) -> Item | None:
        self.awaits_heading = False
        columns = {folded(cell): place for place, cell in reversed(list(enumerate(cells)))}
        found = {}
        for name, place in self.layout.fields.items():
            index = next((columns[key] for one in place.headings if (key := folded(one)) in columns), None)
            if index is not None:
                found[name] = Place(index)
        self.places = found
        lacking = [name for name in ("account", "paid") if name not in found]
        if lacking:
            wanted = ", ".join(f"«{self.layout.fields[name].headings[0]}»" for name in lacking)
            return _flaw(number, text, f"В строке с названиями нет колонки {wanted}.")
        return None

    def _operation(self, number: int, cells: Sequence[str]) -> Operation | None:
        """The row's operation, None for a service line; ValueError with the reason where it cannot be taken."""
        layout, count = self.layout, len(cells)
        whose = self.places.get("account", _NOWHERE)
        if whose.key and self._text(whose, cells) is None:
            return None
        if layout.exactly and count != layout.exactly:
            raise ValueError(f"В строке {_fields(count)}, а нужно {layout.exactly}.")
        if count < layout.least:
            raise ValueError(f"В строке {_fields(count)}, а нужно не меньше {layout.least}.")
        texts = {name: self._text(place, cells) for name, place in self.places.items()}
        account = _taken("Лицевой счёт", number_of_account, texts.get("account") or "")
        return Operation(
            line=number,
            account=account.zfill(layout.account_digits) if account else "",
            paid=_taken("Сумма", self._money, texts.get("paid") or ""),
            day=self._day(texts.get("date")),
            transferred=self._optional("Перечислено", texts.get("transferred")),
            fee=self._optional("Комиссия", texts.get("fee")),
            operation=_operation_number(texts.get("operation") or ""),
            time=_cut(_CLOCK.sub(r"\1:\2:\3", texts.get("time") or ""), LONGEST["time"]),
            **{name: _cut(texts.get(name) or "", LONGEST[name]) for name in _FREE},
        )

    def _text(self, place: Place, cells: Sequence[str]) -> str | None:
        """The text at a place; None where the row has no such field."""
        if place.key:
            begin = place.key + self.layout.key_mark
            found = (cell.strip() for cell in cells)
            return next((cell[len(begin) :].strip() for cell in found if cell.startswith(begin)), None)
        if place.anywhere:
            return next((cell for cell in cells if day_of(cell.strip(), self.layout.dates)), None)
        index = place.index if place.index is not None else 0
        if not -len(cells) <= index < len(cells):
            return None
        text = restored(cells[index]) if self.layout.quotes else cells[index]
        return text.strip()[: place.signs or None]

    def _money(self, text: str) -> int:
        if not text:
            raise ValueError("Поле пустое.")
        return marked_money(text, self.layout.decimal)

    def _optional(self, name: str, text: str | None) -> int | None:
        return _taken(name, self._money, text) if text else None

    def _day(self, text: str | None) -> str | None:
        """None where the layout has no day; a day that cannot be read is no payment's."""
        if "date" not in self.places:
            return None
        found = day_of(text or "", self.layout.dates)
        if found is None:
            shapes = " или ".join(self.layout.dates)
            raise ValueError(f"Дата: «{_cut(text or '', 30)}» не дата, нужно {shapes}.")
        return found

    def _control(self, number: int, text: str, totals: Totals) -> Item:
        """No more is asked of it than that its figures are figures: banks write different ones."""
        cells = [cell.strip() for cell in text.split(self.separator)]
        told = {name: cells[at] for name, at in totals.places.items() if at < len(cells) and cells[at]}
        facts: dict[str, int] = {}
        for name in ("count", "paid", "transferred", "fee"):
            if name in told:
                try:
                    facts[name] = _whole(told[name]) if name == "count" else marked_money(told[name], "any")
                except ValueError:
                    return Flaw(number, _cut(text, SHOWN), "Контрольная строка не читается.")
        day = day_of(told.get("document_date", ""), self.layout.dates)
        return Control(number, **facts, document=_cut(told.get("document", ""), 60), document_day=day)


_NOWHERE = Place()
_CLOCK = re.compile(r"(\d\d)[-.](\d\d)[-.](\d\d)")
_FREE = ("payer", "address", "period", "service", "purpose")


def _flaw(number: int, text: str, reason: str) -> Flaw:
    return Flaw(number, _cut(text, SHOWN), reason)


def _fields(count: int) -> str:
    tens, ones = count % 100, count % 10
    word = "поле" if ones == 1 and tens != 11 else "поля" if 1 < ones < 5 and not 10 < tens < 20 else "полей"
    return f"{count} {word}"


def _taken(name: str, take: Callable[[str], Value], text: str) -> Value:
    """The value of a field, or ValueError that names it."""
    try:
        return take(text)
    except ValueError as fault:
        raise ValueError(f"{name}: «{_cut(text, 40)}». {fault}") from fault


def _operation_number(text: str) -> str:
    return _taken("Номер операции", partial(limited, most=LONGEST["operation"]), text)


def _cut(text: str, most: int) -> str:
    return " ".join(text.split())[:most]


def _whole(text: str) -> int:
    if not re.fullmatch(r"\d{1,9}", text, re.ASCII):
        raise ValueError("Это не число.")
    return int(text)


def marked_money(text: str, mark: str) -> int:
    """Kopecks; `mark` is the decimal mark the layout allows: the other one is a mistake, not a thousand."""
    other = {",": ".", ".": ","}.get(mark)
    if other and other in text:
        raise ValueError(f"Копейки отделяются знаком «{mark}».")
    return money(text)


@lru_cache(maxsize=5000)
def day_of(text: str, shapes: tuple[str, ...]) -> str | None:
    """The ISO day of a text written in one of the shapes; None where it is no day."""
    for shape in shapes:
        pattern = date_pattern(shape)
        found = pattern.fullmatch(text) if pattern else None
        if found:
            year = int(found["y"]) + (2000 if len(found["y"]) == 2 else 0)
            try:
                day = date(year, int(found["m"]), int(found["d"]))
            except ValueError:
                continue
            if 1990 <= day.year <= 2200:
                return day.isoformat()
    return None
