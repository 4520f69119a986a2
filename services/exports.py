"""Handing readings to the billing in numbered batches (exchange.md §2)."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, datetime, tzinfo

from exchange.writers import Cell, csv_bytes, xlsx_bytes
from models import ExportBatch, Supplier, transaction
from models.exported import OutLine, claim_readings, waiting_readings
from models.reading import ACCEPTED
from services import audit, exports_gis, reading_words
from services.dial import MICRO
from services.exports_numbers import shown
from services.refusal import Refused
from services.suppliers import by_code_or_all

READINGS, GIS = "readings", "gis"
ENDINGS = {"csv": ".csv", "xlsx": ".xlsx", GIS: "-gis.xlsx"}
MOST_TRIES = 5
HEADINGS = (
    "Поставщик", "Лицевой счёт", "ЕЛС", "Услуга", "Номер счётчика", "Шкала", "Показание", "Предыдущее показание",
    "Расход", "Дата показания", "Передано", "Источник", "Отметка", "Идентификатор",
)  # fmt: skip


class NothingToExport(Refused):
    """All that could go out has gone: no mistake, and no batch."""


class Overtaken(Refused):
    """Readings of the file went out by another export, or residents replaced them, while it was written."""


def export_readings(
    since: date, supplier: str | None, now: datetime, again: bool = False, *, who: str, zone: tzinfo,
    kind: str = "csv", encoding: str = "utf-8",
) -> ExportBatch:  # fmt: skip
    """Readings taken since the day that wait for export, as a numbered batch; they are marked in the same step.

    `supplier` is a code, None = all. `again` adds those of earlier batches that the billing has not answered yet.
    `kind` is csv, xlsx or gis (only what ГИС ЖКХ has a resource for), `zone` the one in which moments
    are told. Raises NothingToExport; Overtaken if
    residents or other exports were always faster.

    The file is written before the transaction that marks its readings and keeps it: a large one takes many seconds,
    and whoever sends a reading would wait for as long. The marking takes the readings of the file and no later ones;
    if one of them is no more to be had, nothing is kept and the file is written anew.
    """
    of = by_code_or_all(supplier)
    for _ in range(MOST_TRIES):
        lines = waiting_readings(since, of, again=again)
        if kind == GIS:
            lines = exports_gis.taken(lines)
        if not lines:
            raise NothingToExport(
                "Новых показаний нет. Прежние даёт отметка о повторе (ключ --again) или выгрузка по её номеру."
            )
        content = _content(lines, now, zone, kind, encoding)
        with suppress(Overtaken):
            return _keep(lines, content, now, who, of, kind)
    raise Overtaken("Показания меняются быстрее, чем пишется файл. Повторите выгрузку.")


def _content(lines: list[OutLine], now: datetime, zone: tzinfo, kind: str, encoding: str) -> bytes:
    if kind == GIS:
        return exports_gis.book(lines, now)
    rows = [_row(line, zone) for line in lines]
    return xlsx_bytes("Показания", HEADINGS, rows, now) if kind == "xlsx" else csv_bytes(HEADINGS, rows, encoding)


@transaction
def _keep(
    lines: list[OutLine], content: bytes, now: datetime, who: str, of: Supplier | None, kind: str
) -> ExportBatch:
    batch = ExportBatch.open_next(READINGS, now, who, of)
    fresh = [line.id for line in lines if line.state == ACCEPTED]
    if claim_readings(batch, fresh) != len(fresh):
        raise Overtaken("Одного из показаний файла больше нет.")
    batch.fill(f"readings-{batch.number:04d}{ENDINGS[kind]}", len(lines), content)
    audit.note("export", "export_batch", batch.id, who, now, {}, {"kind": READINGS, "rows": len(lines)})
    return batch


def batch_of(kind: str, number: int) -> ExportBatch:
    """A batch that was made before: its bytes are those of then. Raises Refused for an unknown number."""
    found: ExportBatch | None = ExportBatch.get_or_none(ExportBatch.kind == kind, ExportBatch.number == number)
    if found is None:
        raise Refused(f"Выгрузки № {number} нет.")
    return found


def _row(line: OutLine, zone: tzinfo) -> list[Cell]:
    sent = line.sent_at.astimezone(zone) if line.sent_at else None
    used = consumption(line)
    return [
        line.supplier, line.account, line.els, line.service, line.meter, line.scale, shown(line.value, line.decimals),
        None if line.before is None else shown(line.before, line.decimals),
        None if used is None else shown(used, line.decimals),
        line.taken_on, f"{sent:%d.%m.%Y %H:%M}" if sent else "", reading_words.source(line.origin),
        reading_words.doubts(line.doubts), str(line.id),
    ]  # fmt: skip


def consumption(line: OutLine) -> int | None:
    """What was used, in millionths: over zero where the resident said so, times the ratio (formats §7)."""
    if line.before is None:
        return None
    over = 10**line.digits * MICRO if line.has_rolled else 0
    return (line.value - line.before + over) * line.ratio
