"""«Очистка кэша»: what the portal remembers for this browser's comfort is forgotten."""

from __future__ import annotations

from flask import Response, flash, g, render_template, request, session, url_for

from services import devices
from views import captchas, hx
from views.profile import bp

VIEW = "view"


@bp.get("/cache")
def cache() -> str:
    return render_template("profile/cache.html")


@bp.post("/cache")
def clear() -> Response:
    cleared = [
        name
        for name, is_there in {
            "вид страниц": bool(request.cookies.get(VIEW)),
            "картинки с кодом": bool(session.pop(captchas.KEPT, None)),
            "выбранный лицевой счёт": devices.forget_choice(g.session),
        }.items()
        if is_there
    ]
    flash(
        f"Очищено: {', '.join(cleared)}." if cleared else "Очищать нечего: в этом браузере ничего не сохранено.",
        "done",
    )
    response = hx.go(url_for(".cache"))
    response.delete_cookie(VIEW, samesite="Lax")
    return response
