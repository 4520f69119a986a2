"""Answers kept ready («заготовка»): who may change them, the places in them that each answer fills."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime

from models import AnswerTemplate, Appeal, Resident, transaction
from services import appeals, audit
from services.refusal import Refused

LONGEST_TITLE = 100

# Each place as an operator writes it in braces, and what stands there.
PLACES: Mapping[str, str] = {
    "номер": "номер обращения",
    "дата": "день, когда обращение отправлено",
    "тема": "тема обращения",
    "ФИО": "фамилия, имя и отчество жителя",
    "имя": "имя и отчество жителя",
    "счёт": "номер лицевого счёта",
    "адрес": "адрес лицевого счёта",
    "поставщик": "название поставщика",
    "телефон": "телефон поставщика",
}
_PLACE = re.compile(r"\{([^{}\n]*)\}")

NO_TITLE = "Напишите название: по нему заготовку выбирают."
NO_TEXT = "Напишите текст ответа."
TAKEN = "Заготовка с таким названием уже есть. Измените название или откройте её."
UNKNOWN = "Такой вставки нет: {}. Список вставок — под полем."
CHANGED = "Заготовку только что изменили в другом окне. Ваш текст ниже: сверьте его с новым и сохраните ещё раз."
LEFT = "В тексте осталась вставка {}: замените её словами."


def check(title: str, text: str) -> None:
    """What is kept has a title, a text and only places that are known."""
    if not title:
        raise Refused(NO_TITLE, field="title")
    if len(title) > LONGEST_TITLE:
        raise Refused(f"Не больше {LONGEST_TITLE} знаков.", field="title")
    if not text:
        raise Refused(NO_TEXT, field="text")
    appeals.check_text(text)
    strange = [found[0] for found in _PLACE.finditer(text) if found[1] not in PLACES]
    if strange:
        raise Refused(UNKNOWN.format(", ".join(strange)), field="text")


def check_filled(text: str) -> None:
    """An answer goes out without places that nothing filled."""
    left = next((found[0] for found in _PLACE.finditer(text) if found[1] in PLACES), None)
    if left is not None:
        raise Refused(LEFT.format(left), field="text")


def fill(text: str, places: Mapping[str, str]) -> str:
    """The text with what is known in its places; the others stay, so that the operator sees them."""
    return _PLACE.sub(lambda found: places.get(found[1]) or found[0], text)


def places_of(appeal: Appeal, sent_on: date) -> dict[str, str]:
    """What the appeal puts into each place, "" where it knows nothing; `sent_on` in the utility's zone."""
    resident, account, supplier = appeal.resident, appeal.account, appeal.supplier
    return {
        "номер": str(appeal.id),
        "дата": f"{sent_on:%d.%m.%Y}",
        "тема": appeal.title,
        "ФИО": resident.full_name if resident else "",
        "имя": " ".join(part for part in (resident.name, resident.patronymic) if part) if resident else "",
        "счёт": str(account.number) if account else "",
        "адрес": account.address if account else "",
        "поставщик": supplier.title,
        "телефон": str(supplier.phone),
    }


@transaction
def add(title: str, text: str, supplier: int | None, by: Resident, now: datetime) -> AnswerTemplate:
    """A new one, of a supplier or of all."""
    check(title, text)
    _check_free(supplier, title)
    made: AnswerTemplate = AnswerTemplate.create(supplier=supplier, title=title, text=text, changed_at=now)
    audit.note("template-added", "answer_template", made.id, by, now, {}, {"supplier": supplier, "title": title})
    return made


@transaction
def change(known: AnswerTemplate, title: str, text: str, seen: datetime, by: Resident, now: datetime) -> None:
    """`seen`: when it was changed last, as the form showed it: another operator's change is not lost."""
    check(title, text)
    _check_free(known.supplier_id, title, known.id)
    if not known.changed(title, text, seen, now):
        raise Refused(CHANGED)
    before = {"title": known.title, "signs": len(str(known.text))}
    after = {"title": title, "signs": len(text)}
    audit.note("template-changed", "answer_template", known.id, by, now, before, after)


@transaction
def remove(known: AnswerTemplate, by: Resident, now: datetime) -> None:
    """What was answered by it stays as it was written; a second press finds nothing to do."""
    if AnswerTemplate.delete().where(AnswerTemplate.id == known.id).execute():
        audit.note("template-removed", "answer_template", known.id, by, now, {"title": known.title}, {})


def _check_free(supplier: int | None, title: str, but: int | None = None) -> None:
    if AnswerTemplate.is_taken(supplier, title, but):
        raise Refused(TAKEN, field="title")
