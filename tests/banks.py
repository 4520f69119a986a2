"""Plays the bank in the tests of registries: small files of each layout."""

from __future__ import annotations

import io
from pathlib import Path

from exchange.layout import shipped
from exchange.package import Source
from exchange.registry import Item, read, recognised

FILES = Path(__file__).parent / "registries"
TOWN = FILES / "EPS350600000001_0000000001_0001001222_40702810900000001202_227.y30"
STATEMENT = FILES / "kl_to_1c.txt"

# formats.md §2.1: invented by its author, the figures fit.
_OFFICE = "9055;9055999V"
SHORT = (
    f"14-01-2026;12-00-09;{_OFFICE};350611123569;0012345678;ИВАНОВ ИВАН ИВАНОВИЧ;РЯЗАНЬ Г,ЛЕНИНА УЛ,10,15;122025;"
    "1485,33;1470,48;14,85\n"
    f"14-01-2026;12-05-41;{_OFFICE};350611123570;0012345679;ПЕТРОВА АННА ПЕТРОВНА;РЯЗАНЬ Г,ЛЕНИНА УЛ,10,16;122025;"
    "500,00;495,00;5,00\n"
    "=2;1985,33;1965,48;19,85;123456;15-01-2026\n"
)


def short_line(
    operation: str, account: str, paid: str, transferred: str = "", fee: str = "", day: str = "14-01-2026"
) -> str:
    """A line of the 12-field layout; without a fee all of it is transferred."""
    sums = f"{paid};{transferred or paid};{fee or '0,00'}"
    return f"{day};12-00-09;9055;9055999V;{operation};{account};ИВАНОВ И.И.;УЛИЦА,1;122025;{sums}\r\n"


def source(content: str | bytes, name: str = "реестр.txt", encoding: str = "cp1251") -> Source:
    data = content if isinstance(content, bytes) else content.encode(encoding, "replace")
    return Source("", name, len(data), lambda: io.BytesIO(data))


def of_file(path: Path) -> Source:
    return Source("", path.name, path.stat().st_size, lambda: path.open("rb"))


def items(content: str | bytes | Source, layout: str, encoding: str | None = None) -> list[Item]:
    given = content if isinstance(content, Source) else source(content)
    return list(read(given, shipped()[layout], encoding))


def names(given: Source) -> list[str]:
    """The names of the layouts in which the file is recognised."""
    return [layout.name for layout in recognised(given, shipped())]
