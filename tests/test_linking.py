"""Linking: which facts prove an account, how often one may guess, who is told."""

from __future__ import annotations

import threading
from datetime import date, timedelta

import pytest
from flask import Flask

from models import (
    Account,
    Attempt,
    Checkout,
    Link,
    Match,
    Notice,
    NoticeReceipt,
    Order,
    OrderLine,
    Outbox,
    Payment,
    Resident,
    db,
)
from models.proof import Paid, newest_payments
from services import linking
from services.limits import TooMany, Visitor
from services.linking import Proof, Wish, last_payment, plain_number
from services.refusal import Refused
from services.secrets import activation
from tests import factories
from tests.factories import NOW, TODAY

KEY = "d" * 40
ALL = linking.METER, linking.PAYMENT, linking.BILL, linking.ACTIVATION
HOME = Visitor("k" * 40, "192.0.2.1")


@pytest.fixture
def anna(database: Flask) -> Resident:
    return factories.resident()


@pytest.fixture
def account(database: Flask) -> Account:
    account = factories.account(number="0012345678", activation_hash=activation(KEY, "QW12-ER34"))
    factories.meter(account, number="№ 0042-66/11")
    factories.meter(account, number="99999999", removed_on=date(2026, 1, 1))
    factories.payment(account, 300000, date(2026, 9, 30))
    factories.bill(account, to_pay=99999, period=date(2026, 9, 1))
    factories.bill(account, to_pay=148533)
    return account


def wish(account: Account, proof: Proof, **facts: object) -> Wish:
    return Wish(account.supplier_id, str(account.number), proof, **facts)  # type: ignore[arg-type]


def link(who: Resident, wanted: Wish, visitor: Visitor = HOME, after: timedelta = timedelta()) -> tuple[Link, bool]:
    return linking.link(who, wanted, ALL, visitor, KEY, NOW + after, TODAY)


RIGHT = [
    Proof("meter", meter_number="00426611"),
    Proof("meter", meter_number=" 426611 "),
    Proof("payment", payment_date=date(2026, 9, 30), payment_sum=300000),
    Proof("bill", bill_sum=148533),
    Proof("activation", activation_code="qw12er34"),
]
WRONG = [
    Proof("meter", meter_number="99999999"),
    Proof("meter", meter_number="0"),
    Proof("payment", payment_date=date(2026, 9, 29), payment_sum=300000),
    Proof("payment", payment_date=date(2026, 9, 30), payment_sum=300001),
    Proof("bill", bill_sum=99999),
    Proof("activation", activation_code="QW12-ER35"),
    Proof("activation", activation_code="- -"),
]


@pytest.mark.parametrize("proof", RIGHT, ids=lambda proof: proof.fact)
def test_a_right_fact_links_the_account(anna: Resident, account: Account, proof: Proof) -> None:
    made, is_new = link(anna, wish(account, proof, label=" Мама "))
    assert (made.account_id, made.label, made.fact, is_new) == (account.id, "Мама", proof.fact, True)
    assert not made.bills_by_email
    assert Attempt.select().where(Attempt.succeeded == False).count() == 0  # noqa: E712


@pytest.mark.parametrize("proof", WRONG, ids=lambda proof: proof.fact)
def test_a_wrong_fact_and_no_such_account_are_answered_alike(anna: Resident, account: Account, proof: Proof) -> None:
    with pytest.raises(Refused) as wrong:
        link(anna, wish(account, proof))
    with pytest.raises(Refused) as absent:
        link(anna, Wish(account.supplier_id, "00000", proof))
    assert (wrong.value.sentence, wrong.value.field) == (absent.value.sentence, absent.value.field)
    assert Link.select().count() == 0


@pytest.mark.parametrize("proof", [*RIGHT, *WRONG], ids=lambda proof: proof.fact)
def test_an_account_of_which_nothing_is_known_is_proved_by_nothing(anna: Resident, proof: Proof) -> None:
    bare = factories.account()
    with pytest.raises(Refused):
        link(anna, wish(bare, proof))


def test_a_bill_of_nothing_proves_nothing(anna: Resident) -> None:
    account = factories.account()
    factories.bill(account, to_pay=0)
    with pytest.raises(Refused):
        link(anna, wish(account, Proof("bill", bill_sum=0)))


