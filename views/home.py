"""«Главная»: the account card, the month's charges, consumption by month."""

from __future__ import annotations

from flask import Blueprint, render_template

bp = Blueprint("home", __name__)


@bp.get("/")
def show() -> str:
    return render_template("home/show.html")
