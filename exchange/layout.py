"""Layouts of bank registries as data: one TOML file each; every mistake in it is named (docs/exchange.md).

The shipped ones stand in `exchange/layouts/`, a utility's own in a folder of its own; one of the same name wins.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent / "layouts"
DELIMITED, STATEMENT = "delimited", "1c_client_bank"
PARSERS = (DELIMITED, STATEMENT)
ENCODINGS = ("utf-8", "cp1251", "cp866", "koi8-r")
MARKS = (",", ".", "any")
NAMES = (
    "date", "time", "operation", "account", "payer", "address", "period", "service", "purpose", "paid",
    "transferred", "fee",
)  # fmt: skip
MANDATORY = ("account", "paid")
TOTALS = ("count", "paid", "transferred", "fee", "document", "document_date")
IN_NAMES = {"inn", "bank_account"}
FARTHEST = 500  # fields from either end


class LayoutError(Exception):
    """All that is wrong with a layout, one Russian sentence each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands: the field at `index` (negative = from the end), under a heading, or behind a key.

    `signs`: only so many of the field's first signs. `anywhere`: the first field that reads as a day.
    """

    index: int | None = None
    headings: tuple[str, ...] = ()
    key: str = ""
    signs: int = 0
    anywhere: bool = False


@dataclass(frozen=True)
class Totals:
    """The control line: how it begins, and where its figures stand in what follows."""

    begins: str
    places: Mapping[str, int]


@dataclass(frozen=True)
class Layout:
    """How a bank writes its registry.

    `source` is whose operation numbers these are: a number is posted once for it, whatever layout it comes in.
    `names` are patterns of file names; their groups `inn` and `bank_account` tell the supplier.
    """

    name: str
    title: str
    parser: str = DELIMITED
    bank: str = ""
    source: str = ""
    encodings: tuple[str, ...] = ("utf-8", "cp1251", "cp866")
    separators: tuple[str, ...] = (";",)
    quotes: bool = False
    skip: int = 0
    heading: bool = False
    comment: str = ""
    key_mark: str = ":"
    least: int = 1
    exactly: int = 0
    dates: tuple[str, ...] = ("dd.mm.yyyy",)
    decimal: str = "any"
    account_digits: int = 0
    names: tuple[re.Pattern[str], ...] = ()
    fields: Mapping[str, Place] = field(default_factory=dict)
    control: Totals | None = None

    def told_by(self, file_name: str) -> dict[str, str] | None:
        """What the file's name says of the supplier, if it is a name of this layout; else None."""
        for pattern in self.names:
            if found := pattern.fullmatch(file_name):
                return {key: value for key, value in found.groupdict().items() if value}
        return None


def parse_layout(name: str, text: str) -> Layout:
    """The layout that a TOML text describes; raises LayoutError with every mistake of it."""
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise LayoutError([f"{name}: не читается как TOML ({fault})"]) from fault
    return _Reading(name, given).layout()


