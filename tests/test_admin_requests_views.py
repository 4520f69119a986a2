"""The console's requests: the queue, the document, the decision, whose they are."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from models import Account, Audit, Link, LinkRequest, Outbox, Resident
from services import attachments
from tests import factories, papers
from tests.client import Page, PageClient
from tests.queries import counted


@pytest.fixture(autouse=True)
def folder(app: Flask, database: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(type(app.extensions["settings"]), "data_dir", property(lambda self: tmp_path))
    return tmp_path / "documents" / "requests"


@pytest.fixture
def anna(database: Flask) -> Resident:
    return factories.resident(email="anna@example.org", phone="+79120000000")


@pytest.fixture
def account(database: Flask) -> Account:
    return factories.account(number="0010", surname="Орлов", name="Олег", patronymic="Ильич")


@pytest.fixture
def asked(anna: Resident, account: Account) -> LinkRequest:
    return factories.request(anna, supplier=account.supplier, number="0010", comment="Счёт <мамы>")


@pytest.fixture
def clerk(client: PageClient) -> PageClient:
    return client.sign_in(factories.operator(name="Ольга", surname="Смирнова"))


def approve(
    client: PageClient, asked: LinkRequest, account: Account | None, status: int = 303, **fields: str
) -> Page:
    given = {"supplier": str(asked.supplier_id or ""), "number": asked.number, **fields}
    shown = {"account": str(account.id)} if account else {}
    return client.post(f"/admin/requests/{asked.id}/approval", {**given, **shown}, status=status)


def refuse(client: PageClient, asked: LinkRequest, reason: str = "Документ не читается", status: int = 303) -> Page:
    return client.post(f"/admin/requests/{asked.id}/refusal", {"reason": reason}, status=status)


def test_the_queue_shows_what_waits_oldest_first(clerk: PageClient, asked: LinkRequest) -> None:
    newer = factories.request(full_name="Вера Орлова")
    done = factories.request(full_name="Старая", state="refused")
    page = clerk.get("/admin/requests")
    places = [page.words.index(f"№ {row.id} ") for row in (asked, newer, done)]
    assert places == sorted(places) and "Ждут решения" in page and "Отказано" in page
    assert "Люди 2 ждут" in clerk.get("/admin/").words


def test_an_empty_queue_says_so(clerk: PageClient) -> None:
    assert "Все заявки рассмотрены" in clerk.get("/admin/requests")
    assert "решения" not in clerk.get("/admin/")


def test_a_request_stands_beside_the_account_that_was_found(clerk: PageClient, asked: LinkRequest) -> None:
    before = factories.request(factories.resident(), number="0010", supplier=asked.supplier, state="refused")
    page = clerk.get(f"/admin/requests/{asked.id}")
    for words in ("Соколова Анна", "anna@example.org", "Счёт <мамы>", "Орлов Олег Ильич", "ул. Лесная"):
        assert words in page
    assert f"/admin/requests/{before.id}" in page.tree.links and "Скачать документ" not in page


def test_an_approval_links_the_account(
    clerk: PageClient, anna: Resident, account: Account, asked: LinkRequest
) -> None:
    assert approve(clerk, asked, account).location == "/admin/requests"
    assert f"Заявка № {asked.id}: подключено." in clerk.get("/admin/requests")
    assert (Link.get().resident, Link.get().account, Link.get().fact) == (anna, account, "operator")
    page = clerk.get(f"/admin/requests/{asked.id}")
    assert "Подключено" in page and "Смирнова Ольга" in page and "Отказать" not in page


def test_an_account_that_was_not_shown_is_shown_first(
    clerk: PageClient, asked: LinkRequest, account: Account
) -> None:
    right = factories.account(account.supplier, number="0020", surname="Верная")
    page = approve(clerk, asked, account, status=422, number="0020")
    assert "Нашли другой счёт" in page and "Верная" in page and page.value("account") == str(right.id)
    assert not Link.select().exists()
    approve(clerk, asked, right, number="0020")
    assert Link.get().account == right


@pytest.mark.parametrize("number", ["", "no such", "9" * 31, "\0"])
def test_a_number_that_nobody_has_is_said_at_its_field(
    clerk: PageClient, asked: LinkRequest, account: Account, number: str
) -> None:
    page = approve(clerk, asked, account, status=422, number=number)
    assert "Номер лицевого счёта:" in page and not Link.select().exists()
    assert LinkRequest.get().state == "waiting"


def test_a_refusal_needs_its_reason(clerk: PageClient, asked: LinkRequest) -> None:
    assert "Причина: Заполните поле" in refuse(clerk, asked, "", status=422)
    assert "Не больше 500 знаков" in refuse(clerk, asked, "я" * 501, status=422)
    assert refuse(clerk, asked).location == "/admin/requests"
    assert Outbox.get().kind == "request-refused"


def test_who_comes_second_is_told_what_was_decided(
    clerk: PageClient, anna: Resident, asked: LinkRequest, account: Account
) -> None:
    refuse(clerk, asked)
    second = PageClient(clerk.app).sign_in(factories.operator())
    for page in (approve(second, asked, account, status=422), refuse(second, asked, status=422)):
        assert "Уже решено: отказано (Смирнова Ольга)." in page and "Документ не читается" in page
    assert not Link.select().exists() and Audit.select().count() == 1


def test_one_without_a_login_is_invited(clerk: PageClient, account: Account) -> None:
    made = factories.request(
        full_name="Орлова Вера", email="vera@example.org", number="0010", supplier=account.supplier
    )
    page = clerk.get(f"/admin/requests/{made.id}")
    assert "Орлова Вера" in page and "не подтверждён" in page and "На e-mail уйдёт ссылка" in page
    approve(clerk, made, account)
    assert (Outbox.get().kind, Outbox.get().destination) == ("invitation", "vera@example.org")
    assert not Link.select().exists() and "приглашение отправлено" in clerk.get("/admin/requests")


def test_an_objection_is_decided_by_choosing_the_other(clerk: PageClient, anna: Resident, account: Account) -> None:
    factories.link(anna, account)
    other = factories.link(factories.resident(name="Борис", surname="Чужой"), account)
    made = factories.request(anna, kind="objection", account=account, supplier=account.supplier, number="0010")
    url = f"/admin/requests/{made.id}"
    assert "Чужой Борис" in clerk.get(url)
    assert "Выберите, кого отключить" in clerk.post(f"{url}/detachment", {}, status=422)
    own = Link.get(Link.resident == anna)
    clerk.post(f"{url}/detachment", {"holder": str(own.id)}, status=422)
    clerk.post(f"{url}/detachment", {"holder": str(other.id)})
    assert [link.resident for link in Link.select()] == [anna]
    assert "Отключено" in clerk.get(url)


def test_a_document_is_handed_out_as_a_file_and_noted(clerk: PageClient, asked: LinkRequest, folder: Path) -> None:
    paper = attachments.accepted("../счёт.pdf", papers.PDF)
    LinkRequest.update(file_key=attachments.keep(paper, folder), file_name=paper.name, file_kind=paper.kind).execute()
    url = f"/admin/requests/{asked.id}/document"
    assert url in clerk.get(f"/admin/requests/{asked.id}").tree.links
    answer = clerk.get(url)
    headers = answer.response.headers
    assert answer.data == papers.PDF and headers["Content-Type"] == "application/pdf"
    assert headers["Content-Disposition"].startswith("attachment") and headers["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in headers["Cache-Control"]
    assert (Audit.get().action, Audit.get().object_id) == ("document-opened", str(asked.id))


def test_a_document_that_has_gone_leads_back(clerk: PageClient, asked: LinkRequest) -> None:
    page = clerk.get(f"/admin/requests/{asked.id}/document", status=303)
    assert "Документа больше нет" in clerk.get(page.location) and not Audit.select().exists()


def test_the_clerk_of_another_supplier_sees_nothing(client: PageClient, asked: LinkRequest, account: Account) -> None:
    nameless = factories.request(full_name="Без поставщика")
    client.sign_in(factories.operator(factories.supplier()))
    assert "Все заявки рассмотрены" in client.get("/admin/requests")
    for row in (asked, nameless):
        url = f"/admin/requests/{row.id}"
        for path in (url, f"{url}/document"):
            client.get(path, status=404)
        for path in (f"{url}/approval", f"{url}/refusal", f"{url}/detachment"):
            client.post(path, {"reason": "x", "account": str(account.id)}, status=404)
    assert LinkRequest.select().where(LinkRequest.state == "waiting").count() == 2


def test_a_supplier_s_clerk_links_accounts_of_that_supplier_alone(
    client: PageClient, asked: LinkRequest, account: Account
) -> None:
    foreign = factories.account(number="0777")
    client.sign_in(factories.operator(account.supplier))
    page = client.get(f"/admin/requests/{asked.id}")
    assert foreign.supplier.title not in page
    given = {"supplier": str(foreign.supplier_id), "number": "0777"}
    assert "такого лицевого счёта нет" in approve(client, asked, foreign, status=422, **given)
    approve(client, asked, account)
    assert Link.get().account == account


def test_residents_find_no_such_pages(client: PageClient, anna: Resident, asked: LinkRequest) -> None:
    client.sign_in(anna)
    client.get("/admin/requests", status=404)
    client.get(f"/admin/requests/{asked.id}", status=404)


def test_the_queue_asks_the_same_for_many(clerk: PageClient) -> None:
    def asks() -> int:
        with counted() as seen:
            clerk.get("/admin/requests")
        return len(seen)

    def fill(count: int) -> None:
        for _ in range(count):
            for state in ("waiting", "refused"):
                factories.request(factories.resident(), supplier=factories.supplier(), state=state)

    fill(1)
    few = asks()
    fill(15)
    assert asks() == few <= 6


def test_after_a_decision_the_next_request_is_shown(clerk: PageClient, anna: Resident, asked: LinkRequest) -> None:
    later = factories.request(anna, supplier=asked.supplier)
    page = refuse(clerk, asked)
    assert page.location == f"/admin/requests/{later.id}" and "отказано" in clerk.get(page.location).words.lower()
    assert refuse(clerk, later).location == "/admin/requests"
