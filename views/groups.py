"""Groups of accounts: the «+» of the tabs, the gear's page."""

from __future__ import annotations

from flask import Blueprint, Response, flash, make_response, render_template, request, url_for
from wtforms import StringField

from models import Group
from services import groups
from services.refusal import Refused
from views import hx, resume
from views.access import own_group, own_groups, own_links, resident
from views.forms import Form, at_most, required, typed, word

bp = Blueprint("groups", __name__)


class GroupForm(Form):
    name = StringField("Название группы", [required(), at_most(groups.LONGEST)])


@bp.get("/groups")
def index() -> str:
    return render_template("groups/index.html", groups=own_groups(), links=own_links())


@bp.post("/groups")
def add() -> Response:
    """Makes a group; answers with the tabs of the page it was asked from."""
    url = resume.inside(request.form.get("url")) or url_for(".index")
    try:
        groups.add(resident(), str(word("groups.new")))
    except Refused as refusal:
        flash(refusal.sentence, "warn")
        return hx.go(url)
    if hx.is_htmx():
        own = own_groups()
        return make_response(
            render_template("groups/_tabs.html", groups=own, here=groups.chosen(own, typed("here")), url=url)
        )
    return hx.go(url)


@bp.get("/groups/<int:group_id>")
def show(group_id: int) -> str:
    group = own_group(group_id)
    return render_template("groups/edit.html", **_page(group, GroupForm(obj=group)))


@bp.post("/groups/<int:group_id>")
def rename(group_id: int) -> Response:
    group, form = own_group(group_id), GroupForm()
    if form.validate() and form.done(groups.rename, group, form.name.data, str(word("groups.all"))):
        flash("Группа переименована.", "done")
        return hx.go(url_for(".index"))
    return hx.again("groups/edit", **_page(group, form))


@bp.post("/groups/<int:group_id>/removal")
def remove(group_id: int) -> Response:
    group = own_group(group_id)
    groups.remove(group)
    flash(f"Группа «{group.name}» удалена, лицевые счета остались в группе «Все».", "done")
    return hx.go(url_for(".index"))


def _page(group: Group, form: GroupForm) -> dict[str, object]:
    held = [link for link in own_links() if link.group_id == group.id]
    return {"group": group, "form": form, "links": held}