def test_an_overpaid_bill_is_proved_by_the_sum_that_it_prints(anna: Resident) -> None:
    account = factories.account()
    factories.bill(account, to_pay=-31240)
    assert link(anna, wish(account, Proof("bill", bill_sum=31240)))[1]


def test_the_number_is_trimmed_and_any_printable_sign_may_stand_in_it(anna: Resident) -> None:
    account = factories.account(number="111\\00021547")
    factories.meter(account, number="5")
    wanted = Wish(account.supplier_id, "  111\\00021547 ", Proof("meter", meter_number="5"))
    assert link(anna, wanted)[0].account_id == account.id


def test_another_supplier_s_account_of_the_same_number_is_another(anna: Resident, account: Account) -> None:
    other = factories.supplier()
    with pytest.raises(Refused):
        link(anna, Wish(other.id, str(account.number), RIGHT[0]))


def test_a_fact_that_the_supplier_does_not_accept_is_refused_and_not_counted(
    anna: Resident, account: Account
) -> None:
    with pytest.raises(Refused, match="иначе") as refusal:
        linking.link(anna, wish(account, RIGHT[0]), ["bill"], HOME, KEY, NOW, TODAY)
    assert refusal.value.field == "fact"
    assert Attempt.select().count() == 0


def test_the_supplier_s_facts_come_before_the_preset_s(account: Account) -> None:
    factories.setting(account.supplier, "linking_facts", ["bill", "activation"])
    assert linking.facts_of(account.supplier_id, ["meter", "payment"], TODAY) == ("bill", "activation")
    assert linking.facts_of(None, ["payment", "meter", "passport"], TODAY) == ("meter", "payment")


def test_linking_twice_is_answered_kindly(anna: Resident, account: Account) -> None:
    link(anna, wish(account, RIGHT[0]))
    _, is_new = link(anna, wish(account, WRONG[0]))
    assert not is_new
    assert (Link.select().count(), Outbox.select().count()) == (1, 1)


def test_the_resident_and_the_other_holders_are_told(anna: Resident, account: Account) -> None:
    boris = factories.resident(name="Борис")
    factories.link(boris, account)
    link(anna, wish(account, RIGHT[0]))
    told = {
        receipt.resident_id: receipt.notice.subject
        for receipt in NoticeReceipt.select(NoticeReceipt, Notice).join(Notice)
    }
    assert told[anna.id] == "Вам добавлен лицевой счёт №\N{NO-BREAK SPACE}0012345678"
    assert told[boris.id] == "Лицевой счёт №\N{NO-BREAK SPACE}0012345678 добавил ещё один пользователь"
    letters = {(row.kind, row.resident_id) for row in Outbox.select()}
    assert letters == {("account-linked", anna.id), ("account-shared", boris.id)}


def test_bills_by_e_mail_need_a_confirmed_address(account: Account) -> None:
    who = factories.resident(email_confirmed_at=None)
    with pytest.raises(Refused, match="подтвердите e-mail"):
        link(who, wish(account, RIGHT[0], by_email=True))
    assert link(factories.resident(), wish(account, RIGHT[0], by_email=True))[0].bills_by_email


def test_ten_guesses_an_hour_are_all_a_resident_has(anna: Resident, account: Account) -> None:
    for number in range(10):
        with pytest.raises(Refused, match="Такого лицевого счёта нет"):
            link(anna, Wish(account.supplier_id, f"{number}", WRONG[0]))
    with pytest.raises(TooMany, match="Слишком много попыток"):
        link(anna, wish(account, RIGHT[0]))
    assert link(anna, wish(account, RIGHT[0]), after=timedelta(hours=1))[1]


def test_ten_guesses_an_hour_are_all_an_account_bears(account: Account) -> None:
    for _ in range(10):
        with pytest.raises(Refused, match="Такого лицевого счёта нет"):
            link(factories.resident(), wish(account, WRONG[0]))
    with pytest.raises(TooMany):
        link(factories.resident(), wish(account, RIGHT[0]))


def test_right_facts_are_no_guesses(anna: Resident) -> None:
    for _ in range(12):
        account = factories.account()
        factories.meter(account, number="77")
        link(anna, wish(account, Proof("meter", meter_number="77")))
    assert Link.select().where(Link.resident == anna).count() == 12


