"""The test bank's own process: pages like those of the manuals' banks, and the loop that calls the portal back.

`python -m gateways.testbank_server --port 8001 --secret-file FILE [--state FILE]` stands alone. Without a secret's
file it reads the secret from its standard input and ends when that ends: so it never outlives the portal.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from werkzeug.exceptions import Forbidden, HTTPException, NotFound
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from gateways.testbank import CARDS_OF, CHARGE, FORGET, REDIRECT, is_signed
from gateways.testbank_cards import CARDS, digits, masked, mistakes
from gateways.testbank_courier import Courier
from gateways.testbank_ledger import CODE, PAID, Ledger, Payment
from gateways.testbank_till import LATE, RIGHT_CODE, Till, origin

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

ROOT = Path(__file__).resolve().parent.parent
PAGES = ROOT / "gateways" / "testbank_pages"
FILES = {
    "app.css": (ROOT / "static" / "app.css", "text/css; charset=utf-8"),
    "icon.svg": (ROOT / "static" / "icon.svg", "image/svg+xml"),
    "bank.js": (PAGES / "bank.js", "text/javascript; charset=utf-8"),
}
URLS = Map(
    [
        Rule("/pay", endpoint="enter", methods=["GET"]),
        Rule("/pay/<token>", endpoint="pay", methods=["GET", "POST"]),
        Rule("/pay/<token>/code", endpoint="code", methods=["GET", "POST"]),
        Rule("/pay/<token>/cancel", endpoint="cancel", methods=["POST"]),
        Rule(f"/api/{CHARGE}", endpoint="charge", methods=["POST"]),
        Rule(f"/api/{CARDS_OF}", endpoint="cards", methods=["POST"]),
        Rule(f"/api/{FORGET}", endpoint="forget", methods=["POST"]),
        Rule("/receipt/<provider_id>", endpoint="receipt", methods=["GET"]),
        Rule("/<any('app.css', 'icon.svg', 'bank.js'):name>", endpoint="file", methods=["GET"]),
        Rule("/healthz", endpoint="healthz", methods=["GET"]),
    ]
)
REQUIRED = {"number", "amount", "description", "return_url", "callback_url", "client", "bank_url", "expires"}
MOST_FORM = 16_384
CALLS_FIRST_WAITS = 5.0  # seconds the payer waits for a portal that should hear first
START = "Вернитесь в личный кабинет и начните оплату оттуда."
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}


class Bank:
    """A WSGI application."""

    def __init__(self, secret: str, ledger: Ledger, late: float = LATE) -> None:
        self.secret, self.ledger = secret, ledger
        self.till = Till(ledger, secret, late)
        self.courier = Courier(ledger, self.till)
        self.pages = Environment(
            loader=FileSystemLoader(PAGES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.pages.filters.update(roubles=roubles, left=left, masked=masked)
        self.files = {name: (path.read_bytes(), kind) for name, (path, kind) in FILES.items()}

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        request.max_content_length = request.max_form_memory_size = MOST_FORM
        try:
            endpoint, values = URLS.bind_to_environ(environ).match()
            response: Response = getattr(self, f"_{endpoint}")(request, **values)
        except HTTPException as fault:
            title = "Такой страницы нет" if fault.code == 404 else "Запрос не понят"
            response = self._note(title, START, fault.code or 400)
        response.headers.update(HEADERS)
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers.setdefault("Content-Security-Policy", _policy())
        return response(environ, start_response)

    def _enter(self, request: Request) -> Response:
        """The signed address of the portal; from here on a token of the bank's own stands for the payment."""
        fields = request.args.to_dict()
        if not is_signed(fields, self.secret, REDIRECT) or not set(fields) >= REQUIRED:
            return self._note("Ссылка на оплату изменена или не та", START, 400)
        payment = self.till.open(fields, time.time())
        if payment is None:
            return self._note("Заказ с этим номером уже есть, и он другой", START, 409)
        return _go(f"/pay/{payment.token}")

    def _pay(self, request: Request, token: str) -> Response:
        payment = self._payment(token)
        if payment.is_over:
            return _go(payment.fields["return_url"]) if request.method == "POST" else self._ended(payment)
        if payment.state == CODE:
            return _go(f"/pay/{token}/code")
        if request.method != "POST":
            return self._form(payment, self._remembered(payment), {})
        typed = {name: value[:200] for name, value in request.form.items()}
        wrong = mistakes(typed, datetime.now(UTC).date())
        if wrong:
            return self._form(payment, typed, wrong)
        self.till.pay(payment, typed, time.time())
        return self._onward(payment)

    def _code(self, request: Request, token: str) -> Response:
        payment = self._payment(token)
        if payment.state != CODE:
            return self._onward(payment)
        if request.method != "POST":
            return self._page("code.html", payment, wrong="", right=RIGHT_CODE)
        self.till.confirm(payment, request.form.get("code", ""), time.time())
        if self._payment(token).is_over:
            return self._onward(payment)
        wrong = "Код не подошёл. Проверьте и введите ещё раз."
        return self._page("code.html", payment, 422, wrong=wrong, right=RIGHT_CODE)

    def _cancel(self, request: Request, token: str) -> Response:
        payment = self._payment(token)
        self.till.refuse(payment, "Плательщик отказался от оплаты", time.time())
        return self._onward(payment)

    def _charge(self, request: Request) -> Response:
        """What the portal asks without a payer: from here on by signed forms, answered in JSON."""
        fields = self._asked(request, CHARGE, REQUIRED | {"card"})
        payment = self.till.charge(fields, time.time())
        self.courier.wake()
        if payment is None:
            return _json({"reason": "карты больше нет, или заказ с этим номером другой"}, 409)
        return _json(self.till.told(payment))

    def _cards(self, request: Request) -> Response:
        fields = self._asked(request, CARDS_OF, {"client"})
        shown = [
            {"id": card["id"], "masked": masked(digits(card["card"])), "expires": card["expiry"]}
            for card in self.ledger.kept_cards(fields["client"])
        ]
        return _json({"cards": shown})

    def _forget(self, request: Request) -> Response:
        fields = self._asked(request, FORGET, {"client", "card"})
        self.ledger.forget(fields["client"], fields["card"])
        return _json({})

    def _asked(self, request: Request, purpose: str, required: set[str]) -> dict[str, str]:
        fields = request.form.to_dict()
        if not is_signed(fields, self.secret, purpose) or not set(fields) >= required:
            raise Forbidden
        return fields

    def _receipt(self, request: Request, provider_id: str) -> Response:
        payment = self.ledger.by_provider_id(provider_id)
        if payment is None or payment.state != PAID:
            raise NotFound
        return self._page("receipt.html", payment)

    def _file(self, request: Request, name: str) -> Response:
        content, kind = self.files[name]
        return Response(content, content_type=kind, headers={"Cache-Control": "max-age=3600"})

    def _healthz(self, request: Request) -> Response:
        return Response("ok", content_type="text/plain")

    def _payment(self, token: str) -> Payment:
        found = self.ledger.find(token)
        if found is not None and not found.is_over and found.expires <= time.time():
            self.till.expire(time.time())
            found = self.ledger.find(token)
        if found is None:
            raise NotFound
        return found

    def _onward(self, payment: Payment) -> Response:
        """Where the payer goes now: to the code, back to the portal, or to the form again."""
        now = self._payment(payment.token)
        self.courier.wake()
        if not now.is_over:
            return _go(f"/pay/{now.token}/code" if now.state == CODE else f"/pay/{now.token}")
        if now.card in CARDS and CARDS[now.card].calls_first:
            self.courier.wait_for(now.number, CALLS_FIRST_WAITS)
        return _go(now.fields["return_url"])

    def _remembered(self, payment: Payment) -> dict[str, str]:
        """The card chosen on the portal; a new one to be kept; else the one that was used last."""
        asked = payment.fields
        chosen = asked.get("card", "")
        kept = self.ledger.kept_card(asked["client"], chosen) if chosen or not asked.get("keep") else {}
        return {**kept, "remember": "on"} if kept or asked.get("keep") else {}

    def _form(self, payment: Payment, typed: Mapping[str, str], wrong: Mapping[str, str]) -> Response:
        seconds = max(int(payment.expires - time.time()), 0)
        return self._page(
            "pay.html",
            payment,
            422 if wrong else 200,
            typed=typed,
            wrong=wrong,
            seconds=seconds,
            cards=CARDS.values(),
        )

    def _ended(self, payment: Payment) -> Response:
        if payment.state == PAID:
            return self._note("Заказ уже оплачен", "Второй раз платить не нужно.", 200, payment)
        return self._note("Оплата не прошла", f"{payment.reason}. Деньги не списаны.", 200, payment)

    def _note(self, title: str, text: str, status: int, payment: Payment | None = None) -> Response:
        return self._page("note.html", payment, status, title=title, text=text)

    def _page(self, template: str, payment: Payment | None, status: int = 200, **values: object) -> Response:
        html = self.pages.get_template(template).render(payment=payment, **values)
        response = Response(html, status, content_type="text/html; charset=utf-8")
        response.headers["Content-Security-Policy"] = _policy(payment)
        return response


