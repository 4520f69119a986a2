"""Check digits and shapes of Russian payment requisites.

Every function takes the text as it was given (no blanks) and answers yes or no; none of them raises.
Sources: приказ ФНС ЕД-7-14/559 (ИНН), Положение Банка России 579-П (account key), приказ Минфина 165н (ОГРН).
"""

import re
from collections.abc import Iterable

ACCOUNT = re.compile(r"\d{5}[0-9ABCEHKMPTX]\d{14}", re.ASCII)  # treasury accounts begin with 0
BIC = re.compile(r"\d{9}", re.ASCII)
KPP = re.compile(r"\d{4}[0-9A-Z]{2}\d{3}", re.ASCII)
DIGITS = re.compile(r"\d+", re.ASCII)

_INN_10 = (2, 4, 10, 3, 5, 9, 4, 6, 8)
_INN_11 = (7, *_INN_10)
_INN_12 = (3, *_INN_11)
_KEY = (7, 1, 3)
_CLEARING_LETTERS = str.maketrans("ABCEHKMPTX", "0123456789")  # a clearing currency stands in the sixth sign
_SETTLEMENT_CENTRES = ("000", "001", "002")  # ends of a BIC of the central bank itself
_TREASURY = "01"  # treasury accounts carry no key


def is_inn(text: str) -> bool:
    """ИНН of an organisation (10 digits) or a person (12 digits) with right check digits."""
    if not DIGITS.fullmatch(text):
        return False
    if len(text) == 10:
        return _inn_digit(text, _INN_10) == text[9]
    return len(text) == 12 and _inn_digit(text, _INN_11) == text[10] and _inn_digit(text, _INN_12) == text[11]


def is_kpp(text: str) -> bool:
    """КПП by its shape: it has no check digit."""
    return KPP.fullmatch(text) is not None


def is_ogrn(text: str) -> bool:
    """ОГРН (13 digits) or ОГРНИП (15 digits) with a right check digit."""
    if not DIGITS.fullmatch(text) or len(text) not in (13, 15):
        return False
    return int(text[:-1]) % (len(text) - 2) % 10 == int(text[-1])


def is_bic(text: str) -> bool:
    """БИК by its shape: nine digits."""
    return BIC.fullmatch(text) is not None


def is_account(account: str, bic: str) -> bool:
    """Settlement account (20 signs) whose key fits the bank of this БИК."""
    if not (ACCOUNT.fullmatch(account) and is_bic(bic)):
        return False
    own = bic[6:] not in _SETTLEMENT_CENTRES
    return bic.startswith(_TREASURY) or _key_fits(bic[6:] if own else "0" + bic[4:6], account)


def is_correspondent(account: str, bic: str) -> bool:
    """Correspondent account of the bank of this БИК: its key counts with the number of the settlement centre."""
    if not (ACCOUNT.fullmatch(account) and is_bic(bic)):
        return False
    return bic.startswith(_TREASURY) or _key_fits("0" + bic[4:6], account)


def _inn_digit(text: str, weights: Iterable[int]) -> str:
    return str(sum(int(digit) * weight for digit, weight in zip(text, weights, strict=False)) % 11 % 10)


def _key_fits(bank: str, account: str) -> bool:
    digits = bank + account.translate(_CLEARING_LETTERS)
    return sum(int(digit) * _KEY[place % 3] % 10 for place, digit in enumerate(digits)) % 10 == 0
