"""What every way of registration shares: the blueprint, which ways are open, the documents that are agreed to."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, abort, request, url_for
from wtforms import BooleanField
from wtforms.validators import DataRequired

from models import Captcha
from services import passwords, texts
from views import captchas, portal
from views.captchas import CaptchaForm

bp = Blueprint("registration", __name__)

FORM = "registration"
DOCUMENTS = {texts.AGREEMENT: "terms", texts.PERSONAL_DATA: "consent", texts.ADVERTISING: "advertising"}


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


class ConsentForm(CaptchaForm):
    """The ticks of the documents that the preset asks for at registration; advertising is up to the person."""

    terms = BooleanField("Соглашение", [DataRequired("Без соглашения открыть кабинет нельзя")])
    consent = BooleanField("Персональные данные", [DataRequired("Без согласия открыть кабинет нельзя")])
    advertising = BooleanField("Рассылка")

    def __init__(self) -> None:
        preset = portal.preset()
        super().__init__(data={"advertising": preset.advertising_on})
        for slug, name in DOCUMENTS.items():
            if slug not in preset.consents:
                delattr(self, name)

    @property
    def agreed(self) -> tuple[str, ...]:
        """The texts that had to be accepted."""
        return tuple(slug for slug, name in DOCUMENTS.items() if name in self and slug != texts.ADVERTISING)

    @property
    def wants_advertising(self) -> bool:
        return "advertising" in self and bool(self.advertising.data)


def open_ways() -> list[Way]:
    """The ways of the preset that work here, in its order: a way whose channel is missing is not shown."""
    settings = portal.settings()
    channels = {"email": settings.has_email, "sms": settings.has_sms}
    ways = [WAYS[name] for name in settings.preset.registration]
    return [way for way in ways if any(channels[channel] for channel in way.channels)]


def only_if_open(name: str) -> None:
    if WAYS[name] not in open_ways():
        abort(404)


def is_refresh() -> bool:
    """Was a new picture asked for where no script runs? The form is shown again with what was typed."""
    return captchas.is_refresh()


def is_human(form: CaptchaForm) -> bool:
    return not captchas.is_wanted(FORM) or captchas.passes(form, FORM)


def picture() -> Captcha | None:
    """The picture that the form asks for, if the preset wants one; a new one where that was asked for."""
    return captchas.shown(FORM) if captchas.is_wanted(FORM) else None


def policy() -> passwords.Policy:
    chosen: passwords.Policy = portal.preset().password
    return chosen


def rules() -> list[passwords.Rule]:
    """The rules of the password, as far as what was typed keeps them."""
    return passwords.rules(policy(), request.form.get("password", ""))
