"""The console's first page: what waits, how the window goes, what was paid, whether all is well; whose it is."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask

from models import ImportRun, Outbox, Pulse, ReadingProgress, Supplier
from models.pulse import WORKER
from services import progress
from tests import factories as make
from tests.client import Page, PageClient
from tests.post import put
from tests.queries import counted
from tests.test_access import event
from tests.test_admin_hanging_views import order
from views.format import NB, volume

URL = "/admin/"

pytestmark = pytest.mark.usefixtures("november")


@pytest.fixture
def vodokanal(database: Flask) -> Supplier:
    """Takes readings from the 15th to the 25th."""
    found = make.supplier(short_name="Водоканал")
    make.setting(found, "reading_from_day", 15)
    make.setting(found, "reading_to_day", 25)
    return found


@pytest.fixture
def clerk(client: PageClient, vodokanal: Supplier) -> PageClient:
    return client.sign_in(make.operator())


def run(refused: int = 0, **facts: object) -> ImportRun:
    counts = f'{{"accounts": {{"new": 1, "changed": 0, "same": 0, "removed": 0, "refused": {refused}}}}}'
    given = {"who": "olga", "file_name": "пакет.zip", "sha256": "0", "started_at": make.NOW, "state": "done", **facts}
    return ImportRun.create(**given, counts=counts)


def busy(of: Supplier) -> None:
    """One of everything that waits."""
    who = make.resident()
    register = make.meter(make.account(of)).registers.get()
    make.reading(register, 5, make.TODAY, origin="resident", doubts="zero")
    make.request(who, supplier=of)
    make.application(who, supplier=of, state="sent")
    make.appeal(who, supplier=of, waits_since=make.NOW - timedelta(days=4, hours=1))
    make.call(who, supplier=of)
    make.registry_line(make.registry(of))
    event(make.resident())
    order(of)
    dead = put(f"gone{Outbox.select().count()}")
    Outbox.update(state="dead").where(Outbox.id == dead.id).execute()
    run(2)


def tasks(page: Page) -> str:
    return page.words.partition("Ждут вас")[2]


def test_a_fresh_portal_leads_to_its_first_steps(app: Flask, client: PageClient, database: Flask) -> None:
    client.sign_in(make.operator())
    page = client.get(URL)
    assert "Портал пока пуст" in page and "Начать настройку" in page
    assert "Всё разобрано, никто не ждёт" in page and "Обращений без ответа нет" in page
    assert "Загрузок ещё не было" in page and "0,00 ₽ сегодня, 0 платежей" in page


def test_what_waits_is_said_in_words_and_every_link_opens(clerk: PageClient, vodokanal: Supplier) -> None:
    busy(vodokanal)
    progress.count(datetime(2026, 11, 20, 12, tzinfo=UTC))
    page = clerk.get(URL)
    for sentence in (
        "1 обращение ждёт ответа, старшему 4 дня", "1 показание ждёт проверки", "1 заявка ждёт решения",
        "1 заявка на договор ждёт решения", "1 житель ждёт звонка", "1 платёж из реестра без лицевого счёта",
        "1 сообщение банка ждёт решения", "1 платёж больше часа ждёт ответа банка", "1 сообщение не доставлено",
        "2 строки не приняты при загрузке",
    ):  # fmt: skip
        assert sentence in page, sentence
    for url in {link.partition("#")[0] for link in page.tree.links if link.startswith("/admin/")}:
        clerk.get(url)


def test_appeals_stand_by_how_long_they_wait(clerk: PageClient, vodokanal: Supplier) -> None:
    who = make.resident()
    for days in (0, 2, 2, 5, 11):
        make.appeal(who, supplier=vodokanal, waits_since=make.NOW - timedelta(days=days))
    make.appeal(who, supplier=vodokanal, waits_since=None, state="answered")
    page = clerk.get(URL)
    assert "до суток 1 от 1 до 3 дней 2 от 3 до 10 дней 1 больше 10 дней 1" in page
    assert "5 обращений ждут ответа, старшему 11 дней" in page


def test_the_window_stands_beside_the_last_one_in_a_chart_and_in_a_table(
    clerk: PageClient, vodokanal: Supplier
) -> None:
    for starts, days in ((date(2026, 10, 15), {17: 3, 20: 1, 23: 4}), (date(2026, 11, 15), {16: 4, 19: 2})):
        by_day = {starts.replace(day=day): count for day, count in days.items()}
        ReadingProgress.put(vodokanal.id, starts, starts.replace(day=25), 10, by_day, make.NOW)
    page = clerk.get(URL)
    assert "6 из 10 лицевых счетов , до конца приёма 5 дней. В прошлый раз к этому дню — 4" in page
    assert '<svg class="chart"' in page.text and 'class="now"' in page.text and 'class="past"' in page.text
    assert "19 ноября 6 60 % 3" in page and "25 ноября — — 8" in page
    assert "Не передали: 4" in page and "/admin/readings/unsent" in page.tree.links


def test_before_the_first_count_the_page_says_so(clerk: PageClient, vodokanal: Supplier) -> None:
    assert "Показаний пока не ждём" in clerk.get(URL)


def test_payments_of_today_and_of_the_month_are_summed(clerk: PageClient, vodokanal: Supplier) -> None:
    for paid_at in (make.NOW, make.NOW - timedelta(days=3), make.NOW - timedelta(days=40)):
        order(vodokanal, state="paid", paid_at=paid_at)
    order(vodokanal)
    page = clerk.get(URL)
    assert "100,00 ₽ сегодня, 1 платёж" in page and "С начала месяца 200,00 ₽ , 2 платежа" in page


def test_the_day_begins_at_midnight_of_the_utilitys_zone(clerk: PageClient, vodokanal: Supplier) -> None:
    midnight = datetime(2026, 11, 19, 21, 0, tzinfo=UTC)  # in Moscow
    order(vodokanal, state="paid", paid_at=midnight)
    order(vodokanal, state="paid", paid_at=midnight - timedelta(seconds=1))
    assert "100,00 ₽ сегодня, 1 платёж" in clerk.get(URL)


def test_the_last_imports_tell_what_was_not_taken(clerk: PageClient) -> None:
    first, second = run(0, file_name="первый.zip"), run(3, file_name="второй.zip")
    page = clerk.get(URL)
    assert "3 строки не приняты второй.zip" in page and "первый.zip" in page
    assert {f"/admin/imports/{first.id}", f"/admin/imports/{second.id}"} <= set(page.tree.links)


def test_a_silent_worker_and_failing_jobs_are_told_at_the_top(clerk: PageClient) -> None:
    assert "Служба не отвечает." in clerk.get(URL)
    Pulse.beat(WORKER, make.NOW - timedelta(hours=2), "letters (OSError)")
    page = clerk.get(URL)
    assert "Служба не отвечает с" in page and "Не выполняются задачи службы: letters (OSError)" in page
    Pulse.beat(WORKER, make.NOW)
    page = clerk.get(URL)
    assert "Служба не отвечает" not in page and "Свободно на диске" in page


def test_a_suppliers_clerk_sees_his_supplier_alone(client: PageClient, vodokanal: Supplier) -> None:
    other = make.supplier()
    busy(vodokanal)
    order(vodokanal, state="paid", paid_at=make.NOW)
    progress.count(datetime(2026, 11, 20, 12, tzinfo=UTC))
    client.sign_in(make.operator(other))
    page = client.get(URL)
    assert "Всё разобрано, никто не ждёт" in tasks(page) and "Обращений без ответа нет" in page
    assert "0,00 ₽ сегодня" in page and "Водоканал" not in page
    assert "Последние загрузки" not in page and "Свободно на диске" not in page and "не доставлено" not in page
    client.sign_in(make.operator(vodokanal))
    page = client.get(URL)
    assert "1 обращение ждёт ответа" in page and "100,00 ₽ сегодня" in page
    for url in {link.partition("#")[0] for link in page.tree.links if link.startswith("/admin/")}:
        client.get(url)


def test_a_resident_does_not_know_the_board(client: PageClient, vodokanal: Supplier) -> None:
    client.sign_in(make.resident())
    client.get(URL, status=404)


def test_queries_do_not_grow_with_what_waits(clerk: PageClient, vodokanal: Supplier) -> None:
    def asked() -> int:
        progress.count(datetime(2026, 11, 20, 12, tzinfo=UTC))
        clerk.get(URL)
        with counted() as seen:
            clerk.get(URL)
        return len(seen)

    busy(vodokanal)
    few = asked()
    for _ in range(6):
        busy(vodokanal)
        make.meter(make.account(make.supplier()))
    assert asked() == few <= 8


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (0, "0 байт"),
        (1023, "1 023 байта"),
        (1024, "1 КБ"),
        (1536, "1,5 КБ"),
        (5 << 20, "5 МБ"),
        (1100 << 30, "1 100 ГБ"),
    ],
)
def test_volumes_are_told_in_the_unit_that_fits(size: int, words: str) -> None:
    assert volume(size).replace(NB, " ") == words
