"""The heading row of a table: which of the table's columns a file has, and where."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from exchange.package import PackageError
from exchange.tables import Column, Table


@dataclass(frozen=True, slots=True)
class Header:
    """Headings as they stand in the file, and the place of each of the table's columns among them."""

    table: Table
    headings: tuple[str, ...]
    places: dict[str, int]

    @property
    def unknown(self) -> tuple[str, ...]:
        """Headings that mean nothing to the table; they are named to the operator and ignored."""
        known = set(self.places.values())
        return tuple(text for place, text in enumerate(self.headings) if place not in known and text)

    @property
    def columns(self) -> tuple[Column, ...]:
        """The table's columns that the file has, in the table's order."""
        return tuple(column for column in self.table.columns if column.name in self.places)


def folded(heading: str) -> str:
    """A heading as it is compared: without regard to case, blanks, ё/е, №/N and a trailing `*`."""
    bare = re.sub(r"[\s\u00a0\u202f\ufeff]", "", heading).lower().rstrip("*")
    return bare.replace("ё", "е").replace("№", "n")


def known_headings(table: Table, headings: Sequence[str]) -> int:
    """How many of the headings the table knows: tells the separator."""
    known = {folded(column.heading) for column in table.columns}
    return sum(folded(heading) in known for heading in headings)


def match(table: Table, headings: Sequence[str]) -> Header:
    """Find the table's columns among the headings.

    Raises PackageError when a mandatory column is missing or a column is there twice.
    """
    known = {folded(column.heading): column for column in table.columns}
    places: dict[str, int] = {}
    for place, heading in enumerate(headings):
        column = known.get(folded(heading))
        if column and column.name in places:
            raise PackageError(f"Колонка «{column.heading}» дана дважды. Оставьте одну.")
        if column:
            places[column.name] = place
    missing = [f"«{c.heading}»" for c in table.columns if c.mandatory and c.name not in places]
    if missing:
        words = "Нет обязательной колонки" if len(missing) == 1 else "Нет обязательных колонок"
        raise PackageError(f"{words} {', '.join(missing)}. Проверьте первую строку и разделитель.")
    return Header(table, tuple(heading.strip().lstrip("\ufeff") for heading in headings), places)
