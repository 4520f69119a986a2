"""How the resident is told things: C's switches of the channels, A's «Мои подписки»."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, render_template, url_for
from wtforms import BooleanField, SelectField
from wtforms.fields.choices import SelectChoice

import clock
from services import profile
from services.profile import Channels
from views import hx, portal
from views.access import resident
from views.address import client_address
from views.forms import Form, word
from views.profile import bp

NO, YES = "no", "yes"
CHOICES = [SelectChoice(NO, "Нет"), SelectChoice(YES, "Да")]


class ChannelsForm(Form):
    notify_email = BooleanField(word("profile.notify_email"))
    notify_sms = BooleanField(word("profile.notify_sms"))
    notify_messenger = BooleanField(word("profile.notify_messenger"))
    advertising = BooleanField(word("profile.advertising"))

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        for name, has_channel in _channels().items():
            if not has_channel:
                delattr(self, name)

    def chosen(self) -> Channels:
        """None for what the page did not ask."""
        email, sms, messenger = (
            bool(self[name].data) if name in self else None
            for name in ("notify_email", "notify_sms", "notify_messenger")
        )
        return Channels(email, sms, messenger, bool(self.advertising.data))


class RemindersForm(Form):
    remind_readings = SelectField(word("profile.remind_readings"), choices=CHOICES, validate_choice=False)
    monthly_bill = SelectField(word("profile.monthly_bill"), choices=CHOICES, validate_choice=False)
    notify_sms = SelectField(word("profile.sms"), choices=CHOICES, validate_choice=False)

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        if not _channels()["notify_sms"]:
            delattr(self, "notify_sms")


def _channels() -> dict[str, bool]:
    """Which ways there are to tell a resident anything."""
    settings = portal.settings()
    return {
        "notify_email": settings.has_email,
        "notify_sms": settings.has_sms,
        "notify_messenger": settings.has_messenger,
    }


def facts(form: ChannelsForm) -> dict[str, object]:
    return {"form": form}


@bp.get("/channels")
def channels() -> str:
    return render_template("profile/channels.html", **facts(ChannelsForm(obj=resident())))


@bp.post("/channels")
def choose_channels() -> Response:
    form = ChannelsForm()
    if not form.done(profile.choose_channels, resident(), form.chosen(), clock.now(), client_address()):
        return hx.again("profile/channels", **facts(form))
    flash("Сохранено.", "done")
    return hx.go(url_for(".show"))


@bp.get("/subscriptions")
def subscriptions() -> str:
    who = resident()
    now = {name: YES if getattr(who, name) else NO for name in ("remind_readings", "monthly_bill", "notify_sms")}
    return render_template("profile/reminders.html", form=RemindersForm(data=now))


@bp.post("/subscriptions")
def subscribe() -> Response:
    form = RemindersForm()
    sms = form.notify_sms.data == YES if "notify_sms" in form else None
    reminders, monthly_bill = form.remind_readings.data == YES, form.monthly_bill.data == YES
    if not form.done(profile.subscribe, resident(), reminders, monthly_bill, sms):
        return hx.again("profile/reminders", form=form)
    flash("Сохранено.", "done")
    return hx.go(url_for(".subscriptions"))
