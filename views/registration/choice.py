"""«Регистрация»: the choice among the preset's ways, and the rules of the password while it is typed."""

from __future__ import annotations

from flask import Response, render_template

from views import hx, passwords
from views.access import public
from views.registration import way
from views.registration.way import bp


@bp.get("/registration")
@public
def choose() -> str | Response:
    """A single way is led to at once."""
    ways = way.open_ways()
    if len(ways) == 1:
        return hx.go(ways[0].url)
    return render_template("registration/choose.html", ways=ways)


@bp.post("/registration/password")
@public
def password() -> str:
    """The rules beside a password that is being typed."""
    return render_template("registration/_rules.html", rules=passwords.rules())
