"""The captcha's picture: its size, weight and colours. What an OCR reads of it is a figure of `make bench`."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

from PIL import Image

from captcha import ALPHABET, LENGTH, new_text
from captcha.picture import SIZE, render


def opened(picture: bytes) -> Image.Image:
    return Image.open(BytesIO(picture))


def test_a_text_is_five_unlike_digits(rng: random.Random) -> None:
    texts = [new_text(rng) for _ in range(300)]
    assert {len(text) for text in texts} == {LENGTH}
    assert set("".join(texts)) == set(ALPHABET)
    assert not set(ALPHABET) & set("01"), "0 is an 8 under a line, 1 leans into a 7"


def test_a_picture_is_a_small_png_of_sixteen_colours(rng: random.Random) -> None:
    for _ in range(50):
        picture = render(new_text(rng), rng)
        image = opened(picture)
        image.load()
        assert (image.format, image.mode, image.size) == ("PNG", "P", SIZE)
        assert len(image.getcolors() or ()) <= 16
        assert len(picture) <= 4096


def test_the_same_seed_draws_the_same_picture_and_another_draws_another() -> None:
    assert render("23456", random.Random(1)) == render("23456", random.Random(1))
    assert render("23456", random.Random(1)) != render("23456", random.Random(2))


def test_every_sign_leaves_ink_in_its_place(rng: random.Random) -> None:
    for sign in ALPHABET:
        image = opened(render(sign * LENGTH, rng)).point([0] * 10 + [255] * 6 + [0] * 240, "L")
        for place in range(LENGTH):
            left = 8 + place * 36
            strip = image.crop((left, 0, left + 36, SIZE[1]))
            assert sum(strip.histogram()[255:]) > 150, f"{sign} at place {place}"


def test_ink_stands_out_from_the_ground(rng: random.Random) -> None:
    """WCAG asks 4.5 : 1 of text; the darkest shade is the ink, the lightest the ground."""
    for _ in range(50):
        colours = opened(render("23456", rng)).getpalette() or []
        ground, ink = (luminance(colours[at : at + 3]) for at in (0, 45))
        assert (ground + 0.05) / (ink + 0.05) >= 4.5


def luminance(colour: list[int]) -> float:
    parts = [part / 255 for part in colour]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_threads_draw_what_one_thread_draws() -> None:
    seeds = range(64)
    with ThreadPoolExecutor(8) as pool:
        drawn = list(pool.map(lambda seed: render("98765", random.Random(seed)), seeds))
    assert drawn == [render("98765", random.Random(seed)) for seed in seeds]
