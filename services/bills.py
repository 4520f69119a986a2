"""Bills on paper: what a quittance says, taken from the bill as the billing gave it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from documents.payment_code import PaymentCode
from documents.quittance import ChargeLine, MeterLine, Payee, Quittance, ReferenceLine
from documents.wording import grouped
from models import Account, Bill, Charge, Meter, Register, Supplier
from models.bill import Paper
from models.meter import SINGLE
from services import volumes
from services.volumes import Facts

RECENT = 6  # periods that the list shows first (product R6.1)


def recent(papers: Iterable[Paper], count: int = RECENT) -> date | None:
    """The oldest of so many newest periods that have a bill: a period may hold several; None without bills."""
    return min(sorted({paper.period for paper in papers})[-count:], default=None)


def quittance_of(bill: Bill, *, masked: bool = False, readings_url: str | None = None) -> Quittance:
    """The bill (its account, supplier and house joined) as a paper to print: the one way that makes it.

    `readings_url` is the signed link for readings without signing in; `masked` hides who pays and where.
    """
    account = bill.account
    charges = Charge.of_bills([bill])[bill.id]
    registers = list(Register.of_account(account))
    facts = volumes.facts(account, bill.period, charges, all_norms=True)
    return Quittance(
        number=bill.number,
        period=bill.period,
        issued_on=bill.issued_on,
        due_on=bill.due_on,
        supplier=payee(account.supplier),
        account_number=account.number,
        opening=bill.opening,
        charged=bill.charged,
        recalculated=bill.recalculated,
        paid=bill.paid,
        to_pay=bill.to_pay,
        els=account.els,
        holder=account.holder,
        address=account.address,
        area=figure(account.area),
        living_area=figure(account.living_area),
        rooms=str(account.rooms or ""),
        registered="" if account.registered is None else str(account.registered),
        meters=tuple(_meter_lines(bill, charges, registers)),
        lines=tuple(_charge_line(charge, account.supplier) for charge in charges),
        reference=tuple(_reference_lines(charges, facts)),
        code=payment_code(bill),
        readings_url=readings_url,
        masked=masked,
    )


def payee(supplier: Supplier) -> Payee:
    return Payee(
        name=supplier.name,
        inn=supplier.inn,
        kpp=supplier.kpp,
        ogrn=supplier.ogrn,
        account=supplier.bank_account,
        bank=supplier.bank,
        bic=supplier.bik,
        corr_account=supplier.corr_account,
        address=supplier.address,
        phone=supplier.phone,
        email=supplier.email,
        site=supplier.site,
        hours=supplier.hours,
    )


def payment_code(bill: Bill) -> PaymentCode | None:
    """What a bank's app reads from the paper (formats 1, 9.1); None where the supplier gave no bank details."""
    return code_of(bill.account, bill.to_pay, bill.period, purpose(bill.account.number, bill))


def code_of(account: Account, amount: int, period: date, about: str) -> PaymentCode | None:
    """The code of any sum for an account; a sum of zero or less is left to the payer."""
    supplier: Supplier = account.supplier
    is_person = account.kind == "person"
    code = PaymentCode(
        name=supplier.name,
        personal_acc=supplier.bank_account,
        bank_name=supplier.bank,
        bic=supplier.bik,
        corresp_acc=supplier.corr_account,
        payee_inn=supplier.inn,
        kpp=supplier.kpp,
        sum_kopecks=max(amount, 0),
        purpose=about,
        pers_acc=account.number,
        period=period,
        last_name=account.surname if is_person else account.title,
        first_name=account.name if is_person else "",
        middle_name=account.patronymic if is_person else "",
        payer_address=account.address.replace("\N{NO-BREAK SPACE}", " "),
    )
    return code if code.is_complete else None


def purpose(number: str, bill: Bill | None) -> str:
    """«Назначение платежа» of a bill or, without one, of an account by its number."""
    if bill is None:
        return f"Оплата услуг, лицевой счёт {number}"
    return f"Оплата счёта {bill.number} за {bill.period:%m.%Y}, лицевой счёт {number}"


def figure(text: str) -> str:
    """A printed decimal for paper: `1434.59` → `1 434,59`; what is no number stays as it is."""
    whole, point, fraction = text.replace(",", ".").partition(".")
    if not whole.lstrip("-").isdecimal():
        return text
    minus = "\N{MINUS SIGN}" if whole.startswith("-") else ""
    return minus + grouped(abs(int(whole))) + ("," + fraction if point else "")


def _charge_line(charge: Charge, supplier: Supplier) -> ChargeLine:
    provider = str(charge.service.provider)
    return ChargeLine(
        service=charge.title,
        charged=charge.charged,
        total=charge.total,
        recalculated=charge.recalculated or 0,
        benefit=charge.benefit or 0,
        unit=charge.unit,
        volume=figure(charge.volume),
        volume_common=figure(charge.volume_common),
        method=charge.method,
        tariff=figure(charge.tariff),
        provider="" if provider in (supplier.name, supplier.short_name) else provider,
        recalculated_for=charge.recalculation_period,
        reason=charge.recalculation_reason,
    )


def _reference_lines(charges: Iterable[Charge], facts: Facts) -> Iterable[ReferenceLine]:
    """Section 4: the norm of a service and what the whole house used; a service that has neither is left out."""
    for charge in charges:
        norm = facts.norms.get(volumes.key_of(charge))
        house = volumes.house_of(charge, facts)
        if norm is None and not charge.house_volume:
            continue
        yield ReferenceLine(
            service=charge.title,
            unit=charge.unit,
            norm=f"{_plain(norm.micro / volumes.MICRO)} на {'м²' if norm.by_area else 'чел.'}" if norm else "",
            reading=figure(charge.reading_after),
            house=figure(charge.house_volume),
            house_own=_plain(house.own) if house and house.own else "",
            house_common=_plain(house.common) if house and house.common else "",
        )


def _plain(amount: Decimal) -> str:
    """A number without the zeros at its end, as paper has it: `3214.800` → `3 214,8`."""
    text = f"{amount:f}"
    return figure(text.rstrip("0").rstrip(".") if "." in text else text)


def _meter_lines(bill: Bill, charges: Iterable[Charge], registers: Sequence[Register]) -> Iterable[MeterLine]:
    for charge in charges:
        if not charge.reading_after:
            continue
        meter = meter_of(bill, charge, registers)
        yield MeterLine(
            service=charge.service.name,
            number=meter.number if meter else "",
            scale="" if charge.scale == SINGLE else charge.scale,
            unit=charge.unit,
            before=figure(charge.reading_before),
            after=figure(charge.reading_after),
            consumption=figure(charge.volume),
            verified_until=meter.valid_until if meter else None,
        )


def meter_of(bill: Bill, charge: Charge, registers: Iterable[Register]) -> Meter | None:
    """The meter whose readings stand in the line; None where the account has two that could be meant."""
    meters = {
        register.meter_id: register.meter
        for register in registers
        if register.meter.service_id == charge.service_id and not register.meter.is_removed(bill.period)
    }
    return next(iter(meters.values())) if len(meters) == 1 else None
