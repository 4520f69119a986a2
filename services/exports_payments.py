"""Handing what was paid here to the billing, and what is owed to a bank, in numbered batches (exchange.md §2)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime, time, tzinfo
from decimal import Decimal

from exchange.debts import CSV, KINDS, MARKS, Debt, debts_bytes, file_name
from exchange.writers import Cell, csv_bytes, xlsx_bytes
from models import ExportBatch, OrderLine, RefundLine, Supplier, transaction
from models.beside import paid_beside
from models.exported_payments import PaidLine, claim, open_accounts, waiting_payments, waiting_refunds
from models.standing import standings
from services import audit
from services.exports import MOST_TRIES, NothingToExport, Overtaken
from services.suppliers import by_code_or_all

PAYMENTS, DEBTS = "payments", "debts"
HEADINGS = (
    "Поставщик", "Лицевой счёт", "Услуга", "Сумма", "Дата", "Номер заказа", "Эквайер", "Идентификатор эквайера",
    "Комиссия", "Чек", "Идентификатор",
)  # fmt: skip


def export_payments(
    since: date | None, supplier: str | None, now: datetime, again: bool = False, *, who: str, zone: tzinfo,
    kind: str = "csv", encoding: str = "utf-8",
) -> ExportBatch:  # fmt: skip
    """What was paid or given back here and the billing has not met, as a numbered batch; its lines are marked there.

    `supplier` is a code, None = all; `since` a day of paying. `again` adds the lines of earlier batches. Raises
    NothingToExport; the file is written before the transaction that marks its lines, as that of readings is.
    """
    of = by_code_or_all(supplier)
    begins = datetime.combine(since, time(), zone) if since else None
    for _ in range(MOST_TRIES):
        lines = waiting_payments(begins, of, again=again) + waiting_refunds(begins, of, again=again)
        if not lines:
            raise NothingToExport(
                "Новых платежей нет. Прежние даёт отметка о повторе (ключ --again) или выгрузка по её номеру."
            )
        rows = [_row(line, zone) for line in lines]
        content = (
            xlsx_bytes("Платежи", HEADINGS, rows, now) if kind == "xlsx" else csv_bytes(HEADINGS, rows, encoding)
        )
        with suppress(Overtaken):
            return _keep(lines, content, now, who, of, kind)
    raise Overtaken("Платежи меняются быстрее, чем пишется файл. Повторите выгрузку.")


@transaction
def _keep(
    lines: list[PaidLine], content: bytes, now: datetime, who: str, of: Supplier | None, kind: str
) -> ExportBatch:
    batch = ExportBatch.open_next(PAYMENTS, now, who, of)
    for table, is_refund in ((OrderLine, False), (RefundLine, True)):
        fresh = [line.id for line in lines if line.batch is None and line.is_refund is is_refund]
        if claim(table, batch, fresh) != len(fresh):
            raise Overtaken("Один из платежей файла уже выгружен.")
    batch.fill(f"payments-{batch.number:04d}.{kind}", len(lines), content)
    audit.note("export", "export_batch", batch.id, who, now, {}, {"kind": PAYMENTS, "rows": len(lines)})
    return batch


def _row(line: PaidLine, zone: tzinfo) -> list[Cell]:
    return [
        line.supplier, line.account, line.service or "", _roubles(line.amount), line.paid_at.astimezone(zone).date(),
        line.number, line.gateway, line.provider_id or "", _roubles(line.fee), line.receipt_url,
        f"R{line.id}" if line.is_refund else str(line.id),
    ]  # fmt: skip


def _roubles(amount: int) -> Decimal:
    return Decimal(amount).scaleb(-2)


def export_debts(
    supplier: str | None, now: datetime, again: bool = False, *, who: str, kind: str = "sber", encoding: str = "",
    mark: str = "comma",
) -> list[ExportBatch]:  # fmt: skip
    """What the open accounts owe, a batch for each supplier, since a bank knows a file by whose it is.

    A debt is less by what was paid since and the billing has not met, so that the bank does not ask for it again.
    A supplier whose file would be the same as its last one is left out unless `again`. Raises NothingToExport.
    `now` in the utility's zone.
    """
    if kind not in KINDS or mark not in MARKS:
        raise ValueError(f"unknown registry of debts: {kind}, {mark}")
    of = by_code_or_all(supplier)
    made = []
    for one in Supplier.by_name() if of is None else [of]:
        debts = list(_debts(one, now.date()))
        content = debts_bytes(debts, kind, encoding, mark)
        if debts and (again or not ExportBatch.has_same(DEBTS, one, content)):
            made.append(_keep_debts(one, content, len(debts), now, who, kind))
    if not made:
        raise NothingToExport(
            "Долги с прошлой выгрузки не изменились. Чтобы повторить её, отметьте это (ключ --again)."
        )
    return made


@transaction
def _keep_debts(of: Supplier, content: bytes, rows: int, now: datetime, who: str, kind: str) -> ExportBatch:
    batch = ExportBatch.open_next(DEBTS, now, who, of)
    name = f"debts-{batch.number:04d}.csv"
    if kind != CSV:
        name = file_name(str(of.inn), str(of.bank_account), int(batch.number), now.date())
    batch.fill(name, rows, content)
    audit.note("export", "export_batch", batch.id, who, now, {}, {"kind": DEBTS, "rows": rows})
    return batch


def _debts(of: Supplier, today: date) -> Iterator[Debt]:
    for accounts in open_accounts(of, today):
        found = standings(account.id for account in accounts)
        beside = paid_beside({account: standing.debt_on for account, standing in found.items()})
        for account in accounts:
            standing = found[account.id]
            if standing.debt is not None:
                due = max(standing.debt - beside[account.id].total, 0)
                address = account.address.replace("\N{NO-BREAK SPACE}", " ")
                yield Debt(
                    str(of.code), str(account.number), str(account.els), account.holder, address, due,
                    standing.debt_on,
                )  # fmt: skip
