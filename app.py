"""create_app(settings): wires the database, the blueprints, the hooks and the errors; nothing else."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import click
from flask import Flask
from flask_login import LoginManager
from flask_wtf import CSRFProtect

import cli
import clock
import config
from models import bind
from views import (
    api,
    assets,
    callbacks,
    context,
    errors,
    format,
    gate,
    gateways,
    ids,
    messengers,
    security,
    sessions,
    unsubscribe,
)
from views.blueprints import BLUEPRINTS
from views.turns import Turns

ROOT = Path(__file__).resolve().parent


def create_app(settings: config.Settings | None = None) -> Flask:
    """The portal as a WSGI application; `settings` default to the environment and portal.toml."""
    if settings is None:
        try:
            settings = config.load()
        except config.SettingsError as fault:
            if click.get_current_context(silent=True) is None:
                raise  # a web server: it must not start
            return cli.bare(fault)
    app = Flask(__name__, static_folder=None, root_path=str(ROOT))
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SESSION_COOKIE_NAME="abonent_form",
        SESSION_COOKIE_SECURE=settings.is_secure,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=timedelta(days=1),
        WTF_CSRF_TIME_LIMIT=None,
        MAX_CONTENT_LENGTH=64 * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
        MAX_FORM_PARTS=2000,
        TEMPLATES_AUTO_RELOAD=False,
    )
    app.extensions["settings"] = settings
    clock.set_zone(settings.timezone)
    bind(settings.database_url)
    csrf = CSRFProtect(app)
    login = LoginManager(app)
    login.request_loader(sessions.load)
    app.extensions["nobody"] = login.anonymous_user
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    gateways.install(app)
    ids.install(app)
    format.install(app)
    context.install(app)
    assets.install(app)
    gate.install(app)
    security.install(app)
    errors.install(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    csrf.exempt(callbacks.bp)  # banks know no form token: they sign
    csrf.exempt(messengers.bp)  # nor do messengers: theirs is a secret
    csrf.exempt(unsubscribe.bp)  # nor do mail programs: the address itself is signed
    csrf.exempt(api.bp)  # nor do programs: no cookie lets them in
    cli.install(app)
    if settings.database_url.startswith("sqlite:"):
        app.wsgi_app = Turns(app.wsgi_app)  # type: ignore[method-assign]
    return app
