"""Whose program asks: the token of the header and what it may do. Nothing else lets in, least of all a cookie."""

from __future__ import annotations

from flask import request

import clock
from models import Link, Token
from services import tokens
from views import portal
from views.address import visitor
from views.api.answers import ERRORS, Fault


def asking(*scopes: str) -> Token:
    """The token of a request that reads; it needs one of the scopes."""
    token = _allowed(_known(bearer()), scopes)
    tokens.count_question(token, clock.now())
    tokens.note(token, clock.now())
    return token


def sending(secret: str, scope: str) -> Token:
    """The token of a request that stores something."""
    token = _allowed(_known(secret), (scope,))
    tokens.count_sending(token, visitor(), clock.now())
    tokens.note(token, clock.now())
    return token


def bearer() -> str:
    """What stands after «Bearer», "" without one."""
    found = request.authorization
    return found.token or "" if found is not None and found.type == "bearer" else ""


def basic() -> str:
    """The token in an address as `https://token@host/`: the only header that a modem's settings reach."""
    found = request.authorization
    if found is None or found.type != "basic":
        return ""
    return found.password or found.username or ""


def held_link(token: Token, account_id: int) -> Link:
    """The resident's link to the account; a stranger's does not exist."""
    link = Link.held(token.resident, account_id)
    if link is None:
        raise Fault(404, "unknown_account", "Лицевого счёта с таким id у вас нет.")
    return link


def _known(secret: str) -> Token:
    if not portal.preset().api:
        raise Fault(404, "off", "В этом кабинете доступ программ выключен.")
    if not secret:
        raise Fault(401)
    try:
        return tokens.known(secret, visitor, clock.now())
    except tokens.Unknown as refusal:
        raise Fault(401, message=refusal.sentence)


def _allowed(token: Token, scopes: tuple[str, ...]) -> Token:
    if not any(token.allows(scope) for scope in scopes):
        words = " или ".join(f"«{tokens.SCOPES[scope]}»" for scope in scopes)
        raise Fault(403, message=f"{ERRORS[403][1]} Создайте токен с разрешением {words}.")
    return token
