"""The test bank's own process: pages like those of the manuals' banks, and the loop that calls the portal back.

`python -m gateways.testbank_server --port 8001 --state FILE`, the secret on standard input; it ends when that input
ends, so it never outlives the portal that started it.
"""

from __future__ import annotations

import argparse
import logging
import os
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

from jinja2 import Environment, FileSystemLoader
from werkzeug.wrappers import Request, Response

from gateways.testbank import SIGNATURE, is_signed, sign
from gateways.testbank_cards import CARDS, Card, digits, masked, mistakes
from gateways.testbank_ledger import Ledger, Payment

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

FOLDER = Path(__file__).resolve().parent / "testbank_pages"
STYLE = Path(__file__).resolve().parent.parent / "static" / "app.css"
CODE = "1234"
CODE_TRIES = 3
TICK = 0.3  # seconds between looks at what is owed
SESSION = 20 * 60
log = logging.getLogger("testbank")


class Bank:
    """A WSGI application: `/pay`, `/code`, `/cancel`, `/receipt`."""

    def __init__(self, secret: str, ledger: Ledger) -> None:
        self.secret, self.ledger = secret, ledger
        self.sent = threading.Event()
        self.pages = Environment(
            loader=FileSystemLoader(FOLDER), autoescape=True, trim_blocks=True, lstrip_blocks=True
        )

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        request.max_form_memory_size = 100_000
        response = self._answer(request)
        response.headers["Content-Security-Policy"] = (
            "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; "
            f"form-action 'self' {_back(request)}"
        )
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers.setdefault("Cache-Control", "no-store")
        return response(environ, start_response)

    def _answer(self, request: Request) -> Response:
        if request.path == "/bank.css":
            return Response(STYLE.read_bytes(), content_type="text/css", headers={"Cache-Control": "max-age=3600"})
        if request.path == "/bank.js":
            return Response((FOLDER / "bank.js").read_bytes(), content_type="text/javascript")
        if request.path == "/icon.svg":
            return Response((STYLE.parent / "icon.svg").read_bytes(), content_type="image/svg+xml")
        if request.path == "/healthz":
            return Response("ok", content_type="text/plain")
        route = {"/pay": self._pay, "/code": self._code, "/cancel": self._cancel, "/receipt": self._receipt}.get(
            request.path
        )
        if route is None:
            return self._note("Такой страницы нет", "Вернитесь в личный кабинет и начните оплату оттуда.", 404)
        fields = request.args.to_dict()
        if not is_signed(fields, self.secret) or not fields.get("number"):
            return self._note("Ссылка на оплату изменена", "Вернитесь в личный кабинет и начните оплату оттуда.", 400)
        return route(request, self.ledger.opened(fields))

    def _pay(self, request: Request, payment: Payment) -> Response:
        if payment.state in ("paid", "failed"):
            return self._ended(payment)
        if payment.state == "code":
            return Response(status=303, headers={"Location": _address("/code", payment)})
        if _left(payment) <= 0:
            self._finish(payment, None, "", "Время на оплату вышло")
            return self._back(payment)
        if request.method != "POST":
            return self._form(payment, {}, {})
        typed = {name: value[:200] for name, value in request.form.items()}
        wrong = mistakes(typed, datetime.now(UTC).date())
        if wrong:
            return self._form(payment, typed, wrong, 422)
        number = digits(typed["card"])
        card = CARDS.get(number, Card(number, "", pays=False, reason="Карта не обслуживается учебным банком"))
        if card.asks_code:
            self.ledger.ask_code(payment.number, number)
            return Response(status=303, headers={"Location": _address("/code", payment)})
        self._finish(payment, card, number, card.reason)
        return self._back(payment)

    def _code(self, request: Request, payment: Payment) -> Response:
        if payment.state != "code":
            return Response(status=303, headers={"Location": _address("/pay", payment)})
        if request.method != "POST":
            return self._page("code.html", payment=payment, query=request.query_string.decode(), wrong="")
        if request.form.get("code", "").strip() == CODE:
            self._finish(payment, CARDS[payment.card], payment.card, "")
            return self._back(payment)
        if self.ledger.wrong_code(payment.number) >= CODE_TRIES:
            self._finish(payment, None, payment.card, "Код из СМС введён неверно")
            return self._back(payment)
        wrong = "Код не подошёл. Проверьте и введите ещё раз."
        return self._page("code.html", 422, payment=payment, query=request.query_string.decode(), wrong=wrong)

    def _cancel(self, request: Request, payment: Payment) -> Response:
        if request.method == "POST":
            self._finish(payment, None, payment.card, "Плательщик отказался от оплаты")
        return self._back(payment)

    def _receipt(self, request: Request, payment: Payment) -> Response:
        if payment.state != "paid":
            return self._note("Чека нет", "Заказ не оплачен.", 404)
        return self._page("receipt.html", payment=payment, roubles=_roubles(payment), card=masked(payment.card))

    def _finish(self, payment: Payment, card: Card | None, number: str, reason: str) -> None:
        """Ends the payment once; its callbacks are owed from the same transaction on."""
        paid = card is not None and card.pays
        provider_id = uuid4().hex
        body = {
            "key": provider_id,
            "number": payment.number,
            "provider_id": provider_id,
            "outcome": "paid" if paid else "failed",
            "amount": payment.fields["amount"],
            "card": masked(number) if number else "",
            "reason": reason,
            "receipt_url": payment.fields.get("bank_url", "") and _receipt_url(payment, self.secret) if paid else "",
        }
        body[SIGNATURE] = sign(body, "forged" if card and card.is_forged else self.secret)
        due = time.time() + (card.delay if card else 0)
        calls = [(payment.fields["callback_url"], body, due + i) for i in range(card.calls if card else 1)]
        self.sent.clear()
        self.ledger.finish(payment.number, "paid" if paid else "failed", number, provider_id, reason, calls)
        if card and card.calls_first:
            self.sent.wait(5)

    def _form(
        self, payment: Payment, typed: Mapping[str, str], wrong: Mapping[str, str], status: int = 200
    ) -> Response:
        return self._page(
            "pay.html",
            status,
            payment=payment,
            query=urlencode(payment.fields),
            typed=typed,
            wrong=wrong,
            roubles=_roubles(payment),
            left=_left(payment),
            cards=CARDS.values(),
        )

    def _ended(self, payment: Payment) -> Response:
        title = "Заказ уже оплачен" if payment.state == "paid" else "Оплата не прошла"
        return self._note(title, payment.reason or "Второй раз платить не нужно.", 200, payment.fields["return_url"])

    def _back(self, payment: Payment) -> Response:
        return Response(status=303, headers={"Location": payment.fields["return_url"]})

    def _note(self, title: str, text: str, status: int, url: str = "") -> Response:
        return self._page("note.html", status, title=title, text=text, url=url)

    def _page(self, template: str, status: int = 200, **values: object) -> Response:
        return Response(
            self.pages.get_template(template).render(**values), status, content_type="text/html; charset=utf-8"
        )

    def call_back(self, stopped: threading.Event) -> None:
        """Sends what is owed until it is told to stop; a portal that is down hears it later."""
        while not stopped.wait(TICK):
            for owed in self.ledger.owed(time.time()):
                if _post(owed.url, owed.body):
                    self.ledger.delivered(owed)
                    self.sent.set()
                else:
                    self.ledger.put_off(owed, time.time())


