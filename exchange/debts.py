"""The registry of charges that a bank takes: what each account owes, so that people are asked for the right sum."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from exchange.writers import ENCODINGS as OF_TABLES
from exchange.writers import Cell, csv_bytes

SBER, CSV = "sber", "csv"
KINDS = (SBER, CSV)
ENCODINGS = {**OF_TABLES, "koi8-r": "koi8-r"}
USUAL = {SBER: "cp1251", CSV: "utf-8"}
MARKS = {"comma": ",", "point": "."}
HEADINGS = ("Поставщик", "Лицевой счёт", "ЕЛС", "ФИО", "Адрес", "К оплате", "На дату")
_BREAKS = str.maketrans(dict.fromkeys(';|"\t\r\n', " "))


@dataclass(frozen=True, slots=True)
class Debt:
    """What an account is to pay, kopecks; an overpayment is nothing to pay."""

    supplier: str
    account: str
    els: str
    holder: str
    address: str
    amount: int
    on: date | None


def debts_bytes(debts: Iterable[Debt], kind: str, encoding: str = "", mark: str = "comma") -> bytes:
    """`sber`: `ФИО;Адрес;ЛС;Сумма` without headings (formats §2.5); `csv`: a table with headings."""
    codec = encoding or USUAL[kind]
    if kind == CSV:
        return csv_bytes(HEADINGS, map(_cells, debts), codec)
    text = "".join(f"{';'.join(_row(debt, MARKS[mark]))}\r\n" for debt in debts)
    return text.encode("utf-8" if codec == "utf-8" else ENCODINGS[codec], errors="replace")


def file_name(inn: str, bank_account: str, number: int, day: date) -> str:
    """`ИНН_РС_НОМЕР_ММГГ.txt`, by which the bank knows whose registry it is."""
    return f"{inn or '0'}_{bank_account or '0'}_{number:03d}_{day:%m%y}.txt"


def _row(debt: Debt, mark: str) -> tuple[str, ...]:
    shown = (_plain(text).lstrip("=+-@") for text in (debt.holder, debt.address))  # no formula, where it is opened so
    return *shown, _plain(debt.account), _roubles(debt.amount, mark)


def _plain(text: str) -> str:
    """A text that cannot end its field: a bank knows no quotes."""
    return " ".join(text.translate(_BREAKS).split())


def _roubles(amount: int, mark: str) -> str:
    return f"{amount // 100}{mark}{amount % 100:02d}"


def _cells(debt: Debt) -> list[Cell]:
    return [
        debt.supplier, debt.account, debt.els, debt.holder, debt.address, _roubles(debt.amount, ","), debt.on,
    ]  # fmt: skip
