"""The test bank's cards and the checks of its form: what a payer may type, and what then happens."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Card:
    """A card number and its fate; `delay` in seconds before the callback, `calls` how many of them."""

    number: str
    says: str
    pays: bool = True
    asks_code: bool = False
    delay: float = 0
    calls: int = 1
    is_forged: bool = False
    calls_first: bool = False
    reason: str = ""


CARDS = {
    card.number: card
    for card in (
        Card("2200000000000004", "платёж проходит"),
        Card("2200000000000012", "платёж проходит после кода из СМС (3-D Secure, код 1234)", asks_code=True),
        Card("2200000000000020", "не хватает денег", pays=False, reason="Недостаточно средств на карте"),
        Card("2200000000000038", "банк отвечает кабинету через 15 секунд", delay=15),
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
    return re.sub(r"[\s-]", "", text)


def mistakes(form: Mapping[str, str], today: date) -> dict[str, str]:
    """Russian sentences by field; empty where the form may be tried."""
    found: dict[str, str] = {}
    number = digits(form.get("card", ""))
    if not number:
        found["card"] = "Заполните поле"
    elif not (number.isascii() and number.isdigit() and 13 <= len(number) <= 19 and luhn(number)):
        found["card"] = "В номере карты ошибка: проверьте цифры"
    if problem := _expiry(form.get("expiry", ""), today):
        found["expiry"] = problem
    if not form.get("holder", "").strip():
        found["holder"] = "Заполните поле"
    if not re.fullmatch(r"[0-9]{3}", form.get("cvc", "").strip()):
        found["cvc"] = "Три цифры на обороте карты"
    return found


def _expiry(text: str, today: date) -> str:
    shape = re.fullmatch(r"\s*(0[1-9]|1[0-2])\s*[/.-]?\s*(?:20)?([0-9]{2})\s*", text, re.ASCII)
    if not shape:
        return "Месяц и год, как на карте: 12/29"
    if (2000 + int(shape[2]), int(shape[1])) < (today.year, today.month):
        return "Срок действия карты истёк"
    return ""
