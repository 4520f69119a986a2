"""Sending readings and taking them back: one transaction each, stored once however often it is pressed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256

from models import Account, Photo, Reading, Resident, Submission, Tariff, lock, transaction
from models.reading import ACCEPTED, BY_RESIDENT, EXPORTED, REPLACED, WITHDRAWN
from services import settings
from services.preliminary import Calculation, Price, Use, calculate, from_json
from services.reading_cards import AUTOMATIC, EXPIRED, Card, Scale, cards, is_replaceable
from services.reading_rules import BLANKS, Checked, check
from services.refusal import Refused
from services.windows import Windows, windows

CHANGED = (
    "Пока форма была открыта, счётчики изменились: какой-то из них сняли, заменили или добавили. "
    "Проверьте показания ниже и передайте ещё раз."
)


@dataclass(frozen=True)
class Act:
    """What a form brought: texts by register, confirmed roll-overs, and the confirmation of what was warned about.

    `warned` is the signature of the warning that was shown, "" where the sender was not told it (`confirm` alone,
    as a program sends it). `once` is the form's key: the same key and values store one reading. `zero_padded`: how
    the sentences show a value. `photo`: the name of a picture that was stored for the act. `shape`: the card's
    when the form was made, "" where the sender was not told it.
    """

    typed: Mapping[int, str]
    once: str
    rolled: Collection[int] = field(default_factory=frozenset)
    is_confirmed: bool = False
    warned: str = ""
    zero_padded: bool = True
    photo: str = ""
    shape: str = ""


class NotTaken(Refused):
    """Something to mend or to confirm; `checked` says what, at which register."""

    def __init__(self, checked: Checked) -> None:
        findings = (*checked.mistakes, *checked.questions, *checked.doubts)
        super().__init__(findings[0].sentence)
        self.checked = checked


@transaction
def send(
    account: Account,
    resident: Resident | None,
    act: Act,
    now: datetime,
    today: date,
    origin: str = BY_RESIDENT,
    is_late: bool = False,
) -> Submission:
    """Stores the readings of an account's meters together; refuses with `NotTaken` or, if closed today, `Refused`.

    What was sent before within the window is replaced, its rows stay as history. A repeated act, and the same values
    on the same day from another tab or another holder, store nothing and answer with what is there. `is_late`: the
    window that has closed takes them still (services/phoned.py).
    """
    lock(account)
    stored = _stored(account, resident, act, now, today, origin, is_late)
    if act.photo:
        Photo.put(stored, act.photo, now)
    return stored


def _stored(
    account: Account, resident: Resident | None, act: Act, now: datetime, today: date, origin: str, is_late: bool
) -> Submission:
    card = cards([account], today, settings.in_force(today), act.zero_padded, is_late=is_late)[account.id]
    scales = {scale.register.id: scale for meter in card.meters if not meter.obstacle for scale in meter.scales}
    typed = {register: act.typed.get(register, "") for register in scales}
    once = _key(act.once, typed)
    if (stored := Submission.of_once(account, once)) is not None:
        return stored
    if not card.is_open:
        raise Refused(_why_closed(card))
    is_strange = any(register not in scales and BLANKS.sub("", text) for register, text in act.typed.items())
    if is_strange or act.shape not in ("", card.shape):
        raise Refused(CHANGED)
    checked = _accepted(check(card.dials, typed, act.rolled), act)
    if (same := _same_of_today(checked, scales, today)) is not None:
        return same
    _replace(checked, scales, card.windows)
    calculation = _calculation(account, checked, scales, today)
    submission = Submission.create(
        account=account,
        once=once,
        resident=resident,
        origin=origin,
        sent_at=now,
        preliminary=calculation.as_json() if calculation.lines else "",
    )
    _write(submission, checked, scales, today)
    return submission


@transaction
def withdraw(account: Account, today: date) -> int:
    """Takes back what the resident sent in the open window; how many readings. The billing keeps what it has got."""
    lock(account)
    card = cards([account], today, settings.in_force(today))[account.id]
    own = [row for row in card.own if is_replaceable(row, card.windows)]
    if not own:
        raise Refused("Отзывать нечего: в открытом периоде приёма показаний нет.")
    # An export may take them between the look and the move: then none is moved, and the refusal is the same.
    if Reading.move([row.id for row in own], WITHDRAWN, out_of=(ACCEPTED,)) != len(own):
        raise Refused("Показания уже переданы в расчёт, отозвать их нельзя. Передайте исправленные показания.")
    return len(own)


@dataclass(frozen=True)
class Expected:
    """What the readings of a day come to by the tariffs, while their bill is waited for; `period` is the bill's."""

    on: date
    period: date
    calculation: Calculation


