"""The test bank as a payer and as the portal meet it: real process, real sockets."""

from __future__ import annotations

import http.server
import queue
import re
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import html5lib
import pytest

from bench.process import free_port
from gateways.acquirer import Callback, Event, Forged, NewOrder, Outcome
from gateways.testbank import REDIRECT, SIGNATURE, is_signed, sign
from gateways.testbank import TestBank as Adapter
from gateways.testbank_cards import CARDS, luhn, mistakes
from gateways.testbank_ledger import PAID, Call, Ledger
from gateways.testbank_server import ROOT, left, roubles, start_child
from gateways.testbank_till import Till, origin

SECRET = "k" * 40
GOOD = {"card": "2200 0000 0000 0004", "expiry": "12/39", "holder": "ANNA", "cvc": "123"}
NUMBERS = count()
LATE = 1.5  # seconds: the late card's callback in these tests


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
        self.child = start_child(self.port, SECRET, self.state, LATE)

    def kill(self) -> None:
        self.child.kill()
        self.child.wait()

    def link(self, number: str, amount: int = 148533, seconds: float = 1200, client: str = "") -> str:
        """The signed address to which the portal sends the payer."""
        order = NewOrder(
            number=number,
            amount=amount,
            description="Оплата услуг",
            return_url=f"{self.base}/orders/1",
            callback_url=f"{self.base}/callbacks/testbank",
            expires_at=datetime.now(UTC) + timedelta(seconds=seconds),
            client=client,
        )
        return self.adapter.create(order).url

    def page(self, number: str, **facts: str | float) -> str:
        """The page on which the payer then stands."""
        status, _, location = press(self.link(number, **facts))  # type: ignore[arg-type]
        assert status == 303
        return f"{self.adapter.url}{location}"

    def pay(self, number: str, card: str, **changes: str) -> tuple[int, str, str]:
        return press(self.page(number), {**GOOD, "card": card, **changes})

    def heard(self, seconds: float = 10) -> Event:
        form = self.portal.heard.get(timeout=seconds)  # type: ignore[attr-defined]
        return self.adapter.read_callback(Callback("POST", form=form))

    def is_silent(self, seconds: float = 1.5) -> bool:
        """Nothing is heard, not even after the bank's first pause."""
        try:
            self.portal.heard.get(timeout=seconds)  # type: ignore[attr-defined]
        except queue.Empty:
            return True
        return False

    def owes_nothing(self) -> bool:
        """Callbacks go out in turn: when a later payment is heard of next, nothing stood before it."""
        number = f"next-{next(NUMBERS)}"
        self.pay(number, GOOD["card"])
        return self.heard().number == number


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: object) -> None:
        return None


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
    made.kill()
    made.portal.shutdown()
    made.portal.server_close()


def card_that(words: str) -> str:
    return next(number for number, card in CARDS.items() if words in card.says)


@pytest.fixture(autouse=True)
def quiet(town: Town) -> Iterator[None]:
    """What one test leaves unheard must not be heard by the next."""
    yield
    town.portal.answers.clear()  # type: ignore[attr-defined]
    while not town.portal.heard.empty():  # type: ignore[attr-defined]
        town.portal.heard.get()  # type: ignore[attr-defined]


@pytest.mark.parametrize("card", [card.number for card in CARDS.values() if "проходит (" in card.says])
def test_a_good_card_pays_and_the_portal_hears_of_it(town: Town, card: str) -> None:
    number = f"good-{card[-4:]}"
    status, _, location = town.pay(number, card)
    assert (status, location) == (303, f"{town.base}/orders/1")
    event = town.heard()
    assert (event.number, event.outcome, event.amount) == (number, Outcome.PAID, 148533)
    assert event.masked_card == f"•• {card[-4:]}"
    receipt = press(event.receipt_url)[1]
    assert "1 485,33 ₽" in receipt.replace("\N{NO-BREAK SPACE}", " ") and card not in receipt


