"""Kept cards and autopay as a resident meets them: on the page of payment and in the profile."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from flask import Flask

from models import Account, Autopay, AutopayRun, BankCard, Link, Order, OrderCard, Resident
from tests import factories
from tests.client import PageClient
from tests.portal import switch


@pytest.fixture
def resident(database: object) -> Resident:
    return factories.resident(email="anna@example.org")


@pytest.fixture
def link(resident: Resident) -> Link:
    made = factories.link(resident)
    factories.balance(made.account, 148533, date(2026, 10, 31))
    return made


@pytest.fixture
def account(link: Link) -> Account:
    return link.account


@pytest.fixture
def card(resident: Resident) -> BankCard:
    return factories.card(resident)


def ordered(account: Account, **facts: str) -> dict[str, str]:
    return {f"pay-{account.id}": "yes", f"sum-{account.id}": "100", "once": "k", "method": "card", **facts}


def order_form(paid_by: BankCard, **facts: str) -> dict[str, str]:
    return {"card": f"card-{paid_by.id}", "when": "day", "day": "10", "most": "3 000,00", **facts}


# At payment


def test_a_kept_card_stands_first_beside_a_new_one(client: PageClient, resident: Resident, card: BankCard) -> None:
    factories.link(resident)
    page = client.sign_in(resident).get("/payment")
    assert "Карта •• 0004" in page and "Запомнить карту" in page and "Мои карты" in page
    assert page.value("method") == f"card-{card.id}"


def test_portal_c_says_add_a_card(
    app: Flask, client: PageClient, resident: Resident, link: Link, monkeypatch: pytest.MonkeyPatch
) -> None:
    switch(app, monkeypatch, "client-online")
    page = client.sign_in(resident).get("/payment")
    assert "Добавить карту" in page and "Банковская карта" not in page


def test_the_chosen_card_goes_with_the_order(
    client: PageClient, resident: Resident, account: Account, card: BankCard
) -> None:
    client.sign_in(resident).post("/payment", ordered(account, method=f"card-{card.id}"), status=303)
    choice = OrderCard.get(OrderCard.order == Order.get())
    assert (choice.card, choice.keep) == (card, False)
    assert "Карта •• 0004" in client.get(f"/orders/{Order.get().id}")


def test_a_new_card_is_kept_when_it_is_ticked(client: PageClient, resident: Resident, account: Account) -> None:
    client.sign_in(resident).post("/payment", ordered(account, keep="yes"), status=303)
    choice = OrderCard.get(OrderCard.order == Order.get())
    assert (choice.card, choice.keep) == (None, True)


@pytest.mark.parametrize("whose", ["neighbour", "removed", "other bank", "nonsense"])
def test_a_card_that_is_not_the_payers_here_is_not_taken(
    client: PageClient, resident: Resident, account: Account, whose: str
) -> None:
    made = {
        "neighbour": lambda: factories.card(factories.resident()).id,
        "removed": lambda: factories.card(resident, removed_at=factories.NOW).id,
        "other bank": lambda: factories.card(resident, gateway="otherbank").id,
        "nonsense": lambda: "99999999999999999999",
    }[whose]()
    client.sign_in(resident).post("/payment", ordered(account, method=f"card-{made}"), status=303)
    assert OrderCard.get().card is None


def test_a_bank_that_keeps_no_cards_offers_none(
    app: Flask, client: PageClient, resident: Resident, link: Link, card: BankCard, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank = replace(app.extensions["gateways"]["testbank"].bank, keeps_cards=False)
    monkeypatch.setitem(app.extensions, "gateways", {"testbank": bank})
    page = client.sign_in(resident).get("/payment")
    assert "•• 0004" not in page and "Запомнить карту" not in page
    profile = client.get("/profile")
    assert "Мои карты" not in profile and "Автоплатёж" not in profile
    assert "карт не хранит" in client.get("/profile/cards")
    assert "карт не хранит" in client.get(f"/profile/autopay/{link.account_id}")


# «Мои карты»


def test_cards_are_shown_by_their_last_digits_and_removed(
    client: PageClient, resident: Resident, card: BankCard
) -> None:
    page = client.sign_in(resident).get("/profile/cards")
    assert "•• 0004" in page and "b1" not in page
    client.post(f"/profile/cards/{card.id}", status=303)
    page = client.get("/profile/cards")
    assert "Карта удалена" in page and "•• 0004" not in page
    assert BankCard.get_by_id(card.id).removed_at is not None
    client.post(f"/profile/cards/{card.id}", status=404)


def test_a_neighbours_card_is_not_there(client: PageClient, resident: Resident) -> None:
    theirs = factories.card(factories.resident())
    client.sign_in(resident).post(f"/profile/cards/{theirs.id}", status=404)
    assert "•• 0004" not in client.get("/profile/cards")


def test_a_removed_card_takes_its_autopay_along(
    client: PageClient, resident: Resident, account: Account, card: BankCard
) -> None:
    client.sign_in(resident).post(f"/profile/autopay/{account.id}", order_form(card), status=303)
    assert account.number in client.get("/profile/cards")
    client.post(f"/profile/cards/{card.id}", status=303)
    assert not Autopay.select().exists()


# «Автоплатёж»


@pytest.mark.usefixtures("november")
def test_autopay_is_turned_on_changed_and_off(
    client: PageClient, resident: Resident, account: Account, card: BankCard
) -> None:
    client.sign_in(resident).post(f"/profile/autopay/{account.id}", order_form(card), status=303)
    page = client.get("/profile/autopay")
    for words in ("Включён", "10-го числа", "3 000,00", "Следующее списание 10 декабря"):
        assert words in page, page.words
    form = client.get(f"/profile/autopay/{account.id}")
    assert form.value("most") == "3 000,00" and '<option selected value="10">' in form.text
    client.post(f"/profile/autopay/{account.id}", order_form(card, when="bill", most="500"), status=303)
    assert "при новом счёте" in client.get("/profile/autopay")
    client.post(f"/profile/autopay/{account.id}", {"off": "yes"}, status=303)
    assert "Выключен" in client.get("/profile/autopay") and not Autopay.select().exists()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"most": ""}, "Заполните поле"),
        ({"most": "много"}, "Введите сумму числом"),
        ({"most": "99,99"}, "Введите наибольшую сумму"),
        ({"day": "32"}, "Выберите день месяца"),
        ({"day": "²"}, "Выберите день месяца"),
        ({"when": "never"}, "Выберите, когда платить"),
        ({"card": "card-0"}, "Выберите карту"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(
    client: PageClient,
    resident: Resident,
    account: Account,
    card: BankCard,
    changes: dict[str, str],
    sentence: str,
) -> None:
    page = client.sign_in(resident).post(
        f"/profile/autopay/{account.id}", order_form(card, **{"most": "777", **changes}), status=422
    )
    assert sentence in page and page.value("most") == changes.get("most", "777")
    assert not Autopay.select().exists()


def test_by_htmx_the_form_alone_comes_back(
    client: PageClient, resident: Resident, account: Account, card: BankCard
) -> None:
    page = client.sign_in(resident).post(
        f"/profile/autopay/{account.id}", order_form(card, most=""), status=422, htmx=True
    )
    assert "<html" not in page.text and 'id="profile-autopay"' in page.text


def test_a_neighbours_account_and_card_are_not_there(
    client: PageClient, resident: Resident, account: Account
) -> None:
    other = factories.link(factories.resident())
    client.sign_in(resident).get(f"/profile/autopay/{other.account_id}", status=404)
    client.post(f"/profile/autopay/{other.account_id}", {"off": "yes"}, status=404)
    factories.card(resident)
    theirs = factories.card(other.resident)
    page = client.post(f"/profile/autopay/{account.id}", order_form(theirs), status=422)
    assert "Выберите карту" in page


def test_another_holders_autopay_is_neither_shown_nor_turned_off(
    client: PageClient, resident: Resident, account: Account, card: BankCard
) -> None:
    boris = factories.resident()
    factories.link(boris, account)
    client.sign_in(resident).post(f"/profile/autopay/{account.id}", order_form(card), status=303)
    client.sign_in(boris)
    page = client.get("/profile/autopay")
    assert "Включён" not in page and "•• 0004" not in page
    client.post(f"/profile/autopay/{account.id}", {"off": "yes"}, status=303)
    assert Autopay.select().count() == 1
    answer = client.post(f"/profile/autopay/{account.id}", order_form(factories.card(boris, "b2")), status=422)
    assert "уже включил другой" in answer


def test_without_a_card_or_a_mailbox_it_is_said_what_to_do(
    client: PageClient, resident: Resident, account: Account
) -> None:
    page = client.sign_in(resident).get(f"/profile/autopay/{account.id}")
    assert "Сначала заплатите картой" in page
    Resident.update(email_confirmed_at=None).where(Resident.id == resident.id).execute()
    assert "Перейти в профиль" in client.get(f"/profile/autopay/{account.id}")


def test_the_last_run_is_told_with_its_order(
    client: PageClient, resident: Resident, account: Account, card: BankCard
) -> None:
    client.sign_in(resident).post(f"/profile/autopay/{account.id}", order_form(card), status=303)
    AutopayRun.create(
        account=account, occasion="2026-10", resident=resident, amount=148533, charge_on=date(2026, 10, 10),
        state="failed", reason="Недостаточно средств на карте", told_at=factories.NOW,
    )  # fmt: skip
    page = client.get("/profile/autopay")
    assert "не прошёл: Недостаточно средств на карте" in page and "1 485,33" in page


def test_an_order_that_the_worker_charges_has_no_page_of_the_bank_to_go_back_to(
    client: PageClient, resident: Resident, account: Account
) -> None:
    client.sign_in(resident).post("/payment", ordered(account), status=303)
    Order.update(state="sent", provider_url="").execute()
    page = client.get(f"/orders/{Order.get().id}")
    assert "Вернуться на страницу банка" not in page
