"""Letters out: SMTP by the standard library, or nowhere in demo mode."""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid, parseaddr
from typing import Protocol
from urllib.parse import unquote, urlsplit

TIMEOUT = 30
HERE = {"localhost", "127.0.0.1", "::1"}
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
OWN_HEADER = re.compile(r"(List|X)-[A-Za-z0-9-]+|Reply-To|References|In-Reply-To")


class Undeliverable(Exception):
    """It did not go out; `permanent` where trying again is of no use (unknown address, refused letter).

    `gone`: nobody is at the address any more. `alone`: the fault is this letter's, the next may do better; otherwise
    the whole channel is to be left alone for a while, for so long as `wait` where its server named a time.
    The text is Russian, for the operator, and holds neither the address nor the password.
    """

    def __init__(
        self,
        reason: str,
        *,
        permanent: bool,
        gone: bool = False,
        alone: bool = False,
        wait: timedelta | None = None,
    ) -> None:
        super().__init__(reason)
        self.permanent = permanent
        self.gone = gone
        self.alone = alone or permanent
        self.wait = wait


@dataclass(frozen=True)
class Attachment:
    name: str
    content: bytes
    kind: str = "application/pdf"


@dataclass(frozen=True)
class Mail:
    """A letter: `key` makes its Message-ID, so that a second sending of the same row is recognisable as the same.

    `is_again`: it was tried before, and nobody knows whether it went out.
    """

    to: str
    subject: str
    text: str
    html: str = ""
    attachments: Sequence[Attachment] = ()
    key: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    is_again: bool = False


class Mailer(Protocol):
    def send(self, mail: Mail, now: datetime) -> str:
        """Hands the letter over, dated `now`; returns its Message-ID; raises `Undeliverable`."""


class CapturedMailer:
    """Demo mode: nothing leaves; the letter stays in the outbox row, `/outbox` shows it."""

    def send(self, mail: Mail, now: datetime) -> str:
        return str(compose(mail, "Кабинет <demo@localhost>", now)["Message-ID"])


@dataclass(frozen=True)
class SmtpMailer:
    """`url`: ``smtp://user:pass@host:port`` or ``smtps://…``; `sender`: ``Name <address>``; `tls`: other authorities.

    On the wire certificates are checked, STARTTLS is used where it is offered, and a password never goes without it.
    A server on this very machine is spoken to in the clear: its certificate is seldom anybody's.
    """

    url: str = field(repr=False)
    sender: str
    tls: ssl.SSLContext | None = field(default=None, repr=False, compare=False)

    def send(self, mail: Mail, now: datetime) -> str:
        message = compose(mail, self.sender, now)
        with self._talk() as server:
            try:
                server.send_message(message)
            except smtplib.SMTPRecipientsRefused as fault:
                code, said = next(iter(fault.recipients.values()))
                is_dead = _is_dead(code, said)
                raise Undeliverable(
                    f"адрес не принят ({code})", permanent=is_dead, gone=is_dead and _is_gone(code, said), alone=True
                )
            except smtplib.SMTPDataError as fault:
                is_final = 500 <= fault.smtp_code < 600
                raise Undeliverable(f"письмо не принято ({fault.smtp_code})", permanent=is_final, alone=True)
            except smtplib.SMTPNotSupportedError:
                raise Undeliverable("почтовый сервер не знает адресов с нелатинскими буквами", permanent=True)
        return str(message["Message-ID"])

    def probe(self) -> None:
        """Signs in and out again; raises `Undeliverable` that says what is wrong."""
        with self._talk() as server:
            server.noop()

    @contextmanager
    def _talk(self) -> Iterator[smtplib.SMTP]:
        """A connection that is signed in. What fails here is the portal's trouble: it never costs a letter."""
        try:
            with closing(self._connect()) as server:
                self._sign_in(server)
                yield server
                # The letter is taken: a server that says good-bye in a wrong way must not get it again.
                with suppress(OSError, smtplib.SMTPException):
                    server.quit()
        except ssl.SSLError as fault:
            raise Undeliverable(f"сертификат почтового сервера не принят ({fault.reason})", permanent=False)
        except smtplib.SMTPResponseException as fault:
            raise Undeliverable(f"сервер ответил {fault.smtp_code}", permanent=False)
        except (OSError, smtplib.SMTPException) as fault:
            raise Undeliverable(f"сервер не ответил ({type(fault).__name__})", permanent=False)

    def _connect(self) -> smtplib.SMTP:
        parts = urlsplit(self.url)
        host = parts.hostname or "localhost"
        if parts.scheme == "smtps":
            return smtplib.SMTP_SSL(host, parts.port or 465, timeout=TIMEOUT, context=self._trust())
        return smtplib.SMTP(host, parts.port or 25, timeout=TIMEOUT)

    def _sign_in(self, server: smtplib.SMTP) -> None:
        parts = urlsplit(self.url)
        server.ehlo_or_helo_if_needed()
        is_safe = parts.scheme == "smtps" or parts.hostname in HERE
        if not is_safe and server.has_extn("starttls"):
            server.starttls(context=self._trust())
            is_safe = True
        if parts.username:
            if not is_safe:
                raise Undeliverable("сервер не шифрует, пароль ему не отправлен: нужен smtps://", permanent=False)
            server.login(unquote(parts.username), unquote(parts.password or ""))

    def _trust(self) -> ssl.SSLContext:
        return self.tls or ssl.create_default_context()


