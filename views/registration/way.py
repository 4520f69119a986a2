"""What every way of registration shares: the blueprint, which ways are open, the page of one whose time is over."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, Response, abort, make_response, render_template, url_for

from views import captchas, hx, passwords, portal
from views.forms import Form

bp = Blueprint("registration", __name__)

FORM = "registration"


@dataclass(frozen=True)
class Way:
    """A way to register: where it begins, how it is offered, and the channels of which one must be there."""

    endpoint: str
    title: str
    hint: str
    channels: tuple[str, ...]

    @property
    def url(self) -> str:
        return url_for(self.endpoint)


WAYS: dict[str, Way] = {}  # by the preset's words: every module of this folder adds its own


def open_ways() -> list[Way]:
    """The ways of the preset that work here, in its order: a way whose channel is missing is not shown."""
    ways = [WAYS[name] for name in portal.preset().registration]
    return [way for way in ways if any(portal.has_channel(channel) for channel in way.channels)]


def only_if_open(name: str) -> None:
    if WAYS[name] not in open_ways():
        abort(404)


def facts(form: Form) -> dict[str, object]:
    """What a form that asks for a password at once is shown with."""
    ways, picture = len(open_ways()), captchas.asked(FORM)
    return {"form": form, "rules": passwords.rules(), "ways": ways, "picture": picture}


def over(name: str) -> Response:
    """The time of a page of this way is over: begin again."""
    only_if_open(name)
    url = WAYS[name].url
    if hx.is_htmx():
        return hx.go(url)
    return make_response(render_template("registration/over.html", url=url), 410)
