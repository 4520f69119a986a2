"""The console's notices: a draft with its preview and count, sending, how many have read, withdrawal."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Response, flash, make_response, render_template, url_for

import clock
from models import Notice, NoticeReceipt, Outbox
from models.audience import reach
from models.notice import MODAL
from services import composer, notices
from services.refusal import Refused
from views import hx
from views.access import own_suppliers, resident, served_notice
from views.admin import bp
from views.admin.notice_form import KINDS, NoticeForm, audience_words, houses_of
from views.forms import typed
from views.ids import behind

PAGE = 30
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
STATES = {
    composer.DRAFT: ("todo", "document", "Черновик"),
    composer.SCHEDULED: ("todo", "clock", "Ждёт своего времени"),
    composer.GOING: ("todo", "clock", "Рассылается"),
    composer.SHOWN: ("done", "ok", "Разослано"),
    composer.OVER: ("", "info", "Срок показа вышел"),
    composer.WITHDRAWN: ("bad", "no", "Отозвано"),
}


@bp.get("/notices")
def notice_list() -> str:
    rows = Notice.written(own_suppliers())
    shown = list((rows.where(Notice.id < behind()) if behind() else rows).limit(PAGE + 1))
    now, houses = clock.now(), houses_of(shown)
    return render_template(
        "admin/notices.html",
        rows=shown[:PAGE],
        after=shown[PAGE - 1].id if len(shown) > PAGE else 0,
        is_first=not behind(),
        state_of=lambda row: STATES[composer.state(row, now)],
        kinds=dict(KINDS),
        whom=lambda row: audience_words(row, houses),
    )


@bp.get("/notices/new")
def new_notice() -> str:
    """`like`: a notice whose words are taken over."""
    form = NoticeForm(formdata=None)
    like = typed("like")
    if like:
        form.take_over(served_notice(int(like) if like.isascii() and like.isdecimal() and len(like) < 10 else 0))
    form.offer()
    return _form(None, form)


@bp.post("/notices/new")
def write_notice() -> Response:
    form = NoticeForm()
    form.offer()
    if typed("refresh"):
        return make_response(_form(None, form))
    made: list[Notice] = []
    if form.validate() and form.done(
        lambda: made.append(composer.write(form.draft(), form.since(), form.once.data, resident(), clock.now()))
    ):
        return hx.go(url_for(".notice", notice_id=made[0].id))
    return make_response(_form(None, form), 422)


@bp.get("/notices/<int:notice_id>")
def notice(notice_id: int) -> str:
    return _page(served_notice(notice_id))


@bp.get("/notices/<int:notice_id>/edit")
def edit_notice(notice_id: int) -> str | Response:
    row = served_notice(notice_id)
    if not row.is_draft:
        return hx.go(url_for(".notice", notice_id=row.id))
    form = NoticeForm(formdata=None)
    form.take_over(row)
    form.offer()
    return _form(row, form)


@bp.post("/notices/<int:notice_id>/edit")
def change_notice(notice_id: int) -> Response:
    row, form = served_notice(notice_id), NoticeForm()
    form.offer()
    if typed("refresh"):
        return make_response(_form(row, form))
    if form.validate() and form.done(
        lambda: composer.rewrite(row, form.draft(), form.since(), _seen(), resident(), clock.now())
    ):
        return hx.go(url_for(".notice", notice_id=row.id))
    form.seen.data = _moment(served_notice(notice_id))  # the form now counts from what another has written
    return make_response(_form(row, form), 422)


@bp.post("/notices/<int:notice_id>/sending")
def send_notice(notice_id: int) -> Response:
    row = served_notice(notice_id)
    count = typed("count")
    known = int(count) if count.isascii() and count.isdecimal() and len(count) < 10 else -1
    try:
        sent = composer.send(row, _seen(), known, resident(), clock.now(), clock.today())
    except Refused as refusal:
        return make_response(_page(served_notice(notice_id), refusal.sentence), 422)
    flash("Уведомление отправлено." if sent else "Это уведомление уже отправлено.", "done" if sent else "warn")
    return hx.go(url_for(".notice", notice_id=notice_id))


@bp.post("/notices/<int:notice_id>/withdrawal")
def withdraw_notice(notice_id: int) -> Response:
    row = served_notice(notice_id)
    try:
        done = composer.withdraw(row, resident(), clock.now())
    except Refused as refusal:
        return make_response(_page(row, refusal.sentence), 422)
    flash("Уведомление отозвано." if done else "Это уведомление уже отозвано.", "done" if done else "warn")
    return hx.go(url_for(".notice", notice_id=notice_id))


@bp.post("/notices/<int:notice_id>/removal")
def remove_notice(notice_id: int) -> Response:
    row = served_notice(notice_id)
    try:
        composer.discard(row, resident(), clock.now())
    except Refused as refusal:
        return make_response(_page(served_notice(notice_id), refusal.sentence), 422)
    flash("Черновик удалён.", "done")
    return hx.go(url_for(".notice_list"))


def _form(row: Notice | None, form: NoticeForm) -> str:
    return render_template("admin/notice_form.html", notice=row, form=form, channels=form.channels())


def _page(row: Notice, refused: str = "") -> str:
    """A draft as residents would see it with its count; anything sent with what became of it."""
    now = clock.now()
    state = composer.state(row, now)
    is_draft = state == composer.DRAFT
    return render_template(
        "admin/notice.html",
        notice=row,
        state=STATES[state],
        may_withdraw=not is_draft and row.withdrawn_at is None,
        reach=reach(row, clock.today()) if is_draft else None,
        tally=None if is_draft else NoticeReceipt.tally(row),
        undelivered=0 if is_draft or not row.channels else Outbox.dead_of(notices.LETTERS, notice=row.id),
        sees_letters=own_suppliers() is None,
        receipt=NoticeReceipt(notice=row, stands=row.is_pressing),
        confirms=row.kind == MODAL or row.needs_confirmation,
        link_of=notices.link_of,
        kinds=dict(KINDS),
        whom=audience_words(row, houses_of([row])),
        waits=row.published_at > now,
        seen=_moment(row),
        refused=refused,
    )


def _moment(row: Notice) -> str:
    return row.changed_at.isoformat() if row.changed_at else ""


def _seen() -> datetime:
    """When the form's draft was changed last; what is no moment has seen nothing."""
    try:
        seen = datetime.fromisoformat(typed("seen"))
    except ValueError:
        return NEVER
    return seen if seen.tzinfo is not None else NEVER