def expected(account: Account, last_period: date | None) -> Expected | None:
    """«Предварительно»: what was sent in the newest window and no bill has used, unless its month's bill is there."""
    acts = Submission.unbilled(account)
    if not acts:
        return None
    on = max(day for _, day in acts)
    terms = settings.in_force(on).of(account.supplier_id)
    window = windows(terms.reading_from_day, terms.reading_to_day, on).current
    period = window.starts.replace(day=1)
    if last_period is not None and last_period >= period:
        return None
    newest = {  # of two acts that name a scale the later counts
        (line.service, line.meter, line.scale): line
        for kept, day in acts
        if window.holds(day) and (calculation := from_json(kept)) is not None
        for line in calculation.lines
    }
    whole = Calculation(tuple(newest.values()))
    return None if whole.total is None else Expected(on, period, whole)


def _accepted(checked: Checked, act: Act) -> Checked:
    """The checks passed, or what they found was confirmed: the very values and doubts that were warned about."""
    if checked.mistakes or checked.questions:
        raise NotTaken(checked)
    if checked.doubts and not (act.is_confirmed and act.warned in ("", checked.signature)):
        raise NotTaken(checked)
    return checked


def _same_of_today(checked: Checked, scales: Mapping[int, Scale], today: date) -> Submission | None:
    """The act of today that declared these very values for these very scales, if there is one."""
    own = [scales[entry.register].own for entry in checked.entries]
    acts = {row.submission for row in own if row is not None and row.taken_on == today}
    is_same = all(
        row is not None and row.value == entry.value and row.taken_on == today
        for row, entry in zip(own, checked.entries, strict=True)
    )
    return Submission.get_by_id(acts.pop()) if is_same and len(acts) == 1 and None not in acts else None


def _replace(checked: Checked, scales: Mapping[int, Scale], near: Windows) -> None:
    """The last one in a window wins; what it replaces stays as history."""
    own = [scales[entry.register].own for entry in checked.entries]
    ids = [row.id for row in own if row is not None and is_replaceable(row, near)]
    Reading.move(ids, REPLACED, out_of=(ACCEPTED, EXPORTED))


def _write(submission: Submission, checked: Checked, scales: Mapping[int, Scale], today: date) -> None:
    for entry in checked.entries:
        scale = scales[entry.register]
        Reading.create(
            register=scale.register,
            submission=submission,
            value=entry.value,
            taken_on=today,
            origin=submission.origin,
            has_rolled=entry.has_rolled,
            doubts=checked.kinds(entry.register),
            before=None if scale.dial.base is None else scale.dial.base.value,
        )


def _calculation(account: Account, checked: Checked, scales: Mapping[int, Scale], today: date) -> Calculation:
    uses = [
        _use(scales[entry.register], entry.used) for entry in checked.entries if entry.used is not None
    ]  # the first reading of a meter has nothing to count from
    prices = [
        Price(tariff.service_id, tariff.scale, tariff.since, tariff.category, tariff.price)
        for tariff in Tariff.in_force({use.service for use in uses}, today)
    ]
    return calculate(uses, prices, str(account.stove), today)


def _use(scale: Scale, used: int) -> Use:
    meter = scale.register.meter
    return Use(
        service=meter.service_id,
        service_name=str(meter.service.name),
        meter=str(meter.number),
        scale=str(scale.register.scale),
        unit=str(meter.service.unit),
        volume=used * meter.ratio,
    )


def _key(once: str, typed: Mapping[int, str]) -> str:
    """The form's key with what was typed: «назад» and other values are another act, not a silent repetition."""
    values = ",".join(f"{register}={text.strip()}" for register, text in sorted(typed.items()) if text.strip())
    return f"{once}.{sha256(values.encode()).hexdigest()[:16]}"


def _why_closed(card: Card) -> str:
    if card.state == "shut":
        return "Лицевой счёт закрыт, показания по нему не принимаются."
    if card.state == "none":
        return "На лицевом счёте нет счётчиков, показания передавать не нужно."
    if card.state == AUTOMATIC:
        return "Счётчики сами отправляют показания, вводить их не нужно."
    if card.state == EXPIRED:
        return "Срок поверки счётчиков истёк, показания не принимаются. Обратитесь к поставщику."
    opens = card.windows.next
    return f"Приём показаний закрыт до {opens.starts:%d.%m.%Y}. Показания принимают по {opens.ends:%d.%m.%Y}."
