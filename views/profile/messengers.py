"""Telegram and MAX in the profile: a one-time link opens the bot, a button closes it."""

from __future__ import annotations

from flask import Response, abort, flash, make_response, render_template, request, url_for

import clock
from services import messengers as chats
from services.telling import MAX, TELEGRAM
from views import hx, portal
from views.access import resident
from views.forms import Form
from views.profile import bp


class MessengerForm(Form):
    """One button for each messenger; `messenger` names it, `turn` says on or off."""


@bp.get("/messengers")
def messengers() -> str:
    return render_template("profile/messengers.html", **facts())


@bp.post("/messengers")
def connect_messenger() -> Response:
    """The answer is the page with the link: it opens the bot for this resident, once."""
    channel, bots = request.form.get("messenger", ""), bot_names()
    if channel not in chats.NAMES:
        abort(404)
    if request.form.get("turn") == "off":
        chats.disconnect(resident(), channel)
        flash(f"{chats.NAMES[channel]} отключён.", "done")
        return hx.go(url_for(".messengers"))
    if not bots.get(channel):
        abort(404)
    link = chats.invite(resident(), channel, bots[channel], clock.now())
    return make_response(render_template("profile/messengers.html", **facts(link, chats.NAMES[channel])))


def facts(link: str = "", name: str = "") -> dict[str, object]:
    return {"form": MessengerForm(), "offers": chats.offers(resident(), bot_names()), "link": link, "name": name}


def bot_names() -> dict[str, str]:
    """The bots that can write, by messenger."""
    settings = portal.settings()
    return {
        TELEGRAM: settings.telegram_bot if settings.has_telegram else "",
        MAX: settings.max_bot if settings.has_max else "",
    }
