"""Texts in the form in which they are compared, and how long that takes."""

from __future__ import annotations

import ast
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.search import PIECE, composed, stem
from presets import load_preset
from services import contacts, passwords
from views.forms import clean

ROOT = Path(__file__).resolve().parent.parent
HOSTILE = "a" + "\u0301\u0323\u0f73\u0f75" * 50_000  # at once it would be sorted for minutes


@given(st.text(max_size=3 * PIECE))
def test_composed_is_nfc_whatever_the_length(text: str) -> None:
    words = " ".join((text, "и\u0306о\u0308" * PIECE, text))
    if all(not unicodedata.combining(sign) for sign in text):
        assert composed(words) == unicodedata.normalize("NFC", words)
    assert unicodedata.normalize("NFC", composed(text)[:PIECE]) == composed(text)[:PIECE]


def test_marks_without_end_are_composed_in_time() -> None:
    assert len(composed(HOSTILE)) > PIECE
    assert clean(HOSTILE)
    assert contacts.email_key(HOSTILE + "@example.org")
    assert contacts.username_key(HOSTILE)
    assert not passwords.matches("", HOSTILE)
    assert passwords.rules(load_preset("default", {}, {}).password, HOSTILE)


def test_nobody_normalizes_by_other_means() -> None:
    """`unicodedata.normalize` stands where it is known how long the text is."""
    for folder in ("services", "models", "views", "exchange", "captcha", "gateways"):
        for path in (ROOT / folder).rglob("*.py"):
            calls = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Attribute)]
            names = [ast.unparse(node) for node in calls if node.attr == "normalize"]
            assert "unicodedata.normalize" not in names or path.name == "search.py", path


@pytest.mark.parametrize(
    ("word", "root"),
    [("паролем", "парол"), ("пароль", "парол"), ("счета", "счет"), ("счет", "счет"), ("показание", "показан"),
     ("показаний", "показан"), ("лицевого", "лицев"), ("коды", "код"), ("код", "код"), ("оплатить", "оплат"),
     ("qr", "qr"), ("ли", "ли"), ("", "")],
)  # fmt: skip
def test_a_word_is_found_by_what_stands_before_its_ending(word: str, root: str) -> None:
    assert stem(word) == root
