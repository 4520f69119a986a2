"""What every template knows: the preset's words, the menu, the settings, the unread count, the current account."""

from __future__ import annotations

import secrets

from flask import Flask, g, request
from flask_login import current_user
from werkzeug.local import LocalProxy

import clock
from models import NoticeReceipt
from services.notices import link_of
from views import current, looks, manual, menu, notices, portal


def install(app: Flask) -> None:
    app.jinja_env.globals.update(
        word=word,
        preset=LocalProxy(lambda: app.extensions["settings"].preset),
        settings=LocalProxy(lambda: app.extensions["settings"]),
        current_account=current.shown,
        page_url=menu.page_url,
        page_exists=menu.exists,
        menu_items=menu.items,
        unread=unread,
        looked_until=looks.until,
        top_notices=top_notices,
        notice_link=link_of,
        view_class=view_class,
        is_here=menu.is_here,
        today=clock.today,
        form_key=form_key,
        picture_of=manual.picture,
    )


def word(key: str) -> str:
    return str(portal.settings().word(key))


def form_key() -> str:
    """A fresh idempotency key (`once`) for a form that stands on pages of other parts."""
    return secrets.token_urlsafe(16)


def unread() -> int:
    """Unread notices of the signed-in resident: counted with his session, anew where the request may change it."""
    if not current_user.is_authenticated:
        return 0
    return int(g.session.unread) if request.method == "GET" else NoticeReceipt.unread(current_user)


def top_notices() -> list[NoticeReceipt]:
    """What stands above the pages of the signed-in resident."""
    return notices.tops() if current_user.is_authenticated else []


def view_class() -> str:
    """The class of <html> for «Версия для слабовидящих»; kept in a cookie, so it holds before signing in."""
    chosen = request.cookies.get("view", "")
    return {"large": "low-vision", "inverse": "low-vision inverse"}.get(chosen, "")
