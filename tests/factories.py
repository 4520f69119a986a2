"""Rows of the tests' town: each function makes one, with everything it needs unless it is given."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, date, datetime
from typing import Any

from models import (
    Account,
    Appeal,
    AppealMessage,
    Application,
    Autopay,
    AutopayRun,
    Balance,
    BankCard,
    Bill,
    Call,
    Charge,
    Group,
    House,
    Invitation,
    Link,
    LinkRequest,
    Meter,
    Notice,
    NoticeReceipt,
    Operator,
    Payment,
    Reading,
    Register,
    Registry,
    RegistryLine,
    Resident,
    Service,
    Supplier,
    SupplierSetting,
    Tariff,
    Token,
)
from models.search import fold
from services.codes import token_hash

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
TODAY = date(2026, 11, 20)
_count = itertools.count(1)


def supplier(**facts: Any) -> Supplier:
    n = next(_count)
    return Supplier.create(**{"code": f"S{n}", "name": f"ООО «Водоканал {n}»", "inn": "7707083893", **facts})


def payee(**facts: Any) -> Supplier:
    """A supplier whose bank details are known, so that its accounts have a payment code."""
    bank = {
        "name": "АО «Энергосбыт»", "bank_account": "40702810638000000001", "bank": "ПАО СБЕРБАНК", "bik": "044525225",
        "corr_account": "30101810400000000225", "kpp": "770701001",
    }  # fmt: skip
    return supplier(**{**bank, **facts})


def setting(of: Supplier | None, key: str, value: Any, since: date = date(2020, 1, 1)) -> SupplierSetting:
    return SupplierSetting.create(supplier=of, key=key, since=since, value=json.dumps(value))


def service(of: Supplier | None = None, **facts: Any) -> Service:
    n = next(_count)
    given = {"code": f"EE{n}", "name": "Электроэнергия", "unit": "кВт*ч", "kind": "электроэнергия", **facts}
    return Service.create(supplier=of or supplier(), **given)


def tariff(of: Service, price: int, **facts: Any) -> Tariff:
    return Tariff.create(**{"service": of, "since": date(2026, 1, 1), "price": price, **facts})


def house(**facts: Any) -> House:
    n = next(_count)
    given = {"settlement": "г. Светлоречье", "street": "ул. Лесная", "number": str(n), **facts}
    return House.create(key=fold("|".join((given["settlement"], given["street"], given["number"]))), **given)


def account(of: Supplier | None = None, **facts: Any) -> Account:
    n = next(_count)
    given = {
        "supplier": of or supplier(),
        "number": f"{n:010d}",
        "surname": "Соколова",
        "name": "Анна",
        "patronymic": "Викторовна",
        "flat": "45",
        **facts,
    }
    return Account.create(house=given.pop("house", None) or house(), **given)


def resident(**facts: Any) -> Resident:
    n = next(_count)
    given = {
        "surname": "Соколова",
        "name": "Анна",
        "email": f"anna{n}@example.org",
        "state": "active",
        "created_at": NOW,
        "email_confirmed_at": NOW,
        **facts,
    }
    return Resident.create(email_key=given["email"].casefold() or None, **given)


def link(who: Resident, what: Account | None = None, **facts: Any) -> Link:
    return Link.create(resident=who, account=what or account(), **{"linked_at": NOW, **facts})


def card(who: Resident, name: str = "b1", **facts: Any) -> BankCard:
    """A card that the test bank keeps for the resident."""
    given = {"gateway": "testbank", "masked": "•• 0004", "kept_at": NOW, **facts}
    return BankCard.create(resident=who, name=name, **given)


def autopay(of: Link, by: BankCard, **facts: Any) -> Autopay:
    given = {"day": 10, "most": 300000, "since": TODAY, **facts}
    return Autopay.create(link=of, account=of.account_id, card=by, **given)


def autopay_runs(of: Link) -> dict[str, AutopayRun]:
    """A run that was announced and one that failed, by the letter that tells of it."""
    row = autopay(of, card(of.resident, f"b{of.id}"))
    facts = {"account": of.account_id, "autopay": row, "resident": of.resident, "amount": 148533, "told_at": NOW}
    return {
        f"autopay-{kind}": AutopayRun.create(
            occasion=kind, state=state, charge_on=TODAY, reason="Недостаточно средств на карте", **facts
        )
        for kind, state in (("soon", "told"), ("failed", "failed"))
    }


def request(who: Resident | None = None, **facts: Any) -> LinkRequest:
    """A request of the resident's to link an account; without one, of somebody who cannot register."""
    n = next(_count)
    given = {
        "kind": "link" if who else "access",
        "number": f"{n:010d}",
        "once": f"once{n}",
        "created_at": NOW,
        **facts,
    }
    return LinkRequest.create(resident=who, **given)


