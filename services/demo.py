"""The demo town: a package of an invented billing, and the known residents settled in it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

from exchange.town import Cast, Household, write_town
from models import (
    Account,
    Group,
    Link,
    Notice,
    NoticeReceipt,
    Operator,
    Resident,
    Supplier,
    SupplierSetting,
    transaction,
)
from models.search import fold
from services import contacts, demo_talk, imports, passwords, settings, start
from services.linking import attach
from services.refusal import Refused

KEY = "demo"  # the setting that marks a database as the demo's and keeps what is printed at start
EPOCH = date(2020, 1, 1)
CAST = {
    "anna@example.org": "жительница: три поставщика, группы, долги, счётчики с одной, двумя и тремя шкалами",
    "boris@example.org": "сосед, один лицевой счёт у них с Анной общий",
    "novichok@example.org": "новичок без лицевых счетов",
    "olga@example.org": "оператор",
    "admin@example.org": "администратор",
}


def is_settled() -> bool:
    """Is this database a demo's? It holds logins whose password everybody knows."""
    return SupplierSetting.of_day(None, KEY, EPOCH) is not None


def logins(ways: Sequence[str]) -> list[tuple[str, str]]:
    """(what to type, who it is) of the known residents, by the first of the portal's ways; operators by e-mail."""
    return [(_login(Resident.by_login("email", email), ways, email), who) for email, who in CAST.items()]


def _login(resident: Resident | None, ways: Sequence[str], email: str) -> str:
    """How one signs in; one who has no login of the kind is shown by his e-mail."""
    if resident is None or Operator.is_one(resident) or "email" in ways:
        return email
    if ways[0] == "account":
        return next((str(link.account.number) for link in Link.held_by(resident) if link.is_login), "")
    return str(resident.phone if ways[0] == "phone" else resident.username)


def facts_to_link() -> list[str]:
    """What the newcomer types to link his account, as sentences."""
    row = SupplierSetting.of_day(None, KEY, EPOCH)
    return list(json.loads(row.value)) if row else []


def settle(
    folder: Path, *, seed: int, accounts: int, password: str, now: datetime, today: date, data_key: str
) -> None:
    """Writes the town of this month into the folder, loads it as any package, and moves the cast in."""
    if Resident.select().exists() or Supplier.select().exists():
        raise Refused("В базе уже есть данные: учебный город ставится только в пустую базу.")
    cast = write_town(folder, seed=seed, month=today.replace(day=1), accounts=accounts)
    imports.run_import([folder], who="flask demo", now=lambda: now, options=imports.Options(), data_key=data_key)
    _move_in(cast, passwords.hashed(password), now)


@transaction
def _move_in(cast: Cast, password_hash: str, now: datetime) -> None:
    flat, dacha, mother = cast.anna
    make = _maker(password_hash, now)
    anna = make("anna@example.org", flat)
    _hold(anna, flat, now)
    _hold(anna, dacha, now, "Дача")
    _hold(anna, mother, now, "Мама")
    _write_notices(anna, now)
    _sign_in_by(anna, flat)
    boris = make("boris@example.org", cast.boris)
    _hold(boris, cast.boris, now)
    _sign_in_by(boris, cast.boris)
    attach(boris, _account(cast.shared.supplier, cast.shared.number), "operator", now, "Соседская дача")
    make("novichok@example.org", cast.novichok)
    olga = make("olga@example.org", None, "Ольга", "Смирнова")
    Operator.create(resident=olga, role="clerk")
    Operator.create(resident=make("admin@example.org", None, "Администратор", ""), role="administrator")
    settings.record(Supplier.get(Supplier.code == "VODA"), "reading_from_day", EPOCH, 15)
    settings.record(Supplier.get(Supplier.code == "VODA"), "reading_to_day", EPOCH, 25)
    settings.record(Supplier.get(Supplier.code == "VODA"), "offers_calls", EPOCH, True)
    settings.record(None, KEY, EPOCH, _facts(cast.novichok))
    start.finish(now)
    power, water, his = _known(flat, "ENERGO"), _known(flat, "VODA"), _known(cast.boris, "VODA")
    demo_talk.talk(anna, boris, olga, power, water, his, now)