def test_a_card_without_money_fails_with_the_reason(town: Town) -> None:
    town.pay("2", card_that("не хватает"))
    event = town.heard()
    assert (event.outcome, event.reason) == (Outcome.FAILED, "Недостаточно средств на карте")


def test_a_second_press_pays_once_and_leads_back(town: Town) -> None:
    page = town.page("3")
    assert [press(page, GOOD)[::2] for _ in range(2)] == [(303, f"{town.base}/orders/1")] * 2
    assert press(page, {**GOOD, "card": card_that("не хватает")})[0] == 303
    assert "уже оплачен" in press(page)[1]
    assert town.heard().outcome is Outcome.PAID
    assert town.owes_nothing()


def test_many_presses_at_once_pay_once(town: Town) -> None:
    page = town.page("3-many")
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: press(page, GOOD)[0], range(16)))
    assert answers == [303] * 16
    assert town.heard().number == "3-many"
    assert town.owes_nothing()


def test_the_code_of_3d_secure_is_asked_and_checked(town: Town) -> None:
    _, _, location = town.pay("4", card_that("3-D Secure"))
    code_page = f"{town.adapter.url}{location}"
    assert "1234" in press(code_page)[1]
    assert press(code_page, {"code": "0000"})[0] == 422
    assert press(town.page("4"))[2] == location, "the card cannot be paid around its code"
    assert press(town.page("4"), GOOD)[2] == location
    assert press(code_page, {"code": " 1234 "})[::2] == (303, f"{town.base}/orders/1")
    assert press(code_page, {"code": "1234"})[::2] == (303, f"{town.base}/orders/1")
    assert town.heard().outcome is Outcome.PAID
    assert town.owes_nothing()


def test_three_wrong_codes_end_the_payment(town: Town) -> None:
    _, _, location = town.pay("5", card_that("3-D Secure"))
    answers = [press(f"{town.adapter.url}{location}", {"code": "9"})[0] for _ in range(3)]
    assert answers == [422, 422, 303]
    event = town.heard()
    assert (event.outcome, event.reason) == (Outcome.FAILED, "Код из СМС введён неверно")


@pytest.mark.parametrize("card", [GOOD["card"], card_that("3-D Secure")])
def test_a_page_that_was_left_ends_with_its_time(town: Town, card: str) -> None:
    page = town.page(f"left-{card[-4:]}", seconds=1.2)
    if card != GOOD["card"]:
        assert press(page, {**GOOD, "card": card})[2].endswith("/code")
    event = town.heard()
    assert (event.outcome, event.reason) == (Outcome.FAILED, "Время на оплату вышло")
    assert "Деньги не списаны" in press(page)[1]
    assert press(page, GOOD)[::2] == (303, f"{town.base}/orders/1")
    assert town.owes_nothing()


def test_one_card_is_late(town: Town) -> None:
    start = time.monotonic()
    town.pay("late", card_that("через 15 секунд"))
    assert town.heard().outcome is Outcome.PAID
    assert time.monotonic() - start >= LATE


def test_one_card_calls_twice_with_the_same_key(town: Town) -> None:
    town.pay("6", card_that("дважды"))
    assert town.heard() == town.heard()


def test_one_card_never_calls(town: Town) -> None:
    assert town.pay("7", card_that("никогда"))[0] == 303
    assert town.owes_nothing()


def test_a_forged_message_is_known_as_such_and_comes_once(town: Town) -> None:
    town.portal.answers.extend([400] * 9)  # type: ignore[attr-defined]
    town.pay("8", card_that("подделано"))
    with pytest.raises(Forged):
        town.heard()
    assert town.is_silent()


def test_one_card_calls_before_the_payer_returns(town: Town) -> None:
    town.pay("9", card_that("раньше"))
    assert town.heard(seconds=0.1).outcome is Outcome.PAID


