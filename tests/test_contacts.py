"""E-mails and phones: how they are stored, what is refused."""

from __future__ import annotations

import pytest

from services import contacts
from services.refusal import Refused


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("8 (912) 345-67-89", "+79123456789"),
        ("+7 912 345 67 89", "+79123456789"),
        ("79123456789", "+79123456789"),
        ("9123456789", "+79123456789"),
        ("8 3812 24-00-00", "+73812240000"),
        ("+375 29 123-45-67", "+375291234567"),
    ],
)
def test_a_phone_is_stored_in_one_form(typed: str, stored: str) -> None:
    assert contacts.phone_of(typed) == stored


@pytest.mark.parametrize(
    "typed",
    ["", "123", "+0123456789", "912345678", "+1234567890123456", "почта", "+8123", "8912345678٩", "+7912345678९"],
)
def test_what_is_no_phone_is_refused(typed: str) -> None:
    with pytest.raises(Refused) as refusal:
        contacts.phone_of(typed)
    assert refusal.value.field == "phone"


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("Anna@Example.ORG", "Anna@example.org"),
        ("анна@Почта.РФ", "анна@почта.рф"),
        ("a+b@example.org", "a+b@example.org"),
    ],
)
def test_an_email_is_stored_readable(typed: str, stored: str) -> None:
    assert contacts.email_of(typed) == stored


@pytest.mark.parametrize(
    "typed",
    ["", "anna", "anna@", "@example.org", "anna@localhost", "a b@example.org", "anna@example.org\nBcc: x@example.org",
     "anna@example.org,x@example.org", "anna@[127.0.0.1]", '"a b"@example.org', "a" * 300 + "@example.org",
     "<anna@example.org>", "anna@exa\rmple.org", "a\u0301\u0323" * 50_000 + "@example.org"],
)  # fmt: skip
def test_what_is_no_email_is_refused(typed: str) -> None:
    with pytest.raises(Refused) as refusal:
        contacts.email_of(typed)
    assert refusal.value.field == "email"
