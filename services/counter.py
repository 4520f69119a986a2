"""At the counter (product R3.6): a clerk who has seen the passport registers a resident, or prints him a new code.

The code sets a password, once, within three days. It is made from a form's key under the portal's secret, so the
paper can be printed again while it counts, and the database alone makes none. Of the passport nothing is kept but
that it was seen.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from models import Account, Code, Link, LinkRequest, Operator, Resident, Text, lock, transaction
from models.request import ACCESS
from models.resident import ACTIVE
from services import (
    audit,
    challenges,
    codes,
    contacts,
    limits,
    linking,
    new_password,
    passwords,
    profile,
    requests,
    residents,
    texts,
)
from services.limits import Limit, Visitor
from services.refusal import Refused
from services.registration import split_name
from services.second_factor import SPARE_SIGNS
from services.secrets import keyed

PAPER, PAGE = "counter-paper", "counter-page"  # purposes: the printed code, the page where the password is set
PAPER_LIVES, PAGE_LIVES = timedelta(days=3), timedelta(minutes=30)
LENGTH = 10  # of 31 signs: 49 bits, and few tries
GUESSES = Limit("counter-code", 20)

ACCOUNT, USERNAME, PHONE, EMAIL = "account", "username", "phone", "email"
BY_PASSPORT = "counter"  # the fact by which the account is linked

UNSEEN = "Отметьте, что паспорт предъявлен: без него кабинет не открывают."
HAS_LOGIN = "По номеру этого счёта уже входит другой житель. Найдите его кабинет или выберите другой способ входа."
TAKEN = "Такой вход уже есть у другого жителя."
COLLEAGUE = "Это кабинет оператора: пароль он задаёт сам по ссылке «Забыли пароль?»."
WRONG = "Код не подошёл. Проверьте каждый знак: код действует три дня и только один раз."
GONE = "Время вышло. Введите код с листа ещё раз."


@dataclass(frozen=True)
class Newcomer:
    """Who stands at the counter; `login` is one of the portal's ways."""

    full_name: str
    login: str
    username: str = ""
    phone: str = ""
    email: str = ""
    has_passport: bool = False


@transaction
def register(
    account: Account, newcomer: Newcomer, ways: Collection[str], by: Resident, now: datetime, once: str, key: str
) -> Code:
    """A portal with the account for who has no mailbox; the code for its password. Pressed twice it is one."""
    lock(account)
    if (before := _made(once, key)) is not None:
        return before
    _check(newcomer, ways)
    resident = Resident.enter(**_facts(newcomer), state=ACTIVE, created_at=now)
    if resident is None:
        raise Refused(TAKEN, field=newcomer.login)
    link, _ = linking.attach(resident, account, BY_PASSPORT, now)
    if newcomer.login == ACCOUNT and not Link.make_login(link):
        raise Refused(HAS_LOGIN, field="login")
    code = _print(resident, by, now, once, key)
    after = {"account": account.id, "login": newcomer.login, "code": code.id, "passport": True}
    audit.note("counter-register", "resident", resident.id, by, now, {}, after)
    return code


@transaction
def invite(
    account: Account, newcomer: Newcomer, ways: Collection[str], by: Resident, now: datetime, once: str
) -> LinkRequest:
    """Who signs in by e-mail shows the mailbox himself: a request that is approved at once sends him the link."""
    _check(newcomer, ways)
    made = LinkRequest.enter(
        kind=ACCESS, supplier=account.supplier, account=account, number=account.number,
        full_name=" ".join(newcomer.full_name.split()), email=contacts.email_of(newcomer.email),
        once=f"counter:{once}", created_at=now,
    )  # fmt: skip
    if made is not None:
        requests.approve(made, account, by, now)
        audit.note("counter-invite", "link_request", made.id, by, now, {}, {"account": account.id, "passport": True})
        return made
    before = LinkRequest.by_once(f"counter:{once}")
    assert before is not None, "the form was sent before and left nothing"
    return before


@transaction
def print_code(known: Resident, has_passport: bool, by: Resident, now: datetime, once: str, key: str) -> Code:
    """A code for who has a portal and lost its password; the old one counts until the new one is set."""
    resident = residents.held(known, by)
    if (before := _made(once, key)) is not None and before.resident == resident:
        return before
    if not has_passport:
        raise Refused(UNSEEN, field="passport")
    if Operator.is_one(resident):
        raise Refused(COLLEAGUE)
    if resident.state != ACTIVE:
        raise Refused("Кабинет не открыт: пароль для него не задать.")
    code = _print(resident, by, now, once, key)
    audit.note("counter-code", "resident", resident.id, by, now, {}, {"code": code.id, "passport": True})
    return code


