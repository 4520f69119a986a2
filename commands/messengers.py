"""`flask listen`: tells Telegram and MAX where this portal hears who opened and who blocked its bots."""

from __future__ import annotations

import sys

import click
from flask import current_app
from flask.cli import with_appcontext

import config
from gateways.mail import Undeliverable
from gateways.messengers import Max, Telegram
from services import messengers
from services.telling import MAX, TELEGRAM


@click.command("listen", help="Подписать кабинет на события ботов Telegram и MAX.")
@with_appcontext
def listen() -> None:
    settings: config.Settings = current_app.extensions["settings"]
    bots: dict[str, Telegram | Max] = {}
    if settings.telegram_token:
        bots[TELEGRAM] = Telegram(settings.telegram_token, settings.telegram_url)
    if settings.max_token:
        bots[MAX] = Max(settings.max_token, settings.max_url)
    failed = False
    for channel, bot in bots.items():
        try:
            url = f"{settings.base_url}/callbacks/{channel}"
            bot.listen(url, messengers.secret(settings.secret_key, channel))
            click.echo(f"✓ {messengers.NAMES[channel]}: {url}")
        except Undeliverable as fault:
            failed = True
            click.echo(f"✗ {fault}")
    if not bots:
        click.echo("Не задан ни ABONENT_TELEGRAM_TOKEN, ни ABONENT_MAX_TOKEN.")
    sys.exit(1 if failed or not bots else 0)


COMMANDS = [listen]
