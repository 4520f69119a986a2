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
BILLS_HEAD, LINES_HEAD = 3, 4  # rows of the headings
BILL_COLUMNS = (
    "Идентификатор ЖКУ", "Тип ПД", "Номер платежного документа", "Расчетный период (ММ.ГГГГ)",
    "Общая площадь для ЛС", "Жилая площадь", "Отапливаемая площадь", "Количество проживающих",
    "Сумма к оплате за расчетный период, руб. (по всему платежному документу)",
    "Задолженность за предыдущие периоды", "Аванс на начало расчетного периода", "Оплачено денежных средств, руб.",
    "Учтены платежи, поступившие до указанного числа расчетного периода включительно",
    "Дата последней поступившей оплаты", "Субсидии, компенсации и иные меры соц. поддержки граждан, руб.",
    "Итого к оплате за расчетный период с учетом задолженности/переплаты, руб. (по всему платежному документу)",
    "БИК банка", "Расчетный счет", "Размер взноса на кв.м, руб.", "Всего начислено за расчетный период, руб.",
    "Перерасчеты всего, руб.", "Льготы, субсидии, руб.", "Порядок расчетов", "Основания перерасчетов", "Сумма, руб.",
    "Итого к оплате за расчетный период, руб.", "Поставщик услуги ОГРН", "Поставщик услуги КПП",
    "Номер платежного реквизита",
    "Итого к оплате за расчетный период по услугам, руб. (по всем услугам за расчетный период)",
    "Сумма к оплате с учетом рассрочки платежа и процентов за рассрочку, руб. (Итого по всему платежному документу)",
    "Итого к оплате по неустойкам и судебным издержкам", "Дополнительная информация",
    "Предельный (максимальный) индекс изменения размера платы граждан за коммунальные услуги в муниципальном "
    "образовании, %",
    "Исполнитель услуги ОГРН", "Исполнитель услуги КПП", "Идентификатор платежного документа",
    "(РАССЧИТАНО ГИС ЖКХ) Итого к оплате за расчетный период", "Статус обработки",
)  # fmt: skip
LINE_COLUMNS = (
    "Номер платежного документа", "Услуга", "Единица измерения",
    "Объем услуг - индивидуальное потребление - Способ определения объемов КУ",
    "Объем услуг - индивидуальное потребление - Объем, площадь, количество",
    "Объем услуг - общедомовые нужды - Способ определения объемов КУ",
    "Объем услуг - общедомовые нужды - Объем, площадь, количество",
    "Тариф руб./единица измерения Размер платы на кв. м, руб.",
    "Размер платы за коммунальные услуги, руб. - индивидуальное потребление",
    "Размер платы за коммунальные услуги, руб. - потребление при содержании общего имущества",
    "Всего начислено за расчетный период, руб.", "Размер повышающего коэффициента",
    "Размер превышения платы, рассчитанной с применением повышающего коэффициента над размером платы, рассчитанной "
    "без учета повышающего коэффициента",
    "Перерасчеты всего, руб.", "Льготы, субсидии, руб.", "Порядок расчетов",
    "Норматив потребления коммунальных ресурсов - в жилых помещениях",
    "Норматив потребления коммунальных ресурсов - на потребление при содержании общего имущества",
    "Текущие показания приборов учета коммунальных ресурсов - индивидуальных (квартирных)",
    "Текущие показания приборов учета коммунальных ресурсов - коллективных (общедомовых)",
    "Суммарный объем коммунальных ресурсов в доме - в помещениях дома",
    "Суммарный объем коммунальных ресурсов в доме - в целях содержания общего имущества",
    "Основания перерасчетов", "Сумма, руб.",
    "Сумма платы с учетом рассрочки платежа - от платы за расчетный период",
    "Сумма платы с учетом рассрочки платежа - от платы за предыдущие расчетные периоды",
    "Проценты за рассрочку - руб.", "Проценты за рассрочку - %",
    "Сумма к оплате с учетом рассрочки платежа и процентов за рассрочку, руб.",
    "Итого к оплате за расчетный период, руб. - Всего",
    "Итого к оплате за расчетный период, руб. - в т. ч. за ком. усл. - индивид. потребление",
    "Итого к оплате за расчетный период, руб. - в т. ч. за ком. усл. - потребление при содержании общего имущества",
    "Поставщик услуги ОГРН", "Поставщик услуги КПП", "Номер платежного реквизита", "Статус обработки",
)  # fmt: skip
OTHERS = {
    "Идентификатор ЖКУ": ("ИЖКУ",),
    "Номер платежного документа": ("Номер ПД",),
    "Единица измерения": ("Единциа измерения",),  # so in a template of 2019
    "Итого к оплате за расчетный период, руб. - Всего": ("Итого к оплате за расчетный период, руб.",),
}
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
