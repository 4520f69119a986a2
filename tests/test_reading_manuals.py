"""What the four manuals say of readings (group 3 of their register, labels and messages): each under its preset."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from flask import Flask

from models import Account, Meter, Reading, Register, Resident
from models.reading import ACCEPTED, REJECTED, USED
from services import reading_links
from tests import factories
from tests.client import Page, PageClient
from tests.factories import TODAY
from tests.portal import READING_KEY, switch
from tests.test_readings_views import hidden, names

pytestmark = pytest.mark.usefixtures("november")

A, B, C, D = "metallenergo", "zhkh", "client-online", "consumer"
ALL = (A, B, C, D)
SENT_ON = date(2026, 10, 20)
Enter = Callable[[str], PageClient]


@pytest.fixture
def anna(database: Flask) -> Resident:
    return factories.resident(patronymic="Викторовна")


@pytest.fixture
def account(anna: Resident) -> Account:
    """Three meters of one account: light by three zones, water, and one more for the light of the garage."""
    account = factories.account(number="2071000390001", stove="Электрическая")
    factories.link(anna, account)
    light = factories.service(account.supplier)
    water = factories.service(account.supplier, name="Холодная вода", unit="куб. м", kind="холодная вода")
    for service in (light, water):
        factories.tariff(service, 5_000_000)
    metered(account, light, ("Пик", "Полупик", "Ночь"), (1979, 29423, 18815), number="38002134")
    metered(account, water, ("Круглосуточный",), (416,), number="19204008", digits=5, decimals=3)
    metered(account, light, ("День", "Ночь"), (5910, 3018), number="41170655")
    return account


def metered(
    account: Account, service: object, scales: tuple[str, ...], values: tuple[int, ...], **facts: object
) -> None:
    meter = factories.meter(account, service, scales, **facts)  # type: ignore[arg-type]
    for register, value in zip(meter.registers.order_by(Register.position), values, strict=True):
        factories.reading(register, value, SENT_ON, state=USED)


@pytest.fixture
def enter(client: PageClient, app: Flask, monkeypatch: pytest.MonkeyPatch, anna: Resident, account: Account) -> Enter:
    """`enter("zhkh")`: Anna in the portal of the preset."""

    def entered(preset: str) -> PageClient:
        switch(app, monkeypatch, preset)
        return client.sign_in(anna)

    return entered


def url(account: Account) -> str:
    return f"/readings/{account.id}"


GOOD = ("2050", "29500", "18900", "6000", "3100", "420,5")


def values(page: Page, *typed: str) -> dict[str, str]:
    return dict(zip(names(page), typed, strict=True)) | {"once": hidden(page, "once")}


@pytest.mark.parametrize("preset", ALL)
def test_one_page_and_one_button_take_all_meters_of_the_account(enter: Enter, account: Account, preset: str) -> None:
    """Entry page with all meters; all resources in one portal; one, two and three scales by their names."""
    client = enter(preset)
    page = client.get(url(account))
    assert len(names(page)) == 6
    assert page.text.count(f'action="{url(account)}"') == 1
    for words in ("38002134", "19204008", "41170655", "Электроэнергия", "Холодная вода", "Круглосуточный"):
        assert words in page
    places = [page.words.index(scale) for scale in ("Пик", "Полупик", "Ночь", "День")]
    assert places == sorted(places)
    client.post(url(account), values(page, *GOOD))
    assert Reading.select().where(Reading.state == ACCEPTED).count() == 6


@pytest.mark.parametrize("preset", ALL)
def test_the_last_reading_of_each_scale_stands_with_its_day(enter: Enter, account: Account, preset: str) -> None:
    page = enter(preset).get(url(account))
    assert page.words.count("20.10.2026") == 6


SHOWN = {
    A: ("001 979 кВт*ч", "00 416,000 куб. м"),
    B: ("001 979 кВт*ч", "00 416,000 куб. м"),
    C: ("001 979 кВт*ч", "00 416,000 куб. м"),
    D: ("1979 кВт*ч", "416,000 куб. м"),
}


@pytest.mark.parametrize("preset", SHOWN)
def test_values_have_a_unit_and_as_many_figures_as_the_preset_shows(
    enter: Enter, account: Account, preset: str
) -> None:
    page = enter(preset).get(url(account))
    assert not [value for value in SHOWN[preset] if value not in page]
    assert ("001 979" in page) == (preset != D)


LABELS = {
    A: ("Показание", "Дата показания 20.11.2026", "Дата 20.10.2026", "Переданные показания", "Передать показания"),
    B: ("Новое показание", "Ввести показания", "Показания счетчиков"),
    C: ("Текущие показания", "Передать показания", "К лицевому счёту"),
    D: (
        "Название услуги", "Название тарифа", "Заводской номер", "Дата занесения 20.10.2026",
        "Предыдущее показание", "Новое показание", "Внести показания",
    ),
}  # fmt: skip


@pytest.mark.parametrize("preset", LABELS)
def test_the_form_has_the_labels_of_the_manual(enter: Enter, account: Account, preset: str) -> None:
    page = enter(preset).get(url(account))
    assert not [label for label in LABELS[preset] if label not in page]


@pytest.mark.parametrize("preset", LABELS)
def test_the_page_of_a_link_speaks_the_portals_words_too(
    client: PageClient, app: Flask, monkeypatch: pytest.MonkeyPatch, account: Account, preset: str
) -> None:
    switch(app, monkeypatch, preset)
    page = client.get(reading_links.link_for(account, TODAY, READING_KEY, ""))
    beyond = {"К лицевому счёту", "Показания счетчиков"}  # pages of those who have signed in
    assert not [label for label in LABELS[preset] if label not in page and label not in beyond]
    assert not [value for value in SHOWN[preset] if value not in page]
    assert account.number not in page


THANKS = {
    A: "Показания приняты и учтены в расчёте.",
    B: "Показания приняты и учтены в расчёте.",
    C: "Показания приняты и учтены в расчёте. Вы можете оплатить сумму по предварительному расчету.",
    D: "Спасибо. Ваши показания занесены без ошибок.",
}


@pytest.mark.parametrize("preset", THANKS)
def test_success_is_told_in_the_words_of_the_manual(enter: Enter, account: Account, preset: str) -> None:
    client = enter(preset)
    page = client.get(url(account))
    assert THANKS[preset] in client.get(client.post(url(account), values(page, *GOOD)).location)


@pytest.mark.parametrize("preset", ALL)
def test_what_is_wrong_is_told_and_nothing_is_thanked_for(enter: Enter, account: Account, preset: str) -> None:
    client = enter(preset)
    page = client.get(url(account))
    wrong = ("1", *GOOD[1:])
    page = client.post(url(account), values(page, *wrong), status=422)
    assert "Показания ещё не переданы" in page and "Меньше прошлого показания" in page
    assert THANKS[preset] not in page


@pytest.mark.parametrize("preset", ALL)
def test_the_preliminary_sum_may_be_paid_or_left(enter: Enter, account: Account, preset: str) -> None:
    """«Предварительный расчёт…», «К оплате», «Способ оплаты», «Оплатить», «К лицевому счёту»."""
    client = enter(preset)
    page = client.get(url(account))
    page = client.get(client.post(url(account), values(page, *GOOD)).location)
    for label in (
        "Предварительный расчёт за показания от 20.11.2026", "К оплате", "Способ оплаты", "Оплатить",
        "К лицевому счёту",
    ):  # fmt: skip
        assert label in page, label
    assert page.value("sum") == "2 047,50"
    assert f"/accounts/{account.id}" in page.tree.links


STATES = {
    "todo": "Не переданы, можно в любой день",
    "done": "Переданы 20 ноября",
    "automatic": "Передаются автоматически",
}


@pytest.mark.parametrize("preset", [C, "default"])
@pytest.mark.parametrize("state", STATES)
def test_the_cards_tell_what_has_become_of_the_readings(
    enter: Enter, account: Account, preset: str, state: str
) -> None:
    client = enter(preset)
    if state == "done":
        client.post(url(account), values(client.get(url(account)), *GOOD))
    if state == "automatic":
        Meter.update(is_automatic=True).execute()
    page = client.get("/readings")
    assert STATES[state] in page
    assert ("Передать показания" in page.text.partition("<main")[2]) == (state == "todo")


@pytest.mark.parametrize("preset", ALL)
def test_automatic_and_expired_meters_say_why_they_take_nothing(enter: Enter, account: Account, preset: str) -> None:
    factories.setting(account.supplier, "expired_meters", "refuse")
    Meter.update(is_automatic=True).where(Meter.number == "38002134").execute()
    Meter.update(verified_until=date(2026, 11, 1)).where(Meter.number == "41170655").execute()
    page = enter(preset).get(url(account))
    assert len(names(page)) == 1
    assert "Счётчик сам отправляет показания" in page
    assert "Срок поверки истёк 01.11.2026, показания не принимаются" in page


@pytest.mark.parametrize("preset", ALL)
def test_a_roll_over_is_known_by_the_figures_of_the_meter(enter: Enter, account: Account, preset: str) -> None:
    Reading.update(value=99_987_000_000).where(Reading.value == 416_000_000).execute()
    client = enter(preset)
    page = client.get(url(account))
    page = client.post(url(account), values(page, "", "", "", "", "", "12"), status=422)
    assert "Счётчик перешёл через ноль" in page and "расход получится 25 куб. м" in page


HISTORY = {B: "Платежи", C: "История", D: "История показаний"}


@pytest.mark.parametrize("preset", HISTORY)
def test_the_history_has_every_reading_with_state_and_source(enter: Enter, account: Account, preset: str) -> None:
    client = enter(preset)
    client.post(url(account), values(client.get(url(account)), *GOOD))
    Reading.update(state=REJECTED, reason="не совпало с фото").where(Reading.value == 2_050_000_000).execute()
    page = client.get("/history?kind=readings")
    for words in ("12 показаний", "Принято порталом", "Отклонено: не совпало с фото", "житель", "расчётный центр"):
        assert words in page, words


def test_the_subscription_reminds_of_readings(enter: Enter) -> None:
    assert "Напоминать о передаче показаний" in enter(A).get("/profile/subscriptions")


@pytest.mark.parametrize("preset", [C, "default"])
def test_groups_switch_the_cards(enter: Enter, anna: Resident, account: Account, preset: str) -> None:
    dacha = factories.group(anna, "Дача")
    other = factories.account(number="02660172152")
    factories.link(anna, other, group=dacha)
    client = enter(preset)
    everything, chosen = client.get("/readings"), client.get(f"/readings?group={dacha.id}")
    assert "Все" in everything and account.number in everything
    assert account.number not in chosen and other.number in chosen
    assert "Добавить группу" in everything


@pytest.mark.parametrize("preset", [A, B, D])
def test_portals_without_groups_have_none_here(enter: Enter, account: Account, preset: str) -> None:
    assert "Добавить группу" not in enter(preset).get(url(account))
