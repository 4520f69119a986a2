"""`flask migrate`, `backup`, `restore`, `demo`: the database as a whole."""

from __future__ import annotations

from pathlib import Path

import click

import clock
from commands.frame import connected, settings
from models import Pulse, migrating
from models.pulse import BACKUP
from services import questions, texts, topics


@click.command("migrate", help="Создать или обновить таблицы базы. Повторный запуск ничего не меняет.")
@connected
def migrate() -> None:
    applied = prepare()
    click.echo("\n".join(f"Применено: {name}" for name in applied) or "Таблицы уже в порядке.")


def prepare() -> list[str]:
    """Migrates, and writes the texts without which nobody could register; names what was applied."""
    applied = migrating.migrate()
    texts.seed(clock.now())
    topics.seed()
    questions.seed(clock.now())
    return applied


@click.command("backup", help="Снять копию всей базы в файл. С ABONENT_BACKUP_KEY копия шифруется.")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@connected
def make_backup(file: Path) -> None:
    from services import backup  # cryptography is loaded for copies alone

    key = settings().backup_key
    counts = backup.write_backup(file, key=key, schema=migrating.applied(), now=clock.now())
    Pulse.beat(BACKUP, clock.now(), file.name)
    click.echo(f"Копия {file}: таблиц {len(counts)}, строк {sum(counts.values())}.")
    if not key:
        click.echo("Внимание: копия не зашифрована, в ней персональные данные. Задайте ABONENT_BACKUP_KEY.", err=True)


@click.command("restore", help="Восстановить копию в пустую базу: сначала flask migrate, потом restore.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@connected
def restore(file: Path) -> None:
    from services import backup

    migrating.migrate()
    counts = backup.read_backup(file, key=settings().backup_key, schema=migrating.applied())
    click.echo(f"Восстановлено: таблиц {len(counts)}, строк {sum(counts.values())}.")


COMMANDS = [migrate, make_backup, restore]