def test_a_refusal_of_the_payer_is_told(town: Town) -> None:
    page = town.page("10")
    assert press(f"{page}/cancel", {})[::2] == (303, f"{town.base}/orders/1")
    assert town.heard().reason == "Плательщик отказался от оплаты"
    assert press(page, GOOD)[0] == 303
    assert town.owes_nothing()


def test_what_was_typed_stays_after_a_mistake(town: Town) -> None:
    typed = {
        **GOOD,
        "card": "2200000000000005",
        "holder": "ANNA <b>",
        "contact": "anna@example.org",
        "remember": "on",
    }
    status, body, _ = press(town.page("11", client="11"), typed)
    assert status == 422 and "В номере карты ошибка" in body
    fields = inputs(body)
    assert {name: fields[name].get("value") for name in typed if name != "remember"} == {
        name: value for name, value in typed.items() if name != "remember"
    }
    assert "checked" in fields["remember"] and fields["card"]["aria-invalid"] == "true"


def test_a_real_card_is_refused_and_not_stored(town: Town) -> None:
    real = "4276550012345678"
    real = next(f"{real[:-1]}{digit}" for digit in range(10) if luhn(f"{real[:-1]}{digit}"))
    status, body, _ = town.pay("real", real)
    assert status == 422 and "только тестовые карты" in body
    assert real.encode() not in town.state.read_bytes()


def test_a_remembered_card_is_filled_in_but_its_code_is_not(town: Town) -> None:
    press(town.page("kept-1", client="7"), {**GOOD, "remember": "on"})
    fields = inputs(press(town.page("kept-2", client="7"))[1])
    assert [fields[name].get("value") for name in GOOD] == ["2200 0000 0000 0004", "12/39", "ANNA", ""]
    assert "checked" in fields["remember"]
    assert not inputs(press(town.page("kept-3", client="8"))[1])["card"].get("value")
    press(town.page("kept-2", client="7"), GOOD)  # the tick was taken away
    assert not inputs(press(town.page("kept-4", client="7"))[1])["card"].get("value")


def test_who_has_no_name_at_the_bank_is_not_asked_to_be_remembered(town: Town) -> None:
    assert set(inputs(press(town.page("nobody"))[1])) == {*GOOD, "contact"}


def test_a_card_that_did_not_pay_is_not_remembered(town: Town) -> None:
    press(town.page("kept-5", client="9"), {**GOOD, "card": card_that("не хватает"), "remember": "on"})
    assert not inputs(press(town.page("kept-6", client="9"))[1])["card"].get("value")


def test_a_changed_sum_is_refused(town: Town) -> None:
    status, body, _ = press(town.link("12").replace("amount=148533", "amount=100"))
    assert status == 400 and "изменена" in body


def test_another_sum_for_a_known_number_is_refused_even_if_signed(town: Town) -> None:
    town.page("12-twice")
    assert press(town.link("12-twice", amount=100))[0] == 409
    assert town.page("12-twice") == town.page("12-twice")


@pytest.mark.parametrize("place", ["return_url", "callback_url"])
@pytest.mark.parametrize("url", ["javascript:alert(1)", "file:///etc/passwd", "http://a;script-src *", "//evil", ""])
def test_only_web_addresses_are_led_to_or_called(town: Town, place: str, url: str) -> None:
    fields = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(town.link("13-url")).query, keep_blank_values=True))
    fields[place] = url
    fields[SIGNATURE] = sign(fields, SECRET, REDIRECT)
    assert press(f"{town.adapter.url}/pay?{urllib.parse.urlencode(fields)}")[0] == 409


def test_the_signed_address_names_no_person(town: Town) -> None:
    order = NewOrder("1", 100, "d", "http://a/", "http://a/", email="anna@example.org", phone="+79001234567")
    url = urllib.parse.unquote(town.adapter.create(order).url)
    assert "anna" not in url and "9001234567" not in url


