"""The console's appeals: the desk by age, the thread, answering, closing, writing first, whose they are."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

import clock
from models import Account, Appeal, AppealFile, AppealMessage, Audit, Notice, Outbox, Resident
from services import appeals
from tests import factories, papers
from tests.client import Page, PageClient
from tests.queries import counted
from tests.test_appeals_views import ticks


@pytest.fixture(autouse=True)
def folder(app: Flask, database: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(type(app.extensions["settings"]), "data_dir", property(lambda self: tmp_path))
    return tmp_path / "documents" / "appeals"


@pytest.fixture
def anna(database: Flask) -> Resident:
    return factories.resident(email="anna@example.org", phone="+79120000000")


@pytest.fixture
def account(anna: Resident) -> Account:
    account = factories.account(number="0010")
    factories.link(anna, account)
    return account


@pytest.fixture
def appeal(anna: Resident, account: Account) -> Appeal:
    return factories.appeal(
        anna, "Нет <воды>", supplier=account.supplier, account=account, subject="Вода", other_contact="сосед"
    )


@pytest.fixture
def olga(database: Flask) -> Resident:
    return factories.operator(name="Ольга", surname="Смирнова", email="olga@example.org")


@pytest.fixture
def clerk(client: PageClient, olga: Resident) -> PageClient:
    return client.sign_in(olga)


def answer(client: PageClient, appeal: Appeal, status: int = 303, htmx: bool = False, **fields: object) -> Page:
    given = {"text": "Приедет мастер", "once": "k", **fields}
    return client.post(f"/admin/appeals/{appeal.id}", given, status=status, htmx=htmx)


def actions() -> list[str]:
    return [str(row.action) for row in Audit.select().order_by(Audit.id)]


def test_the_desk_shows_who_waits_longest_first(clerk: PageClient, anna: Resident, appeal: Appeal) -> None:
    late = factories.appeal(anna, subject="Старое", waits_since=clock.now() - timedelta(days=11))
    done = factories.appeal(anna, subject="Отвеченное", waits_since=None, state="answered")
    factories.appeal(anna, subject="Закрытое", waits_since=None, state="closed", closed_at=factories.NOW)
    page = clerk.get("/admin/appeals")
    places = [page.words.index(f"№ {row.id} ") for row in (late, appeal, done)]
    assert places == sorted(places) and "11 дней" in page and "Закрытое" not in page
    assert "Обращения 2 ждут" in clerk.get("/admin/").words


def test_the_desk_is_filtered_by_state_and_supplier(clerk: PageClient, anna: Resident, appeal: Appeal) -> None:
    other = factories.appeal(anna, subject="Другому поставщику")
    closed = factories.appeal(anna, subject="Закрытое", waits_since=None, state="closed")
    page = clerk.get(f"/admin/appeals?supplier={other.supplier_id}")
    assert "Другому поставщику" in page and "Вода" not in page
    page = clerk.get("/admin/appeals?state=closed")
    assert f"№ {closed.id}" in page and "Вода" not in page
    assert "Здесь пусто" in clerk.get("/admin/appeals?state=working")


def test_a_thread_shows_who_wrote_what_and_how_to_reach_him(clerk: PageClient, appeal: Appeal) -> None:
    page = clerk.get(f"/admin/appeals/{appeal.id}")
    for words in (
        "Соколова Анна",
        "anna@example.org",
        "+7\N{NO-BREAK SPACE}(912)\N{NO-BREAK SPACE}000-00-00",
        "сосед",
        "Нет <воды>",
        "№ 0010",
        "Новое",
    ):
        assert words in page


@pytest.mark.parametrize("htmx", [False, True])
def test_an_answer_reaches_the_resident_by_page_bell_and_letter(
    clerk: PageClient, appeal: Appeal, anna: Resident, htmx: bool
) -> None:
    page = answer(clerk, appeal, htmx=htmx, files=[(io.BytesIO(papers.PDF), "акт.pdf")])
    assert page.location == "/admin/appeals" and "отправлен" in clerk.get(page.location)
    assert "Приедет мастер" in clerk.get(f"/admin/appeals/{appeal.id}")
    assert Notice.get().link_url == f"/appeals/{appeal.id}" and Outbox.get().kind == "appeal-answered"
    assert actions() == ["appeal-answered"]
    clerk.sign_in(anna)
    page = clerk.get(f"/appeals/{appeal.id}")
    assert "Приедет мастер" in page and "акт.pdf" in page and "Смирнова" not in page


def test_an_empty_answer_is_refused_and_its_files_stay(clerk: PageClient, appeal: Appeal) -> None:
    page = answer(clerk, appeal, status=422, text=" ", files=[(io.BytesIO(papers.PDF), "акт.pdf")])
    assert "Заполните поле" in page and len(ticks(page)) == 1
    answer(clerk, appeal, enclosed=ticks(page))
    assert AppealFile.get().name == "акт.pdf"


def test_an_answer_that_was_sent_twice_is_one(clerk: PageClient, appeal: Appeal) -> None:
    for _ in range(2):
        answer(clerk, appeal)
    assert AppealMessage.select().count() == 2


def test_taking_and_closing_are_logged_and_shown_to_the_resident(
    clerk: PageClient, appeal: Appeal, anna: Resident
) -> None:
    url = f"/admin/appeals/{appeal.id}"
    assert "взято в работу" in clerk.get(clerk.post(f"{url}/taking").location)
    assert "В работе у Смирнова Ольга" in clerk.get(url) and "Взять себе" not in clerk.get(url)
    assert "закрыто" in clerk.get(clerk.post(f"{url}/closing").location)
    assert "уже закрыто" in clerk.get(clerk.post(f"{url}/closing").location)
    assert "Отправить ответ" not in clerk.get(url)
    page = answer(clerk, appeal, status=422)
    assert "уже закрыто" in page and "Приедет мастер" in page.text
    assert actions() == ["appeal-taken", "appeal-closed"]
    clerk.sign_in(anna)
    assert "Закрыто" in clerk.get(f"/appeals/{appeal.id}")


def test_a_file_is_opened_and_the_look_is_logged(clerk: PageClient, appeal: Appeal, folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "key").write_bytes(papers.PDF)
    file = AppealFile.create(
        message=appeal.messages.get(), file_key="key", name="акт.pdf", kind="application/pdf", size=1
    )
    page = clerk.get(f"/admin/appeals/files/{file.id}")
    assert page.data == papers.PDF and page.response.headers["Content-Disposition"].startswith("attachment")
    assert actions() == ["appeal-file-opened"]
    (folder / "key").unlink()
    assert "Этого файла больше нет" in clerk.get(clerk.get(f"/admin/appeals/files/{file.id}", status=303).location)


def first(client: PageClient, status: int = 303, **fields: object) -> Page:
    given = {"number": "0010", "subject": "Поверка", "text": "Пора поверить счётчик", "once": "k", **fields}
    return client.post("/admin/appeals/new", given, status=status)


def test_a_clerk_finds_one_resident_by_the_account_and_writes_first(
    clerk: PageClient, account: Account, anna: Resident
) -> None:
    supplier = str(account.supplier_id)
    page = first(clerk, status=200, supplier=supplier, refresh="holder")
    assert "Соколова Анна, anna@example.org" in page and "Пора поверить" in page.text
    link = account.links.get()
    assert "Выберите, кому написать" in first(clerk, status=422, supplier=supplier)
    made = [first(clerk, supplier=supplier, holder=str(link.id)).location for _ in range(2)]
    assert len(set(made)) == 1 and actions() == ["appeal-written"]
    clerk.sign_in(anna)
    page = clerk.get("/appeals/received")
    assert "Поверка" in page and "новое" in page and "Поверка" not in clerk.get("/appeals")
    assert "Пора поверить счётчик" in clerk.get(f"/appeals/{Appeal.get().id}")


def test_writing_first_to_nobody_says_so(clerk: PageClient, account: Account) -> None:
    supplier = str(account.supplier_id)
    assert "кабинета с ним нет" in first(clerk, status=422, supplier=supplier, number="777")
    Resident.update(state="blocked").where(Resident.email == "anna@example.org").execute()
    assert "кабинета с ним нет" in first(clerk, status=200, supplier=supplier, refresh="holder")
    assert "О чём: Заполните поле" in first(clerk, status=422, supplier=supplier, subject="")
    assert not Appeal.select().exists()


def test_another_suppliers_clerk_sees_nothing_of_it(client: PageClient, appeal: Appeal, account: Account) -> None:
    file = AppealFile.create(message=appeal.messages.get(), file_key="", name="a", kind="application/pdf", size=1)
    client.sign_in(factories.operator(factories.supplier()))
    assert "Вода" not in client.get("/admin/appeals") and "ждёт ответа" not in client.get("/admin/")
    client.get(f"/admin/appeals/{appeal.id}", status=404)
    client.get(f"/admin/appeals/files/{file.id}", status=404)
    for url in ("", "/taking", "/closing"):
        client.post(f"/admin/appeals/{appeal.id}{url}", {"text": "x"}, status=404)
    page = first(client, status=422, supplier=str(account.supplier_id), holder=str(account.links.get().id))
    assert "Соколова" not in page and Appeal.select().count() == 1


def test_a_suppliers_own_clerk_answers(client: PageClient, appeal: Appeal, account: Account) -> None:
    client.sign_in(factories.operator(account.supplier))
    answer(client, appeal)
    assert Appeal.get().state == "answered"


def test_an_erased_residents_appeal_says_so(clerk: PageClient, appeal: Appeal, anna: Resident) -> None:
    from models.erasing import erase_rows

    erase_rows(anna)
    Resident.erase(anna)
    page = clerk.get(f"/admin/appeals/{appeal.id}")
    assert "переписка стёрта" in page and "сосед" not in page


def test_the_desk_asks_the_same_for_many(clerk: PageClient, anna: Resident, appeal: Appeal) -> None:
    def asked(url: str) -> int:
        with counted() as seen:
            clerk.get(url)
        return len(seen)

    urls = ("/admin/appeals", f"/admin/appeals/{appeal.id}")
    few = [asked(url) for url in urls]
    for n in range(20):
        factories.appeal(anna, taken_by=factories.operator())
        AppealMessage.create(appeal=appeal, author=factories.resident(), text="x", at=factories.NOW, once=f"x{n}")
    assert [asked(url) for url in urls] == few


def test_closing_alone_writes_to_nobody(appeal: Appeal) -> None:
    appeals.close(appeal, factories.operator(), clock.now())
    assert not Outbox.select().exists()


def test_after_an_answer_the_next_who_waits_is_shown(
    clerk: PageClient, anna: Resident, olga: Resident, appeal: Appeal
) -> None:
    late = factories.appeal(anna, waits_since=clock.now() - timedelta(days=11))
    factories.appeal(anna, waits_since=clock.now() - timedelta(days=12), taken_by=factories.operator())
    mine = factories.appeal(anna, waits_since=clock.now() - timedelta(days=5), taken_by=olga)
    assert answer(clerk, appeal).location == f"/admin/appeals/{late.id}"
    assert answer(clerk, late, once="k2").location == f"/admin/appeals/{mine.id}"
    assert clerk.post(f"/admin/appeals/{mine.id}/closing").location == "/admin/appeals"


def test_an_answer_may_close_at_once(clerk: PageClient, appeal: Appeal) -> None:
    answer(clerk, appeal, then="close")
    assert Appeal.get().state == "closed" and actions() == ["appeal-answered", "appeal-closed"]


def test_the_second_of_two_clerks_is_told_who_answered_and_keeps_his_text(
    clerk: PageClient, app: Flask, appeal: Appeal
) -> None:
    seen = clerk.get(f"/admin/appeals/{appeal.id}").value("seen")
    other = PageClient(app).sign_in(factories.operator(name="Вера", surname="Орлова"))
    answer(other, appeal, text="Уже едем", once="other")
    page = answer(clerk, appeal, status=422, text="Мой ответ", seen=seen)
    assert "ответил другой оператор: Орлова Вера" in page and "Мой ответ" in page.text and "Уже едем" in page
    assert AppealMessage.select().count() == 2
    answer(clerk, appeal, text="Мой ответ", seen=page.value("seen"))
    assert AppealMessage.select().count() == 3


def test_what_the_resident_added_meanwhile_is_to_be_read_first(
    clerk: PageClient, app: Flask, appeal: Appeal, anna: Resident
) -> None:
    seen = clerk.get(f"/admin/appeals/{appeal.id}").value("seen")
    PageClient(app).sign_in(anna).post(f"/appeals/{appeal.id}", {"text": "И ещё", "once": "more"})
    page = answer(clerk, appeal, status=422, seen=seen)
    assert "житель добавил сообщение" in page and "И ещё" in page


def test_an_appeal_is_handed_to_another_who_is_told(clerk: PageClient, appeal: Appeal, olga: Resident) -> None:
    vera = factories.operator(appeal.supplier, name="Вера", surname="Орлова")
    url = f"/admin/appeals/{appeal.id}"
    assert "Орлова Вера" in clerk.get(url)
    page = clerk.post(f"{url}/assignment", {"to": vera.id, "taken_by": ""})
    assert "передано: Орлова Вера" in clerk.get(page.location)
    assert (Appeal.get().taken_by, Appeal.get().state) == (vera, "working")
    assert Notice.get().link_url == url and Notice.get().receipts.get().resident == vera
    note = Audit.get()
    assert note.action == "appeal-assigned" and f'"taken_by": {vera.id}' in note.after
    clerk.post(f"{url}/assignment", {"to": "", "taken_by": vera.id})
    assert (Appeal.get().taken_by, Appeal.get().state) == (None, "new")


def test_a_stale_page_hands_nothing_over(clerk: PageClient, appeal: Appeal) -> None:
    vera = factories.operator(appeal.supplier, name="Вера", surname="Орлова")
    Appeal.update(taken_by=vera).execute()
    page = clerk.post(f"/admin/appeals/{appeal.id}/assignment", {"to": "", "taken_by": ""})
    assert "уже в работе у другого оператора: Орлова Вера" in clerk.get(page.location)
    assert Appeal.get().taken_by == vera and not actions()


def test_only_who_works_for_the_supplier_can_be_chosen(clerk: PageClient, appeal: Appeal, anna: Resident) -> None:
    stranger = factories.operator(factories.supplier(), name="Вера", surname="Орлова")
    assert "Орлова" not in clerk.get(f"/admin/appeals/{appeal.id}")
    for who in (stranger, anna):
        page = clerk.post(f"/admin/appeals/{appeal.id}/assignment", {"to": who.id, "taken_by": ""})
        assert "не работает с поставщиком" in clerk.get(page.location)
    assert Appeal.get().taken_by is None


def test_a_closed_appeal_is_handed_to_nobody(clerk: PageClient, appeal: Appeal, olga: Resident) -> None:
    Appeal.update(state="closed").execute()
    page = clerk.post(f"/admin/appeals/{appeal.id}/assignment", {"to": olga.id, "taken_by": ""})
    assert "уже закрыто" in clerk.get(page.location)


def test_another_suppliers_clerk_hands_nothing_over(client: PageClient, appeal: Appeal) -> None:
    clerk = factories.operator(factories.supplier())
    client.sign_in(clerk).post(f"/admin/appeals/{appeal.id}/assignment", {"to": clerk.id, "taken_by": ""}, status=404)
