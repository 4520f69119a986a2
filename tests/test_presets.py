"""Presets: every one loads, says only what is known, and leads to pages that exist."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator

import pytest

from presets import FOLDER, MenuItem, PresetError, load_preset
from views.menu import PAGES

NAMES = sorted(path.stem for path in FOLDER.glob("*.toml"))


@pytest.mark.parametrize("name", NAMES)
def test_a_preset_loads(name: str) -> None:
    preset = load_preset(name, {}, {})
    assert preset.name == name
    assert preset.menu and preset.footer and preset.registration and preset.sign_in
    assert all(preset.words.values()), "a word of the screen is empty"


@pytest.mark.parametrize("name", NAMES)
def test_the_menus_name_pages_that_the_portal_knows(name: str) -> None:
    preset = load_preset(name, {}, {})
    for item in walk((*preset.menu, *preset.footer)):
        assert item.word
        assert bool(item.page) != bool(item.items), f"{item.word}: a page, or a heading over pages"
        assert not item.page or item.page in PAGES, f"{item.word} leads to the unknown page «{item.page}»"
    assert preset.first_page in PAGES


@pytest.mark.parametrize("name", NAMES)
def test_a_preset_says_only_what_differs_from_the_default(name: str) -> None:
    """What repeats the default would silently keep an old word when the default's is mended."""
    if name == "default":
        return
    base, own = (tomllib.loads((FOLDER / f"{it}.toml").read_text(encoding="utf-8")) for it in ("default", name))
    repeated = [
        key for key, value in own.items() if key not in ("words", "menu", "footer") and base.get(key) == value
    ]
    repeated += [key for key, word in own.get("words", {}).items() if base["words"].get(key) == word]
    assert not repeated


def test_an_unknown_preset_names_those_that_exist() -> None:
    with pytest.raises(PresetError, match="default"):
        load_preset("solar", {}, {})


def test_all_slips_of_a_portal_are_named_at_once() -> None:
    with pytest.raises(PresetError) as fault:
        load_preset("default", {"sign_in": ["pigeon"], "colour": "red"}, {"no.such": "слово"})
    assert len(fault.value.problems) == 3


def test_a_portal_changes_a_word() -> None:
    assert load_preset("default", {}, {"readings.title": "Счётчики"}).words["readings.title"] == "Счётчики"


def walk(items: tuple[MenuItem, ...]) -> Iterator[MenuItem]:
    for item in items:
        yield item
        yield from walk(item.items)


def test_a_table_that_names_one_key_changes_that_key_alone() -> None:
    preset = load_preset("default", {"captcha": {"sign-in": "always"}, "password": {"shortest": 10}}, {})
    usual = load_preset("default", {}, {})
    assert preset.captcha == {**usual.captcha, "sign-in": "always"}
    assert (preset.password.shortest, preset.password.longest) == (10, usual.password.longest)


@pytest.mark.parametrize(
    "switches",
    [
        {"captcha": "always"},
        {"captcha": {"sign-in": "sometimes"}},
        {"password": {"shortest": "ten"}},
        {"password": {"tallest": 3}},
        {"remember": "yes"},
        {"registration": "email"},
        {"menu": "home"},
    ],
)
def test_a_value_of_the_wrong_kind_is_named(switches: dict[str, object]) -> None:
    with pytest.raises(PresetError):
        load_preset("default", switches, {})
