"""`flask registry`: a bank's file is shown as it would be taken in, and with --post it is."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

import click

import clock
from commands.exchange import who
from commands.frame import connected, settings
from exchange.layout import layouts
from models import Registry
from models.registry_totals import Part
from services import registries, registry_intake
from services.registries import By, Outlook, roubles
from services.registry_intake import Given


@click.command(
    "registry",
    help="Прочесть реестр платежей банка: показать число, суммы, незнакомые счета, повторы и расхождения. "
    "С --post провести его.",
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="ФАЙЛ")
@click.option("--format", "layout", default="", help="Раскладка; без ключа определяется по файлу.")
@click.option("--supplier", default="", help="Код поставщика, если по файлу не понять, чей он.")
@click.option(
    "--encoding",
    type=click.Choice(["utf-8", "windows-1251", "cp1251", "cp866", "koi8-r"], case_sensitive=False),
    help="Кодировка, если она определилась неверно.",
)
@click.option(
    "--day",
    type=click.DateTime(["%Y-%m-%d", "%d.%m.%Y"]),
    help="День платежей, если в файле его нет; обычно сегодня.",
)
@click.option("--post", is_flag=True, help="Провести реестр.")
@click.option("--confirm", is_flag=True, help="Провести, хотя есть предупреждения.")
@connected
def registry(
    file: Path, layout: str, supplier: str, encoding: str | None, day: datetime | None, post: bool, confirm: bool
) -> None:
    given = Given(
        name=file.name, content=_content(file), day=day.date() if day else clock.today(), layout=layout,
        encoding=encoding or "", supplier=supplier,
    )  # fmt: skip
    known, wrong = layouts(settings().layouts_folder)
    for told in wrong:
        click.echo(f"! {told}", err=True)
    row = registry_intake.take_down(given, known, None, who(), clock.local_now())
    seen = registries.outlook(row)
    _print(row, seen)
    if post and (confirm or not seen.warnings):
        registries.post(row, confirm, By(who()), clock.local_now())
        waiting = registries.outlook(row).totals.states.get("waiting", Part())
        click.echo(f"Реестр № {row.id} проведён.")
        if waiting.count:
            click.echo(f"Ждут решения в консоли: {waiting.count}, {roubles(waiting.amount)}.")
        return
    if post:
        click.echo("Реестр не проведён: есть предупреждения. Проведите его с --confirm или в консоли.", err=True)
    else:
        click.echo(f"Реестр № {row.id} ждёт: проведите его с --post или в консоли.")
    sys.exit(1 if seen.warnings else 0)


def _content(file: Path) -> bytes:
    """No more of the file than is needed to see that it is too large."""
    with file.open("rb") as stream:
        return stream.read(registry_intake.MOST_BYTES + 1)


def _print(row: Registry, seen: Outlook) -> None:
    figures = seen.totals
    click.echo(f"{row.file_name}: {row.layout}, {row.supplier.title}")
    for title, part in (
        ("Платежей", figures.told), ("К проведению", figures.known), ("Незнакомые счета", figures.unknown),
        ("Повторы", figures.doubled), ("Возвраты", figures.reversed),
    ):  # fmt: skip
        click.echo(f"{title:<18}{part.count:>8}{roubles(part.amount):>20}")
    for warning in seen.warnings:
        click.echo(f"! {warning}")


COMMANDS = [registry]
