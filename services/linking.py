"""Linking an account to a resident: by a fact that only its people know (product R3.4, R3.7), or by the operator."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from models import Account, Group, Link, Notice, Resident, lock, transaction
from models.resident import DELETED
from services import contacts, limits, notices, outbox, settings, sign_in
from services.accounts import LONGEST_ALIAS, check_email_bills
from services.limits import Limit, Visitor
from services.proof import FACTS, ORGANISATION, PASSPORT, PASSWORD, Proof, proves
from services.refusal import Refused
from services.suppliers import by_code

BY_OPERATOR = "operator"
NOBODY = 0  # the id of an account that is not there
NB = "\N{NO-BREAK SPACE}"

BY_RESIDENT = Limit("link-by-resident", 10)
BY_ACCOUNT = Limit("link-to-account", 10)
BY_ADDRESS = Limit("link-from-address", 100)  # a village behind one address

GONE = "Этого кабинета больше нет."
WRONG = "Такого лицевого счёта нет или данные для проверки не подходят. "
ADVICE = {
    PASSPORT: "Сверьте номер с квитанцией, а данные с паспортом.",
    PASSWORD: "Проверьте номер и пароль этого лицевого счёта.",
}
USUAL_ADVICE = "Сверьте номер и данные с последней квитанцией."


@dataclass(frozen=True)
class Wish:
    """The account to be linked, and how it shall stand in the resident's portal.

    `number` is the account's; of an organisation it may be the contract's.
    """

    supplier: int
    number: str
    proof: Proof
    label: str = ""
    group: Group | None = None
    by_email: bool = False


def facts_of(supplier: int | None, usual: Collection[str], today: date) -> tuple[str, ...]:
    """Which facts the supplier accepts: its own setting, else the usual ones; None = any supplier."""
    own = settings.in_force(today).of(supplier).linking_facts if supplier is not None else None
    return tuple(fact for fact in FACTS if fact in (usual if own is None else own))


def link(
    resident: Resident, wish: Wish, accepted: Collection[str], visitor: Visitor, key: str, now: datetime, today: date
) -> tuple[Link, bool]:
    """Links the account that the proof fits; (the link, was it made now?). `key` is the data key.

    The answer is one and the same where there is no such account and where the fact is wrong, after the same work.
    """
    if wish.proof.fact not in accepted:
        raise Refused("Этот поставщик подтверждает лицевой счёт иначе: выберите другой способ.", field="fact")
    if len(wish.label) > LONGEST_ALIAS:
        raise Refused(f"Псевдоним не длиннее {LONGEST_ALIAS} знаков.", field="alias")
    if wish.by_email:
        check_email_bills(resident, wish.supplier, today)
    meant = _meant(wish)
    looked_at = meant or [Account(id=NOBODY)]  # the same is asked where there is none: the work must not tell
    held = [found for account in looked_at if (found := Link.of_resident(resident, account))]
    if held and len(held) == len(meant):
        return held[0], False
    attempts = limits.spend(_counted(resident, wish, meant, visitor), now)
    taken = {found.account_id for found in held}
    account = _proved(wish.proof, [account for account in meant if account.id not in taken], key, today)
    if account is None:
        raise Refused(WRONG + ADVICE.get(wish.proof.fact, USUAL_ADVICE))
    limits.succeed(attempts)
    return attach(resident, account, wish.proof.fact, now, wish.label, wish.group, wish.by_email)


def _meant(wish: Wish) -> list[Account]:
    """The accounts that the number may mean: none or one; several where it is an organisation's contract."""
    for number in contacts.numbers_of(wish.number):
        if wish.proof.fact == ORGANISATION and (objects := Account.of_organisation(wish.supplier, number)):
            return objects
        if wish.proof.fact != ORGANISATION and (found := Account.by_number(wish.supplier, number)):
            return [found]
    return []


def _proved(proof: Proof, accounts: Sequence[Account], key: str, today: date) -> Account | None:
    """The first account that the proof fits; where there is none, the same is asked of nobody's."""
    fitting = [account for account in accounts or [Account(id=NOBODY)] if proves(proof, account, key, today)]
    return next((account for account in fitting if account.id != NOBODY), None)


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
    if lock(resident).state == DELETED:  # who leaves at this moment leaves nothing behind
        raise Refused(GONE)
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
    notices.catch_up(resident, now)
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


def _counted(resident: Resident, wish: Wish, meant: Sequence[Account], visitor: Visitor) -> list[tuple[Limit, str]]:
    """Whom the attempt counts for; a guess at a password counts for the sign-in of the one whose it is, too."""
    # A contract's guess is one at each of its accounts.
    numbers = [str(account.number) for account in meant] or [wish.number.strip()]
    counted = [
        (BY_RESIDENT, visitor.subject("resident", str(resident.id))),
        *((BY_ACCOUNT, visitor.subject("account", str(wish.supplier), each)) for each in numbers),
        (BY_ADDRESS, visitor.network),
    ]
    if wish.proof.fact == PASSWORD:
        login = Link.login_of(meant[0] if meant else Account(id=NOBODY))
        whose = sign_in.subject(sign_in.Login("account", numbers[0]), login.resident if login else None, visitor)
        counted.append((sign_in.BY_LOGIN, whose))
    return counted


def _tell(resident: Resident, account: Account, now: datetime) -> None:
    others = [link.resident for link in Link.of_others(account, resident)]
    number = f"№{NB}{account.number}"
    Notice.tell(
        [resident],
        f"Вам добавлен лицевой счёт {number}",
        "Теперь в кабинете есть его счета, показания и оплата.",
        now,
        supplier=account.supplier,
        link_url=f"/accounts/{account.id}",
        link_label="Открыть лицевой счёт",
    )
    Notice.tell(
        others,
        f"Лицевой счёт {number} добавил ещё один пользователь",
        "Так бывает, когда счёт смотрят всей семьёй. Если вы не знаете, кто это, возразите: оператор "
        "проверит и отключит лишнего.",
        now,
        supplier=account.supplier,
        link_url=f"/accounts/{account.id}#objection",
        link_label="Возразить",
    )
    moment = f"{account.id}:{now.isoformat()}"
    outbox.put("account-linked", f"account-linked:{resident.id}:{moment}", now, resident=resident, account=account.id)
    for other in others:
        outbox.put("account-shared", f"account-shared:{other.id}:{moment}", now, resident=other, account=account.id)
