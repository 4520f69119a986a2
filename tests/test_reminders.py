"""Reminders: of the readings' window, of verification, the monthly bill with its PDF, of payment; each once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from io import BytesIO

import pypdfium2
import pytest
from flask import Flask

import worker
from config import Settings
from models import Account, Bill, Link, Notice, NoticeReceipt, Outbox, Reading, Register, Resident
from services import reminders
from services.due import due_of
from services.reminders import stage, verification_stage
from services.settings import SupplierSettings
from tests import factories, smtp
from tests.factories import NOW
from tests.post import Post, send
from tests.queries import counted
from tests.test_sending_faults import by_smtp

ALL = ("email", "sms", "messenger")
PHONE = "+79123456789"


@pytest.fixture
def account(database: Flask) -> Account:
    """Of a supplier that takes readings from the 15th to the 25th."""
    found = factories.account(factories.supplier(bank_account="40702810000000000001"))
    factories.setting(found.supplier, "reading_from_day", 15)
    factories.setting(found.supplier, "reading_to_day", 25)
    return found


@pytest.fixture
def anna(account: Account) -> Resident:
    who = factories.resident(email="anna@example.org")
    factories.link(who, account, label="Квартира")
    return who


def on(day: int, month: int = 11, hour: int = 12) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


def put_on(day: int, month: int = 11, hour: int = 12) -> list[str]:
    """The kinds of letters that are there after the day's round."""
    reminders.remind(on(day, month, hour), ALL)
    return sorted(row.kind for row in Outbox.select())


# Readings


def test_the_window_is_told_of_when_it_opens_and_two_days_before_it_closes(anna: Resident, account: Account) -> None:
    factories.meter(account)
    assert put_on(14) == []
    assert put_on(15) == ["readings-open"]
    assert put_on(15) == put_on(16) == put_on(17) == put_on(20) == ["readings-open"], "once"
    assert put_on(22) == ["readings-open"]
    assert put_on(23) == put_on(24) == put_on(25) == ["readings-closing", "readings-open"]
    assert put_on(26) == ["readings-closing", "readings-open"]
    assert len(put_on(15, month=12)) == 3, "the next month's window is another"


def test_who_has_sent_all_readings_is_left_alone(anna: Resident, account: Account) -> None:
    first, second = factories.meter(account, scales=("День", "Ночь")).registers
    factories.reading(first, 10, date(2026, 11, 16))
    assert put_on(23) == ["readings-closing"], "the night is still owed"
    Outbox.delete().execute()
    factories.reading(second, 10, date(2026, 11, 16))
    assert put_on(23) == []


def test_readings_that_were_refused_or_are_old_do_not_count(anna: Resident, account: Account) -> None:
    [register] = factories.meter(account).registers
    factories.reading(register, 10, date(2026, 10, 20))
    factories.reading(register, 10, date(2026, 11, 16), origin="resident", state="rejected")
    assert put_on(23) == ["readings-closing"]


@pytest.mark.parametrize("facts", [{"is_automatic": True}, {"removed_on": date(2026, 11, 1)}])
def test_nobody_is_asked_for_what_nobody_reads(anna: Resident, account: Account, facts: dict[str, object]) -> None:
    factories.meter(account, **facts)
    assert put_on(15) == []


@pytest.mark.parametrize("facts", [{"remind_readings": False}, {"state": "blocked"}, {"notify_email": False}])
def test_the_residents_switches_are_obeyed(anna: Resident, account: Account, facts: dict[str, object]) -> None:
    factories.meter(account)
    Resident.update(**facts).where(Resident.id == anna.id).execute()
    assert put_on(15) == []


def test_each_way_that_is_on_is_used(anna: Resident, account: Account) -> None:
    factories.meter(account)
    Resident.update(phone=PHONE, phone_key=PHONE, phone_confirmed_at=NOW).execute()
    assert put_on(15) == ["readings-open"] * 2
    assert {row.channel for row in Outbox.select()} == {"email", "sms"}


def test_a_letter_has_a_link_for_each_account_and_is_one(
    anna: Resident, account: Account, settings: Settings
) -> None:
    other = factories.account(account.supplier)
    factories.link(anna, other, label="Дача")
    for owing in (account, other):
        factories.meter(owing)
    put_on(15)
    post = Post()
    assert send(post, settings, on(15)) == 1
    text = post.mails[0].text
    assert "до 25.11.2026" in post.mails[0].subject and text.count("http://127.0.0.1:8000/r/") == 2
    assert "(Квартира)" in text and "(Дача)" in text
    assert "/unsubscribe/" in post.mails[0].headers["List-Unsubscribe"]


def test_whoever_sends_before_the_letter_goes_gets_none(anna: Resident, account: Account, settings: Settings) -> None:
    [register] = factories.meter(account).registers
    put_on(15)
    factories.reading(register, 10, date(2026, 11, 15))
    assert send(Post(), settings, on(15)) == 0
    assert Outbox.get().error == "устарело"


