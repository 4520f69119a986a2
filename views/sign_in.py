"""Signing in and out; a form that came too late goes on where it stood."""

from __future__ import annotations

from flask import (
    Blueprint,
    Response,
    flash,
    g,
    make_response,
    render_template,
    request,
    session,
    url_for,
)
from flask_login import current_user
from wtforms import BooleanField, HiddenField, PasswordField, StringField
from wtforms.widgets import PasswordInput

import clock
from models import Resident, Session
from services import codes, second_factor, sign_in
from services.refusal import Refused
from services.sign_in import Verified
from views import captchas, hx, portal, resume, sessions, texts
from views.access import public
from views.address import visitor
from views.forms import required, word
from views.logins import LoginForm

bp = Blueprint("sign_in", __name__)

FORM = "sign-in"


class SignInForm(LoginForm):
    password = PasswordField(word("sign_in.password"), [required()])
    remember = BooleanField(word("sign_in.remember"))
    captcha = StringField(word("sign_in.captcha"))
    next = HiddenField()
    kept = HiddenField()
    toggles = {"email": "sign_in.by_email", "phone": "sign_in.by_phone"}  # noqa: RUF012
    advice = waiting = False  # what the page adds to a refusal

    def __init__(self, **given: object) -> None:
        super().__init__(next=request.args.get("next", ""), **given)

    @property
    def remembers(self) -> bool:
        return bool(self.remember.data) and portal.preset().remember


@bp.app_template_global()
def sign_in_form(kept: str, after: str) -> SignInForm:
    """The form on the page of those whose session ended while they were typing."""
    form = SignInForm()
    form.kept.data, form.next.data = kept, after
    form.login.data = None
    return form


@bp.get("/sign-in")
@public
def show() -> str | Response:
    if current_user.is_authenticated:
        return hx.go(resume.inside(request.args.get("next")) or "/")
    return render_template("sign_in/show.html", **_page(SignInForm()))


@bp.post("/sign-in")
@public
def enter() -> str | Response:
    form = SignInForm()
    if captchas.is_refresh():
        return render_template("sign_in/show.html", form=form, picture=captchas.fresh(FORM))
    if form.validate() and not _is_not_a_machine(form):
        form.password.widget = PasswordInput(hide_value=False)  # the password was not looked at: it stays
    elif not form.mistakes:
        try:
            return _welcome(form)
        except sign_in.Wrong as refusal:
            form.refuse(refusal)
            form.advice = True
        except sign_in.Waiting as refusal:
            form.refuse(refusal)
            form.waiting = True
        except Refused as refusal:
            form.refuse(refusal)
    return hx.again("sign_in/show", **_page(form))


def _is_not_a_machine(form: SignInForm) -> bool:
    return not _asks_picture(form) or captchas.passes(form, FORM)


def _asks_picture(form: SignInForm) -> bool:
    """By the policy; after failures those at this login count, or very many from the address."""
    policy = captchas.policy(FORM)
    if policy != "after-failures":
        return policy == "always"
    if not form.login.data:
        return sign_in.is_wary(visitor(), clock.now())
    return captchas.is_wanted(FORM, sign_in.failures(form.value, visitor(), clock.now()))


def _welcome(form: SignInForm) -> Response:
    """Opens the portal, or asks a browser that is not known for the second factor."""
    verified = sign_in.verify(form.value, form.password.data, visitor(), clock.now())
    has_sms = portal.settings().has_sms
    if second_factor.is_wanted(verified.resident, sessions.device_token(), has_sms):
        token = codes.new_token()
        second_factor.ask(verified, form.remembers, visitor(), clock.now(), token, has_sms)
        return hx.go(url_for("factor.show", token=token, next=resume.inside(form.next.data) or None))
    return opened(verified, form.remembers, form.next.data or "", form.kept.data or "")


def opened(verified: Verified, remembered: bool, after: str, kept: str = "") -> Response:
    """A new token and a clean form session: nothing of what was before signing in stays valid after it."""
    token, before = codes.new_token(), g.session if current_user.is_authenticated else None
    entered = sign_in.begin(verified, visitor(), clock.now(), token, remembered)
    if before is not None:
        sign_in.leave(before, clock.now())
    session.clear()
    g.pop("csrf_token", None)
    response = _onward(entered.resident, after, kept)
    lifetime = int(Session.lifetime(True).total_seconds()) if remembered else None
    sessions.remember(response, token, lifetime)
    return response


def _onward(resident: Resident, after: str, kept: str) -> Response:
    """To the form that came too late, to the page that was wanted, or home."""
    late = resume.fields(kept) if kept else {"action": ""}
    if late["action"]:
        return make_response(render_template("sign_in/kept.html", **late))
    return hx.go(texts.after_sign_in(resident, resume.inside(after) or "/"))


def _page(form: SignInForm) -> dict[str, object]:
    return {"form": form, "picture": captchas.shown(FORM) if _asks_picture(form) else None}


@bp.get("/sign-out")
@public
def sign_out() -> str | Response:
    if not current_user.is_authenticated:
        return hx.go(url_for(".show"))
    return render_template("sign_in/sign_out.html")


@bp.post("/sign-out")
@public
def leave() -> Response:
    if current_user.is_authenticated:
        sign_in.leave(g.session, clock.now())
    session.clear()
    flash("Вы вышли из кабинета.", "done")
    response = hx.go(url_for(".show"))
    sessions.forget(response)
    return response
