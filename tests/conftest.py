"""Fixtures of the whole suite: one engine a process (`--engine`), every test in a transaction that is taken back.

`--engine each` is the run of `make test`: three processes side by side, named by what they do. `sqlite` and
`postgresql` run the same tests on their engines, `browser` those of tests/browser.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

import clock
import config as settings_of
from app import create_app
from models import TABLES, db
from models.migrating import migrate
from presets import load_preset
from tests.client import PageClient
from tests.factories import NOW
from tests.portal import READING_KEY

SHARES = ("sqlite", "postgresql", "browser")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--engine", default="sqlite", choices=["sqlite", "postgresql", "each"])
    parser.addoption("--payments", type=int, default=24, help="payments of tests/test_payment_kills.py")
    parser.addoption(
        "--letters", type=int, default=300, help="letters of the worker killed in test_sending_faults.py"
    )
    parser.addoption("--runs", type=int, default=60, help="interleavings of tests/test_money_model.py")


def share(config: pytest.Config) -> str:
    """What this process runs: an engine, or `browser`."""
    chosen = str(config.getoption("--engine"))
    return os.environ.get("PYTEST_XDIST_WORKER", "controller") if chosen == "each" else chosen


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--engine") != "each":
        return
    mine = share(config)
    if mine not in SHARES:
        raise pytest.UsageError("--engine each: run it as `make test` does, with the workers " + ", ".join(SHARES))
    browser = [item for item in items if "tests/browser/" in item.nodeid]
    others = [item for item in items if "tests/browser/" not in item.nodeid]
    items[:] = browser if mine == "browser" else others


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "commits: commits for real (threads, processes, browsers); tables are emptied after"
    )


@pytest.fixture(scope="session")
def database_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if share(request.config) != "postgresql":
        yield f"sqlite:///{tmp_path_factory.mktemp('database') / 'test.sqlite3'}"
    else:
        from tests.postgres import server

        with server() as url:
            yield url


@pytest.fixture(scope="session")
def settings(database_url: str) -> settings_of.Settings:
    return settings_of.Settings(
        secret_key="s" * 40,
        data_key="d" * 40,
        link_key=READING_KEY,
        preset=load_preset("default", {}, {}),
        database_url=database_url,
        name="Светлоречье",
        demo=True,
        testbank_url="http://127.0.0.1:8001",
        testbank_secret="t" * 40,
    )


@pytest.fixture(scope="session")
def app(settings: settings_of.Settings) -> Flask:
    application = create_app(settings)
    application.config.update(TESTING=True, PROPAGATE_EXCEPTIONS=False)
    migrate()
    return application


@pytest.fixture
def november(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock stands at the moment at which the factories make their rows."""
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture(autouse=True)
def clean_tables(request: pytest.FixtureRequest) -> Iterator[None]:
    """Takes back what a test wrote: by rollback, or by emptying the tables where the test really commits."""
    if "app" not in request.fixturenames and "database" not in request.fixturenames:
        yield
        return
    app: Flask = request.getfixturevalue("app")
    if request.node.get_closest_marker("commits"):
        app.config["KEEP_CONNECTION"] = False
        yield
        with db.connection_context():
            empty_tables()
        return
    app.config["KEEP_CONNECTION"] = True
    with db.connection_context(), db.atomic() as transaction:
        yield
        transaction.rollback()


def empty_tables() -> None:
    if db.obj.__class__.__name__.endswith("PostgresqlDatabase"):
        names = ", ".join(f'"{table._meta.table_name}"' for table in TABLES)
        db.execute_sql(f"TRUNCATE {names} RESTART IDENTITY CASCADE")
        return
    triggers = db.execute_sql("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _ in triggers:  # they keep the audit log from just this
        db.execute_sql(f'DROP TRIGGER "{name}"')
    db.execute_sql("PRAGMA foreign_keys = OFF")
    for table in TABLES:
        table.delete().execute()
    db.execute_sql("PRAGMA foreign_keys = ON")
    for _, sql in triggers:
        db.execute_sql(sql)


@pytest.fixture
def database(app: Flask) -> Flask:
    """For tests of models and services: tables are there, what is written is taken back."""
    return app


@pytest.fixture
def client(app: Flask) -> PageClient:
    return PageClient(app)


@pytest.fixture
def rng() -> random.Random:
    return random.Random(7)


@pytest.fixture
def packages() -> Path:
    return Path(__file__).parent / "packages"
