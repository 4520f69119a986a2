"""The page that waits for a code: what it shows, whichever errand the code is for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import Response, flash, make_response, render_template
from wtforms import StringField

import clock
from models import Code
from services import challenges, codes, contacts
from services.challenges import SMS, Errand, Way
from services.limits import TooMany
from services.refusal import Refused
from services.secrets import keyed
from views import hx, portal
from views.address import visitor
from views.forms import Form, at_most, required, word


class CodeForm(Form):
    code = StringField(word("codes.code"), [required(), at_most(40)])


@dataclass(frozen=True)
class CodePage:
    """Where the page's forms lead and what it says.

    `action` is the page's own address; `cancel`: the words of a second button, "" = none.
    """

    errand: Errand
    title: str
    action: str
    again: str
    cancel: str = ""
    hides_address: bool = False  # the page tells a part of where the code went
    is_outside: bool = False  # the portal is not open to the one who waits here
    silent: str = ""  # the words of a page that must not tell where it went, nor whether it went at all

    def show(self, request: Code) -> Response:
        """The page as it is first seen."""
        return make_response(render_template("challenges/code.html", **self._facts(request, CodeForm())))

    def answer(self, request: Code, welcome: Callable[[str], Response]) -> Response:
        """Where the typed code leads; one that is refused is not shown again with the page: 422."""
        form = CodeForm()
        if form.validate():
            try:
                return welcome(form.code.data)
            except Refused as refusal:
                form.refuse(refusal)
                form.code.data = form.code.raw_data = None
        return hx.again("challenges/code", **self._facts(request, form))

    def send_again(self, token: str) -> Response:
        """«Отправить ещё раз»: back to the page, which says what came of it; `Refused` where it waits no longer."""
        try:
            challenges.again(self.errand, token, visitor(), clock.now())
        except TooMany as refusal:
            flash(refusal.sentence, "warn")
        else:
            flash("Отправили ещё один код.", "done")
        return hx.go(self.action)

    def _facts(self, request: Code, form: CodeForm) -> dict[str, object]:
        way = Way(str(request.channel), str(challenges.facts_of(request).get("to", "")))
        return {
            "form": form,
            "page": self,
            "channel": way.channel,
            "sent_to": self._written(way),
            "seconds": int(challenges.wait(self.errand, request, clock.now()).total_seconds()),
        }

    def _written(self, way: Way) -> str:
        if self.silent or not way.to:
            return ""
        if self.hides_address:
            return challenges.masked(way)
        return contacts.shown_phone(way.to) if way.channel == SMS else way.to


def page_token(once: str | None) -> str:
    """The token of the page that a form leads to: pressed twice it leads to the same one."""
    key = portal.settings().secret_key
    return keyed(key, "page", once) if once else codes.new_token()
