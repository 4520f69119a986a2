"""Who may import whom, and who may ask the environment, the clock or Flask (docs: CONTRIBUTING.md)."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LEAVES = {"captcha", "documents", "exchange", "gateways"}
WIRING = {"app", "cli", "commands", "worker"}  # they put the house together and may see all of it
OURS = LEAVES | WIRING | {"clock", "config", "migrations", "models", "presets", "services", "views"}
MAY = {
    "models": {"models"},
    "services": {"services", "models"} | LEAVES,
    "views": {"views", "services", "models", "clock", "presets", "captcha", "documents", "exchange"},
    "config": {"presets", "gateways"},  # which keys a gateway has is said by its engine
    "clock": set[str](),
    "presets": set[str](),
    "migrations": set[str](),
    **{leaf: {leaf} for leaf in LEAVES},
}
WEB = {"flask", "flask_login", "flask_wtf", "werkzeug", "wtforms"}
# Flask-Login's mixin is four lines of attributes on the resident; the test bank is a web server of its own.
WEB_EXCEPTED = {("models/resident.py", "flask_login"), ("gateways/testbank_server.py", "werkzeug")}
HAVE_A_CLOCK = {"clock.py", "gateways/testbank_server.py"}
# Puts together what it names for app.py, as the wiring does.
BUILDS = {"views/gateways.py": {"config", "gateways"}, "views/channels.py": {"config", "gateways"}}
ASKS_THE_CLOCK = {"now", "utcnow", "today"}
VAGUE = {"utils", "util", "helpers", "helper", "common", "misc", "base_view", "manager"}


def sources() -> list[Path]:
    tops = [ROOT / name for name in sorted(OURS) if (ROOT / name).is_dir()]
    modules = [ROOT / f"{name}.py" for name in sorted(OURS) if (ROOT / f"{name}.py").is_file()]
    return [*modules, *(path for top in tops for path in sorted(top.rglob("*.py")))]


def place(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def layer(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def imported(tree: ast.AST) -> Iterator[str]:
    """The first part of every imported name, wherever the import stands; star and relative imports as they are."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"relative import in line {node.lineno}"
            assert all(alias.name != "*" for alias in node.names), f"star import in line {node.lineno}"
            yield (node.module or "").partition(".")[0]


@pytest.mark.parametrize("path", sources(), ids=place)
def test_a_layer_imports_only_what_lies_below(path: Path) -> None:
    names = set(imported(ast.parse(path.read_text(encoding="utf-8"))))
    if (here := layer(path)) not in WIRING:
        foreign = (names & OURS) - MAY[here] - BUILDS.get(place(path), set())
        assert not foreign, f"{here} may not import {sorted(foreign)}"
        if here != "views":
            web = {name for name in names & WEB if (place(path), name) not in WEB_EXCEPTED}
            assert not web, f"only app, cli and views know {sorted(web)}"


@pytest.mark.parametrize("path", sources(), ids=place)
def test_only_the_clock_is_asked_for_the_time(path: Path) -> None:
    if place(path) in HAVE_A_CLOCK:
        return
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ASKS_THE_CLOCK:
            owner = node.func.value
            assert isinstance(owner, ast.Name) and owner.id == "clock", (
                f"line {node.lineno}: take the time as a value"
            )


@pytest.mark.parametrize("path", sources(), ids=place)
def test_only_the_settings_read_the_environment(path: Path) -> None:
    if place(path) == "config.py":
        return
    tree = ast.parse(path.read_text(encoding="utf-8"))
    attributes = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert not attributes & {"environ", "getenv"}, "only config.py reads the environment"
    if layer(path) in ("services", "models"):
        modules = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
        assert not modules & {"os", "random"}, "the system and chance come as arguments"


@pytest.mark.parametrize("path", sources(), ids=place)
def test_a_module_is_named_after_its_noun(path: Path) -> None:
    assert path.stem not in VAGUE, "name what it is about"


def test_sql_stays_in_the_models() -> None:
    """Raw statements of the services and views would have to be read twice for two engines."""
    for path in sources():
        if (
            layer(path) in ("services", "views", *LEAVES) and place(path) != "views/pages.py"
        ):  # its SELECT 1 is a pulse
            assert "execute_sql" not in path.read_text(encoding="utf-8"), f"{place(path)}: SQL belongs to models/"


def test_the_portal_starts_without_what_few_pages_need() -> None:
    """Pictures, ciphers, documents and tables are loaded by the first page that makes one."""
    heavy = {"PIL", "cryptography", "pyotp", "fpdf", "zxingcpp", "xlsxwriter", "python_calamine"}
    script = f"import sys, app; print(*sorted({heavy} & set(sys.modules)))"
    loaded = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not loaded.stdout.split()


def test_the_test_knows_every_module_of_the_house() -> None:
    """A new folder of Python beside the others must be given its place here."""
    tools = {"bench", "docs", "scripts", "static", "templates", "tests", "var", "node_modules"}
    found = {path.parent.name for path in ROOT.glob("[a-z]*/*.py")} | {path.stem for path in ROOT.glob("[a-z]*.py")}
    assert found - tools <= OURS
