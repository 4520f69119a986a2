"""An invented town as a billing's package, for the demo, the tests and the bench.

A function of (seed, month, sizes): the same arguments give the same bytes. Streamed: memory does not grow with
the number of accounts. The history ends with the month before `month`. What holds in every package:
«К оплате» = «Входящее сальдо» + «Начислено» + «Перерасчёты» − «Оплачено», chained from bill to bill; the lines
of a bill sum up to it; tariff × volume is the charge to the kopeck; the payments of a month are its «Оплачено»;
the balances sum up to the last bill.
"""

import csv
import dataclasses
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

from exchange import town_facts as facts
from exchange.tables import BY_NAME
from exchange.town_account import SCALES, SHARES, Account, Dial, History, Known
from exchange.town_calendar import Calendar, fixed, price_in, price_text, years_on

_KEY = "supplier account "
COLUMNS = {
    "suppliers": "code name short_name inn kpp ogrn bank_account bank bik corr_account address phone email "
    "site hours",
    "services": "supplier code name unit kind position provider",
    "tariffs": "supplier service scale since category price norm norm_base",
    "accounts": _KEY + "els kind surname name patronymic settlement street house flat area "
    "living_area rooms registered stove ownership contract division passport_series passport_number passport_issuer "
    "passport_date passport_code birth_date",
    "meters": _KEY + "service number model digits decimals scales ratio place accuracy condition relation "
    "balance_owner voltage current installed_on verified_on interval_years verified_until is_automatic",
    "readings": _KEY + "number scale taken_on value source state bill",
    "bills": _KEY + "number issued_on period opening charged recalculated paid to_pay due_on",
    "charges": _KEY
    + "bill service scale unit tariff volume volume_common method reading_before reading_after house_volume "
    "charged recalculated recalculation_period recalculation_reason benefit total",
    "payments": _KEY + "identifier paid_on amount service source",
    "balances": _KEY + "service as_of amount",
}


@dataclass(frozen=True)
class Household:
    """A home: who lives there, its address, and what he knows of his accounts."""

    surname: str
    name: str
    patronymic: str
    settlement: str
    street: str
    house: str
    flat: str
    birth_date: date
    passport: tuple[str, str, date, str]  # series, number, issued on, code of the department
    accounts: tuple[Known, ...] = ()


@dataclass(frozen=True)
class Cast:
    """The town's known residents; Anna's accounts are of her flat, her dacha and her mother's flat, in that order.

    `shared` is the dacha's account, which Boris holds too.
    """

    anna: tuple[Household, Household, Household]
    boris: Household
    novichok: Household
    others: tuple[Household, ...]
    suppliers: tuple[str, ...] = ("ENERGO", "VODA", "DOM")

    @property
    def shared(self) -> Known:
        return self.anna[1].accounts[0]


@dataclass
class _Dwelling:
    """A home before its accounts: `zones` are those of its electricity meter, `payers` how it pays whom."""

    home: Household
    area: int
    persons: int
    in_flats: bool
    zones: int
    payers: dict[str, str]
    stove: str = "Газовая"
    automatic: str = ""  # the supplier whose meter sends by itself
    expiring: bool = False  # a water meter's verification ends soon after the history
    silent: bool = False
    power_meter: str = ""
    known: list[Known] = field(default_factory=list)


