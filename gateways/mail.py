"""Letters out: SMTP by the standard library, or nowhere in demo mode."""

from __future__ import annotations

import smtplib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid, parseaddr
from typing import Protocol
from urllib.parse import unquote, urlsplit

TIMEOUT = 30


class Undeliverable(Exception):
    """It did not go out; `permanent` where trying again is of no use (unknown address, refused letter)."""

    def __init__(self, reason: str, *, permanent: bool) -> None:
        super().__init__(reason)
        self.permanent = permanent


@dataclass(frozen=True)
class Attachment:
    name: str
    content: bytes
    kind: str = "application/pdf"


@dataclass(frozen=True)
class Mail:
    """A letter: `key` makes its Message-ID, so that a second sending of the same row is recognisable as the same."""

    to: str
    subject: str
    text: str
    html: str = ""
    attachments: Sequence[Attachment] = ()
    key: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


class Mailer(Protocol):
    def send(self, mail: Mail, now: datetime) -> str:
        """Hands the letter over, dated `now`; returns its Message-ID; raises `Undeliverable`."""


class CapturedMailer:
    """Demo mode: the letter stays in the outbox row, `/outbox` shows it."""

    def send(self, mail: Mail, now: datetime) -> str:
        return str(compose(mail, "Кабинет <demo@localhost>", now)["Message-ID"])


@dataclass(frozen=True)
class SmtpMailer:
    """`url`: ``smtp://user:pass@host:port`` (STARTTLS if offered) or ``smtps://…``; `sender`: ``Name <address>``."""

    url: str
    sender: str

    def send(self, mail: Mail, now: datetime) -> str:
        message = compose(mail, self.sender, now)
        try:
            with self._connect() as server:
                server.send_message(message)
        except smtplib.SMTPRecipientsRefused as fault:
            code = next(iter(fault.recipients.values()))[0]
            raise Undeliverable(f"адрес не принят ({code})", permanent=500 <= code < 600)
        except smtplib.SMTPDataError as fault:
            raise Undeliverable(f"письмо не принято ({fault.smtp_code})", permanent=500 <= fault.smtp_code < 600)
        except smtplib.SMTPResponseException as fault:
            # A wrong password or sender is the portal's fault: mended in an hour, it must not have cost a letter.
            raise Undeliverable(f"сервер ответил {fault.smtp_code}", permanent=False)
        except (OSError, smtplib.SMTPException) as fault:
            raise Undeliverable(f"сервер не ответил ({type(fault).__name__})", permanent=False)
        return str(message["Message-ID"])

    def _connect(self) -> smtplib.SMTP:
        parts = urlsplit(self.url)
        host = parts.hostname or "localhost"
        if parts.scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(host, parts.port or 465, timeout=TIMEOUT)
        else:
            server = smtplib.SMTP(host, parts.port or 25, timeout=TIMEOUT)
            server.ehlo()
            if server.has_extn("starttls"):
                server.starttls()
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        return server


def compose(mail: Mail, sender: str, now: datetime) -> EmailMessage:
    """The message with its headers; a line break in an address or a subject is refused for good."""
    if any(sign in text for text in (mail.to, mail.subject, *mail.headers.values()) for sign in "\r\n\0"):
        raise Undeliverable("перевод строки в заголовке", permanent=True)
    name, address = parseaddr(sender)
    message = EmailMessage(policy=SMTP)
    try:
        message["From"] = Address(name, addr_spec=address)
        message["To"] = Address(addr_spec=mail.to)
    except (ValueError, IndexError):
        raise Undeliverable("адрес не разбирается", permanent=True)
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(now)
    message["Message-ID"] = _message_id(mail.key, address.partition("@")[2] or "localhost")
    message["Auto-Submitted"] = "auto-generated"
    for header, value in mail.headers.items():
        message[header] = value
    message.set_content(mail.text)
    if mail.html:
        message.add_alternative(mail.html, subtype="html")
    for attached in mail.attachments:
        main, _, sub = attached.kind.partition("/")
        message.add_attachment(attached.content, maintype=main, subtype=sub, filename=attached.name)
    return message


def _message_id(key: str, domain: str) -> str:
    safe = "".join(sign if sign.isascii() and (sign.isalnum() or sign in "._-") else "-" for sign in key)
    return f"<{safe}@{domain}>" if safe else make_msgid(domain=domain)
