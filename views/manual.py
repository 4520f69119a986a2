"""The pictures of «Инструкция пользователя»: each portal's own pages, taken by `scripts/manual_pictures.py`."""

from __future__ import annotations

from typing import NamedTuple

from views import assets, portal


class Picture(NamedTuple):
    """`url` of the PNG and its size on a page, in CSS pixels: it is taken at one and a half."""

    url: str
    width: int
    height: int
    png: bytes
    shows: str


def picture(line: str) -> Picture | None:
    """Of a text's line «name what it shows»; None where this portal, like the best of all, has none of the name."""
    name, _, shows = line.partition(" ")
    for preset in (portal.preset().name, "default"):
        asset = assets.ASSETS.get(f"manual/{preset}/{name}.png")
        if asset is not None:
            width, height = (int.from_bytes(asset.body[at : at + 4]) * 2 // 3 for at in (16, 20))
            return Picture(assets.url(f"manual/{preset}/{name}.png"), width, height, asset.body, shows)
    return None
