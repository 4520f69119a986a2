"""One account of the invented town: its meters, readings, charges, payments and bills, month by month."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from exchange.tables import ROUND_THE_CLOCK
from exchange.town_calendar import Calendar, fixed, half_up, month_end, roubles
from exchange.town_facts import HEATING, PRICES, UNITS

SCALES = {1: (ROUND_THE_CLOCK,), 2: ("День", "Ночь"), 3: ("Пик", "Полупик", "Ночь")}
SHARES = {1: (100,), 2: (68, 32), 3: (30, 40, 30)}
SENDERS = ("житель", "житель", "житель", "по ссылке", "банк")
TILLS = ("Сбербанк", "Сбербанк", "Банковский перевод", "Касса", "Портал")
HOUSE_AREA = 321480  # hundredths of a square metre: the heating of a flat is its share of the house

Put = Callable[[str, Sequence[object]], None]


@dataclass
class Dial:
    """A meter: `use` is the mean month of each scale and `value` the state, in its smallest units."""

    number: str
    service: str
    model: str
    scales: tuple[str, ...]
    digits: int
    decimals: int
    use: list[int]
    value: list[int]
    verified: date
    years: int
    automatic: bool = False
    known: list[int] = field(default_factory=list)  # what the billing has seen
    estimated: list[int] = field(default_factory=list)  # kopecks charged by the average since then

    def __post_init__(self) -> None:
        self.known, self.estimated = self.value[:], [0] * len(self.scales)


@dataclass
class Account:
    """What the account is before its history: `payer` says how it pays, `silent` that it never sends readings."""

    supplier: str
    number: str
    area: int  # hundredths of a square metre
    persons: int
    category: str
    in_flats: bool
    dials: list[Dial]
    payer: str = "exact"
    silent: bool = False
    benefit: bool = False


@dataclass(frozen=True)
class Known:
    """What a resident of the account knows: every fact that links it. Sums in kopecks."""

    supplier: str
    number: str
    meters: tuple[str, ...]
    last_payment: tuple[date, int] | None
    last_bill: int
    last_bill_number: str


class History:
    """Writes the rows of one account; `run` returns what a resident would know about it."""

    def __init__(self, account: Account, calendar: Calendar, put: Put, rng: Random, serial: int) -> None:
        self.account, self.calendar, self.put, self.rng, self.serial = account, calendar, put, rng, serial
        self.key = (account.supplier, account.number)
        self.saldo = 0 if account.payer in ("exact", "ahead") else rng.randrange(20_000, 90_000)
        self.older = 0  # what stood unpaid before the last bill: penalties run on it
        self.lines: list[tuple[str, int, int, int]] = []  # service, charged net of benefit, recalculated, total
        self.last_payment: tuple[date, int] | None = None

    def run(self) -> Known:
        for dial in self.account.dials:
            self._first_readings(dial)
        for index, first in enumerate(self.calendar.firsts):
            self._month(index, first)
        self._balances()
        meters = tuple(dial.number for dial in self.account.dials)
        return Known(*self.key, meters, self.last_payment, self.saldo, self._bill_number(self.calendar.firsts[-1]))

    def _bill_number(self, first: date) -> str:
        return f"{first:%y%m}-{self.serial}"

    def _first_readings(self, dial: Dial) -> None:
        day = self.calendar.firsts[0] - timedelta(1)
        for scale, value in zip(dial.scales, dial.value, strict=True):
            self._reading(dial, scale, value, day, "расчётный центр", "")

    def _reading(self, dial: Dial, scale: str, value: int, day: date, source: str, bill: str) -> None:
        row = (*self.key, dial.number, scale, f"{day:%d.%m.%Y}", fixed(value, dial.decimals), source, "принято", bill)
        self.put("readings", row)

    def _month(self, index: int, first: date) -> None:
        self.lines, bill = [], self._bill_number(first)
        {"ENERGO": self._power, "VODA": self._water, "DOM": self._housing}[self.account.supplier](index, first, bill)
        charged = sum(line[1] for line in self.lines)
        paid = self._pay(index, first, charged)
        arrears = max(0, min(self.saldo - paid, self.older))
        self.older = max(0, self.saldo - paid)
        penalty = half_up(arrears * 95 * 30, 300_000)
        if penalty:
            self._line(bill, "PENI", charged=penalty)
        charged, recalculated = sum(line[1] for line in self.lines), sum(line[2] for line in self.lines)
        opening, self.saldo = self.saldo, self.saldo + charged + recalculated - paid
        end = month_end(first)
        sums = (opening, charged, recalculated, paid, self.saldo)
        due = end + timedelta(15 if first >= date(2026, 3, 1) else 10)  # ЖК ст. 155 as of 1 March 2026
        self.put(
            "bills",
            (*self.key, bill, f"{end:%d.%m.%Y}", f"{first:%m.%Y}", *map(roubles, sums), f"{due:%d.%m.%Y}"),
        )

    def _line(
        self, bill: str, service: str, charged: int, *, scale: str = "", tariff: str = "", volume: str = "",
        common: str = "", method: str = "", before: str = "", after: str = "", house: str = "",
        recalculated: int = 0, why: str = "", months: str = "", benefit: int = 0,
    ) -> None:  # fmt: skip
        total = charged + recalculated - benefit
        self.lines.append((service, charged - benefit, recalculated, total))
        self.put("charges", (
            *self.key, bill, service, "" if scale == ROUND_THE_CLOCK else scale, UNITS[self.key[0], service],
            tariff, volume, common, method, before, after, house, roubles(charged),
            roubles(recalculated) if recalculated else "", months if recalculated else "",
            why if recalculated else "", roubles(benefit) if benefit else "", roubles(total),
        ))  # fmt: skip

    def _price(self, index: int, service: str, scale: str = "") -> tuple[int, str]:
        scale = "" if scale == ROUND_THE_CLOCK else scale
        return self.calendar.prices[index][
            self.key[0], service, scale, self.account.category if service == "EE" else ""
        ]

    def _norm(self, service: str) -> int:
        category = self.account.category if service == "EE" else ""
        norms = (
            p.norm
            for p in PRICES
            if (p.supplier, p.service, p.scale, p.category) == (self.key[0], service, "", category)
        )
        return next(norms) * self.account.persons

    def _by_norm(self, index: int, bill: str, service: str) -> int:
        """A line by the norm; returns the volume in thousandths."""
        volume, (price, text) = self._norm(service), self._price(index, service)
        charged = half_up(volume * price, 10**7)
        self._line(bill, service, charged, tariff=text, volume=fixed(volume, 3), method="норматив")
        return volume

    def _metered(self, dial: Dial, index: int, first: date, bill: str) -> int:
        """Readings and lines of one meter; returns the volume in its smallest units."""
        sends = dial.automatic or index == 0 or index + 2 >= len(self.calendar.firsts) or self.rng.random() > 0.05
        day = month_end(first) if dial.automatic else first + timedelta(self.rng.randrange(17, 24))
        source = "автоматически" if dial.automatic else self.rng.choice(SENDERS)
        season = 100 if dial.service != "EE" else 120 if first.month in HEATING else 85
        volume = 0
        for n, scale in enumerate(dial.scales):
            used = dial.use[n] * season * self.rng.randrange(70, 131) // 10_000
            dial.value[n] += used
            price, text = self._price(index, dial.service, scale)
            before, given = fixed(dial.known[n], dial.decimals), dial.use[n]
            if sends:
                given = dial.value[n] - dial.known[n]
                self._reading(dial, scale, dial.value[n], day, source, bill)
                dial.known[n] = dial.value[n]
            charged = half_up(given * price, 10 ** (dial.decimals + 4))
            self._line(
                bill, dial.service, charged, scale=scale, tariff=text, volume=fixed(given, dial.decimals),
                method="прибор" if sends else "среднее", before=before,
                after=fixed(dial.value[n], dial.decimals) if sends else "",
                recalculated=-dial.estimated[n] if sends else 0, why="Перерасчёт по показаниям",
                months=f"{first - timedelta(1):%m.%Y}",
            )  # fmt: skip
            dial.estimated[n] = 0 if sends else dial.estimated[n] + charged
            volume += given
        return volume

    def _power(self, index: int, first: date, bill: str) -> None:
        for dial in self.account.dials:
            self._metered(dial, index, first, bill)
        if self.account.in_flats:
            common = self.account.area * (3 + index % 4)
            price, text = self._price(index, "ODN")
            charged = half_up(common * price, 10**7)
            self._line(bill, "ODN", charged, tariff=text, common=fixed(common, 3), method="норматив")

    def _water(self, index: int, first: date, bill: str) -> None:
        volume = 0
        if self.account.silent:
            for service in ("HVS", "GVS") if self.account.in_flats else ("HVS",):
                volume += self._by_norm(index, bill, service)
        for dial in self.account.dials:
            volume += self._metered(dial, index, first, bill)
        price, text = self._price(index, "VO")
        self._line(bill, "VO", half_up(volume * price, 10**7), tariff=text, volume=fixed(volume, 3))

    def _housing(self, index: int, first: date, bill: str) -> None:
        area = self.account.area
        for service in ("SOD", "REM"):
            price, text = self._price(index, service)
            charged = half_up(area * price, 10**6)
            benefit = charged // 2 if self.account.benefit else 0
            self._line(bill, service, charged, tariff=text, volume=fixed(area, 2), benefit=benefit)
        if first.month in HEATING:
            heat = area * 24 * HEATING[first.month] // 1000
            price, text = self._price(index, "OTOP")
            house = fixed(HOUSE_AREA * 24 * HEATING[first.month] // 1000, 4)
            charged = half_up(heat * price, 10**8)
            self._line(bill, "OTOP", charged, tariff=text, volume=fixed(heat, 4), method="прибор", house=house)
        price, text = self._price(index, "TKO")
        charged = half_up(self.account.persons * price, 10**4)
        away = -charged // self.account.persons if self.account.persons > 1 and self.rng.random() < 0.04 else 0
        self._line(
            bill, "TKO", charged, tariff=text, volume=str(self.account.persons), method="норматив", recalculated=away,
            why="Временное отсутствие одного человека", months=f"{first - timedelta(1):%m.%Y}",
        )  # fmt: skip

    def _pay(self, index: int, first: date, charged: int) -> int:
        """Payments of the month, mostly of the last bill; returns their sum."""
        due, last = self.saldo, len(self.calendar.firsts) - 1
        match self.account.payer:
            case "ahead":  # pays the month itself before its bill comes
                due += charged + sum(line[2] for line in self.lines)
            case "late":  # the last two bills wait
                due = 0 if index >= last - 1 and index > 0 else due
            case "debtor":
                due = 0 if index % 3 else due * 8 // 10
            case "advance":
                due = 0 if due + charged < -5_000 else max(due, 0) + (charged * 2 // 10_000 + 1) * 10_000
            case "rounder":
                due = -(-due // 10_000) * 10_000
        if due <= 0:
            return 0
        day = first + timedelta(self.rng.randrange(2, 15))
        twice = self.account.payer == "rounder" and self.rng.random() < 0.03
        for n, (later, amount) in enumerate([(0, due), (0, due), (2, -due)] if twice else [(0, due)], 1):
            number = f"{self.key[0][0]}{first:%y%m}{self.serial:07d}-{n}"
            paid_on, till = day + timedelta(later), self.rng.choice(TILLS)
            self.put("payments", (*self.key, number, f"{paid_on:%d.%m.%Y}", roubles(amount), "", till))
        self.last_payment = (day, due)
        return due

    def _balances(self) -> None:
        """Parts by service that sum up to the last bill, but the water's: it has one row for the account."""
        parts = {service: total for service, _, _, total in self.lines if total > 0}
        if self.key[0] == "VODA" or not parts:
            parts = {"": 1}
        whole, rest, day = sum(parts.values()), self.saldo, month_end(self.calendar.firsts[-1])
        for n, (service, share) in enumerate(parts.items(), 1):
            part = rest if n == len(parts) else self.saldo * share // whole
            rest -= part
            self.put("balances", (*self.key, service, f"{day:%d.%m.%Y}", roubles(part)))
