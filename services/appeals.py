"""Appeals: a resident writes to a supplier, an operator answers, takes, closes, or writes first (product R10.1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from models import (
    Account,
    Appeal,
    AppealFile,
    AppealMessage,
    Link,
    Notice,
    NoticeReceipt,
    Resident,
    Supplier,
    lock,
    transaction,
)
from models.appeal import ANSWERED, CLOSED, NEW, WORKING
from services import attachments, audit, enclosures, limits, outbox, settings, topics
from services.enclosures import Enclosure
from services.limits import Limit, Visitor
from services.refusal import Refused

FOLDER = Path("documents") / "appeals"  # beside the database, outside the web root
LONGEST, LONGEST_CONTACT, LONGEST_SUBJECT = 4000, 200, 200
FILES_KEPT = timedelta(days=365)  # after closing
KEPT = timedelta(days=1096)  # after closing: three years, as long as one may go to court about it
FORM_LIVES = timedelta(days=1)  # a file waits so long for its form
AGAIN = timedelta(hours=1)  # within it the same words are the same appeal: sent again from the page before

BY_RESIDENT = Limit("appeal", 20, timedelta(days=1))
FILES = Limit("appeal-file", 60)  # of one resident in an hour: unpacking costs a second each

WORDS = {NEW: "новое", WORKING: "в работе", ANSWERED: "есть ответ", CLOSED: "закрыто"}
OPEN = (NEW, WORKING, ANSWERED)

NOT_TAKEN = "Этот поставщик не принимает обращения через кабинет. Его телефон — в разделе «Контакты»."
NOT_HELD = "Выберите свой лицевой счёт."
NOT_OWN = "Выберите контакт из списка или впишите другой."
EMPTY = "Напишите текст сообщения."
LONG = "Сейчас {} знаков, а поместится {}. Сократите текст или отправьте остальное вторым обращением."
IS_CLOSED = "Обращение закрыто. Если вопрос остался, отправьте новое."
ALREADY_CLOSED = "Обращение уже закрыто."
OVERTAKEN = (
    "Пока вы писали, ответил другой оператор: {}. Прочитайте ответ. "
    "Ваш текст сохранён: отправьте его, если он ещё нужен."
)
WROTE_ON = "Пока вы писали, житель добавил сообщение. Прочитайте его. Ваш текст сохранён: дополните и отправьте."
NOBODY = "У жителя больше нет кабинета: ответ он не увидит. Закройте обращение."


@dataclass(frozen=True)
class Typed:
    """What the resident chose and wrote."""

    supplier: int
    text: str
    account: int | None = None
    topic: int | None = None
    subtopic: int | None = None
    contact: str = ""
    other_contact: str = ""


def takers(suppliers: Sequence[Supplier], day: date) -> list[Supplier]:
    """Those of the suppliers that take appeals."""
    book = settings.in_force(day)
    return [supplier for supplier in suppliers if book.of(supplier.id).takes_appeals]


def contacts_of(resident: Resident) -> list[str]:
    """The resident's own phone and mail, as they may be named for an answer."""
    return [str(contact) for contact in (resident.phone, resident.email) if contact]


def check_text(text: str) -> None:
    if not text:
        raise Refused(EMPTY, field="text")
    if len(text) > LONGEST:
        raise Refused(LONG.format(_figure(len(text)), _figure(LONGEST)), field="text")


def spend_file(resident: Resident, visitor: Visitor, now: datetime) -> None:
    """Counts a file before it is unpacked."""
    try:
        limits.spend([(FILES, visitor.subject(FILES.kind, str(resident.id)))], now)
    except limits.TooMany as refusal:
        raise Refused(refusal.sentence, field=enclosures.FIELD)


def sent_before(resident: Resident, once: str) -> Appeal | None:
    """The appeal that this very form made (a double click, a page sent again)."""
    return Appeal.by_once(_key(resident, once))


def send(
    resident: Resident,
    typed: Typed,
    files: Sequence[Enclosure],
    folder: Path,
    visitor: Visitor,
    now: datetime,
    today: date,
    once: str,
) -> Appeal:
    """«Отправить обращение»; a form that was sent twice makes one, and so do the same words without new files."""
    _check(resident, typed, today)
    enclosures.check_there(files, folder)
    made = _sent(resident, typed, files, visitor, now, once) or sent_before(resident, once)
    assert made is not None, "the form was sent before and left nothing"
    return made


