"""Work for every screen of the console: `filled(portal)` puts three of each thing that waits into its database.

The rows are written by a process of its own, `python -m tests.browser.filled`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import datetime, timedelta

import clock
from app import create_app
from models import (
    Account,
    AnswerTemplate,
    Checkout,
    ExportBatch,
    ImportRun,
    Operator,
    Order,
    OrderLine,
    Outbox,
    RefusedRow,
    Register,
    Remark,
    Resident,
    Submission,
    SupplierSetting,
    db,
    transaction,
)
from tests import factories
from tests.browser.portal import ROOT, Portal, environ

EACH = 3
LONG = "Константинопольская-Преображенская Александра-Виктория Владиславовна"
MAIL = "konstantinopolskaya-preobrazhenskaya.aleksandra@ochen-dlinnoe-imya.example.org"


def filled(portal: Portal, preset: str = "default") -> None:
    command = [sys.executable, "-m", "tests.browser.filled"]
    subprocess.run(command, cwd=ROOT, env=environ(portal, preset), check=True)


@transaction
def fill(now: datetime) -> None:
    anna: Resident = Resident.by_login("email", "anna@example.org")
    admin: Resident = Resident.by_login("email", "admin@example.org")
    account: Account = Register.select().first().meter.account
    supplier = account.supplier
    longest = factories.resident(surname=LONG, email=MAIL)
    factories.link(longest, account)
    for number in range(EACH):
        _doubted(anna, number, now)
        factories.request(longest, supplier=supplier, number=account.number, comment="Договор купли-продажи " * 8)
        factories.application(longest if number else anna, supplier=supplier, state="sent", sent_at=now)
        factories.call(longest, supplier=supplier, comment="Прошу перезвонить по перерасчёту " * 6)
        factories.appeal(longest, "Второй день нет горячей воды. " * 20, supplier=supplier, account=account)
        _hanging(anna, account, number, now)
        factories.registry_line(factories.registry(supplier), reason="Такого счёта нет")
        factories.invitation(Account.select().order_by(Account.id.desc()).offset(number).first(), email=MAIL)
        _dead(anna, number, now)
    factories.request(None, supplier=supplier, number="999", full_name=LONG, email=MAIL, phone="+79123456789")
    factories.notice("Плановые работы на сетях " * 6, anna, audience="everybody", spread_at=now)
    AnswerTemplate.create(title="Поверка", text="Здравствуйте, {имя}!", changed_at=now)
    Remark.create(resident=longest, account=account, action="link", text="Паспорт предъявлен", by=admin, at=now)
    later = clock.today() + timedelta(days=9)
    SupplierSetting.create(supplier=supplier, key="reading_to_day", since=later, value="27")
    Operator.create(resident=longest, supplier=supplier, role="clerk")
    _exchanged(now)


def _doubted(who: Resident, number: int, now: datetime) -> None:
    """A reading that the resident has confirmed against a warning."""
    register = Register.select().order_by(Register.id).offset(number).first()
    sent = Submission.create(account=register.meter.account, once=f"doubted{number}", resident=who, sent_at=now)
    factories.reading(
        register,
        99_990 + number,
        clock.today(),
        origin="resident",
        submission=sent,
        doubts="unusual",
        before=12_000_000,
    )


def _hanging(who: Resident, account: Account, number: int, now: datetime) -> None:
    """An order that the bank has not answered for hours."""
    begun = now - timedelta(hours=5)
    checkout = Checkout.create(resident=who, once=f"hanging{number}", created_at=begun)
    order = Order.create(
        checkout=checkout, supplier=account.supplier, gateway="testbank", number=f"AB-000{number}", amount=123_456,
        state="sent", provider_id=f"0f3a2c6e-5b1d-4e77-9a10-3c2b1a0f9e8{number}", created_at=begun, sent_at=begun,
        expires_at=now + timedelta(hours=1),
    )  # fmt: skip
    OrderLine.create(order=order, account=account, amount=123_456)


def _dead(who: Resident, number: int, now: datetime) -> None:
    facts = {
        "destination": MAIL,
        "not_before": now,
        "created_at": now,
        "error": "550 5.1.1 " + "no such mailbox " * 6,
    }
    Outbox.create(key=f"dead{number}", kind="account-linked", resident=who, state="dead", **facts)


def _exchanged(now: datetime) -> None:
    """A batch that went out, a load with rows that were not taken."""
    counts = {"accounts": {"new": 1, "changed": 0, "same": 2, "removed": 0, "refused": EACH}}
    run: ImportRun = ImportRun.create(
        who="olga@example.org", file_name="выгрузка из расчётной программы за ноябрь.zip", sha256="a" * 64,
        started_at=now, finished_at=now, state="done", counts=json.dumps(counts),
    )  # fmt: skip
    for line in range(EACH):
        why = "В системе нет лицевого счёта с таким номером: сначала загрузите таблицу лицевых счетов."
        RefusedRow.create(
            run=run, table="accounts", line=line + 2, cells='{"Номер": "1"}', heading="Номер", reason=why
        )
    ExportBatch.create(
        kind="readings", number=1, created_at=now, who="olga@example.org", file_name="readings-1.csv", rows=3,
        sha256="b" * 64, content=b"1",
    )  # fmt: skip


if __name__ == "__main__":
    with create_app().app_context(), db.connection_context():
        fill(clock.now())
