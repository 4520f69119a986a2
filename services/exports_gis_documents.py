"""Payment documents in the order of the template of ГИС ЖКХ, its sections 1–2 and 3–6 (formats §3.4).

Sums are those of the billing; a cell that the exchange brings nothing for is left to whoever fills the template in:
the identifier of the dwelling, the number of the requisite, capital repair, instalments.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from exchange.writers import Cell, Leaf, write_book
from models import Bill, Charge, Supplier, exported_lists
from models.bill import titled

BILLS, LINES = "Разделы 1-2", "Разделы 3-6"
BILLS_HEAD, LINES_HEAD = 4, 5  # rows of the headings
BILL_COLUMNS = (
    "ИЖКУ", "Тип ПД", "№ платежного документа", "Период (ММ.ГГГГ)", "Общая площадь", "Жилая площадь",
    "Отапливаемая площадь", "Количество проживающих", "К оплате за период", "Задолженность", "Аванс", "Оплачено",
    "Учтены платежи, поступившие до (число)", "Дата последней оплаты", "Субсидии", "Итого к оплате с учетом долга",
    "БИК", "Расчетный счет", "Капремонт: тариф", "Капремонт: начислено", "Капремонт: перерасчет", "Капремонт: льготы",
    "Капремонт: порядок расчетов", "Капремонт: основание", "Капремонт: сумма", "Капремонт: итого", "ОГРН", "КПП",
    "№ реквизита", "Итого по услугам", "Итого с рассрочкой", "Неустойки и судебные расходы",
    "Дополнительная информация", "Предельный индекс", "ОГРН исполнителя", "КПП исполнителя", "Идентификатор ПД",
    "Рассчитано ГИС", "Статус",
)  # fmt: skip
LINE_COLUMNS = (
    "№ платежного документа", "Услуга", "Единица измерения", "Способ определения объема (инд.)", "Объем (инд.)",
    "Способ определения объема (СОИ)", "Объем (СОИ)", "Тариф", "Плата (инд.)", "Плата (СОИ)", "Начислено",
    "Повышающий коэффициент", "Превышение платы", "Перерасчеты", "Льготы", "Порядок расчетов", "Норматив (инд.)",
    "Норматив (общ.)", "Показания (инд.)", "Показания (общедомовые)", "Суммарный объем дома (инд.)",
    "Суммарный объем дома (общ.)", "Основание перерасчета", "Сумма перерасчета", "Рассрочка: период",
    "Рассрочка: прошлые", "Рассрочка: проценты, руб.", "Рассрочка: проценты, %", "Рассрочка: итого", "Итого к оплате",
    "Итого (инд.)", "Итого (СОИ)", "ОГРН поставщика", "КПП поставщика", "№ реквизита", "Статус",
)  # fmt: skip
METHODS = {"прибор": "Прибор учета", "норматив": "Норматив", "среднее": "Иное"}
PENALTY = "пени"


def book(suppliers: Sequence[Supplier], now: datetime) -> tuple[bytes, int]:
    """The workbook of each supplier's last month, and how many documents it holds."""
    months = {row.id: exported_lists.newest_period(row) for row in suppliers}
    told = [(row, month) for row in suppliers if (month := months[row.id]) is not None]
    count = [0]
    out = io.BytesIO()
    leaves = (
        Leaf(BILLS, BILL_COLUMNS, _bills(told, count), BILLS_HEAD),
        Leaf(LINES, LINE_COLUMNS, _lines(told), LINES_HEAD),
    )
    write_book(out, leaves, now)
    return out.getvalue(), count[0]


def _bills(told: Sequence[tuple[Supplier, date]], count: list[int]) -> Iterator[list[Cell]]:
    for supplier, month in told:
        for bill, lines in exported_lists.documents(supplier, month):
            count[0] += 1
            yield _bill(supplier, bill, lines)


def _bill(supplier: Supplier, bill: Bill, lines: Sequence[Charge]) -> list[Cell]:
    penalties = sum(int(line.total) for line in lines if line.service.kind == PENALTY)
    account, opening = bill.account, int(bill.opening)
    return [
        "", "Текущий", str(bill.number), f"{bill.period:%m.%Y}", _number(account.area), _number(account.living_area),
        None, account.registered, _roubles(bill.total), _roubles(max(opening, 0)), _roubles(max(-opening, 0)),
        _roubles(bill.paid), None, None, None, _roubles(bill.to_pay), str(supplier.bik), str(supplier.bank_account),
        *[None] * 11, _roubles(bill.total - penalties), None, _roubles(penalties), None, None, str(supplier.ogrn),
        str(supplier.kpp), None, None, None,
    ]  # fmt: skip


def _lines(told: Sequence[tuple[Supplier, date]]) -> Iterator[list[Cell]]:
    for supplier, month in told:
        for bill, lines in exported_lists.documents(supplier, month):
            yield from (_line(bill, line) for line in lines if line.service.kind != PENALTY)


def _line(bill: Bill, line: Charge) -> list[Cell]:
    recalculated = None if line.recalculated is None else _roubles(line.recalculated)
    benefit = None if line.benefit is None else _roubles(line.benefit)
    return [
        str(bill.number), titled(str(line.service.name), str(line.scale)), str(line.unit),
        METHODS.get(str(line.method), ""), _number(line.volume), None, _number(line.volume_common),
        _number(line.tariff), None, None, _roubles(line.charged), None, None, recalculated, benefit, None, None, None,
        _number(line.reading_after), None, _number(line.house_volume), None, str(line.recalculation_reason),
        recalculated if line.recalculation_reason else None, *[None] * 5, _roubles(line.total), *[None] * 6,
    ]  # fmt: skip


def _roubles(kopecks: int) -> Decimal:
    return Decimal(int(kopecks)).scaleb(-2)


def _number(text: object) -> Cell:
    """A printed number as one; what is none stays as it is printed."""
    printed = str(text or "")
    try:
        return (
            Decimal(printed.replace(",", ".").replace("\N{NO-BREAK SPACE}", "").replace(" ", "")) if printed else None
        )
    except InvalidOperation:
        return printed
