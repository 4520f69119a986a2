"""Sums and values as a program reads them: decimals in quotes with a point, so that nobody rounds them by the way."""

from __future__ import annotations

MICRO = 10**6


def money(kopecks: int | None) -> str | None:
    """`-123450` → `-1234.50`"""
    if kopecks is None:
        return None
    roubles, rest = divmod(abs(kopecks), 100)
    return f"{'-' if kopecks < 0 else ''}{roubles}.{rest:02d}"


def reading(micro: int, decimals: int) -> str:
    """Millionths with the decimals of their scale: `416105000` → `416.105`; `15737` where there are none."""
    whole, rest = divmod(micro, MICRO)
    return f"{whole}.{rest:06d}"[: len(str(whole)) + 1 + decimals] if decimals else str(whole)
