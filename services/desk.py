"""A payment told by phone or taken at the desk: a line of the operator's own registry of the day (decisions 0021).

It stands beside the debt like any bank's line until the billing brings it. Nothing imported is recomputed, and no
payment counts twice: a number comes once, and what was written down gives way to the bank's own line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from exchange.writers import csv_bytes
from models import Account, Registry, RegistryLine, Remark, Resident, desk, transaction
from models.desk import CASH, TOLD, Alike
from models.search import fold
from services import audit, matching
from services.matching import NEAR, Met, Open
from services.refusal import Refused

WAYS = {"cash": CASH, "told": TOLD}
MOST = 1_000_000_00  # kopecks: more is a slip of the finger
OLDEST = timedelta(days=366)
LONGEST_NUMBER = 60
HEADINGS = ("Номер операции", "Лицевой счёт", "Дата", "Сумма, ₽")


@dataclass(frozen=True)
class Wanted:
    """What the form brought; `way` a key of WAYS, `number` of the receipt or of the bank's operation.

    `warned` signs the likenesses that were shown and confirmed, "" where none were.
    """

    way: str
    amount: int
    paid_on: date
    number: str
    warned: str = ""


class Known(Refused):
    """A payment like this one is known: the same may not be written down twice unless the operator says so."""

    def __init__(self, found: Sequence[Alike]) -> None:
        super().__init__("Похожий платёж уже есть: сверьте, не тот ли это самый.")
        self.found = list(found)
        self.signature = signature(found)


def signature(found: Sequence[Alike]) -> str:
    return ";".join(f"{one.source}|{one.on}|{one.name}" for one in found)


@transaction
def accept(account: Account, wanted: Wanted, by: Resident, now: datetime, today: date) -> RegistryLine:
    """Writes the payment down; refuses a number that was written before, and a likeness that was not confirmed.

    `now` in the utility's zone.
    """
    number = _checked(wanted, today)
    found = desk.alike(account, wanted.amount, wanted.paid_on - NEAR, wanted.paid_on + NEAR, now.tzinfo)
    if found and wanted.warned != signature(found):
        raise Known(found)
    way, who = WAYS[wanted.way], str(by.email)
    registry = desk.registry_of(account.supplier, way, today, who, now)
    line = desk.add(
        registry, f"desk|{wanted.way}|{fold(number)}", operation=number, account=account,
        account_number=account.number, paid_on=wanted.paid_on, amount=wanted.amount, decided_by=who,
    )  # fmt: skip
    if line is None:
        raise Refused("Платёж с таким номером уже записан. Проверьте номер чека.", field="number")
    after = {"account": account.id, "amount": wanted.amount, "on": f"{wanted.paid_on}", "way": wanted.way}
    audit.note("desk-payment", "registry_line", line.id, by, now, {}, after)
    return line


@transaction
def take_back(line: RegistryLine, reason: str, by: Resident, now: datetime) -> None:
    """A slip: the payment counts no more. What the billing or a bank has brought meanwhile is theirs."""
    if not desk.take_back(line, str(by.email), reason):
        raise Refused("Этот платёж уже учтён в расчёте или отменён в другом окне.")
    Remark.note("desk-payment-back", reason, by, now, account=line.account)
    audit.note("desk-payment-back", "registry_line", line.id, by, now, {"state": "open"}, {"state": "rejected"})


def give_way(bank_lines: Sequence[RegistryLine], registry: Registry) -> int:
    """In the caller's transaction, as a bank's lines come in: the same payments that operators wrote down; how many.

    Each of the bank's lines is looked at once, when it comes. Money of the desk is in no bank's registry: it gives
    way to its own number alone, what a payer told to account, sum and the nearest day, too.
    """
    written = desk.written_for(bank_lines, NEAR)
    mets = [_met(line) for line in bank_lines]
    by_number = matching.named([_opened(line) for line in written], mets)
    taken = set(by_number.values())
    left = [line for line in written if line.id not in by_number and line.registry.bank == TOLD]
    pairs = by_number | matching.pairs([_opened(line) for line in left], [one for one in mets if one.id not in taken])
    return desk.hand_over(pairs, f"Пришёл реестром №\N{NO-BREAK SPACE}{registry.id}")


def file_of(registry: Registry) -> bytes:
    """The day's payments as a table for the billing, as they stand now."""
    rows = [
        (line.operation, line.account_number, line.paid_on, Decimal(line.amount) / 100)
        for line in desk.lines(registry)
    ]
    return csv_bytes(HEADINGS, rows)


def _checked(wanted: Wanted, today: date) -> str:
    number = " ".join(wanted.number.split())
    if wanted.way not in WAYS:
        raise Refused("Выберите, как заплатили.", field="way")
    if not number or len(number) > LONGEST_NUMBER:
        raise Refused(f"Введите номер с чека: от 1 до {LONGEST_NUMBER} знаков.", field="number")
    if not 0 < wanted.amount <= MOST:
        raise Refused("Проверьте сумму: столько здесь не платят.", field="sum")
    if wanted.paid_on > today:
        raise Refused("Этот день ещё не наступил.", field="paid_on")
    if wanted.paid_on < today - OLDEST:
        raise Refused("Такой давний платёж ищите в расчётном центре.", field="paid_on")
    return number


def _met(line: RegistryLine) -> Met:
    return Met(line.id, line.account_id or 0, line.amount, line.paid_on, fold(str(line.operation)))


def _opened(line: RegistryLine) -> Open:
    """A number counts with its sum only: receipts of two desks may have one number by chance."""
    number = frozenset({fold(str(line.operation))})
    return Open((line.id,), line.account_id or 0, line.amount, line.paid_on, frozenset(), number)
