"""How values of registers stand in files."""

from __future__ import annotations

from decimal import Decimal


def shown(value: int, decimals: int) -> Decimal:
    """Millionths with the register's decimals; a value finer than the register shows keeps what it has."""
    exact = Decimal(value).scaleb(-6)
    return exact.quantize(Decimal(1).scaleb(-decimals)) if value % 10 ** (6 - decimals) == 0 else exact.normalize()
