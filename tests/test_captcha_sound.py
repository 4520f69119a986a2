"""The captcha's sound: a small WAV of a few seconds, loud enough over its murmur."""

from __future__ import annotations

import random
import wave
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import pytest

from captcha import ALPHABET, LENGTH, new_text
from captcha.sound import RATE, speak

VOICE = Path(__file__).resolve().parent.parent / "captcha" / "voice"


def recorded(sign: str) -> bytes:
    return samples((VOICE / f"{sign}.wav").read_bytes())


def samples(wav: bytes) -> bytes:
    """The samples of a WAV that is what every browser plays: PCM, one channel, 8 kHz, a byte a sample."""
    with wave.open(BytesIO(wav)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 1, RATE)
        return file.readframes(file.getnframes())


def strength(sound: bytes) -> float:
    """The root mean square; the loudest a byte can hold is 128."""
    return float((sum((sample - 128) ** 2 for sample in sound) / len(sound)) ** 0.5)


def test_every_digit_is_recorded_once() -> None:
    assert {path.stem for path in VOICE.glob("*.wav")} == set(ALPHABET)
    assert len({recorded(sign) for sign in ALPHABET}) == len(ALPHABET)
    assert sum(path.stat().st_size for path in VOICE.iterdir()) < 100_000


@pytest.mark.parametrize("sign", ALPHABET)
def test_a_recording_is_loud_whole_and_not_clipped(sign: str) -> None:
    recording = recorded(sign)
    assert 0.3 <= len(recording) / RATE <= 0.9
    assert min(recording) > 0 and max(recording) < 255
    assert 20 < strength(recording) < 50
    assert strength(recording[:80]) < strength(recording), "the edges are no clicks"


def test_a_sound_is_a_small_wav_of_a_few_seconds(rng: random.Random) -> None:
    for _ in range(50):
        wav = speak(new_text(rng), rng)
        assert 3 <= len(samples(wav)) / RATE <= 8
        assert len(wav) <= 65_536


@pytest.mark.parametrize("sign", ALPHABET)
def test_the_shortest_and_the_longest_text_are_heard_out(sign: str, rng: random.Random) -> None:
    for _ in range(10):
        assert 3 <= len(samples(speak(sign * LENGTH, rng))) / RATE <= 8


def test_the_same_seed_says_the_same_and_another_says_it_otherwise() -> None:
    assert speak("23456", random.Random(1)) == speak("23456", random.Random(1))
    assert speak("23456", random.Random(1)) != speak("23456", random.Random(2))


def test_a_digit_stands_out_from_what_murmurs_behind(rng: random.Random) -> None:
    """The first pause, a third of a second, has the murmur alone; the digits are at least four times as strong."""
    for _ in range(20):
        sound = samples(speak(new_text(rng), rng))
        assert (
            0
            < strength(sound[: RATE // 3]) * 4
            < max(strength(sound[at : at + RATE // 5]) for at in range(0, len(sound), RATE // 5))
        )


def test_no_sample_spills_into_the_next(rng: random.Random) -> None:
    for _ in range(50):
        sound = samples(speak(new_text(rng), rng))
        assert min(sound) > 0 and max(sound) < 255 and abs(sum(sound) / len(sound) - 128) < 2


def test_threads_say_what_one_thread_says() -> None:
    seeds = range(32)
    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(lambda seed: speak("98765", random.Random(seed)), seeds))
    assert said == [speak("98765", random.Random(seed)) for seed in seeds]
