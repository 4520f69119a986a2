"""«Удалить аккаунт»: what is erased, what stays, the password and a tick."""

from __future__ import annotations

from flask import Response, render_template
from wtforms import BooleanField, PasswordField
from wtforms.validators import DataRequired

import clock
from services import deletion as leaving
from views import hx
from views.access import resident
from views.address import visitor
from views.forms import Form, required, word
from views.profile import bp
from views.profile.devices import signed_out


class DeletionForm(Form):
    password = PasswordField(word("profile.password_now"), [required()])
    sure = BooleanField(
        "Я понимаю, что вернуть кабинет нельзя", [DataRequired("Отметьте: без этого кабинет не удаляется")]
    )


@bp.get("/deletion")
def deletion() -> str:
    return render_template("profile/deletion.html", form=DeletionForm())


@bp.post("/deletion")
def delete() -> Response:
    form = DeletionForm()
    if form.validate() and form.done(leaving.delete, resident(), form.password.data, visitor(), clock.now()):
        return signed_out("Аккаунт удалён.")
    return hx.again("profile/deletion", form=form)
