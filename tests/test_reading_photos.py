"""Photos of meters: made anew, kept through a warning, shown to the holder and the operator, forgotten in time."""

from __future__ import annotations

import io
import os
from datetime import date, timedelta
from pathlib import Path

import pytest
from flask import Flask
from PIL import Image

from models import Account, Photo, Reading, Register, Resident, Submission
from models.erasing import erase_rows
from models.reading import USED
from services import reading_links, reading_photos
from services.limits import Visitor
from services.refusal import Refused
from tests import factories, papers
from tests.client import PageClient
from tests.factories import NOW, TODAY
from tests.portal import READING_KEY
from tests.test_readings_views import hidden

pytestmark = pytest.mark.usefixtures("november")

SOMEBODY = Visitor(key="k" * 32, address="192.0.2.7")


@pytest.fixture
def anna(database: Flask) -> Resident:
    return factories.resident()


@pytest.fixture
def account(anna: Resident) -> Account:
    account = factories.account()
    factories.link(anna, account)
    factories.reading(factories.meter(account).registers.get(), 100, date(2026, 10, 20), state=USED)
    return account


@pytest.fixture(autouse=True)
def folder(app: Flask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(type(app.extensions["settings"]), "data_dir", property(lambda self: tmp_path))
    return tmp_path / reading_photos.FOLDER


def filled(account: Account, value: str, photo: bytes | None = None, **fields: str) -> dict[str, object]:
    register = Register.of_account(account)[0]
    file = {} if photo is None else {"photo": (io.BytesIO(photo), "IMG 0001.jpg")}
    return {f"reading-{register.id}": value, "once": "key", **fields, **file}


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*"))


def test_a_photo_comes_with_the_reading_and_is_made_anew(
    client: PageClient, anna: Resident, account: Account, folder: Path
) -> None:
    data = filled(account, "150", papers.with_exif((4000, 3000)))
    client.sign_in(anna).post(f"/readings/{account.id}", data)
    photo = Photo.get()
    assert photo.submission == Submission.get()
    assert f'href="/readings/photos/{photo.id}.jpg">Фото приложено</a>' in client.get(f"/readings/{account.id}").text
    answer = client.get(f"/readings/photos/{photo.id}.jpg").response
    assert (answer.mimetype, answer.headers["Cache-Control"]) == ("image/jpeg", "no-store")
    with Image.open(io.BytesIO(answer.data)) as picture:
        assert picture.size == (1200, 1600)  # upright, no side longer than 1600
        assert not picture.getexif() and "comment" not in picture.info
    assert b"Anna" not in answer.data
    [path] = files(folder)
    assert path.stat().st_mode & 0o777 == 0o600 and not path.suffix


def test_a_photo_stays_through_a_warning(client: PageClient, anna: Resident, account: Account, folder: Path) -> None:
    url = f"/readings/{account.id}"
    page = client.sign_in(anna).post(url, filled(account, "100", papers.picture()), status=422)
    assert "Фото приложено" in page and Photo.select().count() == 0
    kept = {"confirm": "yes", "warned": hidden(page, "warned"), "photo_kept": hidden(page, "photo_kept")}
    client.post(url, filled(account, "100", **kept))
    assert str(Photo.get().file_key) == files(folder)[0].name
    assert len(files(folder)) == 1


def test_a_claim_to_another_accounts_photo_is_worth_nothing(
    client: PageClient, anna: Resident, account: Account
) -> None:
    other = factories.account()
    claim = reading_photos.claim("key", other, client.app.extensions["settings"].secret_key)
    for kept in (claim, "key", "key.", ".", "../../etc/passwd.x", "ключ.ключ"):
        client.sign_in(anna).post(f"/readings/{account.id}", filled(account, "150", photo_kept=kept, once=kept[:20]))
    assert Photo.select().count() == 0


@pytest.mark.parametrize(
    "content",
    [papers.PDF, papers.SVG, papers.HTML, papers.EXE, b"", papers.picture()[:100], papers.bomb()],
    ids=["pdf", "svg", "html", "exe", "empty", "cut", "bomb"],
)
def test_what_is_no_photo_is_refused_and_the_reading_goes_without_it(
    client: PageClient, anna: Resident, account: Account, folder: Path, content: bytes
) -> None:
    url = f"/readings/{account.id}"
    page = client.sign_in(anna).post(url, filled(account, "150", content), status=422)
    assert "Фото не подошло: нужен снимок JPEG или PNG до 10 МБ" in page
    assert "передайте показания без фото" in page and 'value="150"' in page.text
    assert Submission.select().count() == 0 and not files(folder)
    client.post(url, filled(account, "150"))
    assert Submission.select().count() == 1


def test_a_photo_that_is_too_large_is_refused(account: Account, folder: Path) -> None:
    content = papers.picture() + bytes(10 * 1024 * 1024)
    with pytest.raises(Refused, match="до 10 МБ"):
        reading_photos.keep(content, account, folder, SOMEBODY, NOW)


def test_too_many_photos_of_one_account_wait(account: Account, folder: Path) -> None:
    for _ in range(reading_photos.KEPT.most):
        reading_photos.keep(papers.picture(), account, folder, SOMEBODY, NOW)
    with pytest.raises(Refused, match="или передайте показания без фото"):
        reading_photos.keep(papers.picture(), account, folder, SOMEBODY, NOW)


def test_a_server_without_room_takes_the_reading_without_the_photo(
    client: PageClient, anna: Resident, account: Account, folder: Path
) -> None:
    folder.parent.mkdir()
    folder.write_text("a file where the folder should be")
    page = client.sign_in(anna).post(f"/readings/{account.id}", filled(account, "150", papers.picture()), status=422)
    assert "на сервере нет места. Передайте показания без фото." in page
    client.post(f"/readings/{account.id}", filled(account, "150"))
    assert Submission.select().count() == 1 and Photo.select().count() == 0


def test_a_photo_sent_after_the_reading_joins_it(client: PageClient, anna: Resident, account: Account) -> None:
    url = f"/readings/{account.id}"
    client.sign_in(anna).post(url, filled(account, "150"))
    client.post(url, filled(account, "150", papers.picture(), once="other"))
    assert Submission.select().count() == 1
    assert Photo.get().submission == Submission.get()


def test_a_photo_comes_by_link_too_and_is_not_shown_there(client: PageClient, account: Account) -> None:
    url = reading_links.link_for(account, TODAY, READING_KEY, "")
    client.post(url, filled(account, "150", papers.picture()))
    assert Photo.select().count() == 1
    assert "photos/" not in client.get(url).text


def test_the_holder_finds_it_in_the_history_and_a_neighbour_does_not(
    client: PageClient, anna: Resident, account: Account
) -> None:
    client.sign_in(anna).post(f"/readings/{account.id}", filled(account, "150", papers.picture()))
    address = f"/readings/photos/{Photo.get().id}.jpg"
    assert address in client.get("/history?kind=readings").tree.links
    client.sign_in(factories.resident()).get(address, status=404)


def test_photos_are_forgotten_after_the_suppliers_term(
    client: PageClient, anna: Resident, account: Account, folder: Path
) -> None:
    client.sign_in(anna).post(f"/readings/{account.id}", filled(account, "150", papers.picture()))
    address = f"/readings/photos/{Photo.get().id}.jpg"
    grown_old(folder)
    reading_photos.sweep(folder, NOW + timedelta(days=89))
    assert len(files(folder)) == 1
    factories.setting(account.supplier, "photo_days", 30)
    reading_photos.sweep(folder, NOW + timedelta(days=31))
    assert not files(folder) and Photo.select().count() == 0
    client.get(address, status=404)
    assert Reading.select().where(Reading.origin == "resident").count() == 1


def test_a_photo_whose_form_was_never_sent_goes_after_a_day(account: Account, folder: Path) -> None:
    reading_photos.keep(papers.picture(), account, folder, SOMEBODY, NOW)
    reading_photos.sweep(folder, NOW)
    assert len(files(folder)) == 1
    grown_old(folder)
    reading_photos.sweep(folder, NOW)
    assert not files(folder)


def test_a_photo_goes_with_the_resident_who_leaves(
    client: PageClient, anna: Resident, account: Account, folder: Path
) -> None:
    client.sign_in(anna).post(f"/readings/{account.id}", filled(account, "150", papers.picture()))
    erase_rows(anna)
    assert Photo.select().count() == 0 and Submission.select().count() == 1


def grown_old(folder: Path) -> None:
    """As if the files had been written long ago."""
    for path in files(folder):
        os.utime(path, (0, 0))
