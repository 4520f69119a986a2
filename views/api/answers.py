"""What the API says: JSON that no cache keeps, errors with a code for the program and a sentence for people."""

from __future__ import annotations

import json
from collections.abc import Mapping

from flask import Response, request

UNREADABLE = "Тело запроса не читается: нужен JSON, объект верхнего уровня."
ERRORS = {
    400: ("bad_request", UNREADABLE),
    401: ("unauthorized", "Нужен токен: заголовок «Authorization: Bearer …»."),
    403: ("forbidden", "Токену это не разрешено."),
    404: ("not_found", "Такого адреса нет."),
    405: ("method_not_allowed", "У этого адреса нет такого метода."),
    413: ("too_large", "Запрос слишком большой."),
    414: ("too_long", "Слишком длинный адрес."),
    415: ("unsupported_media_type", "Нужен заголовок «Content-Type: application/json»."),
    429: ("too_many", "Слишком много запросов. Подождите и повторите."),
    500: ("fault", "Ошибка на нашей стороне, мы её уже записали. Повторите позже."),
    503: ("busy", "Кабинет занят. Повторите через минуту: всё, что принято, сохранено."),
}


class Fault(Exception):
    """The request is answered with an error; `more`: what the program needs to mend it."""

    def __init__(self, status: int, code: str = "", message: str = "", **more: object) -> None:
        usual_code, usual_message = ERRORS.get(status, ERRORS[400])
        super().__init__(code or usual_code)
        self.status = status
        self.body = {"code": code or usual_code, "message": message or usual_message, **more}


def invalid(field: str, message: str) -> Fault:
    """A field that is missing or is not what it should be."""
    return Fault(422, "invalid", message, field=field)


def answer(body: Mapping[str, object], status: int = 200) -> Response:
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Response(text, status, {"Cache-Control": "no-store"}, content_type="application/json")


def refusal(fault: Fault) -> Response:
    response = answer({"error": fault.body}, fault.status)
    if fault.status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def is_asked() -> bool:
    """Does a program ask, not a person? Known by the address: one that does not exist has no view."""
    return request.path.startswith("/api/")


def error(status: int, **more: object) -> Response:
    """The answer to a request that no view has seen, or that a view failed at."""
    return refusal(Fault(status if status in ERRORS else 400, **more))
