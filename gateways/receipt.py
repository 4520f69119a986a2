"""The receipt of 54-ФЗ as data: each bank's gateway writes it in its own words (formats.md 4.6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

# Rates of VAT as the settings name them: none, a rate, or a rate out of the sum («расчётная ставка»).
VATS = ("none", "0", "5", "7", "10", "20", "22", "5/105", "7/107", "10/110", "20/120", "22/122")
TAXATIONS = {1: "ОСН", 2: "УСН доходы", 3: "УСН доходы минус расходы", 5: "ЕСХН", 6: "патент"}  # tag 1055
SERVICE, PAYMENT = "service", "payment"  # tag 1212: a bill that was issued; money without one
MODES = FULL_PAYMENT, ADVANCE = "full_payment", "advance"  # tag 1214
LONGEST_NAME = 128


@dataclass(frozen=True)
class Item:
    """A line of a receipt: one piece of something that costs `amount` kopecks."""

    name: str
    amount: int
    vat: str = "none"
    subject: str = SERVICE
    mode: str = FULL_PAYMENT


@dataclass(frozen=True)
class Receipt:
    """What the cash register of the bank prints and sends; `items` come to the payment to the kopeck."""

    taxation: int
    items: Sequence[Item]
    email: str = ""
    phone: str = ""

    @property
    def total(self) -> int:
        return sum(item.amount for item in self.items)
