"""Linking: which facts prove an account, how often one may guess, who is told."""

from __future__ import annotations

import threading
from dataclasses import replace
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
from services import limits, linking, passwords, secrets, sign_in
from services.limits import TooMany, Visitor
from services.linking import Wish
from services.proof import FACTS as ALL
from services.proof import Passport, Proof, last_payment, plain_number
from services.refusal import Refused
from services.secrets import activation
from services.settings import record
from tests import factories
from tests.factories import NOW, TODAY

KEY = "d" * 40
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
    assert linking.facts_of(None, ["payment", "meter", "passport", "name"], TODAY) == ("meter", "payment", "passport")


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
    assert sum(1 for answer in answers if answer.startswith(linking.WRONG)) == 10


PASSPORT = Passport("00 18", "000101", date(2018, 3, 15), "000-001", date(1973, 2, 20))


@pytest.fixture
def home(database: Flask) -> Account:
    """An account whose passport came with the billing's package, as services/imports_rows.py hashes it."""
    known = secrets.passport(KEY, "0018", "000101", "2018-03-15", "000-001", "1973-02-20")
    return factories.account(flat="1", passport_hash=known, passport_key=secrets.key_id(KEY))


def at_home(home: Account, **facts: object) -> Wish:
    given = {"house": home.house_id, "flat": "кв. 1", "passport": PASSPORT, **facts}
    return wish(home, Proof("passport", **given))  # type: ignore[arg-type]


def test_address_and_passport_link_the_account(anna: Resident, home: Account) -> None:
    made, is_new = link(anna, at_home(home))
    assert (made.account_id, made.fact, is_new) == (home.id, "passport", True)


NOT_AT_HOME = {
    "flat": {"flat": "2"},
    "no flat": {"flat": ""},
    "house": {"house": 10**9},
    "series": {"passport": replace(PASSPORT, series="0019")},
    "number": {"passport": replace(PASSPORT, number="000102")},
    "issued": {"passport": replace(PASSPORT, issued_on=date(2018, 3, 16))},
    "code": {"passport": replace(PASSPORT, code="000-002")},
    "born": {"passport": replace(PASSPORT, born_on=date(1973, 2, 21))},
    "nothing": {"passport": None},
}


@pytest.mark.parametrize("facts", NOT_AT_HOME.values(), ids=NOT_AT_HOME.keys())
def test_another_address_or_passport_is_refused_as_no_account(
    anna: Resident, home: Account, facts: dict[str, object]
) -> None:
    with pytest.raises(Refused) as wrong:
        link(anna, at_home(home, **facts))
    with pytest.raises(Refused) as absent:
        link(anna, replace(at_home(home), number="00000"))
    assert wrong.value.sentence == absent.value.sentence == linking.WRONG + linking.ADVICE["passport"]


def test_a_house_without_flats_is_proved_without_one(anna: Resident, home: Account) -> None:
    home.flat = ""
    home.save()
    assert link(anna, at_home(home, flat=""))[1]


def test_a_passport_hashed_under_a_lost_key_proves_nothing(anna: Resident, home: Account) -> None:
    home.passport_key = secrets.key_id("another" * 6)
    home.save()
    with pytest.raises(Refused):
        link(anna, at_home(home))


def firm(**facts: object) -> Account:
    given = {"kind": "organisation", "title": "ООО «Ёлочка»", "inn": "7707083893", "contract": "Э-17/2020", **facts}
    return factories.account(**given)


def of_firm(account: Account, number: str = "Э-17/2020", **facts: object) -> Wish:
    given = {"title": "OOO Елочка", "inn": "7707083893", "bill_sum": 148533, **facts}  # the form in Latin letters
    return Wish(account.supplier_id, number, Proof("organisation", **given))  # type: ignore[arg-type]


def test_an_organisation_is_linked_by_its_contract_or_account(anna: Resident) -> None:
    account = firm()
    factories.bill(account)
    assert link(anna, of_firm(account))[0].account_id == account.id
    assert link(factories.resident(), of_firm(account, number=f" {account.number} "))[1]


@pytest.mark.parametrize("facts", [{"title": "Сосна"}, {"title": "ООО"}, {"inn": "7707083894"}, {"bill_sum": 1}])
def test_another_organisation_is_refused(anna: Resident, facts: dict[str, object]) -> None:
    account = firm()
    factories.bill(account)
    with pytest.raises(Refused, match="Такого лицевого счёта нет"):
        link(anna, of_firm(account, **facts))


def test_a_household_is_no_organisation(anna: Resident) -> None:
    account = firm(kind="person")
    factories.bill(account)
    with pytest.raises(Refused):
        link(anna, of_firm(account, number=str(account.number)))


def test_of_a_contract_s_objects_the_bill_tells_which(anna: Resident) -> None:
    supplier = factories.supplier()
    first, second = firm(of=supplier), firm(of=supplier)
    factories.bill(first, to_pay=100)
    factories.bill(second, to_pay=200)
    assert link(anna, of_firm(first, bill_sum=200))[0].account_id == second.id
    assert link(anna, of_firm(first, bill_sum=100))[0].account_id == first.id
    assert link(anna, of_firm(first, bill_sum=5)) == (Link.get(account=first), False)