def _json(told: object, status: int = 200) -> Response:
    return Response(json.dumps(told, ensure_ascii=False), status, content_type="application/json")


def _go(url: str) -> Response:
    return Response(status=303, headers={"Location": url})


def _policy(payment: Payment | None = None) -> str:
    """Chromium holds the redirect after a POST to `form-action` too, so the portal stands in it."""
    portal = origin(payment.fields["return_url"]) if payment else ""
    return (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; base-uri 'none'; "
        f"frame-ancestors 'none'; form-action 'self' {portal}".strip()
    )


def roubles(amount: int) -> str:
    """1 485,33 ₽ of 148533 kopecks, with no-break spaces."""
    whole, rest = divmod(amount, 100)
    return f"{whole:,}".replace(",", "\N{NO-BREAK SPACE}") + f",{rest:02d}\N{NO-BREAK SPACE}₽"


def left(seconds: int) -> str:
    """0:13:30, as the manual's bank writes it."""
    return f"{seconds // 3600}:{seconds % 3600 // 60:02d}:{seconds % 60:02d}"


def serve(port: int, secret: str, state: Path, host: str = "127.0.0.1", late: float = LATE) -> None:
    """Serves until the process is told to stop; says «ready» on the standard output. Raises `OSError`: no port."""
    import waitress

    state.parent.mkdir(parents=True, exist_ok=True)
    bank = Bank(secret, Ledger(state), late)
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    server = waitress.create_server(bank, host=host, port=port, threads=4, ident="testbank")
    threading.Thread(target=bank.courier.run, args=(threading.Event(),), daemon=True).start()
    print("ready", flush=True)
    server.run()


