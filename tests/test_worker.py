"""The worker: letters go out once, whoever dies in between; a failing job stops nobody."""

from __future__ import annotations

import logging
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Event

import pytest
from flask import Flask

import clock
import worker
from config import Settings
from gateways.mail import SmtpMailer, Undeliverable
from models import Attempt, Captcha, Code, Outbox, Resident, Session, db
from services import codes, outbox, registration, texts
from services.limits import Visitor
from tests import factories
from tests.client import PageClient
from tests.factories import NOW
from tests.post import Post, SlowPost, again, put, send
from worker import Job, Worker

MINUTE = timedelta(minutes=1)
HERE = Visitor(key="k" * 32)


def down() -> Undeliverable:
    return Undeliverable("сервер не ответил", permanent=False)


def test_a_demo_portal_shows_messages_as_it_shows_letters(database: Flask, settings: Settings) -> None:
    put("k1", "known-phone", channel="sms", destination="+79123456789", now=clock.now())
    put("k2", "known-phone", channel="sms", destination="не номер", now=clock.now())
    put("k3", now=clock.now())
    loop = worker.build(settings)
    for name in ("letters", "messages"):
        loop.jobs[name](clock.now())
    rows = {row.key: row for row in Outbox.select()}
    assert [rows[key].state for key in ("k1", "k2", "k3")] == ["sent", "dead", "sent"]
    assert "кабинет с этим номером уже есть" in rows["k1"].body


def test_a_letter_goes_out_once_and_its_body_is_not_kept(database: Flask, settings: Settings) -> None:
    row, post = put(), Post()
    assert [send(post, settings), send(post, settings)] == [1, 0]
    mail = post.mails[0]
    assert mail.to == "anna@example.org" and mail.subject == "У вас уже есть кабинет: Светлоречье"
    assert "http://127.0.0.1:8000/sign-in" in mail.text and mail.key == f"outbox-{row.id}"
    after = again(row)
    assert (after.state, after.sent_at, after.body, after.provider_id) == ("sent", NOW, "", f"<outbox-{row.id}@post>")


def test_in_demo_mode_the_body_is_kept(database: Flask, settings: Settings) -> None:
    row = put()
    send(Post(), settings, keeps_body=True)
    assert "Здравствуйте!" in again(row).body


def test_the_same_key_is_one_letter(database: Flask) -> None:
    assert outbox.put("known-email", "k1", NOW, destination="a@example.org")
    assert not outbox.put("known-email", "k1", NOW, destination="a@example.org")
    assert Outbox.select().count() == 1


def test_who_has_no_address_gets_no_letter(database: Flask) -> None:
    assert not outbox.put("known-email", "k1", NOW, resident=factories.resident(email=""))


def test_a_letter_waits_for_its_time(database: Flask, settings: Settings) -> None:
    put(not_before=NOW + MINUTE)
    post = Post()
    assert [send(post, settings), send(post, settings, NOW + MINUTE)] == [0, 1]


def test_a_worker_that_died_with_a_letter_in_hand_delays_it(database: Flask, settings: Settings) -> None:
    put()
    assert outbox.lease(NOW) is not None  # and the process is killed before it sends
    post = Post()
    assert send(post, settings, NOW + MINUTE) == 0
    assert send(post, settings, NOW + outbox.LEASE) == 1
    assert send(post, settings, NOW + 3 * outbox.LEASE) == 0
    assert len(post.mails) == 1


def test_a_worker_that_comes_back_after_its_lease_changes_nothing(database: Flask, settings: Settings) -> None:
    row = put()
    slow = outbox.lease(NOW)
    assert slow is not None
    send(Post(), settings, NOW + outbox.LEASE)
    assert not outbox.done(slow, NOW + 2 * outbox.LEASE, provider_id="late", subject="", body="")
    assert not outbox.failed(slow, NOW + 2 * outbox.LEASE, "late")
    assert again(row).state == "sent" and again(row).provider_id != "late"


def test_a_silent_server_is_asked_again_with_growing_pauses(database: Flask, settings: Settings) -> None:
    row, post = put(), Post(*(down() for _ in range(3)))
    pauses, now = [], NOW
    for _ in range(3):
        send(post, settings, now)
        after = again(row)
        pauses.append(after.not_before - now)
        assert (after.state, after.error) == ("waiting", "сервер не ответил")
        now = after.not_before
    assert pauses == [MINUTE, 2 * MINUTE, 4 * MINUTE]
    assert send(post, settings, now) == 1 and again(row).error == ""