def compose(mail: Mail, sender: str, now: datetime) -> EmailMessage:
    """The message with its headers; a line break in an address, a subject or a name is refused for good."""
    names = [attached.name for attached in mail.attachments]
    if any(CONTROL.search(text) for text in (mail.to, mail.subject, *names)):
        raise Undeliverable("управляющий знак в заголовке", permanent=True)
    message = EmailMessage(policy=SMTP)
    name, address = parseaddr(sender)
    if (author := _address(address, name)) is None:
        raise Undeliverable("адрес отправителя (ABONENT_MAIL_FROM) не разбирается", permanent=False)
    if (reader := _address(mail.to)) is None:
        raise Undeliverable("адрес не разбирается", permanent=True)
    message["From"], message["To"] = author, reader
    message["Subject"] = _whole(mail.subject)
    message["Date"] = format_datetime(now)
    message["Message-ID"] = _message_id(mail.key, author.domain)
    message["Auto-Submitted"] = "auto-generated"
    for header, value in mail.headers.items():
        _add_header(message, header, value)
    _fill(message, mail)
    return message


def _fill(message: EmailMessage, mail: Mail) -> None:
    message.set_content(_whole(mail.text))
    if mail.html:
        message.add_alternative(_whole(mail.html), subtype="html")
    for attached in mail.attachments:
        main, _, sub = attached.kind.partition("/")
        message.add_attachment(attached.content, maintype=main, subtype=sub, filename=attached.name)


def _add_header(message: EmailMessage, header: str, value: str) -> None:
    """Adds what the letter brings along; it may neither name more readers nor speak for the headers above."""
    if not OWN_HEADER.fullmatch(header) or CONTROL.search(value):
        raise Undeliverable("недопустимый заголовок письма", permanent=True)
    message[header] = _whole(value)


def _address(text: str, name: str = "") -> Address | None:
    """An address as it is written to a server: its domain in ASCII; None where it is none."""
    try:
        typed = Address(addr_spec=text)
        found = Address(_whole(name), typed.username, typed.domain.encode("idna").decode())
    except (ValueError, IndexError, MessageError):
        return None
    return found if found.username and found.domain else None


def _whole(text: str) -> str:
    """Text that UTF-8 can carry: half a sign (a lone surrogate) becomes a question mark."""
    return text.encode("utf-8", "replace").decode()


def _is_dead(code: int, said: bytes) -> bool:
    """Is the address itself at fault? 5.7.x is a policy against the portal, 5.2.2 a mailbox that is full today."""
    return 500 <= code < 600 and code != 552 and not said.startswith((b"5.7.", b"5.2.2"))


def _is_gone(code: int, said: bytes) -> bool:
    """Is there no such mailbox? 5.1.x says so; a server without such codes says it by 550, 551 or 553."""
    has_code = re.match(rb"\d\.\d+\.\d+", said) is not None
    return said.startswith(b"5.1.") if has_code else code in (550, 551, 553)


def _message_id(key: str, domain: str) -> str:
    safe = "".join(sign if sign.isascii() and (sign.isalnum() or sign in "._-") else "-" for sign in key)
    return f"<{safe}@{domain}>" if safe else make_msgid(domain=domain)
