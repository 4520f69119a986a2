"""`flask check`: one line a thing that can be wrong, non-zero on trouble."""

from __future__ import annotations

import shutil
import socket
import ssl
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import urlsplit

import click
from flask import current_app
from peewee import PeeweeException

import clock
import config
from exchange.layout import layouts
from gateways import probe, sms
from gateways.acquirer import Acquirer, Declined, GatewayDown
from gateways.mail import SmtpMailer, Undeliverable
from gateways.messengers import Max, Telegram
from models import ImportRun, Order, Supplier, db, migrating
from models.staging import Busy, alone
from services import settings as supplier_settings
from services.imports import ALIVE

LEAST_DISK = 1 << 30
TIMEOUT = 10


class Trouble(Exception):
    """What is wrong and what to do, in a line."""


@click.command(
    "check", help="Проверить настройки, базу, почту, СМС, ботов, банки, раскладки реестров, диск, часы и сертификат."
)
def check() -> None:
    fault: config.SettingsError | None = current_app.extensions.get("settings_fault")
    if fault is not None:
        for problem in fault.problems:
            click.echo(f"✗ настройки: {problem}")
        sys.exit(1)
    settings: config.Settings = current_app.extensions["settings"]
    failed = False
    for warning in settings.warnings:
        click.echo(f"! {warning}")
    for name, probing in PROBES.items():
        try:
            for line in probing(settings):
                click.echo(f"✓ {name}: {line}")
        except Trouble as trouble:
            failed = True
            click.echo(f"✗ {name}: {trouble}")
    sys.exit(1 if failed else 0)


def _settings(settings: config.Settings) -> Iterator[str]:
    yield f"набор «{settings.preset.name}», {settings.base_url}, пояс {settings.timezone}"


def _database(settings: config.Settings) -> Iterator[str]:
    try:
        with db.connection_context():
            waiting = migrating.pending()
            if waiting:
                raise Trouble(f"не применено: {', '.join(waiting)}. Выполните flask migrate")
            stuck = _cut_off()
    except PeeweeException as fault:
        raise Trouble(f"не отвечает ({type(fault).__name__}). Проверьте ABONENT_DATABASE_URL")
    yield urlsplit(settings.database_url).scheme + ", таблицы в порядке"
    if stuck:
        raise Trouble(f"загрузок, прерванных на середине: {stuck}. Повторите их или снимите")


def _cut_off() -> int:
    """Imports whose process is gone: one that is under way holds the only place and is no trouble."""
    try:
        with alone():
            return ImportRun.select().where(ImportRun.state.in_(ALIVE)).count()
    except Busy:
        return 0


def _mail(settings: config.Settings) -> Iterator[str]:
    if not settings.mail_url:
        yield "не настроена, письма видны на /outbox" if settings.demo else "не настроена, письма ждут в очереди"
        return
    parts = urlsplit(settings.mail_url)
    try:
        SmtpMailer(settings.mail_url, settings.mail_from).probe()
    except Undeliverable as fault:
        raise Trouble(f"{parts.hostname}: {fault}")
    yield f"{parts.hostname} отвечает"


def _messages(settings: config.Settings) -> Iterator[str]:
    if not settings.sms_url:
        yield "не настроены, видны на /outbox" if settings.demo else "не настроены, сообщений кабинет не шлёт"
        return
    scheme = urlsplit(settings.sms_url).scheme
    try:
        sms.build(settings.sms_url).probe()
    except Undeliverable as fault:
        raise Trouble(f"{scheme}: {fault}")
    yield f"{scheme} принимает наш ключ"


def _messengers(settings: config.Settings) -> Iterator[str]:
    """Each bot knows its token, and is the one whose name residents are sent to."""
    bots: dict[str, tuple[Telegram | Max, str]] = {}
    if settings.has_telegram:
        bots["Telegram"] = Telegram(settings.telegram_token, settings.telegram_url), settings.telegram_bot
    if settings.has_max:
        bots["MAX"] = Max(settings.max_token, settings.max_url), settings.max_bot
    wrong = []
    for name, (bot, own) in bots.items():
        try:
            found = bot.probe()
        except Undeliverable as fault:
            wrong.append(str(fault) if name in str(fault) else f"{name}: {fault}")
            continue
        if found.lower() != own.lower():
            wrong.append(f"{name}: ключ от бота «{found}», а в portal.toml назван «{own}»")
        else:
            yield f"{name}: бот «{own}» отвечает"
    if not bots:
        yield "ботов нет"
    if wrong:
        raise Trouble("; ".join(wrong))


