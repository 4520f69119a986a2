"""«Добавить лицевой счёт» as people meet it."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models import Account, Captcha, Link, Notice, Resident
from tests import factories
from tests.client import PageClient
from tests.factories import NOW

pytestmark = pytest.mark.usefixtures("november")

URL = "/accounts/link"


@pytest.fixture
def anna(database: Flask) -> Resident:
    return factories.resident()


@pytest.fixture
def account(database: Flask) -> Account:
    account = factories.account(number="0012345678")
    factories.meter(account, number="00426611")
    factories.payment(account, 300000, date(2026, 9, 30))
    factories.bill(account, to_pay=148533)
    return account


def typed(account: Account, **fields: str) -> dict[str, str]:
    return {"supplier": str(account.supplier_id), "number": "0012345678", "fact": "meter", **fields}


FACTS = [
    {"fact": "meter", "meter_number": "426611"},
    {"fact": "payment", "payment_date": "30.09.2026", "payment_sum": "3 000,00"},
    {"fact": "payment", "payment_date": "2026-09-30", "payment_sum": "3000"},
    {"fact": "bill", "bill_sum": "1 485,33"},
]


@pytest.mark.parametrize("fields", FACTS, ids=lambda fields: fields["fact"])
def test_an_account_is_added_by_one_fact(
    client: PageClient, anna: Resident, account: Account, fields: dict[str, str]
) -> None:
    page = client.sign_in(anna).post(URL, typed(account, alias="Мама", **fields))
    assert page.location == f"/accounts/{account.id}"
    assert "Вам добавлен лицевой счёт № 0012345678." in client.get(page.location)
    assert Link.get(Link.resident == anna).label == "Мама"
    assert Notice.select().count() == 1


def test_all_facts_stand_open_without_script(client: PageClient, anna: Resident, account: Account) -> None:
    page = client.sign_in(anna).get(URL)
    for name in ("meter_number", "payment_date", "payment_sum", "bill_sum", "activation_code"):
        assert f'name="{name}"' in page.text


def test_a_fact_is_known_by_its_field_where_no_button_was_pressed(
    client: PageClient, anna: Resident, account: Account
) -> None:
    client.sign_in(anna).post(URL, {**typed(account, fact=""), "bill_sum": "1485,33"})
    assert Link.select().count() == 1


@pytest.mark.parametrize("htmx", [False, True])
def test_a_wrong_fact_and_no_such_account_show_the_same_page(
    client: PageClient, anna: Resident, account: Account, htmx: bool
) -> None:
    client.sign_in(anna)
    wrong = client.post(URL, typed(account, meter_number="1"), status=422, htmx=htmx)
    absent = client.post(URL, typed(account, meter_number="1", number="999"), status=422, htmx=htmx)
    assert "Такого лицевого счёта нет или данные для проверки не подходят." in wrong
    assert wrong.words == absent.words
    assert 'value="1"' in wrong.text
    assert Link.select().count() == 0


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"meter_number": ""}, "Заполните поле"),
        ({"number": "", "meter_number": "1"}, "Заполните поле"),
        ({"supplier": "", "meter_number": "1"}, "Выберите поставщика"),
        ({"supplier": "999999", "meter_number": "1"}, "Выберите поставщика"),
        ({"fact": "payment", "payment_date": "вчера", "payment_sum": "1"}, "Введите дату так: 14.10.2026"),
        ({"fact": "payment", "payment_date": "31.02.2026", "payment_sum": "1"}, "Такого дня нет"),
        ({"fact": "payment", "payment_date": "30.09.2026", "payment_sum": "много"}, "Введите сумму числом"),
        ({"fact": "bill", "bill_sum": "1,234"}, "Введите сумму числом"),
        ({"fact": "passport", "meter_number": ""}, "Заполните поле"),
        ({"meter_number": "1", "alias": "я" * 61}, "Не больше 60 знаков"),
    ],
)
def test_what_cannot_be_read_is_said_at_its_field(
    client: PageClient, anna: Resident, account: Account, fields: dict[str, str], sentence: str
) -> None:
    factories.supplier()  # of two, one must be chosen
    page = client.sign_in(anna).post(URL, typed(account, **fields), status=422)
    assert sentence in page
    assert Link.select().count() == 0


def test_after_three_failures_a_picture_is_asked(client: PageClient, anna: Resident, account: Account) -> None:
    client.sign_in(anna)
    for number in range(3):
        client.post(URL, typed(account, meter_number=f"1{number}"), status=422)
    page = client.post(URL, typed(account, meter_number="426611"), status=422)
    assert 'name="captcha"' in page.text
    assert Link.select().count() == 0
    answer = Captcha.get_by_id(int(page.value("captcha_id"))).answer
    fields = {"captcha": answer, "captcha_id": page.value("captcha_id")}
    client.post(URL, typed(account, meter_number="426611", **fields))
    assert Link.select().count() == 1


def test_after_ten_guesses_the_wait_is_said(client: PageClient, anna: Resident, account: Account) -> None:
    from services import linking
    from services.limits import spend
    from tests.test_linking import HOME  # any visitor: the limit is the account's

    key = client.app.extensions["settings"].secret_key
    visitor = HOME.__class__(key, "192.0.2.1")
    for _ in range(10):
        spend([(linking.BY_ACCOUNT, visitor.subject("account", str(account.supplier_id), "0012345678"))], NOW)
    page = client.sign_in(anna).post(URL, typed(account, meter_number="426611"), status=422)
    assert "Слишком много попыток. Подождите 60 минут" in page


def test_an_account_that_is_there_already_is_shown(client: PageClient, anna: Resident, account: Account) -> None:
    factories.link(anna, account)
    page = client.sign_in(anna).post(URL, typed(account, meter_number="whatever"))
    assert "уже в вашем кабинете" in client.get(page.location)


def test_a_group_of_one_s_own_may_be_chosen_and_no_other(
    client: PageClient, anna: Resident, account: Account
) -> None:
    strangers = factories.group(factories.resident())
    dacha = factories.group(anna)
    client.sign_in(anna).post(URL, typed(account, meter_number="426611", group=str(strangers.id)))
    assert Link.get().group_id is None
    Link.delete().execute()
    client.post(URL, typed(account, meter_number="426611", group=str(dacha.id)))
    assert Link.get().group_id == dacha.id


def test_a_supplier_shows_the_facts_it_accepts(client: PageClient, anna: Resident, account: Account) -> None:
    factories.setting(account.supplier, "linking_facts", ["bill"])
    page = client.sign_in(anna).get(f"{URL}?supplier={account.supplier_id}")
    assert 'name="bill_sum"' in page.text and 'name="meter_number"' not in page.text
    page = client.post(URL, typed(account, meter_number="426611"), status=422)
    assert Link.select().count() == 0


def test_nobody_adds_an_account(client: PageClient, account: Account) -> None:
    client.post(URL, typed(account, meter_number="426611"), status=401)
    assert Link.select().count() == 0


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(
    st.sampled_from(["number", "fact", "meter_number", "payment_date", "payment_sum", "bill_sum", "activation_code",
                     "alias", "group", "bills_by", "supplier", "captcha", "captcha_id"]),
    st.text(max_size=40) | st.from_regex(r"[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{2,4}", fullmatch=True) | st.just("9" * 40),
))  # fmt: skip
def test_whatever_is_typed_is_answered(
    client: PageClient, anna: Resident, account: Account, fields: dict[str, str]
) -> None:
    client.sign_in(anna)
    data = {"csrf_token": client.csrf_token(), **typed(account), **fields}
    assert client.http.post(URL, data=data).status_code in (303, 422)
    assert Link.select().count() == 0
