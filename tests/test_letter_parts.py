"""The HTML part of a letter is made of its plain text: paragraphs, lists, buttons."""

from __future__ import annotations

import pytest

from services.letter_parts import BUTTON, LIST, SIGNATURE, TEXT, paragraphs

URL = "https://lk.example.org/payment"


@pytest.mark.parametrize(
    ("block", "kind", "label"),
    [
        (URL, BUTTON, ""),
        (f"Оплатить:\n{URL}", BUTTON, "Оплатить"),
        (f"Если вы уже заплатили, ничего не делайте:\n{URL}", TEXT, ""),
        (f"Оплатить\n{URL}", TEXT, ""),
        (f"Оплатить:\n{URL} или в кассе", TEXT, ""),
        (f"Оплатить:\nсразу\n{URL}", TEXT, ""),
        ("- раз\n- два", LIST, ""),
    ],
)
def test_a_link_under_a_few_words_is_a_button_that_says_them(block: str, kind: str, label: str) -> None:
    first, last = paragraphs(f"{block}\n\n--\nСветлоречье")
    assert (first.kind, first.label, last.kind) == (kind, label, SIGNATURE)
    if kind == BUTTON:
        assert [[piece.link for piece in line] for line in first.lines] == [[URL]]
