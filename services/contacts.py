"""E-mails and phones: how they are written down, and in what form two of them are the same."""

from __future__ import annotations

import re

from email_validator import EmailNotValidError, validate_email

from models.search import fold
from services.refusal import Refused

_PHONE = re.compile(r"\+[1-9]\d{7,14}")


def email_of(text: str) -> str:
    """The address as it is stored and written to: the domain in small letters, IDN readable; no network is asked."""
    try:
        return str(validate_email(text.strip(), check_deliverability=False).normalized)
    except EmailNotValidError:
        raise Refused("Проверьте адрес: он пишется так: name@example.ru", field="email")


def email_key(text: str) -> str:
    """The form in which addresses are compared; what is no address is compared as it is."""
    try:
        return fold(email_of(text))
    except Refused:
        return fold(text)


def postal(email: str) -> str:
    """The address as every mail server takes it: an international domain in its xn-- spelling."""
    try:
        return validate_email(email, check_deliverability=False).ascii_email or email
    except EmailNotValidError:
        return email


def phone_of(text: str) -> str:
    """`8 (912) 345-67-89` → `+79123456789` (Russian numbers as people write them, others by E.164)."""
    digits = re.sub(r"\D", "", text)
    if len(digits) == 11 and digits[0] in "78" and not text.strip().startswith("+8"):
        return f"+7{digits[1:]}"
    if len(digits) == 10 and digits[0] == "9":
        return f"+7{digits}"
    if text.strip().startswith("+") and _PHONE.fullmatch(f"+{digits}"):
        return f"+{digits}"
    raise Refused("Проверьте номер: он пишется так: +7 912 345-67-89", field="phone")


def phone_key(text: str) -> str:
    """The form in which phones are compared; what is no phone is compared as it is."""
    try:
        return phone_of(text)
    except Refused:
        return fold(text)
