"""The console's log: what an administrator sees and finds, the file, who else may look."""

from __future__ import annotations

import csv
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from models import Audit, Resident
from services import audit
from tests import factories
from tests.client import PageClient
from tests.factories import NOW
from tests.queries import counted
from views.admin.audit import PAGE

OLGA = "olga@example.org"


@pytest.fixture
def admin(client: PageClient, database: Flask) -> PageClient:
    return client.sign_in(factories.operator(role="administrator", email="boss@example.org"))


@pytest.fixture
def olga(database: Flask) -> Resident:
    return factories.operator(email=OLGA)


def note(by: Resident | str, action: str = "block", number: int = 7, days: int = 0, what: str = "resident") -> None:
    audit.note(action, what, number, by, NOW + timedelta(days=days), {"state": "active"}, {"state": "blocked"})


def test_an_empty_log_says_so(admin: PageClient) -> None:
    assert "Операторы ещё ничего не меняли" in admin.get("/admin/audit")


def test_a_line_says_who_did_what_to_which_row(admin: PageClient, olga: Resident) -> None:
    note(olga)
    page = admin.get("/admin/audit")
    assert "olga@example.org Заблокировал кабинет Житель № 7 Состояние: открыт → заблокирован" in page
    assert "/admin/residents/7" in page.tree.links


@pytest.mark.parametrize(
    ("what", "place"),
    [
        ("appeal", "/admin/appeals/7"), ("application", "/admin/applications/7"), ("order", "/admin/orders/7"),
        ("registry", "/admin/registries/7"), ("resident", "/admin/residents/7"),
        ("link_request", "/admin/requests/7"), ("unsent", None),
    ],
)  # fmt: skip
def test_a_row_that_has_a_page_is_linked_to_it(
    admin: PageClient, olga: Resident, what: str, place: str | None
) -> None:
    note(olga, what=what)
    links = [link for link in admin.get("/admin/audit").tree.links if link.endswith("/7")]
    assert links == ([place] if place else [])


def test_lines_are_found_by_who(admin: PageClient, olga: Resident) -> None:
    note(olga, number=71)
    note("flask (root)", number=72)
    for who, number in (("Olga@Example.org", 71), ("flask (root)", 72)):
        page = admin.get("/admin/audit", query_string={"who": who})
        assert f"Житель № {number}" in page and f"Житель № {143 - number}" not in page
    assert "Таких действий в журнале нет" in admin.get("/admin/audit?who=nobody@example.org")


def test_whoever_changed_his_address_is_found_by_the_new_one(admin: PageClient, olga: Resident) -> None:
    note(olga)
    olga.email = olga.email_key = "smirnova@example.org"
    olga.save()
    assert "olga@example.org Заблокировал" in admin.get("/admin/audit?who=smirnova@example.org")


def test_lines_are_found_by_action_row_and_period(admin: PageClient, olga: Resident) -> None:
    note(olga, number=1, days=-2)
    note(olga, "unblock", number=2)
    note(olga, "refund", number=1, what="order", days=2)
    for asked, expected in (
        ("action=unblock", {"Житель № 2"}),
        ("object=resident", {"Житель № 1", "Житель № 2"}),
        ("object=order&number=1", {"Заказ № 1"}),
        ("number=1", {"Житель № 1", "Заказ № 1"}),
        ("from=2026-11-20&to=2026-11-20", {"Житель № 2"}),
        ("from=2026-11-20", {"Житель № 2", "Заказ № 1"}),
        ("to=2026-11-18", {"Житель № 1"}),
    ):
        page = admin.get(f"/admin/audit?{asked}")
        assert {one for one in ("Житель № 1", "Житель № 2", "Заказ № 1") if one in page} == expected, asked


def test_a_day_that_cannot_be_read_is_said(admin: PageClient, olga: Resident) -> None:
    note(olga)
    page = admin.get("/admin/audit?from=nonsense")
    assert "Житель № 7" in page and 'aria-invalid="true"' in page.text


def test_nonsense_in_the_address_finds_nothing_and_breaks_nothing(admin: PageClient) -> None:
    for asked in (
        "who=%00",
        "action=x&object=y",
        "number=" + "9" * 300,
        "after=x",
        f"after={10**20}",
        "from=9999-99-99",
    ):
        admin.get(f"/admin/audit?{asked}")


def test_pages_follow_one_another_and_ask_as_often(admin: PageClient, olga: Resident) -> None:
    note(olga, number=1000)
    with counted() as few:
        admin.get("/admin/audit?object=resident")
    for number in range(1001, 1001 + PAGE + 4):
        note(olga, number=number)
    with counted() as many:
        first = admin.get("/admin/audit?object=resident")
    assert len(many) == len(few) <= 8
    onward = next(link for link in first.tree.links if "after=" in link)
    second = admin.get(onward)
    assert "object=resident" in onward and "К началу" in second
    for number in range(1000, 1001 + PAGE + 4):
        assert (f"№ {number} " in first.words) != (f"№ {number} " in second.words)


def test_the_file_holds_what_the_page_finds(admin: PageClient, olga: Resident) -> None:
    note(olga)
    note("=cmd()", "unblock")
    answer = admin.get("/admin/audit.csv?who=olga@example.org")
    assert answer.response.mimetype == "text/csv" and "filename=" in answer.response.headers["Content-Disposition"]
    rows = list(csv.reader(answer.data.decode("utf-8-sig").splitlines(), delimiter=";"))
    assert rows[0][0] == "Когда" and [row[1:5] for row in rows[1:]] == [[OLGA, "Заблокировал кабинет", "Житель", "7"]]
    assert "'=cmd()" in admin.get("/admin/audit.csv").data.decode("utf-8-sig")


def test_the_command_writes_the_same_file(
    app: Flask, admin: PageClient, olga: Resident, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from commands.exchange import export_audit

    note(olga, number=1, days=-5)
    note(olga, number=2)
    run = getattr(export_audit.callback, "__wrapped__")  # noqa: B009 - the connection is the test's own
    with app.app_context():
        run(NOW - timedelta(days=1), None, tmp_path)
    (file,) = tmp_path.iterdir()
    rows = list(csv.reader(file.read_text(encoding="utf-8-sig").splitlines(), delimiter=";"))
    assert [row[4] for row in rows[1:]] == ["2"]


@pytest.mark.parametrize("role", ["clerk", "administrator"])
def test_an_operator_who_does_not_administer_everything_is_told_who_does(
    client: PageClient, database: Flask, role: str
) -> None:
    """A line does not say whose supplier it concerns: part of the log cannot be shown."""
    factories.operator(role="administrator", email="boss@example.org")
    only = None if role == "clerk" else factories.supplier()
    client.sign_in(factories.operator(only, role))
    for url in ("/admin/audit", "/admin/audit.csv"):
        page = client.get(url, status=403)
        assert "Это делает администратор" in page and "boss@example.org" in page
    assert "/admin/audit" not in client.get("/admin/").tree.links


def test_a_resident_finds_no_such_page(client: PageClient, database: Flask) -> None:
    client.sign_in(factories.resident())
    for url in ("/admin/audit", "/admin/audit.csv"):
        client.get(url, status=404)


def test_a_client_of_the_tests_notices_a_change_that_is_not_noted(
    client: PageClient, admin: PageClient, olga: Resident, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "note", lambda *_args, **_facts: None)
    with pytest.raises(AssertionError, match="wrote no line"):
        admin.post("/admin/topics", {"name": "Вода", "parent": ""})
    assert not Audit.select().exists()
