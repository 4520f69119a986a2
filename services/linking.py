"""Linking an account to a resident: by a fact that only its people know (product R3.4, R3.7), or by the operator."""

from __future__ import annotations

import hmac
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from models import Account, Group, Link, Notice, Resident, lock, transaction
from models.proof import Paid, last_bill_sum, meter_numbers, newest_payments
from services import contacts, limits, outbox, secrets, settings
from services.accounts import LONGEST_ALIAS, check_email_bills
from services.limits import Limit, Visitor
from services.refusal import Refused
from services.suppliers import by_code

METER, PAYMENT, BILL, ACTIVATION, BY_OPERATOR = "meter", "payment", "bill", "activation", "operator"
NB = "\N{NO-BREAK SPACE}"

BY_RESIDENT = Limit("link-by-resident", 10)
BY_ACCOUNT = Limit("link-to-account", 10)
BY_ADDRESS = Limit("link-from-address", 100)  # a village behind one address

WRONG = (
    "Такого лицевого счёта нет или данные для проверки не подходят. Сверьте номер и данные с последней квитанцией."
)


@dataclass(frozen=True)
class Proof:
    """The fact that was chosen and what was typed for it; sums in kopecks."""

    fact: str
    meter_number: str = ""
    payment_date: date | None = None
    payment_sum: int | None = None
    bill_sum: int | None = None
    activation_code: str = ""


@dataclass(frozen=True)
class Wish:
    """The account to be linked, and how it shall stand in the resident's portal."""

    supplier: int
    number: str
    proof: Proof
    label: str = ""
    group: Group | None = None
    by_email: bool = False


def facts_of(supplier: int | None, preset: Sequence[str], today: date) -> tuple[str, ...]:
    """Which facts the supplier accepts: its own setting, else the preset's; None = any supplier."""
    own = settings.in_force(today).of(supplier).linking_facts if supplier is not None else None
    known = (METER, PAYMENT, BILL, ACTIVATION)
    return tuple(fact for fact in known if fact in (preset if own is None else own))


def link(
    resident: Resident, wish: Wish, accepted: Collection[str], visitor: Visitor, key: str, now: datetime, today: date
) -> tuple[Link, bool]:
    """Links the account that the proof fits; (the link, was it made now?). `key` is the data key.

    The answer is one and the same where there is no such account and where the fact is wrong, after the same work.
    """
    number = wish.number.strip()
    if wish.proof.fact not in accepted:
        raise Refused("Этот поставщик подтверждает лицевой счёт иначе: выберите другой способ.", field="fact")
    if len(wish.label) > LONGEST_ALIAS:
        raise Refused(f"Псевдоним не длиннее {LONGEST_ALIAS} знаков.", field="alias")
    if wish.by_email:
        check_email_bills(resident, wish.supplier, today)
    account = Account.by_number(wish.supplier, number)
    held = Link.of_resident(resident, account) if account is not None else None
    if held is not None:
        return held, False
    attempts = limits.spend(_counted(resident, wish.supplier, number, visitor), now)
    is_right = proves(wish.proof, account.id if account is not None else 0, _hash(account), key, today)
    if account is None or not is_right:
        raise Refused(WRONG)
    limits.succeed(attempts)
    return attach(resident, account, wish.proof.fact, now, wish.label, wish.group, wish.by_email)


def failures(resident: Resident, visitor: Visitor, now: datetime) -> int:
    """How many wrong tries of the resident count at the moment: after some, the form asks for a picture."""
    return limits.failures(BY_RESIDENT, visitor.subject("resident", str(resident.id)), now)


@transaction
def attach(
    resident: Resident,
    account: Account,
    fact: str,
    now: datetime,
    label: str = "",
    group: Group | None = None,
    by_email: bool = False,
) -> tuple[Link, bool]:
    """Gives the resident the account and tells him and those who hold it already; twice is once."""
    lock(account)
    held = Link.of_resident(resident, account)
    if held is not None:
        return held, False
    made = Link.create(
        resident=resident,
        account=account,
        label=" ".join(label.split()),
        group=group,
        bills_by_email=by_email,
        fact=fact,
        linked_at=now,
    )
    _tell(resident, account, now)
    return made, True


