"""Text messages out: smsc.ru, sms.ru, SMS Aero by plain HTTP, or nowhere in demo mode."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from gateways.mail import Mail, Mailer, Undeliverable
from gateways.web import Reply, ask, base_of

MOBILE = re.compile(r"\+[1-9]\d{7,14}")
LONGEST = 8  # parts: sms.ru takes no more

_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_TWICE = frozenset("^{}\\[~]|€\f")
TROUBLE = timedelta(minutes=15)  # no money, a wrong password: people have to do something first


def parts(text: str) -> int:
    """How many messages are paid for: 160 signs of GSM-7 or 70 of UCS-2, less in each of several."""
    if all(sign in _GSM or sign in _GSM_TWICE for sign in text):
        length, single, several = sum(2 if sign in _GSM_TWICE else 1 for sign in text), 160, 153
    else:
        length, single, several = len(text.encode("utf-16-be")) // 2, 70, 67
    return 1 if length <= single else -(-length // several)


class CapturedSms:
    """A gateway that keeps messages to itself; it is as strict about numbers as a real one."""

    def send(self, mail: Mail, now: datetime) -> str:
        _number(mail)
        return f"captured-{mail.key}"


@dataclass(frozen=True)
class Smsc:
    """smsc.ru. A message that may have gone out is asked for by our own id before it is sent again."""

    base: str
    login: str
    password: str = field(repr=False)
    sender: str = ""

    def send(self, mail: Mail, now: datetime) -> str:
        phone, own = _number(mail), _own_id(mail.key)
        if mail.is_again and own and self._has(phone, own):
            return own
        form = {
            **self._door(),
            "phones": phone,
            "mes": mail.text,
            "charset": "utf-8",
            "id": own,
            "sender": self.sender,
        }
        reply = ask(f"{self.base}/sys/send.php", form={name: value for name, value in form.items() if value})
        code = _code(reply.body.get("error_code"))
        if code is not None:
            raise self._refusal(code)
        return str(_told(reply, "id"))

    def _has(self, phone: str, own: str) -> bool:
        """Waiting, handed over, delivered or read: it was taken."""
        reply = ask(f"{self.base}/sys/status.php", form={**self._door(), "phone": phone, "id": own})
        return _code(reply.body.get("status")) in (-1, 0, 1, 2)

    def _door(self) -> dict[str, str]:
        return {"login": self.login, "psw": self.password, "fmt": "3"}

    def probe(self) -> None:
        reply = ask(f"{self.base}/sys/balance.php", form=self._door())
        code = _code(reply.body.get("error_code"))
        if code is not None:
            raise self._refusal(code)
        _told(reply, "balance")

    @staticmethod
    def _refusal(code: int) -> Undeliverable:
        if code in (2, 3):
            return Undeliverable(
                f"smsc.ru: проверьте пароль, адрес и остаток (код {code})", permanent=False, wait=TROUBLE
            )
        if code in (4, 9):
            return Undeliverable(f"smsc.ru: слишком часто (код {code})", permanent=False, wait=timedelta(minutes=2))
        return Undeliverable(f"smsc.ru: не принято (код {code})", permanent=True, gone=code in (7, 8))


@dataclass(frozen=True)
class SmsRu:
    """sms.ru: whether a message went out cannot be asked without its id, which only the answer tells."""

    base: str
    api_id: str = field(repr=False)
    sender: str = ""

    def send(self, mail: Mail, now: datetime) -> str:
        phone = _number(mail).lstrip("+")
        form = {"api_id": self.api_id, "to": phone, "msg": mail.text, "json": "1"}
        reply = ask(f"{self.base}/sms/send", form={**form, **({"from": self.sender} if self.sender else {})})
        self._check(_code(_told(reply, "status_code")))
        sent = reply.body.get("sms")
        own = sent.get(phone) if isinstance(sent, dict) else None
        if not isinstance(own, dict):
            raise Undeliverable("sms.ru: ответ не разобран", permanent=False)
        self._check(_code(own.get("status_code")))
        return str(own.get("sms_id", ""))

    def probe(self) -> None:
        reply = ask(f"{self.base}/auth/check", form={"api_id": self.api_id, "json": "1"})
        self._check(_code(_told(reply, "status_code")))

    @staticmethod
    def _check(code: int | None) -> None:
        if code in (100, 101, 102, 103):
            return
        if code in (202, 207, 209):
            raise Undeliverable(f"sms.ru: номер не принят (код {code})", permanent=True, gone=True)
        if code in (203, 205, 208, 212, 230, 231, 232, 233):
            raise Undeliverable(f"sms.ru: не принято (код {code})", permanent=True)
        if code is None or code == 220:
            raise Undeliverable("sms.ru: сервис не работает", permanent=False)
        raise Undeliverable(
            f"sms.ru: проверьте ключ, отправителя и остаток (код {code})", permanent=False, wait=TROUBLE
        )


@dataclass(frozen=True)
class SmsAero:
    """SMS Aero: e-mail and API key, a sign («подпись») that has been agreed with it."""

    base: str
    email: str
    key: str = field(repr=False)
    sign: str = "SMS Aero"

    def send(self, mail: Mail, now: datetime) -> str:
        phone = _number(mail).lstrip("+")
        content = {"number": phone, "text": mail.text, "sign": self.sign}
        reply = ask(f"{self.base}/v2/sms/send", content=content, headers=self._door())
        sent = reply.body.get("data")
        if reply.body.get("success") is True and isinstance(sent, dict):
            return str(sent.get("id", ""))
        raise self._refusal(reply)

    def probe(self) -> None:
        reply = ask(f"{self.base}/v2/auth", headers=self._door())
        if reply.body.get("success") is not True:
            raise self._refusal(reply)

    def _door(self) -> dict[str, str]:
        key = b64encode(f"{self.email}:{self.key}".encode()).decode()
        return {"Authorization": f"Basic {key}"}

    @staticmethod
    def _refusal(reply: Reply) -> Undeliverable:
        said = str(reply.body.get("result") or reply.body.get("message") or "").lower()
        if reply.status in (401, 402, 403) or "no credits" in said:
            return Undeliverable("SMS Aero: проверьте ключ и остаток", permanent=False, wait=TROUBLE)
        if reply.status == 429 or reply.status >= 500 or not reply.body:
            return Undeliverable(f"SMS Aero: сервис не работает ({reply.status})", permanent=False)
        return Undeliverable(f"SMS Aero: не принято ({reply.status})", permanent=True)


class Sms(Mailer, Protocol):
    """A service of messages. `probe` sends nothing, it asks if it knows us: `Undeliverable` says what is wrong."""

    def probe(self) -> None: ...


def build(url: str) -> Sms:
    """``smsc://login:password@smsc.ru?sender=…``, ``smsru://api_id@sms.ru?from=…``,
    ``smsaero://email:key@gate.smsaero.ru?sign=…``; the scheme chooses, the host may be left out.
    """
    address = urlsplit(url)
    return SCHEMES[address.scheme](address, dict(parse_qsl(address.query)))


def _smsc(address: SplitResult, options: Mapping[str, str]) -> Sms:
    login, password = unquote(address.username or ""), unquote(address.password or "")
    return Smsc(_base(address, "smsc.ru"), login, password, options.get("sender", ""))


def _sms_ru(address: SplitResult, options: Mapping[str, str]) -> Sms:
    return SmsRu(_base(address, "sms.ru"), unquote(address.username or ""), options.get("from", ""))


def _sms_aero(address: SplitResult, options: Mapping[str, str]) -> Sms:
    email, key = unquote(address.username or ""), unquote(address.password or "")
    return SmsAero(_base(address, "gate.smsaero.ru"), email, key, options.get("sign", "SMS Aero"))


SCHEMES = {"smsc": _smsc, "smsru": _sms_ru, "smsaero": _sms_aero}


def _base(address: SplitResult, usual: str) -> str:
    return base_of(address.hostname or usual, address.port)


def _number(mail: Mail) -> str:
    """The number of a message that can be sent."""
    if not MOBILE.fullmatch(mail.to):
        raise Undeliverable("номер не разбирается", permanent=True)
    if parts(mail.text) > LONGEST:
        raise Undeliverable("сообщение слишком длинное", permanent=True)
    return mail.to


def _own_id(key: str) -> str:
    """The number of the outbox row, where smsc.ru can take it."""
    digits = key.rpartition("-")[2]
    return digits if digits.isdecimal() and 0 < int(digits) <= 2147483647 else ""


def _told(reply: Reply, name: str) -> Any:
    """A field of the answer; an answer without it is no answer."""
    if name not in reply.body:
        raise Undeliverable(f"ответ не разобран ({reply.status})", permanent=False)
    return reply.body[name]


def _code(value: object) -> int | None:
    """A number, however the service writes it."""
    text = str(value)
    return int(text) if re.fullmatch(r"-?\d{1,6}", text) else None
