"""Lists of a form that are filled when it is shown: what was chosen of another list is chosen no more."""

from __future__ import annotations

from collections.abc import Iterable

from wtforms import SelectField
from wtforms.fields.choices import SelectChoice

from views.forms import Form, word


def choose(field: SelectField, offered: Iterable[tuple[str, str]], nothing: str = "") -> str:
    """Fills a list and answers what is chosen of it, "" = nothing; of one thing that must be named, that one.

    `nothing`: the words for naming none, where that may be.
    """
    choices = [SelectChoice(value, words) for value, words in offered]
    known = {choice.value for choice in choices}
    alone = choices[0].value if len(choices) == 1 and not nothing else ""
    field.data = field.data if field.data in known else alone
    head = [SelectChoice("", nothing or word("appeals.choose_value"))] if choices and not alone else []
    field.choices = [*head, *choices]
    return str(field.data)


def drop_empty(form: Form, *names: str) -> None:
    """A list with nothing to choose from is no field."""
    for name in names:
        if not form[name].choices:
            delattr(form, name)


def number(form: Form, name: str) -> int | None:
    """The id that was chosen, None where nothing was or the field is not there."""
    return int(form[name].data) if name in form and form[name].data else None
