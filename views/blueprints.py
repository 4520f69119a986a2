"""The list of all blueprints, one a noun."""

from __future__ import annotations

from flask import Blueprint

from views import (
    bills,
    captchas,
    charges,
    groups,
    home,
    outbox,
    pages,
    payment,
    readings,
    recovery,
    registration,
    sign_in,
    texts,
)

BLUEPRINTS: list[Blueprint] = [
    pages.bp,
    home.bp,
    bills.bp,
    charges.bp,
    payment.bp,
    groups.bp,
    readings.bp,
    captchas.bp,
    outbox.bp,
    recovery.bp,
    registration.bp,
    sign_in.bp,
    texts.bp,
]
