"""The console's queue of readings that were confirmed against a warning."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path

import pytest
from flask import Flask

from models import Account, Photo, Reading, Register, Resident, Review
from models.reading import USED, WITHDRAWN
from services import reading_photos
from tests import factories, papers
from tests.client import PageClient
from tests.queries import counted

pytestmark = pytest.mark.usefixtures("november")


@pytest.fixture
def olga(database: Flask) -> Resident:
    return factories.operator()


@pytest.fixture
def account(app: Flask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, database: Flask) -> Account:
    """An account with a doubted reading that a resident sent with a photo."""
    monkeypatch.setattr(type(app.extensions["settings"]), "data_dir", property(lambda self: tmp_path))
    account, anna = factories.account(number="2071000390001"), factories.resident()
    factories.link(anna, account)
    register = factories.meter(account, number="00987654").registers.get()
    factories.reading(register, 100, date(2026, 10, 20), state=USED)
    sent(PageClient(app).sign_in(anna), account, "9100")
    return account


def sent(client: PageClient, account: Account, value: str) -> None:
    """Sent and confirmed at once, as a program does."""
    register = Register.of_account(account)[0]
    photo = (io.BytesIO(papers.picture()), "IMG.jpg")
    client.post(
        f"/readings/{account.id}",
        {f"reading-{register.id}": value, "once": value, "confirm": "yes", "photo": photo},
    )


def test_the_queue_shows_the_numbers_the_doubt_and_the_photo(
    client: PageClient, olga: Resident, account: Account
) -> None:
    page = client.sign_in(olga).get("/admin/readings")
    for words in (
        "2071000390001",
        "№ 00987654",
        "000 100",
        "009 100",
        "9 000 кВт*ч",
        "необычный расход",
        "житель",
        "anna",
    ):
        assert words in page, words
    photo = f"/admin/readings/photos/{Photo.get().id}.jpg"
    assert photo in page.tree.links
    assert client.get(photo).response.mimetype == "image/jpeg"
    assert "1 показание ждёт проверки" in client.get("/admin/")


def test_what_was_looked_at_leaves_the_queue_once(client: PageClient, olga: Resident, account: Account) -> None:
    reading = Reading.get(Reading.doubts != "")
    client.sign_in(olga)
    for _ in range(2):
        assert client.post(f"/admin/readings/{reading.id}/review").location == "/admin/readings"
    assert "Всё просмотрено" in client.get("/admin/readings")
    assert (Review.select().count(), Review.get().resident) == (1, olga)


@pytest.mark.parametrize("state", [WITHDRAWN, USED])
def test_what_was_taken_back_or_billed_asks_nobody(
    client: PageClient, olga: Resident, account: Account, state: str
) -> None:
    Reading.update(state=state).where(Reading.doubts != "").execute()
    assert "Всё просмотрено" in client.sign_in(olga).get("/admin/readings")


def test_a_clerk_of_another_supplier_sees_and_settles_nothing(client: PageClient, account: Account) -> None:
    clerk = factories.operator(factories.supplier())
    reading = Reading.get(Reading.doubts != "")
    client.sign_in(clerk)
    assert "Всё просмотрено" in client.get("/admin/readings")
    client.post(f"/admin/readings/{reading.id}/review", status=404)
    client.get(f"/admin/readings/photos/{Photo.get().id}.jpg", status=404)
    assert Review.select().count() == 0


def test_an_ordinary_reading_is_not_there_to_be_reviewed(
    client: PageClient, olga: Resident, account: Account
) -> None:
    plain = Reading.get(Reading.doubts == "")
    client.sign_in(olga).post(f"/admin/readings/{plain.id}/review", status=404)
    client.post(f"/admin/readings/{10**20}/review", status=404)


def test_one_reading_or_ten_cost_the_same_queries(
    client: PageClient, app: Flask, olga: Resident, account: Account
) -> None:
    client.sign_in(olga).get("/admin/readings")
    with counted() as few:
        client.get("/admin/readings")
    for _ in range(9):
        register = factories.meter(account).registers.get()
        factories.reading(register, 5, date(2026, 11, 20), origin="operator", doubts="zero", state="accepted")
    with counted() as many:
        client.get("/admin/readings")
    assert len(few) == len(many) <= 8


def test_the_folder_of_photos_is_outside_the_web_root() -> None:
    assert not reading_photos.FOLDER.is_absolute() and reading_photos.FOLDER.parts[0] == "documents"
