"""Errors for people: what happened and what to do; the reason goes to the log, never to the page."""

from __future__ import annotations

import logging
import secrets

from flask import Flask, Response, current_app, g, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from peewee import OperationalError
from playhouse.pool import MaxConnectionsExceeded
from werkzeug.exceptions import HTTPException

from views import journal, resume
from views.api import answers
from views.hx import is_htmx

log = logging.getLogger("abonent")

SENTENCES = {
    400: ("Запрос не получилось прочитать", "Вернитесь на страницу, обновите её и попробуйте ещё раз."),
    404: ("Такой страницы нет", "Возможно, ссылка устарела или в ней ошибка."),
    405: ("Так эту страницу не открыть", "Вернитесь и воспользуйтесь кнопкой на странице."),
    413: ("Слишком большой файл или текст", "Отправьте файл поменьше или сократите текст."),
    414: ("Слишком длинный адрес", "Вернитесь на страницу и выберите меньше условий."),
    429: ("Слишком много попыток", "Подождите немного и попробуйте ещё раз."),
    503: ("Кабинет занят", "Подождите минуту и откройте страницу ещё раз. Всё, что кабинет принял, сохранено."),
}


def install(app: Flask) -> None:
    app.register_error_handler(CSRFError, stale)
    app.register_error_handler(HTTPException, known)
    app.register_error_handler(MaxConnectionsExceeded, busy)
    app.register_error_handler(OperationalError, busy)
    app.register_error_handler(Exception, unknown)


def stale(_fault: CSRFError) -> Response:
    return resume.stale_page()


def known(fault: HTTPException) -> Response:
    code = fault.code or 500
    if code in (301, 302, 303, 304, 307, 308):
        return make_response(fault.get_response())
    if code == 413 and not answers.is_asked() and (large := resume.large_page()) is not None:
        return large
    title, advice = SENTENCES.get(code, SENTENCES[400])
    response = page(code, title, advice)
    if code == 405 and answers.is_asked():
        response.headers["Allow"] = ", ".join(getattr(fault, "valid_methods", None) or ())
    return response


def busy(fault: Exception) -> Response:
    log.error("database is not answering: %s %s", type(fault).__name__, request.endpoint)
    _ask_nobody()
    return page(503, *SENTENCES[503])


def unknown(fault: Exception) -> Response:
    """A fault of ours: logged with a code that the person can read out; no value of the request is logged."""
    _ask_nobody()
    code = f"Е-{secrets.randbelow(10_000):04d}-{secrets.randbelow(100):02d}"
    journal.write(log, f"fault {code} at {request.endpoint}", fault)
    if answers.is_asked():
        return answers.error(500, fault=code)
    return make_response(render_template("errors/fault.html", code=code), 500)


def _ask_nobody() -> None:
    """The page of the error must not need what has just failed: it is shown as to one who has not signed in."""
    g._login_user = current_app.extensions["nobody"]()


def page(code: int, title: str, advice: str) -> Response:
    if answers.is_asked():
        return answers.error(code)
    template = "errors/_note.html" if is_htmx() else "errors/page.html"
    return make_response(render_template(template, title=title, advice=advice), code)
