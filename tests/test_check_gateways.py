"""`flask check` names the gateways that do not work and those that are named and not set up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from bench.process import free_port
from gateways.sber import Sber
from models import Checkout, Order
from tests import factories
from tests.sber_server import SberServer
from tests.test_commands import KEYS, flask

LOGIN = {"userName": "voda-api", "password": "pass&word=1"}


@pytest.fixture
def server() -> Iterator[SberServer]:
    with SberServer() as running:
        yield running


@pytest.fixture
def banks(app: Flask, database: Flask, monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    found: dict[str, object] = {}
    monkeypatch.setitem(app.extensions, "gateways", found)
    return found


def checked(app: Flask) -> str:
    with app.app_context():
        told = app.test_cli_runner().invoke(args=["check"]).output
    return "\n".join(line for line in told.splitlines() if "банк:" in line)


def test_a_bank_that_takes_our_credentials_is_fine(app: Flask, banks: dict[str, object], server: SberServer) -> None:
    banks["voda"] = Sber("voda", server.url, login=LOGIN, seconds=5)
    assert checked(app).startswith("✓ банк: voda: http://127.0.0.1:")
    assert server.asked("getOrderStatusExtended.do")[0]["orderNumber"] == "abonent-check"


def test_every_bank_that_does_not_work_is_named(app: Flask, banks: dict[str, object], server: SberServer) -> None:
    banks["voda"] = Sber("voda", server.url, login={"token": "s3cr3t"}, seconds=5)
    banks["teplo"] = Sber("teplo", f"http://127.0.0.1:{free_port()}/", seconds=5)
    told = checked(app)
    assert (
        told.startswith("✗ банк")
        and "Доступ запрещён" in told
        and "teplo" in told
        and "не отвечает" in told
        and "s3cr3t" not in told
    )


def test_a_gateway_that_a_supplier_names_and_nobody_set_up(app: Flask, banks: dict[str, object]) -> None:
    today, later = factories.supplier(name="Вода"), factories.supplier(name="Тепло")
    factories.setting(today, "gateway", "ucs")
    factories.setting(later, "gateway", "moneta", since=factories.TODAY + timedelta(days=900))
    told = checked(app)
    assert "«ucs» назван поставщику «Вода»" in told and "«moneta» назван поставщику «Тепло»" in told


def test_a_gateway_that_orders_wait_for_must_not_be_taken_away(app: Flask, banks: dict[str, object]) -> None:
    supplier = factories.supplier()
    checkout = Checkout.create(resident=factories.resident(), once="o", created_at=factories.NOW)
    for number, state in (("1", "sent"), ("2", "paid")):
        Order.create(
            checkout=checkout, supplier=supplier, gateway=f"bank-{state}", number=number, amount=1, state=state,
            created_at=factories.NOW, expires_at=factories.NOW,
        )  # fmt: skip
    told = checked(app)
    assert "«bank-sent» через него идут начатые заказы" in told and "bank-paid" not in told


def test_wrong_settings_of_a_gateway_are_named(tmp_path: Path) -> None:
    (tmp_path / "portal.toml").write_text('[gateways.sber]\nurl = "http://x"\nstyle = "xml"\n', encoding="utf-8")
    done = flask("check", **KEYS, ABONENT_CONFIG=str(tmp_path / "portal.toml"), ABONENT_GATEWAY_SBER_PASWORD="s3cr3t")
    assert done.returncode == 1 and "s3cr3t" not in done.stdout
    for word in ("gateways.sber: url", "style", "user и password", "ABONENT_GATEWAY_SBER_PASWORD"):
        assert word in done.stdout
