"""What a letter says: its row names a kind and ids, the words and the one-time codes are made when it is sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from random import Random
from typing import Any, Protocol

from gateways.mail import Attachment
from models import (
    Account,
    AppealFile,
    AppealMessage,
    Application,
    AutopayRun,
    Code,
    LinkRequest,
    Notice,
    Operator,
    Order,
    OrderLine,
    Outbox,
    Refund,
    Token,
    transaction,
)
from models.autopay import TOLD
from models.resident import WAITING
from services import (
    applications,
    challenges,
    codes,
    contacts,
    invitations,
    notices,
    outbox,
    reminder_letters,
    unsubscribing,
)
from services.challenges import EMAIL, SMS, Errand
from services.letter_parts import paragraphs

ACTIVATION, RECOVERY = "activation", "recovery"
ACTIVATION_LIVES = timedelta(hours=48)
RECOVERY_LIVES = timedelta(minutes=30)
OPERATOR, OPERATOR_LIVES = "operator-invited", timedelta(days=2)
MOST_LISTED = 20  # accounts that an invitation names


class Render(Protocol):
    """Fills a template of `templates/mail/`: the first line is the subject, the rest the body."""

    def __call__(self, template: str, /, **context: Any) -> str: ...


@dataclass(frozen=True)
class Desk:
    """What letters are written with: templates, the portal's address and name, keys, chance, the utility's zone."""

    render: Render
    base_url: str
    name: str
    key: str
    rng: Random
    reading_key: str = ""
    zone: tzinfo = UTC

    def day_of(self, now: datetime) -> date:
        """The day in the utility's zone."""
        return now.astimezone(self.zone).date()


@dataclass(frozen=True)
class Letter:
    """Ready to be sent; `html` is the same words for eyes, `unsubscribe` the address that ends such letters."""

    to: str
    subject: str
    body: str
    html: str = ""
    unsubscribe: str = ""
    attachments: tuple[Attachment, ...] = ()


Facts = dict[str, Any]


@transaction
def compose(row: Outbox, desk: Desk, now: datetime) -> Letter | None:
    """The letter of a row, its codes stored; None where what it was about is over."""
    facts = KINDS[row.kind](row, desk, now)
    if facts is None:
        return None
    attachments = facts.pop("attachments", ())
    around = {"portal": desk.name, "base_url": desk.base_url, "now": now}
    if row.channel != EMAIL:
        text = desk.render(f"{row.kind}.sms.txt", **around, **facts)
        return Letter(to=row.destination, subject="", body=text.strip())
    text = desk.render(f"{row.kind}.txt", **around, **facts)
    subject, _, body = text.partition("\n")
    subject, body, way_out = " ".join(subject.split()), body.strip() + "\n", unsubscribing.address(row, desk)
    body += f"Отписаться от таких писем: {way_out}\n" if way_out else ""
    html = desk.render("letter.html", subject=subject, paragraphs=paragraphs(body))
    return Letter(contacts.postal(row.destination), subject, body, html, way_out, attachments)


