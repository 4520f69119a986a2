"""A web server of a few lines on a free port: keeps what it was asked, answers as it is told to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl


@dataclass(frozen=True)
class Asked:
    path: str
    headers: dict[str, str]
    body: dict[str, Any]


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Talk)
        self.asked: list[Asked] = []
        self.answers: list[tuple[int, Any]] = []  # in turn; the last stays
        self.headers: dict[str, str] = {}

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"

    @property
    def url(self) -> str:
        return f"http://{self.host}"

    def says(self, *bodies: Any, status: int = 200) -> None:
        """What the next questions are answered."""
        self.answers[:] = [(status, body) for body in bodies]


class Talk(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.do_POST()

    def do_POST(self) -> None:
        data = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        is_json = self.headers.get("Content-Type", "").startswith("application/json")
        body = json.loads(data) if is_json else dict(parse_qsl(data))
        self.server.asked.append(Asked(self.path, dict(self.headers), body))
        answers = self.server.answers
        status, said = answers.pop(0) if len(answers) > 1 else answers[0]
        text = said if isinstance(said, str) else json.dumps(said)
        self.send_response(status)
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, format: str, *args: Any) -> None:
        """Tests say what went wrong."""


@contextmanager
def server() -> Iterator[Server]:
    with Server() as running:
        Thread(target=running.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        try:
            yield running
        finally:
            running.shutdown()
