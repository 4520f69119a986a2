"""Text messages out, against servers that answer as smsc.ru, sms.ru and SMS Aero do."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from gateways import sms
from gateways.mail import Mail, Undeliverable
from tests import web
from tests.factories import NOW

MESSAGE = Mail(to="+79123456789", subject="", text="12345 — код для входа", key="outbox-7")
URLS = {
    "smsc": "smsc://user:p%40ss@{host}?sender=Svet",
    "smsru": "smsru://KEY@{host}?from=Svet",
    "smsaero": "smsaero://me%40example.org:KEY@{host}?sign=Svet",
}


@pytest.fixture
def server() -> Iterator[web.Server]:
    with web.server() as running:
        yield running


def send(server: web.Server, kind: str, mail: Mail = MESSAGE) -> str:
    return sms.build(URLS[kind].format(host=server.host)).send(mail, NOW)


def refused(server: web.Server, kind: str, mail: Mail = MESSAGE) -> Undeliverable:
    with pytest.raises(Undeliverable) as refusal:
        send(server, kind, mail)
    assert "KEY" not in str(refusal.value) and "+7" not in str(refusal.value)
    return refusal.value


def test_smsc_gets_the_message_with_our_own_id(server: web.Server) -> None:
    server.says({"id": 7, "cnt": 1})
    assert send(server, "smsc") == "7"
    [asked] = server.asked
    assert asked.path == "/sys/send.php"
    assert asked.body == {
        "login": "user", "psw": "p@ss", "fmt": "3", "phones": "+79123456789", "mes": MESSAGE.text,
        "charset": "utf-8", "id": "7", "sender": "Svet",
    }  # fmt: skip


def test_sms_ru_gets_the_number_without_its_plus(server: web.Server) -> None:
    own = {"status": "OK", "status_code": 100, "sms_id": "000000-10000000"}
    server.says({"status": "OK", "status_code": 100, "sms": {"79123456789": own}, "balance": 5})
    assert send(server, "smsru") == "000000-10000000"
    assert server.asked[0].path == "/sms/send"
    assert server.asked[0].body == {
        "api_id": "KEY", "to": "79123456789", "msg": MESSAGE.text, "json": "1", "from": "Svet",
    }  # fmt: skip


def test_sms_aero_is_shown_the_key_in_a_header(server: web.Server) -> None:
    server.says({"success": True, "data": {"id": 12345, "status": 0}, "message": None})
    assert send(server, "smsaero") == "12345"
    [asked] = server.asked
    assert asked.path == "/v2/sms/send"
    assert b64decode(asked.headers["Authorization"].removeprefix("Basic ")) == b"me@example.org:KEY"
    assert asked.body == {"number": "79123456789", "text": MESSAGE.text, "sign": "Svet"}


def ru(code: int) -> dict[str, Any]:
    return {"status": "ERROR", "status_code": code}


def ru_own(code: int) -> dict[str, Any]:
    return {"status": "OK", "status_code": 100, "sms": {"79123456789": {"status": "ERROR", "status_code": code}}}


@pytest.mark.parametrize(
    ("kind", "answer", "is_permanent", "is_gone"),
    [
        ("smsc", {"error": "no money", "error_code": 3}, False, False),
        ("smsc", {"error": "blocked", "error_code": 4}, False, False),
        ("smsc", {"error": "twice", "error_code": 9}, False, False),
        ("smsc", {"error": "text", "error_code": 6}, True, False),
        ("smsc", {"error": "phone", "error_code": 7}, True, True),
        ("smsc", {"error": "phone", "error_code": 8}, True, True),
        ("smsru", ru(200), False, False),
        ("smsru", ru(201), False, False),
        ("smsru", ru(220), False, False),
        ("smsru", ru_own(202), True, True),
        ("smsru", ru_own(230), True, False),
        ("smsaero", {"success": False, "result": "no credits"}, False, False),
        ("smsaero", {"success": False, "result": "reject"}, True, False),
    ],
)
def test_each_refusal_ends_the_message_or_only_puts_it_off(
    server: web.Server, kind: str, answer: dict[str, Any], is_permanent: bool, is_gone: bool
) -> None:
    server.says(answer)
    refusal = refused(server, kind)
    assert (refusal.permanent, refusal.gone) == (is_permanent, is_gone)


@pytest.mark.parametrize("kind", sorted(URLS))
@pytest.mark.parametrize("answer", ["", "<html>", "[]", "null", "{}"])
def test_an_answer_that_is_none_puts_the_message_off(server: web.Server, kind: str, answer: str) -> None:
    server.says(answer)
    assert not refused(server, kind).permanent


@pytest.mark.parametrize("kind", sorted(URLS))
@pytest.mark.parametrize("status", [302, 429, 500, 503])
def test_a_server_in_trouble_puts_the_message_off(server: web.Server, kind: str, status: int) -> None:
    server.headers["Location"] = "/elsewhere"
    server.says("busy", status=status)
    assert not refused(server, kind).permanent
    assert len(server.asked) == 1, "no redirect is followed"


@pytest.mark.parametrize("kind", sorted(URLS))
def test_a_server_that_is_not_there_puts_the_message_off(kind: str) -> None:
    with web.server() as gone:
        pass
    assert not refused(gone, kind).permanent


def test_smsc_is_asked_before_a_message_goes_again(server: web.Server) -> None:
    again = replace(MESSAGE, is_again=True)
    server.says({"status": 1, "last_date": "…"})
    assert send(server, "smsc", again) == "7"
    assert [asked.path for asked in server.asked] == ["/sys/status.php"]
    server.says({"error": "not found", "error_code": 3}, {"id": 7, "cnt": 1})
    assert send(server, "smsc", again) == "7"
    assert [asked.path for asked in server.asked[1:]] == ["/sys/status.php", "/sys/send.php"]


@pytest.mark.parametrize("kind", sorted(URLS))
def test_a_number_that_is_none_is_not_sent(server: web.Server, kind: str) -> None:
    for to in ("", "112", "+7912\n", "+7912345678900000"):
        assert refused(server, kind, replace(MESSAGE, to=to)).permanent
    assert refused(server, kind, replace(MESSAGE, text="я" * 600)).permanent
    assert not server.asked


@pytest.mark.parametrize(
    ("text", "count"),
    [("", 1), ("a" * 160, 1), ("a" * 161, 2), ("a" * 306, 2), ("a" * 307, 3), ("[" * 80, 1), ("[" * 81, 2),
     ("я" * 70, 1), ("я" * 71, 2), ("я" * 134, 2), ("я" * 135, 3), ("a" * 69 + "я", 1), ("😀" * 35, 1),
     ("😀" * 36, 2)],
)  # fmt: skip
def test_parts_are_counted_as_they_are_paid_for(text: str, count: int) -> None:
    assert sms.parts(text) == count


def test_without_a_host_the_service_itself_is_asked_by_https() -> None:
    assert sms.build("smsc://user:secret@").base == "https://smsc.ru"  # type: ignore[attr-defined]
    assert sms.build("smsru://KEY@").base == "https://sms.ru"  # type: ignore[attr-defined]
    assert sms.build("smsaero://a%40b.ru:KEY@").base == "https://gate.smsaero.ru"  # type: ignore[attr-defined]
    assert "secret" not in repr(sms.build("smsc://user:secret@"))
