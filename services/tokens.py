"""Tokens of residents' own programs: made by whoever knows the password, shown once, kept as hashes, revoked."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from string import ascii_letters, digits

from models import Resident, Token, lock, transaction
from models.resident import ACTIVE
from models.token import BALANCE, READINGS
from services import codes, limits, outbox, sign_in
from services.limits import Limit, Pace, TooMany, Visitor
from services.refusal import Refused
from services.secrets import keyed

SCOPES = {BALANCE: "читать баланс", READINGS: "передавать показания"}
MOST = 10  # tokens of one resident
LONGEST_NAME = 60
# 131 bits in signs that an address carries as they are: the whole address of a modem must fit into 63.
SIGNS, LENGTH, SHOWN = ascii_letters + digits, 22, 6
WRONG = Limit("token", 30)  # unknown tokens from one address
SENT = Limit("api", 60)  # sendings by one token
ASKED = Pace(600)  # questions by one token


class Unknown(Refused):
    """No such token, or whose it is may not come in; which, is not said."""

    def __init__(self) -> None:
        super().__init__("Токен не подходит: его отозвали или в нём ошибка.")


@dataclass(frozen=True)
class Order:
    """What a token is made for."""

    name: str
    scopes: Collection[str]


def secret_of(key: str, resident: Resident, once: str) -> str:
    """The token that a form leads to: pressed twice it leads to the same one; nobody chooses his own."""
    number, signs = int(keyed(key, "token", str(resident.id), once), 16), ""
    for _ in range(LENGTH):
        number, place = divmod(number, len(SIGNS))
        signs += SIGNS[place]
    return signs


def make(resident: Resident, order: Order, password: str, secret: str, visitor: Visitor, now: datetime) -> Token:
    """Keeps the token of `secret`, once the password has shown that it is he: a session left open makes none."""
    name = " ".join(order.name.split())
    if not name or len(name) > LONGEST_NAME:
        raise Refused(f"Назовите программу: от 1 до {LONGEST_NAME} знаков.", field="name")
    scopes = [scope for scope in SCOPES if scope in order.scopes]
    if not scopes:
        raise Refused("Отметьте, что разрешено программе.", field=BALANCE)
    sign_in.prove(resident, password, visitor, now)
    return _make(resident, Order(name, scopes), secret, now)


@transaction
def _make(known: Resident, order: Order, secret: str, now: datetime) -> Token:
    resident = lock(known)
    if resident.state != ACTIVE or resident.password_hash != known.password_hash:
        raise Refused("Пароль только что изменился. Введите его ещё раз.", field="password")
    token_hash = codes.token_hash(secret)
    same = Token.alive(token_hash)
    if same is not None:
        return same
    if Token.count_of(resident) >= MOST:
        raise Refused(f"Токенов уже {MOST}, больше не бывает. Отзовите ненужный.")
    made: Token = Token.create(
        resident=resident,
        name=order.name,
        token_hash=token_hash,
        prefix=secret[:SHOWN],
        scopes=",".join(order.scopes),
        created_at=now,
    )
    outbox.put("token-made", f"token-made:{made.id}", now, resident=resident, token=made.id)
    return made


@transaction
def revoke(token: Token) -> None:
    Token.revoke(token.id)


def known(secret: str, visitor: Callable[[], Visitor], now: datetime) -> Token:
    """The token that a program shows, with its resident; an unknown one is counted against where it came from.

    `visitor` is asked only then: each reading of a balance would work out an address for nothing.
    """
    token = Token.alive(codes.token_hash(secret)) if len(secret) == LENGTH else None
    if token is None:
        limits.spend([(WRONG, visitor().network)], now)
        raise Unknown
    return token


def count_question(token: Token, now: datetime) -> None:
    """Refuses a program that asks without a pause."""
    left = ASKED.wait(str(token.id), now)
    if left:
        raise TooMany(left)


def count_sending(token: Token, visitor: Visitor, now: datetime) -> None:
    """Refuses a program that sends more than a meter can turn; counted across processes and restarts."""
    limits.spend([(SENT, visitor.subject("token", str(token.id)))], now)


def note(token: Token, now: datetime, answer: str | None = None) -> None:
    """The token was used; `answer`: what a modem was told, for its owner to read.

    One statement at most, and mostly none: a transaction would take the writer's lock for every reading.
    """
    token.note(now, answer)
