"""The console's texts and agreements: the list, versions and what each changed, a new version with its preview."""

from __future__ import annotations

from datetime import datetime

from flask import Response, abort, flash, make_response, render_template, url_for
from wtforms import BooleanField, HiddenField, StringField, TextAreaField, ValidationError

import clock
from models import Consent, Text
from services import editions, questions, texts
from services.refusal import Refused
from views import hx, portal
from views.access import own_suppliers, resident
from views.admin import bp
from views.forms import Form, at_most, required, typed
from views.shapes import moment_of, reads
from views.texts import SLUG, TICKS, WORD, filled, sections

PARTS = (
    ("Соглашения", tuple(dict.fromkeys((*TICKS, texts.PRIVACY)))),
    ("Оплата", ("payment-terms", "payment-posting", "refunds", "payment-security", "requisites")),
)
BLANKS, OTHER = "Бланки заявок на договор", "Остальное"


class TextForm(Form):
    """`seen`: the newest version that the form knows; `asks`: residents agree anew."""

    title = StringField("Название", [required(), at_most(editions.LONGEST_TITLE)])
    body = TextAreaField("Текст", [required()])
    since = StringField("Действует с", [at_most(30), reads(moment_of)])
    asks = BooleanField("Попросить жителей согласиться заново при следующем входе")
    seen = HiddenField()

    def validate_body(self, field: TextAreaField) -> None:
        words = portal.preset().words
        unknown = [found[0] for found in WORD.finditer(field.data or "") if found[1] not in words]
        if unknown:
            raise ValidationError(f"Такой вставки нет: {', '.join(unknown)}. Уберите её или исправьте.")

    @property
    def begins(self) -> datetime:
        return moment_of(self.since.data) if self.since.data else clock.now()

    def as_text(self, newest: Text) -> Text:
        """What was written, as residents would see it."""
        facts = {"title": self.title.data, "body": self.body.data, "published_at": self.begins}
        return Text(slug=newest.slug, version=newest.version + 1, **facts)


@bp.get("/texts")
def text_list() -> str:
    _may_edit()
    return render_template("admin/texts.html", parts=_parts(Text.newest()))


@bp.get("/texts/<slug>")
def text(slug: str) -> str:
    history = _history(slug)
    current = next((row for row in history if not row.is_pending), history[0])
    return _version(history, current)


@bp.get("/texts/<slug>/<int:version>")
def text_version(slug: str, version: int) -> str:
    history = _history(slug)
    return _version(history, next((row for row in history if row.version == version), None) or abort(404))


@bp.get("/texts/<slug>/new")
def new_text(slug: str) -> str:
    newest = _history(slug)[0]
    form = TextForm(formdata=None, title=newest.title, body=newest.body, asks=True, seen=str(newest.version))
    return _form(newest, form)


@bp.post("/texts/<slug>/new")
def publish_text(slug: str) -> Response:
    """«Посмотреть» shows the page and the difference under the form; «Опубликовать» keeps it for good."""
    newest, form = _history(slug)[0], TextForm()
    if typed("preview") and form.validate():
        return make_response(_form(newest, form, form.as_text(newest)))
    if not typed("preview") and form.validate() and form.done(_publish, slug, form):
        flash("Редакция опубликована.", "done")
        return hx.go(url_for(".text", slug=slug))
    newest = _history(slug)[0]
    form.seen.data = str(newest.version)  # the form now counts from what another has published
    return make_response(_form(newest, form), 422)


@bp.post("/texts/<slug>/<int:version>/removal")
def take_back_text(slug: str, version: int) -> Response:
    row = next((row for row in _history(slug) if row.version == version), None) or abort(404)
    try:
        editions.take_back(row, resident(), clock.now())
    except Refused as refusal:
        flash(refusal.sentence, "warn")
    else:
        flash("Редакция отменена.", "done")
    return hx.go(url_for(".text", slug=slug))


def _publish(slug: str, form: TextForm) -> None:
    seen = form.seen.data or ""
    editions.publish(
        slug,
        form.title.data,
        form.body.data,
        since=form.begins,
        asks=bool(form.asks.data) or not _is_agreed_to(slug),
        seen=int(seen) if seen.isascii() and seen.isdecimal() and len(seen) < 10 else 0,
        by=resident(),
        now=clock.now(),
    )


def _form(newest: Text, form: TextForm, preview: Text | None = None) -> str:
    asking = _is_agreed_to(str(newest.slug))
    return render_template(
        "admin/text_form.html",
        newest=newest,
        form=form,
        preview=preview,
        sections=sections(filled(preview)) if preview else [],
        changes=list(editions.difference(str(newest.body), str(preview.body))) if preview else [],
        asking=asking,
        asked=Consent.agreeing(str(newest.slug)) if asking and preview and form.asks.data else 0,
    )


def _version(history: list[Text], row: Text) -> str:
    older = next((other for other in history if other.version < row.version), None)
    return render_template(
        "admin/text.html",
        history=history,
        text=row,
        older=older,
        sections=sections(filled(row)),
        changes=list(editions.difference(str(older.body), str(row.body))) if older else [],
        current=next((other.version for other in history if not other.is_pending), 0),
        asking=_is_agreed_to(str(row.slug)),
    )


def _parts(rows: list[Text]) -> list[tuple[str, list[Text]]]:
    """The texts under headings; a heading without any is left out."""
    named = {slug for _, slugs in PARTS for slug in slugs}
    blanks = [row for row in rows if str(row.slug).startswith("blank-")]
    other = [row for row in rows if row not in blanks and row.slug not in (*named, questions.OLDER)]
    parts = [(name, [row for row in rows if row.slug in slugs]) for name, slugs in PARTS]
    return [(name, found) for name, found in [*parts, (BLANKS, blanks), (OTHER, other)] if found]


def _history(slug: str) -> list[Text]:
    """The versions of a text that the operator may edit, the newest first."""
    _may_edit()
    return (Text.history(slug) if SLUG.fullmatch(slug) else []) or abort(404)


def _is_agreed_to(slug: str) -> bool:
    """Do residents agree to this text by a tick, so that a new version may be asked about?"""
    return slug in (*TICKS, *texts.AT_PAYMENT) and slug != texts.ADVERTISING


def _may_edit() -> None:
    """The texts are of the whole portal: one supplier's clerk does not change them."""
    if own_suppliers() is not None:
        abort(404)
