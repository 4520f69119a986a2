"""Servers that hang, are down for a day, refuse one of many; a worker that is killed again and again."""

from __future__ import annotations

import signal
import socket
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from multiprocessing import get_context
from random import Random
from threading import Event

import pytest
from flask import Flask
from peewee import chunked

import clock
import worker
from config import Settings
from gateways import mail
from gateways.mail import SmtpMailer, Undeliverable
from models import Outbox, bind, db
from presets import load_preset
from tests import factories, smtp
from tests.factories import NOW
from tests.post import Post, again, put, send

KILLS = 50
LEASED = timedelta(minutes=11)
MINUTE = timedelta(minutes=1)


def loop(url: str, mail_url: str, now: datetime) -> None:
    """A worker in a process of its own, its clock set: what the one before it had leased is free again."""
    clock.set_zone("Europe/Moscow")
    bind(url)
    settings = Settings(secret_key="s" * 40, data_key="d" * 40, preset=load_preset("default", {}, {}))
    mailer = SmtpMailer(mail_url, "no-reply@kabinet.example")
    with db.connection_context():
        while worker.send_letters(mailer, worker.desk_of(settings), False, lambda: now):
            pass


def by_smtp(settings: Settings, url: str, now: datetime = NOW) -> int:
    real = replace(settings, demo=False, mail_url=url, mail_from="Кабинет <no-reply@kabinet.example>")
    mailer = worker.mailer_of(real)
    assert mailer is not None
    return worker.send_letters(mailer, worker.desk_of(real), False, lambda: now)


@pytest.mark.commits
def test_a_worker_killed_fifty_times_delivers_every_letter(
    app: Flask, database_url: str, pytestconfig: pytest.Config
) -> None:
    """Once each; again only where a kill fell between the server's «taken» and our note of it: SMTP cannot tell.

    Such a letter has the same Message-ID both times, so that mail programs show it once.
    `--letters 10000 -s` sends more and says how many.
    """
    count = pytestconfig.getoption("--letters")
    with db.connection_context():
        rows = [
            {"key": f"k{number}", "kind": "known-email", "destination": f"anna{number}@example.org",
             "not_before": NOW, "created_at": NOW}
            for number in range(count)
        ]  # fmt: skip
        for portion in chunked(rows, 500):
            Outbox.put_many(list(portion))
    moments, processes = Random(7), get_context("forkserver")
    processes.set_forkserver_preload(["worker"])
    with smtp.server() as server:
        for number in range(KILLS + 1):
            run = processes.Process(target=loop, args=(database_url, server.url, NOW + number * LEASED))
            run.start()
            if number < KILLS:
                assert server.wait_for(server.heard + moments.randrange(1, count // 5), 300)
                run.kill()
            run.join(None if number == KILLS else 120)
            assert run.exitcode == (-signal.SIGKILL if number < KILLS else 0)
    told = [str(letter["Message-ID"]) for letter in server.letters]
    again = {name for name, times in Counter(told).items() if times > 1}
    last_of_runs = {str(letter["Date"]): name for letter, name in zip(server.letters, told, strict=True)}
    assert len(set(told)) == len({str(letter["To"]) for letter in server.letters}) == count
    assert len(told) - count <= KILLS, "a death costs one delivery more at most"
    assert again <= set(last_of_runs.values()), "only what was in hand when the worker died came twice"
    with db.connection_context():
        assert Outbox.select().where(Outbox.state == "sent").count() == count
    print(f"{count} letters, {KILLS} deaths, {len(told)} deliveries, {len(again)} of them more than once")


def test_a_letter_that_was_taken_before_the_worker_died_comes_again_under_the_same_id(
    database: Flask, settings: Settings
) -> None:
    """The one case that the protocol cannot tell: the server has it, our note of it was never written."""
    row = put()
    with smtp.server() as server:
        by_smtp(settings, server.url)
        Outbox.update(state="waiting", leased_until=NOW + MINUTE).where(
            Outbox.id == row.id
        ).execute()  # as the kill left it
        assert by_smtp(settings, server.url, NOW) == 0
        assert by_smtp(settings, server.url, NOW + MINUTE) == 1
    first, second = server.letters
    assert first["Message-ID"] == second["Message-ID"]


def test_a_server_that_accepts_and_says_nothing_is_left_after_a_while(
    database: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail, "TIMEOUT", 0.2)
    row, other = put("k1"), put("k2")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert by_smtp(settings, f"smtp://127.0.0.1:{silent.getsockname()[1]}") == 0
    assert "не ответил" in again(row).error and again(row).not_before == NOW + MINUTE
    assert again(other).attempts == 0, "the next letter would fare no better"


def test_a_server_that_hangs_after_the_letter_costs_one_pause(
    database: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail, "TIMEOUT", 0.2)
    row = put()
    with smtp.server() as server:
        server.hangs = Event()
        assert by_smtp(settings, server.url) == 0
        server.hangs.set()
        server.hangs = None
        assert again(row).state == "waiting"
        assert by_smtp(settings, server.url, NOW + MINUTE) == 1


@pytest.mark.parametrize("answer", ["450 greylisted", "550 5.1.1 no such user"])
def test_one_refused_reader_holds_up_none_of_the_others(database: Flask, settings: Settings, answer: str) -> None:
    rows = [put(f"k{number}", destination=f"anna{number}@example.org") for number in range(5)]
    with smtp.server() as server:
        server.refused["anna1@example.org"] = answer
        assert by_smtp(settings, server.url) == 4
    states = [again(row).state for row in rows]
    assert states == ["sent", "waiting" if answer.startswith("4") else "dead", "sent", "sent", "sent"]


def test_a_day_without_a_server_loses_nothing_and_doubles_nothing(database: Flask, settings: Settings) -> None:
    rows, now = [put(f"k{number}") for number in range(20)], NOW
    down = Post(*[Undeliverable("сервер не ответил", permanent=False)] * 10_000)
    while now < NOW + timedelta(days=1):
        send(down, settings, now)
        now += 5 * MINUTE
    assert not down.mails and {again(row).state for row in rows} == {"waiting"}
    up = Post()
    for _ in range(4):
        send(up, settings, now)
        now += 5 * MINUTE
    assert len(up.mails) == len({post.key for post in up.mails}) == 20


def test_what_was_buried_may_be_tried_anew(database: Flask, settings: Settings) -> None:
    from services import outbox

    row, olga = put(), factories.operator()
    send(Post(Undeliverable("письмо не принято", permanent=True)), settings)
    assert again(row).state == "dead" and outbox.revive(again(row), olga, NOW)
    assert not outbox.revive(again(row), olga, NOW)
    assert send(Post(), settings) == 1
