"""«Согласия и документы»: what the person agreed to and may take back; the file of all that is held on him."""

from __future__ import annotations

import json

from flask import Response, flash, render_template, url_for

import clock
from models import Consent
from services import personal_data, texts
from views import hx
from views.access import own_consent, resident
from views.address import client_address
from views.format import local
from views.profile import bp
from views.texts import sections


@bp.get("/consents")
def consents() -> str:
    given = Consent.of_resident(resident())[::-1]
    return render_template("profile/consents.html", consents=given, who=resident())


@bp.post("/consents")
def withdraw() -> Response:
    """«Отозвать» stands beside the advertising alone: the portal cannot work without the rest."""
    texts.advertise(resident(), False, clock.now(), client_address())
    flash("Согласие отозвано. Рекламных сообщений больше не будет.", "done")
    return hx.go(url_for(".consents"))


@bp.get("/consents/<int:consent_id>")
def consent(consent_id: int) -> str:
    """The very version that was agreed to."""
    text = own_consent(consent_id).text
    return render_template(
        "texts/show.html", text=text, sections=sections(str(text.body)), published=local(text.published_at).date()
    )


@bp.get("/data.json")
def data() -> Response:
    held = personal_data.of(resident(), clock.now(), clock.zone())
    response = Response(json.dumps(held, ensure_ascii=False, indent=2) + "\n", content_type="application/json")
    response.headers["Content-Disposition"] = "attachment; filename=abonent-data.json"
    response.headers["Cache-Control"] = "no-store"
    return response
