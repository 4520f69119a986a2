"""«Посмотреть как житель»: what is seen, that nothing is written by any route, how it ends, who may not."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from flask import Flask
from werkzeug.routing import Rule

import clock
from models import (
    TABLES,
    Appeal,
    AppealMessage,
    Audit,
    NoticeReceipt,
    Operator,
    Resident,
    Session,
    Supplier,
    portable,
)
from services import looks
from tests import factories
from tests.client import PageClient
from tests.test_access import CONSOLE_ROWS, NAMES, OWN_ROWS
from views.looks import SHOWN


@pytest.fixture
def anna(database: Flask) -> Resident:
    return factories.resident(surname="Соколова", name="Анна", patronymic="Викторовна")


@pytest.fixture
def olga(database: Flask) -> Resident:
    return factories.operator(surname="Смирнова", name="Ольга", email="olga@example.org")


@pytest.fixture
def looking(client: PageClient, olga: Resident, anna: Resident) -> PageClient:
    begin(client.sign_in(olga), anna)
    return client


def begin(client: PageClient, whose: Resident, status: int = 303) -> None:
    page = client.post(f"/admin/residents/{whose.id}/look", status=status)
    assert status != 303 or page.location == "/"


def whole() -> dict[str, list[str]]:
    """Every row of every table, but when the operator's own session was seen last."""
    found = {}
    for table in TABLES:
        names = portable.columns(table)
        rows = [dict(zip(names, row, strict=True)) for row in portable.rows(table)]
        if table is Session:
            rows = [{**row, "seen_at": "", "expires_at": ""} for row in rows]
        found[table._meta.table_name] = [json.dumps(row) for row in rows]
    return found


def urls(app: Flask, method: str, owner: Resident) -> Iterator[tuple[Rule, str]]:
    """An address of the resident's own rows, and the console's, for every route of the method."""
    known = {**CONSOLE_ROWS, **OWN_ROWS, **NAMES}
    made = {name: str(make(owner)) for name, make in known.items()}
    for rule in app.url_map.iter_rules():
        if method in (rule.methods or ()):
            arguments = {name: made.get(name, "1") for name in rule.arguments}
            yield rule, str(app.url_map.bind("localhost").build(rule.endpoint, arguments))


def test_the_portal_is_seen_as_the_resident_sees_it(looking: PageClient, anna: Resident) -> None:
    link = factories.link(anna, label="Мамина квартира")
    page = looking.get("/accounts")
    assert "Мамина квартира" in page and f"№ {link.account.number}" in page
    assert "Вы смотрите кабинет жителя Соколова Анна Викторовна." in page and "Закончить" in page


def test_no_route_writes_anything_while_looking(app: Flask, looking: PageClient, anna: Resident) -> None:
    """Every POST of the portal, those of the console, of banks, programs and of pages before signing in too."""
    walked = [(rule, url) for rule, url in urls(app, "POST", anna) if rule.endpoint != "looks.end"]
    assert len(walked) > 100
    before = whole()
    for rule, url in walked:
        fields = {"once": "x", "password": "Пароль-12345", "photo": (io.BytesIO(b"x"), "a.jpg")}
        page = looking.post(url, fields, status=403)
        assert rule.endpoint.startswith("api.") or "Здесь только просмотр" in page, rule
    assert whole() == before


def test_no_page_writes_anything_while_looking(app: Flask, looking: PageClient, anna: Resident) -> None:
    """Not even what a page writes by being opened; and only pages of the list are opened."""
    walked = list(urls(app, "GET", anna))
    Appeal.update(unread=1).execute()
    before = whole()
    shown = set()
    for rule, url in walked:
        status = looking.http.get(url).status_code
        if rule.endpoint in SHOWN:
            assert status in (200, 303, 404), f"{url}: {status}"  # 404: made of another row than its query asks for
            shown.add(rule.endpoint) if status == 200 else None
        elif rule.endpoint != "assets.static":
            assert status in (403, 405), f"{url}: {status}"
    assert len(shown) >= len(SHOWN) - 3
    assert whole() == before


def test_every_page_of_the_list_exists(app: Flask) -> None:
    assert set(app.view_functions) >= SHOWN


@pytest.mark.parametrize(
    "url", ["/profile", "/profile/devices", "/profile/tokens", "/profile/data.json", "/profile/password", "/admin/"]
)
def test_what_is_the_residents_alone_is_not_shown(looking: PageClient, url: str) -> None:
    page = looking.get(url, status=403)
    assert "Здесь только просмотр" in page and "Закончить" in page


def test_an_answer_stays_unread(looking: PageClient, anna: Resident) -> None:
    thread = factories.appeal(anna, unread=1, answered_at=factories.NOW)
    AppealMessage.create(appeal=thread, is_from_operator=True, text="Мастер придёт", at=factories.NOW, once="answer")
    factories.notice("Отключение воды", anna)
    assert "Мастер придёт" in looking.get(f"/appeals/{thread.id}")
    looking.get("/notices")
    assert Appeal.get().unread == 1 and not NoticeReceipt.get().is_read