@cache
def shipped() -> Mapping[str, Layout]:
    """The layouts that come with the portal, by name."""
    return {path.stem: parse_layout(path.stem, path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.toml"))}


def layouts(own: Path | None) -> tuple[dict[str, Layout], list[str]]:
    """(the layouts by name, what is wrong with the utility's own); one that is wrong leaves the others standing."""
    found = dict(shipped())
    problems: list[str] = []
    if own is None:
        return found, problems
    try:
        files = sorted(path for path in own.iterdir() if path.suffix == ".toml")
    except OSError as fault:
        return found, [f"Папка раскладок {own} не читается: {fault.strerror}."]
    for path in files:
        try:
            found[path.stem] = parse_layout(path.stem, path.read_text("utf-8-sig"))
        except LayoutError as fault:
            problems += fault.problems
        except (OSError, UnicodeDecodeError):
            problems.append(f"{path.stem}: файл не читается; сохраните его в UTF-8")
    return found, problems


class _Reading:
    """One TOML document being read: gathers the mistakes and goes on."""

    def __init__(self, name: str, given: dict[str, Any]) -> None:
        self.name, self.given = name, given
        self.problems: list[str] = []
        self.known: set[str] = set()

    def layout(self) -> Layout:
        parser = self.word("parser", DELIMITED, PARSERS)
        title = self.text("title", "")
        if not title:
            self.wrong("title: нужно название раскладки")
        shared = {
            "name": self.name, "title": title, "parser": parser, "bank": self.text("bank", ""),
            "source": self.text("source", "") or self.name, "encodings": self.encodings(), "names": self.patterns(),
            "account_digits": self.number("account_digits", 0, 30),
        }  # fmt: skip
        facts = {**shared, **(self.delimited() if parser == DELIMITED else {})}
        self.unknown(self.given, self.known, "")
        if self.problems:
            raise LayoutError(self.problems)
        return Layout(**facts)

    def delimited(self) -> dict[str, Any]:
        heading = self.flag("heading")
        fields = self.places(heading)
        for name in MANDATORY:
            if name not in fields:
                self.wrong(f"fields: нет поля «{name}»: без него платёж не прочесть")
        facts: dict[str, Any] = {
            "separators": self.separators(), "quotes": self.flag("quotes"), "heading": heading, "fields": fields,
            "skip": self.number("skip", 0, FARTHEST), "comment": self.text("comment", ""),
            "key_mark": self.text("key_mark", ":"), "exactly": self.number("fields_exactly", 0, FARTHEST),
            "least": self.number("least_fields", 0, FARTHEST), "dates": self.dates(),
            "decimal": self.word("decimal", "any", MARKS), "control": self.control(),
        }  # fmt: skip
        reach = [place.index for place in fields.values() if place.index is not None]
        needed = max((index + 1 if index >= 0 else -index for index in reach), default=1)
        width = facts["exactly"] or facts["least"] or needed
        for name, place in fields.items():
            if place.index is not None and not -width <= place.index < width:
                self.wrong(f"fields: «{name}» = {place.index}, а полей в строке может быть {width}")
        facts["least"] = facts["least"] or needed
        return facts

    def wrong(self, told: str) -> None:
        self.problems.append(f"{self.name}: {told}")

    def take(self, key: str, usual: Any) -> Any:
        self.known.add(key)
        return self.given.get(key, usual)

    def unknown(self, table: dict[str, Any], known: set[str], where: str) -> None:
        for key in table:
            if key not in known:
                self.wrong(f"{where}ключа «{key}» нет, можно: {', '.join(sorted(known))}")

    def text(self, key: str, usual: str) -> str:
        value = self.take(key, usual)
        if not isinstance(value, str) or len(value) > 200:
            self.wrong(f"{key}: нужен текст в кавычках")
            return usual
        return value

    def texts(self, key: str, usual: tuple[str, ...]) -> tuple[str, ...]:
        """A text, or a list of them."""
        value = self.take(key, list(usual))
        listed = [value] if isinstance(value, str) else value
        if not isinstance(listed, list) or not listed or not all(isinstance(one, str) and one for one in listed):
            self.wrong(f"{key}: нужен текст в кавычках или список текстов")
            return usual
        return tuple(listed)

    def word(self, key: str, usual: str, words: tuple[str, ...]) -> str:
        value = self.text(key, usual)
        if value not in words:
            self.wrong(f"{key}: «{value}» неизвестно, можно: {', '.join(words)}")
            return usual
        return value

    def flag(self, key: str) -> bool:
        value = self.take(key, False)
        if not isinstance(value, bool):
            self.wrong(f"{key}: нужно true или false")
            return False
        return value

    def number(self, key: str, usual: int, most: int) -> int:
        value = self.take(key, usual)
        if not _is_whole(value) or not usual <= value <= most:
            self.wrong(f"{key}: нужно целое число от {usual} до {most}")
            return usual
        return int(value)

    def encodings(self) -> tuple[str, ...]:
        found = self.texts("encoding", Layout.encodings)
        for one in found:
            if one not in ENCODINGS:
                self.wrong(f"encoding: «{one}» неизвестно, можно: {', '.join(ENCODINGS)}")
        return found

    def separators(self) -> tuple[str, ...]:
        found = self.texts("separator", Layout.separators)
        for one in found:
            if len(one) != 1 or one in '"\r\n':
                self.wrong(f"separator: «{one}» не подходит, нужен один знак, не кавычка")
        return found

    def dates(self) -> tuple[str, ...]:
        found = self.texts("date", Layout.dates)
        for one in found:
            if date_pattern(one) is None:
                self.wrong(f"date: «{one}» не подходит, нужны dd, mm и yyyy (или yy), по одному разу")
        return found

    def patterns(self) -> tuple[re.Pattern[str], ...]:
        value = self.take("names", [])
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            self.wrong("names: нужен список образцов имени файла")
            return ()
        found = []
        for one in value:
            try:
                pattern = re.compile(one, re.IGNORECASE)
            except re.error as fault:
                self.wrong(f"names: образец «{one}» не читается ({fault})")
                continue
            for group in pattern.groupindex.keys() - IN_NAMES:
                self.wrong(f"names: группы «{group}» нет, можно: {', '.join(sorted(IN_NAMES))}")
            found.append(pattern)
        return tuple(found)

    def table(self, key: str) -> dict[str, Any]:
        value = self.take(key, {})
        if not isinstance(value, dict):
            self.wrong(f"{key}: нужна таблица [{key}]")
            return {}
        return value

    def places(self, heading: bool) -> dict[str, Place]:
        given, keyed = self.table("fields"), self.table("keyed")
        self.unknown(given, set(NAMES), "fields: ")
        self.unknown(keyed, set(NAMES), "keyed: ")
        found = {}
        for name, value in given.items():
            place = self.place(name, value, heading)
            if place is not None and name in NAMES:
                found[name] = place
        for name, value in keyed.items():
            if name in found:
                self.wrong(f"keyed: «{name}» уже есть в [fields]")
            elif not isinstance(value, str) or not value:
                self.wrong(f"keyed: «{name}»: нужен ключ в кавычках")
            elif name in NAMES:
                found[name] = Place(key=value)
        return found

    def place(self, name: str, value: Any, heading: bool) -> Place | None:
        if heading:
            listed = [value] if isinstance(value, str) else value
            if isinstance(listed, list) and listed and all(isinstance(one, str) and one for one in listed):
                return Place(headings=tuple(listed))
            self.wrong(f"fields: «{name}»: нужно название колонки или список названий (heading = true)")
        elif _is_whole(value):
            return Place(value)
        elif value == {"anywhere": True}:
            if name == "date":
                return Place(anywhere=True)
            self.wrong(f"fields: «{name}»: anywhere бывает только у date")
        elif isinstance(value, dict) and value.keys() == {"field", "signs"} and all(map(_is_whole, value.values())):
            if value["signs"] > 0:
                return Place(value["field"], signs=value["signs"])
            self.wrong(f"fields: «{name}»: signs — число знаков, больше нуля")
        else:
            self.wrong(
                f"fields: «{name}»: нужен номер поля, считая с нуля (с минусом — с конца), "
                "{ field = 2, signs = 6 } или { anywhere = true }"
            )
        return None

    def control(self) -> Totals | None:
        given = self.table("control")
        if not given:
            return None
        self.unknown(given, {"begins", *TOTALS}, "control: ")
        begins = given.get("begins")
        if not isinstance(begins, str) or not begins:
            self.wrong('control: begins: нужно начало контрольной строки, например "="')
            begins = "="
        places = {name: given[name] for name in TOTALS if name in given}
        for name, place in places.items():
            if not _is_whole(place) or not 0 <= place <= FARTHEST:
                self.wrong(f"control: «{name}»: нужен номер поля после begins, считая с нуля")
        if not {"count", "paid"} & places.keys():
            self.wrong("control: нужно count или paid: иначе нечего сверять")
        return Totals(begins, places)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= FARTHEST


@cache
def date_pattern(shape: str) -> re.Pattern[str] | None:
    """The pattern of days written so (`dd-mm-yyyy`), with groups d, m and y; None where the shape is none."""
    parts = re.fullmatch(r"([^dmy]*)(dd|mm|yyyy|yy)([^dmy]*)(dd|mm|yyyy|yy)([^dmy]*)(dd|mm|yyyy|yy)([^dmy]*)", shape)
    if parts is None or sorted(parts[place][0] for place in (2, 4, 6)) != ["d", "m", "y"]:
        return None
    groups = {"dd": r"(?P<d>\d\d)", "mm": r"(?P<m>\d\d)", "yyyy": r"(?P<y>\d{4})", "yy": r"(?P<y>\d\d)"}
    return re.compile("".join(groups.get(part) or re.escape(part) for part in parts.groups()), re.ASCII)
