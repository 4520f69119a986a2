"""The quittances of a whole town: every last bill printed, its text and its payment code read back."""

from __future__ import annotations

from pathlib import Path

from documents.quittance import render
from documents.wording import money
from models import Account, Bill
from models.bill import Charge
from services.bills import quittance_of
from tests.billing import load
from tests.sheets import payment_code, words_of


def test_every_last_paper_says_what_its_bill_says(packages: Path, database: object) -> None:
    load(packages / "town")
    papers = 0
    for account in Account.select():
        bill = Bill.of_account(account).first()
        if bill is None:
            continue
        data, papers = render(quittance_of(bill)), papers + 1
        words, pairs = words_of(data), dict(pair.split("=", 1) for pair in payment_code(data, scale=2)[1:])
        assert pairs["PersAcc"] == account.number and pairs["PayeeINN"] == account.supplier.inn
        assert pairs.get("Sum", "0") == str(max(bill.to_pay, 0))
        for sum_ in (
            bill.opening,
            bill.charged,
            bill.to_pay,
            *(line.total for line in Charge.of_bills([bill])[bill.id]),
        ):
            assert " ".join(money(sum_).split()) in words, (account.number, sum_)
    assert papers == 22