def _activation(row: Outbox, desk: Desk, now: datetime) -> Facts | None:
    if row.resident is None or row.resident.state != WAITING:
        return None
    token = codes.new_link(row.resident, ACTIVATION, now, ACTIVATION_LIVES, desk.rng)
    return {"link": f"{desk.base_url}/registration/activate/{token}", "hours": ACTIVATION_LIVES // timedelta(hours=1)}


def _code_of(errand: Errand) -> Callable[[Outbox, Desk, datetime], Facts | None]:
    """A code for the page that asked; None where the page waits no longer."""

    def facts(row: Outbox, desk: Desk, now: datetime) -> Facts | None:
        request: Code | None = Code.get_or_none(id=outbox.ids(row)["request"])
        if request is None or not request.is_alive(now):
            return None
        digits = codes.new_digits(desk.rng, errand.digits)
        code_hash = codes.digits_hash(desk.key, request, digits)
        codes.keep(errand.code, request.resident, code_hash, now, errand.code_lives, channel=str(row.channel))
        return {"code": digits, "minutes": errand.code_lives // timedelta(minutes=1)}

    return facts


def _recovery(row: Outbox, desk: Desk, now: datetime) -> Facts | None:
    """A code for the page that asked, and a link for whoever reads the letter elsewhere; whichever comes first."""
    facts = _code_of(challenges.RECOVERY)(row, desk, now)
    if facts is None or row.resident is None or row.channel == SMS:
        return facts  # a message has no room for a link
    token = codes.new_link(row.resident, RECOVERY, now, RECOVERY_LIVES, desk.rng)
    return {**facts, "link": f"{desk.base_url}/recovery/{token}"}


def _operator(row: Outbox, desk: Desk, now: datetime) -> Facts | None:
    """A link that sets the password where there is none; None where the rights were taken back."""
    if row.resident is None or not row.resident.is_active or not Operator.is_one(row.resident):
        return None
    facts: Facts = {"hours": OPERATOR_LIVES // timedelta(hours=1), "link": ""}
    if not row.resident.password_hash:
        token = codes.new_link(row.resident, RECOVERY, now, OPERATOR_LIVES, desk.rng)
        facts["link"] = f"{desk.base_url}/recovery/{token}"
    return facts


def _nothing(_row: Outbox, _desk: Desk, _now: datetime) -> Facts:
    return {}


def _account(row: Outbox, _desk: Desk, _now: datetime) -> Facts | None:
    account: Account | None = Account.get_or_none(id=outbox.ids(row)["account"])
    if account is None:
        return None
    return {"number": account.number, "supplier": account.supplier.title, "account_id": account.id}


def _order(row: Outbox, _desk: Desk, _now: datetime) -> Facts:
    return _ordered(Order.get_by_id(outbox.ids(row)["order"]))


def _ordered(order: Order) -> Facts:
    numbers = sorted({str(line.account.number) for line in OrderLine.of_orders([order])[order.id]})
    return {"order": order, "supplier": order.supplier.title, "numbers": numbers}


def _refund(row: Outbox, _desk: Desk, _now: datetime) -> Facts:
    refund: Refund = Refund.get_by_id(outbox.ids(row)["refund"])
    return {**_ordered(refund.order), "refund": refund}


def _autopay(row: Outbox, _desk: Desk, _now: datetime) -> Facts | None:
    """None where it was turned off, or charged, before the letter went out."""
    run: AutopayRun = AutopayRun.get_by_id(outbox.ids(row)["run"])
    if row.kind == "autopay-soon" and (run.state != TOLD or run.autopay is None):
        return None
    account, ordered = run.account, run.autopay
    return {
        "run": run,
        "total": run.amount + run.fee,
        "number": account.number,
        "supplier": account.supplier.title,
        "account_id": account.id,
        "card": ordered.card.masked if ordered else "",
        "most": ordered.most if ordered else 0,
    }


def _invitation(row: Outbox, desk: Desk, now: datetime) -> Facts | None:
    """All accounts of the address behind one link; their numbers are shown to those who know them."""
    ids = outbox.ids(row)
    offer = invitations.offered(invitations.facts_of(ids), str(row.destination))
    if offer is None:
        return None
    token = codes.new_token(desk.rng)
    invitations.keep_link(ids, str(row.destination), token, now)
    return {
        "link": f"{desk.base_url}/invitation/{token}",
        "days": invitations.LIVES.days,
        "accounts": offer.accounts[:MOST_LISTED],
        "more": len(offer.accounts[MOST_LISTED:]),
        "request": ids.get("request"),
    }


def _request(row: Outbox, _desk: Desk, _now: datetime) -> Facts:
    request: LinkRequest = LinkRequest.get_by_id(outbox.ids(row)["request"])
    return {"request": request, "account": request.account, "has_login": request.resident_id is not None}


def _answer(row: Outbox, _desk: Desk, _now: datetime) -> Facts | None:
    """None where the thread is gone with its resident."""
    message: AppealMessage | None = AppealMessage.get_or_none(id=outbox.ids(row)["message"])
    if message is None:
        return None
    files = AppealFile.names_of(message)
    return {"appeal": message.appeal, "supplier": message.appeal.supplier.title, "text": message.text, "files": files}


def _application(row: Outbox, _desk: Desk, _now: datetime) -> Facts | None:
    """None where it waits again: what was decided is over."""
    found: Application | None = Application.get_or_none(id=outbox.ids(row)["application"])
    if found is None or found.state not in applications.TOLD:
        return None
    decision = applications.WORDS[str(found.state)]
    return {"application": found, "supplier": found.supplier.title, "decision": decision}


def _token(row: Outbox, _desk: Desk, _now: datetime) -> Facts | None:
    """None where it has been revoked: there is nothing to warn of."""
    token: Token | None = Token.get_or_none(id=outbox.ids(row)["token"])
    return {"name": token.name, "made_at": token.created_at} if token is not None else None


def _notice(row: Outbox, desk: Desk, now: datetime) -> Facts | None:
    """None where it is over, or was taken back."""
    notice: Notice | None = Notice.get_or_none(id=outbox.ids(row)["notice"])
    if notice is None or notice.withdrawn_at is not None or notice.is_over(now):
        return None
    return {"notice": notice, "link": notices.link_of(notice, desk.base_url)}


KINDS: dict[str, Callable[[Outbox, Desk, datetime], Facts | None]] = {
    "activation": _activation,
    "known-email": _nothing,
    "recovery": _recovery,
    OPERATOR: _operator,
    "phone-registration": _code_of(challenges.PHONE_REGISTRATION),
    "account-registration": _code_of(challenges.ACCOUNT_REGISTRATION),
    "contact": _code_of(challenges.CONTACT),
    "factor": _code_of(challenges.FACTOR),
    "known-phone": _nothing,
    "known-account": _nothing,  # to whoever registers an account that has its login
    "account-registered": _account,  # to the one who has it
    "contact-changed": _nothing,  # to the old address
    "deleted": _nothing,
    "password-changed": _nothing,
    "token-made": _token,
    "account-linked": _account,  # to the resident who linked it
    "account-shared": _account,  # to those who held it before
    "payment-received": _order,
    "payment-refunded": _refund,
    "autopay-soon": _autopay,
    "autopay-failed": _autopay,
    "invitation": _invitation,
    "request-approved": _request,
    "request-refused": _request,
    "notice": _notice,
    "offer": _notice,  # of advertising
    "messenger-linked": _nothing,
    "readings-open": reminder_letters.readings,
    "readings-closing": reminder_letters.readings,
    "verification": reminder_letters.verification,
    "bill": reminder_letters.bill,
    "payment-due": reminder_letters.payment_due,
    "reading-rejected": reminder_letters.rejected,
    "appeal-answered": _answer,
    "application-decided": _application,
}
