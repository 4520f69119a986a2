"""The console's invitations: who was moved in from an older portal and has not come yet; a letter once more."""

from __future__ import annotations

from flask import Response, flash, render_template, url_for

import clock
from models import Invitation
from services import invitations
from services.refusal import Refused
from views import hx
from views.access import own_suppliers, resident, served_invitation
from views.admin import bp
from views.ids import behind

PAGE = 50


@bp.get("/invitations")
def list_invitations() -> str:
    rows = Invitation.unaccepted(own_suppliers(), behind() or None, PAGE + 1)
    return render_template(
        "admin/invitations.html",
        rows=rows[:PAGE],
        after=rows[PAGE - 1].id if len(rows) > PAGE else "",
        is_first=not behind(),
        days=invitations.LIVES.days,
    )


@bp.post("/invitations/<int:invitation_id>")
def send_invitation(invitation_id: int) -> Response:
    row = served_invitation(invitation_id)
    try:
        invitations.send_again(row, resident(), clock.now())
    except Refused as refusal:
        flash(refusal.sentence, "warn")
    else:
        flash("Письмо с приглашением отправляется.", "done")
    return hx.go(url_for(".list_invitations"))
