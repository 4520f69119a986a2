"""Requests to the operator: to link an account where no fact fits, to object to another holder (R3.6, R3.7)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from models import Account, Link, LinkRequest, Notice, Resident, lock, transaction
from models.request import ACCESS, APPROVED, LINK, OBJECTION, REFUSED
from services import accounts, attachments, audit, codes, contacts, limits, linking, outbox, texts
from services.attachments import Attachment
from services.limits import Limit, Visitor
from services.refusal import Refused

FOLDER = Path("documents") / "requests"  # beside the database, outside the web root
KEPT = timedelta(days=30)  # a document, after the decision
LONGEST_REASON = 500

DAY = timedelta(days=1)
BY_RESIDENT = Limit("request", 10, DAY)
BY_CONTACT = Limit("request-contact", 5, DAY)
BY_ADDRESS = Limit("request-address", 30)

NO_EMAIL = "В заявке нет e-mail: ссылку отправить некуда. Позвоните заявителю и зарегистрируйте его в офисе."
NOBODY = "Кабинета, из которого пришла заявка, больше нет. Подключать не к чему: откажите."
ALONE = "Этот счёт есть только в вашем кабинете: возражать не против кого."
NO_REASON = "Напишите причину: её увидит заявитель."
WRONG_KIND = "Такую заявку решают иначе."


@dataclass(frozen=True)
class Asked:
    """What was typed; `supplier` None = the person does not know it, contacts are those of one without a login."""

    number: str
    supplier: int | None = None
    comment: str = ""
    full_name: str = ""
    email: str = ""
    phone: str = ""


def made_by(resident: Resident | None, once: str) -> LinkRequest | None:
    """The request that this very form made before (a double click, a page sent again)."""
    return LinkRequest.by_once(_key(resident, once))


def ask(
    resident: Resident, asked: Asked, document: Attachment, folder: Path, visitor: Visitor, now: datetime, once: str
) -> LinkRequest:
    """A resident asks to link an account whose facts he does not know."""
    counted = _by_resident(resident, visitor)
    facts: dict[str, object] = {
        "kind": LINK,
        "resident": resident,
        "once": _key(resident, once),
        "address": visitor.address,
    }
    return _stored(facts, asked, document, folder, counted, now)


def ask_access(
    asked: Asked, document: Attachment, folder: Path, visitor: Visitor, now: datetime, once: str
) -> LinkRequest:
    """One who cannot register asks; nothing is written to the contact until the operator has decided."""
    [consent] = texts.in_force([texts.PERSONAL_DATA])
    counted = _by_contacts(asked.email, asked.phone, visitor)
    facts: dict[str, object] = {
        "kind": ACCESS,
        "once": _key(None, once),
        "consent": consent,
        "address": visitor.address,
    }
    return _stored(facts, asked, document, folder, counted, now)


def check_limits(resident: Resident | None, email: str, phone: str, visitor: Visitor, now: datetime) -> None:
    """Refuses one more request where there were too many, before its picture is unpacked."""
    limits.check(_by_resident(resident, visitor) if resident else _by_contacts(email, phone, visitor), now)


def _by_resident(resident: Resident, visitor: Visitor) -> list[tuple[Limit, str]]:
    return [(BY_RESIDENT, visitor.subject("resident", str(resident.id)))]


def _by_contacts(email: str, phone: str, visitor: Visitor) -> list[tuple[Limit, str]]:
    counted = [(BY_ADDRESS, visitor.network)]
    if email:
        counted.append((BY_CONTACT, visitor.subject("email", contacts.email_key(email))))
    if phone:
        counted.append((BY_CONTACT, visitor.subject("phone", contacts.phone_key(phone))))
    return counted


def check_contacts(email: str, phone: str) -> tuple[str, str]:
    """The contacts as they are stored; one of them is enough."""
    if not email and not phone:
        raise Refused("Укажите телефон или e-mail: по нему мы сообщим решение.", field="phone")
    return contacts.email_of(email) if email else "", contacts.phone_of(phone) if phone else ""


@transaction
def object_to_others(resident: Resident, account: Account, now: datetime) -> LinkRequest:
    """«Возразить»: the holder does not know another; while it is not decided a second one is the same."""
    if not Link.count_others(account, resident):
        raise Refused(ALONE)
    made = LinkRequest.enter(
        kind=OBJECTION,
        resident=resident,
        supplier=account.supplier_id,
        account=account,
        number=account.number,
        once=f"objection:{codes.new_token()}",
        created_at=now,
    ) or LinkRequest.open_objection(resident, account)
    assert made is not None, "an open objection stands in the way and is not there"
    return made


def account_of(request: LinkRequest) -> Account | None:
    """The account that a request is about, as far as the billing knows it by now."""
    if request.account_id is not None:
        found: Account | None = Account.get_or_none(Account.id == request.account_id)
        return found
    return Account.by_number(request.supplier_id, str(request.number)) if request.supplier_id else None


@transaction
def approve(request: LinkRequest, account: Account, by: Resident, now: datetime) -> None:
    """Links the account to the resident who asked; one without a login is sent a link: the mailbox decides."""
    if request.kind == OBJECTION:
        raise Refused(WRONG_KIND)
    _decide(request, APPROVED, by, now, account=account.id)
    if request.kind != LINK:
        if not request.email:
            raise Refused(NO_EMAIL)
        key = f"invitation:request:{request.id}"
        outbox.put("invitation", key, now, destination=str(request.email), request=request.id)
        return
    if request.resident is None:
        raise Refused(NOBODY)
    linking.attach(request.resident, account, linking.BY_OPERATOR, now)
    _tell(request, APPROVED, "счёт подключён", f"Лицевой счёт № {account.number} теперь в вашем кабинете.", now)


@transaction
def detach(request: LinkRequest, link: Link, by: Resident, now: datetime) -> None:
    """An objection was right: the other holder has the account no more."""
    if request.kind != OBJECTION:
        raise Refused(WRONG_KIND)
    _decide(request, APPROVED, by, now, other=link.resident_id)
    accounts.unlink(link)
    number = f"№\N{NO-BREAK SPACE}{request.number}"
    Notice.tell(
        [link.resident],
        f"Лицевой счёт {number} отключён",
        "Владелец счёта возразил, и оператор отключил счёт от вашего кабинета. Если это ошибка, приложите документ "
        "к заявке: оператор проверит ещё раз.",
        now,
        link_url="/requests/new",
        link_label="Подать заявку",
    )
    _tell(
        request, APPROVED, "другой пользователь отключён", f"Лицевого счёта {number} больше нет в его кабинете.", now
    )


@transaction
def refuse(request: LinkRequest, reason: str, by: Resident, now: datetime) -> None:
    """Says no, with the reason that the person will read."""
    reason = " ".join(reason.split())
    if not reason:
        raise Refused(NO_REASON, field="reason")
    if len(reason) > LONGEST_REASON:
        raise Refused(f"Не больше {LONGEST_REASON} знаков.", field="reason")
    _decide(request, REFUSED, by, now, reason=reason)
    _tell(request, REFUSED, "отказано", reason, now)


@transaction
def open_document(request: LinkRequest, folder: Path, by: Resident, now: datetime) -> bytes | None:
    """The document's bytes, and a line in the log; None where it is no more."""
    content = attachments.read(str(request.file_key), folder)
    if content is not None:
        audit.note("document-opened", "link_request", request.id, by, now)
    return content


