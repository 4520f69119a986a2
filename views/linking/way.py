"""What every way of linking shares: the supplier, the picture, the one door and where it leads."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

from flask import Response, flash, g, request, url_for
from wtforms import SelectField, StringField
from wtforms.fields.choices import SelectChoice

import clock
from models import Captcha, Supplier
from services import accounts, linking
from services.linking import Wish
from services.refusal import Refused
from views import captchas, hx, portal, suppliers
from views.access import resident
from views.address import visitor
from views.captchas import CaptchaForm
from views.forms import Form, required, word

FORM = "linking"
Opened = TypeVar("Opened")


@dataclass(frozen=True)
class Sheet:
    """What the form of a way is shown with; `status` where it answers a POST: not accepted, or one step further."""

    values: Mapping[str, object]
    status: int = 422


@dataclass(frozen=True)
class Way:
    """A way to link: the words of its page and of a link to it, its GET and its POST."""

    title: word
    name: word
    show: Callable[[], Sheet]
    add: Callable[[], Sheet | Response]


class LinkingForm(CaptchaForm):
    """A form of a way; the select of the supplier is shown where there is more than one."""

    supplier = SelectField(word("accounts.supplier"), [required()], validate_choice=False)
    captcha = StringField(word("linking.captcha"))

    def offer(self) -> None:
        """Fills the selects, as far as what is chosen in them leads."""
        choose_supplier(self)


class OnePage(Protocol):
    """What a `LinkingForm` has besides where it is the whole way."""

    usual: tuple[str, ...]  # the facts that a preset with this way accepts of it

    def wish(self) -> Wish:
        """What was typed, once it is valid."""


def one_page(kind: type[OnePage], title: word, name: word) -> Way:
    """A way that is one form on one page."""

    def show() -> Sheet:
        return sheet(opened(kind))

    def add() -> Sheet | Response:
        form = opened(kind)
        if is_refresh():
            return sheet(form, status=200)
        if not form.validate() or not is_human(form):
            return sheet(form)
        return linked(form, form.wish(), form.usual) or sheet(form)

    def sheet(form: OnePage, status: int = 422) -> Sheet:
        return Sheet({"form": form, "picture": picture()}, status)

    return Way(title, name, show, add)


def opened(kind: type[Opened]) -> Opened:
    """The form with what was typed, its selects filled."""
    form = kind()
    form.offer()
    return form


def choose_supplier(form: Form, empty: str | word = "") -> Supplier | None:
    """Fills the select and answers who is chosen; a single supplier is chosen already."""
    known = list(Supplier.by_name())
    chosen = next((supplier for supplier in known if str(supplier.id) == form.supplier.data), None)
    if chosen is None and len(known) == 1:
        chosen = known[0]
    form.supplier.data = str(chosen.id) if chosen else ""
    nobody = [] if chosen else [SelectChoice("", empty or word("linking.choose"))]
    form.supplier.choices = nobody + suppliers.choices(known)
    return chosen


def is_refresh() -> bool:
    """Is the form only to be shown anew: another picture, or the next list of a dependent select?"""
    return "refresh" in request.form


def picture() -> Captcha | None:
    """The picture that the form must ask for, if any."""
    return captchas.asked(FORM, _failures())


def asks_captcha() -> bool:
    return captchas.is_wanted(FORM, _failures())


def is_human(form: CaptchaForm) -> bool:
    return captchas.is_human(form, FORM, _failures())


def _failures() -> int:
    return linking.failures(resident(), visitor(), clock.now())


def linked(form: Form, wish: Wish, usual: Collection[str]) -> Response | None:
    """On to the account that the wish has linked; None where it is refused: the form says why.

    A supplier's own list of facts comes before the `usual` ones.
    """
    accepted = linking.facts_of(wish.supplier, usual, clock.today())
    key = portal.settings().data_key
    try:
        made, is_new = linking.link(resident(), wish, accepted, visitor(), key, clock.now(), clock.today())
    except Refused as refusal:
        form.refuse(refusal)
        return None
    if portal.preset().shows_current:
        accounts.choose(g.session, made)
    number = f"№\N{NO-BREAK SPACE}{made.account.number}"
    flash(
        f"Вам добавлен лицевой счёт {number}." if is_new else f"Лицевой счёт {number} уже в вашем кабинете.", "done"
    )
    return hx.go(url_for("accounts.show", account_id=made.account_id))
