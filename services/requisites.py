"""Requisites of a quittance: what is wrong with them and which figure to look at (formats.md §9)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from documents import requisites
from services.refusal import Refused

FIELDS = ("inn", "kpp", "ogrn", "bank", "bik", "bank_account", "corr_account")
PAID = ("inn", "bank", "bik", "bank_account")  # without these no payment code is printed
KEY = 8  # the place of an account's key figure, from zero
NB = "\N{NO-BREAK SPACE}"
CHECK = "Сверьте с карточкой предприятия."


def faults(values: Mapping[str, str]) -> dict[str, str]:
    """A sentence for each field that is wrong; what is empty is wrong only where something else needs it."""
    found = {field: fault for field, rule in _RULES.items() if (fault := rule(values.get(field, ""), values))}
    if not values.get("inn"):
        found["inn"] = "Введите ИНН: без него квитанцию не оплатить по коду."
    if not values.get("bik") and (values.get("bank_account") or values.get("corr_account")):
        found["bik"] = "Введите БИК: без него счёт нельзя проверить."
    return found


def check(values: Mapping[str, str]) -> None:
    """Refuses the first fault."""
    for field, sentence in faults(values).items():
        raise Refused(sentence, field=field)


def is_whole(values: Mapping[str, str]) -> bool:
    """Do they suffice for a quittance that can be paid, and is nothing wrong with them?"""
    return all(values.get(field) for field in PAID) and not faults(values)


def _inn(text: str, _values: Mapping[str, str]) -> str:
    if not text or requisites.is_inn(text):
        return ""
    if length := _length(text, "ИНН", (10, 12)):
        return length
    checked = 1 if len(text) == 10 else 2
    stem, given = text[:-checked], text[-checked:]
    ends = (f"{number:0{checked}d}" for number in range(10**checked))
    right = next(end for end in ends if requisites.is_inn(stem + end))
    return _last("ИНН", given, right)


def _ogrn(text: str, _values: Mapping[str, str]) -> str:
    if not text or requisites.is_ogrn(text):
        return ""
    if length := _length(text, "ОГРН", (13, 15)):
        return length
    right = next(str(figure) for figure in range(10) if requisites.is_ogrn(text[:-1] + str(figure)))
    return _last("ОГРН", text[-1], right)


def _kpp(text: str, _values: Mapping[str, str]) -> str:
    if not text or requisites.is_kpp(text):
        return ""
    return f"КПП — девять знаков: четыре цифры, две цифры или буквы, три цифры. Здесь {_signs(text)}. {CHECK}"


def _bik(text: str, _values: Mapping[str, str]) -> str:
    if not text or requisites.is_bic(text):
        return ""
    return _length(text, "БИК", (9,))


def _account(text: str, values: Mapping[str, str]) -> str:
    return _keyed(text, values.get("bik", ""), "расчётного счёта", requisites.is_account)


def _correspondent(text: str, values: Mapping[str, str]) -> str:
    bik = values.get("bik", "")
    fault = _keyed(text, bik, "корр. счёта", requisites.is_correspondent)
    if fault and len(text) == 20 and requisites.is_bic(bik) and text[-3:] != bik[-3:]:
        return f"{fault} Последние три цифры корр. счёта ({text[-3:]}) обычно те же, что у БИК ({bik[-3:]})."
    return fault


def _keyed(text: str, bik: str, what: str, fits: Callable[[str, str], bool]) -> str:
    """The ninth figure of an account is counted from all others and from the bank's БИК."""
    if not text or fits(text, bik):
        return ""
    if not requisites.ACCOUNT.fullmatch(text):
        return f"В номере {what} 20 цифр, здесь {_signs(text)}. {CHECK}"
    if not requisites.is_bic(bik):
        return ""  # the БИК has a sentence of its own
    right = next(str(figure) for figure in range(10) if fits(f"{text[:KEY]}{figure}{text[KEY + 1 :]}", bik))
    return (
        f"Контрольная цифра {what} не сходится с БИК {bik}: девятая цифра {text[KEY]}, "
        f"а по остальным выходит {right}. Ошибка в любой из цифр счёта или БИК. {CHECK}"
    )


def _length(text: str, what: str, lengths: tuple[int, ...]) -> str:
    if requisites.DIGITS.fullmatch(text) and len(text) in lengths:
        return ""
    wanted = " или ".join(map(str, lengths))
    strange = next((sign for sign in text if not (sign.isascii() and sign.isdigit())), "")
    if strange:
        return f"{what} состоит из одних цифр ({wanted}), здесь есть знак «{strange}». {CHECK}"
    return f"{what} — {wanted} цифр, здесь {_signs(text)}. {CHECK}"


def _last(what: str, given: str, right: str) -> str:
    word = "последняя цифра" if len(given) == 1 else "последние две цифры"
    return (
        f"Контрольная цифра {what} не сходится: {word} {given}, а по остальным выходит {right}. "
        f"Ошибка в любой из цифр. {CHECK}"
    )


def _signs(text: str) -> str:
    return f"{len(text)}{NB}зн."


_RULES: Mapping[str, Callable[[str, Mapping[str, str]], str]] = {
    "inn": _inn,
    "kpp": _kpp,
    "ogrn": _ogrn,
    "bik": _bik,
    "bank_account": _account,
    "corr_account": _correspondent,
}