def _check(resident: Resident, typed: Typed, today: date) -> None:
    check_text(typed.text)
    if not settings.in_force(today).of(typed.supplier).takes_appeals:
        raise Refused(NOT_TAKEN, field="supplier")
    if typed.account is not None:
        link = Link.held(resident, typed.account)
        if link is None or link.account.supplier_id != typed.supplier:
            raise Refused(NOT_HELD, field="account")
    if typed.contact and typed.contact not in contacts_of(resident):
        raise Refused(NOT_OWN, field="contact")
    topics.check(typed.topic, typed.subtopic)


@transaction
def _sent(
    resident: Resident, typed: Typed, files: Sequence[Enclosure], visitor: Visitor, now: datetime, once: str
) -> Appeal | None:
    about = {
        "supplier": typed.supplier, "account": typed.account, "topic": typed.topic, "subtopic": typed.subtopic,
    }  # fmt: skip
    same = None if files else Appeal.same(resident, now - AGAIN, typed.text, **about)
    if same is not None:
        return same
    made = Appeal.enter(
        resident=resident,
        **about,
        contact=typed.contact,
        other_contact=typed.other_contact,
        once=_key(resident, once),
        created_at=now,
        waits_since=now,
    )
    if made is not None:
        limits.spend([(BY_RESIDENT, visitor.subject(BY_RESIDENT.kind, str(resident.id)))], now)
        _say(made, resident, typed.text, files, now, f"appeal:{made.once}", from_operator=False)
    return made


@transaction
def write(
    known: Appeal, by: Resident, text: str, files: Sequence[Enclosure], folder: Path, now: datetime, once: str
) -> None:
    """The resident goes on in the thread; it waits for the operator again."""
    check_text(text)
    enclosures.check_there(files, folder)
    appeal = lock(known)
    key = _key(by, once)
    if AppealMessage.is_there(key):
        return
    if appeal.state == CLOSED:
        raise Refused(IS_CLOSED)
    _say(appeal, by, text, files, now, key, from_operator=False)
    appeal.state = NEW if appeal.taken_by is None else WORKING
    appeal.waits_since = appeal.waits_since or now
    appeal.save()


@transaction
def answer(
    known: Appeal,
    by: Resident,
    text: str,
    files: Sequence[Enclosure],
    folder: Path,
    now: datetime,
    once: str,
    seen: int | None = None,
    closes: bool = False,
) -> None:
    """The operator answers: a notice, a letter with the answer, and nothing waits any more.

    `seen`: the last message that his page showed; what was written since then is to be read first.
    """
    check_text(text)
    enclosures.check_there(files, folder)
    appeal, key = lock(known), _key(by, once)
    if AppealMessage.is_there(key):
        return
    if appeal.state == CLOSED:
        raise Refused(ALREADY_CLOSED)
    resident = appeal.resident
    if resident is None or not resident.is_active:
        raise Refused(NOBODY)
    if seen is not None:
        _check_seen(appeal, seen)
    before = appeal.state
    message = _say(appeal, by, text, files, now, key, from_operator=True)
    appeal.state, appeal.waits_since = ANSWERED, None
    appeal.taken_by = appeal.taken_by or by
    _tell(appeal, resident, message, now)
    _log("appeal-answered", appeal, by, now, before)
    if closes:
        close(appeal, by, now)


def _check_seen(appeal: Appeal, seen: int) -> None:
    last = AppealMessage.thread(appeal)[-1]
    if last.id > seen:
        name = (last.author.full_name or last.author.email) if last.author else ""
        raise Refused(OVERTAKEN.format(name) if last.is_from_operator else WROTE_ON)


@transaction
def close(known: Appeal, by: Resident, now: datetime) -> None:
    """«Закрыть»: it is settled; with an answer or, where none is due, without."""
    appeal = lock(known)
    if appeal.state == CLOSED:
        raise Refused(ALREADY_CLOSED)
    before = appeal.state
    appeal.state, appeal.waits_since, appeal.closed_at = CLOSED, None, now
    appeal.save()
    _log("appeal-closed", appeal, by, now, before)


