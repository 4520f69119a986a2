"""Letters out by SMTP, against a server that encrypts: certificates, passwords, headers, what ends a letter."""

from __future__ import annotations

import socketserver
import ssl
import sys
from base64 import b64decode
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from ipaddress import ip_address
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from gateways.mail import Attachment, CapturedMailer, Mail, SmtpMailer, Undeliverable, compose

AWAY = "127.0.0.2"  # the loopback under a name that the mailer takes for another machine
HERE = "127.0.0.1"
SENDER = "Кабинет <no-reply@kabinet.example>"
NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
LETTER = Mail(to="anna@example.org", subject="Ваш счёт за октябрь", text="Здравствуйте!\n", key="outbox-7")
OFFERS = {"plain": "", "starttls": "250-STARTTLS\r\n"}


class Server(socketserver.ThreadingTCPServer):
    """Takes letters; `answers`: what a command is answered instead; `heard`: each command, was it encrypted."""

    allow_reuse_address = daemon_threads = True

    def __init__(self, host: str, offer: str, tls: ssl.SSLContext) -> None:
        super().__init__((host, 0), Talk)
        self.offer, self.tls = offer, tls
        self.letters: list[EmailMessage] = []
        self.heard: list[tuple[str, bool]] = []
        self.answers: dict[str, str] = {}

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that breaks off is what some tests are about; anything else is a fault of the server."""
        if not isinstance(sys.exception(), ssl.SSLError | ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]

    @property
    def commands(self) -> list[str]:
        return [command for command, _ in self.heard]

    def url(self, scheme: str, login: str = "") -> str:
        host, port = self.server_address[:2]
        return f"{scheme}://{login}{host!s}:{port}"


class Talk(socketserver.StreamRequestHandler):
    server: Server

    def setup(self) -> None:
        if self.server.offer == "smtps":
            self.request = self.server.tls.wrap_socket(self.request, server_side=True)
        super().setup()

    def handle(self) -> None:
        self.say("220 test")
        while line := self.rfile.readline():
            command, _, rest = line.decode().strip().partition(" ")
            command = command.upper()
            self.server.heard.append((command, isinstance(self.request, ssl.SSLSocket)))
            if command in self.server.answers:
                self.say(self.server.answers[command])
            elif (own := getattr(self, f"on_{command.lower()}", None)) is not None:
                own(rest)
            else:
                self.say("250 ok")

    def on_ehlo(self, _rest: str) -> None:
        is_secure = isinstance(self.request, ssl.SSLSocket)
        self.say("250-test\r\n" + ("" if is_secure else OFFERS[self.server.offer]) + "250 AUTH PLAIN")

    def on_starttls(self, _rest: str) -> None:
        self.say("220 go on")
        self.request = self.server.tls.wrap_socket(self.request, server_side=True)
        super().setup()

    def on_auth(self, rest: str) -> None:
        _, user, password = b64decode(rest.split()[1]).decode().split("\0")
        self.say("235 welcome" if (user, password) == ("user@kabinet", "se:cret") else "535 wrong password")

    def on_data(self, _rest: str) -> None:
        self.say("354 go on")
        lines = list(iter(self.rfile.readline, b".\r\n"))
        self.server.letters.append(message_from_bytes(b"".join(lines), policy=default))  # type: ignore[arg-type]
        self.say("250 taken")

    def say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate that speaks for both addresses."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail")])
    hosts = x509.SubjectAlternativeName([x509.IPAddress(ip_address(host)) for host in (AWAY, HERE)])
    today = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(hosts, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    path = tmp_path_factory.mktemp("papers") / "mail.pem"
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(signed.public_bytes(Encoding.PEM) + secret)
    return path


Start = Callable[..., Server]


@pytest.fixture
def start(papers: Path) -> Iterator[Start]:
    """Opens a server: `start("starttls")`; it is closed after the test."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(papers)
    opened: list[Server] = []

    def run(offer: str, host: str = AWAY, **answers: str) -> Server:
        server = Server(host, offer, tls)
        server.answers.update(answers)
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        opened.append(server)
        return server

    yield run
    for server in opened:
        server.shutdown()
        server.server_close()


@pytest.fixture
def trust(papers: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(papers))


