"""The captcha's sound: a small WAV of a few seconds, the same for its question alone, fetched when asked for."""

from __future__ import annotations

import random
import wave
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest

import clock
from captcha import ALPHABET, LENGTH, new_text
from captcha.sound import RATE, speak
from models import Captcha
from services import captchas
from tests.client import Page, PageClient

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


def hear(client: PageClient, number: int = 7, status: int = 200, **headers: str) -> Page:
    return client.get(
        f"/captcha/{number}.wav", status, environ_base={f"HTTP_{it.upper()}": headers[it] for it in headers}
    )


def ask(number: int = 7) -> Captcha:
    return captchas.ask("registration", "23456", number, clock.now())


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


def test_the_sound_is_the_same_each_time_and_stays_nowhere(client: PageClient) -> None:
    ask(2**53 - 1)
    first, second = (hear(client, 2**53 - 1) for _ in range(2))
    assert first.data == second.data
    assert first.response.headers["Content-Type"] == "audio/wav"
    assert first.response.headers["Cache-Control"] == "no-store"
    assert 3 <= len(samples(first.data)) / RATE <= 8


def test_two_pictures_of_one_text_sound_unlike(client: PageClient) -> None:
    one, another = ask(7), ask(8)
    assert one.answer == another.answer
    assert hear(client, one.id).data != hear(client, another.id).data


def test_a_player_may_ask_for_a_part(client: PageClient) -> None:
    """Safari plays no file of which it cannot get the first two bytes alone."""
    ask()
    whole = hear(client)
    assert whole.response.headers["Accept-Ranges"] == "bytes"
    size = len(whole.data)
    for asked, part in (("0-1", whole.data[:2]), ("0-", whole.data), (f"100-{size + 9}", whole.data[100:])):
        answer = hear(client, status=206, range=f"bytes={asked}")
        start = int(asked.partition("-")[0])
        assert answer.data == part
        assert answer.response.headers["Content-Range"] == f"bytes {start}-{start + len(part) - 1}/{size}"
        assert answer.response.headers["Cache-Control"] == "no-store"


def test_a_part_behind_the_end_is_refused(client: PageClient) -> None:
    ask()
    hear(client, status=416, range="bytes=99999999-")


def test_a_picture_that_was_answered_has_no_sound(client: PageClient) -> None:
    ask()
    captchas.is_right("registration", 7, "99999", clock.now())
    hear(client, status=404)


def test_a_picture_that_grew_old_has_no_sound(client: PageClient) -> None:
    captchas.ask("registration", "23456", 7, clock.now() - timedelta(minutes=15))
    hear(client, status=404)


@pytest.mark.parametrize("number", ["8", "0", "-1", str(2**53), str(10**30), "x", "7.wav", "%00"])
def test_what_is_no_sound_is_not_found(client: PageClient, number: str) -> None:
    client.get(f"/captcha/{number}.wav", status=404)


def test_who_cannot_see_the_picture_hears_it_on_the_same_page(client: PageClient) -> None:
    page = client.get("/registration/email")
    assert "Прослушать код" in page
    assert f'src="/captcha/{page.value("captcha_id")}.wav"' in page.text
    assert 'preload="none"' in page.text and "autoplay" not in page.text
    hear(client, int(page.value("captcha_id")))


def test_a_new_picture_brings_its_own_sound(client: PageClient) -> None:
    before = client.get("/registration/email").value("captcha_id")
    page = client.post("/captcha?form=registration", status=200, htmx=True)
    assert page.value("captcha_id") != before
    assert f'src="/captcha/{page.value("captcha_id")}.wav"' in page.text
