"""«Заявка на заключение договора»: tabs «Основное» and «Документы», blanks to download, the draft that is kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import Blueprint, Response, abort, flash, render_template, request, url_for
from flask_wtf.file import FileField
from wtforms import SelectField, TextAreaField

import clock
from models import Application, ApplicationPaper, Supplier, Text
from models.application import ACCEPTED, DRAFT, EDITED, REFUSED, RETURNED, SENT, WORKING
from services import applications, attachments
from services.applications import DOCUMENTS, Basics
from services.refusal import Refused
from views import hx, portal
from views.access import own_application, own_application_paper, resident
from views.address import visitor
from views.booklets import booklet
from views.downloads import as_file
from views.forms import Form, required, typed, word
from views.selects import choose
from views.turns import paused

bp = Blueprint("applications", __name__, url_prefix="/applications")

ACCEPT = "image/jpeg,image/png,application/pdf"
NEXT, SEND = "next", "send"
STATES = {
    DRAFT: ("", "document"),
    SENT: ("", "clock"),
    WORKING: ("todo", "auto"),
    RETURNED: ("bad", "warn"),
    ACCEPTED: ("done", "ok"),
    REFUSED: ("bad", "no"),
}
GONE = "Этого документа больше нет: документы хранятся 30 дней после решения."


class BasicsForm(Form):
    order = ("supplier", "buyer", "objects")

    supplier = SelectField(word("accounts.supplier"), [required()], validate_choice=False)
    buyer = SelectField(word("applications.buyer"), [required()], validate_choice=False)
    objects = TextAreaField(word("applications.objects"))

    def offer(self, takers: list[Supplier]) -> None:
        choose(self.supplier, [(str(row.id), row.title) for row in takers])
        choose(self.buyer, applications.BUYERS.items())

    def basics(self) -> Basics:
        return Basics(int(self.supplier.data), self.buyer.data, self.objects.data)

    def is_ready(self) -> bool:
        """Whole enough for what was pressed: a draft may be unfinished, the next step needs the objects."""
        is_valid = bool(self.validate())
        return is_valid and (typed("go") != NEXT or self.done(applications.check_objects, self.objects.data))


class PapersForm(Form):
    passport = FileField(DOCUMENTS["passport"])
    ownership = FileField(DOCUMENTS["ownership"])
    tax = FileField(DOCUMENTS["tax"])
    connection = FileField(DOCUMENTS["connection"])
    family = FileField(DOCUMENTS["family"])
    sale = FileField(DOCUMENTS["sale"])

    def store(self, application: Application) -> bool:
        """Keeps every document that came; what is none is said at its field and keeps nothing back."""
        stored = [self._stores(application, document) for document in DOCUMENTS if document in request.files]
        return all(stored)

    def _stores(self, application: Application, document: str) -> bool:
        file = request.files[document]
        return not file.filename or self.done(self._store, application, document, file.filename)

    def _store(self, application: Application, document: str, name: str) -> None:
        content = request.files[document].stream.read(attachments.LARGEST + 1)
        with paused():  # unpacking a picture takes a while, and nobody else waits for it
            paper = applications.accepted(document, resident(), name, content, visitor(), clock.now())
        applications.attach(application, document, paper, folder(), clock.now())


@bp.get("")
def index() -> str:
    """The resident's applications; below them the draft, or an empty form for one."""
    rows = Application.of_resident(resident())
    draft = next((row for row in rows if row.state == DRAFT), None)
    return render_template("applications/index.html", applications=rows, **_basics(draft))


@bp.post("")
def begin() -> Response:
    form = BasicsForm()
    form.offer(takers())
    if form.is_ready():
        try:
            made = applications.begin(resident(), form.basics(), clock.now(), clock.today())
        except Refused as refusal:
            form.refuse(refusal)
        else:
            return _saved(made)
    return hx.again("applications/index", applications=Application.of_resident(resident()), **_basics(None, form))


@bp.get("/<int:application_id>")
def basics(application_id: int) -> str:
    return render_template("applications/basics.html", **_basics(own_application(application_id)))


