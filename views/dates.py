"""Days as people type them."""

from __future__ import annotations

import re
from datetime import date

from services.refusal import Refused

_DOTTED = re.compile(r"([0-9]{1,2})[./-]([0-9]{1,2})[./-]([0-9]{4}|[0-9]{2})")
_ISO = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})")


def typed_day(text: str, field: str, example: str = "14.10.2026") -> date:
    """`14.10.2026`, `14.10.26` or `2026-10-14`; refuses what is no day, at the `field`."""
    iso, dotted = _ISO.fullmatch(text), _DOTTED.fullmatch(text)
    if iso is None and dotted is None:
        raise Refused(f"Введите дату так: {example}", field=field)
    year, month, day = iso.groups() if iso else dotted.groups()[::-1]  # type: ignore[union-attr]
    try:
        return date(int(year) + (2000 if len(year) == 2 else 0), int(month), int(day))
    except ValueError:
        raise Refused("Такого дня нет, проверьте дату", field=field)
