"""The captcha beside the package of that name: time, bytes, what an OCR reads of two hundred; and its sound alone."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from base64 import b64decode
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from PIL import Image, ImageDraw, ImageFilter, ImageFont

from bench import harness
from captcha import ALPHABET, new_text
from captcha.picture import SIZE, render
from captcha.sound import speak

ROOT = Path(__file__).resolve().parent.parent
PEER = ROOT / "var" / "bench" / "captcha-0.7.1"
PINNED = "captcha==0.7.1 --hash=sha256:8b73b5aba841ad1e5bdb856205bf5f09560b728ee890eb9dae42901219c8c599\n"
SHEET = ROOT / "var" / "bench" / "captcha.png"
COUNT = 200
KILOBYTE = 1024
# Our folder hides the package of the same name, so it answers from a process of its own.
PEER_LOOP = """
import base64, sys, time
sys.path.insert(0, sys.argv[1])
from captcha.image import ImageCaptcha
image = ImageCaptcha(200, 70)
for line in sys.stdin:
    start = time.perf_counter()
    picture = image.generate(line.strip()).getvalue()
    print(time.perf_counter() - start, base64.b64encode(picture).decode(), flush=True)
"""
FONT = ROOT / "captcha" / "fonts" / "digits-sans-bold.ttf"


def measure() -> list[harness.Row]:
    """P9: one interleaved run; the limit is the same text drawn straight on the same canvas."""
    rng = random.Random(9)
    texts = [new_text(rng) for _ in range(COUNT)]
    with peer() as draw_peer:
        step = iter(range(10**9))
        ways = {
            "ours": lambda: render(texts[next(step) % COUNT], rng),
            "peer": lambda: draw_peer(texts[next(step) % COUNT]),
            "limit": lambda: plain(texts[next(step) % COUNT]),
            "sound": lambda: speak(texts[next(step) % COUNT], rng),
        }
        spent = harness.interleaved(ways, rounds=COUNT)
        spent["peer"] = median(draw_peer.spent) * 1000
        ours = [render(text, rng) for text in texts]
        theirs = [draw_peer(text) for text in texts]
    sounds = [len(speak(text, rng)) / KILOBYTE for text in texts]
    show(ours[:20])
    print(f"twenty for people to read: {SHEET.relative_to(ROOT)}")
    rows = [
        harness.row("captcha picture", spent["ours"], "ms", spent["peer"], spent["limit"], "≤ 4"),
        harness.row("captcha picture, median", size(ours), "bytes", size(theirs), size(map(plain, texts)), "≤ 4096"),
        harness.row("captcha picture, largest", max(map(len, ours)), "bytes", max(map(len, theirs)), None, "≤ 4096"),
        harness.row("captcha sound", spent["sound"], "ms", bar="≤ 5"),
        harness.row("captcha sound, largest", max(sounds), "KB", bar="≤ 64"),
    ]
    if shutil.which("tesseract") is None:
        print("not taken: what an OCR reads. To take it: apt-get install tesseract-ocr")
        return rows
    direct, after = (
        (read(ours, texts), read(theirs, texts)),
        (read(cleaned(ours), texts), read(cleaned(theirs), texts)),
    )
    return [
        *rows,
        harness.row("captcha read by tesseract", *_beside(direct), "< 5"),
        harness.row("captcha cleaned, read by tesseract", *_beside(after), ""),
    ]


def _beside(figures: tuple[float, float]) -> tuple[float, str, float, None]:
    return figures[0], "%", figures[1], None


@contextmanager
def peer() -> Iterator[Draw]:
    """Draws by the package `captcha` in a child process."""
    if not PEER.exists():
        install()
    command = [sys.executable, "-I", "-c", PEER_LOOP, str(PEER)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd="/") as child:
        assert child.stdin and child.stdout
        yield Draw(child)
        child.stdin.close()


class Draw:
    """Asks the child for a picture; `spent`: the child's own seconds, the pipe left out."""

    def __init__(self, child: subprocess.Popen[str]) -> None:
        self.child = child
        self.spent: list[float] = []

    def __call__(self, text: str) -> bytes:
        assert self.child.stdin and self.child.stdout
        self.child.stdin.write(f"{text}\n")
        self.child.stdin.flush()
        seconds, _, picture = self.child.stdout.readline().partition(" ")
        self.spent.append(float(seconds))
        return b64decode(picture)


def install() -> None:
    """The package goes into a folder of its own, beside nothing else."""
    with TemporaryDirectory() as folder:
        wanted = Path(folder) / "peer.txt"
        wanted.write_text(PINNED, encoding="utf-8")
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes", "--target"]
        subprocess.run([*command, str(PEER), "-r", str(wanted)], check=True)


def plain(text: str) -> bytes:
    """The least work: no turns, no mesh, no noise."""
    picture = Image.new("P", SIZE, 0)
    picture.putpalette(bytes((255, 255, 255, 0, 0, 0)))
    ImageDraw.Draw(picture).text((100, 35), text, 1, ImageFont.truetype(FONT, 48), anchor="mm")
    out = BytesIO()
    picture.save(out, "PNG", bits=4)
    return out.getvalue()


def size(pictures: Iterable[bytes]) -> float:
    return median(len(picture) for picture in pictures)


def cleaned(pictures: list[bytes]) -> list[bytes]:
    """What an attacker does first: grey, twice as large, dots and thin lines smoothed away."""
    found = []
    for picture in pictures:
        grey = Image.open(BytesIO(picture)).convert("L").resize((SIZE[0] * 2, SIZE[1] * 2))
        out = BytesIO()
        grey.filter(ImageFilter.MedianFilter(5)).save(out, "PNG")
        found.append(out.getvalue())
    return found


def read(pictures: list[bytes], texts: list[str]) -> float:
    """Per cent of the pictures that tesseract reads whole, told that they are one word of our digits."""
    with TemporaryDirectory() as folder:
        names = [Path(folder) / f"{number}.png" for number in range(len(pictures))]
        for name, picture in zip(names, pictures, strict=True):
            name.write_bytes(picture)
        listing = Path(folder) / "names"
        listing.write_text("\n".join(map(str, names)), encoding="utf-8")
        command = ["tesseract", str(listing), "-", "--psm", "8", "-c", f"tessedit_char_whitelist={ALPHABET}"]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    answers = ["".join(page.split()) for page in done.stdout.split("\f")]
    return 100 * sum(answer == text for answer, text in zip(answers, texts, strict=False)) / len(texts)


def show(pictures: list[bytes]) -> None:
    """Twenty side by side for people: each must be readable."""
    sheet = Image.new("RGB", (4 * (SIZE[0] + 10), 5 * (SIZE[1] + 10)), "white")
    for place, picture in enumerate(pictures):
        corner = (place % 4 * (SIZE[0] + 10), place // 4 * (SIZE[1] + 10))
        sheet.paste(Image.open(BytesIO(picture)).convert("RGB"), corner)
    SHEET.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(SHEET)
