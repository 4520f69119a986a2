"""The console's list of topics and subtopics of appeals: adding, renaming, closing; of the whole portal."""

from __future__ import annotations

from flask import Response, abort, flash, make_response, render_template, url_for
from wtforms import SelectField, StringField
from wtforms.fields.choices import SelectChoice

import clock
from models import Topic
from services import topics
from services.refusal import Refused
from views import hx
from views.access import own_suppliers, resident
from views.admin import applications
from views.forms import Form, at_most, required, typed, word

bp = applications.bp  # of the whole console


class TopicForm(Form):
    name = StringField("Название", [required(), at_most(topics.LONGEST)])
    parent = SelectField(word("appeals.topic"), validate_choice=False)

    def offer(self, known: list[Topic]) -> None:
        offered = [SelectChoice(str(row.id), str(row.name)) for row in topics.top(known) if not row.is_closed]
        self.parent.choices = [SelectChoice("", "Новая тема"), *offered]

    @property
    def under(self) -> int | None:
        """The topic of a new subtopic; what is none of the list is refused as one that is not there."""
        chosen = self.parent.data or ""
        return None if not chosen else int(chosen) if any(chosen == it.value for it in self.parent.choices) else 0


@bp.get("/topics")
def topic_list() -> str:
    _may_edit()
    return render_template("admin/topics.html", **_page(TopicForm(formdata=None)))


@bp.post("/topics")
def add_topic() -> Response:
    _may_edit()
    form = TopicForm()
    form.offer(Topic.every())
    if form.validate() and form.done(topics.add, form.name.data, form.under, resident(), clock.now()):
        flash(f"Добавлено: {form.name.data}.", "done")
        return hx.go(url_for(".topic_list"))
    return make_response(render_template("admin/topics.html", **_page(form)), 422)


@bp.post("/topics/<int:topic_id>")
def change_topic(topic_id: int) -> Response:
    """«Сохранить» renames; «Убрать» and «Вернуть» close and open."""
    _may_edit()
    topic: Topic = Topic.get_or_none(Topic.id == topic_id) or abort(404)
    try:
        if typed("turn"):
            topics.turn(topic, typed("turn") == "off", resident(), clock.now())
        else:
            topics.rename(topic, typed("name")[: topics.LONGEST], resident(), clock.now())
    except Refused as refusal:
        flash(f"{topic.name}: {refusal.sentence}", "warn")
    else:
        flash("Изменения сохранены.", "done")
    return hx.go(url_for(".topic_list", _anchor=f"topic-{topic_id}"))


def _may_edit() -> None:
    """The list is of all suppliers: one supplier's clerk does not change it."""
    if own_suppliers() is not None:
        abort(404)


def _page(form: TopicForm) -> dict[str, object]:
    known = Topic.every()
    form.offer(known)
    below = {topic.id: topics.below(known, topic.id) for topic in topics.top(known)}
    return {"form": form, "topics": topics.top(known), "below": below}
