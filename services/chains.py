"""Chains of bills: an account may have several side by side, each with its own saldo, never added together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from models import Bill


@dataclass(frozen=True)
class Chain:
    """Bills of which each goes on where the one before ended, oldest first; at least one."""

    bills: list[Bill]

    @property
    def opening(self) -> int:
        return int(self.bills[0].opening)

    @property
    def closing(self) -> int:
        return int(self.bills[-1].to_pay)

    @property
    def charged(self) -> int:
        return sum(int(bill.charged) for bill in self.bills)

    @property
    def recalculated(self) -> int:
        return sum(int(bill.recalculated) for bill in self.bills)

    @property
    def paid(self) -> int:
        return sum(int(bill.paid) for bill in self.bills)

    @property
    def numbers(self) -> str:
        """«130–133», as the bills are called."""
        first, last = self.bills[0].number, self.bills[-1].number
        return str(first) if len(self.bills) == 1 else f"{first}–{last}"  # noqa: RUF001 - a range

    @property
    def unexplained(self) -> int:
        """What the closing saldo holds beyond the lines: nothing, unless the billing changed a saldo by itself."""
        return self.closing - (self.opening + self.charged + self.recalculated - self.paid)


def chains(bills: Iterable[Bill]) -> list[Chain]:
    """The bills, oldest first, parted so that each goes on the chain that ended with its opening saldo.

    One that fits none begins a chain; where a period has but one such, and there is but one chain, it goes on it.
    """
    found: list[list[Bill]] = []
    for _, of_period in groupby(bills, key=lambda bill: bill.period):
        waiting = list(found)  # chains without a bill of this period
        begun: list[list[Bill]] = []
        for bill in of_period:
            chain = next((one for one in [*waiting, *found, *begun] if one[-1].to_pay == bill.opening), None)
            if chain is None:
                begun.append([bill])
            else:
                chain.append(bill)
                waiting = [one for one in waiting if one is not chain]
        if len(begun) == len(waiting) == len(found) == 1:
            found[0].extend(begun[0])
        else:
            found += begun
    return [Chain(chain) for chain in found]
