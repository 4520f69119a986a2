"""The captcha read aloud in Russian: a WAV of 8 kHz, 8 bits, one channel, mixed in the process from recordings."""

from __future__ import annotations

import random
import wave
from collections.abc import Iterable
from functools import cache
from io import BytesIO
from pathlib import Path

from captcha import ALPHABET

RATE = 8000  # samples a second; a sample is a byte, 128 is silence
_RECORDINGS = Path(__file__).parent / "voice"
# How far each layer may swing. Together 128: their sum always fits into a byte.
_VOICE, _BABBLE, _HISS = 104, 16, 8
_PACES = range(90, 111, 2)  # per cent of the recording's; slower is lower, as on a tape
_LOUDNESS = (0.75, 1.0)  # of the layer's swing
_BEFORE, _BETWEEN = (0.35, 0.5), (0.35, 0.75)  # seconds of pause round the text and after each digit but the last


def speak(text: str, rng: random.Random) -> bytes:
    """Say `text` (signs of `captcha.ALPHABET`) and return a WAV of 3.5 to 8 seconds, 29 to 64 KB.

    `rng` decides pauses, pace, loudness and what murmurs behind. Two sounds of one text help a program: say the same
    bytes again, or seed `rng` from the question's id and a secret.
    """
    line = _line(text, rng)
    return _wav(_mixed((line, _babble(len(line), rng), _hiss(len(line), rng))))


def _line(text: str, rng: random.Random) -> bytes:
    """The digits one by one with a pause round each."""
    parts = [_pause(_BEFORE, rng)]
    for sign in text:
        parts += _said(sign, rng), _pause(_BETWEEN, rng)
    return b"".join((*parts[:-1], _pause(_BEFORE, rng)))


def _pause(seconds: tuple[float, float], rng: random.Random) -> bytes:
    return bytes((_VOICE,)) * int(rng.uniform(*seconds) * RATE)


def _said(sign: str, rng: random.Random) -> bytes:
    return _layer(_paced(sign, rng.choice(_PACES)), _VOICE, rng)


@cache
def _recording(sign: str) -> bytes:
    with wave.open(str(_RECORDINGS / f"{sign}.wav")) as file:
        samples: bytes = file.readframes(file.getnframes())
    return samples


@cache
def _paced(sign: str, pace: int) -> bytes:
    """The recording at that pace: a place between two samples, in hundredths, takes of both. All kept: 0.4 MB."""
    samples = _recording(sign)
    places = (divmod(place, 100) for place in range(0, 100 * (len(samples) - 1), pace))
    return bytes((samples[at] * (100 - part) + samples[at + 1] * part) // 100 for at, part in places)


def _layer(samples: bytes, swing: int, rng: random.Random) -> bytes:
    """Somewhat louder or quieter, for the mix: silence is now `swing`, nothing is further than that away from it."""
    loudness = rng.uniform(*_LOUDNESS) * swing / 128
    return samples.translate(bytes(swing + int((sample - 128) * loudness) for sample in range(256)))


def _babble(length: int, rng: random.Random) -> bytes:
    """Digits backwards without a pause: no word for a person, the same voice for a program that looks for one."""
    crowd = b"".join(_recording(sign)[::-1] for sign in rng.sample(ALPHABET * 2, 2 * len(ALPHABET)))
    return _layer(crowd[:length], _BABBLE, rng)


def _hiss(length: int, rng: random.Random) -> bytes:
    return _layer(rng.randbytes(length), _HISS, rng)


def _mixed(layers: Iterable[bytes]) -> bytes:
    """The sum, sample by sample: no sample carries into the next (see the swings), so whole layers add as numbers."""
    whole = [*layers]
    return sum(int.from_bytes(layer, "big") for layer in whole).to_bytes(len(whole[0]), "big")


def _wav(samples: bytes) -> bytes:
    out = BytesIO()
    with wave.open(out, "wb") as file:
        file.setparams((1, 1, RATE, 0, "NONE", "not compressed"))
        file.writeframes(samples[: len(samples) // 2 * 2])  # RIFF counts in pairs of bytes
    return out.getvalue()
