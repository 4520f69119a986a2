"""The console's queue of readings that were confirmed against a warning."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path

import pytest
from flask import Flask

from config import Settings
from models import (
    Account,
    Audit,
    Call,
    Notice,
    NoticeReceipt,
    Outbox,
    Photo,
    Reading,
    Register,
    Resident,
    Review,
    Submission,
)
from models.reading import REJECTED, USED, WITHDRAWN
from services import reading_photos
from tests import factories, papers
from tests.client import Page, PageClient
from tests.post import Post, send
from tests.queries import counted
from views.admin.readings import SHOWN

pytestmark = pytest.mark.usefixtures("november")


@pytest.fixture
def olga(database: Flask) -> Resident:
    return factories.operator()


@pytest.fixture
def account(app: Flask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, database: Flask) -> Account:
    """An account with a doubted reading that a resident sent with a photo."""
    monkeypatch.setattr(type(app.extensions["settings"]), "data_dir", property(lambda self: tmp_path))
    account, anna = factories.account(number="2071000390001"), factories.resident()
    factories.link(anna, account)
    register = factories.meter(account, number="00987654").registers.get()
    factories.reading(register, 100, date(2026, 10, 20), state=USED)
    sent(PageClient(app).sign_in(anna), account, "9100")
    return account


def sent(client: PageClient, account: Account, value: str) -> None:
    """Sent and confirmed at once, as a program does."""
    register = Register.of_account(account)[0]
    photo = (io.BytesIO(papers.picture()), "IMG.jpg")
    client.post(
        f"/readings/{account.id}",
        {f"reading-{register.id}": value, "once": value, "confirm": "yes", "photo": photo},
    )


def test_the_queue_shows_the_numbers_the_doubt_and_the_photo(
    client: PageClient, olga: Resident, account: Account
) -> None:
    page = client.sign_in(olga).get("/admin/readings")
    for words in (
        "2071000390001",
        "№ 00987654",
        "000 100",
        "009 100",
        "9 000 кВт*ч",
        "необычный расход",
        "житель",
        "anna",
    ):
        assert words in page, words
    photo = f"/admin/readings/photos/{Photo.get().id}.jpg"
    assert photo in page.tree.links
    assert client.get(photo).response.mimetype == "image/jpeg"
    assert "Показания 1 ждут" in client.get("/admin/")


def test_what_was_looked_at_leaves_the_queue_once(client: PageClient, olga: Resident, account: Account) -> None:
    reading = Reading.get(Reading.doubts != "")
    client.sign_in(olga)
    for _ in range(2):
        assert client.post(f"/admin/readings/{reading.id}/review").location == "/admin/readings"
    page = client.get("/admin/readings")
    assert "Всё просмотрено" in page and "уже разобрали" in page
    assert (Review.select().count(), Review.get().resident) == (1, olga)


@pytest.mark.parametrize("state", [WITHDRAWN, USED])
def test_what_was_taken_back_or_billed_asks_nobody(
    client: PageClient, olga: Resident, account: Account, state: str
) -> None:
    Reading.update(state=state).where(Reading.doubts != "").execute()
    assert "Всё просмотрено" in client.sign_in(olga).get("/admin/readings")


def test_a_clerk_of_another_supplier_sees_and_settles_nothing(client: PageClient, account: Account) -> None:
    clerk = factories.operator(factories.supplier())
    reading = Reading.get(Reading.doubts != "")
    client.sign_in(clerk)
    assert "Всё просмотрено" in client.get("/admin/readings")
    client.post(f"/admin/readings/{reading.id}/review", status=404)
    client.get(f"/admin/readings/photos/{Photo.get().id}.jpg", status=404)
    assert Review.select().count() == 0


def test_an_ordinary_reading_is_not_there_to_be_reviewed(
    client: PageClient, olga: Resident, account: Account
) -> None:
    plain = Reading.get(Reading.doubts == "")
    client.sign_in(olga).post(f"/admin/readings/{plain.id}/review", status=404)
    client.post(f"/admin/readings/{10**20}/review", status=404)


def test_one_reading_or_ten_cost_the_same_queries(
    client: PageClient, app: Flask, olga: Resident, account: Account
) -> None:
    client.sign_in(olga).get("/admin/readings")
    with counted() as few:
        client.get("/admin/readings")
    for _ in range(9):
        register = factories.meter(account).registers.get()
        factories.reading(register, 5, date(2026, 11, 20), origin="operator", doubts="zero", state="accepted")
    with counted() as many:
        client.get("/admin/readings")
    assert len(few) == len(many) <= 8


def decide(client: PageClient, reading: Reading, act: str, status: int = 303, **fields: str) -> Page:
    return client.post(f"/admin/readings/{reading.id}", {"act": act, **fields}, status=status)


def another(account: Account, **facts: object) -> Reading:
    """A second doubted reading, of a neighbour at the same supplier."""
    register = factories.meter(factories.account(account.supplier)).registers.get()
    return factories.reading(register, 7, date(2026, 11, 20), **{"origin": "operator", "doubts": "zero", **facts})


def actions() -> list[str]:
    return [str(row.action) for row in Audit.select().order_by(Audit.id)]


def test_one_reading_is_shown_with_what_came_before(client: PageClient, olga: Resident, account: Account) -> None:
    reading = Reading.get(Reading.doubts != "")
    page = client.sign_in(olga).get(f"/admin/readings/{reading.id}")
    assert "Необычный расход" in page and "009 100" in page and "000 100" in page and "9 000 кВт*ч" in page
    assert "учтено" in page and account.address.replace("\N{NO-BREAK SPACE}", " ") in page
    assert f'src="/admin/readings/photos/{Photo.get().id}.jpg"' in page.text


def test_after_a_decision_the_next_one_is_shown(client: PageClient, olga: Resident, account: Account) -> None:
    old, middle, new = Reading.get(Reading.doubts != ""), another(account), another(account)
    client.sign_in(olga)
    assert decide(client, middle, "accept").location == f"/admin/readings/{old.id}"
    assert decide(client, old, "accept").location == f"/admin/readings/{new.id}"
    page = decide(client, new, "accept")
    assert page.location == "/admin/readings" and "показание принято" in client.get(page.location)
    assert Review.select().count() == 3 and actions() == ["reading-accepted"] * 3
    assert "Решать больше нечего" in client.get(f"/admin/readings/{old.id}")


def test_the_list_goes_on_behind_the_row_that_was_accepted(
    client: PageClient, olga: Resident, account: Account
) -> None:
    old, new = Reading.get(Reading.doubts != ""), another(account)
    client.sign_in(olga)
    location = client.post(f"/admin/readings/{new.id}/review").location
    assert location == f"/admin/readings#reading-{old.id}" and f'id="reading-{old.id}"' in client.get(location).text


def test_a_refused_reading_tells_the_holder_why_and_asks_again(
    client: PageClient, olga: Resident, account: Account
) -> None:
    reading = Reading.get(Reading.doubts != "")
    client.sign_in(olga)
    page = decide(client, reading, "reject", reason="Не сходится с фото.")
    assert page.location == "/admin/readings" and "показание отклонено" in client.get(page.location)
    stored = Reading.get_by_id(reading.id)
    assert (stored.state, stored.reason) == (REJECTED, "Не сходится с фото.")
    notice = Notice.get()
    assert notice.body == "Не сходится с фото. Проверьте счётчик и передайте показания ещё раз."
    assert notice.link_url == f"/readings/{account.id}"
    assert actions() == ["reading-rejected"]
    page = PageClient(client.app).sign_in(notice.receipts.get().resident).get(f"/readings/{account.id}")
    assert "Не сходится с фото." in page and "000 100" in page


def test_a_refused_reading_is_told_of_by_letter_to_those_who_want_letters(
    client: PageClient, olga: Resident, account: Account, settings: Settings
) -> None:
    quiet = factories.resident(notify_email=False)
    factories.link(quiet, account)
    reading = Reading.get(Reading.doubts != "")
    decide(client.sign_in(olga), reading, "reject", reason="Не сходится с фото.")
    assert NoticeReceipt.unread(quiet) == 1
    post = Post()
    assert send(post, settings) == 1
    [mail] = post.mails
    assert mail.subject == f"Показания отклонены: лицевой счёт № {account.number}"
    assert "Причина: Не сходится с фото.\n" in mail.text and f"/readings/{account.id}\n" in mail.text
    assert "/unsubscribe/" in mail.headers["List-Unsubscribe"]


def test_who_has_sent_another_reading_meanwhile_gets_no_letter_of_the_refused_one(
    client: PageClient, olga: Resident, account: Account, settings: Settings
) -> None:
    reading = Reading.get(Reading.doubts != "")
    decide(client.sign_in(olga), reading, "reject", reason="Не сходится с фото.")
    factories.reading(reading.register, 200, reading.taken_on, origin="resident")
    assert send(Post(), settings) == 0 and Outbox.get(Outbox.kind == "reading-rejected").error == "устарело"


def test_a_refusal_needs_a_reason(client: PageClient, olga: Resident, account: Account) -> None:
    reading = Reading.get(Reading.doubts != "")
    client.sign_in(olga)
    assert 'aria-describedby="reason-wrong' in decide(client, reading, "reject", status=422, reason=" ").text
    page = decide(client, reading, "reject", status=422, reason="я" * 501)
    assert "Не больше 500 знаков" in page and "я" * 501 in page.text
    assert Reading.get_by_id(reading.id).state == "accepted" and Notice.select().count() == 0


def test_both_scales_of_an_act_are_refused_together(client: PageClient, olga: Resident, account: Account) -> None:
    meter = factories.meter(account, scales=("День", "Ночь"))
    act = Submission.create(account=account, once="two", sent_at=factories.NOW)
    day, night = (
        factories.reading(register, 5, date(2026, 11, 20), origin="link", submission=act, doubts=doubts)
        for register, doubts in zip(meter.registers, ("unusual", ""), strict=True)
    )
    decide(client.sign_in(olga), day, "reject", reason="Перепутаны шкалы.")
    assert {row.state for row in (Reading.get_by_id(day.id), Reading.get_by_id(night.id))} == {REJECTED}


def test_what_the_billing_has_got_cannot_be_refused(client: PageClient, olga: Resident, account: Account) -> None:
    reading = another(account, state="exported")
    client.sign_in(olga)
    assert "отклонить его может только расчётный центр" in client.get(f"/admin/readings/{reading.id}")
    assert "уже передано в расчёт" in decide(client, reading, "reject", status=422, reason="Нет")
    assert Reading.get_by_id(reading.id).state == "exported"


def test_the_second_of_two_clerks_is_told(client: PageClient, olga: Resident, account: Account) -> None:
    reading = another(account)
    client.sign_in(olga)
    decide(client, reading, "accept")
    page = decide(client, reading, "reject", status=422, reason="Нет")
    assert "уже разобрали" in page and Reading.get_by_id(reading.id).state == "accepted"
    assert actions() == ["reading-accepted"]


def test_a_call_about_the_reading_joins_the_queue_of_calls_once(
    client: PageClient, olga: Resident, account: Account
) -> None:
    reading = Reading.get(Reading.doubts != "")
    Resident.update(phone="+79120000000").where(Resident.id == reading.submission.resident_id).execute()
    client.sign_in(olga)
    for _ in range(2):
        assert decide(client, reading, "call").location == f"/admin/readings/{reading.id}"
    call = Call.get()
    assert call.phone == "+79120000000" and account.number in call.comment
    page = client.get(f"/admin/readings/{reading.id}")
    assert f"Звонок № {call.id} в очереди" in page and "Перезвонить" not in page
    assert f"№ {call.id}" in client.get("/admin/calls") and actions() == ["reading-call"]
    assert Review.select().count() == 0, "the reading waits for a decision still"


def test_without_a_phone_there_is_nobody_to_call(client: PageClient, olga: Resident, account: Account) -> None:
    client.sign_in(olga)
    page = decide(client, another(account), "call", status=422)
    assert "Телефона жителя в кабинете нет" in page and Call.select().count() == 0


def test_nobody_else_decides(client: PageClient, account: Account) -> None:
    reading = Reading.get(Reading.doubts != "")
    for who in (factories.operator(factories.supplier()), factories.resident()):
        client.sign_in(who)
        client.get(f"/admin/readings/{reading.id}", status=404)
        decide(client, reading, "accept", status=404)
    client.sign_in(factories.operator())
    decide(client, reading, "forget", status=400)
    assert Review.select().count() == 0


def test_pages_of_the_queue_go_on_where_the_last_ended(client: PageClient, olga: Resident, account: Account) -> None:
    rows = [another(account) for _ in range(SHOWN + 1)]
    client.sign_in(olga)
    page = client.get("/admin/readings")
    assert f"/admin/readings?after={rows[1].id}" in page.tree.links
    rest = client.get(f"/admin/readings?after={rows[1].id}")
    assert f'id="reading-{rows[0].id}"' in rest.text and f'id="reading-{rows[1].id}"' not in rest.text


def test_the_folder_of_photos_is_outside_the_web_root() -> None:
    assert not reading_photos.FOLDER.is_absolute() and reading_photos.FOLDER.parts[0] == "documents"
