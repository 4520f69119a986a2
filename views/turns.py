"""Threads of one process take turns on SQLite; while one waits for a bank, the others go on.

CPython's sqlite3 hands the interpreter over at every row, so four threads that read at once are slower than one
(docs/decisions/0004-server.md). A turn each brings the speed of one thread back, and `paused()` gives the turn away
for as long as something outside is waited for: a slow gateway must not stop the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

from flask import current_app, has_app_context

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Turns:
    """A WSGI middleware: one request at a time computes its answer; reading and sending are the server's own."""

    def __init__(self, application: Application) -> None:
        self.application = application
        self.turn = Lock()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        with self.turn:
            return self.application(environ, start_response)


@contextmanager
def paused() -> Iterator[None]:
    """Around a call to the outside world within a request; elsewhere it does nothing."""
    turns = current_app.wsgi_app if has_app_context() else None
    if not isinstance(turns, Turns) or not turns.turn.locked():
        yield
        return
    turns.turn.release()
    try:
        yield
    finally:
        turns.turn.acquire()