def _maker(password_hash: str, now: datetime) -> Callable[..., Resident]:
    def make(email: str, home: Household | None, name: str = "", surname: str = "") -> Resident:
        username, phone = email.partition("@")[0], f"+7999000000{Resident.select().count() + 1}"
        return Resident.create(
            email=email,
            email_key=fold(email),
            email_confirmed_at=now,
            username=username,
            username_key=contacts.username_key(username),
            phone=phone,
            phone_key=phone,
            phone_confirmed_at=now,
            surname=home.surname if home else surname,
            name=home.name if home else name,
            patronymic=home.patronymic if home else "",
            password_hash=password_hash,
            state="active",
            created_at=now,
        )

    return make


def _sign_in_by(resident: Resident, home: Household) -> None:
    """The number of the home's first account is a login, too."""
    link = Link.of_resident(resident, _account(home.accounts[0].supplier, home.accounts[0].number))
    assert link is not None, "the account was linked before"
    Link.make_login(link)


def _hold(resident: Resident, home: Household, now: datetime, place: str = "") -> None:
    """Links all accounts of a home; `place` is their group and alias."""
    group = Group.create(resident=resident, name=place) if place else None
    for known in home.accounts:
        attach(resident, _account(known.supplier, known.number), "operator", now, place or "Квартира", group)


def _known(home: Household, supplier: str) -> Account:
    """The home's account of the supplier."""
    return next(_account(supplier, known.number) for known in home.accounts if known.supplier == supplier)


def _account(supplier: str, number: str) -> Account:
    found: Account = Account.select().join(Supplier).where(Supplier.code == supplier, Account.number == number).get()
    return found


def _facts(home: Household) -> list[str]:
    series, number, issued, code = home.passport
    lines = [
        "Лицевой счёт новичка, чтобы его привязать (любого из фактов хватит):",
        f"  абонент {home.surname} {home.name} {home.patronymic}, родился {home.birth_date:%d.%m.%Y}, "
        f"{home.settlement}, {home.street}, дом {home.house}, помещение {home.flat}",
        f"  паспорт {series} {number}, выдан {issued:%d.%m.%Y}, код подразделения {code}",
    ]
    for known in home.accounts:
        account = _account(known.supplier, known.number)
        facts = [f"счётчик № {number}" for number in known.meters]
        if known.last_payment:
            day, kopecks = known.last_payment
            facts.append(f"последний платёж {day:%d.%m.%Y} на {_money(kopecks)}")
        facts.append(f"последняя квитанция {_money(known.last_bill)}")
        lines.append(f"  {account.supplier.title}, № {known.number}: {', '.join(facts)}")
    return lines


def _money(kopecks: int) -> str:
    return f"{kopecks // 100},{kopecks % 100:02d}"


def _write_notices(resident: Resident, now: datetime) -> None:
    """One unread notice of every kind (product R9)."""
    written: list[dict[str, object]] = [
        {
            "subject": "Прочитайте правила оплаты",
            "body": "Платёж виден в истории сразу, поставщик учитывает его за один-три рабочих дня.",
        },
        {
            "subject": "Скоро поверка счётчика воды",
            "body": "После окончания срока поверки начислять будут по нормативу. Подтвердите, что прочитали.",
            "needs_confirmation": True,
            "link_url": "/accounts",
            "link_label": "Посмотреть счётчики",
        },
        {
            "kind": "top",
            "subject": "Завтра с 10 до 16 часов не будет холодной воды",
            "body": "Плановый ремонт на ул. Лесной.",
            "until": now + timedelta(days=30),
        },
        {
            "kind": "modal",
            "subject": "Меняются условия обслуживания",
            "body": "Мастер приходит в согласованный день и показывает удостоверение. Осмотр бесплатный.",
            "needs_confirmation": True,
            "until": now + timedelta(days=30),
        },
        {
            "kind": "modal",
            "subject": "Проверьте свои контакты",
            "body": "На эту почту и этот телефон приходят счета и коды. Если они изменились, поправьте их в профиле.",
            "needs_confirmation": True,
            "link_url": "/profile",
            "link_label": "Перейти в профиль",
        },
        {
            "kind": "top",
            "subject": "Счета можно получать на e-mail",
            "body": "Выберите в профиле, по каким лицевым счетам присылать их письмом.",
            "link_url": "/profile",
            "link_label": "Перейти в профиль",
        },
    ]
    for facts in written:
        notice = Notice.create(published_at=now, **facts)
        NoticeReceipt.give(notice, [resident])
