"""What becomes of the staged tables: the tables of the portal that they fill, and how.

`whose` gives the account of a holder, `which` the service of a stage's number; both are filled for each chunk.
"""

from __future__ import annotations

from collections.abc import Iterable

from models.staging.merge import Target


def _own(names: str) -> dict[str, str]:
    """Columns that are called the same on both sides."""
    return {name: f'x."{name}"' for name in names.split()}


def _from(staged: str, *joins: str) -> str:
    return " ".join([f"incoming_{staged} x", *(f"{{join}} {join}" for join in joins)])


_WHOSE = "whose w ON w.holder = x.holder"
_WHICH = "which v ON v.service = x.service"
_BILL = "bill b ON b.account_id = w.account_id AND b.number = x.bill"
_METER = "meter m ON m.account_id = w.account_id AND m.service_id = v.service_id AND m.number = x.number"
_OF_ACCOUNT = {"account_id": "w.account_id"}
_GIVEN_SERVICE = "(SELECT v.service_id FROM which v WHERE v.service = x.service)"
_NAMES = "surname name patronymic title"

SUPPLIERS = Target(
    "suppliers",
    "supplier",
    _from("suppliers"),
    _own("code"),
    _own("name short_name inn kpp ogrn bank_account bank bik corr_account address phone email site hours"),
)
SERVICES = Target(
    "services",
    "service",
    _from("services", "supplier s ON s.code = x.supplier"),
    {"supplier_id": "s.id", "code": "x.code"},
    _own("name unit kind position provider"),
)
TARIFFS = Target(
    "tariffs",
    "tariff",
    _from("tariffs", _WHICH),
    {"service_id": "v.service_id", **_own("scale since category")},
    _own("price norm norm_base"),
)
ACCOUNTS = Target(
    "accounts",
    "account",
    _from(
        "accounts",
        "incoming_holder h ON h.holder = x.holder",
        "supplier s ON s.code = h.supplier",
        "house o ON o.key = x.house_key",
    ),
    {"supplier_id": "s.id", "number": "h.number"},
    {
        **_own(f"els kind {_NAMES} inn"),
        "house_id": "o.id",
        **_own("flat area living_area rooms registered stove ownership contract division closed_on"),
        **_own("passport_hash passport_key"),
    },
    once={"activation_hash": "''"},
    of={"house_id": "house_key"},
)
METERS = Target(
    "meters",
    "meter",
    _from("meters", _WHOSE, _WHICH),
    {**_OF_ACCOUNT, "service_id": "v.service_id", "number": "x.number"},
    _own(
        "model ratio place accuracy condition relation balance_owner voltage current installed_on verified_on "
        "interval_years verified_until is_automatic removed_on"
    ),
    rows="x.withdrawn = 0",
)
REGISTERS = Target(
    "meters",
    "register",
    _from("meters", _WHOSE, _WHICH, _METER, "scale_names n ON n.scales = x.scales"),
    {"meter_id": "m.id", "scale": "n.scale"},
    _own("digits decimals"),
    once={"position": "n.position"},
    rows="x.withdrawn = 0",
)
BILLS = Target(
    "bills",
    "bill",
    _from("bills", _WHOSE),
    {**_OF_ACCOUNT, "number": "x.number"},
    {
        **_own("issued_on period opening charged recalculated paid to_pay due_on order_key"),
        "adds_up": "(x.to_pay = x.opening + x.charged + x.recalculated - x.paid)",
    },
    of={"adds_up": "to_pay"},
    rows="x.withdrawn = 0",
)
CHARGES = Target(
    "charges",
    "charge",
    _from("charges", _WHOSE, _BILL, _WHICH),
    {"bill_id": "b.id", "service_id": "v.service_id", "scale": "x.scale"},
    _own(
        "unit tariff volume volume_common method reading_before reading_after house_volume charged recalculated "
        "recalculation_period recalculation_reason benefit total"
    ),
    once=_own("position"),
)
PAYMENTS = Target(
    "payments",
    "payment",
    _from("payments", _WHOSE),
    {**_OF_ACCOUNT, "identifier": "x.identifier"},
    {**_own("paid_on amount"), "service_id": _GIVEN_SERVICE, **_own("source")},
    of={"service_id": "service"},
    rows="x.withdrawn = 0",
)
BALANCES = Target(
    "balances",
    "balance",
    _from("balances", _WHOSE),
    {**_OF_ACCOUNT, "service_id": _GIVEN_SERVICE},
    _own("as_of amount"),
    changes="x.as_of >= t.as_of",  # an older balance says nothing about today
    nullable="service_id",
)
RESIDENTS = Target(
    "residents",
    "invitation",
    _from("residents", _WHOSE),
    _OF_ACCOUNT,
    _own("email phone surname name patronymic"),
)


def withdrawn(table: str, name: str, key: Iterable[str]) -> str:
    """Condition on the table's ids: the rows that the chunk withdraws."""
    matched = " AND ".join(key)
    return (
        f"id IN (SELECT t.id FROM {_from(name, _WHOSE)} {{join}} {table} t ON t.account_id = w.account_id "
        f"AND {matched} WHERE x.withdrawn = 1)"
    )
