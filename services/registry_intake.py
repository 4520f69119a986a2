"""A bank's file becomes a registry with its lines, taken in by nobody yet: the first of the two steps."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from hashlib import sha256
from itertools import islice
from typing import Any

from peewee import IntegrityError

from exchange.layout import STATEMENT, Layout
from exchange.package import PackageError, Source
from exchange.registry import Control, Flaw, Item, Operation, Owner, Remark, read, recognised
from models import Account, Registry, RegistryLine, Supplier, transaction
from models.registry import FLAWED, NEW, PREVIEW, READING, TAKEN, TRANSFER
from services.refusal import Refused
from services.suppliers import by_code

MOST_BYTES = 32 << 20
CHUNK = 500  # lines a transaction: residents' writes must not wait
LOOKED_AT = 300  # accounts by which the supplier is found
READ_WITHIN = timedelta(minutes=10)  # a file that is being read for longer was cut off
BUSY = "Этот файл сейчас читается в другом окне. Подождите минуту и обновите страницу."
YEARS = 1990, 2200
BANK = "Банк"  # where a layout does not say whose it is
_REVERSAL = "|-"


@dataclass(frozen=True)
class Given:
    """A file as it was handed in, and what was said with it: "" = find out.

    `day` is the day of payments where the file names none.
    """

    name: str
    content: bytes
    day: date
    layout: str = ""
    encoding: str = ""
    supplier: str = ""


@dataclass
class _Survey:
    """What the first reading learns of a file."""

    operations: int = 0
    numbers: set[str] = field(default_factory=set)
    owners: set[str] = field(default_factory=set)
    remarks: list[str] = field(default_factory=list)
    control: Control | None = None

    def add(self, item: Item) -> None:
        match item:
            case Operation():
                self.operations += 1
                if item.account and len(self.numbers) < LOOKED_AT:
                    self.numbers.add(item.account)
            case Owner():
                self.owners.add(item.bank_account)
            case Remark():
                self.remarks.append(item.told)
            case Control() if self.control is None:
                self.control = item
            case Control():
                self.remarks.append(f"Контрольных строк несколько: вторая в строке {item.line}.")


def take_down(
    given: Given, layouts: Mapping[str, Layout], allowed: set[int] | None, who: str, now: datetime
) -> Registry:
    """Reads the file into a registry that waits for a decision; one of the same bytes that waits is replaced.

    `allowed` are the suppliers that the person works for (None = all). Raises Refused for what cannot be read, for a
    file that has been taken in, and where nobody can tell whose it is.
    """
    digest = sha256(given.content).hexdigest()
    known = Registry.of_file(digest)
    _check(given, known, allowed, now)
    source = Source("", given.name, len(given.content), lambda: io.BytesIO(given.content))
    try:
        layout = _layout(given, source, layouts)
        survey = _Survey()
        for item in read(source, layout, given.encoding or None):
            survey.add(item)
        if not survey.operations:
            raise Refused("В файле нет ни одного платежа, который удалось бы прочесть.", field="file")
        supplier = _supplier(given, layout, survey)
        if allowed is not None and supplier.id not in allowed:
            raise Refused(f"Это реестр другого поставщика: {supplier.title}.", field="file")
        registry = _begun(given, digest, known, layout, survey, supplier, who, now)
        _fill(registry, read(source, layout, given.encoding or None), layout)
    except PackageError as fault:
        raise Refused(str(fault), field="file") from fault
    return registry


def _check(given: Given, known: Registry | None, allowed: set[int] | None, now: datetime) -> None:
    """Refuses what need not be read: no file, a too large one, or one that has been taken in."""
    if not given.content:
        raise Refused("Файл пуст.", field="file")
    if len(given.content) > MOST_BYTES:
        raise Refused(f"Файл больше {MOST_BYTES >> 20} МБ. Попросите банк разделить реестр.", field="file")
    if not YEARS[0] <= given.day.year <= YEARS[1]:
        raise Refused("Такого дня платежей быть не может.", field="day")
    if known is None:
        return
    if known.state == TAKEN:
        when = f"{known.created_at.astimezone(now.tzinfo):%d.%m.%Y}"
        raise Refused(f"Этот файл уже проведён: реестр №\N{NO-BREAK SPACE}{known.id} от {when}.", field="file")
    if known.state == READING and now - known.created_at < READ_WITHIN:
        raise Refused(BUSY, field="file")
    if allowed is not None and known.supplier_id not in allowed:
        raise Refused("Этот файл загружен для другого поставщика.", field="file")


def _layout(given: Given, source: Source, layouts: Mapping[str, Layout]) -> Layout:
    listed = ", ".join(sorted(layouts))
    if given.layout:
        if given.layout not in layouts:
            raise Refused(f"Раскладки «{given.layout}» нет. Есть: {listed}.", field="layout")
        return layouts[given.layout]
    found = recognised(source, layouts, given.encoding or None)
    if not found:
        raise Refused(f"Раскладку файла узнать не удалось. Выберите её: {listed}.", field="layout")
    if len(found) > 1:
        names = ", ".join(layout.name for layout in found)
        raise Refused(f"Файл подходит под несколько раскладок: {names}. Выберите одну.", field="layout")
    return found[0]


def _supplier(given: Given, layout: Layout, survey: _Survey) -> Supplier:
    """Whose registry it is: as was said, as the file says, the only one there is, or whose accounts these are."""
    told = layout.told_by(given.name) or {}
    accounts = survey.owners | {told.get("bank_account", "")} - {""}
    every = list(Supplier.by_name())
    named = [row for row in every if row.bank_account in accounts] or [
        row for row in every if told.get("inn") == row.inn
    ]
    if given.supplier:
        chosen = by_code(given.supplier)
        if named and chosen not in named:
            survey.remarks.append(f"По файлу это реестр другого поставщика: {named[0].title}.")
        return chosen
    for candidates in (named, every, Account.holders_of(survey.numbers)):
        if len(candidates) == 1:
            return candidates[0]
    raise Refused("По файлу не понять, чей это реестр. Укажите поставщика.", field="supplier")


@transaction
def _begun(
    given: Given,
    digest: str,
    before: Registry | None,
    layout: Layout,
    survey: _Survey,
    supplier: Supplier,
    who: str,
    now: datetime,
) -> Registry:
    """The new registry in the place of one that only waited."""
    if before is not None:
        Registry.delete().where(Registry.id == before.id, Registry.state != TAKEN).execute()
    control = survey.control or Control(0)
    try:
        made: Registry = Registry.create(
            supplier=supplier, layout=layout.name, bank=layout.bank or BANK, file_name=given.name, sha256=digest,
            content=given.content, encoding=given.encoding, who=who, created_at=now, day=given.day,
            remarks=json.dumps(survey.remarks, ensure_ascii=False), count_told=control.count, paid_told=control.paid,
            transferred_told=control.transferred, fee_told=control.fee, document=control.document,
            document_on=control.document_day,
        )  # fmt: skip
    except IntegrityError as fault:
        raise Refused(BUSY, field="file") from fault
    return made


def _fill(registry: Registry, items: Iterable[Item], layout: Layout) -> None:
    """Writes the lines by hundreds, then shows the registry; where that fails nothing of it stays."""
    try:
        rows = (row for item in items if (row := _row(registry, item, layout)))
        while some := list(islice(rows, CHUNK)):
            _add(registry, some)
        _shown(registry, layout)
    except BaseException:
        Registry.delete().where(Registry.id == registry.id).execute()
        raise


@transaction
def _add(registry: Registry, rows: list[dict[str, Any]]) -> None:
    ids = Account.ids_by_number(registry.supplier_id, {row["account_number"] for row in rows} - {""})
    RegistryLine.add([{**row, "account": ids.get(row["account_number"])} for row in rows])


@transaction
def _shown(registry: Registry, layout: Layout) -> None:
    if layout.parser == STATEMENT:
        _find_transfers(registry)
    registry.moved(PREVIEW, READING)
    registry.state = PREVIEW


def _row(registry: Registry, item: Item, layout: Layout) -> dict[str, Any] | None:
    """The columns of a line: the same for every kind, since many go in by one statement."""
    if not isinstance(item, Flaw | Operation):
        return None
    facts: dict[str, Any] = {
        "registry": registry.id, "line": item.line, "state": NEW, "key": "", "operation": "", "account_number": "",
        "paid_on": registry.day.isoformat(), "time": "", "amount": 0, "transferred": None, "fee": None, "payer": "",
        "address": "", "period": "", "service": "", "purpose": "", "text": "", "reason": "", "decided_by": "",
    }  # fmt: skip
    if isinstance(item, Flaw):
        return facts | {"state": FLAWED, "text": item.text, "reason": item.reason}
    told = {name: getattr(item, name) for name in _COPIED}
    day = item.day or registry.day.isoformat()
    key = key_of(item, layout.source, day)
    return facts | told | {"account_number": item.account, "amount": item.paid, "paid_on": day, "key": key}


_COPIED = ("operation", "time", "transferred", "fee", "payer", "address", "period", "service", "purpose")


@transaction
def sweep(now: datetime) -> int:
    """Removes registries whose reading was cut off; how many."""
    cut = Registry.state == READING, Registry.created_at < now - READ_WITHIN
    return int(Registry.delete().where(*cut).execute())


def key_of(item: Operation, source: str, day: str) -> str:
    """By what an operation is known whatever file it comes in: the bank's number, else all that the line says.

    A reversal may carry the number of what it takes back, so it has a key of its own.
    """
    if item.operation:
        return f"{source}|{item.operation}{_REVERSAL if item.paid < 0 else ''}"
    return f"{source}|{day}|{item.time}|{item.account}|{item.paid}|{item.line}"


def _find_transfers(registry: Registry) -> None:
    """A bank's transfer for a whole registry is no resident's payment: it is known by its sum and number."""
    awaiting = Registry.awaiting_money(registry.supplier_id)
    for line in RegistryLine.nameless(registry):
        number = line.operation.partition("/")[0]
        fitting = [one for one in awaiting if one[2] == line.amount]
        exact = [one for one in fitting if one[1] == number] or [one for one in fitting if not one[1]]
        if exact:
            awaiting.remove(exact[0])
            line.state, line.settles_id = TRANSFER, exact[0][0]
            line.reason = f"Перечисление по реестру №\N{NO-BREAK SPACE}{exact[0][0]}"
            line.save()