def test_a_portal_that_is_down_hears_later_and_a_restart_loses_nothing(town: Town) -> None:
    town.portal.answers.extend([503])  # type: ignore[attr-defined]
    town.pay("13", GOOD["card"])
    assert town.heard().number == "13"
    town.kill()
    town.open()
    assert town.heard().number == "13"
    assert town.is_silent()


def test_a_redirect_is_no_answer_and_is_not_followed(town: Town) -> None:
    town.portal.answers.extend([302])  # type: ignore[attr-defined]
    town.pay("14", GOOD["card"])
    assert town.heard() == town.heard()
    assert town.is_silent()


def test_pages_allow_nothing_from_elsewhere_and_a_way_back_to_the_portal(town: Town) -> None:
    with urllib.request.urlopen(town.page("15")) as answer:
        policy = answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "no-store" and answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert policy.endswith(f"form-action 'self' {town.base}")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{town.adapter.url}/pay?return_url=http://evil.example")
    assert "evil" not in refused.value.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "path", ["/", "/pay/x", "/pay/x/code", "/receipt/x", "/pay?sign=%ff", "/testbank.py", "/..%2fapp.py"]
)
def test_nonsense_in_the_address_gets_a_page(town: Town, path: str) -> None:
    status, body, _ = press(f"{town.adapter.url}{path}")
    assert status in (400, 404) and "Вернитесь в личный кабинет" in body


def test_an_unpaid_order_has_no_receipt_and_a_huge_form_is_refused(town: Town) -> None:
    page = town.page("16")
    provider_id = (
        sqlite3.connect(town.state).execute("SELECT provider_id FROM payment WHERE number = '16'").fetchone()
    )
    assert press(f"{town.adapter.url}/receipt/{provider_id[0]}")[0] == 404
    assert press(page, {**GOOD, "holder": "x" * 20_000})[0] == 413


def test_every_page_is_sound_html(town: Town) -> None:
    page = town.page("17", client="17")
    wrong = press(page, {"card": "1"})[1]
    _, _, location = press(page, {**GOOD, "card": card_that("3-D Secure")})
    code = f"{town.adapter.url}{location}"
    pages = [press(town.page("18"))[1], wrong, press(code)[1], press(code, {"code": "1"})[1], press(page + "x")[1]]
    for text in pages:
        html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(text)
        assert text.count("<h1") == 1 and " style=" not in text and "onclick" not in text
        ids = re.findall(r' id="([^"]+)"', text)
        assert len(ids) == len(set(ids))
        assert {ref for refs in re.findall(r'aria-describedby="([^"]+)"', text) for ref in refs.split()} <= set(ids)


def inputs(body: str) -> dict[str, Mapping[str, str]]:
    """The fields of the page's form: name → its attributes."""
    document = html5lib.parse(body, namespaceHTMLElements=False)
    return {field.get("name"): field.attrib for field in document.iter("input")}


def test_the_bank_ends_with_the_portal_that_started_it(tmp_path: Path) -> None:
    """It holds the standard error of its parent, so this returns when the last of them is gone."""
    port = free_port()
    program = f"""if True:
        import os, sys
        from pathlib import Path
        from gateways.testbank_server import start_child
        start_child({port}, "k" * 40, Path({str(tmp_path / "bank")!r}))
        print("open", flush=True)
        os._exit(9)
    """
    portal = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=30)
    assert (portal.stdout, portal.returncode) == ("open\n", 9)
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5)


def test_a_taken_port_is_told_to_who_starts_the_bank(town: Town, tmp_path: Path) -> None:
    with pytest.raises(OSError, match=str(town.port)):
        start_child(town.port, SECRET, tmp_path / "bank")


