"""A resident's link to an account: its alias, group and way of getting bills, and its end."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import date, datetime

from models import Group, Link, Notice, Resident, Session, lock, transaction
from services import settings
from services.refusal import Refused

LONGEST_ALIAS = 60


@transaction
def arrange(link: Link, label: str, group: Group | None, by_email: bool, today: date) -> Link:
    """Keeps what the resident set on the account's page; bills by e-mail need an address that is confirmed."""
    label = " ".join(label.split())
    if len(label) > LONGEST_ALIAS:
        raise Refused(f"Псевдоним не длиннее {LONGEST_ALIAS} знаков.", field="alias")
    if by_email and not link.bills_by_email:
        check_email_bills(link.resident, link.account.supplier_id, today)
        write_monthly(link.resident)
    link.label, link.group, link.bills_by_email = label, group, by_email
    link.save()
    return link


@transaction
def choose(session: Session, link: Link) -> None:
    """From now on the pages of this browser show the account."""
    session.current_account = link.account_id
    session.save()


def check_email_bills(resident: Resident, supplier: int, today: date) -> None:
    """Refuses where bills cannot come by e-mail: no confirmed address, or the supplier does not offer it."""
    if not settings.in_force(today).of(supplier).offers_email_bills:
        raise Refused("Поставщик не отправляет счета на e-mail.", field="bills_by")
    if resident.email_confirmed_at is None:
        raise Refused("Сначала подтвердите e-mail в профиле: счета придут на него.", field="bills_by")


@transaction
def choose_bills(resident: Resident, links: Iterable[Link], chosen: Collection[int], today: date) -> None:
    """«Получать счета на e-mail» of many accounts at once: those whose id was ticked, the rest come on paper."""
    for link in links:
        by_email = link.account_id in chosen
        if by_email and not link.bills_by_email:
            check_email_bills(resident, link.account.supplier_id, today)
            write_monthly(resident)
        link.bills_by_email = by_email
        link.save()


def write_monthly(resident: Resident) -> None:
    """Whoever chose bills by e-mail gets the monthly letter that brings them (product R4.2)."""
    resident.monthly_bill = True
    resident.save()


@transaction
def back_to_paper(resident: Resident, now: datetime) -> int:
    """The resident lost the confirmed e-mail: paper bills come again, and he is told; how many accounts."""
    count = Link.to_paper(resident)
    if count:
        Notice.tell(
            [resident],
            "Счета снова приходят на бумаге",
            "Ваш e-mail больше не подтверждён, поэтому счета будут приходить на бумаге. "
            "Подтвердите e-mail в профиле и выберите способ получения счёта заново.",
            now,
        )
    return count


@transaction
def unlink(link: Link, ways: Iterable[str] | None = None) -> str:
    """The account leaves the resident's portal; what is owed and what was sent stays with the supplier.

    One whose number is the login hands it over to another account of the resident's; the number of that, else "". Who
    would be left without any of the portal's `ways` to sign in is refused; None: the operator decides, it goes.
    """
    lock(link.account)
    heir = next(_heirs(link), None) if link.is_login else None
    if ways is not None and link.is_login and heir is None and not link.resident.logins(ways):
        raise Refused("По этому лицевому счёту вы входите в кабинет, другого входа нет: удалить можно весь кабинет.")
    link.delete_instance()
    if heir is None or not Link.make_login(heir):
        return ""
    return str(heir.account.number)


def _heirs(link: Link) -> Iterator[Link]:
    """The resident's other accounts that nobody signs in by."""
    others = (other for other in Link.held_by(link.resident) if other.id != link.id)
    return (other for other in others if Link.login_of(other.account) is None)
