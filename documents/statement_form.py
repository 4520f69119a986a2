"""The sheets of a statement: who and for which days, a table for each chain of bills, the table of payments."""

from collections.abc import Sequence

from documents.page import BLACK, GREY, LEFT, RIGHT, Block, Sheet, Style
from documents.statement import BillLine, Chain, PaymentLine, Statement
from documents.table import Column, Row, Table
from documents.wording import MINUS, NBSP, day, held, money, month, rubles, short_day

TITLE, PLAIN, SMALL = Style(15, "B"), Style(9.6), Style(8.6, tone=GREY)
NAME = Style(11.5, "B")
INDENT = 35.0  # of the values beside their names
BILLS = (
    Column("Счёт"),
    Column("Дата"),
    Column("Сальдо на начало", figures=True),
    Column("Начислено", figures=True),
    Column("Перерасчёты", figures=True),
    Column("Оплачено", figures=True),
    Column("Сальдо на конец", figures=True),
)
PAYMENTS = (Column("Платёж"), Column("Дата"), Column("Сумма", figures=True))
SEVERAL = (
    "По этому лицевому счёту выставляют счета в несколько рядов. У каждого ряда своё сальдо: "
    "они не складываются друг с другом."
)


def printed(statement: Statement) -> bytes:
    title = f"Выписка по лицевому счёту №{NBSP}{statement.account_number}"
    sheet = Sheet(title, statement.supplier.name, statement.made_on)
    y = _head(sheet, sheet.begin(title), title, statement)
    if len(statement.chains) > 1:
        y = _paragraph(sheet, y, SEVERAL) + 2
    for number, chain in enumerate(statement.chains, start=1):
        name = "Счета" if len(statement.chains) == 1 else f"Счета, ряд {number}"
        y = _chain(sheet, y, name, chain) + 6
    if statement.payments:
        y = _payments(sheet, y, statement.payments) + 6
    if not statement.chains and not statement.payments:
        y = _paragraph(sheet, y, "За эти дни нет ни счетов, ни платежей.") + 6
    _foot(sheet, y, statement)
    return sheet.bytes()


def _head(sheet: Sheet, y: float, title: str, statement: Statement) -> float:
    block = Block(sheet, LEFT, y, RIGHT - LEFT)
    block.paragraph(title, TITLE)
    days = f"с {day(statement.since)} по {day(statement.until)}"
    block.paragraph(days, Style(11), after=1.5)
    sheet.rule(block.y, weight=0.4, tone=BLACK)
    block.y += 3
    block.fact("Абонент", statement.holder, INDENT, NAME)
    block.fact("Адрес", held(statement.address), INDENT, PLAIN)
    block.fact("ЕЛС", statement.els, INDENT, PLAIN)
    block.fact("Поставщик", statement.supplier.name, INDENT, PLAIN)
    block.fact("ИНН", statement.supplier.inn, INDENT, PLAIN)
    return block.y + 5


def _chain(sheet: Sheet, y: float, title: str, chain: Chain) -> float:
    first, last = chain.bills[0], chain.bills[-1]
    total = Row(
        (
            "Итого", "", money(chain.opening), money(chain.charged), money(chain.recalculated), money(chain.paid),
            money(chain.closing),
        ),
        strong=True,
    )  # fmt: skip
    y = Table(BILLS, [_bill(line) for line in chain.bills], total).draw(sheet, y, title) + 2
    said = f"{_saldo('На начало', chain.opening)} (счёт №{NBSP}{first.number}). "
    said += f"{_saldo('На конец', chain.closing)} (счёт №{NBSP}{last.number})."
    if chain.unexplained:
        said += f" Расчётный центр изменил сальдо между счетами на {_signed(chain.unexplained)}."
    return _paragraph(sheet, y, said)


def _bill(line: BillLine) -> Row:
    return Row(
        (
            f"№{NBSP}{line.number} за {month(line.period).removesuffix(f'{NBSP}года')}", short_day(line.issued_on),
            money(line.opening), money(line.charged), money(line.recalculated), money(line.paid), money(line.to_pay),
        )
    )  # fmt: skip


def _payments(sheet: Sheet, y: float, payments: Sequence[PaymentLine]) -> float:
    rows = [Row((line.about or "Платёж", short_day(line.on), money(line.amount))) for line in payments]
    total = Row(("Итого", "", money(sum(line.amount for line in payments))), strong=True)
    y = Table(PAYMENTS, rows, total).draw(sheet, y, "Платежи за эти дни") + 2
    if any(not line.is_posted for line in payments):
        y = _paragraph(sheet, y, "Что оплачено здесь и ещё не учтено, войдёт в один из следующих счетов.")
    return y


def _saldo(when: str, kopecks: int) -> str:
    if kopecks == 0:
        return f"{when}: долга нет"
    return f"{when}: {'долг' if kopecks > 0 else 'переплата'} {rubles(abs(kopecks))}"


def _signed(kopecks: int) -> str:
    return f"{MINUS if kopecks < 0 else '+'}{rubles(abs(kopecks))}"


def _paragraph(sheet: Sheet, y: float, text: str) -> float:
    block = Block(sheet, LEFT, sheet.room(y, 2 * SMALL.leading), RIGHT - LEFT)
    block.paragraph(text, SMALL)
    return block.y


def _foot(sheet: Sheet, y: float, statement: Statement) -> None:
    said = (
        f"Составлена {day(statement.made_on)} в личном кабинете по данным расчётного центра. "
        "Сальдо — как в счетах; платёж входит в тот счёт, в котором расчётный центр его учёл."
    )
    _paragraph(sheet, y, said)