def test_one_silent_answer_ends_the_round(database: Flask, settings: Settings) -> None:
    for n in range(5):
        put(f"k{n}")
    post = Post(down())
    assert send(post, settings) == 0 and len(post.faults) == 0
    assert send(post, settings) == 4


def test_a_slow_server_outlives_no_lease_and_holds_up_no_other_job(database: Flask, settings: Settings) -> None:
    rows, post = [put(f"k{n}") for n in range(5)], SlowPost(takes=4 * MINUTE)
    assert worker.send_letters(post, worker.desk_of(settings), False, lambda: post.now) == 2
    assert post.leases == [outbox.LEASE, outbox.LEASE]
    assert [again(row).sent_at for row in rows] == [NOW + 4 * MINUTE, NOW + 8 * MINUTE, None, None, None]
    assert send(Post(), settings, post.now) == 3


def test_the_pause_of_a_failed_letter_begins_when_it_failed(database: Flask, settings: Settings) -> None:
    row, moments = put(), iter(NOW + n * MINUTE for n in range(9))
    worker.send_letters(Post(down()), worker.desk_of(settings), False, lambda: next(moments))
    assert again(row).not_before - NOW > MINUTE


def test_a_refused_address_is_not_tried_again(database: Flask, settings: Settings) -> None:
    row, other = put(), put("k2")
    post = Post(Undeliverable("адрес не принят (550)", permanent=True))
    assert send(post, settings) == 1
    assert (again(row).state, again(row).error) == ("dead", "адрес не принят (550)")
    assert again(other).state == "sent"
    assert send(post, settings, NOW + timedelta(days=9)) == 0


def test_after_two_days_of_silence_a_letter_is_given_up(database: Flask, settings: Settings) -> None:
    row, now = put(), NOW
    post = Post(*(down() for _ in range(outbox.MOST_ATTEMPTS)))
    while again(row).state == "waiting":
        send(post, settings, now)
        now = max(again(row).not_before, now + timedelta(seconds=1))
    assert again(row).state == "dead" and timedelta(days=2) < now - NOW < timedelta(days=3)


def test_a_letter_that_kills_its_worker_is_given_up_too(database: Flask) -> None:
    row = put()
    Outbox.update(attempts=outbox.MOST_ATTEMPTS).execute()
    assert outbox.lease(NOW) is None
    assert again(row).state == "dead"


def test_a_letter_about_what_is_over_is_not_sent(database: Flask, settings: Settings) -> None:
    who = factories.resident(state="active")
    row = put(kind="activation", resident=who, destination="")
    assert send(Post(), settings) == 0
    assert (again(row).state, again(row).error) == ("dead", "устарело")


@pytest.mark.commits
def test_two_workers_send_nothing_twice(app: Flask, settings: Settings) -> None:
    with db.connection_context():
        for n in range(40):
            put(f"k{n}")
    post = Post()

    def one(_n: int) -> int:
        with db.connection_context():
            return sum(send(post, settings) for _ in range(4))

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(one, range(4))) == 40
    assert len({mail.key for mail in post.mails}) == len(post.mails) == 40


def test_an_index_finds_the_letters_that_wait(database: Flask) -> None:
    if db.obj.__class__.__name__.endswith("SqliteDatabase"):
        query, values = Outbox.select().where(*Outbox._free(NOW)).order_by(Outbox.not_before, Outbox.id).sql()
        plan = " ".join(str(row) for row in db.execute_sql(f"EXPLAIN QUERY PLAN {query}", values))
        assert "outbox_to_send" in plan


