"""Section 1 of a quittance: who pays whom, for which month, how much, and the QR code that pays it."""

from documents.page import BLACK, GREY, LEFT, RIGHT, Block, Sheet, Style, fitted, wrap
from documents.payment_code import PaymentCode, payload, picture
from documents.quittance import Payee, Quittance
from documents.wording import NBSP, day, held, money, month, rubles

SIDE = 62.0  # breadth of the column with the sum, millimetres
COLUMN = RIGHT - LEFT - SIDE - 8
CODE = 47.0  # side of the payment QR code with its quiet zone
INDENT = 35.0  # of the values beside their names

TITLE = Style(15, "B")
CAPTION = Style(9.5, "B")
NAME = Style(11.5, "B")
PLAIN = Style(9.6)
SMALL = Style(8, tone=GREY)
SUM = Style(25, "B")


def title_of(bill: Quittance) -> str:
    """Name of the document: title of the file, head of its further pages."""
    return f"Платёжный документ №{NBSP}{bill.number} за {month(bill.period)}"


def head(sheet: Sheet, y: float, bill: Quittance) -> float:
    """Title, payer and payee on the left, the sum on the right, and below how the sum came about."""
    y = _title(sheet, y, bill)
    foot = _to_pay(sheet, y, bill)
    block = Block(sheet, LEFT, y, COLUMN)
    _payer(block, bill)
    _payee(block, bill.supplier)
    return _movement(sheet, max(block.y, foot) + 4, bill)


def _title(sheet: Sheet, y: float, bill: Quittance) -> float:
    name = f"Платёжный документ (счёт) №{NBSP}{bill.number}"
    period = Style(TITLE.size)
    room = RIGHT - LEFT - 62
    sheet.text(LEFT, y + TITLE.rise, name, fitted(name, TITLE, room))
    sheet.text(RIGHT, y + TITLE.rise, f"за {month(bill.period)}", period, align="right")
    y += TITLE.leading
    purpose = "за жилое помещение и коммунальные услуги"
    sheet.text(LEFT, y + SMALL.rise, f"{purpose} · от {day(bill.issued_on)}", SMALL)
    y += SMALL.leading + 1.5
    sheet.rule(y, weight=0.4, tone=BLACK)
    return y + 4


def _payer(block: Block, bill: Quittance) -> None:
    block.paragraph("1. Плательщик", CAPTION, after=1)
    if bill.masked:
        block.paragraph("Имя и адрес скрыты", Style(PLAIN.size, tone=GREY))
    block.paragraph(bill.holder, NAME, most=4, after=0.4)
    block.paragraph(held(bill.address), PLAIN, most=6, after=1)  # the flat stands at its end
    block.fact("Лицевой счёт", bill.account_number, INDENT, NAME)
    block.fact("ЕЛС", bill.els, INDENT, PLAIN)
    premises = (
        (f"{bill.area}{NBSP}м²", bill.area),
        (f"жилая {bill.living_area}{NBSP}м²", bill.living_area),
        (f"комнат:{NBSP}{bill.rooms}", bill.rooms),
        (f"зарегистрировано:{NBSP}{bill.registered}", bill.registered),
    )
    block.fact("Помещение", ", ".join(text for text, given in premises if given), INDENT, PLAIN)
    block.y += 3.5


def _payee(block: Block, payee: Payee) -> None:
    block.paragraph("Исполнитель и получатель платежа", CAPTION, after=1)
    block.paragraph(payee.name, Style(PLAIN.size, "B"), most=4, after=0.6)
    _facts(block, ("ИНН", payee.inn), ("КПП", payee.kpp), ("ОГРН", payee.ogrn))
    _facts(block, ("Расчётный счёт", payee.account))
    _facts(block, ("Банк", payee.bank), ("БИК", payee.bic))
    _facts(block, ("Корр. счёт", payee.corr_account))
    _facts(block, ("Адрес", held(payee.address)))
    _facts(block, ("Телефон", payee.phone))
    _facts(block, ("Почта", payee.email), ("сайт", payee.site))
    _facts(block, ("Часы работы", payee.hours))


def _facts(block: Block, *pairs: tuple[str, str]) -> None:
    """Short facts that share a line: `ИНН, КПП   7707083893, 770701001`."""
    given = [(name, value) for name, value in pairs if value]
    names, values = (", ".join(parts) for parts in zip(*given, strict=True)) if given else ("", "")
    block.fact(names[:1].upper() + names[1:], values, INDENT, PLAIN)


def _to_pay(sheet: Sheet, y: float, bill: Quittance) -> float:
    x = RIGHT - SIDE
    label, amount, advice = _verdict(bill)
    figure = fitted(amount, SUM, SIDE - 10)
    told = len(wrap(advice, PLAIN, SIDE - 10))
    height = 9 + Style(11).leading + figure.leading + told * PLAIN.leading
    sheet.plate(x, y, SIDE, height)
    block = Block(sheet, x + 5, y + 4.5, SIDE - 10)
    block.paragraph(label, Style(11))
    block.paragraph(amount, figure)
    block.paragraph(advice, PLAIN)
    return _code(sheet, y + height + 1, bill.code) if bill.code and bill.code.is_complete else y + height


def _code(sheet: Sheet, y: float, code: PaymentCode) -> float:
    middle = RIGHT - SIDE / 2
    sheet.picture(picture(payload(code)), middle - CODE / 2, y, CODE)
    y += CODE
    for line in ("Оплата по QR-коду: наведите камеру", "в приложении банка"):
        sheet.text(middle, y + SMALL.rise, line, SMALL, align="center")
        y += SMALL.leading
    return y


def _verdict(bill: Quittance) -> tuple[str, str, str]:
    if bill.to_pay > 0:
        return "К оплате", rubles(bill.to_pay), f"Оплатить до {day(bill.due_on)}" if bill.due_on else ""
    if bill.to_pay < 0:
        return "Переплата", rubles(-bill.to_pay), "Платить не нужно: сумма учтётся в следующем счёте"
    return "К оплате", rubles(0), "Платить не нужно: долга нет"


def _movement(sheet: Sheet, y: float, bill: Quittance) -> float:
    """The sums that add up to the one to pay, each with its sign."""
    first = bill.period.replace(day=1)
    opening = f"{'Переплата' if bill.opening < 0 else 'Долг'} на {day(first)}"
    steps = (
        (opening, bill.opening),
        ("Начислено", bill.charged),
        ("Перерасчёты", bill.recalculated),
        ("Оплачено", -bill.paid),
        ("Переплата" if bill.to_pay < 0 else "К оплате", bill.to_pay),
    )
    sheet.rule(y)
    for (name, amount), share in zip(steps, (0, 27, 46, 65, 100), strict=True):
        x, align = LEFT + (RIGHT - LEFT) * share / 100, "right" if share == 100 else "left"
        figure = Style(11, "B" if share == 100 else "")
        sheet.text(x, y + 1.6 + SMALL.rise, name, SMALL, align)
        sheet.text(x, y + 1.6 + SMALL.leading + figure.rise, money(amount), figure, align)
    y += 3.4 + SMALL.leading + Style(11).leading
    sheet.rule(y)
    return y
