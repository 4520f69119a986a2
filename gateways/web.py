"""A question to another's server and its JSON: what messages and messengers are sent by; no redirect is followed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPRedirectHandler, Request, build_opener

from gateways.mail import HERE, Undeliverable

TIMEOUT = 20
LARGEST = 1 << 20


@dataclass(frozen=True)
class Reply:
    """What came back; `body` is the JSON object, {} where there was none."""

    status: int
    body: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


class _Stays(HTTPRedirectHandler):
    def redirect_request(self, *_args: Any, **_more: Any) -> None:
        """Whoever answers from elsewhere is not the one who was asked."""


_OPENER = build_opener(_Stays)


def ask(
    url: str,
    *,
    form: Mapping[str, str] | None = None,
    content: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Reply:
    """POSTs a form or JSON, GETs where there is neither.

    A server that cannot be reached, or answers no JSON, is `Undeliverable` for now.
    """
    told = {"Accept": "application/json", **(headers or {})}
    if content is not None:
        data, told["Content-Type"] = json.dumps(content).encode(), "application/json"
    elif form is not None:
        data, told["Content-Type"] = urlencode(form).encode(), "application/x-www-form-urlencoded"
    else:
        data = None
    try:
        with _OPENER.open(Request(url, data, told), timeout=TIMEOUT) as answer:
            return Reply(answer.status, _object(answer.read(LARGEST)), dict(answer.headers))
    except HTTPError as refusal:
        with refusal:
            return Reply(refusal.code, _refusal(refusal), dict(refusal.headers))
    except (OSError, HTTPException, ValueError) as fault:
        raise Undeliverable(f"сервер не ответил ({type(fault).__name__})", permanent=False)


def base_of(host: str, port: int | None) -> str:
    """`https://host`; a server on this very machine is spoken to in the clear, as the mail server is."""
    scheme = "http" if host in HERE else "https"
    return f"{scheme}://{host}" + (f":{port}" if port else "")


def _object(data: bytes) -> Mapping[str, Any]:
    found = json.loads(data)
    if not isinstance(found, dict):
        raise ValueError("no JSON object")
    return found


def _refusal(refusal: HTTPError) -> Mapping[str, Any]:
    """A refusal may come from something before the server that speaks no JSON: its number says enough."""
    try:
        return _object(refusal.read(LARGEST))
    except (OSError, HTTPException, ValueError):
        return {}
