"""docs/operator.md is true: every screen it names opens, and every word in bold stands on it."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from models import Account, Supplier
from tests import factories
from tests.client import PageClient

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "docs/operator.md").read_text(encoding="utf-8")
_PLACE = re.compile(r"^Адрес: `([^`]+)`$", re.M)
_BOLD = re.compile(r"\*\*([^*]+)\*\*")
LINKS = re.compile(r"\]\(([^)#]+)\)")


def screens() -> list[tuple[str, list[str]]]:
    """(address, words in bold) of each screen, as far as the next address or heading."""
    found = []
    for place in _PLACE.finditer(TEXT):
        rest = TEXT[place.end() :]
        ends = [at.start() for at in (_PLACE.search(rest), re.search(r"^## ", rest, re.M)) if at]
        words = [" ".join(bold.split()) for bold in _BOLD.findall(rest[: min(ends, default=len(rest))])]
        found.append((place[1], words))
    return found


EMPTY = {"/admin/start"}  # told as a new portal shows it


def opened(client: PageClient, url: str) -> str:
    """What a person reads on the screen, the words on buttons too."""
    kind = url.split("/")[2] if url.startswith("/admin/") else ""
    rows = {"suppliers": Supplier, "accounts": Account}
    number = rows[kind].get().id if "/N" in url else 0
    page = client.get(re.sub(r"/N(?=/|$)", f"/{number}", url))
    return f"{page.words} {page.tree.title}"


@pytest.mark.parametrize(("url", "words"), screens(), ids=[f"{n}{url}" for n, (url, _) in enumerate(screens())])
def test_the_manuals_words_stand_on_the_screen(
    app: Flask, client: PageClient, monkeypatch: pytest.MonkeyPatch, url: str, words: list[str]
) -> None:
    if url not in EMPTY:
        factories.meter(factories.account(factories.supplier()))
    if url.startswith("/admin"):
        # The page of the second step is for who has none yet.
        factor = "" if url == "/admin/second-factor" else "code"
        client.sign_in(factories.operator(role="administrator", factor=factor))
    if url == "/admin/second-factor":
        monkeypatch.setitem(app.extensions, "settings", replace(app.extensions["settings"], demo=False))
    shown = opened(client, url)
    missing = [word for word in words if word not in shown]
    assert words and not missing, f"{url} does not say {missing}"


def test_the_manual_walks_through_the_whole_road() -> None:
    places = [url for url, _ in screens()]
    road = [
        "/sign-in", "/admin/second-factor", "/admin/start", "/admin/suppliers", "/admin/checks", "/admin/exchange",
        "/admin/accounts/N/readings",
    ]  # fmt: skip
    assert [url for url in places if url in road][:7] == road and places.count("/admin/exchange") == 2


@pytest.mark.parametrize("name", ["docs/operator.md", "README.md"])
def test_what_the_manual_and_the_readme_link_to_is_there(name: str) -> None:
    text, folder = (ROOT / name).read_text(encoding="utf-8"), (ROOT / name).parent
    gone = [link for link in LINKS.findall(text) if "://" not in link and not (folder / link).exists()]
    assert not gone


def test_the_readme_leads_to_the_manual_and_the_commands_are_there(app: Flask) -> None:
    assert "docs/operator.md" in (ROOT / "README.md").read_text(encoding="utf-8")
    commands = set(re.findall(r"`flask ([a-z-]+)", TEXT))
    assert commands == {"migrate", "check", "create-operator", "serve", "backup", "restore"}
    assert commands <= app.cli.commands.keys()
