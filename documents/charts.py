"""Charts as SVG mark-up: consumption by month, payments by month, shares of services.

Pure functions of whole numbers at a fixed scale (`divisor`: 10^6 for readings, 100 for kopecks). Looks come from the
classes of the one stylesheet: no style, no script, no colours here. Every figure drawn also stands in a table beside
the chart. Nothing to draw gives an empty string.
"""

from collections.abc import Iterator, Sequence
from html import escape
from itertools import count
from math import cos, pi, sin
from typing import NamedTuple

from documents.wording import grouped

READING = 1_000_000  # divisor of meter values
KOPECK = 100  # divisor of sums

WIDTH, HEIGHT = 336, 170  # of the chart's own units; the page scales it, on a phone by about 0.85
CEILING, FLOOR = 18, 146  # top and bottom of the plot
LETTER = 9  # breadth of a figure of the labels
MOST_STEPS = 4  # of the axis
SECTORS = 6  # classes s1–s6
NUMBERED = 45  # thousandths of the ring that a number has room in


class Bar(NamedTuple):
    """A month of this year and the same month of the last; None = no figure. The label is short: `окт`."""

    label: str
    now: int | None
    past: int | None = None


def bars(months: Sequence[Bar], label: str, divisor: int = READING) -> str:
    """Bars of this year (class `now`) beside the last (class `past`), oldest month first.

    `label` tells a screen reader what is drawn.
    """
    series = {"past": [month.past for month in months], "now": [month.now for month in months]}
    return _chart([month.label for month in months], series, label, divisor)


def columns(months: Sequence[tuple[str, int | None]], label: str, divisor: int = KOPECK) -> str:
    """One column a month (class `now`), oldest first: pairs of a short label and a figure."""
    return _chart([name for name, _ in months], {"now": [figure for _, figure in months]}, label, divisor)


def donut(shares: Sequence[int], label: str, names: Sequence[str] = ()) -> str:
    """Ring of shares in classes s1–s6, in the order given: what is beyond the sixth is drawn in it.

    Shares below zero take no room. A sector that has room bears its number, so that print in grey and eyes that
    see no colours can tell it by the key of the table beside; see `percents` and `key`. `names` of the sectors are
    for a screen reader.
    """
    sectors = sectored(shares)
    if not sum(sectors):
        return ""
    portions = _portions(sectors, 1000)
    starts = [sum(portions[:n]) for n in range(len(portions))]
    drawn = [(number, start, tenths) for number, start, tenths in zip(count(1), starts, portions) if tenths]
    parts = [_sector(*sector) for sector in drawn]
    parts += [f'<circle class="g" cx="21" cy="21" r="{radius}" stroke-width="0.3"/>' for radius in ("12.4", "19.4")]
    parts += [_number(*sector) for sector in drawn if sector[2] >= NUMBERED]
    told = "; ".join(f"{name} {part} %" for name, part in zip(names, percents(sectors), strict=False))
    about = f"<title>{escape(label)}</title>" + (f"<desc>{escape(told)}</desc>" if told else "")
    frame = f'<svg class="donut" viewBox="0 0 42 42" role="img" aria-label="{escape(label)}">'
    return f"{frame}{about}{''.join(parts)}</svg>"


def _sector(number: int, start: int, tenths: int) -> str:
    """An arc of so many thousandths of the ring, from the top on, clockwise."""
    shown = tenths if tenths == 1000 else max(tenths - 6, 3)  # a slit between the neighbours
    return (
        f'<circle class="s{number}" cx="21" cy="21" r="15.9155" stroke-width="7" '
        f'stroke-dasharray="{_tenths(shown)} {_tenths(1000 - shown)}" stroke-dashoffset="{_tenths(250 - start)}"/>'
    )


def _number(number: int, start: int, tenths: int) -> str:
    """The sector's number in the middle of its arc."""
    turn = pi * (2 * start + tenths) / 1000
    x, y = 21 + 15.9 * sin(turn), 21 - 15.9 * cos(turn)
    return f'<text class="t{number}" x="{x:.1f}" y="{y + 1.4:.1f}" text-anchor="middle">{number}</text>'


def sectored(shares: Sequence[int]) -> list[int]:
    """The shares as the ring shows them: none below zero, the sixth and all further ones together."""
    drawn = [max(share, 0) for share in shares]
    return drawn if len(drawn) <= SECTORS else [*drawn[: SECTORS - 1], sum(drawn[SECTORS - 1 :])]


def percents(shares: Sequence[int]) -> list[int]:
    """Whole percents of the shares that make a hundred together; zeros when there is nothing to share."""
    return _portions([max(share, 0) for share in shares], 100)


def key(mark: str) -> str:
    """Square of a legend in the class of what it explains: `now`, `past`, `s1`–`s6`."""
    return (
        f'<svg class="key" viewBox="0 0 8 8" aria-hidden="true"><path class="{escape(mark)}" d="M0 0h8v8H0z"/></svg>'
    )


