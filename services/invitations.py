"""Moving in: a mailed link opens a portal with the accounts that wait for it, or adds them to one's own."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from models import Account, Code, Invitation, LinkRequest, Resident, Session, Text, lock, lock_names, transaction
from models.code import INVITATION
from models.request import APPROVED
from models.resident import ACTIVE, WAITING
from models.search import fold
from services import audit, codes, contacts, limits, linking, outbox, passwords, texts
from services.limits import Limit, Visitor
from services.refusal import Refused
from services.registration import split_name

LIVES = timedelta(days=14)
BATCH = 500  # addresses a round: letters go out more slowly than that
BY_INVITATION = "invitation"  # the fact by which the accounts are linked

LETTERS = Limit("invitation-letter", 3, timedelta(days=1))
BY_ADDRESS = Limit("invitation", 100)

OPEN, USED, EXPIRED, UNKNOWN = "open", "used", "expired", "unknown"

GONE = "Ссылка уже не действует."
BLOCKED = "Кабинет с этой почтой заблокирован. Обратитесь к поставщику услуг: его телефон стоит в разделе «Контакты»."
CHOOSE = "Придумайте пароль: с ним вы будете входить в кабинет."


@dataclass(frozen=True)
class Person:
    """Who is invited, as the billing or the request names him."""

    surname: str
    name: str
    patronymic: str
    phone: str


@dataclass(frozen=True)
class Offer:
    """What a link gives: accounts to the owner of a mailbox, and by which right."""

    email: str
    person: Person
    accounts: tuple[Account, ...]
    fact: str
    invitations: tuple[Invitation, ...] = ()


@dataclass(frozen=True)
class Arrival:
    """What a new resident sends: the password, the slugs that were agreed to."""

    password: str
    texts: tuple[str, ...]
    advertising: bool = False


def invite(now: datetime) -> int:
    """One letter an address, whatever the number of its accounts; returns how many were put."""
    found: dict[str, list[int]] = {}
    for number, email in Invitation.uninvited():
        found.setdefault(fold(email), []).append(number)
    return sum(_invite(ids, now) for ids in list(found.values())[:BATCH])


@transaction
def _invite(ids: Sequence[int], now: datetime) -> bool:
    rows = Invitation.claim(ids, now)
    if not rows:
        return False
    return _put(f"{rows[0].id}", str(rows[0].email), {f"invitation{row.id}": row.id for row in rows}, now)


@transaction
def send_again(row: Invitation, by: Resident, now: datetime) -> None:
    """At an operator's press: one more letter with a new link, once a day."""
    if not row.email:
        raise Refused("Почты в приглашении нет: зарегистрируйте жителя у стойки.")
    if not row.again(now, now - timedelta(days=1)):
        raise Refused("Приглашение уже принято, или письмо уже отправляли сегодня.")
    _put(f"again:{row.id}", str(row.email), {f"invitation{row.id}": row.id}, now)
    audit.note("invite", "invitation", row.id, by, now)


def _put(whose: str, email: str, ids: Mapping[str, int], now: datetime) -> bool:
    """No id is called like an argument of the outbox, which mypy cannot know."""
    return outbox.put("invitation", f"invitation:{whose}:{now.isoformat()}", now, destination=email, **ids)  # type: ignore[arg-type]


def facts_of(ids: Mapping[str, int]) -> dict[str, object]:
    """What a code keeps of the ids in a letter's row."""
    if "request" in ids:
        return {"request": ids["request"]}
    return {"invitations": sorted(ids.values())}


def offered(facts: Mapping[str, object], email: str) -> Offer | None:
    """What there is to accept; None where it was accepted, or the billing has named another address since."""
    if "request" in facts:
        return _by_request(LinkRequest.get_or_none(LinkRequest.id == facts["request"]))
    wanted, key = facts.get("invitations"), contacts.email_key(email)
    assert isinstance(wanted, list), "an invitation without ids"
    rows = tuple(row for row in Invitation.open(wanted) if contacts.email_key(str(row.email)) == key)
    if not rows:
        return None
    named = next((row for row in rows if row.surname or row.name), rows[0])
    person = Person(str(named.surname), str(named.name), str(named.patronymic), str(named.phone))
    return Offer(email, person, tuple(row.account for row in rows), BY_INVITATION, rows)


def _by_request(request: LinkRequest | None) -> Offer | None:
    if request is None or request.state != APPROVED or request.account is None:
        return None
    person = Person(*split_name(str(request.full_name)), str(request.phone))
    return Offer(str(request.email), person, (request.account,), linking.BY_OPERATOR)


def keep_link(ids: Mapping[str, int], email: str, token: str, now: datetime) -> None:
    """Stores the link of a letter that is being written."""
    facts = json.dumps(facts_of(ids))
    codes.keep(INVITATION, None, codes.token_hash(token), now, LIVES, facts=facts, destination=email)


