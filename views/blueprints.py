"""The list of all blueprints, one a noun."""

from __future__ import annotations

from flask import Blueprint

from views import bills, charges, home, pages

BLUEPRINTS: list[Blueprint] = [
    pages.bp,
    home.bp,
    bills.bp,
    charges.bp,
]
