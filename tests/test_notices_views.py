"""«Уведомления»: unread first, read when opened, confirmed where that is demanded, the bell."""

from __future__ import annotations

from datetime import timedelta

import pytest

from models import Notice, NoticeReceipt, Resident
from services import notices
from tests import factories
from tests.client import PageClient
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
    assert "новых нет" in bell and 'data-hx-trigger="every 120s"' in bell.text
    told(resident, "Своё")
    assert "1 непрочитанное уведомление" in client.get("/notices/bell", htmx=True)


@pytest.mark.parametrize("act", ["read", "confirm", "follow"])
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
