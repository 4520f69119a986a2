"""Charts of the pages: the drawing of documents.charts beside the figures of its table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from documents import charts
from services.usage import Month, Usage
from views.format import MONTHS_SHORT, month


@dataclass(frozen=True)
class PaidFigure:
    """«График оплат»: columns by month, and the same sums newest first."""

    svg: str
    months: list[tuple[date, int]]


@dataclass(frozen=True)
class UsageFigure:
    """A scale by month, this year beside the last, and the same figures newest first."""

    title: str
    unit: str
    svg: str
    months: list[Month]

    @property
    def is_shared(self) -> bool:
        return any(one.is_now_shared or one.is_past_shared for one in self.months)

    @property
    def has_past(self) -> bool:
        return any(one.past is not None for one in self.months)


def paid(months: list[tuple[date, int]], title: str) -> PaidFigure | None:
    """None where nothing was paid in these months."""
    if not any(kopecks for _, kopecks in months):
        return None
    label = f"{title}: {month(months[0][0])} — {month(months[-1][0])}. Те же суммы в таблице."
    drawn = charts.columns([(MONTHS_SHORT[period.month - 1], kopecks) for period, kopecks in months], label)
    return PaidFigure(drawn, months[::-1])


def used(usages: Iterable[Usage]) -> list[UsageFigure]:
    return [_used(usage) for usage in usages]


def _used(usage: Usage) -> UsageFigure:
    bars = [charts.Bar(MONTHS_SHORT[one.period.month - 1], one.now, one.past) for one in usage.months]
    label = f"{usage.title}: расход по месяцам, этот год и прошлый. Те же числа в таблице."
    return UsageFigure(usage.title, usage.unit, charts.bars(bars, label), usage.months[::-1])