def look(token: str, now: datetime) -> tuple[str, Offer | None]:
    """What can be done with a link (open, used, expired, unknown), and what it offers."""
    code = Code.known(INVITATION, codes.token_hash(token))
    if code is None:
        return UNKNOWN, None
    offer = _offer_of(code)
    if offer is None:
        return USED, None
    return (OPEN if code.is_alive(now) else EXPIRED), offer


def _offer_of(code: Code) -> Offer | None:
    if code.used_at is not None or not code.facts:
        return None
    return offered(json.loads(code.facts), str(code.destination))


def needs_password(offer: Offer) -> bool:
    """Does the mailbox open a portal of its own? Else its accounts join the one that is there."""
    owner = _owner(offer.email)
    return owner is None or owner.state == WAITING


def open_portal(token: str, arrival: Arrival, policy: passwords.Policy, visitor: Visitor, now: datetime) -> None:
    """A new resident with a password of his own; the mailbox is confirmed by the link itself."""
    state, offer = look(token, now)
    if state != OPEN or offer is None:
        raise Refused(GONE)
    passwords.check(policy, arrival.password, offer.email, offer.email.partition("@")[0])
    agreed = texts.agreed(arrival.texts, arrival.advertising)
    _accept(token, passwords.hashed(arrival.password), agreed, arrival.advertising, visitor, now)


def add(token: str, visitor: Visitor, now: datetime) -> None:
    """The accounts join the portal that the mailbox has; its password stays what it is."""
    _accept(token, "", [], False, visitor, now)


@transaction
def _accept(
    token: str, password_hash: str, agreed: Sequence[Text], advertising: bool, visitor: Visitor, now: datetime
) -> None:
    code = Code.known(INVITATION, codes.token_hash(token))
    if code is not None:
        lock_names(INVITATION, str(code.facts))  # of two links to one offer each would wait for the other
    offer = _offer_of(code) if code else None
    if code is None or offer is None or not Code.redeem(code, now):
        raise Refused(GONE)
    Code.end_alike(code, now)
    owner = _owner(offer.email)
    resident = _moved_in(offer, owner, password_hash, advertising, now)
    if owner is None or owner.state != ACTIVE:
        texts.agree(resident, agreed, now, visitor.address)
    for account in offer.accounts:
        linking.attach(resident, account, offer.fact, now)
    Invitation.accept([row.id for row in offer.invitations], now)
    for row in offer.invitations:
        row.account.spend_activation()


def _moved_in(offer: Offer, owner: Resident | None, password_hash: str, advertising: bool, now: datetime) -> Resident:
    """The active resident of the mailbox, made or opened where there is none."""
    if owner is not None and owner.state == ACTIVE:
        return owner
    if owner is not None and owner.state != WAITING:
        raise Refused(BLOCKED)
    if not password_hash:
        raise Refused(CHOOSE, field="password")
    facts = {**_facts(offer.person), "password_hash": password_hash, "advertising": advertising}
    facts |= {"state": ACTIVE, "email_confirmed_at": now}
    if owner is not None:
        return _taken_over(owner, facts, now)
    made = Resident.enter(
        **facts, email=contacts.email_of(offer.email), email_key=contacts.email_key(offer.email), created_at=now
    )
    if made is None:
        raise Refused("Этот адрес регистрируют прямо сейчас. Откройте ссылку ещё раз.")
    return made


def _taken_over(owner: Resident, facts: Mapping[str, object], now: datetime) -> Resident:
    """A registration that nobody has confirmed may be a stranger's: nothing that it typed stays."""
    waiting = lock(owner)
    if waiting.state != WAITING:
        raise Refused("Этот адрес подтверждают прямо сейчас. Откройте ссылку ещё раз.")
    for name, value in {**facts, "phone_key": None}.items():
        setattr(waiting, name, value)
    waiting.save()
    Code.end_all(waiting, ["activation", "recovery", "recovery-code", "recovery-request"], now)
    Session.end_all(waiting, now)
    return waiting


def _facts(person: Person) -> dict[str, object]:
    """The phone is a way to reach him, no login: nobody has confirmed it."""
    try:
        phone = contacts.phone_of(person.phone)
    except Refused:
        phone = ""
    return {"surname": person.surname, "name": person.name, "patronymic": person.patronymic, "phone": phone}


@transaction
def renew(token: str, visitor: Visitor, now: datetime) -> None:
    """«Прислать новую ссылку» under a link that is too old: to the same address."""
    code = Code.known(INVITATION, codes.token_hash(token))
    if code is None or code.is_alive(now) or _offer_of(code) is None:
        raise Refused(GONE)
    limits.spend(
        [(LETTERS, visitor.subject("email", fold(str(code.destination)))), (BY_ADDRESS, visitor.network)], now
    )
    facts = json.loads(code.facts)
    ids = {f"invitation{row}": row for row in facts.get("invitations", [])} or facts
    _put(f"renewed:{code.id}", str(code.destination), ids, now)


def _owner(email: str) -> Resident | None:
    return Resident.by_login("email", contacts.email_key(email))
