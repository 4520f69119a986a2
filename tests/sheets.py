"""What a person reads and a camera sees on the pages of a PDF."""

from __future__ import annotations

import pypdfium2
import zxingcpp


def words_of(pdf: bytes) -> str:
    """The text of all pages, blanks of all kinds made one."""
    pages = pypdfium2.PdfDocument(pdf)
    return " ".join(" ".join(page.get_textpage().get_text_bounded() for page in pages).split())


def payment_code(pdf: bytes, scale: int = 3) -> list[str]:
    """The pairs of the payment code, read from the picture of the page."""
    pictures = [page.render(scale=scale).to_pil() for page in pypdfium2.PdfDocument(pdf)]
    found = [code for picture in pictures for code in zxingcpp.read_barcodes(picture)]
    code = next(code.bytes for code in found if code.bytes.startswith(b"ST0001"))
    return code.decode().split("|")