def start_child(port: int, secret: str, state: Path, late: float = LATE) -> subprocess.Popen[bytes]:
    """The bank as a child process, already listening; it ends with its parent, since its input then ends.

    Raises `OSError` where it does not start; it said why on the standard error.
    """
    child = subprocess.Popen(
        [sys.executable, "-m", "gateways.testbank_server", f"--port={port}", f"--state={state}", f"--late={late}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
    )
    assert child.stdin and child.stdout
    child.stdin.write(secret.encode() + b"\n")
    child.stdin.flush()
    with child.stdout as says:
        if says.readline() != b"ready\n":
            child.stdin.close()
            raise OSError(f"порт {port} занят или закрыт (код {child.wait()})")
    return child


def _end_with_input() -> None:
    sys.stdin.read()
    os._exit(0)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m gateways.testbank_server", description="Учебный банк.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--secret-file", type=Path, help="общий с кабинетом ключ; без файла: строка на входе")
    parser.add_argument("--state", type=Path, default=ROOT / "var" / "testbank.sqlite3", help="файл платежей")
    parser.add_argument("--late", type=float, default=LATE, help="на сколько секунд опаздывает опоздавший ответ")
    chosen = parser.parse_args()
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    try:
        if chosen.secret_file:
            secret = chosen.secret_file.read_text(encoding="utf-8").strip()
        else:
            secret = sys.stdin.readline().strip()
            threading.Thread(target=_end_with_input, daemon=True).start()
        if len(secret) < 16:
            parser.error("ключ короче 16 знаков")
        serve(chosen.port, secret, chosen.state, chosen.host, chosen.late)
    except OSError as fault:
        print(f"Учебный банк не запустился: {fault}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
