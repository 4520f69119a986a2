"""«Заявка на заключение договора»: the two tabs, the draft that is kept, six documents, what the operator decides."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

import clock
import worker
from models import Application, ApplicationPaper, Audit, Notice, Outbox, Resident, Supplier
from models.erasing import erase_rows
from services import applications, letters, personal_data, texts
from tests import factories, papers
from tests.client import Page, PageClient
from tests.portal import switch
from tests.queries import counted

URL = "/applications"
SIX = [
    "Паспорт подписывающего", "Документ, подтверждающий право пользования зданий, сооружений",
    "Свидетельство о постановке на налоговый учет", "Акт технологического присоединения",
    "Справка о составе семьи", "Договор купли-продажи",
]  # fmt: skip


@pytest.fixture(autouse=True)
def folder(app: Flask, database: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(type(app.extensions["settings"]), "data_dir", property(lambda self: tmp_path))
    texts.seed(clock.now())
    return tmp_path / "documents" / "applications"


@pytest.fixture(autouse=True)
def supplier(database: Flask) -> Supplier:
    return factories.supplier(short_name="Горэнерго")


@pytest.fixture
def anna(client: PageClient) -> Resident:
    who = factories.resident(email="anna@example.org")
    client.sign_in(who)
    return who


@pytest.fixture
def draft(client: PageClient, anna: Resident, supplier: Supplier) -> str:
    """The address of a draft that was begun."""
    given = {"supplier": str(supplier.id), "buyer": "person", "objects": "Дом, ул. Лесная, 5", "go": "next"}
    return client.post(URL, given).location.removesuffix("/documents")


def paper(content: bytes = papers.PDF, name: str = "паспорт.pdf") -> tuple[io.BytesIO, str]:
    return io.BytesIO(content), name


def store(client: PageClient, draft: str, status: int = 303, htmx: bool = False, **fields: object) -> Page:
    return client.post(f"{draft}/documents", fields, status=status, htmx=htmx)


def send(client: PageClient, draft: str) -> Application:
    store(client, draft, passport=paper(), ownership=paper(), go="send")
    return Application.get()


@pytest.mark.parametrize("htmx", [False, True])
def test_objects_then_documents_then_it_is_sent(
    client: PageClient, anna: Resident, supplier: Supplier, folder: Path, htmx: bool
) -> None:
    page = client.get(URL)
    for words in ("Заявка на заключение договора", "Основное", "Тип покупателя", "Список объектов", "Вперед"):
        assert words in page
    given = {"supplier": page.value("supplier"), "buyer": "organisation", "objects": "Склад\nГараж", "go": "next"}
    url = client.post(URL, given, htmx=htmx).location
    page = client.get(url)
    assert all(name in page for name in SIX) and "Загрузить…" in page and "Документы" in page
    assert store(client, url.removesuffix("/documents"), htmx=htmx, passport=paper(), go="").location == url
    page = client.get(url)
    assert "Черновик сохранён" in page and "паспорт.pdf" in page
    done = store(
        client, url.removesuffix("/documents"), htmx=htmx, ownership=paper(papers.with_exif(), "1.jpg"), go="send"
    )
    assert done.location == URL and "Отправлена" in client.get(URL)
    made = Application.get()
    assert (made.state, made.buyer, made.supplier) == ("sent", "organisation", supplier)
    assert {path.name for path in folder.iterdir()} == ApplicationPaper.keys()


def test_a_draft_survives_the_sign_out(client: PageClient, anna: Resident, draft: str) -> None:
    store(client, draft, passport=paper(), go="")
    client.post("/sign-out")
    client.get(URL, status=303)
    client.sign_in(anna)
    page = client.get(URL)
    assert "Черновик от" in page and "Дом, ул. Лесная, 5" in page.text
    assert "паспорт.pdf" in client.get(f"{draft}/documents")


def test_one_has_one_draft(client: PageClient, anna: Resident, supplier: Supplier, draft: str) -> None:
    given = {"supplier": str(supplier.id), "buyer": "organisation", "objects": "Склад"}
    assert client.post(URL, given).location == draft
    assert (Application.get().objects, Application.select().count()) == ("Склад", 1)


def test_an_unfinished_draft_is_kept_and_the_next_step_asks_for_the_objects(
    client: PageClient, anna: Resident, supplier: Supplier
) -> None:
    given = {"supplier": str(supplier.id), "buyer": "person", "objects": ""}
    assert "Перечислите объекты" in client.post(URL, {**given, "go": "next"}, status=422)
    url = client.post(URL, given).location
    assert "Черновик сохранён" in client.get(url)
    assert "Перечислите объекты" in client.post(url, {**given, "go": "next"}, status=422)
    page = store(client, url, status=422, passport=paper(), ownership=paper(), go="send")
    assert "Перечислите объекты" in page and Application.get().state == "draft"


@pytest.mark.parametrize("htmx", [False, True])
def test_mistakes_are_named_and_nothing_typed_is_lost(
    client: PageClient, anna: Resident, supplier: Supplier, htmx: bool
) -> None:
    text = "я" * 100_000
    given = {"supplier": str(supplier.id), "buyer": "", "objects": text}
    page = client.post(URL, given, status=422, htmx=htmx)
    assert "Тип покупателя: Заполните поле" in page and text in page.text
    page = client.post(URL, {**given, "buyer": "person"}, status=422, htmx=htmx)
    assert "Сейчас 100 000 знаков, а поместится 4 000" in page and text in page.text
    assert not Application.select().exists() and ("<html" not in page.text) == htmx


def test_sending_without_what_is_needed_names_the_documents(client: PageClient, draft: str) -> None:
    page = store(client, draft, status=422, passport=paper(), go="send")
    assert "Загрузите этот документ" in page and "паспорт.pdf" in page, "what came is kept"
    store(client, draft, ownership=paper(), go="send")
    assert Application.get().state == "sent"


@pytest.mark.parametrize("htmx", [False, True])
@pytest.mark.parametrize(
    ("content", "name", "says"),
    [
        (papers.EXE, "паспорт.pdf", "JPEG, PNG или PDF"),
        (papers.SVG, "a.png", "JPEG, PNG или PDF"),
        (papers.archive(), "a.pdf", "JPEG, PNG или PDF"),
        (papers.bomb(), "a.png", "мегапикселей"),
        (papers.PDF + bytes(50 * 1024 * 1024), "a.pdf", "больше 10 МБ"),
    ],
    ids=["exe", "svg", "zip bomb", "picture bomb", "50 MB"],
)
def test_what_is_no_document_is_answered_at_its_field_and_the_others_are_kept(
    client: PageClient, draft: str, content: bytes, name: str, says: str, htmx: bool
) -> None:
    page = store(client, draft, status=422, htmx=htmx, tax=paper(content, name), passport=paper(), go="")
    assert says in page and 'id="tax-wrong"' in page.text
    assert [row.document for row in ApplicationPaper.select()] == ["passport"]


def test_a_document_is_replaced_and_taken_back(client: PageClient, draft: str, folder: Path) -> None:
    store(client, draft, passport=paper(), go="")
    store(client, draft, passport=paper(name="../../новый\u202e.pdf"), go="")
    assert [str(row.name) for row in ApplicationPaper.select()] == ["новый_.pdf"]
    store(client, draft, remove="passport")
    assert not ApplicationPaper.select().exists()
    applications.sweep(folder, clock.now() + timedelta(hours=2))
    assert not list(folder.iterdir())


@pytest.mark.parametrize("document", applications.DOCUMENTS)
def test_every_document_has_a_blank_to_download(client: PageClient, anna: Resident, document: str) -> None:
    page = client.get(f"{URL}/blanks/{document}.pdf")
    assert page.data.startswith(b"%PDF-")
    assert page.response.headers["Content-Disposition"].startswith("attachment")


def test_the_operator_may_replace_a_blank(client: PageClient, anna: Resident) -> None:
    from models import Text

    before = client.get(f"{URL}/blanks/passport.pdf").data
    Text.publish("blank-passport", 2, "Бланк поставщика", "Подпись", clock.now())
    assert client.get(f"{URL}/blanks/passport.pdf").data != before
    client.get(f"{URL}/blanks/other.pdf", status=404)


def test_a_paper_is_a_download_of_its_resident_alone(client: PageClient, draft: str) -> None:
    store(client, draft, passport=paper(papers.with_exif(), "1.jpg"), go="")
    url = f"{URL}/papers/{ApplicationPaper.get().id}"
    headers = client.get(url).response.headers
    assert headers["Content-Disposition"].startswith("attachment") and headers["X-Content-Type-Options"] == "nosniff"
    client.sign_in(factories.resident())
    client.get(url, status=404)
    for page in ("", "/documents"):
        client.get(f"{draft}{page}", status=404)
        client.post(f"{draft}{page}", {"go": "send"}, status=404)
    client.post(f"{draft}/removal", status=404)


def test_a_draft_can_be_thrown_away(client: PageClient, draft: str) -> None:
    store(client, draft, passport=paper(), go="")
    client.post(f"{draft}/removal")
    assert not Application.select().exists() and not ApplicationPaper.select().exists()


def test_what_was_sent_is_changed_no_more(client: PageClient, draft: str, supplier: Supplier) -> None:
    send(client, draft)
    page = client.get(draft)
    assert "Дом, ул. Лесная, 5" in page and "<textarea" not in page.text
    assert 'type="file"' not in client.get(f"{draft}/documents").text
    given = {"supplier": str(supplier.id), "buyer": "person", "objects": "x"}
    client.post(draft, given, status=422)
    for fields in ({"go": ""}, {"go": "send"}, {"remove": "passport"}, {"passport": paper()}):
        assert "Заявка уже отправлена" in store(client, draft, status=422, **fields)
    assert "уже отправлена" in client.get(client.post(f"{draft}/removal").location)
    assert Application.get().objects == "Дом, ул. Лесная, 5" and ApplicationPaper.select().count() == 2


def test_a_supplier_that_takes_none_is_not_offered(client: PageClient, anna: Resident, supplier: Supplier) -> None:
    factories.setting(supplier, "takes_applications", False)
    assert "не принимают заявки" in client.get(URL)
    given = {"supplier": str(supplier.id), "buyer": "person", "objects": "Дом"}
    client.post(URL, given, status=422)
    assert not Application.select().exists()


def test_the_words_are_portal_as(
    app: Flask, client: PageClient, anna: Resident, draft: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    factories.link(anna)
    switch(app, monkeypatch, "metallenergo")
    page = client.get(URL)
    for words in (
        "Заявка на заключение договора",
        "Тип покупателя",
        "Физ. лицо",
        "Список объектов для электроснабжения",
    ):
        assert words in page
    assert "Вперед" in page and "Сохранить" in page and URL in page.tree.links
    page = client.get(f"{draft}/documents")
    for words in ("Основное", "Документы", "Загрузить…", "Назад", "Сохранить"):
        assert words in page


# --- the console ---


@pytest.fixture
def sent(client: PageClient, draft: str) -> Application:
    return send(client, draft)


@pytest.fixture
def clerk(client: PageClient, sent: Application) -> PageClient:
    return client.sign_in(factories.operator(email="olga@example.org"))


def decide(client: PageClient, row: Application, state: str, reason: str = "", status: int = 303) -> Page:
    return client.post(f"/admin/applications/{row.id}", {"state": state, "reason": reason}, status=status)


def test_the_queue_and_the_application_show_all_that_was_sent(clerk: PageClient, sent: Application) -> None:
    page = clerk.get("/admin/applications")
    assert f"№ {sent.id}" in page and "Соколова Анна" in page and "Отправлена" in page
    assert "Люди 1 ждут" in clerk.get("/admin/").words
    page = clerk.get(f"/admin/applications/{sent.id}")
    for words in ("Дом, ул. Лесная, 5", "Физ. лицо", "паспорт.pdf", "anna@example.org", *SIX):
        assert words in page
    file = clerk.get(f"/admin/applications/papers/{ApplicationPaper.get().id}")
    assert file.data == papers.PDF and Audit.get().action == "application-document-opened"


@pytest.mark.parametrize(("state", "words"), [("accepted", "Принята"), ("refused", "Отказано")])
def test_a_decision_is_told_by_page_bell_and_letter(
    app: Flask, clerk: PageClient, sent: Application, anna: Resident, state: str, words: str
) -> None:
    decide(clerk, sent, "working")
    assert not Notice.select().exists()
    decide(clerk, sent, state, "Приходите в офис")
    assert "решения не ждёт" in decide(clerk, sent, state, "Ещё раз", status=422)
    letter = letters.compose(Outbox.get(), worker.desk_of(app.extensions["settings"]), clock.now())
    assert letter is not None and words.lower() in letter.subject and "Приходите в офис" in letter.body
    assert [row.action for row in Audit.select().order_by(Audit.id)] == [
        "application-working",
        f"application-{state}",
    ]
    clerk.sign_in(anna)
    page = clerk.get(URL)
    assert words in page and "Приходите в офис" in page


def test_what_is_given_back_is_mended_and_sent_again(
    clerk: PageClient, sent: Application, draft: str, anna: Resident
) -> None:
    assert "Напишите причину" in decide(clerk, sent, "returned", status=422)
    decide(clerk, sent, "returned", "Паспорт не читается")
    clerk.sign_in(anna)
    page = clerk.get(f"{draft}/documents")
    assert "Нужно исправить" in page and "Паспорт не читается" in page
    store(clerk, draft, passport=paper(name="чёткий.pdf"), go="send")
    assert Application.get().state == "sent"


def test_nobody_decides_a_draft_nor_invents_a_state(clerk: PageClient, sent: Application, anna: Resident) -> None:
    assert "решения не ждёт" in decide(clerk, sent, "draft", status=422)
    other = factories.application(anna)
    clerk.get(f"/admin/applications/{other.id}", status=404)
    decide(clerk, other, "accepted", status=404)


def test_another_suppliers_clerk_sees_nothing_of_it(client: PageClient, sent: Application) -> None:
    client.sign_in(factories.operator(factories.supplier()))
    assert "Соколова" not in client.get("/admin/applications") and "ждут" not in client.get("/admin/").words
    client.get(f"/admin/applications/{sent.id}", status=404)
    client.get(f"/admin/applications/papers/{ApplicationPaper.get().id}", status=404)
    decide(client, sent, "accepted", status=404)
    client.sign_in(factories.operator(sent.supplier))
    decide(client, sent, "accepted")


def test_lists_ask_the_same_for_many(clerk: PageClient, sent: Application, anna: Resident) -> None:
    def asked() -> int:
        with counted() as seen:
            clerk.get("/admin/applications")
        return len(seen)

    few = asked()
    for _ in range(20):
        factories.application(factories.resident(), state="sent", sent_at=factories.NOW)
    assert asked() == few


def test_documents_go_a_month_after_the_decision_and_drafts_after_half_a_year(
    clerk: PageClient, sent: Application, folder: Path, anna: Resident
) -> None:
    applications.sweep(folder, clock.now() + timedelta(days=400))
    assert len(ApplicationPaper.keys()) == 2, "what waits keeps everything"
    decide(clerk, sent, "accepted")
    draft = factories.application(anna)
    applications.sweep(folder, clock.now() + timedelta(days=31))
    assert not list(folder.iterdir()) and Application.select().count() == 2
    applications.sweep(folder, draft.changed_at + timedelta(days=181))
    assert [row.id for row in Application.select()] == [sent.id]


def test_one_who_leaves_takes_what_he_wrote_along(sent: Application, anna: Resident, folder: Path) -> None:
    factories.application(anna)
    other = factories.application(factories.resident())
    erase_rows(anna)
    rows = {row.id: (row.state, row.objects) for row in Application.select()}
    assert rows == {sent.id: ("refused", ""), other.id: ("draft", "Дом")} and not ApplicationPaper.keys()


def test_the_download_of_own_data_has_the_applications(sent: Application, anna: Resident) -> None:
    factories.application(factories.resident(), objects="Чужое")
    [own] = personal_data.of(anna, factories.NOW, factories.NOW.tzinfo)["Заявки на договор"]
    assert (own["Список объектов"], own["Состояние"]) == ("Дом, ул. Лесная, 5", "отправлена")
    assert own["Документы"]["Паспорт подписывающего"] == "паспорт.pdf"


def test_after_a_decision_the_next_application_is_shown(clerk: PageClient, sent: Application) -> None:
    later = factories.application(factories.resident(), state="sent", sent_at=factories.NOW)
    own = f"/admin/applications/{sent.id}"
    assert decide(clerk, sent, "working").location == own, "what is worked on stays open"
    assert decide(clerk, sent, "accepted").location == f"/admin/applications/{later.id}"
    assert decide(clerk, later, "accepted").location == "/admin/applications"
