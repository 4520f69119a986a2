"""Asks a bank over HTTPS by the standard library: one request, one answer, in bounded time and size.

A server that drips a byte now and then holds nobody: the whole exchange has one deadline, not each read.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from io import BufferedReader, RawIOBase
from pathlib import Path
from socket import socket
from ssl import SSLContext, SSLError, create_default_context
from time import monotonic
from typing import Any, cast
from urllib.parse import urlsplit

from gateways.acquirer import GatewayDown

SECONDS = 12.0  # all of an exchange: a request of ours waits for it
LARGEST = 1 << 20
HERE = ("127.0.0.1", "::1", "localhost")
HEADERS = {"Accept": "application/json", "User-Agent": "abonent", "Connection": "close"}


@dataclass(frozen=True)
class Reply:
    status: int
    body: bytes

    def json(self) -> dict[str, Any]:
        """The object in the answer; without one nothing is known."""
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError):
            raise GatewayDown(f"HTTP {self.status}, не JSON")
        if not isinstance(found, dict):
            raise GatewayDown(f"HTTP {self.status}, не объект JSON")
        return found


def post(
    url: str, body: bytes, kind: str, *, ca: str = "", seconds: float = SECONDS, headers: Mapping[str, str] = {}
) -> Reply:
    """What was answered to a POST."""
    return ask("POST", url, body, {"Content-Type": kind, **headers}, ca, seconds)


def ask(
    method: str,
    url: str,
    body: bytes = b"",
    headers: Mapping[str, str] = {},
    ca: str = "",
    seconds: float = SECONDS,
) -> Reply:
    """What was answered; raises `GatewayDown` that names the host and neither the body nor the address."""
    place = urlsplit(url)
    ends = monotonic() + seconds
    connection = _connection(place.scheme, place.hostname or "", place.port, ca, seconds)
    path = place.path + (f"?{place.query}" if place.query else "")
    try:
        connection.request(method, path or "/", body or None, {**HEADERS, **headers})
        response = HTTPResponse(cast(socket, _Stream(connection.sock, ends)), method=method)
        response.begin()
        return Reply(response.status, _whole(response))
    except SSLError as fault:
        raise GatewayDown(f"{place.hostname}: сертификат или шифр не приняты ({fault.reason})")
    except (OSError, HTTPException, ValueError) as fault:
        raise GatewayDown(f"{place.hostname}: {type(fault).__name__}")
    finally:
        connection.close()


def is_safe(url: str) -> bool:
    """Is it https, or this very machine (a bank of the tests)?"""
    try:
        place = urlsplit(url)
        return bool(place.hostname) and (place.scheme == "https" or is_here(url)) and (place.port or 1) > 0
    except ValueError:
        return False


def is_here(url: str) -> bool:
    place = urlsplit(url)
    return place.scheme == "http" and place.hostname in HERE


def origin(url: str) -> str:
    place = urlsplit(url)
    return f"{place.scheme}://{place.netloc}"


def is_readable(path: str) -> bool:
    """Is there a PEM in the file?"""
    try:
        return "-----BEGIN " in Path(path).read_text(encoding="ascii", errors="replace")
    except OSError:
        return False


def _connection(scheme: str, host: str, port: int | None, ca: str, seconds: float) -> HTTPConnection:
    if scheme == "https":
        return HTTPSConnection(host, port, timeout=seconds, context=trust(ca))
    return HTTPConnection(host, port, timeout=seconds)


@lru_cache(maxsize=8)
def trust(ca: str) -> SSLContext:
    """The usual authorities, and those of a file (the НУЦ's, which no distribution carries)."""
    context = create_default_context()
    if ca:
        context.load_verify_locations(ca)
    return context


def _whole(response: HTTPResponse) -> bytes:
    body = response.read(LARGEST + 1)
    if len(body) > LARGEST:
        raise ValueError("an answer without an end")
    if response.length:
        raise HTTPException("half an answer")
    return body


class _Until(RawIOBase):
    """Reads a socket till a moment, however slowly it speaks."""

    def __init__(self, sock: socket, ends: float) -> None:
        self.sock, self.ends = sock, ends

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        left = self.ends - monotonic()
        if left <= 0:
            raise TimeoutError
        self.sock.settimeout(left)
        return self.sock.recv_into(buffer)


class _Stream:
    """What `HTTPResponse` wants of a socket."""

    def __init__(self, sock: socket, ends: float) -> None:
        self.sock, self.ends = sock, ends

    def makefile(self, _mode: str) -> BufferedReader:
        return BufferedReader(_Until(self.sock, self.ends))
