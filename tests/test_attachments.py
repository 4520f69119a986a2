"""What may be attached: told by the content, made anew, kept where no browser asks."""

from __future__ import annotations

import io
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from services import attachments
from services.attachments import Attachment, accepted
from services.refusal import Refused
from tests import papers


def opened(attachment: Attachment) -> Image.Image:
    return Image.open(io.BytesIO(attachment.content))


def test_a_photo_leaves_its_exif_behind_and_stands_upright() -> None:
    photo = papers.with_exif((60, 40))
    assert b"phone" in photo and b"secret comment" in photo
    kept = accepted("IMG_1.JPG", photo)
    image = opened(kept)
    assert (kept.kind, kept.name, image.format, image.size) == ("image/jpeg", "IMG_1.jpg", "JPEG", (40, 60))
    assert not image.getexif() and b"phone" not in kept.content and b"comment" not in kept.content


def test_texts_within_a_picture_stay_behind_too() -> None:
    out, notes = io.BytesIO(), PngInfo()
    notes.add_text("Comment", "secret")
    notes.add_itxt("XML:com.adobe.xmp", "<x:xmpmeta>secret</x:xmpmeta>")
    Image.new("RGB", (9, 9)).save(out, "PNG", pnginfo=notes, exif=Image.Exif())
    assert b"secret" in out.getvalue() and b"secret" not in accepted("a.png", out.getvalue()).content


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_kind_of_scan_becomes_a_jpeg(mode: str) -> None:
    kept = accepted("скан.png", papers.picture("PNG", mode, colour=0))
    assert (kept.name, opened(kept).format, opened(kept).mode) == ("скан.jpg", "JPEG", "RGB")


def test_what_was_transparent_is_white() -> None:
    kept = accepted("a.png", papers.picture("PNG", "RGBA", colour=(0, 0, 0, 0)))
    assert opened(kept).getpixel((5, 5)) == (255, 255, 255)


def test_a_large_photo_is_made_smaller() -> None:
    assert opened(accepted("a.jpg", papers.picture(size=(6000, 3000)))).size == (4000, 2000)


def test_a_pdf_is_kept_as_it_is() -> None:
    assert accepted("договор.exe", papers.PDF) == Attachment("договор.pdf", "application/pdf", papers.PDF)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "Файл пустой"),
        (papers.EXE, "JPEG, PNG или PDF"),
        (papers.SVG, "JPEG, PNG или PDF"),
        (papers.HTML, "JPEG, PNG или PDF"),
        (b" %PDF-1.4", "JPEG, PNG или PDF"),
        (papers.picture("GIF"), "JPEG, PNG или PDF"),
        (papers.picture()[:400], "повреждён"),
        (papers.picture("PNG")[:60], "повреждён"),
        (papers.bomb(), "50 мегапикселей"),
        (papers.bomb(8000), "50 мегапикселей"),
        (papers.PDF + bytes(attachments.LARGEST), "больше 10 МБ"),
    ],
    ids=["empty", "exe", "svg", "html", "pdf later", "gif", "cut jpeg", "cut png", "bomb", "60 Mpx", "11 MB"],
)
@pytest.mark.parametrize("name", ["паспорт.pdf", "photo.jpg"])
def test_what_is_no_document_is_refused_whatever_its_name(name: str, content: bytes, says: str) -> None:
    with pytest.raises(Refused, match=says) as refusal:
        accepted(name, content)
    assert refusal.value.field == "document"


@pytest.mark.filterwarnings("ignore:.*:UserWarning")
def test_mutated_pictures_are_redrawn_or_refused() -> None:
    seeds, chance = [papers.with_exif(), papers.picture("PNG", "P"), papers.picture("PNG", "RGBA")], Random(7)
    for _ in range(1500):
        content = bytearray(chance.choice(seeds))
        for _ in range(chance.randrange(1, 8)):
            content[chance.randrange(8, len(content))] = chance.randrange(256)
        try:
            kept = accepted("x", bytes(content[: chance.randrange(20, len(content) + 200)]))
        except Refused:
            continue
        assert kept.kind == "image/jpeg"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\Мои документы\\счёт.jpg", "счёт.pdf"),
        ("ann\N{RIGHT-TO-LEFT OVERRIDE}fdp.exe", "ann_fdp.pdf"),
        ("a\r\nSet-Cookie: x.pdf", "a__Set-Cookie_ x.pdf"),
        ("", "документ.pdf"),
        ("...", "документ.pdf"),
        ("я" * 3000, "я" * 100 + ".pdf"),
    ],
)
def test_a_name_is_cleaned_for_show(name: str, shown: str) -> None:
    assert accepted(name, papers.PDF).name == shown


def test_a_file_is_kept_for_its_owner_alone_under_a_name_of_ours(tmp_path: Path) -> None:
    folder = tmp_path / "documents" / "requests"
    key = attachments.keep(accepted("../x.pdf", papers.PDF), folder)
    assert len(key) == 43 and [path.name for path in folder.iterdir()] == [key]
    assert folder.stat().st_mode & 0o777 == 0o700 and (folder / key).stat().st_mode & 0o777 == 0o600
    assert attachments.read(key, folder) == papers.PDF
    attachments.drop(key, folder)
    attachments.drop(key, folder)
    assert attachments.read(key, folder) is None and attachments.read("", folder) is None


def test_a_disk_that_takes_nothing_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "documents").write_text("a file where a folder should be")
    with pytest.raises(Refused, match="на сервере нет места"):
        attachments.keep(accepted("x.pdf", papers.PDF), tmp_path / "documents")


def test_a_sweep_spares_what_is_wanted_and_what_is_being_stored(tmp_path: Path) -> None:
    now = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
    for name, age in (("wanted", 48), ("orphan", 48), ("fresh", 0)):
        (tmp_path / name).touch()
        moment = (now - timedelta(hours=age)).timestamp()
        os.utime(tmp_path / name, (moment, moment))
    assert attachments.sweep(tmp_path, {"wanted"}, now) == 1
    assert {path.name for path in tmp_path.iterdir()} == {"wanted", "fresh"}
    assert attachments.sweep(tmp_path / "nowhere", set(), now) == 0
