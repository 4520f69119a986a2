"""Answers kept ready: who may change them, two clerks at one, and what an answer makes of them."""

from __future__ import annotations

import json

import pytest
from flask import Flask

from models import AnswerTemplate, Appeal, AppealMessage, Audit, Resident, Supplier
from tests import factories as make
from tests.client import Page, PageClient
from tests.queries import counted

pytestmark = pytest.mark.usefixtures("november")
TEXT = "Здравствуйте, {имя}!\nОбращение № {номер} от {дата}, счёт {счёт}: мастер придёт. {поставщик}, {телефон}"


@pytest.fixture
def vodokanal(database: Flask) -> Supplier:
    return make.supplier(short_name="Водоканал", phone="8 800 555-00-00")


@pytest.fixture
def olga(database: Flask) -> Resident:
    return make.operator(email="olga@example.org")


@pytest.fixture
def clerk(client: PageClient, olga: Resident) -> PageClient:
    return client.sign_in(olga)


@pytest.fixture
def appeal(vodokanal: Supplier) -> Appeal:
    account = make.account(vodokanal, number="0010")
    return make.appeal(make.resident(patronymic="Викторовна"), supplier=vodokanal, account=account)


def kept(of: Supplier | None, title: str = "Мастер", text: str = TEXT) -> AnswerTemplate:
    return AnswerTemplate.create(supplier=of, title=title, text=text, changed_at=make.NOW)


def save(client: PageClient, url: str, status: int = 303, **fields: object) -> Page:
    given = {"supplier": "", "title": "Мастер", "text": "Придёт мастер.", "seen": make.NOW.isoformat(), **fields}
    return client.post(url, given, status=status)


def insert(client: PageClient, appeal: Appeal, template: AnswerTemplate, text: str = "") -> Page:
    fields = {"template": template.id, "insert": "yes", "text": text, "once": "k"}
    return client.post(f"/admin/appeals/{appeal.id}", fields, status=200)


def notes() -> list[tuple[str, object]]:
    return [(str(row.action), json.loads(row.after)) for row in Audit.select().order_by(Audit.id)]


def test_a_template_is_added_changed_and_removed(clerk: PageClient, vodokanal: Supplier) -> None:
    assert "Заготовок пока нет" in clerk.get("/admin/templates")
    page = save(clerk, "/admin/templates/new", supplier=vodokanal.id)
    assert "«Мастер» сохранена" in clerk.get(page.location)
    row = AnswerTemplate.get()
    url = f"/admin/templates/{row.id}"
    shown = clerk.get(url)
    assert "Водоканал" in shown and "Придёт мастер." in shown.text and "{счёт}" in shown
    save(clerk, url, title="Мастер придёт", seen=shown.value("seen"))
    assert AnswerTemplate.get().title == "Мастер придёт"
    for _ in range(2):
        clerk.post(f"{url}/removal", status=303 if AnswerTemplate.select().count() else 404)
    assert [action for action, _ in notes()] == ["template-added", "template-changed", "template-removed"]
    assert notes()[0][1] == {"supplier": vodokanal.id, "title": "Мастер"}


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"title": " "}, "Заполните поле"),
        ({"text": " "}, "Заполните поле"),
        ({"title": "я" * 101}, "Не больше 100 знаков"),
        ({"text": "{Счёт} и {кто}"}, "Такой вставки нет: {Счёт}, {кто}"),
        ({"text": "я" * 4001}, "поместится 4 000"),
    ],
)
def test_a_mistake_is_said_and_what_was_typed_stays(
    clerk: PageClient, vodokanal: Supplier, fields: dict[str, str], sentence: str
) -> None:
    page = save(clerk, "/admin/templates/new", status=422, **fields)
    assert sentence in page and AnswerTemplate.select().count() == 0
    typed = next(iter(fields.values())).strip()
    assert typed in page.text


def test_two_templates_of_a_supplier_have_two_titles(clerk: PageClient, vodokanal: Supplier) -> None:
    kept(vodokanal), kept(None, "Общая")
    assert "уже есть" in save(clerk, "/admin/templates/new", status=422, supplier=vodokanal.id)
    assert "уже есть" in save(clerk, "/admin/templates/new", status=422, title="Общая")
    save(clerk, "/admin/templates/new")  # the title is another supplier's: of all it is free


