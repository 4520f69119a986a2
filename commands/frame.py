"""What every command stands on: the settings of the application, a connection, Russian words for a refusal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

import click
from flask import current_app

import config
from models import db
from services.refusal import Refused


def settings() -> config.Settings:
    """The settings of the application; with broken ones nothing but `flask check` can work."""
    fault: config.SettingsError | None = current_app.extensions.get("settings_fault")
    if fault is not None:
        for problem in fault.problems:
            click.echo(f"✗ {problem}", err=True)
        sys.exit(1)
    found: config.Settings = current_app.extensions["settings"]
    return found


def connected(command: Callable[..., Any]) -> Callable[..., Any]:
    """Runs the command with a database connection; a rule's refusal is printed and ends it with 1."""

    @wraps(command)
    def inner(*args: Any, **kwargs: Any) -> Any:
        settings()
        with told(), db.connection_context():
            return command(*args, **kwargs)

    return inner


@contextmanager
def told() -> Iterator[None]:
    """A refusal is printed and ends the command with 1."""
    try:
        yield
    except Refused as refusal:
        click.echo(f"✗ {refusal.sentence}", err=True)
        sys.exit(1)
