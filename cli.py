"""All `flask` commands; they load even with broken settings, so that `flask check` can name what is wrong."""

from __future__ import annotations

from flask import Flask

import config
from commands import check, data, demo, exchange, payments, people, registry, serve


def install(app: Flask) -> None:
    for module in (serve, data, demo, exchange, registry, people, payments, check):
        for command in module.COMMANDS:
            app.cli.add_command(command)


def bare(fault: config.SettingsError) -> Flask:
    """An application that has no settings: it knows the commands and nothing else."""
    app = Flask("abonent", static_folder=None)
    app.extensions["settings_fault"] = fault
    install(app)
    return app
