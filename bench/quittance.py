"""P4: a quittance with two QR codes beside reportlab (peer) and a bare writer of PDF (limit), one interleaved run.

All three put the same words at the same places, in the same pre-subset faces. Ours also lays the page out; the peer
and the limit are handed the finished places, and both make the QR codes by the same fast encoder, so that the peer
is as good as it can be made. A second peer draws them by reportlab's own widget, as its manual tells.

Run: python -m bench.quittance [rounds]
"""

import sys
import time
import zlib
from collections.abc import Callable
from datetime import date
from io import BytesIO
from statistics import median
from typing import Any

from fpdf.drawing_primitives import DeviceGray
from PIL.Image import Image
from reportlab.graphics import renderPDF
from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from documents.page import PALE, POINT, Sheet, Style, width
from documents.payment_code import PaymentCode, payload, picture
from documents.quittance import ChargeLine, MeterLine, Payee, Quittance, render, render_many
from documents.quittance_form import SECTIONS
from documents.typeface import FILES, FOLDER, faces

HEIGHT = 841.89  # A4, points
SIZE_BAR = 45 * 1024

SUPPLIER = Payee(
    name="ООО «Управляющая компания „Берёзовая роща“»",
    inn="7707083893",
    kpp="770701001",
    ogrn="1027700132195",
    account="40702810138250123017",
    bank="ПАО СБЕРБАНК",
    bic="044525225",
    corr_account="30101810400000000225",
    address="390000, г. Светлоречье, ул. Мира, д. 5, офис 12",
    phone="8 800 100-20-30",
    email="dom@roscha.example.org",
    site="roscha.example.org",
    hours="пн–пт 8:00–17:00, обед 12:00–13:00",
)
CODE = PaymentCode(
    name=SUPPLIER.name,
    personal_acc=SUPPLIER.account,
    bank_name=SUPPLIER.bank,
    bic=SUPPLIER.bic,
    corresp_acc=SUPPLIER.corr_account,
    payee_inn=SUPPLIER.inn,
    kpp=SUPPLIER.kpp,
    sum_kopecks=148533,
    purpose="Оплата ЖКУ по ЛС 5500190347 за октябрь 2026",
    pers_acc="5500190347",
    period=date(2026, 10, 1),
    last_name="Соколова",
    first_name="Анна",
    middle_name="Викторовна",
    payer_address="г. Светлоречье, ул. Лесная, д. 12, кв. 45",
)
LINES = (
    ChargeLine("Содержание жилья", 113120, 113120, unit="м²", volume="50,50", tariff="22,40"),
    ChargeLine("Электроэнергия, день", 95164, 95164, unit="кВт*ч", volume="148", method="прибор", tariff="6,43"),
    ChargeLine("Электроэнергия, ночь", 30816, 30816, unit="кВт*ч", volume="96", method="прибор", tariff="3,21"),
    ChargeLine("Электроэнергия на СОИ", 1993, 1993, unit="кВт*ч", volume_common="3,10", tariff="6,43"),
    ChargeLine("Отопление", 87518, 87518, unit="Гкал", volume="0,4100", method="прибор", tariff="2 134,59"),
    ChargeLine("Холодная вода", 15365, 15365, unit="м³", volume="3,724", method="прибор", tariff="41,26"),
    ChargeLine("Водоотведение", 11984, 11984, unit="м³", volume="3,724", method="прибор", tariff="32,18"),
    ChargeLine(
        "Обращение с ТКО",
        25280,
        12640,
        recalculated=-12640,
        unit="чел.",
        volume="2",
        method="норматив",
        tariff="126,40",
        provider="Региональный оператор «Чистый город»",
    ),
    ChargeLine("Пени", 1247, 1247),
)
BILL = Quittance(
    number="136",
    period=date(2026, 10, 1),
    issued_on=date(2026, 10, 31),
    due_on=date(2026, 11, 15),
    supplier=SUPPLIER,
    account_number="5500190347",
    opening=0,
    charged=382487,
    recalculated=-12640,
    paid=221314,
    to_pay=148533,
    els="80РС000001",
    holder="Соколова Анна Викторовна",
    address="390000, г. Светлоречье, ул. Лесная, д. 12, кв. 45",
    area="50,50",
    living_area="31,20",
    rooms="2",
    registered="2",
    meters=(
        MeterLine("Электроэнергия", "38002134", "День", "кВт*ч", "015 589", "015 737", "148", date(2032, 1, 2)),
        MeterLine("Электроэнергия", "38002134", "Ночь", "кВт*ч", "008 110", "008 206", "96", date(2032, 1, 2)),
        MeterLine("Холодная вода", "00120006", "", "м³", "00321,006", "00324,730", "3,724", date(2027, 3, 9)),
    ),
    lines=LINES,
    code=CODE,
    readings_url="https://lk.example.org/r/AbCdEfGhIjKlMnOpQrStUvWxYz012345",
    note="Приём показаний — с 15 по 25 число. Аварийная служба: 8 800 100-20-31, круглосуточно.",
)
CODES = (payload(CODE), (BILL.readings_url or "").encode())