def appeal(who: Resident, text: str = "Счётчик не крутится", **facts: Any) -> Appeal:
    """A thread that the resident began, with its first message."""
    n = next(_count)
    given = {"supplier": facts.pop("supplier", None) or supplier(), "created_at": NOW, "waits_since": NOW, **facts}
    row = Appeal.create(resident=who, once=f"appeal{n}", **given)
    AppealMessage.create(appeal=row, author=who, text=text, at=NOW, once=f"message{n}")
    return row


def call(who: Resident, **facts: Any) -> Call:
    """A call that the resident asked for."""
    n = next(_count)
    given = {
        "supplier": facts.pop("supplier", None) or supplier(),
        "phone": "+79123456789",
        "convenient": "soon",
        **facts,
    }
    return Call.create(resident=who, once=f"call{n}", created_at=NOW, **given)


def application(who: Resident, **facts: Any) -> Application:
    """An application of the resident's for a contract; a draft, of which he has one."""
    given = {"supplier": facts.pop("supplier", None) or supplier(), "objects": "Дом", "changed_at": NOW, **facts}
    return Application.create(resident=who, created_at=NOW, **given)


def token(who: Resident, **facts: Any) -> tuple[Token, str]:
    """A token of the resident's and what his program shows."""
    secret = f"{next(_count):022d}"
    given = {"name": "Модем", "prefix": secret[:6], "scopes": "balance,readings", "created_at": NOW, **facts}
    return Token.create(resident=who, token_hash=token_hash(secret), **given), secret


def invitation(of: Account | None = None, **facts: Any) -> Invitation:
    given = {"email": "anna@example.org", "surname": "Соколова", "name": "Анна", **facts}
    return Invitation.create(account=of or account(), **given)


def group(who: Resident, name: str = "Дача") -> Group:
    return Group.create(resident=who, name=name)


def registry(of: Supplier | None = None, **facts: Any) -> Registry:
    """A bank's registry that has been taken in, without lines."""
    n = next(_count)
    given = {
        "layout": "sber_short", "bank": "Сбербанк", "file_name": f"реестр {n}.txt", "sha256": f"{n:064d}",
        "content": b"", "who": "olga@example.org", "created_at": NOW, "day": TODAY, "state": "taken",
        "posted_at": NOW, "posted_by": "olga@example.org", **facts,
    }  # fmt: skip
    return Registry.create(supplier=of or supplier(), **given)


def registry_line(of: Registry | None = None, **facts: Any) -> RegistryLine:
    """A line of a registry; without an account it waits in the queue."""
    n = next(_count)
    given = {
        "line": n, "state": "open" if facts.get("account") else "waiting", "key": f"sber|{n}", "operation": str(n),
        "account_number": "999", "paid_on": TODAY, "amount": 1000, **facts,
    }  # fmt: skip
    return RegistryLine.create(registry=of or registry(), **given)


def operator(of: Supplier | None = None, role: str = "clerk", **facts: Any) -> Resident:
    """Of all suppliers unless one is named; the second step of his sign-in is set up, as a real portal demands."""
    who = resident(**{"factor": "code", **facts})
    Operator.create(resident=who, supplier=of, role=role)
    return who


def meter(
    of: Account, what: Service | None = None, scales: tuple[str, ...] = ("Круглосуточный",), **facts: Any
) -> Meter:
    n = next(_count)
    digits, decimals = facts.pop("digits", 6), facts.pop("decimals", 0)
    row = Meter.create(account=of, service=what or service(of.supplier), **{"number": f"3800{n:04d}", **facts})
    for position, scale in enumerate(scales):
        Register.create(meter=row, scale=scale, position=position, digits=digits, decimals=decimals)
    return row


def reading(of: Register, value: int, on: date, **facts: Any) -> Reading:
    """`value` in whole units of the meter."""
    return Reading.create(register=of, value=value * 10**6, taken_on=on, **{"origin": "billing", **facts})


def bill(of: Account, **facts: Any) -> Bill:
    n = next(_count)
    given = {
        "number": str(n),
        "issued_on": date(2026, 10, 31),
        "period": date(2026, 10, 1),
        "opening": 0,
        "charged": 148533,
        "recalculated": 0,
        "paid": 0,
        "to_pay": 148533,
        **facts,
    }
    return Bill.create(account=of, order_key=Bill.key(given["period"], given["issued_on"], given["number"]), **given)


def charge(of: Bill, what: Service, charged: int, **facts: Any) -> Charge:
    return Charge.create(bill=of, service=what, charged=charged, **{"total": charged, "unit": what.unit, **facts})


def payment(of: Account, amount: int, on: date = date(2026, 10, 14), **facts: Any) -> Payment:
    n = next(_count)
    return Payment.create(account=of, amount=amount, paid_on=on, **{"identifier": f"P{n}", **facts})


def balance(of: Account, amount: int, on: date = date(2026, 10, 31), **facts: Any) -> Balance:
    return Balance.create(account=of, amount=amount, as_of=on, **facts)


def notice(subject: str, *readers: Resident, **facts: Any) -> Notice:
    """A notice that has reached these residents."""
    row = Notice.create(**{"subject": subject, "published_at": NOW, **facts})
    NoticeReceipt.give(row, readers)
    return row
