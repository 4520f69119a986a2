"""E-mails, phones and user names: how they are written down, and in what form two of them are the same."""

from __future__ import annotations

import re

from email_validator import EmailNotValidError, validate_email

from models.search import fold, skeleton
from services.refusal import Refused

_PHONE = re.compile(r"\+[1-9][0-9]{7,14}")
_MARK = re.compile(r"^(?:(?:лицевой счет|лицевой счёт|л/с|лс|аб\.?)\s*)?[№N#]?\s*", re.I)
_USERNAME = re.compile(r"[A-Za-zА-Яа-яЁё][A-Za-zА-Яа-яЁё0-9_-]{0,29}")
LONGEST_USERNAME, LONGEST_EMAIL = 30, 300


def email_of(text: str) -> str:
    """The address as it is stored and written to: the domain in small letters, IDN readable; no network is asked."""
    try:
        # The validator may take as many seconds over it as a text has thousands of signs.
        if len(text) > LONGEST_EMAIL:
            raise EmailNotValidError
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
    if not digits.isascii():
        digits = ""  # «٣» is a digit, too: one phone would be many logins, each with limits of its own
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


def is_mobile(phone: str) -> bool:
    """Can a message reach it? Only Russian mobiles: `+79` and nine digits."""
    return re.fullmatch(r"\+79[0-9]{9}", phone) is not None


def mobile_of(text: str) -> str:
    """A phone that takes messages; another is refused."""
    phone = phone_of(text)
    if not is_mobile(phone):
        raise Refused("Нужен мобильный номер: на него придёт код. Он пишется так: +7 912 345-67-89", field="phone")
    return phone


def shown_phone(phone: str) -> str:
    """`+79123456789` → «+7 (912) 345-67-89»; other countries' as they are."""
    if not re.fullmatch(r"\+7\d{10}", phone):
        return phone
    return f"+7 ({phone[2:5]}) {phone[5:8]}-{phone[8:10]}-{phone[10:]}".replace(" ", "\N{NO-BREAK SPACE}")


def numbers_of(text: str) -> tuple[str, ...]:
    """An account's number as it may be meant: as typed, and without «№», «л/с» and blanks between digits."""
    typed = text.strip()
    bare = _MARK.sub("", typed)
    digits = "".join(bare.split())
    return tuple(dict.fromkeys((typed, digits if digits.isdigit() else bare)))


def username_of(text: str) -> str:
    """A user name: Russian and Latin letters, digits, hyphen, underscore; first a letter; 30 at most (manual B)."""
    name = text.strip()
    if not _USERNAME.fullmatch(name):
        raise Refused(
            "Имя может состоять из русских и латинских букв, цифр, дефиса и подчёркивания, начинается с буквы, "
            f"не длиннее {LONGEST_USERNAME} знаков",
            field="username",
        )
    return name


def username_key(text: str) -> str:
    """The form in which user names are compared: letters that look alike are one, so nobody passes for another."""
    return skeleton(text)
