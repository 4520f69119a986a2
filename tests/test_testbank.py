"""The test bank as a payer and as the portal meet it: real process, real sockets."""

from __future__ import annotations

import http.server
import queue
import socket
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateways.acquirer import Callback, Event, Forged, NewOrder, Outcome
from gateways.testbank import TestBank as Adapter
from gateways.testbank import is_signed, sign
from gateways.testbank_cards import CARDS, luhn, mistakes
from gateways.testbank_server import start_child

SECRET = "k" * 40
GOOD = {"card": "2200 0000 0000 0004", "expiry": "12/39", "holder": "ANNA", "cvc": "123"}


class Portal(http.server.BaseHTTPRequestHandler):
    """The other side: keeps the callbacks and answers what the test wants (`answers`, then 200)."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.heard.put(dict(urllib.parse.parse_qsl(body, keep_blank_values=True)))  # type: ignore[attr-defined]
        answers: list[int] = self.server.answers  # type: ignore[attr-defined]
        self.send_response(answers.pop(0) if answers else 200)
        self.end_headers()

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """The test's output stays clean."""


class Town:
    """A bank in a process of its own and a portal that hears it."""

    def __init__(self, folder: Path) -> None:
        self.portal = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Portal)
        self.portal.heard = queue.Queue()  # type: ignore[attr-defined]
        self.portal.answers = []  # type: ignore[attr-defined]
        threading.Thread(target=self.portal.serve_forever, daemon=True).start()
        self.base = f"http://127.0.0.1:{self.portal.server_port}"
        self.state, self.port = folder / "bank.sqlite3", free_port()
        self.adapter = Adapter(f"http://127.0.0.1:{self.port}", SECRET)
        self.open()

    def open(self) -> None:
        self.child = start_child(self.port, SECRET, self.state)
        for _ in range(200):
            try:
                urllib.request.urlopen(f"{self.adapter.url}/healthz", timeout=1).close()
                return
            except urllib.error.URLError:
                threading.Event().wait(0.05)
        raise AssertionError("the bank did not open")

    def close(self) -> None:
        self.child.kill()
        self.child.wait()

    def order(self, number: str) -> str:
        order = NewOrder(
            number=number,
            amount=148533,
            description="Оплата услуг",
            return_url=f"{self.base}/orders/1",
            callback_url=f"{self.base}/callbacks/testbank",
            expires_at=datetime.now(UTC) + timedelta(minutes=20),
        )
        return self.adapter.create(order).url

    def heard(self, seconds: float = 10) -> Event:
        form = self.portal.heard.get(timeout=seconds)  # type: ignore[attr-defined]
        return self.adapter.read_callback(Callback("POST", form=form))

    def is_silent(self, seconds: float = 1.5) -> bool:
        try:
            self.portal.heard.get(timeout=seconds)  # type: ignore[attr-defined]
        except queue.Empty:
            return True
        return False


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: object) -> None:
        return None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def press(url: str, form: dict[str, str] | None = None) -> tuple[int, str, str]:
    """(status, body, Location) of a GET, or of a POST where there is a form; redirects are not followed."""
    data = urllib.parse.urlencode(form).encode() if form is not None else None
    opener = urllib.request.build_opener(NoRedirect)
    try:
        with opener.open(urllib.request.Request(url, data), timeout=15) as answer:
            return answer.status, answer.read().decode(), ""
    except urllib.error.HTTPError as answer:
        return answer.code, answer.read().decode(), answer.headers.get("Location", "")


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    made = Town(tmp_path_factory.mktemp("bank"))
    yield made
    made.close()
    made.portal.shutdown()


def pay(town: Town, number: str, card: str) -> tuple[int, str, str]:
    return press(town.order(number), {**GOOD, "card": card})


def card_that(words: str) -> str:
    return next(number for number, card in CARDS.items() if words in card.says)


def test_a_good_card_pays_and_the_portal_hears_of_it(town: Town) -> None:
    status, _, location = pay(town, "1", GOOD["card"])
    assert (status, location) == (303, f"{town.base}/orders/1")
    event = town.heard()
    assert (event.number, event.outcome, event.amount) == ("1", Outcome.PAID, 148533)
    assert event.masked_card == "•• 0004"
    assert "1 485,33" in press(event.receipt_url)[1].replace("\N{NO-BREAK SPACE}", " ")


