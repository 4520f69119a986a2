"""Dependent selects of an address: settlement, street, house; what was chosen of another list is chosen no more."""

from __future__ import annotations

from collections.abc import Iterable

from wtforms import SelectField
from wtforms.fields.choices import SelectChoice

from models import House, Supplier, place
from views.forms import required, word
from views.linking.way import LinkingForm

NONE = "-"  # the value of what has no name: a house on no street, an account of a whole house


class PlaceForm(LinkingForm):
    settlement = SelectField(word("linking.settlement"), [required()], validate_choice=False)
    street = SelectField(word("linking.street"), [required()], validate_choice=False)
    house = SelectField(word("linking.house"), [required()], validate_choice=False)


def choose_place(form: PlaceForm, supplier: Supplier | None) -> None:
    """Fills the selects as far as the choices lead."""
    settlement = choose(form.settlement, named(place.settlements(), "Без названия"))
    streets = place.streets(supplier.id, plain(settlement)) if supplier and settlement else []
    street = choose(form.street, named(streets, "Без улицы"))
    houses = place.houses(supplier.id, plain(settlement), plain(street)) if supplier and street else []
    choose(form.house, ((str(house.id), str(house.number)) for house in houses))


def choose_house(form: PlaceForm, houses: Iterable[House]) -> None:
    """One list of all houses by address, where they are few."""
    del form.settlement, form.street
    choose(form.house, ((str(house.id), _address(house)) for house in houses))


def choose(field: SelectField, offered: Iterable[tuple[str, str]]) -> str:
    """Fills a select with (value, words) and answers what is chosen of it, "" = nothing; of one, that one."""
    choices = [SelectChoice(value, words) for value, words in offered]
    known = {choice.value for choice in choices}
    alone = choices[0].value if len(choices) == 1 else ""
    field.data = field.data if field.data in known else alone
    field.choices = choices if alone else [SelectChoice("", word("linking.choose")), *choices]
    return str(field.data)


def named(texts: Iterable[str], nameless: str) -> list[tuple[str, str]]:
    """Texts as values and words of a select; an empty value would be no choice."""
    return [(text or NONE, text or nameless) for text in texts]


def plain(value: str) -> str:
    """The text behind a value of `named`."""
    return "" if value == NONE else value


def _address(house: House) -> str:
    parts = (str(house.settlement), str(house.street), f"д. {house.number}")
    return ", ".join(part for part in parts if part)
