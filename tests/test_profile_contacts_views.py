"""A new e-mail or phone: the code to the new address, the old one that hears of it, what is refused."""

from __future__ import annotations

import pytest
from flask import Flask

from models import Captcha, Link, Notice, Outbox, Resident
from services.challenges import CONTACT
from tests import factories
from tests.client import Page, PageClient
from tests.portal import switched
from tests.profiles import again, kinds, sent_code, somebody

OLD, NEW = "anna@example.org", "anna.new@example.org"


@pytest.fixture
def anna(database: Flask) -> Resident:
    return somebody(email=OLD)


@pytest.fixture
def signed_in(client: PageClient, anna: Resident) -> PageClient:
    return client.sign_in(anna)


def ask(client: PageClient, address: str = NEW, channel: str = "email") -> str:
    """The page that waits for the code."""
    return client.post(f"/profile/contacts/{channel}", {channel: address}).location


@pytest.mark.parametrize("htmx", [False, True])
def test_a_new_email_counts_once_its_code_is_typed(
    app: Flask, signed_in: PageClient, anna: Resident, htmx: bool
) -> None:
    url = ask(signed_in)
    page = signed_in.get(url)
    assert all(
        words in page for words in ("Введите код, отправленный на почту", NEW, "Отправить ещё раз", "Отменить")
    )
    assert again(anna).email == OLD
    code = sent_code(app)
    assert signed_in.post(url, {"code": code}, htmx=htmx).location == "/profile"
    assert (again(anna).email, again(anna).email_key) == (NEW, NEW)
    assert f"E-mail {NEW} подтверждён" in signed_in.get("/profile")
    assert kinds(OLD) == ["contact-changed"], "whoever takes over the portal does not do it silently"


def test_a_new_phone_counts_once_its_code_is_typed(app: Flask, signed_in: PageClient, anna: Resident) -> None:
    url = ask(signed_in, "8 912 345-67-89", "phone")
    assert "Введите СМС-код, отправленный на номер +7 (912) 345-67-89" in signed_in.get(url)
    signed_in.post(url, {"code": sent_code(app)})
    assert again(anna).phone_key == "+79123456789" and again(anna).phone_confirmed_at


def test_without_messages_a_phone_is_kept_unconfirmed(app: Flask, signed_in: PageClient, anna: Resident) -> None:
    with switched(app, {}, demo=False, mail_url="smtp://localhost"):
        assert ask(signed_in, "+7 912 345-67-89", "phone") == "/profile"
        page = signed_in.get("/profile")
    assert "не подтверждён" in page and "Подтвердить" not in page
    kept = again(anna)
    assert (kept.phone, kept.phone_key, kept.phone_confirmed_at) == ("+79123456789", None, None)
    assert not Outbox.select().exists()


@pytest.mark.parametrize(
    ("channel", "typed", "said"),
    [
        ("email", "", "Заполните поле"),
        ("email", "no-at", "Проверьте адрес"),
        ("email", OLD, "уже подтверждён"),
        ("phone", "", "Заполните поле"),
        ("phone", "12", "Проверьте номер"),
        ("phone", "+7 495 123-45-67", "Нужен мобильный номер"),
    ],
)
@pytest.mark.parametrize("htmx", [False, True])
def test_what_is_no_new_address_is_refused(
    signed_in: PageClient, channel: str, typed: str, said: str, htmx: bool
) -> None:
    page = signed_in.post(f"/profile/contacts/{channel}", {channel: typed}, status=422, htmx=htmx)
    assert said in page and page.value(channel) == typed and ("<html" not in page.text) == htmx


def test_a_taken_address_is_answered_the_same_and_its_owner_is_told(app: Flask, signed_in: PageClient) -> None:
    boris = somebody(email="boris@example.org")
    free, taken = ask(signed_in), ask(signed_in, "boris@example.org")
    seen = [signed_in.get(url).words.replace(NEW, "").replace("boris@example.org", "") for url in (free, taken)]
    assert seen[0] == seen[1]
    assert kinds("boris@example.org") == ["known-email"]
    assert "Код не подошёл" in signed_in.post(taken, {"code": "00000"}, status=422)
    assert again(boris).email == "boris@example.org"


def test_a_wrong_code_changes_nothing(signed_in: PageClient, anna: Resident) -> None:
    url = ask(signed_in)
    for htmx in (False, True):
        page = signed_in.post(url, {"code": "00000"}, status=422, htmx=htmx)
        assert "Код не подошёл" in page and page.value("code") == ""
    assert again(anna).email == OLD


def test_another_code_must_wait_a_minute(signed_in: PageClient) -> None:
    url = ask(signed_in)
    assert signed_in.post(f"{url}/again").location == url
    assert "Подождите" in signed_in.get(url)


def test_cancel_ends_the_page_and_its_code(app: Flask, signed_in: PageClient, anna: Resident) -> None:
    url = ask(signed_in)
    code = sent_code(app)
    assert signed_in.post(url, {"cancel": "yes"}).location == "/profile"
    assert signed_in.post(url, {"code": code}).location == "/profile"
    assert "Время вышло" in signed_in.get("/profile") and again(anna).email == OLD


