"""A question that a person answers and a cheap program does not: five digits in a picture.

Digits only, on purpose: they are typed on any keyboard layout, on a phone with the large keys, and eight short
recordings read them aloud. The strength lies in the limits on attempts, not in the picture.
"""

from __future__ import annotations

import random

# Without 0 and 1: a line across a 0 makes an 8, and a leaning 1 looks like a 7.
ALPHABET = "23456789"
LENGTH = 5


def new_text(rng: random.Random) -> str:
    """The signs of a new question; `rng` is `random.SystemRandom()` wherever guessing must not pay."""
    return "".join(rng.choice(ALPHABET) for _ in range(LENGTH))
