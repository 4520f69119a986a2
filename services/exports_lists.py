"""Handing out accounts without paper, appeals and applications in numbered batches (exchange.md §2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, tzinfo

from exchange.writers import Cell, csv_bytes, xlsx_bytes
from models import ExportBatch, Supplier, exported_lists, transaction
from services import audit, exports_gis_documents
from services.exports import NothingToExport
from services.suppliers import by_code_or_all

PAPERLESS, APPEALS, APPLICATIONS, DOCUMENTS = "paperless", "appeals", "applications", "documents"
TITLES = {
    PAPERLESS: "Без бумаги", APPEALS: "Обращения", APPLICATIONS: "Заявки на договор",
    DOCUMENTS: "Платёжные документы для ГИС ЖКХ",
}  # fmt: skip
HEADINGS = {
    PAPERLESS: ("Поставщик", "Лицевой счёт", "ЕЛС", "E-mail"),
    APPEALS: ("Номер", "Поставщик", "Лицевой счёт", "Тема", "Состояние", "Принято", "Отвечено", "Закрыто"),
    APPLICATIONS: ("Номер", "Поставщик", "Покупатель", "Объекты", "Состояние", "Отправлена", "Решена", "Причина"),
}
_APPEAL_STATES = {"new": "новое", "working": "в работе", "answered": "есть ответ", "closed": "закрыто"}
_APPLICATION_STATES = {
    "sent": "отправлена", "working": "в работе", "returned": "возвращена", "accepted": "принята",
    "refused": "отклонена",
}  # fmt: skip
_BUYERS = {"person": "физическое лицо", "organisation": "организация"}


def export_list(
    what: str, supplier: str | None, now: datetime, *, who: str, zone: tzinfo, kind: str = "csv",
    encoding: str = "utf-8",
) -> ExportBatch:  # fmt: skip
    """The list as it stands; it marks nothing, so every batch holds all of it.

    `supplier` is a code, None = all; `kind` is csv or xlsx, `zone` the one in which moments are told. Raises
    NothingToExport.
    """
    of = by_code_or_all(supplier)
    if what == DOCUMENTS:
        return _documents(of, now, who)
    rows = list(_ROWS[what](of, zone))
    if not rows:
        raise NothingToExport(f"«{TITLES[what]}»: выгружать нечего, список пуст.")
    content = (
        xlsx_bytes(TITLES[what], HEADINGS[what], rows, now)
        if kind == "xlsx"
        else csv_bytes(HEADINGS[what], rows, encoding)
    )
    return _keep(what, of, now, who, len(rows), content, kind)


def _documents(of: Supplier | None, now: datetime, who: str) -> ExportBatch:
    """Always a workbook: that is what ГИС ЖКХ has columns for."""
    content, count = exports_gis_documents.book([of] if of else list(Supplier.by_name()), now)
    if not count:
        raise NothingToExport(f"«{TITLES[DOCUMENTS]}»: выгружать нечего, счетов ещё нет.")
    return _keep(DOCUMENTS, of, now, who, count, content, "xlsx")


@transaction
def _keep(
    what: str, of: Supplier | None, now: datetime, who: str, rows: int, content: bytes, kind: str
) -> ExportBatch:
    batch = ExportBatch.open_next(what, now, who, of)
    batch.fill(f"{what}-{batch.number:04d}.{kind}", rows, content)
    audit.note("export", "export_batch", batch.id, who, now, {}, {"kind": what, "rows": rows})
    return batch


def _paperless(of: Supplier | None, _zone: tzinfo) -> Iterator[list[Cell]]:
    for line in exported_lists.paperless(of):
        yield list(line)


def _appeals(of: Supplier | None, zone: tzinfo) -> Iterator[list[Cell]]:
    for line in exported_lists.appeals(of):
        yield [
            str(line.id), line.supplier, line.account or "", line.topic or line.subject,
            _APPEAL_STATES.get(line.state, line.state), _moment(line.created_at, zone),
            _moment(line.answered_at, zone), _moment(line.closed_at, zone),
        ]  # fmt: skip


def _applications(of: Supplier | None, zone: tzinfo) -> Iterator[list[Cell]]:
    for line in exported_lists.applications(of):
        yield [
            str(line.id), line.supplier, _BUYERS.get(line.buyer, line.buyer), line.objects,
            _APPLICATION_STATES.get(line.state, line.state), _moment(line.sent_at, zone),
            _moment(line.decided_at, zone), line.reason,
        ]  # fmt: skip


def _moment(at: datetime | None, zone: tzinfo) -> str:
    return f"{at.astimezone(zone):%d.%m.%Y %H:%M}" if at else ""


_ROWS: dict[str, Callable[[Supplier | None, tzinfo], Iterator[list[Cell]]]] = {
    PAPERLESS: _paperless,
    APPEALS: _appeals,
    APPLICATIONS: _applications,
}
