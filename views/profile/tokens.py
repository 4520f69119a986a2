"""«Токены для программ»: a modem or a smart home comes in by one; shown once, revoked at any moment."""

from __future__ import annotations

from flask import Response, abort, flash, make_response, render_template, url_for
from wtforms import BooleanField, HiddenField, PasswordField, StringField

import clock
from models import Token
from models.token import BALANCE, READINGS
from services import codes
from services import tokens as programs
from views import hx, portal
from views.access import own_token, resident
from views.address import visitor
from views.forms import Form, at_most, required, word
from views.profile import bp


class TokenForm(Form):
    order = ("name", BALANCE, READINGS, "password")
    name = StringField(word("profile.token_name"), [required(), at_most(programs.LONGEST_NAME)])
    balance = BooleanField(word("profile.token_balance"))
    readings = BooleanField(word("profile.token_readings"))
    password = PasswordField(word("profile.password_now"), [required()])
    once = HiddenField(default=codes.new_token)

    def order_of(self) -> programs.Order:
        ticked = {BALANCE: self.balance.data, READINGS: self.readings.data}
        return programs.Order(self.name.data, [scope for scope, is_ticked in ticked.items() if is_ticked])


@bp.get("/tokens")
def tokens() -> str:
    _only_if_offered()
    return render_template("profile/tokens.html", **facts(TokenForm()))


@bp.post("/tokens")
def make_token() -> Response:
    """The answer is the page with the token: it is shown this once and nowhere kept."""
    _only_if_offered()
    form = TokenForm()
    once = form.once.data or codes.new_token()
    secret = programs.secret_of(portal.settings().secret_key, resident(), once)
    if form.validate() and form.done(
        programs.make, resident(), form.order_of(), form.password.data, secret, visitor(), clock.now()
    ):
        return make_response(render_template("profile/tokens.html", **facts(TokenForm(formdata=None), secret)))
    return hx.again("profile/tokens", **facts(form))


@bp.post("/tokens/<int:token_id>")
def revoke_token(token_id: int) -> Response:
    """Even where the preset has taken the page away: what is out there must be taken back."""
    token = own_token(token_id)
    programs.revoke(token)
    flash(f"Токен «{token.name}» отозван: программа с ним больше не войдёт.", "done")
    return hx.go(url_for(".tokens") if portal.preset().api else url_for(".show"))


def facts(form: TokenForm, secret: str = "") -> dict[str, object]:
    settings, own = portal.settings(), Token.of(resident())
    scheme, _, host = settings.base_url.partition("://")
    return {
        "form": form,
        "tokens": own,
        "secret": secret,
        "token": next((token for token in own if token.prefix == secret[: programs.SHOWN]), None) if secret else None,
        "modem_url": f"{scheme}://{secret}@{host}/api/w",
        "most": programs.MOST,
        "scope_words": programs.SCOPES,
    }


def _only_if_offered() -> None:
    if not portal.preset().api:
        abort(404)