def _gateways(settings: config.Settings) -> Iterator[str]:
    found: dict[str, Acquirer] = current_app.extensions.get("gateways", {})
    wrong = []
    for name, gateway in sorted(found.items()):
        try:
            yield f"{name}: {_answers(gateway)}"
        except Trouble as trouble:
            if settings.demo and name == config.TESTBANK:
                yield f"{name}: запустится вместе с кабинетом"
            else:
                wrong.append(f"{name}: {trouble}")
    wrong += _missing(found)
    if not found:
        yield "ни одного нет: оплата в кабинете выключена"
    if wrong:
        raise Trouble("; ".join(wrong))


def _answers(gateway: Acquirer) -> str:
    """Its pages open, and it takes our credentials, where that can be asked without an order."""
    try:
        probe.ask(gateway)
    except (GatewayDown, Declined) as fault:
        raise Trouble(str(fault))
    return f"{gateway.origin} отвечает"


def _missing(found: Mapping[str, Acquirer]) -> list[str]:
    """Gateways that suppliers' settings or orders on their way name, and portal.toml does not."""
    known, today = set(found), clock.today()
    try:
        with db.connection_context():
            named = {
                (str(name), f"назван поставщику «{supplier.title}»")
                for book in (supplier_settings.in_force(today), supplier_settings.in_force(date.max))
                for supplier in Supplier.by_name()
                if (name := book.values(supplier.id).get("gateway"))
            }
            named |= {(name, "через него идут начатые заказы") for name in Order.gateways_under_way()}
    except PeeweeException:
        return []  # the database has a line of its own
    return [f"«{name}» {why}, а в portal.toml его нет" for name, why in sorted(named) if name not in known]


def _layouts(settings: config.Settings) -> Iterator[str]:
    found, problems = layouts(settings.layouts_folder)
    if problems:
        raise Trouble("; ".join(problems))
    own = f"свои — в папке {settings.layouts_dir}" if settings.layouts_dir else "своих нет"
    yield f"раскладок {len(found)}, {own}"


def _disk(settings: config.Settings) -> Iterator[str]:
    parts = urlsplit(settings.database_url)
    folder = Path(parts.path[1:]).resolve().parent if parts.scheme == "sqlite" else Path.cwd()
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    if free < LEAST_DISK:
        raise Trouble(f"свободно {free >> 20} МБ, нужно не меньше {LEAST_DISK >> 20}")
    yield f"свободно {free >> 30} ГБ"


def _clock(settings: config.Settings) -> Iterator[str]:
    """A clock that stands behind the code itself, or behind what the database already holds, is wrong."""
    now = clock.now()
    written = datetime.fromtimestamp(Path(config.__file__).stat().st_mtime, UTC)
    if now < written:
        raise Trouble(f"{now:%d.%m.%Y %H:%M} UTC раньше даты программы: часы отстают")
    yield f"{now:%d.%m.%Y %H:%M} UTC, здесь {now.astimezone(clock.zone()):%H:%M}"


def _certificate(settings: config.Settings) -> Iterator[str]:
    if not settings.is_secure:
        yield "адрес без https: годится только для пробы"
        return
    parts = urlsplit(settings.base_url)
    try:
        with (
            socket.create_connection((parts.hostname or "", parts.port or 443), TIMEOUT) as plain,
            ssl.create_default_context().wrap_socket(plain, server_hostname=parts.hostname) as secure,
        ):
            found = secure.getpeercert() or {}
    except OSError as fault:
        raise Trouble(f"{settings.base_url} не открывается по https ({type(fault).__name__})")
    until = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(found["notAfter"])), UTC)
    days = (until - clock.now()).days
    if days < 14:
        raise Trouble(f"сертификат истекает через {days} дн.")
    yield f"сертификат действует ещё {days} дн."


PROBES: dict[str, Callable[[config.Settings], Iterator[str]]] = {
    "настройки": _settings,
    "база": _database,
    "почта": _mail,
    "СМС": _messages,
    "мессенджеры": _messengers,
    "банк": _gateways,
    "реестры": _layouts,
    "диск": _disk,
    "часы": _clock,
    "сертификат": _certificate,
}

COMMANDS = [check]
