"""The pages of registration: the form, the letter, the link."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask

import clock
from models import Captcha, Consent, Outbox, Resident
from services import codes, texts
from tests import factories
from tests.client import Page, PageClient
from tests.portal import switch
from tests.queries import counted
from tests.solving import solved

FIELDS = {
    "full_name": "Соколова Анна Викторовна",
    "email": "anna@example.org",
    "phone": "8 (912) 345-67-89",
    "password": "Bereza-u-0kna",
    "terms": "y",
    "consent": "y",
}


@pytest.fixture(autouse=True)
def published(database: Flask) -> None:
    texts.seed(clock.now())


def register(client: PageClient, status: int = 303, htmx: bool = False, **fields: str) -> Page:
    """Fills a fresh form and sends it."""
    page = client.get("/registration/email")
    once = {"once": page.value("once")}
    return client.post("/registration/email", {**FIELDS, **solved(page), **once, **fields}, status=status, htmx=htmx)


def test_one_way_is_led_to_at_once(app: Flask, client: PageClient, monkeypatch: pytest.MonkeyPatch) -> None:
    switch(app, monkeypatch, registration=["email"])
    assert client.get("/registration", status=303).location == "/registration/email"


def test_several_ways_are_offered_in_the_presets_order(
    app: Flask, client: PageClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    switch(app, monkeypatch, registration=["phone", "email"])
    page = client.get("/registration")
    offered = [link for link in page.tree.links if link.startswith("/registration/")]
    assert offered == ["/registration/phone", "/registration/email"]
    for hidden in ("name", "account"):
        client.get(f"/registration/{hidden}", status=404)


def test_the_page_says_what_the_manual_shows(client: PageClient) -> None:
    page = client.get("/registration/email")
    for words in (
        "Регистрация", "ФИО", "E-mail", "Телефон", "Пароль", "Код с картинки", "Обновить картинку",
        "Я принимаю пользовательское соглашение", "Я даю свое согласие на обработку персональных данных.",
        "Я согласен получать рекламно-информационную рассылку", "Зарегистрироваться", "Не менее 8 символов",
        "Любые символы кроме пробелов",
    ):  # fmt: skip
        assert words in page
    assert {"/texts/agreement", "/texts/personal-data", "/texts/advertising"} <= set(page.tree.links)
    assert "advertising" not in page.tree.values and "terms" not in page.tree.values


@pytest.mark.parametrize("htmx", [False, True])
def test_a_newcomer_is_sent_to_the_mailbox(client: PageClient, htmx: bool) -> None:
    assert register(client, htmx=htmx).location == "/registration/sent"
    page = client.get("/registration/sent")
    assert "Проверьте почту" in page and "Письмо отправлено" in page
    who = Resident.get()
    assert (who.full_name, who.state, who.advertising) == ("Соколова Анна Викторовна", "waiting", False)
    assert Consent.select().count() == 2


def test_a_known_address_is_answered_the_same(client: PageClient) -> None:
    factories.resident(email="boris@example.org")
    new, known = register(client), register(client, email="Boris@example.org")
    assert (new.status, new.location, new.words) == (known.status, known.location, known.words)
    assert Resident.select().count() == 2


def test_every_mistake_is_named_at_once_and_nothing_typed_is_lost(client: PageClient) -> None:
    page = register(
        client, status=422, full_name="", email="anna", phone="1", password="bereza", terms="", consent=""
    )
    for words in (
        "ФИО: Заполните поле", "Проверьте адрес", "Проверьте номер", "Не выполнено: не менее 8 символов",
        "Без соглашения открыть кабинет нельзя", "Без согласия открыть кабинет нельзя",
    ):  # fmt: skip
        assert words in page
    assert page.tree.title.startswith("Ошибка: ")
    assert [page.value(name) for name in ("email", "phone", "password")] == ["anna", "1", "bereza"]
    assert Resident.select().count() == 0


def test_mistakes_come_back_as_a_fragment_to_htmx(client: PageClient) -> None:
    page = register(client, status=422, htmx=True, email="anna")
    assert "<html" not in page.text and 'id="registration-email"' in page.text


def test_a_mistake_elsewhere_leaves_the_answered_picture_as_it_is(client: PageClient) -> None:
    page = register(client, status=422, phone="1")
    picture = Captcha.get()
    assert page.value("captcha_id") == str(picture.id) and page.value("captcha") == picture.answer
    again = {
        **FIELDS,
        "captcha_id": page.value("captcha_id"),
        "captcha": page.value("captcha"),
        "once": page.value("once"),
    }
    assert client.post("/registration/email", again).location == "/registration/sent"


def test_a_wrong_answer_brings_another_picture(client: PageClient) -> None:
    page = register(client, status=422, captcha="00000")
    assert "Не совпало с картинкой" in page and Captcha.select().count() == 2
    assert Captcha.get_by_id(int(page.value("captcha_id"))).used_at is None and page.value("captcha") == ""
    assert page.value("full_name") == FIELDS["full_name"] and Resident.select().count() == 0


@pytest.mark.parametrize("number", ["", "abc", "-5", "9" * 30, "1e9", "٣"])
def test_an_invented_picture_is_wrong(client: PageClient, number: str) -> None:
    assert "Не совпало с картинкой" in register(client, status=422, captcha_id=number)


def test_a_picture_is_used_once(client: PageClient) -> None:
    register(client)
    used = Captcha.get()
    page = register(client, status=422, captcha_id=str(used.id), captcha=used.answer, email="boris@example.org")
    assert "Не совпало с картинкой" in page


def test_without_script_a_new_picture_keeps_what_was_typed(client: PageClient) -> None:
    page = register(client, status=200, refresh="captcha", advertising="y")
    assert Captcha.select().count() == 2
    for name in ("full_name", "email", "phone", "password"):
        assert page.value(name) == FIELDS[name]
    assert {"terms", "consent", "advertising"} <= page.tree.values.keys()
    assert "Заполните поле" not in page and Resident.select().count() == 0


def test_a_key_that_no_form_of_ours_has_is_refused(client: PageClient) -> None:
    assert "Запрос не получилось прочитать" in register(client, status=400, once="ё" * 10_000)
    assert Resident.select().count() == 0


def test_control_signs_in_a_key_are_forgotten(client: PageClient) -> None:
    assert register(client, once="k\0\1").location == "/registration/sent"
    assert Outbox.get().key.endswith(":k")


def test_who_sends_no_key_is_not_taken_for_another(client: PageClient) -> None:
    register(client, once="")
    register(client, once="", email="boris@example.org")
    assert Resident.select().count() == 2


def test_a_form_sent_twice_is_answered_twice_and_taken_once(client: PageClient) -> None:
    page = client.get("/registration/email")
    fields = {**FIELDS, **solved(page), "once": page.value("once")}
    assert client.post("/registration/email", fields).location == "/registration/sent"
    assert client.post("/registration/email", fields).location == "/registration/sent"
    assert Resident.select().count() == Outbox.select().count() == 1


def test_the_rules_follow_what_is_typed(client: PageClient) -> None:
    page = client.post("/registration/password", {"password": "bereza1"}, status=200, htmx=True)
    assert page.text.count('class="ok"') == 4
    assert "Заглавные буквы : не выполнено" in page and "Цифры : выполнено" in page


def test_control_signs_and_emoji_do_no_harm(client: PageClient) -> None:
    register(client, full_name="Соко\0лова Анна 🌸", email="anna\0@example.org")
    who = Resident.get()
    assert (who.surname, who.name, who.patronymic, who.email) == ("Соколова", "Анна", "🌸", "anna@example.org")


def test_very_long_texts_are_refused(client: PageClient) -> None:
    page = register(client, status=422, full_name="я" * 10_000, password="Aa1" * 3333, email="a" * 10_000 + "@b.ru")
    assert "Не больше 200 знаков" in page and "не больше 128 символов" in page
    assert Resident.select().count() == 0


def test_markup_in_a_name_stays_text(client: PageClient) -> None:
    page = register(client, status=422, full_name="<script>alert(1)</script>", phone="1")
    assert "<script>alert" not in page.text and page.value("full_name") == "<script>alert(1)</script>"


def test_line_ends_in_an_address_reach_no_letter(client: PageClient) -> None:
    register(client, status=422, email="anna@example.org\r\nBcc: all@example.org")
    assert Outbox.select().count() == 0


def test_the_form_demands_its_token(client: PageClient) -> None:
    assert client.http.post("/registration/email", data=FIELDS).status_code == 400
    assert Resident.select().count() == 0


def link_of(who: Resident, lives: timedelta = timedelta(hours=48)) -> str:
    return "/registration/activate/" + codes.new_link(who, "activation", clock.now(), lives)


def test_the_link_shows_a_button_and_the_button_opens_the_portal(client: PageClient) -> None:
    register(client)
    url = link_of(Resident.get())
    assert "Подтвердить почту" in client.get(url)
    client.http.head(url)
    assert Resident.get().state == "waiting"
    assert client.post(url).location == "/sign-in"
    assert "Почта подтверждена" in client.get("/sign-in")
    assert Resident.get().state == "active"
    assert client.post("/sign-in", {"login": "anna@example.org", "password": FIELDS["password"]}).location == "/"


def test_a_used_link_leads_to_the_sign_in(client: PageClient) -> None:
    register(client)
    url = link_of(Resident.get())
    client.post(url)
    for page in (client.get(url, status=410), client.post(url, status=410)):
        assert "Ссылка уже использована" in page and "/sign-in" in page.tree.links


def test_an_expired_link_offers_another(client: PageClient) -> None:
    client.get(register(client).location)
    url = link_of(Resident.get(), timedelta(0))
    page = client.get(url, status=410)
    assert "Срок ссылки истёк" in page and "Отправить ещё раз" in page
    assert client.post(url, status=410).words == page.words
    assert client.post(f"{url}/again").location == "/registration/sent"
    assert Outbox.select().count() == 2


@pytest.mark.parametrize("token", ["x", "x" * 3000, "%D1%8F", "..", "'%20OR%201=1"])
def test_an_invented_link_is_none(client: PageClient, token: str) -> None:
    url = f"/registration/activate/{token}"
    assert "Ссылка не подходит" in client.get(url, status=410)
    client.post(url, status=410)
    client.post(f"{url}/again", status=410)


def test_two_passwords_for_one_address_ask_for_a_third(client: PageClient) -> None:
    register(client)
    register(client, password="An0ther-phrase")
    location = client.post(link_of(Resident.get())).location
    assert location.startswith("/recovery/")
    page = client.get(location)
    assert "Новый пароль" in page and "Почта подтверждена" in page


@pytest.mark.parametrize("email", ["anna@example.org", "boris@example.org", "nobody@example.org"])
def test_again_answers_everybody_alike(client: PageClient, email: str) -> None:
    register(client)
    factories.resident(email="boris@example.org")
    page = client.get("/registration/again")
    answer = client.post("/registration/again", {"email": email, **solved(page)})
    assert answer.location == "/registration/sent"


def test_again_demands_an_address_and_the_picture(client: PageClient) -> None:
    page = client.get("/registration/again")
    assert "Проверьте адрес" in client.post("/registration/again", {"email": "x", **solved(page)}, status=422)
    assert "Не совпало" in client.post("/registration/again", {"email": "anna@example.org"}, status=422, htmx=True)
    kept = client.post("/registration/again", {"email": "anna@example.org", "refresh": "captcha"}, status=200)
    assert kept.value("email") == "anna@example.org"


def test_the_documents_are_open(client: PageClient) -> None:
    page = client.get("/texts/agreement")
    assert "Пользовательское соглашение" in page and "Редакция 1" in page
    assert "152-ФЗ" in client.get("/texts/personal-data")
    for slug in ("nothing", "%00", "agreement%00", "x" * 3000, "Соглашение"):
        client.get(f"/texts/{slug}", status=404)


def test_the_newest_version_is_shown(client: PageClient) -> None:
    from models import Text

    Text.publish("agreement", 2, "Соглашение", "# Глава\nСтрока\n- раз\n- два", clock.now())
    page = client.get("/texts/agreement")
    assert "Редакция 2" in page and "<li>раз</li>" in page.text and "<h2>Глава</h2>" in page.text


def test_without_a_mail_channel_the_way_is_hidden(
    app: Flask, client: PageClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.extensions, "settings", replace(app.extensions["settings"], demo=False, mail_url=""))
    client.get("/registration/email", status=404)
    assert "Сейчас зарегистрироваться нельзя" in client.get("/registration")


def test_a_preset_asks_for_its_own_consents(app: Flask, client: PageClient, monkeypatch: pytest.MonkeyPatch) -> None:
    switch(
        app,
        monkeypatch,
        consents=["agreement", "advertising"],
        captcha={"registration": "off"},
        advertising_on=True,
    )
    page = client.get("/registration/email")
    assert "обработку персональных данных" not in page and "Код с картинки" not in page
    assert "advertising" in page.tree.values
    register(client)
    assert [row.text.slug for row in Consent.select()] == ["agreement"]
    switch(app, monkeypatch, consents=["agreement"])
    assert "рассылку" not in client.get("/registration/email")


def test_the_page_asks_little_of_the_database(client: PageClient) -> None:
    with counted() as page:
        client.get("/registration/email")
    assert len(page) <= 2
    with counted() as answer:
        register(client, status=422, phone="1")
    assert len(answer) <= 6
