"""What operators do to a person's login: each act is logged, its reason kept beside it, and the person is told.

Who may do what is the views' question (docs/decisions/0021); what may be done at all is answered here.
"""

from __future__ import annotations

from datetime import datetime

from models import (
    Account,
    Autopay,
    Device,
    Link,
    Notice,
    Operator,
    Remark,
    Resident,
    Session,
    lock,
    lock_names,
    transaction,
)
from models.resident import ACTIVE, BLOCKED, DELETED, WAITING
from services import accounts, audit, autopay, challenges, letters, linking, outbox, recovery, second_factor
from services.limits import Visitor
from services.refusal import Refused

LONGEST_REASON = 500
ADMINISTRATORS = "administrators"  # held by whatever could take the last one away
STATES = {ACTIVE: "открыт", WAITING: "ждёт подтверждения почты", BLOCKED: "заблокирован", DELETED: "удалён"}

NO_REASON = "Напишите причину: без неё потом не вспомнить, почему так решили."
YOURSELF = "Себя заблокировать нельзя: попросите другого администратора."
LAST = "Это последний администратор: без него кабинетом некому управлять. Сначала назначьте другого."
HELD = "Этот лицевой счёт уже есть в кабинете жителя."
NO_EMAIL = "У жителя нет подтверждённой почты: ссылку отправить некуда. Напечатайте ему код у стойки."


def changed(resident: Resident) -> Refused:
    """Another operator, or the person, was faster."""
    return Refused(f"Кабинет уже {STATES[str(resident.state)]}: его изменили в другом окне.")


def checked(reason: str) -> str:
    """A reason as it is kept."""
    plain = " ".join(reason.split())
    if not plain:
        raise Refused(NO_REASON, field="reason")
    if len(plain) > LONGEST_REASON:
        raise Refused(f"Не больше {LONGEST_REASON} знаков.", field="reason")
    return plain


def held(known: Resident, by: Resident) -> Resident:
    """Holds the resident, and the operator whom the log will name: in one order, whoever acts on whom."""
    rows = {row.id: lock(row) for row in sorted((known, by), key=lambda row: row.id)}
    return rows[known.id]


@transaction
def block(known: Resident, reason: str, by: Resident, now: datetime) -> None:
    """Nobody gets in any more: sessions, codes on their way, known browsers and autopays end."""
    lock_names(ADMINISTRATORS)  # of two who block each other at once one is the last
    reason, resident = checked(reason), held(known, by)
    if resident == by:
        raise Refused(YOURSELF)
    if Operator.is_last_administrator(resident):
        raise Refused(LAST)
    if not Resident.move(resident.id, BLOCKED, before=ACTIVE):
        raise changed(resident)
    ended = _end_sessions(resident, now)
    challenges.end_ways_in(resident, now)
    for ordered in Autopay.of_resident(resident).values():
        autopay.turn_off(ordered.link)
    _note("block", resident, reason, by, now, {"state": ACTIVE}, {"state": BLOCKED, "sessions": ended})
    _tell(resident, "Ваш кабинет закрыт", f"Причина: {reason} Чтобы его открыли, обратитесь к поставщику услуг.", now)


@transaction
def unblock(known: Resident, reason: str, by: Resident, now: datetime) -> None:
    """The person may come in again, by the password that was."""
    reason, resident = checked(reason), held(known, by)
    if not Resident.move(resident.id, ACTIVE, before=BLOCKED):
        raise changed(resident)
    _note("unblock", resident, reason, by, now, {"state": BLOCKED}, {"state": ACTIVE})
    _tell(resident, "Ваш кабинет снова открыт", "Войдите с прежним паролем. Автоплатежи нужно включить заново.", now)


@transaction
def end_sessions(known: Resident, reason: str, by: Resident, now: datetime) -> int:
    """Every browser is signed out and must show the second factor anew; how many were open."""
    reason, resident = checked(reason), held(known, by)
    ended = _end_sessions(resident, now)
    _note("end-sessions", resident, reason, by, now, {"open": ended}, {"open": 0})
    _tell(resident, "Оператор закрыл ваш кабинет на всех устройствах", "Войдите снова с прежним паролем.", now)
    return ended


