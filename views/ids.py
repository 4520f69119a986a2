"""Ids in addresses: `<int:account_id>` matches only what the database's integers can hold."""

from __future__ import annotations

from flask import Flask, request
from werkzeug.routing import IntegerConverter, Map

LARGEST = 2**31 - 1


class Id(IntegerConverter):
    """A number beyond the column's type is a row that never was: 404, not an error of the database."""

    def __init__(self, url_map: Map, largest: int = LARGEST) -> None:
        super().__init__(url_map, max=largest)


def behind() -> int:
    """The id that a page of a list begins behind, 0 for the first page: `after` of the address."""
    return max(0, min(request.args.get("after", 0, int), LARGEST))


def install(app: Flask) -> None:
    app.url_map.converters["int"] = Id


def after(text: str) -> int | None:
    """The id behind which a page of a list goes on; what is none begins the list."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 11 and int(text) <= LARGEST else None