def mailer(server: Server, scheme: str, tls: ssl.SSLContext | None = None, login: str = "") -> SmtpMailer:
    return SmtpMailer(server.url(scheme, login), SENDER, tls)


def refused(sender: SmtpMailer, mail: Mail = LETTER) -> Undeliverable:
    with pytest.raises(Undeliverable) as refusal:
        sender.send(mail, NOW)
    return refusal.value


@pytest.mark.parametrize(("scheme", "offer"), [("smtp", "starttls"), ("smtps", "smtps")])
def test_a_letter_and_the_password_go_encrypted(start: Start, trust: ssl.SSLContext, scheme: str, offer: str) -> None:
    server = start(offer)
    sent = mailer(server, scheme, trust, "user%40kabinet:se%3Acret@").send(LETTER, NOW)
    [letter] = server.letters
    assert letter["Message-ID"] == sent == "<outbox-7@kabinet.example>"
    secret = {is_secure for command, is_secure in server.heard if command in ("AUTH", "MAIL", "RCPT")}
    assert secret == {True}


def test_a_letter_says_who_when_and_that_nobody_wrote_it_by_hand(start: Start) -> None:
    server = start("plain")
    mailer(server, "smtp").send(LETTER, NOW)
    [letter] = server.letters
    assert (letter["From"], letter["To"], letter["Subject"]) == (SENDER, LETTER.to, LETTER.subject)
    assert letter["Date"].datetime == NOW and letter["Auto-Submitted"] == "auto-generated"
    assert letter.get_content().strip() == "Здравствуйте!"


def test_html_and_a_bill_travel_with_the_text(start: Start) -> None:
    server = start("plain")
    bill = Attachment("Счёт за октябрь.pdf", b"%PDF-1.7")
    whole = Mail(LETTER.to, "Счёт", "текст", html="<p>письмо", attachments=[bill], headers={"List-Id": "<счета>"})
    mailer(server, "smtp").send(whole, NOW)
    [letter] = server.letters
    plain, rich = letter.get_body(("plain",)), letter.get_body(("html",))
    assert plain and rich and "текст" in plain.get_content() and "письмо" in rich.get_content()
    [attached] = letter.iter_attachments()
    assert (attached.get_filename(), attached.get_content()) == (bill.name, bill.content)
    assert letter["List-Id"] == "<счета>"


@pytest.mark.parametrize(("scheme", "offer"), [("smtp", "starttls"), ("smtps", "smtps")])
def test_a_server_with_a_strangers_certificate_gets_nothing(start: Start, scheme: str, offer: str) -> None:
    server = start(offer)
    refusal = refused(mailer(server, scheme, login="user%40kabinet:se%3Acret@"))
    assert "сертификат" in str(refusal) and not refusal.permanent
    assert not {"AUTH", "MAIL"} & set(server.commands)


def test_a_password_never_travels_in_the_clear(start: Start) -> None:
    server = start("plain")
    refusal = refused(mailer(server, "smtp", login="user%40kabinet:se%3Acret@"))
    assert "smtps" in str(refusal) and not refusal.permanent
    assert "AUTH" not in server.commands


def test_a_server_on_this_machine_needs_no_certificate(start: Start) -> None:
    server = start("starttls", host=HERE)
    mailer(server, "smtp", login="user%40kabinet:se%3Acret@").send(LETTER, NOW)
    assert len(server.letters) == 1 and "STARTTLS" not in server.commands


@pytest.mark.parametrize(
    ("command", "answer", "is_permanent"),
    [
        ("MAIL", "550 5.1.8 sender not allowed", False),
        ("RCPT", "450 4.2.1 try later", False),
        ("RCPT", "550 5.1.1 no such mailbox", True),
        ("RCPT", "550 no such mailbox", True),
        ("RCPT", "554 5.7.1 relay access denied", False),
        ("RCPT", "552 5.2.2 mailbox full", False),
        ("RCPT", "550 5.2.2 mailbox full", False),
        ("DATA", "554 5.6.0 refused", True),
        ("EHLO", "421 closing", False),
    ],
)
def test_only_a_dead_address_or_a_bad_letter_is_final(
    start: Start, command: str, answer: str, is_permanent: bool
) -> None:
    server = start("plain", **{command: answer, "HELO": answer})
    refusal = refused(mailer(server, "smtp"))
    assert refusal.permanent == is_permanent
    assert answer[:3] in str(refusal) and LETTER.to not in str(refusal)