def test_a_card_without_money_fails_with_the_reason(town: Town) -> None:
    pay(town, "2", card_that("не хватает"))
    event = town.heard()
    assert (event.outcome, event.reason) == (Outcome.FAILED, "Недостаточно средств на карте")


def test_a_second_press_pays_once(town: Town) -> None:
    pay(town, "3", GOOD["card"])
    status, body, _ = pay(town, "3", GOOD["card"])
    assert status == 200
    assert "уже оплачен" in body
    assert town.heard().number == "3"
    assert town.is_silent()


def test_the_code_of_3d_secure_is_asked_and_checked(town: Town) -> None:
    _, _, location = pay(town, "4", card_that("3-D Secure"))
    code_page = f"{town.adapter.url}{location}"
    assert press(code_page, {"code": "0000"})[0] == 422
    assert press(town.order("4"))[2].startswith("/code"), "the card cannot be paid around its code"
    assert press(code_page, {"code": " 1234 "})[0] == 303
    assert town.heard().outcome is Outcome.PAID


def test_three_wrong_codes_end_the_payment(town: Town) -> None:
    _, _, location = pay(town, "5", card_that("3-D Secure"))
    answers = [press(f"{town.adapter.url}{location}", {"code": "9"})[0] for _ in range(3)]
    assert answers == [422, 422, 303]
    assert town.heard().outcome is Outcome.FAILED


def test_one_card_calls_twice_with_the_same_key(town: Town) -> None:
    pay(town, "6", card_that("дважды"))
    assert town.heard() == town.heard()


def test_one_card_never_calls(town: Town) -> None:
    assert pay(town, "7", card_that("никогда"))[0] == 303
    assert town.is_silent()


def test_a_forged_message_is_known_as_such(town: Town) -> None:
    pay(town, "8", card_that("подделано"))
    with pytest.raises(Forged):
        town.heard()


def test_one_card_calls_before_the_payer_returns(town: Town) -> None:
    pay(town, "9", card_that("раньше"))
    assert town.heard(seconds=0.1).outcome is Outcome.PAID


def test_a_refusal_of_the_payer_is_told(town: Town) -> None:
    assert press(town.order("10").replace("/pay?", "/cancel?"), {})[0] == 303
    assert town.heard().reason == "Плательщик отказался от оплаты"


def test_what_was_typed_stays_after_a_mistake(town: Town) -> None:
    status, body, _ = press(town.order("11"), {**GOOD, "card": "2200000000000005", "holder": "ANNA <b>"})
    assert status == 422
    assert "В номере карты ошибка" in body
    assert "ANNA &lt;b&gt;" in body


def test_a_changed_sum_is_refused(town: Town) -> None:
    assert press(town.order("12").replace("amount=148533", "amount=100"))[0] == 400


def test_a_portal_that_is_down_hears_later_and_a_restart_loses_nothing(town: Town) -> None:
    town.portal.answers.extend([503])  # type: ignore[attr-defined]
    pay(town, "13", GOOD["card"])
    assert town.heard().number == "13"
    town.close()
    town.open()
    assert town.heard().number == "13"
    assert town.is_silent()


def test_signatures_cover_every_field() -> None:
    values = {"a": "1", "b": "2"}
    values["sign"] = sign(values, SECRET)
    assert is_signed(values, SECRET)
    assert not is_signed({**values, "b": "3"}, SECRET)
    assert not is_signed({**values, "c": "3"}, SECRET)
    assert not is_signed(values, SECRET + "x")


def test_every_card_passes_its_check_digit() -> None:
    assert all(luhn(number) for number in CARDS)


@pytest.mark.parametrize(
    ("field", "typed", "says"),
    [
        ("card", "", "Заполните поле"),
        ("card", "٢٢٠٠٠٠٠٠٠٠٠٠٠٠٠٤", "ошибка"),
        ("expiry", "13/30", "Месяц и год"),
        ("expiry", "10/26", "истёк"),
        ("cvc", "12", "Три цифры"),
        ("holder", " ", "Заполните поле"),
    ],
)
def test_the_form_says_what_is_wrong(field: str, typed: str, says: str) -> None:
    found = mistakes({**GOOD, field: typed}, datetime(2026, 11, 20, tzinfo=UTC).date())
    assert list(found) == [field]
    assert says in found[field]
