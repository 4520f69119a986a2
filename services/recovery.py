"""A forgotten password: a code and a link go to the mailbox, whoever brings one of them sets a new password."""

from __future__ import annotations

from datetime import datetime

from models import Code, Resident, Session, transaction
from models.resident import BLOCKED, DELETED
from services import challenges, codes, new_password, passwords, sign_in
from services.challenges import EMAIL, SMS, Answer, Way
from services.letters import ACTIVATION, RECOVERY, RECOVERY_LIVES
from services.limits import Visitor
from services.refusal import Refused
from services.sign_in import Login

GONE = "Ссылка уже не действует. Запросите новую."


def ask(login: Login, visitor: Visitor, now: datetime, token: str, *, has_sms: bool = False) -> None:
    """Starts a recovery whose page is known by `token`; whether the login is known changes nothing that is seen.

    The code goes where the login says (phone or e-mail); for a name or an account number to a phone, else an e-mail.
    """
    resident = sign_in.resident_of(login)
    challenges.start(
        challenges.RECOVERY, _way(login, resident, has_sms), visitor, now, token,
        whose=visitor.subject("recovery", login.kind, login.key), resident=resident, facts={"kind": login.kind},
    )  # fmt: skip


def write(resident: Resident, visitor: Visitor, now: datetime, token: str) -> None:
    """The same letter at an operator's press, to the resident's confirmed mailbox."""
    challenges.start(
        challenges.RECOVERY, Way(EMAIL, str(resident.email)), visitor, now, token,
        whose=visitor.subject("recovery", "operator", str(resident.id)), resident=resident,
        facts={"kind": "operator"},
    )  # fmt: skip


def _way(login: Login, resident: Resident | None, has_sms: bool) -> Way:
    """Where the code goes; nowhere for a login that nobody has or that is closed, by the channel it would take."""
    usual = SMS if has_sms and login.kind in ("phone", "account") else EMAIL
    if resident is None or resident.state in (BLOCKED, DELETED):
        return Way(usual, "")
    phone = resident.mobile if has_sms else ""
    if login.kind == "phone" or (login.kind not in ("email", sign_in.OPERATOR) and phone):
        return Way(SMS, phone)
    # A mailbox that nobody has shown may be anyone's.
    return Way(EMAIL, str(resident.email) if resident.email_key else "")


def confirm(token: str, digits: str, visitor: Visitor, now: datetime, *, key: str, next_token: str) -> None:
    """Exchanges the code for a link (`next_token`) that sets a password."""
    _accept(challenges.check(challenges.RECOVERY, token, digits, visitor, now, key=key), now, next_token)


@transaction
def _accept(answer: Answer, now: datetime, next_token: str) -> None:
    challenges.accept(answer, now)
    codes.keep(RECOVERY, answer.request.resident, codes.token_hash(next_token), now, RECOVERY_LIVES)


def link_owner(token: str, now: datetime) -> Resident | None:
    """Whose password a link may set; None where it is used, expired or unknown."""
    code = codes.alive(RECOVERY, token, now)
    return code.resident if code else None


def save(
    token: str, password: str, policy: passwords.Policy, visitor: Visitor, now: datetime, own: Session | None = None
) -> None:
    """Sets the new password: all sessions but one's `own` end, every other link and code is dead, a letter tells."""
    owner = link_owner(token, now)
    if owner is None:
        raise Refused(GONE)
    passwords.check(policy, password, str(owner.email), str(owner.email).partition("@")[0])
    _set(token, passwords.hashed(password), visitor, now, own)


@transaction
def _set(token: str, password_hash: str, visitor: Visitor, now: datetime, own: Session | None) -> None:
    code = Code.known(RECOVERY, codes.token_hash(token))
    if code is None or code.resident is None or not Code.redeem(code, now):
        raise Refused(GONE)
    Resident.activate(code.resident.id, now)  # the mailbox has answered: a registration that waited for it is done
    Code.end_all(code.resident, [ACTIVATION], now)
    new_password.put(code.resident, password_hash, visitor, now, own)


@transaction
def cancel(token: str, now: datetime) -> None:
    """«Отменить»: the link works no more."""
    code = Code.known(RECOVERY, codes.token_hash(token))
    if code is not None:
        Code.redeem(code, now)