class _Files:
    """The ten tables, open for writing."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._put: dict[str, Any] = {}
        for table, names in COLUMNS.items():
            file = stack.enter_context((folder / f"{table}.csv").open("w", encoding="utf-8-sig", newline=""))
            self._put[table] = csv.writer(file, delimiter=";", lineterminator="\r\n").writerow
            self._put[table]([BY_NAME[table].column(name).heading for name in names.split()])

    def put(self, table: str, row: Sequence[object]) -> None:
        self._put[table](row)


def write_town(folder: Path, *, seed: int, month: date, accounts: int = 60, months: int = 24) -> Cast:
    """Write the ten tables into the folder; the cast comes first, so a small town has it whole.

    Raises ValueError for less than 16 accounts, which the cast alone takes, or less than 2 months.
    """
    if accounts < 16 or months < 2:
        raise ValueError("a town needs 16 accounts and 2 months")
    calendar = Calendar.before(month.replace(day=1), months)
    homes: list[Household] = []
    with ExitStack() as stack:
        files = _Files(folder, stack)
        _reference(files, calendar)
        left, serial = accounts, 0
        for dwelling in _dwellings(Random(f"{seed}"), calendar):
            for supplier in list(dwelling.payers)[:left]:
                serial += 1
                dwelling.known.append(
                    _account(files, calendar, dwelling, supplier, serial, Random(f"{seed}/{serial}"))
                )
            left -= len(dwelling.known)
            if len(homes) < 24:
                homes.append(dataclasses.replace(dwelling.home, accounts=tuple(dwelling.known)))
            if not left:
                break
    return Cast((homes[0], homes[1], homes[2]), homes[3], homes[4], tuple(homes[5:]))


def _reference(files: _Files, calendar: Calendar) -> None:
    for row in facts.suppliers():
        files.put("suppliers", row)
    for position, (supplier, code, name, unit, kind, provider) in enumerate(facts.SERVICES, 1):
        files.put("services", (supplier, code, name, unit, kind, position * 10, provider))
    for price in facts.PRICES:
        for risen, year in enumerate(calendar.years()):
            files.put("tariffs", (
                price.supplier, price.service, price.scale, f"01.07.{year}", price.category,
                price_text(price_in(price, risen)), fixed(price.norm, 3) if price.norm else "",
                price.norm_base if price.norm else "",
            ))  # fmt: skip


def _dwellings(rng: Random, calendar: Calendar) -> Iterator[_Dwelling]:
    yield from _cast(rng)
    payers = ["exact"] * 11 + ["rounder"] * 3 + ["late", "debtor", "debtor", "advance", "ahead", "exact"]
    for n in range(1, 1 << 30):
        block, place = divmod(n, 12)
        in_flats = block % 3 != 2
        street = facts.STREETS[1 + block % (len(facts.STREETS) - 1)]
        house = f"{10 + block // 6}" if in_flats else f"{10 + block // 6}/{place + 1}"
        home = _household(rng, street, house, str(place + 1) if in_flats else "")
        shares = (("ENERGO", 1.0), ("VODA", 0.85), ("DOM", 0.8 if in_flats else 0.0))
        bought = [supplier for supplier, share in shares if rng.random() < share]
        persons, zones = rng.choice((1, 1, 2, 2, 2, 3, 3, 4)), rng.choice((1, 1, 1, 2, 2, 3))
        yield _Dwelling(
            home, 2800 + rng.randrange(5200), persons, in_flats, zones,
            {supplier: payers[rng.randrange(20)] for supplier in bought},
            stove="Электрическая" if block % 4 == 1 else "Газовая",
            automatic=bought[0] if n % 9 == 4 else "", expiring=n % 8 == 3, silent=n % 13 == 6,
        )  # fmt: skip


def _cast(rng: Random) -> Iterator[_Dwelling]:
    """The residents whom the demo names; their order and numbers never change."""
    anna = ("Соколова", "Анна", "Викторовна", date(1985, 4, 12), ("0005", "300412", date(2005, 5, 20), "000-001"))
    boris = ("Орлов", "Борис", "Петрович", date(1979, 9, 3), ("0024", "790903", date(2024, 10, 1), "000-001"))
    ilya = ("Новичков", "Илья", "Семёнович", date(1996, 1, 30), ("0016", "960130", date(2016, 3, 2), "000-002"))
    lesnaya, sadovaya = "ул. Лесная", "ул. Садовая"
    yield _Dwelling(
        _person(anna, lesnaya, "12", "45"), 5050, 2, True, 2, {"ENERGO": "late", "VODA": "advance", "DOM": "debtor"},
        expiring=True, power_meter="38002134",
    )  # fmt: skip
    dacha = dataclasses.replace(_person(anna, "", "уч. 17", ""), settlement="СНТ «Ромашка»")
    yield _Dwelling(dacha, 4200, 2, False, 1, {"ENERGO": "ahead"}, power_meter="41170655")
    yield _Dwelling(
        _person(anna, sadovaya, "3", "8"), 4460, 1, True, 3, {"ENERGO": "exact", "VODA": "exact"}, automatic="VODA",
        power_meter="38002151",
    )  # fmt: skip
    yield _Dwelling(
        _person(boris, lesnaya, "12", "46"), 6130, 3, True, 1, {"ENERGO": "exact", "VODA": "rounder", "DOM": "exact"},
        power_meter="38002168",
    )  # fmt: skip
    yield _Dwelling(
        _person(ilya, lesnaya, "14", "3"), 3380, 1, True, 1, {"ENERGO": "exact", "VODA": "exact", "DOM": "exact"},
        power_meter="38002185",
    )  # fmt: skip


def _person(
    who: tuple[str, str, str, date, tuple[str, str, date, str]], street: str, house: str, flat: str
) -> Household:
    surname, name, patronymic, born, passport = who
    return Household(surname, name, patronymic, facts.PLACE, street, house, flat, born, passport)


def _household(rng: Random, street: str, house: str, flat: str) -> Household:
    woman = rng.random() < 0.55
    name, patronymic = rng.choice(facts.WOMEN if woman else facts.MEN)
    surname = rng.choice(facts.SURNAMES) + ("а" if woman else "")
    born = date(1940, 1, 1) + timedelta(rng.randrange(23_000))
    issued = years_on(born, 45 if born.year < 1975 else 20) + timedelta(40 + rng.randrange(50))
    passport = (f"00{issued.year % 100:02d}", f"{rng.randrange(10**6):06d}", issued, f"000-00{rng.randrange(1, 10)}")
    return _person((surname, name, patronymic, born, passport), street, house, flat)


def _number(supplier: str, serial: int) -> str:
    """ENERGO: 13 digits with a check digit; VODA: 8 with leading zeros; DOM: 9, sometimes with a slash."""
    if supplier == "VODA":
        return f"{10_000 + serial * 3:08d}"
    if supplier == "DOM":
        return f"{20_400_000 + serial}/{serial % 9 + 1}" if serial % 12 == 8 else f"{314_000_000 + serial * 7}"
    first = f"55{266_0000000 + serial * 11:010d}"
    return first + str(-sum(int(digit) * weight for digit, weight in zip(first, (3, 1) * 6, strict=True)) % 10)


def _account(
    files: _Files, calendar: Calendar, dwelling: _Dwelling, supplier: str, serial: int, rng: Random
) -> Known:
    number, home = _number(supplier, serial), dwelling.home
    dials = [] if supplier == "DOM" else _dials(dwelling, supplier, serial, calendar, rng)
    stove = "электроплита" if dwelling.stove == "Электрическая" else ""
    account = Account(
        supplier, number, dwelling.area, dwelling.persons, stove, dwelling.in_flats, dials,
        payer=dwelling.payers[supplier], silent=dwelling.silent and supplier == "VODA", benefit=serial % 19 == 5,
    )  # fmt: skip
    if account.silent:
        account.dials = []
    series, passport, issued, code = home.passport
    files.put("accounts", (
        supplier, number, f"{serial // 10**6:02d}АА{serial % 10**6:06d}", "физ",
        home.surname, home.name, home.patronymic, home.settlement, home.street, home.house, home.flat,
        fixed(dwelling.area, 2), fixed(dwelling.area * 62 // 100, 2), max(1, dwelling.area // 1900), dwelling.persons,
        dwelling.stove, "Собственность", number if serial % 2 else "", "Светлореченский участок",
        series, passport, "УМВД России по г. Светлоречью", _dmy(issued), code, _dmy(home.birth_date),
    ))  # fmt: skip
    known = History(account, calendar, files.put, rng, serial).run()
    for dial in account.dials:
        _meter(files, (supplier, number), dial, calendar.firsts[0] - timedelta(40))
    return known


def _dials(dwelling: _Dwelling, supplier: str, serial: int, calendar: Calendar, rng: Random) -> list[Dial]:
    last, automatic = calendar.firsts[-1], dwelling.automatic == supplier
    verified = last - timedelta(rng.randrange(200, 1400))
    if supplier == "ENERGO":
        scales, month = SCALES[dwelling.zones], (60 + 65 * dwelling.persons) * rng.randrange(60, 151) // 100
        use = [month * share // 100 for share in SHARES[dwelling.zones]]
        value = [rng.randrange(1_000, 30_000) for _ in scales]
        number = dwelling.power_meter or f"{41_000_000 + serial * 17}"
        return [Dial(number, "EE", "Меркурий 200", scales, 6, 0, use, value, verified, 16, automatic)]
    dials = []
    for n, service in enumerate(("HVS", "GVS") if dwelling.in_flats else ("HVS",)):
        use = [1000 * dwelling.persons * rng.randrange(150, 400) // 100 * (100 - 40 * n) // 100]
        if dwelling.expiring and not n:
            verified = years_on(last, -6) + timedelta(65)
        number = f"19-{204_000 + serial * 4 + n}"
        value = [rng.randrange(20_000, 400_000)]
        dials.append(Dial(number, service, "СВК-15", SCALES[1], 5, 3, use, value, verified, 6, automatic))
    return dials


def _dmy(day: date) -> str:
    return f"{day:%d.%m.%Y}"


def _meter(files: _Files, key: tuple[str, str], dial: Dial, installed_by: date) -> None:
    power = dial.service == "EE"
    place = {"EE": "Площадка", "HVS": "Санузел, холодная", "GVS": "Санузел, горячая"}[dial.service]
    files.put("meters", (
        *key, dial.service, dial.number, dial.model, dial.digits, dial.decimals, ",".join(dial.scales), 1, place,
        "1.00" if power else "", "Исправен", "Индивидуальный", "Потребитель",
        "220" if power else "", "5" if power else "", _dmy(min(dial.verified, installed_by)), _dmy(dial.verified),
        dial.years, _dmy(years_on(dial.verified, dial.years)), "да" if dial.automatic else "нет",
    ))  # fmt: skip