@bp.post("/<int:application_id>")
def save(application_id: int) -> Response:
    application, form = own_application(application_id), BasicsForm()
    form.offer(takers())
    if form.is_ready() and form.done(applications.change, application, form.basics(), clock.now(), clock.today()):
        return _saved(application)
    return hx.again("applications/basics", **_basics(own_application(application_id), form))


@bp.get("/<int:application_id>/documents")
def papers(application_id: int) -> str:
    return render_template(
        "applications/papers.html", **_papers(own_application(application_id), PapersForm(formdata=None))
    )


@bp.post("/<int:application_id>/documents")
def save_papers(application_id: int) -> Response:
    application, form = own_application(application_id), PapersForm()
    if form.validate() and form.store(application) and _is_done(application, form):
        return hx.go(url_for(".papers", application_id=application_id) if typed("go") != SEND else url_for(".index"))
    return hx.again("applications/papers", **_papers(own_application(application_id), form))


def _is_done(application: Application, form: PapersForm) -> bool:
    """«Сохранить» leaves a draft, «Отправить заявку» sends it, a button beside a document takes that one back."""
    if typed("remove"):
        return form.done(applications.remove, application, typed("remove"), clock.now())
    if typed("go") != SEND:
        is_kept = form.done(applications.touch, application, clock.now())
        if is_kept:
            flash("Черновик сохранён. Когда всё будет готово, отправьте заявку.", "done")
        return is_kept
    if not form.done(applications.send, application, clock.now()):
        return False
    flash(f"Заявка № {application.id} отправлена. О решении сообщат уведомление и письмо.", "done")
    return True


@bp.post("/<int:application_id>/removal")
def discard(application_id: int) -> Response:
    try:
        applications.discard(own_application(application_id))
    except Refused as refusal:
        flash(refusal.sentence, "warn")
    else:
        flash("Черновик удалён.", "done")
    return hx.go(url_for(".index"))


@bp.get("/papers/<int:paper_id>")
def paper(paper_id: int) -> Response:
    row = own_application_paper(paper_id)
    content = applications.open_paper(row, folder())
    if content is None:
        flash(GONE, "warn")
        return hx.go(url_for(".papers", application_id=row.application_id))
    return as_file(content, str(row.name), str(row.kind))


@bp.get("/blanks/<document>.pdf")
def blank(document: str) -> Response:
    """A blank to print and fill in, made of the text that the operator publishes."""
    slug = applications.slug_of(document) if document in DOCUMENTS else abort(404)
    text = Text.latest([slug]).get(slug) or abort(404)
    return as_file(booklet(text), f"{DOCUMENTS[document]}.pdf", attachments.PDF)


def folder() -> Path:
    """Where the documents of applications lie."""
    place: Path = portal.settings().data_dir / applications.FOLDER
    return place


def takers() -> list[Supplier]:
    """Who takes applications: a contract is asked of any supplier, not only of one's own."""
    return applications.takers(list(Supplier.by_name()), clock.today())


def state_of(application: Application) -> tuple[str, str, str]:
    """Colour, icon and word of an application's state."""
    return (*STATES[str(application.state)], applications.WORDS[str(application.state)].capitalize())


def _saved(application: Application) -> Response:
    if typed("go") == NEXT:
        return hx.go(url_for(".papers", application_id=application.id))
    flash("Черновик сохранён.", "done")
    return hx.go(url_for(".basics", application_id=application.id))


def _basics(application: Application | None, form: BasicsForm | None = None) -> dict[str, Any]:
    if form is None:
        form = BasicsForm(formdata=None)
        if application is not None:
            form.supplier.data, form.buyer.data = str(application.supplier_id), application.buyer
            form.objects.data = application.objects
        form.offer(takers())
    url = url_for(".begin") if application is None else url_for(".save", application_id=application.id)
    return {"application": application, "form": form, "url": url, **_about(application)}


def _papers(application: Application, form: PapersForm) -> dict[str, Any]:
    return {
        "application": application,
        "form": form,
        "papers": ApplicationPaper.of(application),
        "needed": applications.NEEDED,
        "documents": DOCUMENTS,
        "accept": ACCEPT,
        **_about(application),
    }


def _about(application: Application | None) -> dict[str, Any]:
    return {
        "is_edited": application is None or application.state in EDITED,
        "state_of": state_of,
        "buyers": applications.BUYERS,
    }