def test_a_notice_that_blocks_the_work_does_not_stand_in_the_way(looking: PageClient, anna: Resident) -> None:
    factories.notice("Новые условия", anna, kind="modal", needs_confirmation=True)
    looking.get("/accounts")


def test_the_look_ends_by_its_button_and_stands_in_both_logs(
    looking: PageClient, olga: Resident, anna: Resident
) -> None:
    assert looking.post("/look/end").location == f"/admin/residents/{anna.id}"
    assert "Вы смотрите кабинет" not in looking.get("/accounts")
    actions = [(row.action, row.actor, row.object_id) for row in Audit.select().order_by(Audit.id)]
    assert actions == [("look-begin", olga, str(anna.id)), ("look-end", olga, str(anna.id))]
    assert json.loads(Audit.select().order_by(Audit.id.desc()).get().after)["in_time"] is True
    page = PageClient(looking.app).sign_in(anna).get("/profile/devices")
    assert "Смотрел оператор: Светлоречье" in page


def test_the_look_ends_after_a_quarter_of_an_hour(
    looking: PageClient, anna: Resident, monkeypatch: pytest.MonkeyPatch
) -> None:
    later(monkeypatch, looks.LIVES + timedelta(seconds=1))
    before = whole()
    page = looking.post("/accounts/current", {"account": "1"}, status=403)
    assert "Просмотр кабинета закончился" in page and whole() == before
    assert looking.get("/accounts", status=303).location == f"/admin/residents/{anna.id}"
    assert "Просмотр кабинета закончился" in looking.get(f"/admin/residents/{anna.id}")
    assert json.loads(Audit.select().order_by(Audit.id.desc()).get().after)["in_time"] is False


def later(monkeypatch: pytest.MonkeyPatch, by: timedelta) -> None:
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + by)


def test_a_form_of_the_look_is_stale_after_it(looking: PageClient, anna: Resident) -> None:
    """A page that stayed open must not send the operator's own what was meant for the resident's portal."""
    token = looking.csrf_token()
    looking.post("/look/end")
    answer = looking.http.post("/profile/devices", data={"csrf_token": token, "which": "all"})
    assert answer.status_code == 400
    assert Session.select().where(Session.ended_at.is_null(False)).count() == 1  # the look's own


def test_the_resident_ends_the_look(looking: PageClient, anna: Resident) -> None:
    own = PageClient(looking.app).sign_in(anna)
    look = Session.get(Session.device.startswith("Смотрел"))
    own.post(f"/profile/devices/{look.id}")
    assert looking.get("/accounts", status=303).location == f"/admin/residents/{anna.id}"


def test_no_cookie_leads_to_a_look(looking: PageClient, anna: Resident) -> None:
    """What the browser holds is the operator's token; the look has one that was told to nobody."""
    tokens = {row.token_hash for row in Session.select().where(Session.resident == anna)}
    cookie = looking.http.get_cookie("abonent")
    assert cookie is not None and tokens and looks.codes.token_hash(cookie.value) not in tokens


def test_the_look_ends_with_the_operators_right(looking: PageClient, olga: Resident, anna: Resident) -> None:
    Operator.delete().where(Operator.resident == olga).execute()
    looking.get("/accounts", status=303)
    assert "Вы смотрите кабинет" not in looking.get("/accounts")


def test_a_resident_who_becomes_an_operator_is_seen_no_more(looking: PageClient, anna: Resident) -> None:
    Operator.create(resident=anna, role="administrator")
    looking.get("/admin/", status=303)
    assert Audit.select().where(Audit.action == "look-end").exists()


def test_a_colleague_is_not_seen(client: PageClient, olga: Resident) -> None:
    client.sign_in(olga)
    begin(client, factories.operator(role="administrator"), status=422)
    assert not Audit.select().exists() and "Закончить" not in client.get("/accounts")


def test_a_blocked_portal_is_not_seen(client: PageClient, olga: Resident) -> None:
    begin(client.sign_in(olga), factories.resident(state="blocked"), status=422)


def test_one_look_at_a_time(looking: PageClient) -> None:
    other = factories.resident()
    looking.post(f"/admin/residents/{other.id}/look", status=403)
    assert not Session.select().where(Session.resident == other).exists()


def test_a_suppliers_clerk_sees_nobodys_portal(client: PageClient, anna: Resident) -> None:
    """The portal of a resident shows the accounts of other suppliers too."""
    supplier: Supplier = factories.link(anna).account.supplier
    client.sign_in(factories.operator(supplier))
    client.get(f"/admin/residents/{anna.id}/look", status=404)
    client.post(f"/admin/residents/{anna.id}/look", status=404)


def test_without_a_look_there_is_nothing_to_end(client: PageClient, olga: Resident) -> None:
    client.sign_in(olga).post("/look/end", status=404)


def test_a_look_is_no_sign_in_of_its_own(looking: PageClient, olga: Resident) -> None:
    """The operator stays signed in: his own session counts on."""
    own = Session.get(Session.resident == olga)
    assert own.look_id is not None and own.ended_at is None
    assert isinstance(own.seen_at, datetime)