def test_a_guess_by_a_contract_is_one_at_each_of_its_accounts(anna: Resident) -> None:
    """Else each of them would have ten guesses by the contract and ten by its own number."""
    supplier = factories.supplier()
    first, second = firm(of=supplier), firm(of=supplier)
    factories.bill(second, to_pay=200)
    for _ in range(10):
        with pytest.raises(Refused, match="Такого лицевого счёта нет"):
            link(factories.resident(), of_firm(first, bill_sum=5))
    with pytest.raises(TooMany):
        link(anna, of_firm(second, number=str(second.number), bill_sum=200))


SECRET = "Bereza-u-0kna"


@pytest.fixture
def mother(database: Flask) -> Link:
    """A resident who signs in by the number of her account."""
    who = factories.resident(name="Мария", password_hash=passwords.hashed(SECRET))
    return factories.link(who, factories.account(number="1234564687460"), is_login=True)


def by_password(of: Link, password: str = SECRET) -> Wish:
    return wish(of.account, Proof("password", password=password))


def test_the_password_of_another_account_links_it(anna: Resident, mother: Link) -> None:
    made, is_new = link(anna, by_password(mother))
    assert (made.account_id, made.fact, made.is_login, is_new) == (mother.account_id, "password", False, True)
    assert Attempt.select().where(Attempt.succeeded == False).count() == 0  # noqa: E712


def test_a_link_by_password_survives_the_password(anna: Resident, mother: Link) -> None:
    link(anna, by_password(mother))
    mother.resident.password_hash = passwords.hashed("Klen-u-0kna")
    mother.resident.save()
    assert [held.account_id for held in Link.held_by(anna)] == [mother.account_id]


def test_only_an_account_that_signs_in_has_a_password(anna: Resident, mother: Link) -> None:
    other = factories.link(mother.resident)
    with pytest.raises(Refused, match="Такого лицевого счёта нет"):
        link(anna, by_password(other))


def test_the_password_of_a_closed_portal_proves_nothing(anna: Resident, mother: Link) -> None:
    mother.resident.state = "blocked"
    mother.resident.save()
    with pytest.raises(Refused, match="Такого лицевого счёта нет"):
        link(anna, by_password(mother))


@pytest.mark.parametrize("password", [SECRET, "wrong"])
def test_a_password_is_weighed_where_there_is_no_account(
    anna: Resident, mother: Link, monkeypatch: pytest.MonkeyPatch, password: str
) -> None:
    weighed: list[str] = []
    matches = passwords.matches
    monkeypatch.setattr(passwords, "matches", lambda known, typed: (weighed.append(typed), matches(known, typed))[1])
    with pytest.raises(Refused) as absent:
        link(anna, replace(by_password(mother, password), number="000"))
    assert (weighed, absent.value.sentence) == ([password], linking.WRONG + linking.ADVICE["password"])


def test_guesses_at_a_password_are_guesses_at_the_sign_in(anna: Resident, mother: Link) -> None:
    for number in range(10):
        with pytest.raises(Refused, match="Такого лицевого счёта нет"):
            link(factories.resident(), by_password(mother, f"Parol-{number}"))
    whose = HOME.subject("resident", str(mother.resident_id))
    assert limits.failures(sign_in.BY_LOGIN, whose, NOW) == 10
    with pytest.raises(TooMany):
        link(anna, by_password(mother))


def test_guesses_at_the_sign_in_are_guesses_here(anna: Resident, mother: Link) -> None:
    whose = HOME.subject("resident", str(mother.resident_id))
    for _ in range(10):
        limits.spend([(sign_in.BY_LOGIN, whose)], NOW)
    with pytest.raises(TooMany, match="Подождите"):
        link(anna, by_password(mother))


FACTS = ["passport", "organisation", "password"]


@pytest.mark.parametrize("fact", FACTS)
def test_the_eleventh_guess_at_a_stranger_s_account_is_refused(home: Account, mother: Link, fact: str) -> None:
    """By whoever, from wherever: the account has ten an hour."""
    company = firm()
    factories.bill(company)
    wrong = {
        "passport": at_home(home, flat="77"),
        "organisation": of_firm(company, inn="0"),
        "password": by_password(mother, "wrong"),
    }[fact]
    right = {"passport": at_home(home), "organisation": of_firm(company), "password": by_password(mother)}[fact]
    for number in range(10):
        with pytest.raises(Refused, match="Такого лицевого счёта нет"):
            link(factories.resident(), wrong, Visitor("k" * 40, f"192.0.2.{number}"))
    with pytest.raises(TooMany, match="Подождите 60\N{NO-BREAK SPACE}минут"):
        link(factories.resident(), right, Visitor("k" * 40, "192.0.2.99"))
    assert link(factories.resident(), right, after=timedelta(hours=1))[1]


def test_a_supplier_may_accept_every_fact_there_is(account: Account) -> None:
    for fact in FACTS:
        record(account.supplier, "linking_facts", TODAY, [fact])
        assert linking.facts_of(account.supplier_id, ["meter"], TODAY) == (fact,)
