"""The tables of the exchange package as data: headings, kinds, keys and closed lists (docs/exchange.md)."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """How a cell is read; the value it becomes stands in `exchange.values`."""

    TEXT = "text"
    ACCOUNT = "account"
    MONEY = "money"
    DECIMAL = "decimal"
    MILLIONTHS = "millionths"
    READING = "reading"
    INTEGER = "integer"
    DATE = "date"
    PERIOD = "period"
    FLAG = "flag"
    WORD = "word"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading in the file, its name in the code and what may stand in it.

    `limit` is the longest text in signs, the most decimals of a decimal, or the largest integer; `low` is the
    smallest integer, `empty` the value of an empty cell. `words` are the only ones a WORD may be, `codes` what
    the portal calls them where it does so by other words.
    `private` cells are never kept by the portal, not even among the refused rows. `varied` cells mostly differ from
    row to row: to remember what they mean is no use.
    """

    heading: str
    name: str
    kind: Kind = Kind.TEXT
    mandatory: bool = False
    key: bool = False
    words: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    limit: int = 255
    low: int = 0
    private: bool = False
    varied: bool = False
    empty: int | str | None = None

    @property
    def default(self) -> int | str | None:
        """The value of an empty cell."""
        textual = self.kind in (Kind.TEXT, Kind.WORD, Kind.DECIMAL, Kind.ACCOUNT)
        return "" if textual and self.empty is None else self.empty


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the package: its file name, its Russian title and its columns."""

    name: str
    title: str
    columns: tuple[Column, ...]

    @property
    def key(self) -> tuple[Column, ...]:
        return tuple(column for column in self.columns if column.key)

    def column(self, name: str) -> Column:
        """The column of that name; KeyError when there is none."""
        return {column.name: column for column in self.columns}[name]


ROUND_THE_CLOCK = "Круглосуточный"
SCALES = (ROUND_THE_CLOCK, "День", "Ночь", "Пик", "Полупик")
SETS_OF_SCALES = (ROUND_THE_CLOCK, "День,Ночь", "Пик,Полупик,Ночь")
SERVICE_KINDS = (
    "электроэнергия", "холодная вода", "горячая вода", "отопление", "водоотведение",
    "газ", "ТКО", "жилищная", "пени", "прочее",
)  # fmt: skip

MONEY, DECIMAL, MILLIONTHS, INTEGER = Kind.MONEY, Kind.DECIMAL, Kind.MILLIONTHS, Kind.INTEGER
DATE, FLAG, WORD = Kind.DATE, Kind.FLAG, Kind.WORD

_SUPPLIER = Column("Поставщик", "supplier", mandatory=True, key=True, limit=30)
_ACCOUNT = Column("Лицевой счёт", "account", Kind.ACCOUNT, mandatory=True, key=True, limit=30)
_SCALE = Column("Шкала", "scale", WORD, key=True, words=SCALES)
_WITHDRAWN = Column("Удалить", "withdrawn", FLAG, empty=0)


def _service(*, mandatory: bool = False, key: bool = False) -> Column:
    return Column("Услуга", "service", mandatory=mandatory, key=key, limit=30)


SUPPLIERS = Table("suppliers", "Поставщики", (
    Column("Код", "code", mandatory=True, key=True, limit=30),
    Column("Наименование", "name", mandatory=True),
    Column("Краткое наименование", "short_name"),
    Column("ИНН", "inn", mandatory=True, limit=12),
    Column("КПП", "kpp", limit=9),
    Column("ОГРН", "ogrn", limit=15),
    Column("Расчётный счёт", "bank_account", limit=20),
    Column("Банк", "bank"),
    Column("БИК", "bik", limit=9),
    Column("Корр. счёт", "corr_account", limit=20),
    Column("Адрес", "address"),
    Column("Телефон", "phone"),
    Column("E-mail", "email"),
    Column("Сайт", "site"),
    Column("Часы работы", "hours"),
))  # fmt: skip

SERVICES = Table("services", "Услуги", (
    _SUPPLIER,
    Column("Код", "code", mandatory=True, key=True, limit=30),
    Column("Наименование", "name", mandatory=True),
    Column("Единица измерения", "unit", mandatory=True, limit=30),
    Column("Вид", "kind", WORD, mandatory=True, words=SERVICE_KINDS),
    Column("Порядок", "position", INTEGER, limit=1_000_000, empty=0),
    Column("Исполнитель", "provider"),
))  # fmt: skip

TARIFFS = Table("tariffs", "Тарифы", (
    _SUPPLIER,
    _service(mandatory=True, key=True),
    _SCALE,
    Column("Действует с", "since", DATE, mandatory=True, key=True),
    Column("Категория", "category", key=True, limit=60),
    Column("Цена", "price", MILLIONTHS, mandatory=True, limit=6),
    Column("Норматив", "norm", MILLIONTHS, limit=6),
    Column("База норматива", "norm_base", WORD, words=("человек", "м²")),
))  # fmt: skip

ACCOUNTS = Table("accounts", "Лицевые счета", (
    _SUPPLIER,
    _ACCOUNT,
    Column("ЕЛС", "els", limit=30),
    Column("Тип абонента", "kind", WORD, words=("физ", "юр"), codes=("person", "organisation"), empty="person"),
    Column("Фамилия", "surname"),
    Column("Имя", "name"),
    Column("Отчество", "patronymic"),
    Column("Наименование", "title"),
    Column("ИНН", "inn", limit=12),
    Column("Населённый пункт", "settlement", mandatory=True),
    Column("Улица", "street"),
    Column("Дом", "house", mandatory=True, limit=60),
    Column("Помещение", "flat", limit=60),
    Column("Площадь", "area", DECIMAL, limit=6),
    Column("Жилая площадь", "living_area", DECIMAL, limit=6),
    Column("Комнат", "rooms", INTEGER, limit=10_000),
    Column("Зарегистрировано", "registered", INTEGER, limit=10_000),
    Column("Тип плиты", "stove", limit=60),
    Column("Тип собственности", "ownership", limit=60),
    Column("Договор", "contract", limit=60),
    Column("Подразделение", "division"),
    Column("Серия паспорта", "passport_series", limit=20, private=True),
    Column("Номер паспорта", "passport_number", limit=20, private=True),
    Column("Кем выдан", "passport_issuer", limit=1000, private=True),
    Column("Дата выдачи", "passport_date", DATE, private=True),
    Column("Код подразделения", "passport_code", limit=20, private=True),
    Column("Дата рождения", "birth_date", DATE, private=True),
    Column("Закрыт", "closed_on", DATE),
))  # fmt: skip

METERS = Table("meters", "Приборы учёта", (
    _SUPPLIER,
    _ACCOUNT,
    _service(mandatory=True, key=True),
    Column("Номер счётчика", "number", mandatory=True, key=True, limit=60),
    Column("Модель", "model"),
    Column("Разрядность", "digits", INTEGER, mandatory=True, low=1, limit=12),
    Column("Знаков после запятой", "decimals", INTEGER, limit=6, empty=0),
    Column("Шкалы", "scales", WORD, words=SETS_OF_SCALES),
    Column("Ктр", "ratio", INTEGER, low=1, limit=1_000_000, empty=1),
    Column("Место установки", "place"),
    Column("Класс точности", "accuracy", limit=60),
    Column("Состояние", "condition", limit=60),
    Column("Отношение", "relation", limit=60),
    Column("Балансовая принадлежность", "balance_owner"),
    Column("U ном.", "voltage", limit=60),
    Column("I ном.", "current", limit=60),
    Column("Дата установки", "installed_on", DATE),
    Column("Дата поверки", "verified_on", DATE),
    Column("МПИ (лет)", "interval_years", INTEGER, limit=100),
    Column("Дата истечения поверки", "verified_until", DATE),
    Column("Автоматический", "is_automatic", FLAG, empty=0),
    Column("Снят", "removed_on", DATE),
    _WITHDRAWN,
))  # fmt: skip

READINGS = Table("readings", "Показания", (
    _SUPPLIER,
    _ACCOUNT,
    Column("Номер счётчика", "number", mandatory=True, key=True, limit=60),
    _SCALE,
    Column("Дата", "taken_on", DATE, mandatory=True, key=True),
    Column("Показание", "value", Kind.READING, mandatory=True, varied=True),
    Column("Источник", "source", limit=60),
    Column("Идентификатор", "identifier", limit=60),
    Column("Статус", "state", WORD, words=("принято", "отклонено"), codes=("accepted", "rejected")),
    Column("Причина", "reason", limit=500),
    Column("Счёт", "bill", limit=60),
    _service(),
))  # fmt: skip

BILLS = Table("bills", "Счета", (
    _SUPPLIER,
    _ACCOUNT,
    Column("Номер", "number", mandatory=True, key=True, limit=60, varied=True),
    Column("Дата", "issued_on", DATE, mandatory=True),
    Column("Период", "period", Kind.PERIOD, mandatory=True),
    Column("Входящее сальдо", "opening", MONEY, mandatory=True, varied=True),
    Column("Начислено", "charged", MONEY, mandatory=True, varied=True),
    Column("Перерасчёты", "recalculated", MONEY, mandatory=True, varied=True),
    Column("Оплачено", "paid", MONEY, mandatory=True, varied=True),
    Column("К оплате", "to_pay", MONEY, mandatory=True, varied=True),
    Column("Срок оплаты", "due_on", DATE),
    _WITHDRAWN,
))  # fmt: skip

CHARGES = Table("charges", "Начисления", (
    _SUPPLIER,
    _ACCOUNT,
    Column("Счёт", "bill", mandatory=True, key=True, limit=60),
    _service(mandatory=True, key=True),
    _SCALE,
    Column("Единица измерения", "unit", limit=30),
    Column("Тариф", "tariff", DECIMAL, limit=6),
    Column("Объём", "volume", DECIMAL, limit=6, varied=True),
    Column("Объём СОИ", "volume_common", DECIMAL, limit=6, varied=True),
    Column("Способ", "method", WORD, words=("прибор", "норматив", "среднее")),
    Column("Показание предыдущее", "reading_before", DECIMAL, limit=6, varied=True),
    Column("Показание текущее", "reading_after", DECIMAL, limit=6, varied=True),
    Column("Объём дома", "house_volume", DECIMAL, limit=6, varied=True),
    Column("Начислено", "charged", MONEY, mandatory=True, varied=True),
    Column("Перерасчёт", "recalculated", MONEY, varied=True),
    Column("Период перерасчёта", "recalculation_period", Kind.PERIOD),
    Column("Причина перерасчёта", "recalculation_reason", limit=500),
    Column("Льгота", "benefit", MONEY, varied=True),
    Column("Итого", "total", MONEY, mandatory=True, varied=True),
))  # fmt: skip

PAYMENTS = Table("payments", "Платежи", (
    _SUPPLIER,
    _ACCOUNT,
    Column("Идентификатор", "identifier", mandatory=True, key=True, limit=100, varied=True),
    Column("Дата", "paid_on", DATE, mandatory=True),
    Column("Сумма", "amount", MONEY, mandatory=True, varied=True),
    _service(),
    Column("Источник", "source", limit=100),
    _WITHDRAWN,
))  # fmt: skip

BALANCES = Table("balances", "Сальдо", (
    _SUPPLIER,
    _ACCOUNT,
    _service(key=True),
    Column("На дату", "as_of", DATE, mandatory=True),
    Column("Сальдо", "amount", MONEY, mandatory=True, varied=True),
))  # fmt: skip

RESIDENTS = Table("residents", "Жители", (
    _SUPPLIER,
    _ACCOUNT,
    Column("E-mail", "email"),
    Column("Телефон", "phone", limit=30),
    Column("Фамилия", "surname"),
    Column("Имя", "name"),
    Column("Отчество", "patronymic"),
    Column("Код активации", "activation_code", limit=60, private=True),
))  # fmt: skip

# In the order in which rows may refer to each other.
TABLES = (
    SUPPLIERS, SERVICES, TARIFFS, ACCOUNTS, METERS, BILLS,
    CHARGES, READINGS, PAYMENTS, BALANCES, RESIDENTS,
)  # fmt: skip
BY_NAME = {table.name: table for table in TABLES}