def test_the_bank_stands_alone_with_a_secret_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(f"{SECRET}\n")
    port = free_port()
    command = [sys.executable, "-m", "gateways.testbank_server", f"--port={port}"]
    command += [f"--secret-file={tmp_path / 'secret'}", f"--state={tmp_path / 'var' / 'bank'}"]
    pipe, null = subprocess.PIPE, subprocess.DEVNULL
    with subprocess.Popen(command, cwd=ROOT, stdin=null, stdout=pipe, text=True) as alone:
        assert alone.stdout and alone.stdout.readline() == "ready\n"
        adapter = Adapter(f"http://127.0.0.1:{port}", SECRET)
        order = NewOrder("1", 100, "d", "http://127.0.0.1/", "http://127.0.0.1/")
        assert press(adapter.create(order).url)[0] == 303
        alone.terminate()


def test_a_short_secret_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="код 2"):
        start_child(free_port(), "short", tmp_path / "bank")


def signed(**values: str) -> dict[str, str]:
    return {**values, SIGNATURE: sign(values, SECRET)}


def test_signatures_cover_every_field() -> None:
    values = signed(a="1", b="2")
    assert is_signed(values, SECRET)
    assert not is_signed({**values, "b": "3"}, SECRET)
    assert not is_signed({**values, "c": "3"}, SECRET)
    assert not is_signed({name: value for name, value in values.items() if name != "b"}, SECRET)
    assert not is_signed(values, SECRET + "x")
    assert not is_signed({**values, SIGNATURE: ""}, SECRET) and not is_signed({}, SECRET)


@pytest.mark.parametrize("value", ["2;c;3", "2&c=3", "2\nc=3", "2;"])
def test_a_value_cannot_pose_as_another_field(value: str) -> None:
    disguised = signed(a="1", b=value)
    assert not is_signed({"a": "1", "b": "2", "c": "3", SIGNATURE: disguised[SIGNATURE]}, SECRET)
    assert is_signed(disguised, SECRET)


def test_an_address_that_the_payer_sees_is_no_callback() -> None:
    values = {"key": "1", "number": "1", "provider_id": "1", "outcome": "paid", "amount": "1"}
    form = {**values, SIGNATURE: sign(values, SECRET, REDIRECT)}
    with pytest.raises(Forged):
        Adapter("http://bank", SECRET).read_callback(Callback("POST", form=form))


@pytest.mark.parametrize(
    "change", [{"outcome": "maybe"}, {"amount": "1.5"}, {"amount": ""}, {"provider_id": None}, {"key": None}]
)
def test_a_signed_callback_without_sense_is_refused(change: dict[str, str | None]) -> None:
    values = {"key": "1", "number": "1", "provider_id": "1", "outcome": "paid", "amount": "1", **change}
    form = signed(**{name: value for name, value in values.items() if value is not None})
    with pytest.raises(Forged):
        Adapter("http://bank", SECRET).read_callback(Callback("POST", form=form))


def test_the_secret_is_not_shown_with_the_bank() -> None:
    assert SECRET not in repr(Adapter("http://bank", SECRET))
    assert Adapter("https://bank.example:8443/x/", SECRET).origin == "https://bank.example:8443"


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ledger")


FIELDS = {
    "number": "1", "amount": "100", "description": "d", "return_url": "http://a/r", "callback_url": "http://a/c",
    "client": "", "bank_url": "http://b", "expires": "",
}  # fmt: skip


def test_a_portal_that_is_down_is_called_for_three_days(ledger: Ledger) -> None:
    payment = ledger.opened(FIELDS, 10)
    Till(ledger, SECRET).pay(payment, GOOD, now=5)
    [call] = ledger.owed(5)
    assert (call.due, call.until) == (5, 5 + 3 * 86400)


def test_pauses_grow_and_end(ledger: Ledger) -> None:
    payment = ledger.opened(FIELDS, 10)
    ledger.finish(payment, PAID, "2200", None, "", [Call("http://a", {"number": "1"}, due=0, until=1500)])
    pauses, now = [], 0.0
    while ledger.put_off(ledger.owed(now)[0], now):
        pauses.append(next(pause for pause in (*(2**n for n in range(9)), 300) if ledger.owed(now + pause)))
        now += pauses[-1]
    assert pauses == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300] and not ledger.owes("1")


