"""The mailed invitation: what waits behind it, a password for a new portal or one button for one's own."""

from __future__ import annotations

from flask import Blueprint, Response, flash, make_response, render_template, url_for
from wtforms import Field

import clock
from services import invitations, limits
from services.invitations import Arrival, Offer
from services.refusal import Refused
from views import hx, passwords
from views.access import public
from views.address import visitor
from views.forms import Form
from views.texts import ConsentForm

bp = Blueprint("invitations", __name__)


class ArrivalForm(ConsentForm):
    """What opens a portal of one's own; `email` is where the link was sent."""

    password = passwords.kept("registration.password")

    def __init__(self, email: str) -> None:
        super().__init__()
        self.email = email

    def validate_password(self, field: Field) -> None:
        passwords.check(field, self.email, self.email.partition("@")[0])

    def arrival(self) -> Arrival:
        return Arrival(self.password.data, self.agreed, self.wants_advertising)


@bp.get("/invitation/<token>")
@public
def show(token: str) -> Response:
    """Programs that look into letters open links, but press nothing: the page changes nothing."""
    state, offer = invitations.look(token, clock.now())
    page = render_template("invitations/show.html", **_page(token, state, offer))
    return make_response(page, 200 if state == invitations.OPEN else 410)


@bp.post("/invitation/<token>")
@public
def accept(token: str) -> Response:
    state, offer = invitations.look(token, clock.now())
    if state != invitations.OPEN or offer is None:
        return _over(token)
    form = _form(offer)
    if form.validate() and _is_accepted(form, token):
        return hx.go(url_for("sign_in.show"))
    if invitations.look(token, clock.now())[0] != invitations.OPEN:
        return _over(token)
    return hx.again("invitations/show", **_page(token, state, offer, form))


def _is_accepted(form: Form, token: str) -> bool:
    try:
        if isinstance(form, ArrivalForm):
            invitations.open_portal(token, form.arrival(), passwords.policy(), visitor(), clock.now())
            flash("Кабинет открыт. Войдите с вашей почтой и паролем, который вы придумали.", "done")
        else:
            invitations.add(token, visitor(), clock.now())
            flash("Лицевые счета добавлены в ваш кабинет. Войдите с вашим прежним паролем.", "done")
    except Refused as refusal:
        form.refuse(refusal)
        return False
    return True


@bp.post("/invitation/<token>/again")
@public
def renew(token: str) -> Response:
    try:
        invitations.renew(token, visitor(), clock.now())
    except limits.TooMany as refusal:
        flash(refusal.sentence, "warn")
        return hx.go(url_for(".show", token=token))
    except Refused:
        return _over(token)
    return hx.go(url_for(".sent"))


@bp.get("/invitation/sent")
@public
def sent() -> str:
    return render_template("invitations/sent.html", days=invitations.LIVES.days)


def _form(offer: Offer) -> Form:
    """A password for those who have no portal, a button for those who have."""
    return ArrivalForm(offer.email) if invitations.needs_password(offer) else Form()


def _over(token: str) -> Response:
    """The whole page of a link that gives nothing now, to htmx too."""
    return hx.go(url_for(".show", token=token)) if hx.is_htmx() else show(token)


def _page(token: str, state: str, offer: Offer | None, form: Form | None = None) -> dict[str, object]:
    if form is None:
        form = _form(offer) if state == invitations.OPEN and offer is not None else Form()
    return {
        "token": token,
        "state": state,
        "offer": offer,
        "form": form,
        "asks_password": isinstance(form, ArrivalForm),
        "rules": passwords.rules(),
        "days": invitations.LIVES.days,
    }