def shown(code: Code, by: Resident, key: str, now: datetime) -> str | None:
    """What the paper says, «7kq3m-x2v9p», to the operator who made it while it counts; None to all others."""
    if code.purpose != PAPER or not code.is_alive(now):
        return None
    facts = json.loads(code.facts)
    signs = _signs(facts["once"], key)
    return f"{signs[:5]}-{signs[5:]}" if facts["by"] == by.id else None


def begin(typed: str, visitor: Visitor, now: datetime, *, key: str, next_token: str) -> None:
    """Exchanges the paper's code for the page (`next_token`) where the password is set; till then it counts on."""
    attempts = limits.spend([(GUESSES, visitor.network)], now)
    found = Code.known(PAPER, _hash(challenges.plain(typed).lower(), key))
    if found is None or found.resident is None or not found.is_alive(now) or found.resident.state != ACTIVE:
        raise Refused(WRONG, field="code")
    limits.succeed(attempts)
    facts = json.dumps({"paper": found.id})
    codes.keep(PAGE, found.resident, codes.token_hash(next_token), now, PAGE_LIVES, facts=facts)


def owner(token: str, now: datetime) -> Resident | None:
    """Whose password the page sets; None where its time is over."""
    page = codes.alive(PAGE, token, now)
    return page.resident if page is not None and page.resident and page.resident.state == ACTIVE else None


def save(
    token: str, password: str, policy: passwords.Policy, slugs: Sequence[str], visitor: Visitor, now: datetime
) -> None:
    """Sets the password and stores the ticks; page and paper are used up."""
    who = owner(token, now)
    if who is None:
        raise Refused(GONE)
    new_password.check(who, password, policy)
    _save(token, passwords.hashed(password), texts.in_force(slugs), visitor, now)


@transaction
def _save(token: str, password_hash: str, agreed: Sequence[Text], visitor: Visitor, now: datetime) -> None:
    page = Code.known(PAGE, codes.token_hash(token))
    facts = json.loads(page.facts) if page is not None and page.facts else {}
    paper: Code | None = Code.get_or_none(Code.id == facts.get("paper"))
    if page is None or page.resident is None or paper is None:
        raise Refused(GONE)
    if not (Code.redeem(page, now) and Code.redeem(paper, now)):
        raise Refused(GONE)
    resident = lock(page.resident)
    if resident.state != ACTIVE:
        raise Refused(GONE)
    texts.agree(resident, agreed, now, visitor.address)
    new_password.put(resident, password_hash, visitor, now, None)
    Code.end_all(resident, [PAPER, PAGE], now)  # the code may have been typed on two devices


def _check(newcomer: Newcomer, ways: Collection[str]) -> None:
    if newcomer.login not in ways:
        raise Refused("Выберите, как житель будет входить.", field="login")
    if not newcomer.has_passport:
        raise Refused(UNSEEN, field="passport")
    if not newcomer.full_name.strip() or any(
        len(part) > profile.LONGEST_NAME for part in split_name(newcomer.full_name)
    ):
        raise Refused("Напишите фамилию, имя и отчество, как в паспорте.", field="full_name")


def _facts(newcomer: Newcomer) -> dict[str, object]:
    """The resident's columns. A phone is a login at the clerk's word: no code goes to it till it is confirmed."""
    surname, name, patronymic = split_name(newcomer.full_name)
    facts: dict[str, object] = {"surname": surname, "name": name, "patronymic": patronymic}
    if newcomer.login == USERNAME:
        username = contacts.username_of(newcomer.username)
        facts |= {"username": username, "username_key": contacts.username_key(username)}
    if newcomer.login == PHONE:
        phone = contacts.mobile_of(newcomer.phone)
        facts |= {"phone": phone, "phone_key": phone}
    return facts


def _made(once: str, key: str) -> Code | None:
    """The code that this very form made before."""
    return Code.known(PAPER, _hash(_signs(once, key), key))


def _print(resident: Resident, by: Resident, now: datetime, once: str, key: str) -> Code:
    Code.end_all(resident, [PAPER, PAGE], now)
    facts = json.dumps({"once": once, "by": by.id})
    return codes.keep(PAPER, resident, _hash(_signs(once, key), key), now, PAPER_LIVES, facts=facts)


def _signs(once: str, key: str) -> str:
    number, signs = int(keyed(key, PAPER, once), 16), ""
    for _ in range(LENGTH):
        number, place = divmod(number, len(SPARE_SIGNS))
        signs += SPARE_SIGNS[place]
    return signs


def _hash(signs: str, key: str) -> str:
    return keyed(key, "counter-hash", signs)