@transaction
def reset_factor(known: Resident, reason: str, by: Resident, now: datetime) -> None:
    """The sign-in asks for the password alone; whoever lost the phone gets in and connects another."""
    reason, resident = checked(reason), held(known, by)
    before = str(resident.factor)
    if not before:
        raise Refused("Второй шаг входа уже выключен.")
    second_factor.disable(resident, now)
    _note("reset-factor", resident, reason, by, now, {"factor": before}, {"factor": ""})
    _tell(
        resident,
        "Оператор отключил подтверждение входа",
        "Теперь для входа нужен только пароль. Включите подтверждение заново в профиле. Если вы об этом не просили, "
        "смените пароль и сообщите поставщику.",
        now,
    )


@transaction
def unlink(link: Link, reason: str, by: Resident, now: datetime) -> None:
    """The account leaves the person's portal; he is told why."""
    reason, resident, account = checked(reason), held(link.resident, by), link.account
    if Link.of_resident(resident, account) is None:
        raise Refused("Этого лицевого счёта в кабинете уже нет: его отключили в другом окне.")
    accounts.unlink(link)
    _note("unlink", resident, reason, by, now, {"account": account.id, "fact": link.fact}, {}, account)
    number = f"№\N{NO-BREAK SPACE}{account.number}"
    _tell(resident, f"Лицевой счёт {number} отключён", f"Его отключил оператор. Причина: {reason}", now)


@transaction
def link(known: Resident, account: Account, reason: str, by: Resident, now: datetime) -> Link:
    """Gives the person an account; `linking.attach` tells him and those who hold it."""
    reason = checked(reason)
    held(known, by)
    made, is_new = linking.attach(known, account, linking.BY_OPERATOR, now)
    if not is_new:
        raise Refused(HELD, field="number")
    _note("link", known, reason, by, now, {}, {"account": account.id, "link": made.id}, account)
    return made


@transaction
def send_recovery(resident: Resident, by: Resident, visitor: Visitor, now: datetime, token: str) -> None:
    """A letter with a link that sets a new password goes to the mailbox that the person has shown as his own."""
    if resident.state != ACTIVE:
        raise changed(resident)
    if not (resident.email_key and resident.email_confirmed_at):
        raise Refused(NO_EMAIL)
    recovery.write(resident, visitor, now, token)
    audit.note("send-recovery", "resident", resident.id, by, now)


@transaction
def send_activation(known: Resident, by: Resident, now: datetime) -> None:
    """The letter that opens a registration, once more."""
    resident = held(known, by)
    if resident.state != WAITING:
        raise changed(resident)
    outbox.put(letters.ACTIVATION, f"activation:{resident.id}:{now:%Y%m%d%H%M%S%f}", now, resident=resident)
    audit.note("send-activation", "resident", resident.id, by, now)


def _end_sessions(resident: Resident, now: datetime) -> int:
    Device.forget_all(resident)
    return Session.end_all(resident, now)


def _note(
    action: str,
    resident: Resident,
    reason: str,
    by: Resident,
    now: datetime,
    before: dict[str, object],
    after: dict[str, object],
    account: Account | None = None,
) -> None:
    audit.note(action, "resident", resident.id, by, now, before, after)
    Remark.note(action, reason, by, now, resident=resident, account=account)


def _tell(resident: Resident, subject: str, body: str, now: datetime) -> None:
    """In the bell, and at once by letter: it concerns his safety, whatever letters he has turned off."""
    notice = Notice.tell([resident], subject, body, now, link_url="/contacts", link_label="Контакты поставщиков")
    assert notice is not None, "there is one to be told"
    outbox.put("notice", f"notice:{notice.id}:{resident.id}", now, resident=resident, notice=notice.id)