def test_a_supplier_without_a_window_reminds_on_its_day() -> None:
    terms = SupplierSettings(reminder_day=20)
    told = [day for day in range(1, 31) if stage(terms, date(2026, 11, day))]
    assert told == [20, 21, 22], "and catches up for two days"


def test_a_window_of_three_days_is_told_of_once() -> None:
    terms = SupplierSettings(reading_from_day=20, reading_to_day=22)
    kinds = [found[0] for day in range(18, 25) if (found := stage(terms, date(2026, 11, day)))]
    assert set(kinds) == {"readings-open"} and len(kinds) == 3


def test_a_window_over_the_months_end_is_one_window() -> None:
    terms = SupplierSettings(reading_from_day=25, reading_to_day=3)
    opened, closing = stage(terms, date(2026, 11, 25)), stage(terms, date(2026, 12, 1))
    assert opened and closing and (opened[0], closing[0]) == ("readings-open", "readings-closing")
    assert opened[1] == closing[1]


def test_at_night_nothing_is_put(anna: Resident, account: Account) -> None:
    factories.meter(account)
    assert put_on(15, hour=8) == [] and put_on(15, hour=9) == ["readings-open"]


# Verification


def test_the_end_of_verification_is_told_of_before_and_after(anna: Resident, account: Account) -> None:
    until = date(2026, 12, 1)
    meter = factories.meter(account, verified_until=until, is_automatic=True)
    told = []
    for shift in range(-70, 70):
        before = Outbox.select().where(Outbox.kind == "verification").count()
        day = until + timedelta(days=shift)
        reminders.remind(datetime(day.year, day.month, day.day, 12, tzinfo=UTC), ("email",))
        if Outbox.select().where(Outbox.kind == "verification").count() > before:
            told.append(-shift)
    assert told == [60, 30, 7, -7, -30, -60]
    assert [verification_stage(meter, until - timedelta(days=days)) for days in (61, 58, 57)] == [None, 60, None]


def test_two_meters_of_an_account_that_run_out_together_are_one_letter(
    anna: Resident, account: Account, settings: Settings
) -> None:
    for number, until in (("19-204044", 30), ("19-204045", 30), ("19-204046", 20)):
        factories.meter(account, number=number, verified_until=date(2026, 11, until), is_automatic=True)
    assert put_on(23) == ["verification"] and NoticeReceipt.unread(anna) == 1
    post = Post()
    assert send(post, settings, on(23)) == 1
    text = post.mails[0].text
    assert post.mails[0].subject == f"Скоро поверка счётчиков: лицевой счёт № {account.number}"
    assert "…044" in text and "…045" in text and "…046" not in text


def test_a_meter_that_was_verified_meanwhile_is_not_spoken_of(
    anna: Resident, account: Account, settings: Settings
) -> None:
    meter = factories.meter(account, verified_on=date(2022, 12, 1), interval_years=4, is_automatic=True)
    assert put_on(24) == ["verification"]
    post = Post()
    assert send(post, settings, on(24)) == 1
    assert "истекает 01.12.2026" in post.mails[0].text and str(meter.number) not in post.mails[0].text
    Outbox.update(state="waiting").execute()
    meter.verified_on = date(2026, 11, 24)
    meter.removed_on = date(2026, 11, 24)
    meter.save()
    assert send(Post(), settings, on(25)) == 0


# The monthly bill, and payment


def test_the_monthly_bill_comes_once_with_its_pdf_to_those_who_want_it(
    anna: Resident, account: Account, settings: Settings
) -> None:
    bill = factories.bill(account, number="77", to_pay=148533)
    factories.charge(bill, factories.service(account.supplier), 148533)
    assert put_on(4) == [], "not asked for"
    Resident.update(monthly_bill=True, notify_email=False).execute()
    assert put_on(4) == [], "not before the supplier's day"
    assert put_on(5) == put_on(6) == ["bill"]
    with smtp.server() as server:
        assert by_smtp(settings, server.url, on(5)) == 1
    [letter] = server.letters
    assert letter["Subject"].startswith("Счёт за октябрь 2026")
    [attached] = letter.iter_attachments()
    assert attached.get_filename() == "bill-2026-10-77.pdf" and attached.get_content_type() == "application/pdf"
    page = pypdfium2.PdfDocument(BytesIO(attached.get_content()))[0]
    assert account.number in page.get_textpage().get_text_range()
    plain = letter.get_body(("plain",))
    assert plain and "1 485,33" in plain.get_content().replace("\N{NO-BREAK SPACE}", " ")


