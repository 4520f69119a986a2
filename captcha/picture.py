"""The captcha as a PNG of 200 × 70 pixels, drawn in the process."""

from __future__ import annotations

import random
from functools import cache
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

SIZE = (200, 70)
_FONTS = Path(__file__).parent / "fonts"
_FACES = ("digits-sans-bold.ttf", "digits-sansmono-bold.ttf")
_FONT_SIZES = range(40, 53, 2)
_MARGIN = 8  # left and right of the signs
_BOX = 64  # a sign and its turns fit into this square
_TURN = 30  # degrees, either way
# Tops of the box of a sign that stands high or low: steps in the line stop OCR and hardly a person.
_HIGH, _LOW = (-11, -5), (11, 17)
_STEPS = 0.85  # how often the next sign stands at the other height
_DOTS = 350
_COLUMNS, _ROWS, _PULL = 8, 3, 6  # cells of the mesh; its inner corners move by so many pixels
_SHADES = 16

_Point = tuple[int, int]


def render(text: str, rng: random.Random) -> bytes:
    """Draw `text` (signs of `captcha.ALPHABET`) and return a 16-colour PNG of about 2.5 KB.

    `rng` decides turns, bends, lines, dots and colours. Two pictures of one text help a program:
    show the same bytes again, or seed `rng` from the question's id and a secret.
    """
    picture = _bent(_signs(text, rng), rng)
    _strike(picture, rng)
    picture = picture.point([shade * _SHADES // 256 for shade in range(256)])
    picture.putpalette(_palette(rng))
    out = BytesIO()
    picture.save(out, "PNG", bits=4, compress_level=6)
    return out.getvalue()


@cache
def _font(face: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(_FONTS / face, size)


def _signs(text: str, rng: random.Random) -> Image.Image:
    """The signs side by side, each turned, in its own face, size and height: a mask, ink is 255."""
    mask = Image.new("L", SIZE, 0)
    step = (SIZE[0] - 2 * _MARGIN) // len(text)
    is_high = rng.random() < 0.5
    for place, sign in enumerate(text):
        middle = _MARGIN + place * step + step // 2
        corner = (middle - _BOX // 2 + rng.randint(-3, 3), rng.randint(*(_HIGH if is_high else _LOW)))
        mask.paste(255, corner, _sign(sign, rng))
        is_high ^= rng.random() < _STEPS
    return mask


def _sign(sign: str, rng: random.Random) -> Image.Image:
    box = Image.new("L", (_BOX, _BOX), 0)
    font = _font(rng.choice(_FACES), rng.choice(_FONT_SIZES))
    ImageDraw.Draw(box).text((_BOX // 2, _BOX // 2), sign, 255, font, anchor="mm")
    return box.rotate(rng.uniform(-_TURN, _TURN), Image.Resampling.BILINEAR)


def _bent(mask: Image.Image, rng: random.Random) -> Image.Image:
    """The mask with every stroke bent: the corners of a mesh are pulled about."""
    corners = [[_corner(column, row, rng) for row in range(_ROWS + 1)] for column in range(_COLUMNS + 1)]
    cells = []
    for column in range(_COLUMNS):
        for row in range(_ROWS):
            target = (*_grid(column, row), *_grid(column + 1, row + 1))
            source = (
                *corners[column][row],
                *corners[column][row + 1],
                *corners[column + 1][row + 1],
                *corners[column + 1][row],
            )
            cells.append((target, source))
    return mask.transform(SIZE, Image.Transform.MESH, cells, Image.Resampling.BILINEAR)


def _grid(column: int, row: int) -> _Point:
    return SIZE[0] * column // _COLUMNS, SIZE[1] * row // _ROWS


def _corner(column: int, row: int, rng: random.Random) -> _Point:
    x, y = _grid(column, row)
    if 0 < column < _COLUMNS:
        x += rng.randint(-_PULL, _PULL)
    if 0 < row < _ROWS:
        y += rng.randint(-_PULL, _PULL)
    return x, y


def _strike(picture: Image.Image, rng: random.Random) -> None:
    """A line in the colour of the ground, one in that of the ink, and dots of every shade.

    More of them harm people before they harm OCR: three lines that meet hide a sign, a wide pale one opens a 6
    into a 5.
    """
    draw = ImageDraw.Draw(picture)
    for shade, width in ((0, 1), (255, 2)):
        knees = [(SIZE[0] * knee // 4, SIZE[1] // 2 + rng.randint(-20, 20)) for knee in range(5)]
        draw.line(knees, fill=shade, width=width)
    for _ in range(_DOTS):
        draw.point((rng.randrange(SIZE[0]), rng.randrange(SIZE[1])), fill=rng.randrange(64, 256))


def _palette(rng: random.Random) -> bytes:
    """Sixteen shades from a pale ground to a dark ink of one random colour."""
    ground = tuple(rng.randint(228, 255) for _ in range(3))
    ink = tuple(rng.randint(0, 96) for _ in range(3))
    last = _SHADES - 1
    return bytes(
        (pale * (last - shade) + dark * shade) // last
        for shade in range(_SHADES)
        for pale, dark in zip(ground, ink, strict=True)
    )
