"""The test bank's cards and the checks of its form: what a payer may type, and what then happens."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

LONGEST_LIFE = 20  # years a card is issued for, at most


@dataclass(frozen=True)
class Card:
    """A card number and its fate; `calls`: how many times the bank tells of it."""

    number: str
    says: str
    pays: bool = True
    asks_code: bool = False
    is_late: bool = False
    calls: int = 1
    is_forged: bool = False
    calls_first: bool = False
    reason: str = ""

    @property
    def grouped(self) -> str:
        return " ".join(re.findall("....", self.number))


CARDS = {
    card.number: card
    for card in (
        Card("2200000000000004", "платёж проходит (МИР)"),
        Card("4111111111111111", "платёж проходит (Visa)"),
        Card("5555555555554444", "платёж проходит (MasterCard)"),
        Card("2200000000000012", "платёж проходит после кода из СМС (3-D Secure, код 1234)", asks_code=True),
        Card("2200000000000020", "не хватает денег", pays=False, reason="Недостаточно средств на карте"),
        Card("2200000000000038", "банк отвечает кабинету через 15 секунд", is_late=True),
        Card("2200000000000046", "банк сообщает об оплате дважды", calls=2),
        Card("2200000000000053", "банк не сообщает об оплате никогда", calls=0),
        Card("2200000000000061", "сообщение банка подделано", is_forged=True),
        Card("2200000000000079", "банк сообщает раньше, чем плательщик вернётся", calls_first=True),
    )
}


def luhn(number: str) -> bool:
    """The check digit of a card number (ISO/IEC 7812)."""
    doubled = (int(sign) * (2 if place % 2 else 1) for place, sign in enumerate(reversed(number)))
    return number.isdigit() and sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def masked(number: str) -> str:
    return f"•• {number[-4:]}"


def digits(text: str) -> str:
    """A card number as it is typed: blanks of every kind and hyphens are left out."""
    return re.sub(r"[\s-]", "", text)


def mistakes(form: Mapping[str, str], today: date) -> dict[str, str]:
    """Russian sentences by field, in the order of the form; empty where the form may be tried."""
    found = {
        "card": _card(digits(form.get("card", ""))),
        "expiry": _expiry(form.get("expiry", "").strip(), today),
        "holder": "" if form.get("holder", "").strip() else "Заполните поле",
        "cvc": _cvc(form.get("cvc", "").strip()),
        "contact": _contact(form.get("contact", "").strip()),
    }
    return {name: sentence for name, sentence in found.items() if sentence}


def _card(number: str) -> str:
    if not number:
        return "Заполните поле"
    if not (number.isascii() and number.isdigit() and 13 <= len(number) <= 19 and luhn(number)):
        return "В номере карты ошибка: проверьте цифры"
    if number not in CARDS:
        return "Учебный банк принимает только тестовые карты: номера в таблице внизу"
    return ""


def _expiry(text: str, today: date) -> str:
    if not text:
        return "Заполните поле"
    shape = re.fullmatch(r"(?:(0[1-9]|1[0-2])\s*[/.-]?|([1-9])\s*[/.-])\s*(?:20)?([0-9]{2})", text, re.ASCII)
    if not shape:
        return "Месяц и год, как на карте: 12/29"
    year, month = 2000 + int(shape[3]), int(shape[1] or shape[2])
    if (year, month) < (today.year, today.month):
        return "Срок действия карты истёк"
    return "Проверьте год: таких карт ещё нет" if year > today.year + LONGEST_LIFE else ""


def _cvc(text: str) -> str:
    if not text:
        return "Заполните поле"
    return "" if re.fullmatch(r"[0-9]{3}", text) else "Три цифры на обороте карты"


def _contact(text: str) -> str:
    is_email = re.fullmatch(r"[^\s@]+@[^\s@]+\.[^\s@]+", text)
    is_phone = re.fullmatch(r"\+?[0-9]{10,15}", re.sub(r"[\s()-]", "", text), re.ASCII)
    return "" if not text or is_email or is_phone else "Проверьте адрес или телефон, либо оставьте поле пустым"
