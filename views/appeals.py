"""«Обращения»: writing to a supplier, what was sent and what came back, the thread with its files."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, g, make_response, render_template, url_for
from wtforms import HiddenField, SelectField, StringField, TextAreaField

import clock
from models import Appeal, AppealFile, AppealMessage, NoticeReceipt, Supplier, Topic
from models.appeal import CLOSED
from services import appeals, codes, topics
from services.appeals import Typed
from services.contacts import shown_phone
from services.refusal import Refused
from views import enclosures, hx, portal, shapes, suppliers
from views.access import current_link, own_appeal, own_appeal_file, own_links, resident
from views.address import visitor
from views.downloads import as_file
from views.enclosures import EnclosingForm
from views.forms import at_most, required, typed, typed_once, word
from views.selects import choose, drop_empty, number

bp = Blueprint("appeals", __name__, url_prefix="/appeals")

PAGE = 30
STATES = {
    "new": ("", "clock"),
    "working": ("todo", "auto"),
    "answered": ("done", "letter"),
    "closed": ("", "ok"),
}
FILE_GONE = "Этого файла больше нет: файлы хранятся год после закрытия обращения."


class AppealForm(EnclosingForm):
    order = ("supplier", "account", "topic", "subtopic", "text", "contact", "other_contact", "files")

    supplier = SelectField(word("accounts.supplier"), [required()], validate_choice=False)
    account = SelectField(word("accounts.one"), validate_choice=False)
    topic = SelectField(word("appeals.topic"), [required()], validate_choice=False)
    subtopic = SelectField(word("appeals.subtopic"), [required()], validate_choice=False)
    text = TextAreaField(word("appeals.text"), [required()])
    contact = SelectField(word("appeals.contact"), validate_choice=False)
    other_contact = StringField(word("appeals.other_contact"), [at_most(appeals.LONGEST_CONTACT)])
    once = HiddenField(default=codes.new_token)

    def offer(self, takers: list[Supplier], known: list[Topic]) -> None:
        """Fills the lists as far as the choices lead; an empty one is not there."""
        chosen = choose(self.supplier, [(str(row.id), row.title) for row in takers])
        choose(self.account, _accounts(chosen), nothing="Не о конкретном счёте")
        topic = choose(self.topic, [(str(row.id), str(row.name)) for row in topics.top(known)])
        narrower = topics.below(known, int(topic) if topic else None)
        choose(self.subtopic, [(str(row.id), str(row.name)) for row in narrower])
        choose(
            self.contact, [(it, shown_phone(it)) for it in appeals.contacts_of(resident())], nothing="Не указывать"
        )
        drop_empty(self, "account", "topic", "subtopic", "contact")

    def validate_text(self, field: TextAreaField) -> None:
        shapes.ask(appeals.check_text, field.data)

    def written(self) -> Typed:
        return Typed(
            supplier=int(self.supplier.data),
            text=self.text.data,
            account=number(self, "account"),
            topic=number(self, "topic"),
            subtopic=number(self, "subtopic"),
            contact=self.contact.data if "contact" in self else "",
            other_contact=self.other_contact.data,
        )


class AnswerForm(EnclosingForm):
    """The next message of a thread, the resident's or the operator's."""

    text = TextAreaField(word("appeals.text"), [required()])
    once = HiddenField(default=codes.new_token)

    def validate_text(self, field: TextAreaField) -> None:
        shapes.ask(appeals.check_text, field.data)


@bp.get("/new")
def new() -> str:
    return render_template("appeals/new.html", **_page(_fresh()))


@bp.post("/new")
def send() -> Response:
    form, once = AppealForm(), typed_once() or codes.new_token()
    made = appeals.sent_before(resident(), once)
    if made is None:
        form.offer(writable(), Topic.offered())
        if typed("refresh"):
            form.take_files()
            return make_response(render_template("appeals/new.html", **_page(form)))
        made = _sent(form, once) if writable() else None
        if made is None:
            return hx.again("appeals/new", **_page(form))
    flash(f"Обращение № {made.id} отправлено. Ответ придёт сюда и на почту.", "done")
    return hx.go(url_for(".show", appeal_id=made.id))


def _sent(form: AppealForm, once: str) -> Appeal | None:
    if not is_whole(form):
        return None
    try:
        return appeals.send(
            resident(),
            form.written(),
            form.enclosed,
            enclosures.folder(),
            visitor(),
            clock.now(),
            clock.today(),
            once,
        )
    except Refused as refusal:
        form.refuse(refusal)
        return None


@bp.get("")
def sent() -> str:
    return _list("sent", Appeal.sent(resident(), PAGE + 1, _before()))


@bp.get("/received")
def received() -> str:
    return _list("received", Appeal.received(resident(), PAGE + 1, _before()))


def _list(kind: str, rows: list[Appeal]) -> str:
    return render_template(
        "appeals/index.html",
        kind=kind,
        appeals=rows[:PAGE],
        after=rows[PAGE - 1].id if len(rows) > PAGE else None,
        is_first=not typed("before"),
        state_of=state_of,
        can_write=bool(writable()),
    )


@bp.get("/<int:appeal_id>")
def show(appeal_id: int) -> str:
    """Opening the thread reads its answers; the header counts what is left."""
    appeal = own_appeal(appeal_id)
    if appeals.read(appeal, resident(), clock.now()):
        g.session.unread = NoticeReceipt.unread(resident())
    return render_template("appeals/show.html", **_thread(appeal, AnswerForm(formdata=None)))


@bp.post("/<int:appeal_id>")
def write(appeal_id: int) -> Response:
    appeal, form, once = own_appeal(appeal_id), AnswerForm(), typed_once() or codes.new_token()
    if is_whole(form) and form.done(
        appeals.write, appeal, resident(), form.text.data, form.enclosed, enclosures.folder(), clock.now(), once
    ):
        flash("Сообщение отправлено.", "done")
        return hx.go(url_for(".show", appeal_id=appeal_id))
    return hx.again("appeals/show", **_thread(own_appeal(appeal_id), form))


@bp.get("/files/<int:file_id>")
def file(file_id: int) -> Response:
    row = own_appeal_file(file_id)
    content = appeals.open_file(row, enclosures.folder())
    if content is None:
        flash(FILE_GONE, "warn")
        return hx.go(url_for(".show", appeal_id=row.message.appeal_id))
    return as_file(content, str(row.name), str(row.kind))


def is_whole(form: EnclosingForm) -> bool:
    """Is there nothing to mend? The files that came are kept in any case."""
    is_valid = bool(form.validate())
    return form.take_files() and is_valid


def state_of(appeal: Appeal) -> tuple[str, str, str]:
    """Colour, icon and word of an appeal's state."""
    return (*STATES[str(appeal.state)], appeals.WORDS[str(appeal.state)].capitalize())