def test_a_bill_of_an_account_that_was_given_up_is_not_sent(
    anna: Resident, account: Account, settings: Settings
) -> None:
    Resident.update(monthly_bill=True).execute()
    factories.bill(account)
    put_on(5)
    Link.delete().execute()
    assert send(Post(), settings, on(5)) == 0 and Outbox.get().error == "устарело"


def test_an_old_bill_is_not_sent_when_the_switch_is_turned_on(anna: Resident, account: Account) -> None:
    factories.bill(account, period=date(2026, 8, 1), issued_on=date(2026, 8, 31))
    Resident.update(monthly_bill=True).execute()
    assert put_on(20) == []


def test_who_owes_is_told_three_days_before_the_day(anna: Resident, account: Account, settings: Settings) -> None:
    factories.bill(account, due_on=date(2026, 11, 20), to_pay=100_00)
    assert put_on(16) == []
    assert put_on(17) == put_on(18) == put_on(20) == put_on(21) == ["payment-due"]
    post = Post()
    assert send(post, settings, on(17)) == 1
    assert "20.11.2026" in post.mails[0].text and f"/payment/{account.id}" in post.mails[0].text


def test_who_has_paid_is_not(anna: Resident, account: Account, settings: Settings) -> None:
    factories.bill(account, due_on=date(2026, 11, 20), to_pay=0)
    assert put_on(18) == []
    Bill.update(to_pay=100_00).execute()
    assert put_on(18) == ["payment-due"]
    factories.balance(account, 0, on=date(2026, 11, 18))
    assert send(Post(), settings, on(18)) == 0


def test_who_owes_for_several_accounts_gets_one_letter_that_names_them_all(
    anna: Resident, account: Account, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reminders, "PORTION", 1)
    other, later = factories.account(factories.supplier(name="Тепло")), factories.account(account.supplier)
    for owed, day, label in ((other, 20, "Дача"), (later, 25, "Гараж")):
        factories.link(anna, owed, label=label)
        factories.bill(owed, due_on=date(2026, 11, day), to_pay=50_00)
    factories.bill(account, due_on=date(2026, 11, 20), to_pay=100_00)
    assert put_on(17) == put_on(18) == ["payment-due"]
    post = Post()
    assert send(post, settings, on(18)) == 1
    text = post.mails[0].text.replace("\N{NO-BREAK SPACE}", " ")
    assert post.mails[0].subject == "Оплатите счета до 20.11.2026"
    assert "(Квартира): 100,00 ₽" in text and "(Дача): 50,00 ₽" in text and "Вместе: 150,00 ₽" in text
    assert "Гараж" not in text and "/payment\n" in text
    assert put_on(22) == ["payment-due"] * 2, "the day of the garage is another"


# The bell


def test_what_is_reminded_of_by_letter_stands_in_the_bell_too(anna: Resident, account: Account) -> None:
    factories.meter(account, verified_until=date(2026, 11, 30))
    factories.bill(account, due_on=date(2026, 11, 25), to_pay=100_00)
    neighbour = factories.resident(notify_email=False)
    factories.link(neighbour, account)
    for day in (23, 24, 25):
        put_on(day)
    told = [str(row.notice.subject) for row in NoticeReceipt.held_by(anna)]
    assert sorted(told) == [
        "Оплатите счета до 25.11.2026",
        "Последние дни: передайте показания до 25.11.2026",
        "Срок поверки счётчика истекает 30.11.2026",
    ]
    assert NoticeReceipt.unread(neighbour) == 3, "the bell rings for one who wants no letters"
    assert Notice.select().count() == 3, "one for all who are reminded of the same"


def test_the_bell_obeys_the_switch_of_reminders(anna: Resident, account: Account) -> None:
    factories.meter(account)
    Resident.update(remind_readings=False).execute()
    put_on(15)
    assert NoticeReceipt.unread(anna) == 0


def test_a_due_day_on_a_weekend_moves_to_monday() -> None:
    bill = Bill(period=date(2026, 10, 1))
    assert due_of(bill, SupplierSettings(due_day=15)) == date(2026, 11, 16)
    assert due_of(bill, SupplierSettings(due_day=15, due_shift_weekend=False)) == date(2026, 11, 15)
    assert due_of(bill, SupplierSettings(due_day=31, due_shift_weekend=False)) == date(2026, 11, 30)


# However many


def test_a_town_asks_as_often_as_its_portions_and_misses_nobody(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reminders, "PORTION", 4)
    for _ in range(11):
        held = factories.account(account.supplier)
        factories.meter(held)
        factories.link(factories.resident(), held)
    with counted() as seen:
        assert put_on(15) == ["readings-open"] * 11
    assert len(seen) < 40
    assert Register.select().count() == 11 and not Reading.select().exists()


def test_the_worker_reminds_by_the_ways_the_portal_has(settings: Settings) -> None:
    assert worker.ways_of(settings) == ("email", "sms")
    assert "reminders" in worker.build(settings).jobs