class _Axis:
    """Whole numbers to heights, over round steps that hold all the figures and zero."""

    def __init__(self, figures: Sequence[int], divisor: int) -> None:
        low, high = min(0, *figures), max(0, *figures, min(0, *figures) + 1)
        step = next(step for step in _round_steps() if (high - low) <= MOST_STEPS * step)
        self.ticks = list(range(-(-low // step) * step, high + 1, step))
        self.low, self.span = low, high - low
        self.texts = [_decimal(tick, divisor) for tick in self.ticks]

    def y(self, figure: int) -> int:
        """Whole units from the top of the chart; half a unit goes up."""
        return FLOOR - (2 * (figure - self.low) * (FLOOR - CEILING) + self.span) // (2 * self.span)


def _chart(labels: list[str], series: dict[str, list[int | None]], label: str, divisor: int) -> str:
    figures = [figure for row in series.values() for figure in row if figure is not None]
    if not figures:
        return ""
    drawn = {mark: row for mark, row in series.items() if any(figure is not None for figure in row)}
    axis = _Axis(figures, divisor)
    left = 7 + LETTER * max(map(len, axis.texts))
    parts = [f'<path class="g" d="M{left} {axis.y(tick)}H{WIDTH}"/>' for tick in axis.ticks if tick]
    parts += _bars(drawn, axis, left)
    parts += [
        f'<text x="{left - 4}" y="{axis.y(tick) + 5}" text-anchor="end">{text}</text>'
        for tick, text in zip(axis.ticks, axis.texts, strict=True)
        if tick
    ]
    parts += _names(labels, left)
    parts.append(f'<path class="g" d="M{left} {axis.y(0)}H{WIDTH}"/>')
    return (
        f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(label)}">'
        f"<title>{escape(label)}</title><desc>{_extent(figures, divisor)}</desc>"
        f"{''.join(parts)}</svg>"
    )


def _extent(figures: Sequence[int], divisor: int) -> str:
    """What a glance at the bars tells, for those who hear it."""
    return f"Наименьшее {_decimal(min(figures), divisor)}, наибольшее {_decimal(max(figures), divisor)}"


def _bars(series: dict[str, list[int | None]], axis: _Axis, left: int) -> list[str]:
    months = max(map(len, series.values()))
    pitch = (WIDTH - left) * 10 // months  # tenths of a unit from here on
    breadth = max(10, min(pitch * 72 // 100 // len(series), 280) // 10 * 10)
    zero = axis.y(0)
    paths = []
    for place, (mark, row) in enumerate(series.items()):
        start = left * 10 + (pitch - breadth * len(series) - 10 * (len(series) - 1)) // 2 + place * (breadth + 10)
        shapes = "".join(
            f"M{_tenths(start + pitch * month)} {zero}v{rise}h{breadth // 10}v{-rise}z"
            for month, figure in enumerate(row)
            if figure and (rise := _rise(axis, zero, figure))
        )
        if shapes:
            paths.append(f'<path class="{mark}" d="{shapes}"/>')
    return paths


def _rise(axis: _Axis, zero: int, figure: int) -> int:
    """Height of a bar, upwards below zero; what is not nothing shows at least as a line."""
    return axis.y(figure) - zero or (-1 if figure > 0 else 1)


def _names(labels: list[str], left: int) -> list[str]:
    """Labels under the bars, as many as have room, counted from the last."""
    pitch = (WIDTH - left) * 10 // len(labels)
    longest = max(map(len, labels)) * (LETTER + 1) * 10
    every = -(-(longest + 120) // pitch)
    names = []
    for month in range((len(labels) - 1) % every, len(labels), every):
        middle = left * 10 + pitch * month + pitch // 2
        past_edge = middle + len(labels[month]) * LETTER * 10 // 2 > WIDTH * 10
        x, anchor = (str(WIDTH), "end") if past_edge else (_tenths(middle), "middle")
        names.append(f'<text x="{x}" y="{FLOOR + 19}" text-anchor="{anchor}">{escape(labels[month])}</text>')
    return names


def _round_steps() -> Iterator[int]:
    """1, 2, 5, 10, 20, 50 and so on."""
    return ((1, 2, 5)[n % 3] * 10 ** (n // 3) for n in count())


def _portions(shares: Sequence[int], whole: int) -> list[int]:
    """`whole` given out by the shares; what rounding leaves goes to the largest remainders."""
    total = sum(shares)
    if not total:
        return [0] * len(shares)
    given = [share * whole // total for share in shares]
    by_remainder = sorted(range(len(shares)), key=lambda n: (-(shares[n] * whole % total), n))
    for n in by_remainder[: whole - sum(given)]:
        given[n] += 1
    return given


def _decimal(figure: int, divisor: int) -> str:
    """A scaled number as it is read: `1 500`, `0,5`."""
    whole, rest = divmod(abs(figure), divisor)
    decimals = str(divisor + rest)[1:].rstrip("0")
    return grouped(-whole if figure < 0 else whole) + (f",{decimals}" if decimals else "")


def _tenths(number: int) -> str:
    return f"{'-' if number < 0 else ''}{abs(number) // 10}.{abs(number) % 10}"