class Places(Sheet):
    """A sheet that only notes what stands where, in points from the lower left corner."""

    def __init__(self) -> None:
        super().__init__("", "", BILL.issued_on)
        self.texts: list[tuple[float, float, str, Style]] = []
        self.rules: list[tuple[float, float, float, float, DeviceGray]] = []
        self.plates: list[tuple[float, float, float, float]] = []
        self.pictures: list[tuple[float, float, float]] = []

    def text(self, x: float, y: float, text: str, style: Style, align: str = "left") -> None:
        if text:
            x -= {"left": 0, "right": 1, "center": 0.5}[align] * width(text, style)
            self.texts.append((x / POINT, HEIGHT - y / POINT, text, style))

    def rule(
        self, y: float, left: float = 15, right: float = 195, weight: float = 0.1, tone: DeviceGray = PALE
    ) -> None:
        self.rules.append((left / POINT, right / POINT, HEIGHT - y / POINT, weight / POINT, tone))

    def plate(self, x: float, y: float, breadth: float, height: float) -> None:
        self.plates.append((x / POINT, HEIGHT - (y + height) / POINT, breadth / POINT, height / POINT))

    def picture(self, image: Image, x: float, y: float, side: float, link: str = "") -> None:
        self.pictures.append((x / POINT, HEIGHT - (y + side) / POINT, side / POINT))


def noted() -> Places:
    """Where everything of the bill stands on the page."""
    places = Places()
    y = places.begin("")
    for section in SECTIONS:
        y = section(places, y, BILL)
    return places


def reportlab_page(places: Places, own_codes: bool) -> bytes:
    """The same page by reportlab's canvas, the QR codes by its own widget or as ready pictures."""
    out = BytesIO()
    canvas = Canvas(out, pagesize=(595.28, HEIGHT))
    canvas.setTitle("Платёжный документ № 136")
    canvas.setLineWidth(0)
    for x, y, breadth, height in places.plates:
        canvas.setFillGray(0.935)
        canvas.rect(x, y, breadth, height, stroke=0, fill=1)
    for x, y, text, style in places.texts:
        canvas.setFont("Face" + style.weight, style.size)
        canvas.setFillGray(style.tone.g)
        canvas.drawString(x, y, text)
    for left, right, y, weight, tone in places.rules:
        canvas.setLineWidth(weight)
        canvas.setStrokeGray(tone.g)
        canvas.line(left, y, right, y)
    for (x, y, side), data in zip(places.pictures, CODES, strict=True):
        if own_codes:
            renderPDF.draw(_widget(data, side), canvas, x, y)
        else:
            canvas.drawImage(ImageReader(picture(data)), x, y, side, side)
    canvas.save()
    return out.getvalue()


def _widget(data: bytes, side: float) -> Drawing:
    widget = QrCodeWidget(data.decode(), barLevel="M", barWidth=side, barHeight=side)
    drawing = Drawing(side, side)
    drawing.add(widget)
    return drawing


def bare_page(places: Places) -> bytes:
    """The least work: the marks of the page, the codes and two ready fonts, written down by hand."""
    marks = [f"0.935 g {x:.2f} {y:.2f} {w:.2f} {h:.2f} re f" for x, y, w, h in places.plates]
    for x, y, text, style in places.texts:
        shown = faces()[style.weight].encode_text(text)
        font = 2 if style.weight else 1
        marks.append(f"{style.tone.g} g BT /F{font} {style.size} Tf {x:.2f} {y:.2f} Td {shown} ET")
    marks += [
        f"{tone.g} G {weight:.2f} w {left:.2f} {y:.2f} m {right:.2f} {y:.2f} l S"
        for left, right, y, weight, tone in places.rules
    ]
    marks += [
        f"q {side:.2f} 0 0 {side:.2f} {x:.2f} {y:.2f} cm /I{n} Do Q"
        for n, (x, y, side) in enumerate(places.pictures, start=1)
    ]
    objects = [
        b"<</Type /Catalog /Pages 2 0 R /Lang (ru-RU)>>",
        b"<</Type /Pages /Kids [3 0 R] /Count 1>>",
        b"<</Type /Page /Parent 2 0 R /MediaBox [0 0 595.28 841.89] /Contents 4 0 R /Resources"
        b" <</Font <</F1 7 0 R /F2 11 0 R>> /XObject <</I1 5 0 R /I2 6 0 R>>>>>>",
        _stream(zlib.compress("\n".join(marks).encode("latin-1")), "/Filter /FlateDecode"),
        *(_bare_picture(data) for data in CODES),
        *_bare_font("", 7),
        *_bare_font("B", 11),
    ]
    out, offsets = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    tail = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}trailer <</Size {len(objects) + 1} /Root 1 0 R>>"
    return bytes(out) + f"{tail}\nstartxref\n{len(out)}\n%%EOF\n".encode()