def test_a_call_survives_the_ledger_being_opened_again(ledger: Ledger) -> None:
    payment = ledger.opened(FIELDS, 10)
    assert ledger.finish(payment, PAID, "2200", None, "", [Call("http://a", {"number": "1"}, 5, 9)])
    again = Ledger(ledger.path)
    assert not again.owed(4)
    assert [call.body for call in again.owed(5)] == [{"number": "1"}]
    assert not again.finish(payment, PAID, "2200", None, "", [Call("http://a", {}, 5, 9)])
    assert len(again.owed(5)) == 1


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("http://127.0.0.1:8000/orders/1", "http://127.0.0.1:8000"),
        ("https://kabinet.example", "https://kabinet.example"),
        ("http://[::1]:80/x?y#z", "http://[::1]:80"),
        ("http://a b/", ""),
        ("http://a;script-src", ""),
        ("http://user@a/", ""),
        ("http://a/\r\nX: y", ""),
        ("ftp://a/", ""),
        ("http:///x", ""),
    ],
)
def test_an_origin_is_taken_of_web_addresses_alone(url: str, found: str) -> None:
    assert origin(url) == found


def test_sums_and_times_are_written_as_people_read_them() -> None:
    assert [roubles(sum_).replace("\N{NO-BREAK SPACE}", "_") for sum_ in (0, 5, 148533, 123456789)] == [
        "0,00_₽", "0,05_₽", "1_485,33_₽", "1_234_567,89_₽",
    ]  # fmt: skip
    assert [left(seconds) for seconds in (0, 810, 4000)] == ["0:00:00", "0:13:30", "1:06:40"]


def test_every_card_passes_its_check_digit() -> None:
    assert all(luhn(number) and len(number) == 16 for number in CARDS)
    assert not luhn("2200000000000005") and not luhn("") and not luhn("abc")


@pytest.mark.parametrize(
    ("field", "typed", "says"),
    [
        ("card", "", "Заполните поле"),
        ("card", "٢٢٠٠٠٠٠٠٠٠٠٠٠٠٠٤", "ошибка"),
        ("card", "2200000000000005", "ошибка"),
        ("card", "4242424242424242", "только тестовые"),
        ("expiry", "", "Заполните поле"),
        ("expiry", "13/30", "Месяц и год"),
        ("expiry", "00/30", "Месяц и год"),
        ("expiry", "129", "Месяц и год"),
        ("expiry", "10/26", "истёк"),
        ("expiry", "12/99", "Проверьте год"),
        ("cvc", "12", "Три цифры"),
        ("cvc", "12a", "Три цифры"),
        ("cvc", "", "Заполните поле"),
        ("holder", " ", "Заполните поле"),
        ("contact", "anna@", "Проверьте адрес"),
        ("contact", "12345", "Проверьте адрес"),
    ],
)
def test_the_form_says_what_is_wrong(field: str, typed: str, says: str) -> None:
    found = mistakes({**GOOD, field: typed}, datetime(2026, 11, 20, tzinfo=UTC).date())
    assert list(found) == [field]
    assert says in found[field]


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("card", "2200-0000\N{NO-BREAK SPACE}0000 0004"),
        ("expiry", "11/26"),
        ("expiry", "1226"),
        ("expiry", " 1 / 2027 "),
        ("expiry", "01.27"),
        ("contact", "anna@example.org"),
        ("contact", "8 (900) 123-45-67"),
        ("contact", ""),
    ],
)
def test_the_form_takes_what_people_write(field: str, typed: str) -> None:
    assert not mistakes({**GOOD, field: typed}, datetime(2026, 11, 20, tzinfo=UTC).date())


def test_an_empty_form_names_every_field_that_is_needed() -> None:
    assert list(mistakes({}, datetime(2026, 11, 20, tzinfo=UTC).date())) == ["card", "expiry", "holder", "cvc"]
