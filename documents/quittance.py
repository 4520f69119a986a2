"""Quittance: the printed payment document of a bill, after the form of приказа Минстроя 43/пр."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from documents.payment_code import PaymentCode


@dataclass(frozen=True)
class Payee:
    """The supplier as it stands on the bill; whatever is empty is not printed."""

    name: str
    inn: str = ""
    kpp: str = ""
    ogrn: str = ""
    account: str = ""
    bank: str = ""
    bic: str = ""
    corr_account: str = ""
    address: str = ""
    phone: str = ""
    email: str = ""
    site: str = ""
    hours: str = ""


@dataclass(frozen=True)
class MeterLine:
    """One register of a meter: figures are texts, printed as they are."""

    service: str
    number: str
    scale: str = ""
    unit: str = ""
    before: str = ""
    after: str = ""
    consumption: str = ""
    verified_until: date | None = None


@dataclass(frozen=True)
class ChargeLine:
    """One line of the bill: volumes and tariff as printed texts, sums in kopecks.

    `benefit` is positive and lowers the total; `provider` is given where it is not the supplier itself.
    `recalculated_for` is the month that was recalculated, `reason` why.
    """

    service: str
    charged: int
    total: int
    recalculated: int = 0
    benefit: int = 0
    unit: str = ""
    volume: str = ""
    volume_common: str = ""
    method: str = ""
    tariff: str = ""
    provider: str = ""
    recalculated_for: date | None = None
    reason: str = ""


@dataclass(frozen=True)
class ReferenceLine:
    """What a service is measured by: its norm, the flat's reading, and what the house used, as printed texts.

    `house` is the house meter's volume, `house_own` what the premises used together, `house_common` what went to the
    common property.
    """

    service: str
    unit: str = ""
    norm: str = ""
    reading: str = ""
    house: str = ""
    house_own: str = ""
    house_common: str = ""


@dataclass(frozen=True)
class Quittance:
    """A bill to print. Sums are kopecks, areas and counts printed texts, `period` the first day of the month.

    `to_pay` below zero is an overpayment. `code` None, or with incomplete requisites, prints no payment QR code.
    `readings_url` is the signed link for readings and prints as a second QR code. `masked` leaves out all that
    tells who pays and where: name, address, ЕЛС, premises, most of the meters' numbers, why
    something was recalculated, the payer in the QR code, the link for readings.
    """

    number: str
    period: date
    issued_on: date
    due_on: date | None
    supplier: Payee
    account_number: str
    opening: int
    charged: int
    recalculated: int
    paid: int
    to_pay: int
    els: str = ""
    holder: str = ""
    address: str = ""
    area: str = ""
    living_area: str = ""
    rooms: str = ""
    registered: str = ""
    meters: tuple[MeterLine, ...] = ()
    lines: tuple[ChargeLine, ...] = ()
    reference: tuple[ReferenceLine, ...] = ()
    code: PaymentCode | None = None
    readings_url: str | None = None
    masked: bool = False
    note: str = ""


def render(quittance: Quittance) -> bytes:
    """PDF of one bill: one A4 page where the lines allow, else as many as it takes."""
    return render_many([quittance])


def render_many(quittances: Iterable[Quittance]) -> bytes:
    """PDF of several bills, each from a page of its own; the type is embedded once. Needs at least one."""
    from documents.quittance_form import printed  # fpdf2 takes 15 MB and 0.2 s: only who prints pays

    return printed(quittances)
