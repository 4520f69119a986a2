"""«Уведомления»: unread first, read when opened, confirmed where that is demanded, the bell."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from models import Notice, NoticeReceipt, Resident
from services import notices
from tests import factories
from tests.client import PageClient
from tests.portal import switch
from tests.queries import counted


@pytest.fixture
def resident(database: object) -> Resident:
    return factories.resident()


def told(who: Resident, subject: str, read: bool = False, **facts: object) -> NoticeReceipt:
    notice = Notice.create(subject=subject, published_at=factories.NOW, **facts)
    return NoticeReceipt.create(notice=notice, resident=who, is_read=read)


def test_unread_come_first_and_each_part_newest_first(client: PageClient, resident: Resident) -> None:
    told(resident, "Старое прочитанное", read=True)
    told(resident, "Старое новое")
    told(resident, "Свежее прочитанное", read=True)
    told(resident, "Свежее новое")
    words = client.sign_in(resident).get("/notices").words
    order = ("Свежее новое", "Старое новое", "Свежее прочитанное", "Старое прочитанное")
    assert [words.index(subject) for subject in order] == sorted(words.index(subject) for subject in order)
    assert "Новые 2" in words and "Прочитано: Свежее прочитанное" in words


def test_each_says_its_day_and_time_in_the_utilitys_zone(client: PageClient, resident: Resident) -> None:
    told(resident, "Отключение воды", body="С 10 до 16 часов.")
    page = client.sign_in(resident).get("/notices")
    assert "20 ноября 2026, 12:00" in page or "20 ноября, 12:00" in page
    assert "С 10 до 16 часов." in page


def test_a_simple_one_is_read_when_first_opened(client: PageClient, resident: Resident) -> None:
    receipt = told(resident, "Счёт готов")
    page = client.sign_in(resident).post(f"/notices/{receipt.notice_id}/read", htmx=True, status=200)
    assert "Прочитано: Счёт готов" in page and "<details" in page.text and " open" in page.text
    assert 'id="bell"' in page.text and "новых нет" in page
    stored = NoticeReceipt.get_by_id(receipt.id)
    assert stored.is_read and stored.read_at is not None and stored.confirmed_at is None


def test_without_script_a_button_reads_it(client: PageClient, resident: Resident) -> None:
    receipt = told(resident, "Счёт готов")
    page = client.sign_in(resident).get("/notices")
    assert "Отметить прочитанным" in page
    answer = client.post(f"/notices/{receipt.notice_id}/read")
    assert answer.location == f"/notices#letter-{receipt.notice_id}"
    assert NoticeReceipt.unread(resident) == 0


def test_one_that_demands_confirmation_is_not_read_by_opening(client: PageClient, resident: Resident) -> None:
    receipt = told(resident, "Поверка истекает", needs_confirmation=True)
    page = client.sign_in(resident).get("/notices")
    assert "Подтвердить" in page and "toggle once" not in page.text
    client.post(f"/notices/{receipt.notice_id}/read", htmx=True, status=200)
    assert NoticeReceipt.unread(resident) == 1
    confirmed = client.post(f"/notices/{receipt.notice_id}/confirm", htmx=True, status=200)
    assert "Подтверждено" in confirmed and NoticeReceipt.unread(resident) == 0


def test_its_link_confirms_it_too(client: PageClient, resident: Resident) -> None:
    inner = told(
        resident, "Передайте показания", needs_confirmation=True, link_url="/readings", link_label="Передать"
    )
    outer = told(resident, "Новый сайт", needs_confirmation=True, link_url="https://example.org/")
    client.sign_in(resident)
    assert client.post(f"/notices/{inner.notice_id}/follow").location == "/readings"
    assert client.post(f"/notices/{outer.notice_id}/follow").location == f"/notices#letter-{outer.notice_id}"
    assert NoticeReceipt.unread(resident) == 0
    assert "https://example.org/" in client.get("/notices").tree.links


def test_confirming_again_keeps_the_first_moment(database: object, resident: Resident) -> None:
    receipt = told(resident, "Поверка истекает", needs_confirmation=True)
    notices.confirm(receipt, factories.NOW)
    notices.confirm(receipt, factories.NOW + timedelta(days=1))
    assert NoticeReceipt.get_by_id(receipt.id).confirmed_at == factories.NOW


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "//example.org", "data:text/html,x", "\\\\example.org", "/\\x"]
)
def test_a_link_that_is_no_address_leads_nowhere(url: str) -> None:
    assert notices.link_of(Notice(subject="", link_url=url)) == ""


def test_the_bell_counts_the_unread_of_its_owner(client: PageClient, resident: Resident) -> None:
    told(factories.resident(), "Чужое")
    bell = client.sign_in(resident).get("/notices/bell", htmx=True)
    assert "новых нет" in bell and 'data-hx-trigger="every 120s, seen"' in bell.text
    told(resident, "Своё")
    assert "1 непрочитанное уведомление" in client.get("/notices/bell", htmx=True)


@pytest.mark.parametrize("act", ["read", "confirm", "follow", "close"])
def test_a_neighbours_notice_does_not_exist(client: PageClient, resident: Resident, act: str) -> None:
    receipt = told(factories.resident(), "Чужое", needs_confirmation=True)
    client.sign_in(resident).post(f"/notices/{receipt.notice_id}/{act}", status=404)
    assert NoticeReceipt.get_by_id(receipt.id).confirmed_at is None
    assert "Чужое" not in client.get("/notices")


def test_pages_follow_one_another_without_gap_or_double(client: PageClient, resident: Resident) -> None:
    for number in range(notices.PAGE + 5):
        told(resident, f"Письмо {number:03d}", read=number % 2 == 0)
    client.sign_in(resident)
    first = client.get("/notices")
    onward = next(link for link in first.tree.links if link.startswith("/notices?after="))
    second = client.get(onward)
    subjects = [f"Письмо {number:03d}" for number in range(notices.PAGE + 5)]
    assert all((subject in first) != (subject in second) for subject in subjects)
    assert "Дальше" not in second
    client.get("/notices?after=nonsense")


def test_the_list_asks_as_often_for_many_as_for_one(client: PageClient, resident: Resident) -> None:
    told(resident, "Одно")
    client.sign_in(resident).get("/notices")
    with counted() as few:
        client.get("/notices")
    for number in range(40):
        told(resident, f"Ещё {number}", supplier=factories.supplier())
    with counted() as many:
        client.get("/notices")
    assert len(many) == len(few) <= 8


# Those that stand before the pages


def modal(who: Resident, subject: str, **facts: object) -> int:
    return int(factories.notice(subject, who, kind="modal", needs_confirmation=True, **facts).id)


def test_a_modal_stands_before_every_page_until_it_is_confirmed(client: PageClient, resident: Resident) -> None:
    notice = modal(resident, "Меняются условия", body="Осмотр бесплатный.")
    client.sign_in(resident)
    for page in ("/", "/profile", "/accounts"):
        assert client.get(page, status=303).location.startswith("/notices/confirm?next=")
    page = client.get(client.get("/accounts?x=1", status=303).location)
    assert "Осмотр бесплатный." in page and "Подтвердить" in page and "1 из" not in page
    done = client.post(f"/notices/{notice}/confirm", {"next": page.value("next")})
    assert client.get(done.location, status=303).location == "/accounts?x=1"
    client.get("/accounts")
    assert NoticeReceipt.get().confirmed_at is not None


def test_several_are_counted_and_walked_through(client: PageClient, resident: Resident) -> None:
    first, second = modal(resident, "Первое"), modal(resident, "Второе")
    client.sign_in(resident)
    page = client.get("/notices/confirm")
    assert "1 из 2" in page and "Первое" in page and "Вперед" in page and "Назад" not in page
    other = client.get("/notices/confirm?n=2")
    assert "2 из 2" in other and "Второе" in other and "Назад" in other and "Вперед" not in other
    client.post(f"/notices/{second}/confirm", {"next": ""})
    assert "Первое" in client.get("/notices/confirm?n=2") and "1 из" not in client.get("/notices/confirm")
    client.post(f"/notices/{first}/confirm", {"next": ""})
    assert client.get("/notices/confirm", status=303).location == "/"


def test_following_its_link_confirms_it_and_leads_there(client: PageClient, resident: Resident) -> None:
    notice = modal(resident, "Проверьте контакты", link_url="/profile", link_label="Перейти в профиль")
    client.sign_in(resident)
    assert "Перейти в профиль" in client.get("/notices/confirm")
    assert client.post(f"/notices/{notice}/follow").location == "/profile"
    client.get("/profile")


def test_before_it_is_confirmed_one_may_leave_and_send_what_is_typed(client: PageClient, resident: Resident) -> None:
    modal(resident, "Меняются условия")
    client.sign_in(resident)
    client.get("/sign-out")
    client.get("/notices/bell", htmx=True)
    assert client.post("/groups", {"name": "Дача"}).location == "/groups"


def test_one_whose_term_is_over_blocks_no_longer(client: PageClient, resident: Resident) -> None:
    modal(resident, "Вчерашнее", until=factories.NOW)
    client.sign_in(resident).get("/accounts")
    assert "Вчерашнее" in client.get("/notices")


def test_the_wanted_page_is_one_of_ours(client: PageClient, resident: Resident) -> None:
    client.sign_in(resident)
    assert client.get("/notices/confirm?next=https://evil.example/", status=303).location == "/"


# Those that stand above the pages


def test_top_ones_are_stacked_above_every_page_until_closed(client: PageClient, resident: Resident) -> None:
    first = factories.notice("Завтра нет воды", resident, kind="top", body="Ремонт.\nПодробности ниже.")
    factories.notice("Новый тариф", resident, kind="top", link_url="/tariffs", link_label="Посмотреть тарифы")
    page = client.sign_in(resident).get("/accounts")
    assert page.words.index("Завтра нет воды") < page.words.index("Новый тариф") < page.words.index("Добавить")
    assert f"/notices?open={first.id}#letter-{first.id}" in page.tree.links
    assert (
        "Посмотреть тарифы" in page
        and "data-hx-post"
        not in client.get("/notices").text.split("</main>")[0].split("<h1")[0].split("top-notices")[1]
    )
    client.post(f"/notices/{first.id}/close")
    assert "Завтра нет воды" not in client.get("/accounts") and "Новый тариф" in client.get("/accounts")
    assert "Прочитано: Завтра нет воды" in client.get("/notices")


def test_closing_by_htmx_leaves_nothing_but_the_bell(client: PageClient, resident: Resident) -> None:
    notice = factories.notice("Завтра нет воды", resident, kind="top")
    page = client.sign_in(resident).post(f"/notices/{notice.id}/close", htmx=True, status=200)
    assert 'id="bell"' in page.text and "Завтра" not in page and "новых нет" in page


def test_closing_is_no_confirmation(client: PageClient, resident: Resident) -> None:
    notice = factories.notice("Поверка", resident, kind="top", needs_confirmation=True)
    client.sign_in(resident).post(f"/notices/{notice.id}/close")
    assert NoticeReceipt.unread(resident) == 1 and "Подтвердить" in client.get(f"/notices?open={notice.id}")


def test_without_any_the_pages_ask_nothing_more(client: PageClient, resident: Resident) -> None:
    client.sign_in(resident).get("/accounts")
    with counted() as seen:
        client.get("/accounts")
    told(resident, "Простое")
    with counted() as more:
        client.get("/accounts")
    assert len(more) == len(seen) and not any("stands" in sql and '"notice"' in sql for sql in more)


@pytest.mark.parametrize("preset", ["default", "metallenergo", "zhkh", "client-online", "consumer"])
def test_every_portal_has_the_three_kinds(
    app: Flask, client: PageClient, monkeypatch: pytest.MonkeyPatch, preset: str
) -> None:
    """Whatever its menu and its first page are."""
    switch(app, monkeypatch, preset, first_steps=[])
    who = factories.resident()
    factories.link(who)
    blocking = modal(who, "Меняются условия")
    factories.notice("Завтра нет воды", who, kind="top")
    told(who, "Счёт готов")
    wanted = client.sign_in(who).get("/profile", status=303).location
    assert "Меняются условия" in client.get(wanted)
    client.post(f"/notices/{blocking}/confirm", {"next": "/profile"})
    page = client.get("/profile")
    assert "Завтра нет воды" in page and 'id="bell"' in page.text
    assert "Счёт готов" in client.get("/notices")
