"""The picture: one-time, bound to its form, expiring; a new one does not cost what was typed."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO

import pytest
from flask import Flask
from PIL import Image

import clock
from models import Captcha
from services import captchas, codes
from tests.client import PageClient
from tests.factories import NOW
from views.captchas import shown


def ask(form: str = "registration", number: int = 7) -> Captcha:
    return captchas.ask(form, "23456", number, NOW)


def test_a_right_answer_is_taken_once(database: Flask) -> None:
    ask()
    assert captchas.is_right("registration", 7, "23456", NOW)
    assert not captchas.is_right("registration", 7, "23456", NOW)


@pytest.mark.parametrize("typed", [" 2 3 4 5 6 ", "23456\n"])
def test_blanks_between_the_digits_are_forgiven(database: Flask, typed: str) -> None:
    ask()
    assert captchas.is_right("registration", 7, typed, NOW)


@pytest.mark.parametrize("typed", ["", "2345", "234567", "\0", "２３４５６", "🌸", "x" * 10_000])
def test_a_wrong_answer_uses_the_picture_up(database: Flask, typed: str) -> None:
    ask()
    assert not captchas.is_right("registration", 7, typed, NOW)
    assert not captchas.is_right("registration", 7, "23456", NOW)


def test_a_picture_serves_its_own_form_alone(database: Flask) -> None:
    ask()
    assert not captchas.is_right("sign-in", 7, "23456", NOW)
    assert captchas.is_right("registration", 7, "23456", NOW)


def test_a_picture_lives_a_quarter_of_an_hour(database: Flask) -> None:
    ask()
    assert not captchas.is_right("registration", 7, "23456", NOW + timedelta(minutes=15))


def test_an_unknown_picture_is_wrong(database: Flask) -> None:
    assert not captchas.is_right("registration", 8, "23456", NOW)
    assert not captchas.is_right("registration", -1, "", NOW)


@pytest.mark.parametrize(
    ("policy", "failures", "wanted"),
    [("always", 0, True), ("after-failures", 2, False), ("after-failures", 3, True), ("off", 99, False)],
)
def test_the_preset_says_when(policy: str, failures: int, wanted: bool) -> None:
    assert captchas.is_wanted(policy, failures) is wanted


def test_ids_cannot_be_walked() -> None:
    numbers = {codes.new_number() for _ in range(1000)}
    assert len(numbers) == 1000 and max(numbers) < 2**53 and min(numbers) > 0
    assert max(numbers) > 2**49


def test_the_picture_is_the_same_each_time(client: PageClient) -> None:
    captchas.ask("registration", "23456", 2**53 - 1, clock.now())
    first, second = (client.get(f"/captcha/{2**53 - 1}.png") for _ in range(2))
    assert first.data == second.data
    assert Image.open(BytesIO(first.data)).size == (200, 70)
    assert first.response.headers["Cache-Control"] == "no-store"


def test_a_picture_that_was_answered_is_not_shown(client: PageClient) -> None:
    captchas.ask("registration", "23456", 7, clock.now())
    captchas.is_right("registration", 7, "99999", clock.now())
    client.get("/captcha/7.png", status=404)


@pytest.mark.parametrize("number", ["8", "0", "-1", str(2**53), str(10**30), "x", "7.png", "%00"])
def test_what_is_no_picture_is_not_found(client: PageClient, number: str) -> None:
    client.get(f"/captcha/{number}.png", status=404)


def test_a_new_picture_is_a_fragment(client: PageClient) -> None:
    page = client.post("/captcha?form=registration", status=200, htmx=True)
    assert "Код с картинки" in page and "Обновить картинку" in page
    assert Captcha.get_by_id(int(page.value("captcha_id"))).form == "registration"


@pytest.mark.parametrize("form", ["", "unknown", "email-change"])
def test_a_form_that_asks_for_none_gets_none(client: PageClient, form: str) -> None:
    client.post(f"/captcha?form={form}", status=404, htmx=True)
    assert Captcha.select().count() == 0


def test_old_pictures_are_forgotten(database: Flask) -> None:
    ask()
    assert Captcha.forget(NOW) == 0
    assert Captcha.forget(NOW + timedelta(days=1)) == 1


def test_a_page_opened_again_shows_the_same_picture(client: PageClient) -> None:
    first, second = (client.get("/registration/email").value("captcha_id") for _ in range(2))
    assert first == second and Captcha.select().count() == 1


def test_a_picture_kept_for_one_form_is_not_shown_in_another(client: PageClient) -> None:
    captchas.ask("recovery", "23456", 7, clock.now())
    with client.http.session_transaction() as kept:
        kept["captchas"] = {"registration": 7}
    assert client.get("/registration/email").value("captcha_id") != "7"


def test_who_fetches_pages_without_end_fills_no_table(app: Flask) -> None:
    for _ in range(captchas.MOST + 3):
        page = PageClient(app).get("/registration/email")  # a browser that keeps no cookies
    assert Captcha.select().count() == captchas.MOST
    assert Captcha.get_by_id(int(page.value("captcha_id"))).used_at is None


def test_who_has_used_up_all_pictures_waits(client: PageClient) -> None:
    client.get("/registration/email")
    sample = Captcha.get()
    for number in range(1, captchas.MOST):
        captchas.ask("registration", "23456", number, clock.now(), sample.network)
    Captcha.update(used_at=NOW).execute()
    client.get("/registration/email", status=429)
    client.get("/registration/email", environ_base={"REMOTE_ADDR": "192.0.2.9"})


def test_another_picture_is_shown_to_who_asks_for_one_without_script(app: Flask, client: PageClient) -> None:
    before = client.get("/registration/email").value("captcha_id")
    form = {"refresh": "captcha", "captcha_id": before}
    with app.test_request_context("/accounts/link", method="POST", data=form):
        assert str(shown("registration").id) != before
