"""A resident's program at the API: every answer it gets is held against the portal's own description."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from flask import Flask
from jsonschema import Draft202012Validator
from werkzeug.test import TestResponse

from models import Resident
from tests import factories
from views.api.description import FILE

SAME = {"/api/w": "/api/v1/waterius"}


class Program:
    """Shows the token of a resident in its header; `secret` may be any other."""

    def __init__(self, app: Flask, of: Resident | None = None, secret: str = "", **facts: Any) -> None:
        self.http = app.test_client(use_cookies=False)
        self.token, self.secret = factories.token(of, **facts) if of else (None, secret)

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.secret}"} if self.secret else {}

    def get(self, url: str, status: int = 200) -> Any:
        return self._checked("get", url, self.http.get(url, headers=self.headers), status)

    def post(self, url: str, body: Any, status: int = 200, **headers: str) -> Any:
        """`body`: something to be written as JSON, or the very text to send."""
        data = body if isinstance(body, (str, bytes)) else json.dumps(body)
        given = {**self.headers, "Content-Type": "application/json", **headers}
        return self._checked("post", url, self.http.post(url, data=data, headers=given), status)

    def refused(self, url: str, body: Any, code: str, status: int = 422, **headers: str) -> Any:
        """What stands under «error»."""
        found = self.post(url, body, status, **headers)["error"]
        assert found["code"] == code, found
        return found

    def _checked(self, method: str, url: str, response: TestResponse, status: int) -> Any:
        assert response.status_code == status, f"{url}: {response.status_code}\n{response.get_data(as_text=True)}"
        check(method, url.partition("?")[0], response)
        return response.get_json()


def check(method: str, path: str, response: TestResponse) -> None:
    """Status, headers and body are what the description promises."""
    assert response.mimetype == "application/json", response.mimetype
    assert response.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in response.headers
    promised = described()["paths"][SAME.get(path, path)][method]["responses"].get(str(response.status_code))
    assert promised, f"{method} {path}: {response.status_code} is not described"
    if "$ref" in promised:
        promised = described()["components"]["responses"][promised["$ref"].rpartition("/")[2]]
    for header in promised.get("headers", ()):
        assert header in response.headers
    whole = {**promised["content"]["application/json"]["schema"], "components": described()["components"]}
    faults = [fault.message for fault in Draft202012Validator(whole).iter_errors(response.get_json())]
    assert not faults, f"{method} {path}: {faults}\n{response.get_data(as_text=True)}"


@cache
def described() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return found
