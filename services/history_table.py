"""«История» as a table for a spreadsheet: headings, and a row of cells for each row of the list."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from exchange.writers import Cell
from models import Bill, Link, Reading
from models.meter import SINGLE
from services import reading_words
from services.exports_numbers import shown
from services.history import BILLS, PAYMENTS, READINGS, Paid

PAYMENT_STATES = {
    "posted": "учтено",
    "paid": "оплачено, ещё не учтено",
    "partly": "оплачено, часть возвращена",
    "created": "ждёт оплаты",
    "waiting": "ждём ответа банка",
    "disputed": "банк назвал другую сумму",
    "expired": "время на оплату вышло",
    "failed": "не прошёл",
    "refunded": "возвращён",
}


@dataclass(frozen=True)
class Table:
    """`rows` are made as they are asked for."""

    title: str
    headings: tuple[str, ...]
    rows: Iterator[list[Cell]]


def table(kind: str, rows: Iterable[Any], links: Mapping[int, Link]) -> Table:
    """The rows of a list; `links` are the resident's, by account."""
    title, headings, cells = KINDS[kind]
    return Table(title, ("Поставщик", "Лицевой счёт", "Дата", *headings), (cells(row, links) for row in rows))


def _payment(row: Paid, links: Mapping[int, Link]) -> list[Cell]:
    return [
        *_account(links[row.account]), row.on, roubles(row.amount), PAYMENT_STATES[row.state], row.source,
        row.service,
    ]  # fmt: skip


def _reading(row: Reading, links: Mapping[int, Link]) -> list[Cell]:
    register = row.register
    meter = register.meter
    return [
        *_account(links[meter.account_id]), row.taken_on, meter.service.name, meter.number,
        "" if register.scale == SINGLE else register.scale, shown(row.value, register.decimals), meter.service.unit,
        reading_words.state(row.state, row.origin), row.bill.number if row.bill else "", row.reason,
        reading_words.source(row.origin, row.source),
    ]  # fmt: skip


def _bill(row: Bill, links: Mapping[int, Link]) -> list[Cell]:
    return [
        *_account(links[row.account_id]), row.issued_on, row.number, f"{row.period:%m.%Y}", roubles(row.opening),
        roubles(row.charged), roubles(row.recalculated), roubles(row.paid), roubles(row.to_pay),
    ]  # fmt: skip


def _account(link: Link) -> tuple[str, str]:
    return link.account.supplier.title, link.account.number


def roubles(kopecks: int) -> Decimal:
    return Decimal(kopecks).scaleb(-2)


KINDS: dict[str, tuple[str, tuple[str, ...], Callable[[Any, Mapping[int, Link]], list[Cell]]]] = {
    PAYMENTS: ("Платежи", ("Сумма, ₽", "Состояние", "Источник", "Услуга"), _payment),
    READINGS: (
        "Показания",
        (
            "Услуга", "Номер счётчика", "Шкала", "Показание", "Единица", "Состояние", "Учтено в счёте", "Причина",
            "Источник",
        ),
        _reading,
    ),
    BILLS: (
        "Счета",
        ("Номер", "Период", "Сальдо на начало", "Начислено", "Перерасчёты", "Оплачено", "К оплате"),
        _bill,
    ),
}  # fmt: skip
