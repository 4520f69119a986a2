"""«Обращения» of a resident: the form with its lists and files, what was sent and what came back, the thread."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

import clock
from models import Account, Appeal, AppealFile, AppealMessage, Notice, NoticeReceipt, Resident, Topic
from services import appeals, topics
from tests import factories, papers
from tests.client import Page, PageClient
from tests.portal import switch
from tests.queries import counted
from views import resume

NAMES = [
    "Внесение изменений в лицевой счет", "Другие тематики", "Качество услуги", "Обращение", "Общие вопросы",
    "Платные услуги", "Предложения", "Приборы учета", "Противодействие коррупции", "Расчеты и задолженность",
]  # fmt: skip


@pytest.fixture(autouse=True)
def folder(app: Flask, database: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(type(app.extensions["settings"]), "data_dir", property(lambda self: tmp_path))
    topics.seed()
    return tmp_path / "documents" / "appeals"


@pytest.fixture
def anna(client: PageClient) -> Resident:
    who = factories.resident(email="anna@example.org", phone="+79123456789")
    client.sign_in(who)
    return who


@pytest.fixture
def account(anna: Resident) -> Account:
    account = factories.account(factories.supplier(short_name="Водоканал"), number="0010")
    factories.link(anna, account)
    return account


def paper(content: bytes = papers.PDF, name: str = "квитанция.pdf") -> tuple[io.BytesIO, str]:
    return io.BytesIO(content), name


def topic(name: str = "Качество услуги") -> str:
    return str(Topic.get(Topic.name == name).id)


def send(client: PageClient, status: int = 303, htmx: bool = False, **fields: object) -> Page:
    page = client.get("/appeals/new")
    usual = {"supplier": page.value("supplier"), "topic": topic(), "text": "Нет воды", "once": page.value("once")}
    given = {**usual, **fields}
    return client.post("/appeals/new", given, status=status, htmx=htmx)


def answered(appeal: Appeal, text: str = "Приедет мастер", folder: Path = Path()) -> None:
    appeals.answer(appeal, factories.operator(), text, [], folder, clock.now(), f"answer{appeal.id}{text}")


@pytest.mark.parametrize("htmx", [False, True])
def test_a_resident_writes_and_finds_it_among_the_sent(
    client: PageClient, account: Account, anna: Resident, htmx: bool, folder: Path
) -> None:
    page = send(
        client, htmx=htmx, account=str(account.id), text="Нет воды\nс утра", contact="+79123456789",
        other_contact="сосед: 8 912 000-00-00", files=[paper(), paper(papers.with_exif(), "кран.jpg")],
    )  # fmt: skip
    made = Appeal.get()
    assert page.location == f"/appeals/{made.id}"
    thread = client.get(page.location)
    for words in ("Качество услуги", "Нет воды", "с утра", "Новое", "№ 0010", "сосед: 8 912 000-00-00", "кран.jpg"):
        assert words in thread
    assert (made.resident, made.account, made.supplier, made.waits_since) == (
        anna, account, account.supplier, made.created_at,
    )  # fmt: skip
    assert {path.name for path in folder.iterdir()} == AppealFile.keys() and len(AppealFile.keys()) == 2
    assert f"№ {made.id}" in client.get("/appeals") and f"№ {made.id}" not in client.get("/appeals/received")


def test_the_topics_are_the_ten_of_the_manual(client: PageClient, account: Account) -> None:
    words = client.get("/appeals/new").words
    assert all(name in words for name in NAMES) and len(topics.FIRST) == 10


def test_a_closed_topic_is_offered_no_more_and_stays_on_what_was_sent(client: PageClient, account: Account) -> None:
    send(client)
    Topic.update(is_closed=True).where(Topic.name == "Качество услуги").execute()
    assert "Качество услуги" not in client.get("/appeals/new") and "Качество услуги" in client.get("/appeals")
    assert "Заполните поле" in send(client, status=422)


@pytest.fixture
def narrower(database: Flask) -> Topic:
    return Topic.create(parent=int(topic("Приборы учета")), name="Поверка")


def test_subtopics_follow_their_topic_and_without_any_there_is_no_field(
    client: PageClient, account: Account, narrower: Topic
) -> None:
    page = client.get("/appeals/new")
    assert "Подтема" not in page and "Выбрать" in page
    given = {"topic": topic("Приборы учета"), "refresh": "place", "text": "Счётчик стоит"}
    page = client.post("/appeals/new", given, status=200)
    assert "Подтема" in page and "Поверка" in page and "Счётчик стоит" in page.text
    page = client.post("/appeals/new", {"topic": topic("Приборы учета"), "refresh": "place"}, status=200, htmx=True)
    assert 'id="appeals-about"' in page.text and "Поверка" in page
    send(client, topic=topic("Приборы учета"), subtopic=str(narrower.id))
    assert Appeal.get().title == "Приборы учета: Поверка"


def test_a_subtopic_of_another_topic_is_not_taken(client: PageClient, account: Account, narrower: Topic) -> None:
    other = Topic.create(parent=int(topic("Приборы учета")), name="Замена")
    page = send(client, status=422, topic=topic("Приборы учета"), subtopic=topic("Предложения"))
    assert "Подтема: Заполните поле" in page
    send(client, subtopic=str(other.id))  # of «Качество услуги», which has none
    assert Appeal.get().subtopic is None


def test_the_supplier_is_chosen_where_there_are_several_and_its_accounts_follow(
    client: PageClient, account: Account, anna: Resident
) -> None:
    assert 'name="supplier" value=' in client.get("/appeals/new").text
    other = factories.account(factories.supplier(short_name="Горэнерго"), number="0020")
    factories.link(anna, other)
    page = client.get("/appeals/new")
    assert "Горэнерго" in page and "Водоканал" in page and "№ 0020" not in page
    page = client.post("/appeals/new", {"supplier": str(other.supplier_id), "refresh": "place"}, status=200)
    assert "№ 0020" in page and "№ 0010" not in page
    assert "Поставщик: Заполните поле" in send(client, status=422, supplier="")
    send(client, supplier=str(other.supplier_id), account=str(account.id))  # of another supplier: not offered
    assert (Appeal.get().supplier, Appeal.get().account) == (other.supplier, None)


def test_a_strangers_account_is_none(client: PageClient, account: Account) -> None:
    stranger = factories.account(account.supplier)
    send(client, account=str(stranger.id))
    assert Appeal.get().account is None


def test_a_supplier_that_takes_no_appeals_is_not_offered(client: PageClient, account: Account) -> None:
    factories.setting(account.supplier, "takes_appeals", False)
    page = client.get("/appeals/new")
    assert "не принимают обращения" in page and "/contacts" in page.tree.links and "<textarea" not in page.text
    assert "не принимают обращения" in client.post("/appeals/new", {"supplier": account.supplier_id}, status=422)
    assert "Отправить обращение" not in client.get("/appeals") and not Appeal.select().exists()


def test_one_without_accounts_may_write_to_any_supplier(client: PageClient, anna: Resident) -> None:
    one, silent = factories.supplier(short_name="Один"), factories.supplier(short_name="Молчун")
    factories.setting(silent, "takes_appeals", False)
    factories.supplier(short_name="Два")
    page = client.get("/appeals/new")
    assert "Один" in page and "Два" in page and "Молчун" not in page
    send(client, supplier=str(one.id))
    assert Appeal.get().supplier == one


def test_own_contacts_are_offered_and_no_other_is_taken_for_one(client: PageClient, account: Account) -> None:
    page = client.get("/appeals/new")
    assert "+7 (912) 345-67-89" in page and "anna@example.org" in page
    send(client, contact="somebody@example.org")
    assert Appeal.get().contact == ""


@pytest.mark.parametrize("htmx", [False, True])
def test_a_text_that_is_too_long_is_said_with_numbers_and_comes_back_whole(
    client: PageClient, account: Account, htmx: bool
) -> None:
    text = "я" * 100_000
    page = send(client, status=422, text=text, htmx=htmx)
    assert "Сейчас 100 000 знаков, а поместится 4 000" in page and text in page.text
    assert not Appeal.select().exists()
    send(client, text="я" * appeals.LONGEST)
    assert Appeal.select().count() == 1


def test_every_mistake_is_named(client: PageClient, account: Account) -> None:
    page = send(client, status=422, text=" ", topic="", other_contact="x" * 201)
    for words in ("Тема: Заполните поле", "Текст сообщения: Заполните поле", "Не больше 200 знаков"):
        assert words in page
    assert page.tree.title.startswith("Ошибка: ")


@pytest.mark.parametrize("htmx", [False, True])
@pytest.mark.parametrize(
    ("content", "name", "says"),
    [
        (b"", "a.pdf", "«a.pdf»: файл пустой"),
        (papers.EXE, "паспорт.pdf", "«паспорт.pdf»: подойдёт фото или скан: JPEG, PNG или PDF"),
        (papers.SVG, "a.png", "JPEG, PNG или PDF"),
        (papers.HTML, "a.jpg", "JPEG, PNG или PDF"),
        (papers.archive(), "a.pdf", "JPEG, PNG или PDF"),
        (papers.picture()[:300], "a.jpg", "повреждён"),
        (papers.bomb(), "a.png", "мегапикселей"),
        (papers.PDF + bytes(50 * 1024 * 1024), "a.pdf", "больше 10 МБ"),
    ],
    ids=["empty", "exe", "svg", "html", "zip bomb", "cut", "picture bomb", "50 MB"],
)
def test_what_is_no_document_is_answered_at_its_field(
    client: PageClient, account: Account, folder: Path, content: bytes, name: str, says: str, htmx: bool
) -> None:
    page = send(client, status=422, files=[paper(content, name)], text="Нет воды с утра", htmx=htmx)
    assert says in page and "Нет воды с утра" in page.text
    assert not Appeal.select().exists() and not folder.exists()


def test_files_that_came_stay_with_the_form_and_one_can_be_taken_away(
    client: PageClient, account: Account, folder: Path
) -> None:
    page = send(client, status=422, text="", files=[paper(), paper(name="акт.pdf")])
    assert "Приложено" in page and "квитанция.pdf" in page and "акт.pdf" in page
    kept = ticks(page)
    page = send(client, status=422, enclosed=kept, files=[paper(papers.EXE, "вирус.pdf")])
    assert len(ticks(page)) == 2 and "«вирус.pdf»" in page
    send(client, enclosed=ticks(page)[1:])
    assert [file.name for file in AppealFile.select()] == ["акт.pdf"]
    appeals.sweep(folder, clock.now())
    assert len(list(folder.iterdir())) == 2, "a form may still come"
    appeals.sweep(folder, clock.now() + timedelta(days=2))
    assert {path.name for path in folder.iterdir()} == AppealFile.keys()


def test_the_step_without_scripts_keeps_the_files_too(client: PageClient, account: Account) -> None:
    page = client.post("/appeals/new", {"refresh": "place", "files": [paper()]}, status=200)
    send(client, enclosed=ticks(page))
    assert AppealFile.get().name == "квитанция.pdf"


def test_a_tick_of_another_resident_or_of_nobody_is_no_file(client: PageClient, account: Account) -> None:
    kept = ticks(send(client, status=422, text="", files=[paper()]))
    neighbour = factories.resident()
    factories.link(neighbour, account)
    client.sign_in(neighbour)
    send(client, enclosed=[*kept, "x", "../../etc/passwd", kept[0][:-1] + "A"])
    assert Appeal.get().resident == neighbour and not AppealFile.select().exists()


def test_a_tick_whose_file_is_gone_asks_for_it_again(client: PageClient, account: Account, folder: Path) -> None:
    kept = ticks(send(client, status=422, text="", files=[paper()]))
    for path in folder.iterdir():
        path.unlink()
    assert "«квитанция.pdf» больше не хранится" in send(client, status=422, enclosed=kept)


def test_more_files_than_five_are_refused_with_the_number(client: PageClient, account: Account) -> None:
    page = send(client, status=422, files=[paper(name=f"{n}.pdf") for n in range(6)])
    assert "не больше 5 файлов, а выбрано 6" in page and len(ticks(page)) == 5


def test_names_lose_folders_and_signs_that_turn_a_line(client: PageClient, account: Account, folder: Path) -> None:
    names = ["../../etc/passwd.pdf", "..\\..\\boot.pdf", "счёт\u202efdp.exe.pdf", "a\0<b>\r\nX: y.pdf"]
    send(client, files=[paper(name=name) for name in names])
    stored = [str(file.name) for file in AppealFile.select().order_by(AppealFile.id)]
    assert stored[:2] == ["passwd.pdf", "boot.pdf"]
    assert not any(sign in name for name in stored for sign in "/\\\u202e\0<>\r\n")
    assert {path.parent for path in folder.rglob("*")} == {folder}


def test_a_file_is_handed_out_as_a_download_and_to_its_resident_alone(client: PageClient, account: Account) -> None:
    send(client, files=[paper(papers.with_exif(), "кран.png")])
    url = f"/appeals/files/{AppealFile.get().id}"
    headers = client.get(url).response.headers
    assert headers["Content-Disposition"].startswith("attachment") and headers["Content-Type"] == "image/jpeg"
    assert headers["X-Content-Type-Options"] == "nosniff" and "no-store" in headers["Cache-Control"]
    assert b"phone" not in client.get(url).data, "a photo is made anew, without EXIF"
    neighbour = factories.resident()
    factories.link(neighbour, account)
    client.sign_in(neighbour)
    client.get(url, status=404)


def test_an_appeal_that_was_sent_twice_is_one(client: PageClient, account: Account, anna: Resident) -> None:
    once = client.get("/appeals/new").value("once")
    places = {send(client, once=once, files=[paper()]).location for _ in range(2)}
    assert (
        Appeal.select().count() == AppealMessage.select().count() == AppealFile.select().count() == len(places) == 1
    )
    neighbour = factories.resident()
    factories.link(neighbour, account)
    client.sign_in(neighbour)
    assert send(client, once=once).location not in places


def test_the_same_words_are_one_appeal_for_an_hour_unless_files_came(client: PageClient, account: Account) -> None:
    """Sent again from the page before: the browser brings the words, and the form is a new one."""
    send(client)
    send(client)
    [one] = Appeal.select()
    send(client, files=[paper()])
    send(client, text="Другое")
    assert Appeal.select().count() == 3
    hours_ago = one.created_at - appeals.AGAIN - timedelta(seconds=1)
    Appeal.update(created_at=hours_ago).execute()
    send(client)
    assert Appeal.select().count() == 4


def test_too_many_a_day_are_refused_and_the_text_stays(client: PageClient, account: Account) -> None:
    for number in range(appeals.BY_RESIDENT.most):
        send(client, text=f"Обращение {number}")
    page = send(client, status=422, text="Двадцать первое")
    assert "Слишком много попыток" in page and "Двадцать первое" in page.text


def test_what_was_typed_goes_through_the_sign_in_whatever_files_came_along(
    app: Flask, client: PageClient, account: Account
) -> None:
    client.post("/sign-out")
    given = {"topic": topic(), "text": "я" * 100_000, "files": [paper(papers.PDF + bytes(3_000_000))]}
    fields = {"csrf_token": client.csrf_token(), **given}
    answer = client.http.post("/appeals/new", data=fields, headers={"Origin": "http://localhost"})
    with app.app_context():
        kept = dict(resume.fields(Page(answer, "").value("kept"))["values"])  # type: ignore[call-overload]
    assert answer.status_code == 401 and kept["text"] == given["text"] and kept["topic"] == topic()


def test_an_answer_is_read_in_the_thread_and_counted_until_then(
    client: PageClient, account: Account, anna: Resident
) -> None:
    send(client)
    appeal = Appeal.get()
    answered(appeal)
    page = client.get("/appeals/received")
    assert f"№ {appeal.id}" in page and "Есть ответ, новое" in page and Appeal.count_unread(anna) == 1
    assert "1 уведомление" in client.get("/") and f"Ответ на обращение № {appeal.id}" in client.get("/notices")
    page = client.get(f"/appeals/{appeal.id}")
    assert "Приедет мастер" in page and "Водоканал" in page and "новых нет" in page
    assert Appeal.count_unread(anna) == 0 and NoticeReceipt.unread(anna) == 0
    assert "новое" not in client.get("/appeals/received").words


def test_new_answers_stand_among_the_new_messages_of_portal_a(
    app: Flask, client: PageClient, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    switch(app, monkeypatch, "metallenergo")
    send(client)
    assert "Новые сообщения 0" in client.get("/bills")
    answered(Appeal.get())
    assert "Новые сообщения 1" in client.get("/bills")
    client.get(f"/appeals/{Appeal.get().id}")
    assert "Новые сообщения 0" in client.get("/bills")


@pytest.mark.parametrize("htmx", [False, True])
def test_the_resident_goes_on_in_the_thread_with_files(client: PageClient, account: Account, htmx: bool) -> None:
    send(client)
    appeal = Appeal.get()
    answered(appeal)
    url = f"/appeals/{appeal.id}"
    page = client.post(url, {"text": " ", "files": [paper()]}, status=422, htmx=htmx)
    assert "Заполните поле" in page and len(ticks(page)) == 1
    given = {"text": "Мастер не пришёл", "enclosed": ticks(page), "once": "k"}
    for _ in range(2):
        assert client.post(url, given, htmx=htmx).location == url
    page = client.get(url)
    assert page.words.count("Мастер не пришёл") == 1 and "квитанция.pdf" in page and "В работе" in page
    assert Appeal.get().waits_since is not None


def test_a_closed_thread_takes_nothing_and_leads_to_a_new_one(client: PageClient, account: Account) -> None:
    send(client)
    appeal = Appeal.get()
    appeals.close(appeal, factories.operator(), clock.now())
    url = f"/appeals/{appeal.id}"
    assert "Если вопрос остался, отправьте новое" in client.get(url)
    assert "Ещё вопрос" in client.post(url, {"text": "Ещё вопрос"}, status=422).text
    assert AppealMessage.select().count() == 1


def test_neighbours_of_an_account_do_not_read_each_others_threads(client: PageClient, account: Account) -> None:
    send(client, account=str(account.id), text="Тайна")
    url = f"/appeals/{Appeal.get().id}"
    neighbour = factories.resident()
    factories.link(neighbour, account)
    client.sign_in(neighbour)
    client.get(url, status=404)
    client.post(url, {"text": "x"}, status=404)
    assert "№" not in client.get("/appeals").words


def test_markup_stays_text(client: PageClient, account: Account) -> None:
    send(client, text="<script>alert(1)</script>", other_contact="<b>x")
    page = client.get(f"/appeals/{Appeal.get().id}")
    assert "<script>alert" not in page.text and "<b>x" not in page.text


@pytest.mark.parametrize("url", ["/appeals", "/appeals/received"])
def test_long_lists_have_pages_and_ask_the_same_for_many(
    client: PageClient, account: Account, anna: Resident, url: str
) -> None:
    def asked() -> int:
        with counted() as seen:
            client.get(url)
        return len(seen)

    factories.appeal(anna, supplier=account.supplier, answered_at=factories.NOW)
    few = asked()
    for _ in range(40):
        factories.appeal(anna, supplier=account.supplier, answered_at=factories.NOW)
    assert asked() == few
    page, seen = client.get(url), 0
    for more in pages(client, page):
        seen += more.words.count("№")
    assert seen == 41


def pages(client: PageClient, page: Page) -> Iterator[Page]:
    yield page
    while further := [link for link in page.tree.links if "before=" in link]:
        page = client.get(further[0])
        yield page


def ticks(page: Page) -> list[str]:
    return [part.partition('value="')[2].partition('"')[0] for part in page.text.split('name="enclosed"')[1:]]


SAID = {
    "metallenergo": (
        "Отправить обращение", "Тема", "Текст сообщения", "Контакт", "Аль. контакт", "Файл...", "Отправленные",
        "Полученные", "Общение",
    ),
    "default": ("Отправить обращение", "Тема", "Текст сообщения", "Контакт", "Другой контакт", "Обращения"),
}  # fmt: skip


@pytest.mark.parametrize("preset", SAID)
def test_the_words_are_the_portals(
    app: Flask, client: PageClient, account: Account, narrower: Topic, monkeypatch: pytest.MonkeyPatch, preset: str
) -> None:
    switch(app, monkeypatch, preset)
    page = client.post("/appeals/new", {"topic": topic("Приборы учета"), "refresh": "place"}, status=200)
    for words in (*SAID[preset], "Подтема"):
        assert words in page
    assert "/appeals" in page.tree.links


def test_a_notice_of_an_answer_says_no_word_of_it(client: PageClient, account: Account) -> None:
    send(client)
    answered(Appeal.get(), "Секретный ответ")
    assert "Секретный" not in Notice.get().body
