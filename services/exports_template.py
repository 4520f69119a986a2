"""A batch for ГИС ЖКХ written into the template that an operator has downloaded there (exchange.md §5)."""

from __future__ import annotations

import io
from collections.abc import Mapping
from decimal import Decimal
from typing import BinaryIO

from exchange.package import PackageError
from exchange.template import Table, Template
from exchange.writers import Cell
from models import ExportBatch
from services import exports_gis, exports_gis_documents
from services.exports import ENDINGS, GIS
from services.exports_lists import DOCUMENTS
from services.refusal import Refused

LARGEST = 8 << 20  # bytes of a template: those of ГИС ЖКХ are under one megabyte
FIELD = "template"


def is_fillable(batch: ExportBatch) -> bool:
    return str(batch.kind) == DOCUMENTS or str(batch.file_name).endswith(ENDINGS[GIS])


def name_of(batch: ExportBatch) -> str:
    return f"{str(batch.file_name).removesuffix('.xlsx')}-template.xlsx"


def fill(batch: ExportBatch, file: BinaryIO, label: str, *, is_partial: bool = False) -> bytes:
    """The template with the batch's rows. Raises Refused, naming the columns that have values and no place in it.

    `is_partial`: those are left out. Nothing is kept: the batch stays as it was made.
    """
    if len(file.read(LARGEST + 1)) > LARGEST:
        raise Refused(f"Шаблон больше {LARGEST >> 20} МБ. Загрузите пустой шаблон из ГИС ЖКХ.", field=FIELD)
    file.seek(0)
    try:
        template = Template(file, label)
        placed = [(template.place(table), table) for table in tables_of(batch)]
    except PackageError as trouble:
        raise Refused(str(trouble), field=FIELD) from trouble
    missing = [f"«{heading}»" for place, _ in placed for heading in place.missing]
    if missing and not is_partial:
        raise Refused(
            f"В шаблоне не нашлось столбцов: {', '.join(missing)}. Проверьте, тот ли это шаблон, или заполните без "
            "ненайденных столбцов.",
            field=FIELD,
        )
    try:
        return template.filled(placed)
    except PackageError as trouble:
        raise Refused(str(trouble), field=FIELD) from trouble


def tables_of(batch: ExportBatch) -> list[Table]:
    """What the batch's file holds, sheet by sheet."""
    if str(batch.kind) == DOCUMENTS:
        heads = {
            exports_gis_documents.BILLS: exports_gis_documents.BILLS_HEAD,
            exports_gis_documents.LINES: exports_gis_documents.LINES_HEAD,
        }
        return _tables(batch, heads, exports_gis_documents.OTHERS)
    return _tables(batch, {exports_gis.SHEET: 1}, exports_gis.OTHERS)


def _tables(batch: ExportBatch, heads: Mapping[str, int], others: Mapping[str, tuple[str, ...]]) -> list[Table]:
    from python_calamine import CalamineWorkbook  # heavy, and seldom wanted

    with CalamineWorkbook.from_filelike(io.BytesIO(bytes(batch.content))) as book:
        found = []
        for title, head in heads.items():
            rows = book.get_sheet_by_name(title).to_python(skip_empty_area=False)
            headings = [str(cell) for cell in rows[head - 1]]
            found.append(Table(title, headings, [[_cell(cell) for cell in row] for row in rows[head:]], others))
    return found


def _cell(value: object) -> Cell:
    return Decimal(f"{value:.15g}") if isinstance(value, float) else str(value)
