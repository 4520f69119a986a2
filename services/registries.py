"""Registries of a bank: what is wrong with one, taking it in, and the queue of accounts that nobody knows."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from models import Account, Registry, RegistryLine, Resident, transaction
from models import desk as desk_rows
from models.registry import OPEN, PREVIEW, REJECTED, TAKEN, WAITING
from models.registry_totals import Totals, totals
from services import audit, desk, reconciliation
from services.refusal import Refused

LONGEST_REASON = 300
DONE = "Реестр уже проведён или удалён."
DECIDED = "Платёж уже разобран в другом окне."


@dataclass(frozen=True)
class By:
    """Who does it: a name for the record, and the resident behind it where there is one."""

    name: str
    resident: Resident | None = None

    @property
    def actor(self) -> Resident | str:
        """As the log calls it."""
        return self.resident or self.name


@dataclass(frozen=True)
class Check:
    """A figure of the control line beside what the lines say; `kind`: count or money (kopecks)."""

    title: str
    told: int
    found: int
    kind: str = "money"

    @property
    def difference(self) -> int:
        return self.found - self.told


@dataclass(frozen=True)
class Outlook:
    """All that one must know before a registry is taken in: `warnings` must be confirmed."""

    totals: Totals
    checks: list[Check]
    warnings: list[str]


def outlook(registry: Registry) -> Outlook:
    """The registry as it would be taken in now."""
    figures = totals(registry)
    checks = _checks(registry, figures)
    return Outlook(figures, checks, _warnings(registry, figures, checks))


def _checks(registry: Registry, figures: Totals) -> list[Check]:
    given = (
        Check("Платежей", registry.count_told or 0, figures.told.count, "count")
        if has(registry.count_told)
        else None,
        Check("Принято", registry.paid_told or 0, figures.told.amount) if has(registry.paid_told) else None,
        Check("Перечислено", registry.transferred_told or 0, figures.transferred)
        if has(registry.transferred_told)
        else None,
        Check("Комиссия", registry.fee_told or 0, figures.fee) if has(registry.fee_told) else None,
    )
    return [check for check in given if check is not None]


def has(figure: int | None) -> bool:
    return figure is not None


def _warnings(registry: Registry, figures: Totals, checks: list[Check]) -> list[str]:
    told: list[str] = [*json.loads(registry.remarks)]
    told += [
        f"Контрольная строка не сходится. {check.title}: {_shown(check.told, check.kind)} в контрольной строке, "
        f"{_shown(check.found, check.kind)} в платежах."
        for check in checks
        if check.difference
    ]
    flawed = figures.states.get("flawed")
    if flawed:
        told.append(f"Не прочитаны строки: {flawed.count}. Их платежи не будут проведены.")
    if figures.uneven:
        told.append(f"Принято минус комиссия не равно перечисленному в строках: {figures.uneven}.")
    if figures.altered:
        told.append(
            f"Номер операции уже проведён с другим счётом, суммой или днём: {figures.altered}. "
            "Эти строки не будут проведены."
        )
    if figures.alike:
        told.append(
            f"Похожи на уже проведённые (тот же счёт, сумма и день, номера операции нет): {figures.alike}. "
            "Они будут проведены ещё раз."
        )
    return told


def _shown(figure: int, kind: str) -> str:
    return str(figure) if kind == "count" else roubles(figure)


def roubles(amount: int) -> str:
    """`123450` → `1 234,50 ₽`"""
    whole, rest = divmod(abs(amount), 100)
    spaced = f"{whole:,}".replace(",", "\N{NO-BREAK SPACE}")
    return f"{'−' if amount < 0 else ''}{spaced},{rest:02d}\N{NO-BREAK SPACE}₽"


def post(registry: Registry, confirmed: bool, by: By, now: datetime) -> None:
    """Takes the registry in: every operation once, unknown accounts into the queue. Warnings must be confirmed.

    `now` in the utility's zone: by its days the payments meet orders and the billing's.
    """
    _post(registry, confirmed, by, now)
    reconciliation.reconcile(now)


@transaction
def _post(registry: Registry, confirmed: bool, by: By, now: datetime) -> None:
    if not registry.moved(TAKEN, PREVIEW, posted_at=now, posted_by=by.name):
        raise Refused(DONE)
    if not confirmed and outlook(registry).warnings:
        raise Refused("Прочтите предупреждения и отметьте, что всё равно нужно провести.", field="confirm")
    RegistryLine.find_accounts(registry)
    RegistryLine.take(registry)
    desk.give_way(desk_rows.taken_from(registry), registry)
    for line in RegistryLine.transfers(registry):
        Registry.update(received_on=line.paid_on).where(Registry.id == line.settles_id).execute()
    counts = {state: part.count for state, part in totals(registry).states.items()}
    after = {"state": TAKEN, "lines": counts}
    audit.note("registry-post", "registry", registry.id, by.actor, now, {"state": PREVIEW}, after)


def file_of(registry: Registry) -> bytes:
    """The bank's file as it came; of payments that operators wrote down, their table as it stands now."""
    return desk.file_of(registry) if registry.layout == desk_rows.LAYOUT else Registry.file_of(registry.id)


@transaction
def drop(registry: Registry, by: By, now: datetime) -> None:
    """Takes a registry away that has not been taken in: its file may be given again."""
    gone = Registry.delete().where(Registry.id == registry.id, Registry.state != TAKEN).execute()
    if not gone:
        raise Refused(DONE)
    audit.note("registry-drop", "registry", registry.id, by.actor, now, {"sha256": registry.sha256}, {})


def assign(line: RegistryLine, account: Account, by: By, now: datetime) -> None:
    """The payment of an unknown account is this account's."""
    _assign(line, account, by, now)
    reconciliation.reconcile(now)


@transaction
def _assign(line: RegistryLine, account: Account, by: By, now: datetime) -> None:
    if account.supplier_id != line.registry.supplier_id:
        raise Refused("Это счёт другого поставщика.", field="number")
    if not line.decided(OPEN, now, by.name, account=account):
        raise Refused(DECIDED)
    line.account = account
    desk.give_way([line] if line.amount > 0 else [], line.registry)
    audit.note(
        "registry-assign", "registry_line", line.id, by.actor, now, {"state": WAITING}, {"account": account.id}
    )


@transaction
def reject(line: RegistryLine, reason: str, by: By, now: datetime) -> None:
    """The payment is nobody's here: the operation stays known, so that no other file brings it again."""
    if not line.decided(REJECTED, now, by.name, reason=reason):
        raise Refused(DECIDED)
    audit.note("registry-reject", "registry_line", line.id, by.actor, now, {"state": WAITING}, {"state": REJECTED})
