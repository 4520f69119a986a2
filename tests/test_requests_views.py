"""The pages of requests: a resident's form and list, the same without a login, «Возразить»."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from flask import Flask

import clock
from models import Captcha, LinkRequest, Notice, Outbox, Resident
from services import linking, texts
from tests import factories, papers
from tests.client import Page, PageClient
from tests.queries import counted
from tests.solving import solved

ACCESS = {"full_name": "Орлова Вера", "email": "vera@example.org", "number": "0010", "consent": "y"}


@pytest.fixture(autouse=True)
def folder(app: Flask, database: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(type(app.extensions["settings"]), "data_dir", property(lambda self: tmp_path))
    texts.seed(clock.now())
    return tmp_path / "documents" / "requests"


@pytest.fixture
def anna(client: PageClient) -> Resident:
    who = factories.resident()
    client.sign_in(who)
    return who


def paper(content: bytes = papers.PDF, name: str = "договор.pdf") -> tuple[io.BytesIO, str]:
    return io.BytesIO(content), name


def ask(client: PageClient, status: int = 303, htmx: bool = False, **fields: object) -> Page:
    once = client.get("/requests/new").value("once")
    given = {"number": "0010", "document": paper(), "once": once, **fields}
    return client.post("/requests/new", given, status=status, htmx=htmx)


def ask_access(client: PageClient, status: int = 303, htmx: bool = False, **fields: object) -> Page:
    page = client.get("/requests/access")
    given = {**ACCESS, **solved(page), "once": page.value("once"), "document": paper(), **fields}
    return client.post("/requests/access", given, status=status, htmx=htmx)


@pytest.mark.parametrize("htmx", [False, True])
def test_a_resident_asks_and_sees_what_becomes_of_it(client: PageClient, anna: Resident, htmx: bool) -> None:
    assert "Попросить оператора подключить счёт" in client.get("/requests")
    assert ask(client, comment="Счёт мамы", htmx=htmx).location == "/requests"
    made = LinkRequest.get()
    page = client.get("/requests")
    assert f"Заявка № {made.id} принята." in page and "Рассматривается" in page and "№ 0010" in page
    assert (made.resident, made.comment, made.file_name) == (anna, "Счёт мамы", "договор.pdf")


def test_what_was_decided_is_shown_newest_first(client: PageClient, anna: Resident) -> None:
    for number, state, reason in (("1", "approved", ""), ("2", "refused", "Документ не читается")):
        factories.request(anna, number=number, state=state, reason=reason)
    factories.request(factories.resident(), number="777")
    page = client.get("/requests")
    assert page.words.index("Документ не читается") < page.words.index("Подключено")
    assert "Отказано" in page and "777" not in page


def test_the_supplier_is_asked_where_there_are_several(client: PageClient, anna: Resident) -> None:
    only = factories.supplier()
    ask(client)
    assert LinkRequest.get().supplier == only
    other = factories.supplier()
    assert "Не знаю" in client.get("/requests/new")
    ask(client, supplier=str(other.id))
    ask(client, supplier="")
    assert [row.supplier for row in LinkRequest.select().order_by(LinkRequest.id)] == [only, other, None]
    assert "Выберите поставщика из списка" in ask(client, status=422, supplier="9999999999999999999999")


def test_every_mistake_is_named_and_nothing_typed_is_lost_but_the_file(client: PageClient, anna: Resident) -> None:
    page = ask(client, status=422, number="", comment="Счёт мамы")
    assert "Номер лицевого счёта: Заполните поле" in page and "Счёт мамы" in page.text
    assert "Файл с этой страницей не вернулся" in page and page.tree.title.startswith("Ошибка: ")
    page = ask(client, status=422, document=(io.BytesIO(b""), ""))
    assert "Выберите файл" in page and "не вернулся" not in page
    assert not LinkRequest.select().exists()


@pytest.mark.parametrize("htmx", [False, True])
@pytest.mark.parametrize(
    ("content", "name", "says"),
    [
        (b"", "a.pdf", "Файл пустой"),
        (papers.EXE, "паспорт.pdf", "JPEG, PNG или PDF"),
        (papers.SVG, "a.png", "JPEG, PNG или PDF"),
        (papers.HTML, "a.jpg", "JPEG, PNG или PDF"),
        (papers.picture()[:300], "a.jpg", "повреждён"),
        (papers.bomb(), "a.png", "мегапикселей"),
        (papers.PDF + bytes(11 * 1024 * 1024), "a.pdf", "больше 10 МБ"),
    ],
    ids=["empty", "exe", "svg", "html", "cut", "bomb", "11 MB"],
)
def test_what_is_no_document_is_answered_at_its_field(
    client: PageClient, anna: Resident, folder: Path, content: bytes, name: str, says: str, htmx: bool
) -> None:
    page = ask(client, status=422, document=paper(content, name), comment="Счёт мамы", htmx=htmx)
    assert says in page and "Счёт мамы" in page.text
    assert not LinkRequest.select().exists() and not folder.exists()


def test_a_form_sent_twice_is_one_request(client: PageClient, anna: Resident) -> None:
    once = client.get("/requests/new").value("once")
    for _ in range(2):
        assert ask(client, once=once).location == "/requests"
    assert LinkRequest.select().count() == 1


def test_another_resident_s_key_shows_nothing_of_his(client: PageClient, anna: Resident) -> None:
    ask(client, once="k")
    client.sign_in(factories.resident())
    ask(client, once="k")
    assert LinkRequest.select().count() == 2


def test_the_list_asks_the_same_for_many(client: PageClient, anna: Resident) -> None:
    def asked() -> int:
        with counted() as seen:
            client.get("/requests")
        return len(seen)

    factories.request(anna, supplier=factories.supplier())
    few = asked()
    for _ in range(20):
        factories.request(anna, supplier=factories.supplier())
    assert asked() == few <= 3


# --- without a login ---


@pytest.mark.parametrize("email", ["vera@example.org", "known@example.org"])
@pytest.mark.parametrize("number", ["0010", "no such account"])
def test_whoever_asks_is_answered_alike_and_nobody_is_written_to(client: PageClient, email: str, number: str) -> None:
    factories.resident(email="known@example.org")
    factories.account(number="0010")
    assert ask_access(client, email=email, number=number).location == "/requests/accepted"
    made = LinkRequest.get()
    page = client.get("/requests/accepted")
    words = f"Заявка № {made.id} принята Что дальше"
    assert words in page and email not in page and "Соколова" not in page
    assert words in client.get("/requests/accepted"), "the number stays when the page is loaded again"
    assert (made.kind, made.email, made.consent.slug) == ("access", email, "personal-data")
    assert not Outbox.select().exists() and not Notice.select().exists()


def test_the_accepted_page_belongs_to_the_browser_that_asked(client: PageClient) -> None:
    assert client.get("/requests/accepted", status=303).location == "/requests/access"


def test_one_contact_is_enough(client: PageClient) -> None:
    page = ask_access(client, status=422, email="", phone="")
    assert "Укажите телефон или e-mail" in page
    assert "Проверьте адрес" in ask_access(client, status=422, email="vera@", phone="+7 912 345-67-89")
    assert "Проверьте номер" in ask_access(client, status=422, phone="12")
    ask_access(client, email="", phone="8 (912) 345-67-89")
    assert LinkRequest.get().phone == "+79123456789"


def test_the_picture_and_the_consent_are_always_asked(client: PageClient) -> None:
    page = client.get("/requests/access")
    assert "Код с картинки" in page and "Обновить картинку" in page and "/texts/personal-data" in page.tree.links
    page = ask_access(client, status=422, captcha="00000", comment="Ключи у дочери")
    assert "Не совпало с картинкой" in page and "Ключи у дочери" in page.text
    assert "Без согласия принять заявку нельзя" in ask_access(client, status=422, consent="")
    assert page.value("full_name") == "Орлова Вера" and not LinkRequest.select().exists()


def test_mistakes_come_back_as_a_fragment_to_htmx(client: PageClient) -> None:
    page = ask_access(client, status=422, htmx=True, full_name="")
    assert "<html" not in page.text and 'id="requests-access"' in page.text


def test_a_new_picture_keeps_what_was_typed_and_says_that_the_file_is_lost(client: PageClient) -> None:
    page = ask_access(client, status=200, refresh="captcha")
    assert page.value("full_name") == "Орлова Вера" and "не вернулся" in page
    assert Captcha.select().count() == 2 and "Заполните поле" not in page


def test_an_access_form_sent_twice_is_one_request(client: PageClient) -> None:
    page = client.get("/requests/access")
    fields = {**ACCESS, **solved(page), "once": page.value("once")}
    for _ in range(2):
        client.post("/requests/access", {**fields, "document": paper()})
    assert LinkRequest.select().count() == 1


def test_markup_and_control_signs_stay_text(client: PageClient) -> None:
    page = ask_access(
        client, status=422, full_name="<script>alert(1)</script>\0", comment="</textarea><b>x", phone="1"
    )
    assert "<script>alert" not in page.text and "</textarea><b>" not in page.text


def test_who_has_signed_in_asks_as_himself(client: PageClient, anna: Resident) -> None:
    assert client.get("/requests/access", status=303).location == "/requests/new"


def test_registration_leads_to_it(client: PageClient) -> None:
    assert "/requests/access" in client.get("/registration/email").tree.links


# --- objections ---


def test_a_holder_objects_to_another(client: PageClient, anna: Resident) -> None:
    link = factories.link(anna)
    url = f"/accounts/{link.account_id}"
    assert "Возразить" not in client.get(url)
    linking.attach(factories.resident(name="Борис", email="boris@example.org"), link.account, "bill", clock.now())
    notice = next(row for row in Notice.select() if "ещё один пользователь" in row.subject)
    assert (notice.link_url, notice.link_label) == (f"{url}#objection", "Возразить")
    page = client.get(url)
    assert "Этот счёт есть ещё у 1 пользователя." in page and 'id="objection"' in page.text
    assert "Борис" not in page and "boris" not in page
    for _ in range(2):
        assert client.post(f"{url}/objection").location == "/requests"
    assert LinkRequest.get().kind == "objection"
    assert "Возражение против другого пользователя" in client.get("/requests")


def test_there_is_nobody_to_object_to(client: PageClient, anna: Resident) -> None:
    link = factories.link(anna)
    page = client.get(client.post(f"/accounts/{link.account_id}/objection").location)
    assert "только в вашем кабинете" in page and not LinkRequest.select().exists()


def test_a_stranger_cannot_object(client: PageClient, anna: Resident) -> None:
    client.post(f"/accounts/{factories.link(factories.resident()).account_id}/objection", status=404)


def test_after_too_many_requests_no_picture_is_unpacked(client: PageClient, anna: Resident) -> None:
    for number in range(10):
        ask(client, number=f"{number}")
    page = ask(client, status=422, document=paper(b"no picture", "фото.jpg"))
    assert "Слишком много попыток" in page and "Подойдёт фото" not in page
