"""The console's applications for a contract: what waits, the objects and documents, the decision."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import Response, abort, flash, make_response, render_template, url_for
from wtforms import HiddenField, StringField

import clock
from models import Application, ApplicationPaper
from models.application import OPEN, WORKING
from services import applications
from services.applications import DOCUMENTS
from views import hx
from views.access import own_suppliers, resident
from views.admin import calls, queues
from views.applications import GONE, folder, state_of
from views.downloads import as_file
from views.forms import Form, at_most

bp = calls.bp  # of the whole console

DECIDED_SHOWN = 20


class DecisionForm(Form):
    reason = StringField("Пояснение", [at_most(applications.LONGEST_REASON)])
    state = HiddenField()


@bp.get("/applications")
def applications_desk() -> str:
    allowed = own_suppliers()
    return render_template(
        "admin/applications.html",
        waiting=queues.first(partial(Application.queue, allowed)),
        decided=Application.decided(allowed, DECIDED_SHOWN),
        state_of=state_of,
        buyers=applications.BUYERS,
    )


@bp.get("/applications/<int:application_id>")
def application(application_id: int) -> str:
    return render_template("admin/application.html", **_page(_own(application_id), DecisionForm(formdata=None)))


@bp.post("/applications/<int:application_id>")
def decide_application(application_id: int) -> Response:
    row, form = _own(application_id), DecisionForm()
    if form.validate() and form.done(
        applications.decide, row, form.state.data, form.reason.data, resident(), clock.now()
    ):
        flash(f"Заявка № {application_id}: {applications.WORDS[form.state.data]}.", "done")
        return _onward(application_id, str(form.state.data))
    return make_response(render_template("admin/application.html", **_page(_own(application_id), form)), 422)


@bp.get("/applications/papers/<int:paper_id>")
def application_paper(paper_id: int) -> Response:
    row = ApplicationPaper.of_operator(paper_id, own_suppliers()) or abort(404)
    content = applications.open_paper(row, folder(), resident(), clock.now())
    if content is None:
        flash(GONE, "warn")
        return hx.go(url_for(".application", application_id=row.application_id))
    return as_file(content, str(row.name), str(row.kind))


def _onward(decided: int, state: str) -> Response:
    """What was taken to work on stays open; after a decision the next that waits is shown."""
    following = decided if state == WORKING else Application.next_waiting(own_suppliers(), decided)
    return hx.go(url_for(".application", application_id=following) if following else url_for(".applications_desk"))


def _own(application_id: int) -> Application:
    """An application that was sent to a supplier of the operator's."""
    return Application.of_operator(application_id, own_suppliers()) or abort(404)


def _page(row: Application, form: DecisionForm) -> dict[str, Any]:
    return {
        "application": row,
        "form": form,
        "papers": ApplicationPaper.of(row),
        "documents": DOCUMENTS,
        "needed": applications.NEEDED,
        "state_of": state_of,
        "buyers": applications.BUYERS,
        "is_waiting": row.state in OPEN,
    }
