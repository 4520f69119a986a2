"""The form of a quittance on paper: which section follows which, and the tables of sections 2–6.

A further section of the form is one more function in SECTIONS: it draws from `y` on and gives the `y` below.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace

from documents.page import GREY, LEFT, RIGHT, Block, Sheet, Style, fitted, wrap
from documents.payment_code import picture
from documents.quittance import ChargeLine, MeterLine, Quittance, ReferenceLine
from documents.quittance_head import head, title_of
from documents.table import Column, Row, Table
from documents.wording import NBSP, money, month, short_day

BETWEEN = 5.5  # sections, millimetres
READINGS_CODE = 26.0  # side of the QR code for readings, millimetres
SMALL = Style(8, tone=GREY)
NOTE = Style(8.6)
NOTE_GAP = 4.0
MOST_NOTE = 10  # lines

METERS = (
    Column("Услуга"),
    Column("Счётчик №"),
    Column("Шкала"),
    Column("Предыдущее", figures=True),
    Column("Текущее", figures=True),
    Column("Расход", figures=True),
    Column("Единица"),
    Column("Поверен до", figures=True),
)
CHARGES = (
    Column("Услуга"),
    Column("Единица"),
    Column("Объём", figures=True),
    Column("Объём СОИ", figures=True),
    Column("Способ"),
    Column("Тариф", figures=True),
    Column("Начислено", figures=True),
    Column("Перерасчёт", figures=True),
    Column("Льгота", figures=True),
    Column("Итого", figures=True),
)
REFERENCE = (
    Column("Услуга"),
    Column("Единица"),
    Column("Норматив", figures=True),
    Column("Показание", figures=True),
    Column("Объём дома", figures=True),
    Column("В помещениях", figures=True),
    Column("На общее имущество", figures=True),
)
RECALCULATIONS = (Column("Услуга и основание"), Column("За месяц"), Column("Сумма", figures=True))


def printed(quittances: Iterable[Quittance]) -> bytes:
    """PDF of the bills; see `documents.quittance.render_many`."""
    bills = [_masked(quittance) if quittance.masked else quittance for quittance in quittances]
    title = title_of(bills[0]) if len(bills) == 1 else f"Платёжные документы: {len(bills)}"
    sheet = Sheet(title, bills[0].supplier.name, bills[0].issued_on)
    for bill in bills:
        y = sheet.begin(f"{title_of(bill)} · лицевой счёт {bill.account_number}")
        for section in SECTIONS:
            y = section(sheet, y, bill)
    return sheet.bytes()


def meters(sheet: Sheet, y: float, bill: Quittance) -> float:
    """Section 2: readings of the flat's own meters, and beside them the way to send new ones."""
    if not bill.readings_url:
        return _meters_table(sheet, y + BETWEEN, bill, RIGHT) if bill.meters else y
    y = sheet.room(y + BETWEEN, READINGS_CODE + 10)
    leaf = sheet.leaf
    foot = _readings_code(sheet, y, bill.readings_url)
    below = _meters_table(sheet, y, bill, RIGHT - READINGS_CODE - 5) if bill.meters else y
    return max(below, foot) if sheet.leaf == leaf else below


def charges(sheet: Sheet, y: float, bill: Quittance) -> float:
    """Section 3: how the sum was made."""
    if not bill.lines:
        return y
    rows = [Row(_charge_cells(line), under=line.provider) for line in bill.lines]
    table = Table(CHARGES, rows, total=_total(bill.lines)).without_empty()
    return table.draw(sheet, y + BETWEEN, "3. Расчёт размера платы", "суммы в рублях", _height_below(bill))


def reference(sheet: Sheet, y: float, bill: Quittance) -> float:
    """Section 4: what the volumes are measured by."""
    table = _reference_table(bill)
    return table.draw(sheet, y + BETWEEN, "4. Справочная информация") if table else y


def recalculations(sheet: Sheet, y: float, bill: Quittance) -> float:
    """Section 6: what was recalculated and why (section 5, instalments, no billing has told us of yet)."""
    table = _recalculations_table(bill)
    return table.draw(sheet, y + BETWEEN, "6. Перерасчёты", "суммы в рублях") if table else y


