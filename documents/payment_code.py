"""Payment QR code of a bill: the string of ГОСТ Р 56042-2014, its picture, and a tolerant reader."""

import re
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from typing import TYPE_CHECKING

from documents.requisites import ACCOUNT, BIC

if TYPE_CHECKING:
    from PIL.Image import Image

CHARSETS = {"1": "cp1251", "2": "utf-8", "3": "koi8-r"}
SEPARATOR = "|"
HEADER = 8  # bytes: ST, version 0001, charset digit, separator
MANDATORY_BYTES = 300  # room of the five mandatory requisites together, ГОСТ Р 56042-2014
SCALE = 4  # pixels a module: below this PDF readers smooth the picture and decoders fail

# Keys in the order of writing and the longest value in signs. The standard limits the first ten;
# the rest have a limit of ours, so that the symbol stays readable from paper.
LIMITS = {
    "Name": 160,
    "PersonalAcc": 20,
    "BankName": 45,
    "BIC": 9,
    "CorrespAcc": 20,
    "PayeeINN": 12,
    "KPP": 9,
    "Sum": 18,
    "Purpose": 210,
    "PersAcc": 30,
    "PaymPeriod": 6,
    "LastName": 60,
    "FirstName": 60,
    "MiddleName": 60,
    "PayerAddress": 160,
    "TechCode": 2,
}
MANDATORY = tuple(LIMITS)[:5]
_KNOWN = {key.lower(): key for key in (*LIMITS, "PaymTerm", "Category", "ServiceName", "CounterId", "CounterVal")}
_SERVICE_BLOCK = re.compile(rb"ST0001[123][!-/:-<>-@\[-`{-~]")  # any sign but "=" may be the separator
_UNPRINTABLE = re.compile(r"[\s|\x00-\x1f\x7f-\x9f\ud800-\udfff]+")


@dataclass(frozen=True)
class PaymentCode:
    """What a bank's app needs to pay a bill. `period` is the first day of the month, the sum is in kopecks.

    A sum of zero or less is left out of the code: the payer types it in.
    """

    name: str
    personal_acc: str
    bank_name: str
    bic: str
    corresp_acc: str
    payee_inn: str
    kpp: str
    sum_kopecks: int
    purpose: str
    pers_acc: str
    period: date
    last_name: str = ""
    first_name: str = ""
    middle_name: str = ""
    payer_address: str = ""
    tech_code: str = "02"

    @property
    def is_complete(self) -> bool:
        """The mandatory requisites are there and have their shape; a bank refuses any other code."""
        return bool(
            _clean(self.name, LIMITS["Name"])
            and _clean(self.bank_name, LIMITS["BankName"])
            and ACCOUNT.fullmatch(self.personal_acc)
            and BIC.fullmatch(self.bic)
            and (not self.corresp_acc or ACCOUNT.fullmatch(self.corresp_acc))
        )


def payload(code: PaymentCode, charset: str = "2") -> bytes:
    """Bytes of the QR code; `charset` is 1 for windows-1251, 2 for UTF-8, 3 for KOI8-R.

    Values are cleaned of the separator and of unprintable signs and cut to their limits; empty ones are left out.
    Raises ValueError when the mandatory requisites are not complete: a cut account number would pay a stranger.
    """
    if not code.is_complete:
        raise ValueError("the payee's name, account, bank or BIC is missing or misshapen")
    codec = CHARSETS[charset]
    pairs = {key: _clean(value, LIMITS[key]) for key, value in _values(code).items()}
    pairs["Name"] = _fitted_name(pairs, codec)
    written = SEPARATOR.join(f"{key}={value}" for key, value in pairs.items() if value)
    return f"ST0001{charset}{SEPARATOR}{written}".encode(codec, "replace")


def parse(data: bytes) -> dict[str, str]:
    """Read any payment code: the separator is what the eighth byte says, keys differ in case, the charset lies.

    Known keys come back as the standard spells them, others as they are; empty and «Null» values are dropped.
    Raises ValueError when the bytes are no payment code.
    """
    if not _SERVICE_BLOCK.match(data):
        raise ValueError("not a payment code of ГОСТ Р 56042-2014")
    values: dict[str, str] = {}
    for pair in _decoded(data).split(chr(data[7])):
        key, _, value = pair.partition("=")
        key, value = key.strip(), value.strip()
        if key and value and value.lower() != "null":
            values.setdefault(_KNOWN.get(key.lower(), key), value)
    return values


def png(data: bytes, scale: int = SCALE) -> bytes:
    """One-bit PNG of the QR code with its quiet zone; `scale` is pixels a module."""
    out = BytesIO()
    picture(data, scale).save(out, "PNG")
    return out.getvalue()


def picture(data: bytes, scale: int = SCALE) -> "Image":
    """The QR code as a one-bit Pillow image: byte mode, error level M, quiet zone of four modules."""
    import zxingcpp
    from PIL import Image

    code = zxingcpp.create_barcode(data, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    return Image.fromarray(code.to_image(scale=scale)).convert("1", dither=Image.Dither.NONE)


def _values(code: PaymentCode) -> dict[str, str]:
    return {
        "Name": code.name,
        "PersonalAcc": code.personal_acc,
        "BankName": code.bank_name,
        "BIC": code.bic,
        "CorrespAcc": code.corresp_acc or "0",
        "PayeeINN": code.payee_inn,
        "KPP": code.kpp,
        "Sum": str(code.sum_kopecks) if code.sum_kopecks > 0 else "",
        "Purpose": code.purpose,
        "PersAcc": code.pers_acc,
        "PaymPeriod": f"{code.period:%m%Y}",
        "LastName": code.last_name,
        "FirstName": code.first_name,
        "MiddleName": code.middle_name,
        "PayerAddress": code.payer_address,
        "TechCode": code.tech_code,
    }


def _clean(value: str, limit: int) -> str:
    # There is no escaping in the standard, and many readers split at "|" whatever the eighth byte says.
    return _UNPRINTABLE.sub(" ", value).strip()[:limit].rstrip()


def _fitted_name(pairs: dict[str, str], codec: str) -> str:
    name = pairs["Name"]
    taken = len(SEPARATOR.join(f"{key}={pairs[key]}" for key in MANDATORY).encode(codec, "replace"))
    while taken > MANDATORY_BYTES:
        taken -= len(name[-1].encode(codec, "replace"))
        name = name[:-1]
    return name.rstrip()


def _decoded(data: bytes) -> str:
    body = data[HEADER:]
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return body.decode("koi8-r" if data[6:7] == b"3" else "cp1251", "replace")