@pytest.mark.parametrize("seen", ["2020-01-01T00:00:00+00:00", "2020-01-01", "никогда", ""])
def test_another_clerks_change_is_not_lost(clerk: PageClient, vodokanal: Supplier, seen: str) -> None:
    row = kept(None)
    page = save(clerk, f"/admin/templates/{row.id}", status=422, seen=seen, text="Мой текст")
    assert "изменили в другом окне" in page and "Мой текст" in page.text
    assert AnswerTemplate.get().text == TEXT and not notes()
    save(clerk, f"/admin/templates/{row.id}", seen=page.value("seen"), text="Мой текст")
    assert AnswerTemplate.get().text == "Мой текст"


def test_a_suppliers_clerk_uses_those_of_all_and_changes_his_own(client: PageClient, vodokanal: Supplier) -> None:
    own, common, other = kept(vodokanal, "Наша"), kept(None, "Общая"), kept(make.supplier(), "Чужая")
    client.sign_in(make.operator(vodokanal))
    page = client.get("/admin/templates")
    assert "Наша" in page and "Общая" in page and "Чужая" not in page
    assert f"/admin/templates/{own.id}" in page.tree.links and f"/admin/templates/{common.id}" not in page.tree.links
    for row in (common, other):
        client.get(f"/admin/templates/{row.id}", status=404)
        save(client, f"/admin/templates/{row.id}", status=404)
        client.post(f"/admin/templates/{row.id}/removal", status=404)
    for strange in ("", other.supplier_id):
        save(client, "/admin/templates/new", status=404, supplier=strange)
    save(client, f"/admin/templates/{own.id}")
    assert AnswerTemplate.select().count() == 3


def test_residents_know_no_templates(client: PageClient, vodokanal: Supplier) -> None:
    row = kept(None)
    client.sign_in(make.resident())
    for url in ("/admin/templates", "/admin/templates/new", f"/admin/templates/{row.id}"):
        client.get(url, status=404)


def test_inserting_fills_the_places_and_keeps_what_was_typed(clerk: PageClient, appeal: Appeal) -> None:
    row = kept(appeal.supplier)
    page = insert(clerk, appeal, row, "Добрый день.")
    assert "Добрый день.\n\nЗдравствуйте, Анна Викторовна!\n" in page.text
    assert f"Обращение № {appeal.id} от 20.11.2026, счёт 0010: мастер придёт. Водоканал, 8 800 555-00-00" in page
    assert AppealMessage.select().count() == 1, "nothing has been sent"


def test_a_place_that_nothing_fills_stays_and_is_not_sent(clerk: PageClient, vodokanal: Supplier) -> None:
    appeal = make.appeal(make.resident(), supplier=vodokanal)
    page = insert(clerk, appeal, kept(vodokanal))
    assert "счёт {счёт}: мастер" in page
    text = {"text": "Ваш счёт {счёт}", "once": "k"}
    page = clerk.post(f"/admin/appeals/{appeal.id}", text, status=422)
    assert "осталась вставка {счёт}" in page and "Ваш счёт {счёт}" in page.text
    clerk.post(f"/admin/appeals/{appeal.id}", {"text": "Скобки {без смысла} наши", "once": "k"})
    assert AppealMessage.select().count() == 2


def test_another_suppliers_template_cannot_be_inserted(clerk: PageClient, appeal: Appeal) -> None:
    row = kept(make.supplier(), text="Чужие слова")
    assert "Мастер" not in clerk.get(f"/admin/appeals/{appeal.id}")
    assert "Чужие слова" not in insert(clerk, appeal, row).text


def test_one_template_or_twenty_cost_the_same_queries(clerk: PageClient, vodokanal: Supplier) -> None:
    kept(vodokanal, "0")
    clerk.get("/admin/templates")
    with counted() as few:
        clerk.get("/admin/templates")
    for number in range(1, 20):
        kept(make.supplier(), str(number))
    with counted() as many:
        clerk.get("/admin/templates")
    assert len(few) == len(many) <= 8
