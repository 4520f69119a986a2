"""Registration by an account's number and its holder's name (product R1.4): a code to a phone or mailbox, a password.

A name that does not fit, or fits in part, is asked for a meter's number; so is an account that does not exist.
We never send a password: the newcomer sets it himself once the code is typed in.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from models import Account, Code, Link, LinkRequest, Notice, Resident, Text, transaction
from models.proof import meter_numbers
from models.request import SECOND
from models.resident import ACTIVE
from services import challenges, codes, contacts, limits, linking, names, outbox, passwords, proof, texts
from services.challenges import ACCOUNT_REGISTRATION, EMAIL, SMS, Way
from services.limits import Limit, Visitor
from services.names import Fit
from services.refusal import Refused
from services.registration import split_name
from services.sign_in import WhichSupplier

IDENTITY, PASSWORD = "account-identity", "account-password"  # purposes of the pages before and after the code
IDENTITY_LIVES, PASSWORD_LIVES = timedelta(hours=1), timedelta(minutes=30)
BY_ADDRESS = Limit("account-identity", 100)
BY_NUMBER = Limit("account-identity", 10)
METERS = 5  # guesses at a meter's number on one page
BY_METERS = Limit("account-meter", 10)  # and at an account's, however many pages are opened

NOT_FOUND = (
    "По этим данным абонента найти не получилось. Проверьте номер лицевого счёта, имя и номер счётчика по квитанции."
)


@dataclass(frozen=True)
class Identity:
    """Which account the page is about: `account` is known once it is proved; the rest is what was typed."""

    number: str
    supplier: int
    full_name: str
    account: int | None = None


def plain_number(text: str, digits: int) -> str:
    """The number as it is looked up; where numbers have a fixed length, blanks within are no part of one."""
    number = contacts.numbers_of(text)[-1] if digits else text.strip()
    if digits and not (len(number) == digits and number.isascii() and number.isdigit()):
        raise Refused(f"Платёжный код состоит из {digits} цифр: он стоит вверху квитанции", field="account_number")
    return number


def identify(
    number: str, supplier: int, full_name: str, visitor: Visitor, now: datetime, today: date, token: str
) -> Identity:
    """Opens the page known by `token`: the account is proved by its holder's name, or waits for a meter's number."""
    limits.spend([(BY_ADDRESS, visitor.network), (BY_NUMBER, visitor.subject("account", number))], now)
    known = _accounts(number, supplier, today)
    named = [account for account in known if names.fit(full_name, account.holder) >= Fit.SWAPPED]
    if len(named) > 1:
        raise WhichSupplier
    identity = Identity(number, supplier, full_name, named[0].id if named else None)
    _keep(identity, now, token)
    return identity


def _accounts(number: str, supplier: int, today: date) -> list[Account]:
    """The open accounts of the number, of all suppliers where none was chosen (0)."""
    return [account for account in Account.open_by_number(number, today) if supplier in (0, account.supplier_id)]


@transaction
def _keep(identity: Identity, now: datetime, token: str) -> None:
    facts = json.dumps(vars(identity), ensure_ascii=False)
    codes.keep(IDENTITY, None, codes.token_hash(token), now, IDENTITY_LIVES, facts=facts)


def identity(token: str, now: datetime) -> Identity | None:
    """What the page is about; None where its time is over."""
    row = codes.alive(IDENTITY, token, now)
    return Identity(**json.loads(row.facts)) if row else None


def prove_by_meter(token: str, meter_number: str, visitor: Visitor, now: datetime, today: date) -> None:
    """The account of the number on which such a meter hangs is the one; tries are few."""
    row = Code.known(IDENTITY, codes.token_hash(token))
    if row is None or not row.facts or not _spend_try(row, visitor, now):
        raise Refused("Попытки кончились. Начните регистрацию ещё раз или обратитесь к поставщику услуг.")
    known, wanted = Identity(**json.loads(row.facts)), proof.plain_number(meter_number)
    # Where there is no such account nobody's meters are looked at: the work must not tell.
    accounts = _accounts(known.number, known.supplier, today) or [Account(id=linking.NOBODY)]
    fitting = [it for it in accounts if wanted in _meters(it, today) and wanted]
    if not fitting:
        raise Refused(NOT_FOUND, field="meter_number")
    if len(fitting) > 1:
        raise WhichSupplier
    _prove(row, known, fitting[0])


def _meters(account: Account, today: date) -> set[str]:
    return {proof.plain_number(number) for number in meter_numbers(account.id, today)}


@transaction
def _spend_try(row: Code, visitor: Visitor, now: datetime) -> bool:
    number = Identity(**json.loads(row.facts)).number
    limits.spend([(BY_METERS, visitor.subject("account", number))], now)
    return Code.spend_try(row, METERS, now)


@transaction
def _prove(row: Code, known: Identity, account: Account) -> None:
    row.facts = json.dumps({**vars(known), "account": account.id}, ensure_ascii=False)
    row.save()


def send(
    known: Identity, phone: str, email: str, visitor: Visitor, now: datetime, token: str, *, has_sms: bool
) -> Code:
    """Sends the code: to the phone, and to the e-mail too where one was typed; without messages to the e-mail alone.

    An account that has its login is answered the same: its owner is told, the operator gets a request to decide.
    """
    mobile = contacts.mobile_of(phone) if has_sms else contacts.phone_of(phone) if phone else ""
    address = contacts.email_of(email) if email or not has_sms else ""
    way = Way(SMS, mobile) if has_sms else Way(EMAIL, address)
    account = Account.whole(known.account or 0)
    assert account is not None, "the account was proved on an earlier page"
    return _send(known, account, way, mobile, address, visitor, now, token)


@transaction
def _send(
    known: Identity, account: Account, way: Way, phone: str, email: str, visitor: Visitor, now: datetime, token: str
) -> Code:
    registered = Link.login_of(account)
    facts = {"account": account.id, "full_name": known.full_name, "phone": phone, "email": email}
    request = challenges.start(
        ACCOUNT_REGISTRATION, way, visitor, now, token, facts=facts, letter=_letter(registered, way)
    )
    if registered is not None:
        _tell_the_first(registered, account, known.full_name, phone, email, request, now)
    if email and way.channel == SMS:
        kind = _letter(registered, Way(EMAIL, email)) or ACCOUNT_REGISTRATION.name
        outbox.put(kind, f"account-registration-mail:{request.id}", now, destination=email, request=request.id)
    return request


def _letter(registered: Link | None, way: Way) -> str:
    """What goes to an address instead of the code, "" = the code; it tells each address of itself alone."""
    if registered is not None:
        return "known-account"
    return challenges.KNOWN[way.channel] if challenges.owner(way) else ""


def _tell_the_first(
    registered: Link, account: Account, full_name: str, phone: str, email: str, request: Code, now: datetime
) -> None:
    """The one who registered the account hears of the second; the operator decides between them."""
    LinkRequest.enter(
        kind=SECOND, supplier=account.supplier, account=account, number=account.number, full_name=full_name,
        phone=phone, email=email, once=f"second:{request.id}", created_at=now,
    )  # fmt: skip
    Notice.tell(
        [registered.resident],
        f"Ваш лицевой счёт №\N{NO-BREAK SPACE}{account.number} пробовали зарегистрировать ещё раз",
        "Новый кабинет не создан, ваш не изменился. Если вы не знаете, кто это, сообщите поставщику.",
        now,
        supplier=account.supplier,
        link_url="/contacts",
        link_label="Сообщить поставщику",
    )
    outbox.put(
        "account-registered",
        f"account-registered:{request.id}",
        now,
        resident=registered.resident,
        account=account.id,
    )


def confirm(token: str, digits: str, visitor: Visitor, now: datetime, *, key: str, next_token: str) -> None:
    """Exchanges the code for the page (`next_token`) where the password is set."""
    answer = challenges.check(ACCOUNT_REGISTRATION, token, digits, visitor, now, key=key)
    _accept(answer, now, next_token)


@transaction
def _accept(answer: challenges.Answer, now: datetime, next_token: str) -> None:
    """The code of the message shows the phone as the newcomer's, the one of the letter the mailbox."""
    channel, facts = str(answer.code.channel), json.dumps(answer.facts, ensure_ascii=False)
    challenges.accept(answer, now)
    codes.keep(PASSWORD, None, codes.token_hash(next_token), now, PASSWORD_LIVES, channel=channel, facts=facts)