def test_a_wrong_password_costs_no_letter_and_is_not_told(start: Start) -> None:
    refusal = refused(mailer(start("plain", host=HERE), "smtp", login="user:tainoe@"))
    assert "535" in str(refusal) and not refusal.permanent and "tainoe" not in str(refusal)


@pytest.mark.parametrize("farewell", ["554 bad", "421 go away", "garbage"])
def test_a_letter_that_was_taken_stays_taken_however_the_server_parts(start: Start, farewell: str) -> None:
    server = start("plain", QUIT=farewell)
    assert mailer(server, "smtp").send(LETTER, NOW)
    assert len(server.letters) == 1


def test_a_probe_signs_in_and_sends_nothing(start: Start) -> None:
    server = start("plain", host=HERE)
    mailer(server, "smtp", login="user%40kabinet:se%3Acret@").probe()
    assert not server.letters and "NOOP" in server.commands
    with pytest.raises(Undeliverable, match="535"):
        mailer(server, "smtp", login="user:wrong@").probe()


def test_an_address_that_only_some_servers_know_is_given_up_at_others(start: Start) -> None:
    assert refused(mailer(start("plain"), "smtp"), Mail("анна@почта.рф", "а", "б")).permanent
    mailer(server := start("plain"), "smtp").send(Mail("anna@почта.рф", "а", "б"), NOW)
    assert server.letters[0]["To"] == "anna@xn--80a1acny.xn--p1ai"


def test_passwords_are_not_shown_with_the_mailer() -> None:
    assert "secret" not in repr(SmtpMailer("smtp://user:secret@mail.example", SENDER))


@pytest.mark.parametrize(
    "mail",
    [
        Mail("anna@example.org\r\nBcc: all@example.org", "s", "t"),
        Mail("anna@example.org, boris@example.org", "s", "t"),
        Mail("anna", "s", "t"),
        Mail("", "s", "t"),
        Mail("anna@example.org", "s\nBcc: all@example.org", "t"),
        Mail("anna@example.org", "s", "t", headers={"Bcc": "all@example.org"}),
        Mail("anna@example.org", "s", "t", headers={"X-A: b\r\nBcc": "all@example.org"}),
        Mail("anna@example.org", "s", "t", headers={"X-A": "b\r\nBcc: all@example.org"}),
        Mail("anna@example.org", "s", "t", attachments=[Attachment("a\r\nBcc: all@example.org", b"")]),
    ],
)
def test_a_header_cannot_be_smuggled_in(mail: Mail) -> None:
    with pytest.raises(Undeliverable) as refusal:
        compose(mail, SENDER, NOW)
    assert refusal.value.permanent


def test_a_sender_that_is_no_address_is_the_portals_fault() -> None:
    with pytest.raises(Undeliverable) as refusal:
        compose(LETTER, "Кабинет", NOW)
    assert "ABONENT_MAIL_FROM" in str(refusal.value) and not refusal.value.permanent


ANYTHING: Any = st.text(st.characters(), max_size=30)


@given(to=ANYTHING | st.builds("{}@{}".format, ANYTHING, ANYTHING), subject=ANYTHING, text=ANYTHING, name=ANYTHING)
def test_any_text_becomes_one_letter_to_one_reader_or_is_refused(to: str, subject: str, text: str, name: str) -> None:
    mail = Mail(to, subject, text, html=text, attachments=[Attachment(name, b"x")], key=text, headers={"X-A": name})
    try:
        message = compose(mail, SENDER, NOW)
    except Undeliverable as refusal:
        assert refusal.permanent
        return
    assert message.as_bytes() and len(message["To"].addresses) == 1
    assert not set(message) & {"Bcc", "Cc", "Resent-To"}


def test_the_demo_mailer_refuses_what_the_real_one_refuses_and_delivers_nothing() -> None:
    assert CapturedMailer().send(LETTER, NOW) == "<outbox-7@localhost>"
    with pytest.raises(Undeliverable):
        CapturedMailer().send(Mail("anna@example.org\n", "s", "t"), NOW)