def write_first(
    link: Link,
    by: Resident,
    subject: str,
    text: str,
    files: Sequence[Enclosure],
    folder: Path,
    now: datetime,
    once: str,
) -> Appeal:
    """An operator begins: to one resident, about an account that he holds."""
    check_text(text)
    enclosures.check_there(files, folder)
    made = _written_first(link, by, subject, text, files, now, once) or sent_before(by, once)
    assert made is not None, "the form was sent before and left nothing"
    return made


@transaction
def _written_first(
    link: Link, by: Resident, subject: str, text: str, files: Sequence[Enclosure], now: datetime, once: str
) -> Appeal | None:
    account: Account = link.account
    made = Appeal.enter(
        resident=link.resident,
        supplier=account.supplier_id,
        account=account,
        subject=subject,
        is_from_operator=True,
        state=ANSWERED,
        taken_by=by,
        once=_key(by, once),
        created_at=now,
    )
    if made is not None:
        message = _say(made, by, text, files, now, f"appeal:{made.once}", from_operator=True)
        _tell(made, link.resident, message, now)
        _log("appeal-written", made, by, now, "")
    return made


def read(appeal: Appeal, resident: Resident, now: datetime) -> bool:
    """The resident opens the thread: its answers are read, and so are the notices that led to it."""
    if not appeal.unread:
        return False
    _read(appeal, resident, now)
    return True


@transaction
def _read(known: Appeal, resident: Resident, now: datetime) -> None:
    appeal = lock(known)
    appeal.unread = 0
    appeal.save()
    NoticeReceipt.read_of_link(resident, url_of(appeal), now)


def open_file(
    file: AppealFile, folder: Path, by: Resident | None = None, now: datetime | None = None
) -> bytes | None:
    """The file's bytes, None where it is no more; `by`: an operator, whose look is logged."""
    content = attachments.read(str(file.file_key), folder)
    if content is not None and by is not None and now is not None:
        audit.note("appeal-file-opened", "appeal", file.message.appeal_id, by, now)
    return content


def url_of(appeal: Appeal) -> str:
    """Where the resident reads it."""
    return f"/appeals/{appeal.id}"


def sweep(folder: Path, now: datetime) -> int:
    """Removes files a year after closing, whole threads after three, and files that no row names."""
    _forget(now)
    return attachments.sweep(folder, AppealFile.keys(), now, FORM_LIVES)


@transaction
def _forget(now: datetime) -> None:
    AppealFile.drop(now - FILES_KEPT)
    Appeal.forget(now - KEPT)


def _say(
    appeal: Appeal,
    by: Resident,
    text: str,
    files: Sequence[Enclosure],
    now: datetime,
    key: str,
    *,
    from_operator: bool,
) -> AppealMessage:
    message: AppealMessage = AppealMessage.create(
        appeal=appeal, author=by, is_from_operator=from_operator, text=text, at=now, once=key
    )
    for file in files:
        AppealFile.create(message=message, file_key=file.file_key, name=file.name, kind=file.kind, size=file.size)
    return message


def _tell(appeal: Appeal, resident: Resident, message: AppealMessage, now: datetime) -> None:
    """Writes the row: the answer is new, its notice rings the bell, a letter takes the words along."""
    appeal.answered_at, appeal.unread = now, appeal.unread + 1
    appeal.save()
    number = f"№\N{NO-BREAK SPACE}{appeal.id}"
    subject = f"Сообщение поставщика {number}" if appeal.is_from_operator else f"Ответ на обращение {number}"
    Notice.tell(
        [resident],
        subject,
        appeal.title,
        now,
        supplier=appeal.supplier_id,
        link_url=url_of(appeal),
        link_label="Прочитать",
    )
    outbox.put("appeal-answered", f"appeal-answered:{message.id}", now, resident=resident, message=message.id)


def _log(action: str, appeal: Appeal, by: Resident, now: datetime, before: str) -> None:
    audit.note(action, "appeal", appeal.id, by, now, {"state": before}, {"state": appeal.state})


def _key(resident: Resident, once: str) -> str:
    return f"{resident.id}:{once}"


def _figure(number: int) -> str:
    return f"{number:,}".replace(",", "\N{NO-BREAK SPACE}")
