"""Imported payments meet the portal's orders by the days of the utility, whoever loads them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.datastructures import FileStorage

from models import Checkout, ImportRun, Order, OrderLine, db
from services import uploads
from tests import factories
from tests.billing import write

pytestmark = pytest.mark.commits


def run(app: Flask, command: str, *words: str) -> None:
    with app.app_context():
        result = app.test_cli_runner().invoke(args=[command, *words])
    assert result.exit_code == 0, result.output


def near_midnight() -> tuple[Order, str]:
    """Paid at 00:30 of the 21st in Moscow, the 20th in UTC, and the billing's row three days on."""
    moment, account = datetime(2026, 11, 20, 21, 30, tzinfo=UTC), factories.account()
    order = Order.create(
        checkout=Checkout.create(once="o", created_at=moment), supplier=account.supplier, gateway="testbank",
        number="129", amount=50000, state="paid", created_at=moment, paid_at=moment, expires_at=moment,
    )  # fmt: skip
    OrderLine.create(order=order, account=account, amount=50000)
    head = "Поставщик;Лицевой счёт;Идентификатор;Дата;Сумма\n"
    return order, f"{head}{account.supplier.code};{account.number};P-1;24.11.2026;500,00\n"


def test_imported_payments_meet_orders_by_the_utilitys_days(app: Flask, tmp_path: Path) -> None:
    with db.connection_context():
        order, rows = near_midnight()
    run(app, "import", str(write(tmp_path, payments=rows)))
    with db.connection_context():
        assert Order.get_by_id(order.id).state == "posted"


def test_uploaded_payments_meet_orders_by_the_utilitys_days(app: Flask, tmp_path: Path) -> None:
    with db.connection_context():
        order, rows = near_midnight()
        waiting = uploads.keep(
            [FileStorage(BytesIO(rows.encode()), "payments.csv")], tmp_path / "uploads", who="т", is_dry=False,
            is_strict=False, encoding="", now=factories.NOW,
        )  # fmt: skip
    kept = app.extensions["settings"]
    app.extensions["settings"] = replace(kept, database_url=f"sqlite:///{tmp_path}/x")  # says where uploads stand
    try:
        run(app, "import-waiting")
    finally:
        app.extensions["settings"] = kept
    with db.connection_context():
        assert ImportRun.get_by_id(waiting.id).state == "done"
        assert Order.get_by_id(order.id).state == "posted"