def test_a_second_press_finds_the_page_over(app: Flask, signed_in: PageClient, anna: Resident) -> None:
    url = ask(signed_in)
    code = sent_code(app)
    for _ in range(2):
        assert signed_in.post(url, {"code": code}).location == "/profile"
    assert again(anna).email == NEW and kinds(OLD) == ["contact-changed"]


def test_another_residents_request_does_not_exist(app: Flask, signed_in: PageClient, anna: Resident) -> None:
    url = ask(signed_in)
    code = sent_code(app)
    stranger = PageClient(app).sign_in(somebody())
    stranger.get(url, status=404)
    stranger.post(url, {"code": code}, status=404)
    stranger.post(f"{url}/again", status=404)
    assert again(anna).email == OLD


def test_two_who_ask_for_one_address_do_not_share_it(app: Flask, signed_in: PageClient, anna: Resident) -> None:
    """The address was free when both asked; the one who types the code first has it."""
    url = ask(signed_in)
    code = sent_code(app)
    somebody(email=NEW)
    page = signed_in.post(url, {"code": code}, status=422)
    assert "Код больше не действует" in page and again(anna).email == OLD


def test_the_email_is_removed_where_another_way_in_remains(signed_in: PageClient, anna: Resident) -> None:
    assert "Удалить e-mail" not in signed_in.get("/profile/contacts/email")
    page = signed_in.post("/profile/contacts/email", {"remove": "yes", "email": OLD}, status=422)
    assert "другого способа у вас нет" in page
    Resident.update(phone="+79123456789", phone_key="+79123456789").where(Resident.id == anna.id).execute()
    link = factories.link(anna, bills_by_email=True)
    assert "Удалить e-mail" in signed_in.get("/profile/contacts/email")
    signed_in.post("/profile/contacts/email", {"remove": "yes"})
    kept = again(anna)
    assert (kept.email, kept.email_key, kept.email_confirmed_at) == ("", None, None)
    assert not Link.get_by_id(link.id).bills_by_email
    assert Notice.get().subject == "Счета снова приходят на бумаге" and kinds(OLD) == ["contact-changed"]


def test_a_login_by_account_is_another_way_in(signed_in: PageClient, anna: Resident) -> None:
    factories.link(anna, is_login=True)
    signed_in.post("/profile/contacts/email", {"remove": "yes"})
    assert again(anna).email == ""


def test_the_last_way_in_is_not_lost_with_a_phone_either(app: Flask, client: PageClient) -> None:
    who = somebody(email="", email_confirmed_at=None, phone="+79120000000", phone_key="+79120000000")
    client.sign_in(who)
    with switched(app, {}, demo=False, mail_url="smtp://localhost"):
        page = client.post("/profile/contacts/phone", {"phone": "+7 912 345-67-89"}, status=422)
    assert "другого способа у вас нет" in page and again(who).phone_key == "+79120000000"


def change(client: PageClient, status: int = 303, htmx: bool = False, **fields: str) -> Page:
    return client.post("/profile/email", {"email": NEW, "email_again": NEW, **fields}, status=status, htmx=htmx)


def test_the_email_is_changed_by_the_form_with_the_address_twice(
    app: Flask, signed_in: PageClient, anna: Resident
) -> None:
    page = signed_in.get("/profile/email")
    for words in ("Почта", f"Электронная почта {OLD}", "Новый адрес электронной почты", "Сохранить изменения"):
        assert words in page
    url = change(signed_in).location
    signed_in.post(url, {"code": sent_code(app)})
    assert again(anna).email == NEW


@pytest.mark.parametrize("htmx", [False, True])
def test_addresses_that_differ_are_refused(signed_in: PageClient, htmx: bool) -> None:
    page = change(signed_in, 422, htmx, email_again="other@example.org")
    assert "Адреса не совпали" in page and page.value("email") == NEW


def test_a_picture_is_asked_for_where_the_preset_says(app: Flask, signed_in: PageClient) -> None:
    with switched(app, {"captcha": {"email-change": "always"}}):
        page = change(signed_in, 422)
        assert "Не совпало с картинкой" in page
        kept = change(signed_in, 200, refresh="captcha")
        assert kept.value("email_again") == NEW
        picture = Captcha.get_by_id(int(kept.value("captcha_id")))
        url = change(signed_in, captcha_id=str(picture.id), captcha=picture.answer).location
    assert url.startswith("/profile/contacts/code/")


def test_codes_are_five_digits_and_guessing_ends(signed_in: PageClient, anna: Resident) -> None:
    assert CONTACT.digits == 5
    url = ask(signed_in)
    for _ in range(5):
        signed_in.post(url, {"code": "00000"}, status=422)
    assert "Код больше не действует" in signed_in.post(url, {"code": "00001"}, status=422)


def test_what_was_sent_to_the_old_mailbox_opens_nothing_any_more(
    app: Flask, client: PageClient, signed_in: PageClient, anna: Resident
) -> None:
    """Whoever reads the old mailbox has a code, a link and a page that would send him more of them."""
    page = client.post("/recovery", {"login": OLD}).location
    old_code = sent_code(app)
    url = ask(signed_in)
    signed_in.post(url, {"code": sent_code(app)})
    PageClient(app).post(page, {"code": old_code}, status=410)
    PageClient(app).post(f"{page}/again", status=410)
