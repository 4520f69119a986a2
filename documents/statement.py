"""Statement («выписка») of an account on paper: the bills of a range of days with their saldo, and its payments."""

from dataclasses import dataclass
from datetime import date

from documents.quittance import Payee


@dataclass(frozen=True)
class BillLine:
    """A bill as the billing gave it; sums are kopecks, `period` the first day of the month."""

    number: str
    issued_on: date
    period: date
    opening: int
    charged: int
    recalculated: int
    paid: int
    to_pay: int


@dataclass(frozen=True)
class Chain:
    """Bills that go on one another, with the sums of their columns; `unexplained` is what the saldo holds beyond."""

    bills: tuple[BillLine, ...]
    opening: int
    charged: int
    recalculated: int
    paid: int
    closing: int
    unexplained: int = 0


@dataclass(frozen=True)
class PaymentLine:
    """A payment; `about` says where it came from, `is_posted` whether the billing knows it."""

    on: date
    amount: int
    about: str
    is_posted: bool = True


@dataclass(frozen=True)
class Statement:
    """What is printed; chains stand under each other and are never added together."""

    account_number: str
    supplier: Payee
    since: date
    until: date
    made_on: date
    chains: tuple[Chain, ...]
    payments: tuple[PaymentLine, ...]
    els: str = ""
    holder: str = ""
    address: str = ""


def render(statement: Statement) -> bytes:
    """PDF over as many pages of A4 as it takes."""
    from documents.statement_form import printed  # fpdf2 takes 15 MB and 0.2 s: only who prints pays

    return printed(statement)
