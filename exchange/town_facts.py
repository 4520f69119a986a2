"""Facts of the invented town: suppliers with requisites of region 00, services, prices, streets and names.

Nobody here exists: requisites pass their check digits, but region 00 has no taxpayers and no banks.
"""

from dataclasses import dataclass

PLACE = "г. Светлоречье"
STREETS = ("ул. Лесная", "ул. Садовая", "пр. Мира", "ул. Гагарина", "наб. Озёрная", "пер. Речной", "ул. 8 Марта")
MEN = (("Иван", "Иванович"), ("Сергей", "Сергеевич"), ("Пётр", "Петрович"), ("Андрей", "Андреевич"),
       ("Фёдор", "Фёдорович"), ("Михаил", "Михайлович"), ("Олег", "Олегович"))  # fmt: skip
WOMEN = (("Мария", "Ивановна"), ("Елена", "Сергеевна"), ("Ольга", "Петровна"), ("Наталья", "Андреевна"),
         ("Алёна", "Фёдоровна"), ("Ирина", "Михайловна"), ("Любовь", "Олеговна"))  # fmt: skip
SURNAMES = ("Иванов", "Петров", "Смирнов", "Кузнецов", "Семёнов", "Королёв", "Васильев", "Новиков", "Морозов",
            "Волков", "Лебедев", "Орлов", "Макаров", "Захаров", "Пчёлкин", "Щукин")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Price:
    """A tariff: price in millionths of a rouble before the first of July that the town remembers, growth a year."""

    supplier: str
    service: str
    scale: str
    category: str
    price: int
    growth: int
    norm: int = 0  # thousandths of a unit a person (or a square metre) and month
    norm_base: str = "человек"


SERVICES = (  # supplier, code, name, unit, kind, provider
    ("ENERGO", "EE", "Электроэнергия", "кВт*ч", "электроэнергия", ""),
    ("ENERGO", "ODN", "Электроэнергия на СОИ", "кВт*ч", "электроэнергия", "УК «Берёзовая роща»"),
    ("ENERGO", "PENI", "Пени", "руб.", "пени", ""),
    ("VODA", "HVS", "Холодная вода", "куб. м", "холодная вода", ""),
    ("VODA", "GVS", "Горячая вода", "куб. м", "горячая вода", "АО «Теплосеть»"),
    ("VODA", "VO", "Водоотведение", "куб. м", "водоотведение", ""),
    ("VODA", "PENI", "Пени", "руб.", "пени", ""),
    ("DOM", "SOD", "Содержание жилья", "кв. м", "жилищная", ""),
    ("DOM", "REM", "Текущий ремонт", "кв. м", "жилищная", ""),
    ("DOM", "OTOP", "Отопление", "Гкал", "отопление", "АО «Теплосеть»"),
    ("DOM", "TKO", "Обращение с ТКО", "чел.", "ТКО", "ООО «Чистый город»"),
    ("DOM", "PENI", "Пени", "руб.", "пени", ""),
)
UNITS = {(supplier, code): unit for supplier, code, _, unit, _, _ in SERVICES}
PRICES = (
    Price("ENERGO", "EE", "", "", 4_470000, 9, 90_000),
    Price("ENERGO", "EE", "День", "", 5_140000, 9),
    Price("ENERGO", "EE", "Ночь", "", 2_680000, 9),
    Price("ENERGO", "EE", "Пик", "", 5_810000, 9),
    Price("ENERGO", "EE", "Полупик", "", 4_470000, 9),
    Price("ENERGO", "EE", "", "электроплита", 3_130000, 9, 115_000),
    Price("ENERGO", "EE", "День", "электроплита", 3_600000, 9),
    Price("ENERGO", "EE", "Ночь", "электроплита", 1_880000, 9),
    Price("ENERGO", "EE", "Пик", "электроплита", 4_070000, 9),
    Price("ENERGO", "EE", "Полупик", "электроплита", 3_130000, 9),
    Price("ENERGO", "ODN", "", "", 4_470000, 9),
    Price("VODA", "HVS", "", "", 37_670000, 11, 4_745),
    Price("VODA", "GVS", "", "", 183_570000, 10, 3_188),
    Price("VODA", "VO", "", "", 31_800000, 12, 7_933),
    Price("DOM", "SOD", "", "", 20_610000, 7),
    Price("DOM", "REM", "", "", 4_560000, 7),
    Price("DOM", "OTOP", "", "", 2105_370000, 8, 24, "м²"),
    Price("DOM", "TKO", "", "", 118_094167, 6),
)
HEATING = {10: 55, 11: 85, 12: 110, 1: 125, 2: 115, 3: 90, 4: 50}  # hundredths of the norm by month
BIK, BANK = "040099701", "АО «Банк Светлая Река»"


def suppliers() -> list[tuple[str, ...]]:
    """Rows of `suppliers`, in the order of the table's columns."""
    firms = (
        ("ENERGO", "АО «Светлореченский энергосбыт»", "Энергосбыт"),
        ("VODA", "МУП «Водоканал города Светлоречья»", "Водоканал"),
        ("DOM", 'ООО «Управляющая компания "Берёзовая роща"»', "УК «Берёзовая роща»"),
    )
    return [
        (
            code, name, short, inn(f"00010013{n}"), "000101001", ogrn(f"12600000013{n}"),
            keyed(f"407028100000000013{n:02d}", BIK), BANK, BIK, keyed("30101810000000000701", BIK),
            f"000000, {PLACE}, ул. Ленина, д. {n}", f"8 (000) 200-01-0{n}", f"info@{code.lower()}.example.org",
            f"https://{code.lower()}.example.org", "пн-пт 8:00-17:00, обед 12:00-13:00",
        )
        for n, (code, name, short) in enumerate(firms, 1)
    ]  # fmt: skip


def inn(nine: str) -> str:
    """ИНН of an organisation: the tenth digit checks the nine."""
    weights = (2, 4, 10, 3, 5, 9, 4, 6, 8)
    return nine + str(sum(int(digit) * weight for digit, weight in zip(nine, weights, strict=True)) % 11 % 10)


def ogrn(twelve: str) -> str:
    """ОГРН: the thirteenth digit checks the twelve."""
    return twelve + str(int(twelve) % 11 % 10)


def keyed(account: str, bik: str) -> str:
    """A bank account of 20 digits with the right key in the ninth, for the bank of the БИК."""
    head = "0" + bik[4:6] if account.startswith("301") else bik[-3:]
    for key in "0123456789":
        made = account[:8] + key + account[9:]
        weights = (7, 1, 3) * 8
        if sum(int(d) * w % 10 for d, w in zip(head + made, weights, strict=False)) % 10 == 0:
            return made
    raise AssertionError("one of ten digits always fits")
