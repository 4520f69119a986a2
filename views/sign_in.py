"""Signing in and out; a form that came too late goes on where it stood."""

from __future__ import annotations

from flask import (
    Blueprint,
    Response,
    current_app,
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

import clock
from models import Session
from services import codes, sign_in
from services.refusal import Refused
from views import captchas, hx, resume, sessions, texts
from views.access import public
from views.address import visitor
from views.captchas import CaptchaForm
from views.forms import at_most, required, word

bp = Blueprint("sign_in", __name__)

FORM = "sign-in"
LABELS = {"phone": "sign_in.phone"}
TOGGLES = {"email": "sign_in.by_email", "phone": "sign_in.by_phone"}


class SignInForm(CaptchaForm):
    login = StringField(word("sign_in.login"), [required(), at_most(254)])
    password = PasswordField(word("sign_in.password"), [required()])
    remember = BooleanField(word("sign_in.remember"))
    captcha = StringField(word("sign_in.captcha"))
    by = HiddenField()
    next = HiddenField()
    kept = HiddenField()
    advice = waiting = False  # what the page adds to a refusal

    def __init__(self, **given: object) -> None:
        super().__init__(data={"next": request.args.get("next", ""), "by": request.args.get("by", ""), **given})
        ways = self.ways
        if self.by.data not in ways:
            self.by.data = ways[0]
        if self.by.data != ways[0] and self.by.data in LABELS:
            self.login.label.text = word(LABELS[self.by.data])

    @property
    def ways(self) -> tuple[str, ...]:
        """What may be typed as a login, by the preset."""
        return tuple(current_app.extensions["settings"].preset.sign_in)

    @property
    def others(self) -> list[tuple[str, word]]:
        """(way, words of the link) for the other ways that have a switch of their own."""
        return [(way, word(TOGGLES[way])) for way in self.ways if way != self.by.data and way in TOGGLES]


@bp.app_template_global()
def sign_in_form(kept: str, after: str) -> SignInForm:
    """The form on the page of those whose session ended while they were typing."""
    return SignInForm(formdata=None, kept=kept, next=after)


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
    if form.validate() and _is_not_a_machine(form):
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
    return captchas.is_wanted(FORM, sign_in.failures(_login(form), visitor(), clock.now()))


def _welcome(form: SignInForm) -> Response:
    """A new token and a clean form session: nothing of what was before signing in stays valid after it."""
    token, before = codes.new_token(), g.session if current_user.is_authenticated else None
    remembered = bool(form.remember.data) and current_app.extensions["settings"].preset.remember
    opened = sign_in.enter(
        _login(form), form.password.data, visitor(), clock.now(), token=token, remembered=remembered
    )
    if before is not None:
        sign_in.leave(before, clock.now())
    session.clear()
    g.pop("csrf_token", None)
    response = _onward(form, opened)
    lifetime = int(Session.lifetime(True).total_seconds()) if remembered else None
    sessions.remember(response, token, lifetime)
    return response


def _onward(form: SignInForm, opened: Session) -> Response:
    """To the form that came too late, to the page that was wanted, or home."""
    kept = resume.fields(form.kept.data) if form.kept.data else {"action": ""}
    if kept["action"]:
        return make_response(render_template("sign_in/kept.html", **kept))
    return hx.go(texts.after_sign_in(opened.resident, resume.inside(form.next.data) or "/"))


def _page(form: SignInForm) -> dict[str, object]:
    return {"form": form, "picture": captchas.shown(FORM) if _asks_picture(form) else None}


def _login(form: SignInForm) -> sign_in.Login:
    ways = form.ways if form.by.data == form.ways[0] else (form.by.data,)
    return sign_in.login_of(form.login.data, ways)


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
