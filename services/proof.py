"""Facts that prove an account one's own: what was typed against what the billing gave (product R3.2–R3.5)."""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date

from models import Account, Link
from models.proof import Paid, last_bill_sum, meter_numbers, newest_payments
from models.resident import ACTIVE
from models.search import fold, russian
from services import passwords, secrets

METER, PAYMENT, BILL, ACTIVATION = "meter", "payment", "bill", "activation"
PASSPORT, ORGANISATION, PASSWORD = "passport", "organisation", "password"  # noqa: S105 - a fact's name
FACTS = (METER, PAYMENT, BILL, ACTIVATION, PASSPORT, ORGANISATION, PASSWORD)

_OF_FLATS = re.compile(r"^(квартира|кв|помещение|пом|комната|комн|ком|офис|оф)\b[. ]*")
_LEGAL_FORMS = tuple(
    form.split()
    for form in (
        "общество с ограниченной ответственностью", "публичное акционерное общество", "открытое акционерное общество",
        "закрытое акционерное общество", "непубличное акционерное общество", "акционерное общество",
        "индивидуальный предприниматель", "товарищество собственников жилья",
        "товарищество собственников недвижимости", "муниципальное унитарное предприятие",
        "государственное унитарное предприятие",
        "садоводческое некоммерческое товарищество", "жилищно строительный кооператив", "гаражный кооператив",
        "автономная некоммерческая организация",
        "ооо", "пао", "оао", "зао", "нао", "ао", "ип", "тсж", "тсн", "муп", "гуп", "снт", "жск", "гк", "ано",
    )
)  # fmt: skip


@dataclass(frozen=True)
class Passport:
    """What is compared of a passport; it is hashed and forgotten, and no `repr` shows it."""

    series: str = field(repr=False)
    number: str = field(repr=False)
    issued_on: date = field(repr=False)
    code: str = field(repr=False)
    born_on: date = field(repr=False)


@dataclass(frozen=True)
class Proof:
    """The fact that was chosen and what was typed for it; sums in kopecks."""

    fact: str
    meter_number: str = ""
    payment_date: date | None = None
    payment_sum: int | None = None
    bill_sum: int | None = None
    activation_code: str = ""
    house: int = 0
    flat: str = ""
    passport: Passport | None = None
    title: str = ""
    inn: str = ""
    password: str = field(default="", repr=False)


def proves(proof: Proof, account: Account, key: str, today: date) -> bool:
    """Does the typed fact fit the account? One with nothing to compare is never proved. `key` is the data key."""
    return _RULES[proof.fact](proof, account, key, today)


def _by_meter(proof: Proof, account: Account, _key: str, today: date) -> bool:
    wanted = plain_number(proof.meter_number)
    return bool(wanted) and wanted in {plain_number(number) for number in meter_numbers(account.id, today)}


def _by_payment(proof: Proof, account: Account, _key: str, _today: date) -> bool:
    last = last_payment(newest_payments(account.id))
    return last is not None and proof.payment_date == last[0] and proof.payment_sum in last[1]


def _by_bill(proof: Proof, account: Account, _key: str, _today: date) -> bool:
    asked = last_bill_sum(account.id)
    return bool(asked) and proof.bill_sum is not None and abs(asked or 0) == proof.bill_sum


def _by_activation(proof: Proof, account: Account, key: str, _today: date) -> bool:
    typed = secrets.activation(key, proof.activation_code)
    return hmac.compare_digest(typed, account.activation_hash or "-") and bool(proof.activation_code.strip())


def _by_passport(proof: Proof, account: Account, key: str, _today: date) -> bool:
    """The passport's hash was made under this very key, and the address is the account's."""
    given = proof.passport
    if given is None:
        return False
    issued_on, born_on = given.issued_on.isoformat(), given.born_on.isoformat()
    typed = secrets.passport(key, given.series, given.number, issued_on, given.code, born_on)
    known = str(account.passport_hash) if account.passport_key == secrets.key_id(key) else ""
    flat = plain_flat(str(account.flat))
    is_here = account.house_id == proof.house and (not flat or flat == plain_flat(proof.flat))
    return hmac.compare_digest(typed, known or "-") and is_here


def _by_organisation(proof: Proof, account: Account, key: str, today: date) -> bool:
    wanted = plain_title(proof.title)
    is_named = account.kind == "organisation" and bool(wanted) and wanted == plain_title(str(account.title))
    return _by_bill(proof, account, key, today) and is_named and bool(proof.inn) and proof.inn == account.inn


def _by_password(proof: Proof, account: Account, _key: str, _today: date) -> bool:
    """The password of the one who signs in by the account's number; nobody's takes as long."""
    login = Link.login_of(account)
    known = str(login.resident.password_hash) if login and login.resident.state == ACTIVE else ""
    return passwords.matches(known, proof.password)


_RULES: dict[str, Callable[[Proof, Account, str, date], bool]] = {
    METER: _by_meter,
    PAYMENT: _by_payment,
    BILL: _by_bill,
    ACTIVATION: _by_activation,
    PASSPORT: _by_passport,
    ORGANISATION: _by_organisation,
    PASSWORD: _by_password,
}


def plain_number(number: str) -> str:
    """A meter's number as it is compared: letters and digits, without leading zeros («№ 0042-66/11» is «426611»)."""
    return re.sub(r"[\W_]+", "", number).casefold().lstrip("0")


def plain_flat(flat: str) -> str:
    """A flat as it is compared: «кв. 045 А» is «45а», whichever alphabet the letter is of."""
    return russian(plain_number(_OF_FLATS.sub("", fold(flat))))


def plain_title(title: str) -> str:
    """An organisation's name as it is compared: without quotes and legal form, lookalikes of one alphabet."""
    words = re.findall(r"[^\W_]+", russian(title))
    for form in _LEGAL_FORMS:
        if words[: len(form)] == form:
            words = words[len(form) :]
        elif words[-len(form) :] == form:
            words = words[: -len(form)]
    return "".join(words)


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
