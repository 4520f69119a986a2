"""Who pays, where the receipt goes, and what was accepted for it (product R7.2)."""

from __future__ import annotations

from dataclasses import dataclass

from models import Resident, Text
from services import contacts
from services.refusal import Refused

LONGEST_NAME = 200
NAME, CONTACT, POLICY = "name", "contact", "policy"  # what a preset may ask the payer for
CONFIRMED, EITHER = "confirmed", "either"  # which contact must be there (presets.md)


@dataclass(frozen=True)
class Payer:
    """What an order says of the payer; `agreed`: texts whose newest version he has just accepted, from `address`."""

    name: str
    email: str = ""
    phone: str = ""
    agreed: tuple[Text, ...] = ()
    address: str = ""


def known(resident: Resident) -> Payer:
    """As the profile says; a contact that is not confirmed may be another's."""
    return Payer(
        resident.full_name,
        resident.email if resident.email_confirmed_at else "",
        resident.phone if resident.phone_confirmed_at else "",
    )


def named(name: str) -> str:
    """A payer's name; it is for the receipt and the supplier, so a word of letters is enough."""
    plain = " ".join(name.split())
    if not any(sign.isalpha() for sign in plain):
        raise Refused("Введите фамилию, имя и отчество полностью.", field="payer_name")
    return plain[:LONGEST_NAME]


def reached(email: str, phone: str, policy: str) -> tuple[str, str]:
    """(e-mail, phone) for the receipt as they are stored; one of them must be there where the policy wants it."""
    if policy == EITHER and not (email or phone):
        raise Refused("Укажите телефон или e-mail: туда придёт чек.", field="phone")
    return contacts.email_of(email) if email else "", contacts.phone_of(phone) if phone else ""


def lacks_contact(resident: Resident, policy: str) -> bool:
    """Must the resident confirm an e-mail in the profile first? A contact of `either` is asked for in the form."""
    return policy == CONFIRMED and resident.email_confirmed_at is None