def test_a_failing_job_stops_neither_the_others_nor_the_loop(
    database: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    done: list[datetime] = []

    def fail(_now: datetime) -> None:
        raise RuntimeError("it broke")

    loop = Worker({"broken": Job(MINUTE, fail), "sound": Job(MINUTE, done.append)})
    with caplog.at_level(logging.ERROR, "abonent.worker"):
        loop.run_once(NOW)
    assert done == [NOW] and "job broken failed" in caplog.text


def test_a_job_runs_when_it_is_due(database: Flask) -> None:
    done: list[datetime] = []
    loop = Worker({"job": Job(MINUTE, done.append)})
    for seconds in (0, 59, 60, 61, 119, 120):
        loop.run_once(NOW + timedelta(seconds=seconds))
    loop.run_once(NOW - timedelta(days=1))  # the clock was set back
    assert [moment - NOW for moment in done] == [timedelta(0), MINUTE, 2 * MINUTE, -timedelta(days=1)]


@pytest.mark.commits
def test_the_thread_sends_and_stops(app: Flask, settings: Settings) -> None:
    with db.connection_context():
        row = put()
    sent, jobs = Event(), worker.build(settings).jobs
    letters = jobs["letters"]

    def send_and_tell(now: datetime) -> None:
        letters(now)
        sent.set()

    with Worker({"letters": Job(MINUTE, send_and_tell)}).thread():
        assert sent.wait(10)
    with db.connection_context():
        assert again(row).state == "sent"


def test_a_portal_without_mail_keeps_its_letters(database: Flask, settings: Settings) -> None:
    silent = replace(settings, demo=False, mail_url="")
    assert worker.mailer_of(silent) is None and "letters" not in worker.build(silent).jobs
    real = worker.mailer_of(replace(settings, mail_url="smtp://mail.example", base_url="https://kabinet.example"))
    assert real == SmtpMailer("smtp://mail.example", "no-reply@kabinet.example")


def test_what_is_of_no_more_use_is_forgotten(database: Flask, settings: Settings) -> None:
    texts.seed(NOW)
    Attempt.create(kind="sign-in", subject="x", at=NOW)
    Captcha.create(id=7, form="sign-in", answer="2", created_at=NOW, expires_at=NOW)
    codes.new_link(factories.resident(), "recovery", NOW, MINUTE)
    put("old")
    send(Post(), settings)
    put("waiting")
    worker.tidy(NOW + MINUTE)
    assert [table.select().count() for table in (Attempt, Captcha, Code)] == [1, 0, 1]
    worker.tidy(NOW + timedelta(days=365))
    assert [table.select().count() for table in (Attempt, Captcha, Code)] == [0, 0, 0]
    assert [row.key for row in Outbox.select()] == ["waiting"]


def test_where_somebody_signed_in_is_forgotten_after_half_a_year(database: Flask) -> None:
    who, day = factories.resident(), timedelta(days=1)
    for name, expired, ended in (
        ("expired long ago", 181, None),
        ("expired", 179, None),
        ("ended long ago", 160, 181),
        ("ended", 160, 179),
        ("ended after it had expired", 181, 100),
        ("open", -1, None),
    ):
        Session.create(
            resident=who, token_hash=name, device=name, created_at=NOW, seen_at=NOW, expires_at=NOW - expired * day,
            ended_at=None if ended is None else NOW - ended * day,
        )  # fmt: skip
    worker.tidy(NOW)
    assert {row.device for row in Session.select()} == {"expired", "ended", "open"}


def test_a_newcomer_gets_in_by_what_the_worker_sends(database: Flask, settings: Settings, client: PageClient) -> None:
    texts.seed(NOW)
    facts = ("Соколова Анна", "anna@example.org", "9123456789", "Bereza-u-0kna", ("agreement",))
    registration.register(registration.Newcomer(*facts), settings.preset.password, HERE, NOW, "once")
    post = Post()
    send(post, settings, registration_time())
    link = re.search(r"http://127\.0\.0\.1:8000(/registration/activate/\S+)", post.mails[0].text)
    assert link
    client.post(link[1])
    assert Resident.get().state == "active"


def registration_time() -> datetime:
    """The page asks the real clock whether the link is alive."""
    import clock

    return clock.now()


def test_a_letter_that_cannot_be_written_holds_up_no_other(database: Flask, settings: Settings) -> None:
    post, broken = Post(), put("k1", "known-phone")  # a message has its text, a letter has none
    put("k2")
    assert send(post, settings) == 1 and [mail.key for mail in post.mails] == [f"outbox-{again(broken).id + 1}"]
    assert again(broken).state == "waiting" and again(broken).not_before > NOW
