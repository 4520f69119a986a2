"""«Согласия и документы» and «Скачать мои данные»: all that is held on a person, and on nobody else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Flask

import clock
from models import Consent, Link, Order, OrderLine, Outbox, Reading, Resident, Submission, Text
from services import second_factor, texts
from services.limits import Visitor
from tests import factories
from tests.client import PageClient
from tests.profiles import HASHED, again, somebody
from tests.queries import counted
from tests.test_access import notice, order

URL = "/profile/consents"
VISITOR = Visitor("k" * 40, "192.0.2.7", "Firefox, Linux")


@pytest.fixture
def anna(database: Flask) -> Resident:
    texts.seed(factories.NOW)
    return somebody(email="anna@example.org", patronymic="Викторовна")


@pytest.fixture
def signed_in(client: PageClient, anna: Resident) -> PageClient:
    return client.sign_in(anna)


def test_every_consent_names_its_version_time_and_address(signed_in: PageClient, anna: Resident) -> None:
    assert "ещё не соглашались" in signed_in.get(URL)
    texts.agree(anna, texts.in_force([texts.AGREEMENT, texts.PERSONAL_DATA]), factories.NOW, "192.0.2.7")
    page = signed_in.get(URL)
    for words in ("Пользовательское соглашение", "Редакция 1. Принято 20 ноября, 12:00, адрес 192.0.2.7"):
        assert words in page


def test_the_very_version_that_was_agreed_to_is_shown(signed_in: PageClient, anna: Resident) -> None:
    texts.agree(anna, texts.in_force([texts.AGREEMENT]), factories.NOW, "")
    Text.publish("agreement", 2, "Новое соглашение", "Новое", factories.NOW)
    given = Consent.get()
    page = signed_in.get(f"{URL}/{given.id}")
    assert "Редакция 1" in page and "Новое соглашение" not in page


def test_a_strangers_consent_does_not_exist(app: Flask, signed_in: PageClient, anna: Resident) -> None:
    texts.agree(anna, texts.in_force([texts.AGREEMENT]), factories.NOW, "")
    PageClient(app).sign_in(somebody()).get(f"{URL}/{Consent.get().id}", status=404)


def test_advertising_is_taken_back_once(signed_in: PageClient, anna: Resident) -> None:
    assert "Отозвать согласие на рассылку" not in signed_in.get(URL)
    texts.advertise(anna, True, factories.NOW, "192.0.2.7")
    assert "Отозвать согласие на рассылку" in signed_in.get(URL)
    for _ in range(2):
        signed_in.post(URL)
    assert [row.is_given for row in Consent.of_resident(anna)] == [True, False] and not again(anna).advertising


def test_personal_data_are_taken_back_by_deletion(signed_in: PageClient) -> None:
    page = signed_in.get(URL)
    assert "значит удалить аккаунт" in page and "/profile/deletion" in page.tree.links


def busy(who: Resident, mark: str, size: int = 1) -> None:
    """Rows of every kind, each with a mark by which it is known in the file."""
    for number in range(size):
        account = factories.account(number=f"{mark}-{number}")
        factories.link(who, account, label=f"{mark} дом {number}", group=factories.group(who, f"{mark}-{number}"))
        act = Submission.create(account=account, once="1", resident=who, sent_at=factories.NOW)
        for register in factories.meter(account, number=f"{mark}{number}").registers:
            Reading.create(
                register=register, submission=act, value=15_737_500_000, taken_on=factories.TODAY, origin="resident"
            )
        OrderLine.create(order=order(who), account=account, amount=100)
        kept = factories.card(who, f"{mark}-{number}")
        factories.autopay(Link.of_resident(who, account), kept)
        notice(who)
    texts.agree(who, texts.in_force([texts.AGREEMENT]), factories.NOW, "192.0.2.7")
    second_factor.trust(who, f"browser of {mark}", VISITOR, factories.NOW)


def held(client: PageClient) -> dict[str, Any]:
    answer = client.get("/profile/data.json")
    assert answer.response.headers["Cache-Control"] == "no-store"
    assert answer.response.headers["Content-Disposition"].startswith("attachment")
    found: dict[str, Any] = json.loads(answer.data)
    return found


def test_the_file_holds_all_that_the_portal_holds(signed_in: PageClient, anna: Resident) -> None:
    busy(anna, "anna")
    data = held(signed_in)
    assert data["Личные данные"]["Отчество"] == "Викторовна"
    assert data["Контактные данные"]["E-mail"] == "anna@example.org"
    assert data["Подписки"]["E-mail уведомления"] is True
    assert data["Лицевые счета"][0]["Номер"] == "anna-0"
    assert data["Переданные показания"][0]["Показание"] == "15737.5"
    assert data["Заказы на оплату"][0]["Строки"][0]["Сумма"] == "1.00"
    assert [card["Карта"] for card in data["Карты"]] == ["•• 0004"]
    assert data["Автоплатежи"][0]["Наибольшая сумма"] == "3000.00"
    assert data["Уведомления"][0]["Тема"] == "Отключение воды"
    assert data["Согласия"][0]["Адрес"] == "192.0.2.7"
    assert data["Входы в кабинет"] and data["Известные браузеры"][0]["Браузер"] == "Firefox, Linux"
    assert data["Выгружено"].endswith("+03:00")


def test_the_file_holds_nothing_of_others_and_no_hash(signed_in: PageClient, anna: Resident) -> None:
    boris = somebody(email="boris@example.org", surname="Петров")
    busy(anna, "anna")
    busy(boris, "boris")
    factories.link(boris, OrderLine.get(OrderLine.order == Order.get()).account)
    Resident.update(totp_secret="sealed-secret").where(Resident.id == anna.id).execute()
    second_factor.begin_totp(anna, clock.now(), data_key="d" * 40)
    text = json.dumps(held(signed_in), ensure_ascii=False)
    assert not [mark for mark in ("boris", "Петров", HASHED, "sealed", "$argon2", "hash") if mark in text]


def test_the_file_asks_no_more_for_more_rows(app: Flask, database: Flask) -> None:
    texts.seed(factories.NOW)
    asked = []
    for size in (1, 8):
        who = somebody()
        busy(who, f"r{size}", size)
        client = PageClient(app).sign_in(who)
        client.get("/profile")
        with counted() as seen:
            held(client)
        asked.append(len(seen))
    assert asked[0] == asked[1]


def test_the_file_does_not_tell_whose_a_typed_address_is(app: Flask, signed_in: PageClient, anna: Resident) -> None:
    """A letter to an address that was typed says there whether it has a portal."""
    somebody(email="boris@example.org")
    letters = []
    for email in ("boris@example.org", "nobody@example.org"):
        signed_in.post("/profile/contacts/email", {"email": email})
        row = Outbox.select().order_by(Outbox.id.desc()).get()
        row.subject, row.state = row.kind, "sent"
        row.save()
        letters.append(held(signed_in)["Письма и сообщения"])
    assert letters == [[], []]
    signed_in.post("/profile/contacts/email", {"email": "anna@example.net"})
    Resident.update(email="anna@example.net").where(Resident.id == anna.id).execute()
    assert [row["Куда"] for row in held(signed_in)["Письма и сообщения"]] == ["anna@example.net"]
