"""Passwords: the rules of the presets, what is guessed first."""

from __future__ import annotations

import pytest

from presets import load_preset
from services import passwords
from services.refusal import Refused

POLICY = load_preset("default", {}, {}).password
USERNAME_POLICY = load_preset(
    "default",
    {"password": {"shortest": 6, "longest": 16, "latin_only": False, "upper": False, "lower": False, "digit": False,
                  "symbols": "! @ # $ % ^ _ * & ;"}}, {},
).password  # fmt: skip


@pytest.mark.parametrize(
    ("password", "broken"),
    [
        ("bereza-u-okna", ["Заглавные буквы", "Цифры"]),
        ("Bereza1", ["Не менее 8 символов"]),
        ("Берёза-у-0кна", ["Буквы только латинского алфавита"]),
        ("Bereza u 0kna", ["Любые символы кроме пробелов"]),
        ("BEREZA-U-0KNA", ["Строчные буквы"]),
        ("Bereza-u-0kna", []),
        ("Bereza🌸u0kna", []),
    ],
)
def test_the_rules_of_the_preset(password: str, broken: list[str]) -> None:
    assert [rule.words for rule in passwords.rules(POLICY, password) if not rule.is_kept] == broken


def test_an_empty_password_keeps_no_rule() -> None:
    assert not any(rule.is_kept for rule in passwords.rules(POLICY, ""))


def test_another_preset_has_other_rules() -> None:
    words = [rule.words for rule in passwords.rules(USERNAME_POLICY, "пароль!")]
    assert words == ["От 6 до 16 символов", "Только буквы, цифры и знаки ! @ # $ % ^ _ * & ;"]
    passwords.check(USERNAME_POLICY, "берёза_7!")
    with pytest.raises(Refused, match="знаки"):
        passwords.check(USERNAME_POLICY, "берёза(7)")
    with pytest.raises(Refused, match="не больше 16"):
        passwords.check(USERNAME_POLICY, "b" * 17)


@pytest.mark.parametrize(
    "password", ["Password123", "Qwerty123", "Qwerty123!", "1Qaz2wsx", "Gfhjkm123", "Privet2026"]
)
def test_the_commonest_passwords_are_refused(password: str) -> None:
    with pytest.raises(Refused, match="слишком известен"):
        passwords.check(POLICY, password)


def test_ones_own_words_are_no_password() -> None:
    with pytest.raises(Refused, match="логина или e-mail"):
        passwords.check(POLICY, "Sokolova1975", "sokolova@example.org", "sokolova")
    passwords.check(POLICY, "Bereza-u-0kna", "ann@example.org", "ann")


def test_a_password_of_ten_thousand_signs_is_refused_at_once() -> None:
    with pytest.raises(Refused, match="не больше 128"):
        passwords.check(POLICY, "Aa1" * 3333)
