"""«Заявка на заключение договора»: a draft that is kept, its documents, what the operator decides (product R10.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from models import Application, ApplicationPaper, Notice, Resident, Supplier, lock, transaction
from models.application import ACCEPTED, DRAFT, EDITED, REFUSED, RETURNED, SENT, WORKING
from services import attachments, audit, limits, outbox, settings
from services.attachments import Attachment
from services.limits import Limit, Visitor
from services.refusal import Refused

FOLDER = Path("documents") / "applications"  # beside the database, outside the web root
LONGEST, LONGEST_REASON = 4000, 500
DRAFT_KEPT = timedelta(days=180)  # without being touched
PAPERS_KEPT = timedelta(days=30)  # after the decision
FILES = Limit("application-file", 60)  # of one resident in an hour: unpacking costs a second each

BUYERS = {"person": "Физ. лицо", "organisation": "Юр. лицо"}
DOCUMENTS = {  # of manual A, §3, in its order
    "passport": "Паспорт подписывающего",
    "ownership": "Документ, подтверждающий право пользования зданий, сооружений",
    "tax": "Свидетельство о постановке на налоговый учет",
    "connection": "Акт технологического присоединения",
    "family": "Справка о составе семьи",
    "sale": "Договор купли-продажи",
}
NEEDED = ("passport", "ownership")  # who signs, and that the place is his: without them nobody can decide
WORDS = {
    DRAFT: "черновик",
    SENT: "отправлена",
    WORKING: "рассматривается",
    RETURNED: "нужно исправить",
    ACCEPTED: "принята",
    REFUSED: "отказано",
}
TOLD = (ACCEPTED, RETURNED, REFUSED)  # of these the resident is told by notice and letter
DECISIONS = (WORKING, *TOLD)

NOT_TAKEN = "Этот поставщик не принимает заявки через кабинет. Его телефон — в разделе «Контакты»."
NO_BUYER = "Выберите тип покупателя."
NO_OBJECTS = "Перечислите объекты: что и по какому адресу нужно снабжать."
LONG = "Сейчас {} знаков, а поместится {}. Сократите список или приложите его документом."
MISSING = "Загрузите этот документ: без него заявку не рассмотреть."
IS_SENT = "Заявка уже отправлена: изменить её нельзя. Если нужно что-то добавить, позвоните поставщику."
NOT_SENT = "Эта заявка решения не ждёт."
NO_REASON = "Напишите причину: её увидит заявитель."


@dataclass(frozen=True)
class Basics:
    """«Основное»: what was typed; as long as it is a draft it may be unfinished."""

    supplier: int
    buyer: str
    objects: str


def takers(suppliers: Sequence[Supplier], day: date) -> list[Supplier]:
    """Those of the suppliers that take applications."""
    book = settings.in_force(day)
    return [supplier for supplier in suppliers if book.of(supplier.id).takes_applications]


def slug_of(document: str) -> str:
    """The text from which the blank of a document is made."""
    return f"blank-{document}"


def check_objects(objects: str) -> None:
    """What must be there before the next step."""
    if not objects:
        raise Refused(NO_OBJECTS, field="objects")


@transaction
def begin(resident: Resident, basics: Basics, now: datetime, today: date) -> Application:
    """A draft; of one who has a draft already, it is that one that changes."""
    _check(basics, today)
    made = Application.begin(resident, basics.supplier, basics.buyer, basics.objects, now)
    if made is not None:
        return made
    draft = Application.draft_of(resident)
    assert draft is not None, "a draft stands in the way and is not there"
    return _changed(draft, basics, now)


@transaction
def change(application: Application, basics: Basics, now: datetime, today: date) -> Application:
    """«Сохранить» of «Основное»."""
    _check(basics, today)
    return _changed(application, basics, now)


def _changed(known: Application, basics: Basics, now: datetime) -> Application:
    application = _edited(known)
    application.supplier_id, application.buyer = basics.supplier, basics.buyer
    application.objects, application.changed_at = basics.objects, now
    application.save()
    return application


def _check(basics: Basics, today: date) -> None:
    if not settings.in_force(today).of(basics.supplier).takes_applications:
        raise Refused(NOT_TAKEN, field="supplier")
    if basics.buyer not in BUYERS:
        raise Refused(NO_BUYER, field="buyer")
    if len(basics.objects) > LONGEST:
        raise Refused(LONG.format(_figure(len(basics.objects)), _figure(LONGEST)), field="objects")


def accepted(
    document: str, resident: Resident, name: str, content: bytes, visitor: Visitor, now: datetime
) -> Attachment:
    """The file as it may be kept; a refusal stands at its document."""
    try:
        limits.spend([(FILES, visitor.subject(FILES.kind, str(resident.id)))], now)
        return attachments.accepted(name, content)
    except Refused as refusal:
        raise Refused(refusal.sentence, field=document)


def attach(application: Application, document: str, paper: Attachment, folder: Path, now: datetime) -> None:
    """«Загрузить…»: the file first, so that no row names one that is not there; one of its kind is replaced."""
    try:
        key = attachments.keep(paper, folder)
    except Refused as refusal:
        raise Refused(refusal.sentence, field=document)
    is_put = False
    try:
        _put(application, document, paper, key, now)
        is_put = True
    finally:
        if not is_put:
            attachments.drop(key, folder)


@transaction
def _put(known: Application, document: str, paper: Attachment, key: str, now: datetime) -> None:
    application = _edited(known)
    ApplicationPaper.put(
        application, document, file_key=key, name=paper.name, kind=paper.kind, size=len(paper.content), at=now
    )
    application.changed_at = now
    application.save()


@transaction
def remove(known: Application, document: str, now: datetime) -> None:
    """Takes a document back; the file goes with the next sweep."""
    application = _edited(known)
    ApplicationPaper.remove(application, document)
    application.changed_at = now
    application.save()


@transaction
def touch(known: Application, now: datetime) -> None:
    """«Сохранить» of «Документы»: what is touched is kept longer."""
    application = _edited(known)
    application.changed_at = now
    application.save()


@transaction
def send(known: Application, now: datetime) -> None:
    """«Отправить заявку»: whole, or it says what is missing."""
    application = _edited(known)
    check_objects(str(application.objects))
    papers = ApplicationPaper.of(application)
    for document in NEEDED:
        if document not in papers:
            raise Refused(MISSING, field=document)
    application.state, application.sent_at, application.changed_at = SENT, now, now
    application.save()


@transaction
def discard(known: Application) -> None:
    """The draft is of no more use."""
    application = _edited(known)
    application.delete_instance()


@transaction
def decide(application: Application, state: str, reason: str, by: Resident, now: datetime) -> None:
    """The operator takes it, accepts it, gives it back to be mended, refuses it; the resident is told."""
    if state in (RETURNED, REFUSED) and not reason:
        raise Refused(NO_REASON, field="reason")
    if state not in DECISIONS or not Application.decide(application, state, by, now, reason):
        raise Refused(NOT_SENT)
    audit.note(
        f"application-{state}", "application", application.id, by, now, {"state": application.state}, {"state": state}
    )
    resident = application.resident
    if state in TOLD and resident is not None and resident.is_active:
        Notice.tell(
            [resident],
            f"Заявка на договор №\N{NO-BREAK SPACE}{application.id}: {WORDS[state]}",
            reason,
            now,
            supplier=application.supplier_id,
            link_url="/applications",
            link_label="Открыть заявку",
        )
        key = f"application-decided:{application.id}:{now.isoformat()}"
        outbox.put("application-decided", key, now, resident=resident, application=application.id)


def open_paper(
    paper: ApplicationPaper, folder: Path, by: Resident | None = None, now: datetime | None = None
) -> bytes | None:
    """The document's bytes, None where it is no more; `by`: an operator, whose look is logged."""
    content = attachments.read(str(paper.file_key), folder)
    if content is not None and by is not None and now is not None:
        audit.note("application-document-opened", "application", paper.application_id, by, now)
    return content


def sweep(folder: Path, now: datetime) -> int:
    """Removes drafts that nobody touches, documents a month after the decision, files that no row names."""
    _forget(now)
    return attachments.sweep(folder, ApplicationPaper.keys(), now)


@transaction
def _forget(now: datetime) -> None:
    Application.forget(now - DRAFT_KEPT)
    ApplicationPaper.drop(now - PAPERS_KEPT)


def _edited(known: Application) -> Application:
    """The application, held, as long as the resident may change it."""
    application = lock(known)
    if application.state not in EDITED:
        raise Refused(IS_SENT)
    return application


def _figure(number: int) -> str:
    return f"{number:,}".replace(",", "\N{NO-BREAK SPACE}")
