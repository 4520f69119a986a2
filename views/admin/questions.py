"""The console's «Помощь»: groups and questions, adding, changing, order, hiding; of the whole portal."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Response, abort, flash, make_response, render_template, url_for
from wtforms import HiddenField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice

import clock
from models import Question, QuestionGroup
from services import questions
from services.questions import LONGEST_NAME, LONGEST_TITLE
from services.refusal import Refused
from views import hx
from views.access import own_suppliers, resident
from views.admin import bp
from views.forms import Form, at_most, required, typed
from views.texts import blocks

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
UP, DOWN, HIDE, SHOW, REMOVE = "up", "down", "hide", "show", "remove"


class GroupForm(Form):
    name = StringField("Новая группа", [required(), at_most(LONGEST_NAME)])


class QuestionForm(Form):
    """`seen`: when the question was changed last, as the form shows it."""

    group = SelectField("Группа", validate_choice=False)
    title = StringField("Вопрос", [required(), at_most(LONGEST_TITLE)])
    answer = TextAreaField("Ответ", [required()])
    seen = HiddenField()

    def offer(self) -> None:
        self.group.choices = [SelectChoice(str(row.id), str(row.name)) for row in QuestionGroup.every()]

    @property
    def chosen(self) -> int | None:
        known = {choice.value for choice in self.group.choices}
        return int(self.group.data) if self.group.data in known else None


@bp.get("/help")
def question_list() -> str:
    _may_edit()
    return _list(GroupForm(formdata=None))


@bp.post("/help")
def add_question_group() -> Response:
    _may_edit()
    form = GroupForm()
    if form.validate() and form.done(questions.add_group, form.name.data, resident(), clock.now()):
        flash(f"Добавлена группа «{form.name.data}».", "done")
        return hx.go(url_for(".question_list"))
    return make_response(_list(form), 422)


@bp.post("/help/groups/<int:group_id>")
def change_question_group(group_id: int) -> Response:
    """«Сохранить» renames; `act`: up, down, remove."""
    _may_edit()
    group: QuestionGroup = QuestionGroup.get_or_none(QuestionGroup.id == group_id) or abort(404)
    act, who, now = typed("act"), resident(), clock.now()
    try:
        if act in (UP, DOWN):
            questions.move_group(group, act == UP, who, now)
        elif act == REMOVE:
            questions.remove_group(group, who, now)
        else:
            questions.rename_group(group, typed("name"), who, now)
    except Refused as refusal:
        flash(f"{group.name}: {refusal.sentence}", "warn")
    else:
        flash("Изменения сохранены.", "done")
    return hx.go(url_for(".question_list", _anchor="" if act == REMOVE else f"group-{group_id}"))


@bp.get("/help/new")
def new_question() -> str:
    """`group`: the one that it is added to."""
    _may_edit()
    form = QuestionForm(formdata=None, group=typed("group"))
    form.offer()
    return _form(None, form)


@bp.post("/help/new")
def add_question() -> Response:
    _may_edit()
    form = QuestionForm()
    form.offer()
    if typed("preview"):
        return make_response(_form(None, form, form.answer.data))
    if form.validate() and form.done(
        questions.add, form.chosen, form.title.data, form.answer.data, resident(), clock.now()
    ):
        return _saved(form)
    return make_response(_form(None, form), 422)


@bp.get("/help/<int:question_id>")
def question(question_id: int) -> str:
    row = _own(question_id)
    form = QuestionForm(formdata=None, group=str(row.group_id), title=row.title, answer=row.answer)
    form.offer()
    form.seen.data = row.changed_at.isoformat()
    return _form(row, form)


@bp.post("/help/<int:question_id>")
def change_question(question_id: int) -> Response:
    row, form = _own(question_id), QuestionForm()
    form.offer()
    if typed("preview"):
        return make_response(_form(row, form, form.answer.data))
    if form.validate() and form.done(
        questions.change, row, form.chosen, form.title.data, form.answer.data, _seen(), resident(), clock.now()
    ):
        return _saved(form)
    form.seen.data = _own(question_id).changed_at.isoformat()
    return make_response(_form(row, form), 422)


@bp.post("/help/<int:question_id>/place")
def place_question(question_id: int) -> Response:
    """`act`: up, down, hide, show, remove."""
    row, act, who, now = _own(question_id), typed("act"), resident(), clock.now()
    if act in (UP, DOWN):
        try:
            questions.move(row, act == UP, who, now)
        except Refused as refusal:
            flash(refusal.sentence, "warn")
    elif act in (HIDE, SHOW):
        questions.turn(row, act == HIDE, who, now)
    elif act == REMOVE:
        questions.remove(row, who, now)
        flash(f"Вопрос «{row.title}» удалён.", "done")
    else:
        abort(400)
    return hx.go(url_for(".question_list", _anchor=f"group-{row.group_id}"))


def _saved(form: QuestionForm) -> Response:
    flash(f"Вопрос «{form.title.data}» сохранён.", "done")
    return hx.go(url_for(".question_list", _anchor=f"group-{form.chosen}"))


def _list(form: GroupForm) -> str:
    rows = Question.every()
    below = {group.id: [row for row in rows if row.group_id == group.id] for group in QuestionGroup.every()}
    return render_template("admin/questions.html", form=form, groups=QuestionGroup.every(), below=below)


def _form(row: Question | None, form: QuestionForm, preview: str = "") -> str:
    shown = list(blocks(preview)) if preview else []
    return render_template("admin/question.html", question=row, form=form, blocks=shown)


def _seen() -> datetime:
    """When the form's question was changed last; what is no moment has seen nothing."""
    try:
        seen = datetime.fromisoformat(typed("seen"))
    except ValueError:
        return NEVER
    return seen if seen.tzinfo is not None else NEVER


def _own(question_id: int) -> Question:
    _may_edit()
    return Question.get_or_none(Question.id == question_id) or abort(404)


def _may_edit() -> None:
    """The list is of the whole portal: one supplier's clerk does not change it."""
    if own_suppliers() is not None:
        abort(404)
