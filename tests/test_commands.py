"""The operator's commands, as they are typed on the server."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner

from models import Link, Operator, Resident, db
from tests import factories as make

ROOT = Path(__file__).resolve().parent.parent
KEYS = {"ABONENT_SECRET_KEY": "s" * 40, "ABONENT_DATA_KEY": "d" * 40}


def flask(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A command in a process of its own, with nothing of this one's settings."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("ABONENT_")}
    return subprocess.run(
        [sys.executable, "-m", "flask", "--app", "app", *words],
        cwd=ROOT, env={**plain, **environment}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


@pytest.fixture
def run(app: Flask) -> Iterator[FlaskCliRunner]:
    """Commands within this process, on the tests' database."""
    with app.app_context():
        yield app.test_cli_runner()


def test_a_port_that_is_taken_is_said_in_a_sentence(run: FlaskCliRunner) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run.invoke(args=["serve", "--port", str(port), "--no-worker"])
    assert (done.exit_code, f"✗ Порт {port} занят" in done.output) == (1, True)
    assert "Traceback" not in done.output


def test_broken_settings_are_named_all_at_once(tmp_path: Path) -> None:
    (tmp_path / "portal.toml").write_text('preset = "none"\ncolour = "red"\n', encoding="utf-8")
    done = flask(
        "check", ABONENT_CONFIG=str(tmp_path / "portal.toml"), ABONENT_BASE_URL="ftp://x", ABONENT_NONSENSE="1"
    )
    assert done.returncode == 1
    for name in ("ABONENT_SECRET_KEY", "ABONENT_DATA_KEY", "ABONENT_BASE_URL", "ABONENT_NONSENSE", "colour", "none"):
        assert name in done.stdout
    assert "Traceback" not in done.stderr


def test_the_server_does_not_start_with_broken_settings() -> None:
    done = flask("serve")
    assert done.returncode == 1
    assert "ABONENT_SECRET_KEY" in done.stderr


def test_the_server_does_not_start_on_an_old_database(tmp_path: Path) -> None:
    done = flask("serve", **KEYS, ABONENT_DATABASE_URL=f"sqlite:///{tmp_path / 'new.sqlite3'}")
    assert done.returncode == 1
    assert "flask migrate" in done.stderr


def test_a_demo_town_is_not_served_in_earnest(tmp_path: Path) -> None:
    place = {**KEYS, "ABONENT_DATABASE_URL": f"sqlite:///{tmp_path / 'demo.sqlite3'}"}
    assert flask("migrate", **place).returncode == 0
    assert "ABONENT_DEMO" in flask("demo", **place).stderr
    assert "novichok@example.org" in flask("demo", "--accounts", "16", **place, ABONENT_DEMO="1").stdout
    done = flask("serve", **place)
    assert done.returncode == 1
    assert "учебный город" in done.stderr
    assert flask("check", **place).returncode == 0


@pytest.mark.commits
def test_an_operator_gets_a_link_once_and_a_role(run: FlaskCliRunner) -> None:
    done = run.invoke(args=["create-operator", "Olga@Example.org", "--administrator"])
    assert "/recovery/" in done.output
    again = run.invoke(args=["create-operator", "olga@example.org"])
    assert "/recovery/" not in again.output
    with db.connection_context():
        assert Operator.get().role == "clerk"
        assert Resident.select().count() == 1
    assert run.invoke(args=["create-operator", "no-address"]).exit_code == 1
    assert "NONE" in run.invoke(args=["create-operator", "b@example.org", "--supplier", "NONE"]).output


@pytest.mark.commits
def test_a_strangers_registration_does_not_become_an_operator_with_his_password(run: FlaskCliRunner) -> None:
    with db.connection_context():
        made = make.resident(
            email="admin@utility.example", state="waiting", email_confirmed_at=None, password_hash="his own"
        )
    assert "/recovery/" in run.invoke(args=["create-operator", "admin@utility.example"]).output
    with db.connection_context():
        kept = Resident.get_by_id(made.id)
        assert (kept.state, kept.password_hash, kept.surname) == ("active", "", "")
        blocked = make.resident(email="blocked@utility.example", state="blocked")
    assert run.invoke(args=["create-operator", blocked.email]).exit_code == 1


@pytest.mark.commits
def test_an_operator_of_an_international_domain_can_sign_in(run: FlaskCliRunner) -> None:
    run.invoke(args=["create-operator", "olga@xn--80a1acny.xn--p1ai"])
    with db.connection_context():
        assert Resident.get().email_key == "olga@почта.рф"


@pytest.mark.commits
def test_an_account_is_linked_from_the_console(run: FlaskCliRunner) -> None:
    with db.connection_context():
        anna, account = make.resident(), make.account()
        words = [anna.email.upper(), account.supplier.code, account.number]
    assert run.invoke(args=["link", *words]).exit_code == 0
    assert run.invoke(args=["link", *words]).exit_code == 0, "twice is once"
    with db.connection_context():
        assert Link.select().count() == 1
    for wrong in (["x@example.org", *words[1:]], [words[0], "NONE", words[2]], [*words[:2], "000"]):
        done = run.invoke(args=["link", *wrong])
        assert done.exit_code == 1
        assert " нет" in done.output


@pytest.mark.commits
def test_jobs_are_listed_and_done_by_name(run: FlaskCliRunner) -> None:
    assert "letters" in run.invoke(args=["job"]).output
    assert run.invoke(args=["job", "tidy"]).exit_code == 0
    assert run.invoke(args=["job", "nonsense"]).exit_code == 1
