"""A mail server of a few lines on a free port: takes letters, or answers a command as it is told to."""

from __future__ import annotations

import socketserver
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from threading import Condition, Event, Thread


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Talk)
        self.letters: list[EmailMessage] = []
        self.answers: dict[str, str] = {}  # command → what it is answered instead of 250
        self.refused: dict[str, str] = {}  # reader → what is answered to his name
        self.hangs: Event | None = None  # says nothing after a letter until it is set
        self.heard = 0  # commands
        self._news = Condition()

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that is killed breaks off; anything else is a fault of the server."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]

    def note(self) -> None:
        with self._news:
            self.heard += 1
            self._news.notify_all()

    def wait_for(self, count: int, seconds: float = 5) -> bool:
        """Until so many commands were heard; False where they do not come."""
        with self._news:
            return self._news.wait_for(lambda: self.heard >= count, seconds)

    @property
    def url(self) -> str:
        return f"smtp://user:secret@127.0.0.1:{self.server_address[1]}"


class Talk(socketserver.StreamRequestHandler):
    server: Server

    def handle(self) -> None:
        self._say("220 test")
        while line := self.rfile.readline():
            command = line.split()[0].decode().upper()
            self.server.note()
            if command == "EHLO":
                self._say("250-test\r\n250 AUTH PLAIN")
            elif command == "RCPT" and (said := self._refusal(line)):
                self._say(said)
            elif command in self.server.answers:
                self._say(self.server.answers[command])
            elif command == "AUTH":
                self._say("235 welcome")
            elif command == "DATA":
                self._take()
            elif command == "QUIT":
                return self._say("221 bye")
            else:
                self._say("250 ok")
        return None

    def _take(self) -> None:
        self._say("354 go on")
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        if not line:
            return  # broken off in the middle: no server takes half a letter
        if self.server.hangs is not None:
            self.server.hangs.wait(10)
            return
        self.server.letters.append(message_from_bytes(b"".join(lines), policy=default))  # type: ignore[arg-type]
        self._say(self.server.answers.get("TAKEN", "250 taken"))

    def _refusal(self, line: bytes) -> str:
        return next((said for to, said in self.server.refused.items() if to.encode() in line), "")

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


@contextmanager
def server() -> Iterator[Server]:
    with Server() as running:
        Thread(target=running.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        try:
            yield running
        finally:
            running.shutdown()