def test_an_operator_s_link_needs_no_fact(anna: Resident, account: Account) -> None:
    made, is_new = linking.attach(anna, account, linking.BY_OPERATOR, NOW)
    assert (made.fact, is_new) == ("operator", True)
    assert linking.attach(anna, account, linking.BY_OPERATOR, NOW) == (made, False)


def paid(day: int, credited: int, fee: int = 0) -> Paid:
    return Paid(date(2026, 9, day), credited, credited + fee)


def test_the_last_payment_is_any_of_its_day_or_the_day_s_total() -> None:
    assert last_payment([paid(20, 10000), paid(20, 5000), paid(1, 700)]) == (
        date(2026, 9, 20),
        {10000, 5000, 15000},
    )


def test_the_last_payment_is_right_as_paid_and_as_credited() -> None:
    assert last_payment([paid(20, 10000, fee=100)]) == (date(2026, 9, 20), {10000, 10100})


def test_a_reversed_payment_is_not_the_last() -> None:
    assert last_payment([paid(22, -10000), paid(20, 10000), paid(3, 700)]) == (date(2026, 9, 3), {700})


def test_of_a_payment_made_twice_and_reversed_once_one_is_left() -> None:
    assert last_payment([paid(22, -10000), paid(20, 10000), paid(20, 10000)]) == (date(2026, 9, 20), {10000})


def test_payments_that_were_all_reversed_prove_nothing() -> None:
    assert last_payment([paid(22, -10000), paid(20, 10000)]) is None
    assert last_payment([]) is None


def test_a_payment_of_the_portal_is_right_with_its_fee(anna: Resident, account: Account) -> None:
    payment: Payment = factories.payment(account, 50000, date(2026, 11, 2))
    checkout = Checkout.create(resident=anna, once="x", created_at=NOW)
    order = Order.create(
        checkout=checkout, supplier=account.supplier, gateway="testbank", number="1", amount=50000, fee=500,
        created_at=NOW, expires_at=NOW,
    )  # fmt: skip
    line = OrderLine.create(order=order, account=account, amount=50000, fee=500)
    Match.create(line=line, payment=payment, matched_at=NOW)
    assert link(anna, wish(account, Proof("payment", payment_date=date(2026, 11, 2), payment_sum=50500)))[1]


@pytest.mark.parametrize("typed", [100000, 101000])
def test_a_payment_of_several_services_is_right_with_all_their_fees(
    anna: Resident, account: Account, typed: int
) -> None:
    payment: Payment = factories.payment(account, 100000, date(2026, 11, 2))
    checkout = Checkout.create(resident=anna, once="x", created_at=NOW)
    order = Order.create(
        checkout=checkout, supplier=account.supplier, gateway="testbank", number="1", amount=100000, fee=1000,
        created_at=NOW, expires_at=NOW,
    )  # fmt: skip
    for position, (amount, fee) in enumerate(((60000, 600), (40000, 400))):
        line = OrderLine.create(order=order, account=account, amount=amount, fee=fee)
        Match.create(line=line, payment=payment, position=position, matched_at=NOW)
    assert newest_payments(account.id)[0] == Paid(date(2026, 11, 2), 100000, 101000)
    assert link(anna, wish(account, Proof("payment", payment_date=date(2026, 11, 2), payment_sum=typed)))[1]


@pytest.mark.parametrize(("typed", "plain"), [("№ 0042-66/11", "426611"), ("АБ 12", "аб12"), ("000", ""), ("", "")])
def test_a_meter_s_number_is_compared_without_signs_and_leading_zeros(typed: str, plain: str) -> None:
    assert plain_number(typed) == plain


@pytest.mark.commits
def test_of_sixteen_guesses_at_once_no_more_than_ten_are_looked_at(app: Flask) -> None:
    with db.connection_context():
        anna, account = factories.resident(), factories.account(number="5")
    answers: list[str] = []
    gate = threading.Barrier(16)

    def guess(number: int) -> None:
        gate.wait()
        with db.connection_context():
            try:
                link(anna, wish(account, Proof("meter", meter_number=f"1{number}")))
            except Refused as refusal:
                answers.append(refusal.sentence)

    threads = [threading.Thread(target=guess, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 16
    assert sum(1 for answer in answers if answer == linking.WRONG) == 10
