"""«Профиль»: the person's own data, contacts, password, second factor, subscriptions, sign-ins; one blueprint."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("profile", __name__, url_prefix="/profile")
