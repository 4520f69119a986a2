"""Documents («Пользовательское соглашение»…) as pages, their ticks, and the consent to a version that is new."""

from __future__ import annotations

import re
from collections.abc import Iterator

from flask import Blueprint, Response, abort, render_template, request, url_for
from wtforms import BooleanField
from wtforms.validators import DataRequired

import clock
from models import Resident, Text
from services import texts
from views import portal, resume
from views.access import public, resident
from views.address import client_address
from views.captchas import CaptchaForm
from views.format import local
from views.hx import go

bp = Blueprint("texts", __name__)

SLUG = re.compile("[a-z0-9-]{1,60}")
MARKS = {"# ": "heading", "- ": "list", "! ": "picture"}
WORD = re.compile(r"\{([a-z_]+\.[a-z_]+)\}")

# What a newcomer ticks: by the text's slug, the field.
TICKS = {texts.AGREEMENT: "terms", texts.PERSONAL_DATA: "consent", texts.ADVERTISING: "advertising"}


class ConsentForm(CaptchaForm):
    """The ticks of the documents that the preset asks newcomers for; advertising is up to the person."""

    terms = BooleanField("Соглашение", [DataRequired("Без соглашения открыть кабинет нельзя")])
    consent = BooleanField("Персональные данные", [DataRequired("Без согласия открыть кабинет нельзя")])
    advertising = BooleanField("Рассылка")

    def __init__(self) -> None:
        preset = portal.preset()
        super().__init__(data={"advertising": preset.advertising_on})
        for slug, name in TICKS.items():
            if slug not in preset.consents:
                delattr(self, name)

    @property
    def agreed(self) -> tuple[str, ...]:
        """The texts that had to be accepted."""
        return tuple(slug for slug, name in TICKS.items() if name in self and slug != texts.ADVERTISING)

    @property
    def wants_advertising(self) -> bool:
        return "advertising" in self and bool(self.advertising.data)


@bp.get("/texts/<slug>")
@public
def show(slug: str) -> str:
    text = Text.latest([slug]).get(slug) if SLUG.fullmatch(slug) else None
    if text is None:
        abort(404)
    return render_template(
        "texts/show.html", text=text, sections=sections(filled(text)), published=local(text.published_at).date()
    )


@bp.get("/consents")
def renew() -> str | Response:
    """After sign-in: the documents that have changed since the resident agreed to them."""
    after = resume.inside(request.args.get("next")) or "/"
    changed = _changed(resident())
    if not changed:
        return go(after)
    return render_template("texts/renew.html", texts=changed, after=after, missed=False)


@bp.post("/consents")
def agree() -> str | Response:
    after = resume.inside(request.form.get("next")) or "/"
    changed = _changed(resident())
    if any(request.form.get(f"text-{text.id}") is None for text in changed):
        return Response(render_template("texts/renew.html", texts=changed, after=after, missed=True), 422)
    texts.agree(resident(), changed, clock.now(), client_address())
    return go(after)


def after_sign_in(who: Resident, target: str) -> str:
    """Where a resident goes who has just signed in: to the changed documents first."""
    return url_for("texts.renew", next=target) if _changed(who) else target


def _changed(who: Resident) -> list[Text]:
    """What must be agreed to anew; advertising is up to the person, and its older version goes on."""
    asked = portal.preset().consents
    return texts.outdated(who, [slug for slug in asked if slug != texts.ADVERTISING])


def filled(text: Text) -> str:
    """The body with the preset's words where it names them: `{payment.posting}`; a name that is none stays."""
    words = portal.preset().words
    return WORD.sub(lambda found: str(words.get(found[1], found[0])), str(text.body))


def sections(body: str) -> list[list[tuple[str, list[str]]]]:
    """The blocks of a text, a list for each heading with what stands under it."""
    found: list[list[tuple[str, list[str]]]] = []
    for kind, lines in blocks(body):
        if kind == "heading" or not found:
            found.append([])
        found[-1].append((kind, lines))
    return found


def blocks(body: str) -> Iterator[tuple[str, list[str]]]:
    """The paragraphs of a text: (kind, lines); `# `, `- ` and `! ` begin a heading, a list and a picture.

    A picture's line is its name (of `views/manual.py`) and what it shows.
    """
    kind, lines = "", list[str]()
    for line in [*body.splitlines(), ""]:
        line = line.strip()
        here = MARKS.get(line[:2], "paragraph") if line else ""
        if lines and (here != kind or here != "list"):
            yield kind, lines
            lines = []
        kind = here
        if line:
            lines.append(line if here == "paragraph" else line[2:])
