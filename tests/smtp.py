"""A mail server of a few lines on a free port: takes letters, or answers a command as it is told to."""

from __future__ import annotations

import socketserver
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from threading import Thread


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Talk)
        self.letters: list[EmailMessage] = []
        self.answers: dict[str, str] = {}  # command → what it is answered instead of 250

    @property
    def url(self) -> str:
        return f"smtp://user:secret@127.0.0.1:{self.server_address[1]}"


class Talk(socketserver.StreamRequestHandler):
    server: Server

    def handle(self) -> None:
        self._say("220 test")
        while line := self.rfile.readline():
            command = line.split()[0].decode().upper()
            if command == "EHLO":
                self._say("250-test\r\n250 AUTH PLAIN")
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
        self.server.letters.append(message_from_bytes(b"".join(lines), policy=default))  # type: ignore[arg-type]
        self._say(self.server.answers.get("TAKEN", "250 taken"))

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
