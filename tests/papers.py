"""Files that people attach, as bytes: good ones, and what else may come under a good name."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

from PIL import Image

PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><script>alert(1)</script>"
EXE = b"MZ\x90\x00" + bytes(200)
LATITUDE = 0x0002


def archive(size: int = 100 * 1024 * 1024) -> bytes:
    """A ZIP of some hundred kilobytes that would unpack into a hundred megabytes."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed,
        packed.open("a.txt", "w", force_zip64=True) as entry,
    ):
        for _ in range(size // 2**20):
            entry.write(bytes(2**20))
    return out.getvalue()


def picture(kind: str = "JPEG", mode: str = "RGB", size: tuple[int, int] = (60, 40), colour: object = 90) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, colour).save(out, kind)  # type: ignore[arg-type]
    return out.getvalue()


def with_exif(size: tuple[int, int] = (60, 40)) -> bytes:
    """A phone's photo: who made it, where it was made, and that it lies on its side."""
    exif, out = Image.Exif(), io.BytesIO()
    exif[0x010F], exif[0x0112] = "Anna's phone", 6
    exif.get_ifd(0x8825)[LATITUDE] = (55.0, 45.0, 7.0)
    Image.new("RGB", size, 90).save(out, "JPEG", exif=exif, comment=b"secret comment")
    return out.getvalue()


def bomb(side: int = 60_000) -> bytes:
    """A PNG of some hundred bytes that would unpack into gigabytes."""
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", rows) + _chunk(b"IEND", b"")


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
