"""Movement of money by months. Parallel bills of an account are chains, each with its own saldo, never added up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from models import Bill


@dataclass(frozen=True)
class Chain:
    """Bills that go on one from another, newest first; at least one."""

    bills: list[Bill]

    @property
    def opening(self) -> int:
        return int(self.bills[-1].opening)

    @property
    def charged(self) -> int:
        return sum(bill.charged for bill in self.bills)

    @property
    def recalculated(self) -> int:
        return sum(bill.recalculated for bill in self.bills)

    @property
    def paid(self) -> int:
        return sum(bill.paid for bill in self.bills)

    @property
    def to_pay(self) -> int:
        return int(self.bills[0].to_pay)

    @property
    def is_whole(self) -> bool:
        """Does every bill begin with the saldo that the one before ended with? Only then do the sums add up."""
        return all(_goes_on(before, bill) for bill, before in pairwise(self.bills))

    @property
    def numbers(self) -> str:
        """«130–133», as the bills are called."""
        first, last = self.bills[-1].number, self.bills[0].number
        return str(first) if len(self.bills) == 1 else f"{first}–{last}"  # noqa: RUF001 - a range


def chains(bills: Sequence[Bill]) -> list[Chain]:
    """The account's bills, newest first, as chains, the one with the newest bill first.

    A bill goes on from the one whose saldo it begins with. Where there is none, and never was a second chain that it
    might belong to, the billing has changed the saldo between two bills; else another chain begins.
    """
    found: list[list[Bill]] = []
    in_period = Counter(bill.period for bill in bills)
    for bill in reversed(bills):
        before = next((chain for chain in found if _goes_on(chain[-1], bill)), None)
        if before is None and len(found) == 1 and in_period[bill.period] == 1:
            before = found[0]
        if before is None:
            found.append([bill])
        else:
            before.append(bill)
    newest = sorted(found, key=lambda chain: chain[-1].order_key, reverse=True)
    return [Chain(chain[::-1]) for chain in newest]


def _goes_on(last: Bill, bill: Bill) -> bool:
    return bool(last.period < bill.period and last.to_pay == bill.opening)