def state_word(request: LinkRequest) -> str:
    """What became of it: «подключено», «отказано»…"""
    if request.state == APPROVED:
        return {LINK: "подключено", OBJECTION: "отключено"}.get(str(request.kind), "приглашение отправлено")
    return "отказано" if request.state == REFUSED else "рассматривается"


def sweep(folder: Path, now: datetime) -> int:
    """Removes documents a month after the decision, and files that no request names."""
    _forget_documents(now)
    return attachments.sweep(folder, LinkRequest.documents(), now)


@transaction
def _forget_documents(now: datetime) -> None:
    LinkRequest.drop_documents(now - KEPT)


def _key(resident: Resident | None, once: str) -> str:
    return f"{resident.id if resident else ACCESS}:{once}"


def _stored(
    facts: dict[str, object],
    asked: Asked,
    document: Attachment,
    folder: Path,
    counted: list[tuple[Limit, str]],
    now: datetime,
) -> LinkRequest:
    """The file first: a row never names one that is not there. A form that was sent twice makes one request."""
    key, made = attachments.keep(document, folder), None
    try:
        made = _enter({**facts, **_columns(asked), **_file(document), "file_key": key}, counted, now)
    finally:
        if made is None:
            attachments.drop(key, folder)
    before = made or LinkRequest.by_once(str(facts["once"]))
    assert before is not None, "the form was sent before and left nothing"
    return before


@transaction
def _enter(facts: dict[str, object], counted: list[tuple[Limit, str]], now: datetime) -> LinkRequest | None:
    limits.spend(counted, now)
    return LinkRequest.enter(created_at=now, **facts)


def _columns(asked: Asked) -> dict[str, object]:
    return {
        "number": asked.number.strip(),
        "supplier": asked.supplier,
        "comment": asked.comment,
        "full_name": asked.full_name,
        "email": asked.email,
        "phone": asked.phone,
    }


def _file(document: Attachment) -> dict[str, object]:
    return {"file_name": document.name, "file_kind": document.kind, "file_size": len(document.content)}


def _decide(
    request: LinkRequest,
    state: str,
    by: Resident,
    now: datetime,
    *,
    reason: str = "",
    account: int | None = None,
    other: int | None = None,
) -> None:
    """Writes decision and log; of two operators at once the second is told what the first has decided."""
    if request.resident is not None:
        lock(request.resident)  # first, as one does it who deletes his portal
    if not LinkRequest.decide(request, state, by, now, reason, account):
        raise Refused(_already(LinkRequest.get_by_id(request.id)))
    ids = {"account": account or request.account_id, "resident": other}
    after = {"state": state, **{name: number for name, number in ids.items() if number}}
    audit.note(f"request-{state}", "link_request", request.id, by, now, {"state": request.state}, after)


def _already(request: LinkRequest) -> str:
    by = request.decided_by
    return f"Уже решено: {state_word(request)}{f' ({by.full_name or by.email})' if by else ''}."


def _tell(request: LinkRequest, state: str, outcome: str, body: str, now: datetime) -> None:
    """A notice and a letter to the resident; who has no login gets the letter at the contact he gave."""
    kind = f"request-{state}"
    if request.resident is None:
        outbox.put(kind, f"{kind}:{request.id}", now, destination=str(request.email), request=request.id)
        return
    subject = f"Заявка №\N{NO-BREAK SPACE}{request.id}: {outcome}"
    Notice.tell([request.resident], subject, body, now, link_url="/requests", link_label="Мои заявки")
    outbox.put(kind, f"{kind}:{request.id}", now, resident=request.resident, request=request.id)
