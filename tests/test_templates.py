"""Templates: fragments name what they need, nothing is inline, words come from the presets and none is left over."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask
from jinja2 import Environment, meta, nodes

from presets import load_preset

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = ROOT / "templates"
PAGES = sorted(path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*.html"))
FRAGMENTS = [name for name in PAGES if name.rpartition("/")[2].startswith("_")]
# What Flask, Flask-Login and Flask-WTF put into every template.
GIVEN = {"config", "csrf_token", "current_user", "g", "get_flashed_messages", "request", "session", "url_for"}
NAMES = r"(nothing|[a-z_][a-z0-9_]*(?:\s*,\s*[a-z_][a-z0-9_]*)*)"
FIRST_LINE = re.compile(rf"\{{#-? needs: {NAMES}\b([^#]*)#\}}")
OPTIONAL = re.compile(rf"; optional: {NAMES}\b")
INLINE = re.compile(r"""\s(?:style|on[a-z]+)\s*=\s*["'{]""")
BARE_HTMX = re.compile(r"(?<!data-)\bhx-[a-z]")


def text_of(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")


def declared(name: str) -> tuple[set[str], set[str]]:
    """(needed, optional) names of a fragment's first line."""
    found = FIRST_LINE.match(text_of(name))
    assert found, f"{name}: the first line must read {{# needs: a, b; optional: c #}}"
    also = OPTIONAL.search(found[2])
    needed, optional = (
        {word for word in re.split(r"\s*,\s*", part) if word != "nothing"}
        for part in (found[1], also[1] if also else "nothing")
    )
    return needed, optional


def used(environment: Environment, name: str) -> set[str]:
    """The names a template takes from outside, its includes counted in."""
    tree = environment.parse(text_of(name))
    own = set(meta.find_undeclared_variables(tree)) - stored(tree, nodes.Assign)
    for include in tree.find_all(nodes.Include):
        below = include.template
        if isinstance(below, nodes.Const):
            given = stored(tree, nodes.Assign) | stored(tree, nodes.For) | declared(below.value)[1]
            own |= used(environment, below.value) - given
    return own - set(environment.globals) - GIVEN


def stored(tree: nodes.Template, kind: type[nodes.Assign] | type[nodes.For]) -> set[str]:
    """What the template names itself; Jinja calls a name set in one branch of an `if` undeclared."""
    targets = [node.target for node in tree.find_all(kind)]
    single = {target.name for target in targets if isinstance(target, nodes.Name)}
    return single | {name.name for target in targets for name in target.find_all(nodes.Name)}


@pytest.mark.parametrize("name", FRAGMENTS)
def test_a_fragment_names_what_it_needs_and_takes_nothing_else(app: Flask, name: str) -> None:
    needed, optional = declared(name)
    taken = used(app.jinja_env, name)
    assert not taken - needed - optional, f"not named in the first line: {sorted(taken - needed - optional)}"
    assert not needed - taken, f"named and not used: {sorted(needed - taken)}"


@pytest.mark.parametrize("name", [name for name in PAGES if not name.startswith("mail/")])
def test_nothing_is_inline_and_htmx_is_written_as_data(name: str) -> None:
    without_config = re.sub(r'<meta name="htmx-config".*?>', "", text_of(name))
    assert not INLINE.findall(without_config), "the policy of the portal forbids inline styles and handlers"
    assert not BARE_HTMX.findall(without_config), "write data-hx-*"
    assert not re.search(r"<(style|script)\b(?![^>]*\bsrc=)", without_config), "no inline script or style"
    assert not re.search(r"""(?:src|href|action)=["']https?://""", without_config), "nothing from elsewhere"


@pytest.mark.parametrize("name", PAGES)
def test_safe_is_said_in_the_macros_alone(name: str) -> None:
    if name != "ui.html":
        assert not re.search(r"\|\s*safe\b", text_of(name)), "|safe only in ui.html"


@pytest.mark.parametrize("name", PAGES)
def test_every_template_compiles(app: Flask, name: str) -> None:
    app.jinja_env.get_template(name)


def test_every_form_that_changes_something_carries_its_token() -> None:
    for name in PAGES:
        for form in re.findall(r"<form\b.*?</form>", text_of(name), re.S):
            if re.search(r"""method=["']post""", form):
                assert re.search(r"hidden_tag\(\)|csrf\(\)|csrf_token", form), f"{name}: a form without a token"


WORD = re.compile(r"""(?:\bword|\blabelled|\brequired_word)\(\s*["']([a-z_.-]+)["']""")
QUOTED = re.compile(r"""["']([a-z_-]+\.[a-z_.-]+)["']""")


def sources() -> dict[str, str]:
    """Everything that may say a word of the presets."""
    paths = [*TEMPLATES.rglob("*.*"), *(ROOT / "views").rglob("*.py"), *(ROOT / "commands").rglob("*.py")]
    return {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in paths if path.is_file()}


def test_every_word_that_is_said_is_known() -> None:
    known = load_preset("default", {}, {}).words
    for name, text in sources().items():
        unknown = [word for word in WORD.findall(text) if word not in known]
        assert not unknown, f"{name}: not in presets/default.toml: {unknown}"


def test_every_word_that_is_known_is_said() -> None:
    """A word that nothing shows would be set by an operator in vain."""
    said = {word for text in sources().values() for word in QUOTED.findall(text)}
    assert not set(load_preset("default", {}, {}).words) - said