def _bare_picture(data: bytes) -> bytes:
    image = picture(data)
    head = f"/Subtype /Image /Width {image.width} /Height {image.height} /BitsPerComponent 1 /ColorSpace /DeviceGray"
    return _stream(zlib.compress(image.tobytes()), f"{head} /Filter /FlateDecode")


def _bare_font(style: str, number: int) -> list[bytes]:
    face = faces()[style]
    program = face._program.content_stream()
    return [
        f"<</Type /Font /Subtype /Type0 /BaseFont /{face.name} /Encoding /Identity-H"
        f" /DescendantFonts [{number + 1} 0 R]>>".encode(),
        f"<</Type /Font /Subtype /CIDFontType2 /BaseFont /{face.name} /W {face._width_list}"
        f" /CIDSystemInfo <</Registry (Adobe) /Ordering (Identity) /Supplement 0>>"
        f" /FontDescriptor {number + 2} 0 R>>".encode(),
        f"<</Type /FontDescriptor /FontName /{face.name} /Flags 4 /FontBBox {face.desc.font_b_box} /ItalicAngle 0"
        f" /Ascent 928 /Descent -236 /CapHeight 729 /StemV 80 /FontFile2 {number + 3} 0 R>>".encode(),
        _stream(program, f"/Filter /FlateDecode /Length1 {face._program.length1}"),
    ]


def _stream(data: bytes, head: str) -> bytes:
    return f"<<{head} /Length {len(data)}>>\nstream\n".encode() + data + b"\nendstream"


def run(rounds: int = 40) -> dict[str, tuple[float, int]]:
    """Median milliseconds and bytes of each way; the ways take turns, so that a busy machine slows all of them."""
    for style, file in FILES.items():
        pdfmetrics.registerFont(TTFont("Face" + style, str(FOLDER / file)))
    places = noted()
    ways: dict[str, Callable[[], bytes]] = {
        "ours": lambda: render(BILL),
        "reportlab": lambda: reportlab_page(places, own_codes=False),
        "reportlab, its own QR": lambda: reportlab_page(places, own_codes=True),
        "bare writer": lambda: bare_page(places),
        "ours, 20 in one file": lambda: render_many([BILL] * 20),
    }
    sizes = {name: len(way()) for name, way in ways.items()}
    spent: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            start = time.process_time()
            way()
            spent[name].append((time.process_time() - start) * 1000)
    return {name: (median(times), sizes[name]) for name, times in spent.items()}


def measure(rounds: int = 40) -> list[dict[str, Any]]:
    """Rows for the common table of figures."""
    found = run(rounds)
    ours, size = found["ours"]
    peer, peer_size = found["reportlab"]
    limit, limit_size = found["bare writer"]
    many, many_size = found["ours, 20 in one file"]
    return [
        _row("P4 quittance", ours, "ms", peer, limit, "≤ 0.5 × peer"),
        _row("P4 quittances a second", 1000 / ours, "/s", 1000 / peer, 1000 / limit, "≥ 100"),
        _row("P4 size", size, "bytes", peer_size, limit_size, f"≤ {SIZE_BAR}"),
        _row("P4 page of a file of 20", many / 20, "ms", None, None, ""),
        _row("P4 size of that page", many_size / 20, "bytes", None, None, ""),
        _row("P4 reportlab with its own QR", found["reportlab, its own QR"][0], "ms", None, None, ""),
    ]


def _row(name: str, value: float, unit: str, peer: float | None, limit: float | None, bar: str) -> dict[str, Any]:
    return {"name": name, "value": value, "unit": unit, "peer": peer, "limit": limit, "bar": bar}


def main(rounds: int) -> None:
    """Print the table."""
    print(f"{'':32}{'ours':>10}{'peer':>10}{'limit':>10}  {'unit':6} bar")
    for row in measure(rounds):
        figures = "".join(
            f"{row[key]:10.1f}" if row[key] is not None else " " * 10 for key in ("value", "peer", "limit")
        )
        print(f"{row['name']:32}{figures}  {row['unit']:6} {row['bar']}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 40)