def note(sheet: Sheet, y: float, bill: Quittance) -> float:
    """What the supplier wants to say, below everything else."""
    if not bill.note:
        return y
    y = sheet.room(y, _note_height(bill))
    block = Block(sheet, LEFT, y + NOTE_GAP, RIGHT - LEFT)
    block.paragraph(bill.note, NOTE, MOST_NOTE)
    return block.y


SECTIONS: tuple[Callable[[Sheet, float, Quittance], float], ...] = (
    head,
    meters,
    charges,
    reference,
    recalculations,
    note,
)


def _note_height(bill: Quittance) -> float:
    lines = len(wrap(bill.note, NOTE, RIGHT - LEFT, MOST_NOTE))
    return NOTE_GAP + lines * NOTE.leading if lines else 0


def _height_below(bill: Quittance) -> float:
    """Of what follows section 3: rows close up where that keeps all of it on the page."""
    tables = (_reference_table(bill), _recalculations_table(bill))
    return sum(BETWEEN + table.height for table in tables if table) + _note_height(bill)


def _reference_table(bill: Quittance) -> Table | None:
    rows = [Row(_reference_cells(line)) for line in bill.reference]
    return Table(REFERENCE, rows).without_empty() if rows else None


def _recalculations_table(bill: Quittance) -> Table | None:
    rows = [_recalculation(line) for line in bill.lines if line.recalculated]
    return Table(RECALCULATIONS, rows).without_empty() if rows else None


def _meters_table(sheet: Sheet, y: float, bill: Quittance, right: float) -> float:
    rows = [Row(_meter_cells(meter)) for meter in bill.meters]
    return Table(METERS, rows, right=right).without_empty().draw(sheet, y, "2. Показания счётчиков")


def _readings_code(sheet: Sheet, y: float, url: str) -> float:
    x = RIGHT - READINGS_CODE
    sheet.picture(picture(url.encode()), x, y, READINGS_CODE, link=url)
    y += READINGS_CODE
    for line in ("Передать показания", "без входа"):
        style = fitted(line, SMALL, READINGS_CODE)
        sheet.text(x + READINGS_CODE / 2, y + SMALL.rise, line, style, align="center")
        y += SMALL.leading
    return y


def _meter_cells(meter: MeterLine) -> tuple[str, ...]:
    verified = short_day(meter.verified_until) if meter.verified_until else ""
    return (
        meter.service,
        meter.number,
        meter.scale,
        meter.before,
        meter.after,
        meter.consumption,
        meter.unit,
        verified,
    )


def _charge_cells(line: ChargeLine) -> tuple[str, ...]:
    return (
        line.service,
        line.unit,
        line.volume,
        line.volume_common,
        line.method,
        line.tariff,
        money(line.charged),
        *(money(sum_) if sum_ else "" for sum_ in (line.recalculated, line.benefit)),
        money(line.total),
    )


def _reference_cells(line: ReferenceLine) -> tuple[str, ...]:
    return (line.service, line.unit, line.norm, line.reading, line.house, line.house_own, line.house_common)


def _recalculation(line: ChargeLine) -> Row:
    period = month(line.recalculated_for).removesuffix(f"{NBSP}года") if line.recalculated_for else ""
    return Row((line.service, period, money(line.recalculated)), under=line.reason)


def _total(lines: tuple[ChargeLine, ...]) -> Row:
    sums = [
        sum(line.charged for line in lines),
        sum(line.recalculated for line in lines),
        sum(line.benefit for line in lines),
        sum(line.total for line in lines),
    ]
    return Row(("Итого", "", "", "", "", "", *map(money, sums)), strong=True)


def _masked(bill: Quittance) -> Quittance:
    code = bill.code
    if code:
        code = replace(code, last_name="", first_name="", middle_name="", payer_address="")
    return replace(
        bill,
        holder="",
        address="",
        els="",
        area="",
        living_area="",
        rooms="",
        registered="",
        meters=tuple(replace(meter, number=_end_of(meter.number)) for meter in bill.meters),
        lines=tuple(replace(line, reason="") for line in bill.lines),
        code=code,
        readings_url=None,  # whoever holds the paper could send readings by it
    )


def _end_of(number: str) -> str:
    # The whole number would prove the right to the account (linking by the meter's number).
    return "…" + (number[-3:] if len(number) > 5 else "")
