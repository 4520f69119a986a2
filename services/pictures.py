"""Photos and scans made anew: upright, on white, without EXIF and whatever else came with the file."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

from PIL import Image, ImageOps, UnidentifiedImageError

from services.refusal import Refused

# Half of Pillow's own MAX_IMAGE_PIXELS: 150 MB unpacked, and no phone's usual photo has more.
MOST_PIXELS = 50_000_000
SIDE = 4000  # a page of paper is read well at that, and takes a megabyte
QUALITY = 85

KINDS = "Подойдёт фото или скан: JPEG, PNG или PDF."
TOO_MANY_PIXELS = "В картинке больше 50 мегапикселей. Уменьшите её или сфотографируйте документ с меньшим качеством."
BROKEN = "Файл повреждён или передан не целиком. Откройте его у себя, проверьте и выберите ещё раз."

# All that Pillow's readers are known to raise about a file that was cut or made up.
FAULTS = (OSError, SyntaxError, ValueError, OverflowError, LookupError, TypeError, EOFError, struct.error, zlib.error)


def redrawn(content: bytes, side: int = SIDE) -> bytes:
    """The picture as a new JPEG, no side longer; what is no JPEG or PNG, is too large or broken is refused."""
    try:
        with Image.open(BytesIO(content), formats=("JPEG", "PNG")) as image:
            if image.width * image.height > MOST_PIXELS:
                raise Refused(TOO_MANY_PIXELS, field="document")
            image.draft("RGB", (side, side))
            image.load()
            return _encoded(ImageOps.exif_transpose(image), side)
    except Image.DecompressionBombError:
        raise Refused(TOO_MANY_PIXELS, field="document")
    except UnidentifiedImageError:
        raise Refused(KINDS, field="document")
    except FAULTS:
        raise Refused(BROKEN, field="document")


def _encoded(image: Image.Image, side: int) -> bytes:
    out = BytesIO()
    paper = _on_paper(image)
    paper.thumbnail((side, side))
    paper.info.clear()  # Pillow writes a comment and XMP that it has read back into the new file
    paper.save(out, "JPEG", quality=QUALITY)
    return out.getvalue()


def _on_paper(image: Image.Image) -> Image.Image:
    """Three bytes a pixel, white where it was transparent; scans of 16 bits lose the lower eight."""
    if image.mode.startswith("I"):
        return image.point(lambda value: value / 256).convert("L").convert("RGB")
    if "A" not in image.getbands() and "transparency" not in image.info:
        return image.convert("RGB")
    sheet = Image.new("RGB", image.size, "white")
    layer = image.convert("RGBA")
    sheet.paste(layer, mask=layer)
    return sheet