def writable() -> list[Supplier]:
    """To whom the resident may write; asked once a request."""
    if "writable" not in g:
        g.writable = appeals.takers(suppliers.near(), clock.today())
    found: list[Supplier] = g.writable
    return found


def _fresh() -> AppealForm:
    """The form as it opens: about the account that the header names, or the one that the link names."""
    form, links = AppealForm(formdata=None), own_links()
    wanted = next((link for link in links if str(link.account_id) == typed("account")), None)
    if wanted is None and links and portal.preset().shows_current:
        wanted = current_link(links)
    form.supplier.data = str(wanted.account.supplier_id) if wanted else typed("supplier")
    form.account.data = str(wanted.account_id) if wanted else ""
    form.contact.data = next(iter(appeals.contacts_of(resident())), "")
    form.offer(writable(), Topic.offered())
    return form


def _page(form: AppealForm) -> dict[str, Any]:
    return {
        "form": form,
        "suppliers": writable(),
        "accept": enclosures.ACCEPT,
        "longest": appeals.LONGEST,
    }


def _thread(appeal: Appeal, form: AnswerForm) -> dict[str, Any]:
    return {
        "appeal": appeal,
        "messages": AppealMessage.thread(appeal),
        "files": AppealFile.of_appeal(appeal),
        "form": form,
        "state_of": state_of,
        "is_closed": appeal.state == CLOSED,
        "accept": enclosures.ACCEPT,
    }


def _accounts(supplier: str) -> list[tuple[str, str]]:
    """The resident's accounts of the supplier."""
    links = [link for link in own_links() if str(link.account.supplier_id) == supplier]
    return [
        (str(link.account_id), f"№ {link.account.number}, {link.label or link.account.address}") for link in links
    ]


def _before() -> int | None:
    """After which appeal the page of a list goes on."""
    text = typed("before")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None