def pending(token: str, now: datetime) -> Code | None:
    """The page where the password is set; None where it was used or its time is over."""
    return codes.alive(PASSWORD, token, now)


def save(
    token: str, password: str, policy: passwords.Policy, wanted: Sequence[str], visitor: Visitor, now: datetime
) -> Resident:
    """Enters the newcomer with the password and the account, whose number is the login from now on."""
    row = pending(token, now)
    if row is None:
        raise Refused(challenges.TIME_IS_UP)
    account = Account.whole(json.loads(row.facts)["account"])
    assert account is not None, "accounts are never deleted"
    passwords.check(policy, password, str(account.number))
    agreed = texts.in_force(wanted)
    return _enter(row, account, passwords.hashed(password), agreed, visitor, now)


@transaction
def _enter(
    row: Code, account: Account, password_hash: str, agreed: Sequence[Text], visitor: Visitor, now: datetime
) -> Resident:
    facts = json.loads(row.facts)
    if not Code.redeem(row, now):
        raise Refused(challenges.TIME_IS_UP)
    resident = Resident.enter(**_person(facts, account, str(row.channel), now), password_hash=password_hash)
    if resident is None:
        raise Refused("Пока вы задавали пароль, этот телефон или e-mail занял другой кабинет. Войдите в него.")
    link, _ = linking.attach(resident, account, "name", now)
    if not Link.make_login(link):
        raise Refused("Этот лицевой счёт только что зарегистрировал другой человек. Обратитесь к поставщику услуг.")
    texts.agree(resident, agreed, now, visitor.address)
    return resident


def _name(typed: str, account: Account) -> tuple[str, str, str]:
    """The billing's spelling of a name that fits it, else what was typed."""
    if account.kind == "person" and names.fit(typed, account.holder) >= Fit.SWAPPED:
        return str(account.surname), str(account.name), str(account.patronymic)
    return split_name(typed)


def _person(facts: dict[str, Any], account: Account, channel: str, now: datetime) -> dict[str, object]:
    """The newcomer's columns; only the contact that the code went to is confirmed, and nobody else's is taken."""
    surname, name, patronymic = _name(facts["full_name"], account)
    phone, email = facts["phone"], facts["email"]
    by_sms = channel == SMS
    if by_sms and email and Resident.by_login("email", contacts.email_key(email)):
        email = ""
    return {
        "surname": surname, "name": name, "patronymic": patronymic, "phone": phone, "email": email,
        "phone_key": phone if by_sms else None, "phone_confirmed_at": now if by_sms else None,
        "email_key": None if by_sms else contacts.email_key(email), "email_confirmed_at": None if by_sms else now,
        "state": ACTIVE, "created_at": now,
    }  # fmt: skip
