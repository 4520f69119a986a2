"""The frame of the tests' banks: an HTTP server in a thread, on a real socket, that fails as banks do."""

from __future__ import annotations

import json
import socket
import struct
import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

# What a server may do instead of answering as it should; «lost» does what was asked and breaks the line off.
FAULTS = ("500", "reset", "not json", "array", "half", "silent", "drip", "endless", "redirect", "lost")


@dataclass
class Call:
    """One request as it came: the method's name, its values, how they were written."""

    method: str
    values: dict[str, Any]
    kind: str
    path: str = ""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class BankServer(ABC):
    """`answer` is the bank; `faults` are used up one a request, `calls` keeps all that was asked."""

    faults: deque[str] = field(default_factory=deque)
    calls: list[Call] = field(default_factory=list)

    @abstractmethod
    def answer(self, call: Call) -> tuple[int, Any]: ...

    def __enter__(self) -> Any:
        self.closing = threading.Event()
        self.server = _Server(("127.0.0.1", 0), _handler(self))
        self.lock = threading.Lock()
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self.server.shutdown()
        self.server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}/api/"

    def asked(self, method: str) -> list[dict[str, Any]]:
        return [call.values for call in self.calls if call.method == method]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is what these tests are about."""


def _handler(bank: BankServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.do_POST()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            told = _values(body, self.headers["Content-Type"])
            call = Call(self.path.rpartition("/")[2], *told, f"{self.command} {self.path}", dict(self.headers))
            fault = bank.faults.popleft() if bank.faults else ""
            with bank.lock:
                bank.calls.append(call)
                status, told = (200, {}) if fault and fault != "lost" else bank.answer(call)
            if fault:
                _fail(self, bank, fault)
            else:
                self.tell(status, json.dumps(told, ensure_ascii=False).encode())

        def tell(self, status: int, body: bytes, length: int | None = None) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body) if length is None else length))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    return Handler


def _values(body: bytes, kind: str) -> tuple[dict[str, Any], str]:
    if kind == "application/json" and body:
        return json.loads(body), "json"
    return dict(parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=bool(body))), "form"


def _fail(handler: Any, bank: BankServer, fault: str) -> None:
    plain: dict[str, Callable[[], None]] = {
        "500": lambda: handler.tell(500, b'{"errorCode": "0", "Success": true}'),
        "not json": lambda: handler.tell(200, b"<html>maintenance</html>"),
        "array": lambda: handler.tell(200, b'"OK"'),
        "half": lambda: handler.tell(200, b'{"errorCode": "0", "orderId": "', 400),
        "silent": lambda: _wait(bank),
        "drip": lambda: _drip(handler, bank),
        "endless": lambda: handler.tell(200, b" " * (2 << 20)),
        "redirect": lambda: handler.tell(302, b"{}"),
        "reset": lambda: _reset(handler),
        "lost": lambda: _reset(handler),
    }
    plain[fault]()
    handler.close_connection = True


def _wait(bank: BankServer) -> None:
    bank.closing.wait(20)


def _drip(handler: Any, bank: BankServer) -> None:
    """A byte now and then: no single read is ever late."""
    handler.wfile.write(b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n")
    while not bank.closing.wait(0.05):
        handler.wfile.write(b" ")


def _reset(handler: Any) -> None:
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()
