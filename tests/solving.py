"""Answers to captchas, read where a person would read the picture."""

from __future__ import annotations

from models import Captcha
from tests.client import Page


def solved(page: Page) -> dict[str, str]:
    """The two fields that answer the picture of a page; none where it has no picture."""
    number = page.tree.values.get("captcha_id")
    return {"captcha_id": number, "captcha": Captcha.get_by_id(int(number)).answer} if number else {}