@transaction
def attach_by_number(email: str, supplier_code: str, number: str, now: datetime) -> Link:
    """`flask link`: whoever sits at the server's console decides; refuses what is not there."""
    resident = Resident.by_login("email", contacts.email_key(email))
    if resident is None:
        raise Refused(f"Жителя с адресом {email} нет.")
    supplier = by_code(supplier_code)
    account = Account.get_or_none(Account.supplier == supplier, Account.number == number.strip())
    if account is None:
        raise Refused(f"Лицевого счёта «{number}» у поставщика «{supplier.title}» нет.")
    return attach(resident, account, BY_OPERATOR, now)[0]


def proves(proof: Proof, account: int, activation_hash: str, key: str, today: date) -> bool:
    """Does the typed fact fit the account? An account with nothing to compare is never proved."""
    if proof.fact == METER:
        wanted = plain_number(proof.meter_number)
        return bool(wanted) and wanted in {plain_number(number) for number in meter_numbers(account, today)}
    if proof.fact == PAYMENT:
        last = last_payment(newest_payments(account))
        return last is not None and proof.payment_date == last[0] and proof.payment_sum in last[1]
    if proof.fact == BILL:
        asked = last_bill_sum(account)
        return bool(asked) and proof.bill_sum is not None and abs(asked or 0) == proof.bill_sum
    typed = secrets.activation(key, proof.activation_code)
    return hmac.compare_digest(typed, activation_hash or "-") and bool(proof.activation_code.strip())


def plain_number(number: str) -> str:
    """A meter's number as it is compared: letters and digits, without leading zeros («№ 0042-66/11» is «426611»)."""
    return re.sub(r"[\W_]+", "", number).casefold().lstrip("0")


def last_payment(payments: Sequence[Paid]) -> tuple[date, set[int]] | None:
    """The newest day with a payment that was not taken back, and the sums that are right (exchange.md, point 12).

    `payments` are newest first. Right is any payment of the day or the day's total, as paid or as credited.
    """
    standing: list[Paid] = []
    for payment in reversed(payments):
        if payment.credited > 0:
            standing.append(payment)
            continue
        reversed_one = next((past for past in reversed(standing) if past.credited == -payment.credited), None)
        if reversed_one is not None:
            standing.remove(reversed_one)
    if not standing:
        return None
    day = max(payment.on for payment in standing)
    of_day = [payment for payment in standing if payment.on == day]
    sums = {sum(payment.credited for payment in of_day), sum(payment.paid for payment in of_day)}
    return day, sums | {payment.credited for payment in of_day} | {payment.paid for payment in of_day}


def _counted(resident: Resident, supplier: int, number: str, visitor: Visitor) -> list[tuple[Limit, str]]:
    return [
        (BY_RESIDENT, visitor.subject("resident", str(resident.id))),
        (BY_ACCOUNT, visitor.subject("account", str(supplier), number)),
        (BY_ADDRESS, visitor.network),
    ]


def _hash(account: Account | None) -> str:
    return "" if account is None else str(account.activation_hash)


def _tell(resident: Resident, account: Account, now: datetime) -> None:
    others = Link.other_holders(account, resident)
    number, supplier = f"№{NB}{account.number}", account.supplier.title
    Notice.tell(
        [resident],
        f"Вам добавлен лицевой счёт {number}",
        f"{supplier}. Теперь в кабинете есть его счета, показания и оплата.",
        now,
        supplier=account.supplier,
        link_url=f"/accounts/{account.id}",
        link_label="Открыть лицевой счёт",
    )
    Notice.tell(
        others,
        f"Лицевой счёт {number} добавил ещё один пользователь",
        f"{supplier}. Так бывает, когда счёт смотрят всей семьёй. Если вы не знаете, кто это, сообщите поставщику: "
        "он отключит лишнего.",
        now,
        supplier=account.supplier,
        link_url="/contacts",
        link_label="Сообщить поставщику",
    )
    moment = f"{account.id}:{now.isoformat()}"
    outbox.put("account-linked", f"account-linked:{resident.id}:{moment}", now, resident=resident, account=account.id)
    for other in others:
        outbox.put("account-shared", f"account-shared:{other.id}:{moment}", now, resident=other, account=account.id)
