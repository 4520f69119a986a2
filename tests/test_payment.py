"""Payment rules: sums as people type them, fees, limits, orders of one press."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from models import Account, Checkout, Order, OrderLine, Resident, Service, Supplier
from models.beside import Beside, paid_beside
from services import payer, payment
from services.payment import Part, Row, Terms, Wish
from services.refusal import Refused
from tests import factories

NOW = datetime(2026, 11, 20, 12, 0, 0, tzinfo=ZoneInfo("Europe/Moscow"))
BANKS = {"testbank"}
TERMS = Terms("testbank")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 485,33", 148533),
        ("1485.33", 148533),
        ("1\N{NO-BREAK SPACE}485,33", 148533),
        ("1\N{NARROW NO-BREAK SPACE}485,3", 148530),
        (" 100 ", 10000),
        ("0,01", 1),
        ("007", 700),
        ("1 485,33 ₽", 148533),
        ("500 руб.", 50000),
        ("999999999999", 99999999999900),
    ],
)
def test_a_sum_is_read_as_it_is_typed(text: str, expected: int) -> None:
    assert payment.kopecks(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", "   ", "0", "0,00", "-5", "−5", "+5", "1,234", "1.485,33", "1,485.33", "сто", "1e3", "٣", "²", "5,", ",5",
     "9" * 13, "1;2", "0x10", "NaN", "1,3,3"],
)  # fmt: skip
def test_what_is_no_sum_to_pay_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(Refused) as refusal:
        payment.kopecks(text)
    assert "сумм" in refusal.value.sentence.lower()


@pytest.mark.parametrize(
    ("amount", "hundredths", "fee"),
    [(148533, 0, 0), (148533, 50, 743), (10000, 50, 50), (100, 50, 1), (99, 50, 0), (1, 10000, 1), (300, 150, 5)],
)
def test_the_fee_is_rounded_half_up(amount: int, hundredths: int, fee: int) -> None:
    assert payment.fee_of(amount, hundredths) == fee


@pytest.fixture
def resident(database: object) -> Resident:
    return factories.resident()


@pytest.fixture
def account(resident: Resident) -> Account:
    return factories.account(factories.supplier(name="Водоканал"), number="1234567890120")


def part(*wishes: Wish, terms: Terms = TERMS) -> Part:
    return Part(wishes[0].account.supplier, terms, wishes)


def test_accounts_of_one_supplier_are_one_order(resident: Resident, account: Account) -> None:
    second, other = factories.account(account.supplier), factories.account()
    wishes = [Wish(account, 41303), Wish(other, 500), Wish(second, 72)]
    parts = payment.parts(wishes, {account.supplier_id: TERMS, other.supplier_id: TERMS})
    assert [(part.supplier.id, part.amount) for part in parts] == [
        (account.supplier_id, 41375),
        (other.supplier_id, 500),
    ]


def test_a_press_makes_orders_with_lines_and_fees(resident: Resident, account: Account) -> None:
    service = factories.service(account.supplier)
    terms = Terms("testbank", fee=50)
    [order] = payment.checkout(
        resident, [part(Wish(account, 10050, service.id), Wish(account, 4917), terms=terms)], BANKS, "k", NOW
    )
    assert (order.state, order.amount, order.fee, order.total) == ("created", 14967, 75, 15042)
    assert order.number == str(order.id) and order.expires_at == NOW + timedelta(days=1)
    lines = list(OrderLine.select().where(OrderLine.order == order).order_by(OrderLine.id))
    assert [(line.amount, line.fee, line.service_id) for line in lines] == [(10050, 50, service.id), (4917, 25, None)]


def test_the_same_key_and_sums_give_the_same_orders(resident: Resident, account: Account) -> None:
    first = payment.checkout(resident, [part(Wish(account, 10000))], BANKS, "k", NOW)
    again = payment.checkout(resident, [part(Wish(account, 10000))], BANKS, "k", NOW + timedelta(hours=1))
    assert [order.id for order in first] == [order.id for order in again]
    assert Order.select().count() == 1


def test_the_same_key_with_another_sum_is_another_press(resident: Resident, account: Account) -> None:
    payment.checkout(resident, [part(Wish(account, 10000))], BANKS, "k", NOW)
    [order] = payment.checkout(resident, [part(Wish(account, 20000))], BANKS, "k", NOW)
    assert order.amount == 20000 and Checkout.select().count() == 2


def test_one_persons_key_is_not_anothers(resident: Resident, account: Account) -> None:
    other = factories.resident()
    payment.checkout(resident, [part(Wish(account, 10000))], BANKS, "k", NOW)
    payment.checkout(other, [part(Wish(account, 10000))], BANKS, "k", NOW)
    assert Order.select().count() == 2


def test_numbers_by_account_tell_the_account_and_the_moment(resident: Resident, account: Account) -> None:
    wanted = [part(Wish(account, 10000))]
    numbers = [
        payment.checkout(resident, wanted, BANKS, once, NOW, payment.BY_ACCOUNT)[0].number for once in ("a", "b")
    ]
    assert numbers == ["1234567890120/20261120120000/01", "1234567890120/20261120120000/02"]


def test_a_long_account_number_keeps_to_the_banks_32_signs(resident: Resident, account: Account) -> None:
    odd = factories.account(account.supplier, number="№ 111\\00021547/2-корпус-123456")
    [order] = payment.checkout(resident, [part(Wish(odd, 10000))], BANKS, "a", NOW, payment.BY_ACCOUNT)
    assert len(order.number) <= 32 and order.number.count("/") == 2 and "\\" not in order.number


@pytest.mark.parametrize(
    ("amount", "terms", "sentence"),
    [
        (99, TERMS, "Меньше 1\N{NO-BREAK SPACE}₽"),
        (10_000_001, TERMS, "не больше 100\N{NO-BREAK SPACE}000\N{NO-BREAK SPACE}₽"),
        (5_000, Terms("testbank", least=5_050), "Меньше 50,50\N{NO-BREAK SPACE}₽"),
        (10_000, Terms("sber"), "не подключена"),
    ],
)
def test_what_a_supplier_does_not_take_is_refused_at_the_sum(
    resident: Resident, account: Account, amount: int, terms: Terms, sentence: str
) -> None:
    with pytest.raises(Refused) as refusal:
        payment.checkout(resident, [part(Wish(account, amount, field="sum-7"), terms=terms)], BANKS, "k", NOW)
    assert sentence in refusal.value.sentence and refusal.value.field == "sum-7"
    assert Order.select().count() == 0


def test_the_limits_themselves_are_taken(resident: Resident, account: Account) -> None:
    for amount in (payment.LEAST, payment.MOST):
        assert payment.checkout(resident, [part(Wish(account, amount))], BANKS, str(amount), NOW)


def test_nothing_chosen_is_said(resident: Resident) -> None:
    with pytest.raises(Refused, match="Отметьте"):
        payment.checkout(resident, [], BANKS, "k", NOW)


def test_only_a_confirmed_contact_goes_to_the_bank(account: Account) -> None:
    sure = factories.resident(email="sure@example.org", phone="+79991234567")
    [order] = payment.checkout(sure, [part(Wish(account, 10000))], BANKS, "k", NOW)
    assert (order.checkout.email, order.checkout.phone) == ("sure@example.org", "")
    unsure = factories.resident(email="unsure@example.org", email_confirmed_at=None)
    [order] = payment.checkout(unsure, [part(Wish(account, 10000))], BANKS, "k", NOW)
    assert order.checkout.email == ""


@pytest.mark.parametrize(
    ("policy", "confirmed", "email", "phone", "lacks"),
    [
        ("no", None, "", "", False),
        ("confirmed", None, "a@example.org", "", True),
        ("confirmed", NOW, "a@example.org", "", False),
        ("either", None, "", "", False),
    ],
)
def test_who_must_name_a_contact_before_paying(
    policy: str, confirmed: datetime | None, email: str, phone: str, lacks: bool
) -> None:
    assert payer.lacks_contact(Resident(email=email, phone=phone, email_confirmed_at=confirmed), policy) is lacks


def test_settings_of_a_supplier_are_its_terms() -> None:
    assert payment.terms({}, "testbank") == Terms("testbank", 0, 100, 10_000_000)
    own = {"gateway": "sber", "fee": 90, "pay_least": 1000, "pay_most": 500}
    assert payment.terms(own, "testbank") == Terms("sber", 90, 1000, 500)


def test_a_fee_has_a_minimum_and_a_fixed_part() -> None:
    own = {"fee": 90, "fee_least": 1500, "fee_fixed": 300}
    assert payment.terms(own, "sber") == Terms("sber", 90, fee_least=1500, fee_fixed=300)
    fees = {"fee": 50, "fees": {"sber": {"fee": 90, "fee_fixed": 100}}}
    assert payment.terms(fees, "sber") == Terms("sber", 90, fee_fixed=100)
    assert payment.terms(fees, "moneta") == Terms("moneta", 50)
    assert payment.terms({"gateway": "moneta", **fees}, "sber") == Terms("moneta", 50)


@pytest.mark.parametrize(
    ("sums", "least", "fixed", "fees"),
    [((10000,), 0, 0, [90]), ((10000,), 1500, 0, [1500]), ((200000,), 1500, 0, [1800]),
     ((10000, 20000), 1500, 300, [90, 1710]), ((200000, 100), 1500, 300, [1800, 301])],
)  # fmt: skip
def test_an_orders_fee_stands_on_its_lines_to_the_kopeck(
    account: Account, sums: tuple[int, ...], least: int, fixed: int, fees: list[int]
) -> None:
    wishes = tuple(Wish(account, amount) for amount in sums)
    found = Part(account.supplier, Terms("testbank", 90, fee_least=least, fee_fixed=fixed), wishes)
    assert (found.fees, found.fee) == (fees, sum(fees))


def test_the_fee_of_the_day_is_the_orders_for_good(resident: Resident, account: Account) -> None:
    terms = Terms("testbank", 90, fee_least=1500, fee_fixed=300)
    [order] = payment.checkout(
        resident, [Part(account.supplier, terms, (Wish(account, 10000), Wish(account, 20000)))], BANKS, "k", NOW
    )
    assert (order.amount, order.fee, order.total) == (30000, 1800, 31800)
    assert [line.fee for line in order.lines] == [90, 1710]


def services(*sums: int) -> list[tuple[Service, int]]:
    kinds = ("электроэнергия", "пени", "ТКО", "прочее")
    return [
        (Service(id=n, name=f"Услуга {n}", kind=kinds[n % 4], supplier=Supplier(id=1)), amount)
        for n, amount in enumerate(sums)
    ]


def test_the_debt_of_manual_c_stands_by_its_services() -> None:
    rows = payment.rows(services(10050, 4917, 36105), 51072)
    assert [(row.owed, row.proposed) for row in rows] == [(10050, 10050), (4917, 4917), (36105, 36105)]


def test_what_was_paid_since_is_not_proposed_again() -> None:
    rows = payment.rows(services(10050, 4917, 36105), 12000)
    assert [row.proposed for row in rows] == [10050, 1950, 0]


def test_older_debt_is_a_row_of_its_own() -> None:
    rows = payment.rows(services(10050), 15000)
    assert rows[-1] == Row("Долг прошлых месяцев", 4950, 4950)


def test_an_account_without_services_is_paid_as_a_whole() -> None:
    assert payment.rows([], 63270) == [Row("Лицевой счёт целиком", 63270, 63270)]
    assert payment.rows([], -500)[0].proposed == 0
    assert payment.rows([], None)[0].proposed == 0


def test_what_was_given_back_is_not_proposed() -> None:
    assert [row.proposed for row in payment.rows(services(-700, 10050), 9350)] == [0, 9350]


def test_what_stands_beside_a_debt_is_counted_after_its_day(resident: Resident, account: Account) -> None:
    for day, amount in ((1, 100), (2, 200), (3, 400)):
        factories.payment(account, amount, date(2026, 11, day))
    [order] = payment.checkout(resident, [part(Wish(account, 1600))], BANKS, "k", NOW)
    assert paid_beside({account.id: date(2026, 11, 1)}) == {account.id: Beside(600, 0)}
    order.moved("sent", "created", sent_at=NOW)
    assert paid_beside({account.id: date(2026, 11, 3)}) == {account.id: Beside(0, 0, 1600)}
    order.moved("paid", "sent", paid_at=NOW)
    assert paid_beside({account.id: date(2026, 11, 3)}) == {account.id: Beside(0, 1600)}
    assert paid_beside({account.id: None}) == {account.id: Beside(0, 1600)}
    assert paid_beside({}) == {}