def _post(url: str, body: Mapping[str, str]) -> bool:
    request = urllib.request.Request(url, urlencode(body).encode(), method="POST")  # noqa: S310 - signed by the portal
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError, ValueError) as fault:
        log.info("callback not taken: %s", type(fault).__name__)
        return False


def _left(payment: Payment) -> int:
    """Seconds to the end of the session: «До окончания сессии осталось»."""
    expires = payment.fields.get("expires", "")
    return int(expires) - int(time.time()) if expires.isdigit() else SESSION


def _roubles(payment: Payment) -> str:
    roubles, kopecks = divmod(int(payment.fields["amount"]), 100)
    return f"{roubles:,}".replace(",", "\N{NO-BREAK SPACE}") + f",{kopecks:02d}\N{NO-BREAK SPACE}₽"


def _address(path: str, payment: Payment) -> str:
    return f"{path}?{urlencode(payment.fields)}"


def _receipt_url(payment: Payment, secret: str) -> str:
    return payment.fields["bank_url"] + _address("/receipt", payment)


def _back(request: Request) -> str:
    """Where the payer's form ends: Chromium checks the redirect after a POST against `form-action` too."""
    parts = urlsplit(request.args.get("return_url", ""))
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme in ("http", "https") else ""


def serve(port: int, secret: str, state: Path) -> None:
    """Serves on the loopback until the process is told to stop."""
    import waitress

    bank = Bank(secret, Ledger(state))
    threading.Thread(target=bank.call_back, args=(threading.Event(),), daemon=True).start()
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    waitress.serve(bank, host="127.0.0.1", port=port, threads=4, _quiet=True)


def start_child(port: int, secret: str, state: Path) -> subprocess.Popen[bytes]:
    """The bank as a child process; it ends with its parent, since its standard input then ends."""
    child = subprocess.Popen(
        [sys.executable, "-m", "gateways.testbank_server", "--port", str(port), "--state", str(state)],
        stdin=subprocess.PIPE,
        cwd=Path(__file__).resolve().parent.parent,
    )
    assert child.stdin is not None
    child.stdin.write(secret.encode() + b"\n")
    child.stdin.flush()
    return child


def _end_with_input() -> None:
    sys.stdin.read()
    os._exit(0)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--state", type=Path, required=True)
    chosen = parser.parse_args()
    secret = sys.stdin.readline().strip()
    threading.Thread(target=_end_with_input, daemon=True).start()
    serve(chosen.port, secret, chosen.state)


if __name__ == "__main__":
    main()
