"""«Выписка»: the bills of an account in a range of days with their saldo, and the payments that came in it.

The billing's figures are shown as they are (exchange.md): a saldo is that of a bill and never summed up anew. An
account may have several chains of bills side by side, each with a saldo of its own; they are never added together.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, tzinfo
from functools import partial

from documents import statement as paper
from exchange.writers import Cell
from models import Account, Resident
from models import statement as rows_of
from models.history import Span
from services import history
from services.bills import payee
from services.chains import Chain, chains
from services.consumption import shifted
from services.history import Paid
from services.history_table import roubles

MONTHS = 12  # that are shown where no range is asked for
BATCH = 1_000
HEADINGS = ("Раздел", "Дата", "Документ", "Период", "Начислено", "Перерасчёты", "Оплачено", "Сальдо")


@dataclass(frozen=True)
class Statement:
    """`payments` are those the billing knows and those made here that it has not met yet, oldest first."""

    account: Account
    since: date
    until: date
    chains: list[Chain]
    payments: list[Paid]

    @property
    def received(self) -> int:
        return sum(row.amount for row in self.payments)

    @property
    def is_empty(self) -> bool:
        return not self.chains and not self.payments


def days(account: Account, since: date | None, until: date | None, today: date) -> tuple[date, date]:
    """The range asked for; what is left open: to this day, and the twelve months up to the newest bill."""
    end = until or today
    if since is not None:
        return since, end
    newest = rows_of.newest(account.id)
    period = end if newest is None or until is not None else min(newest.period, end)
    return shifted(period, 1 - MONTHS), end


def of(account: Account, since: date, until: date, resident: Resident, zone: tzinfo) -> Statement:
    """The statement of the days, both included; a range that ends before it starts has nothing in it."""
    if since > until:
        return Statement(account, since, until, [], [])
    span = Span((account.id,), since, until)
    page = partial(history.payments, span, resident, "date", zone=zone, size=BATCH, counted=False)
    payments = [row for row in history.every(page) if row.state in ("posted", *history.KEPT)]
    return Statement(account, since, until, chains(rows_of.bills(account.id, since, until)), payments)


def pdf(statement: Statement, made_on: date) -> bytes:
    """The statement on paper."""
    return paper.render(
        paper.Statement(
            account_number=statement.account.number,
            els=statement.account.els,
            holder=statement.account.holder,
            address=statement.account.address,
            supplier=payee(statement.account.supplier),
            since=statement.since,
            until=statement.until,
            made_on=made_on,
            chains=tuple(_paper_chain(chain) for chain in statement.chains),
            payments=tuple(
                paper.PaymentLine(row.on, row.amount, about(row), row.state == "posted") for row in statement.payments
            ),
        )
    )


def table(statement: Statement) -> Iterator[Sequence[Cell]]:
    """Rows under `HEADINGS`: of each chain its saldo and bills, then the payments."""
    for number, chain in enumerate(statement.chains, start=1):
        part = "Счета" if len(statement.chains) == 1 else f"Счета, ряд {number}"
        yield [part, statement.since, "Сальдо на начало", "", None, None, None, roubles(chain.opening)]
        for bill in chain.bills:
            sums = (roubles(kopecks) for kopecks in (bill.charged, bill.recalculated, bill.paid, bill.to_pay))
            yield [part, bill.issued_on, f"Счёт № {bill.number}", f"{bill.period:%m.%Y}", *sums]
        totals = (roubles(kopecks) for kopecks in (chain.charged, chain.recalculated, chain.paid, chain.closing))
        yield [part, statement.until, "Сальдо на конец", "", *totals]
    for row in statement.payments:
        yield ["Платежи", row.on, about(row) or "Платёж", "", None, None, roubles(row.amount), None]


def about(row: Paid) -> str:
    """Where a payment came from: its source, its service, and whether the billing knows it."""
    here = "оплачено здесь, ещё не учтено"  # of a bank's registry the source says where
    known = "" if row.state == "posted" else "ещё не учтено" if row.source else here
    said = ", ".join(filter(None, (row.source, row.service, known)))
    return said[:1].upper() + said[1:]


def _paper_chain(chain: Chain) -> paper.Chain:
    lines = tuple(
        paper.BillLine(
            bill.number, bill.issued_on, bill.period, bill.opening, bill.charged, bill.recalculated, bill.paid,
            bill.to_pay,
        )
        for bill in chain.bills
    )  # fmt: skip
    return paper.Chain(
        lines, chain.opening, chain.charged, chain.recalculated, chain.paid, chain.closing, chain.unexplained
    )
