"""`flask import` and `flask export`: files of the billing in and out."""

from __future__ import annotations

import os
import pwd
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import click

import clock
from commands.frame import connected, settings
from exchange.debts import CSV, KINDS, MARKS, SBER
from exchange.tables import BY_NAME
from exchange.writers import write_csv
from models import Audit, ExportBatch
from models.audit import Sought
from services import audit_words, exports, exports_lists, exports_payments, exports_template, imports, undo, uploads
from services.imports_report import Report


@click.command(
    "import", help="Загрузить пакет таблиц из расчётной программы: папку, архив .zip, книгу .xlsx или файлы CSV."
)
@click.argument("path", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path), metavar="ПУТЬ…")
@click.option("--dry-run", "is_dry", is_flag=True, help="Только проверить: тот же отчёт, в базу ничего не пишется.")
@click.option(
    "--strict", "is_strict", is_flag=True, help="Не загружать ничего, если есть хоть одна непринятая строка."
)
@click.option(
    "--encoding",
    type=click.Choice(["utf-8", "windows-1251", "cp1251", "cp866"], case_sensitive=False),
    help="Кодировка файлов CSV, если она определилась неверно.",
)
@click.option(
    "--refused",
    type=click.Path(file_okay=False, path_type=Path),
    help="Папка для непринятых строк: по файлу <таблица>.csv с номером строки и причиной.",
)
@connected
def import_package(
    path: tuple[Path, ...], is_dry: bool, is_strict: bool, encoding: str | None, refused: Path | None
) -> None:
    options = imports.Options(is_dry, is_strict, encoding, refused, scratch())
    clean = True
    for paths in _packages(path):
        with _progress() as progress:
            report = imports.run_import(
                paths,
                who=who(),
                now=clock.local_now,
                options=options,
                data_key=settings().data_key,
                progress=progress,
            )
        _print(report, is_dry)
        clean = clean and report.is_clean
    if not clean and refused:
        click.echo(f"Непринятые строки — в папке {refused}. Исправьте их и загрузите снова.")
    sys.exit(0 if clean else 1)


def who() -> str:
    """Whoever sits at the server's console."""
    return f"flask ({pwd.getpwuid(os.getuid()).pw_name})"


def scratch() -> Path:
    """Where a stage has room: it takes more than the package, and a temporary folder is often memory."""
    folder = settings().data_dir
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _packages(paths: tuple[Path, ...]) -> list[list[Path]]:
    """Folders, archives and workbooks are packages of their own; plain table files make one together."""
    plain = [path for path in paths if path.is_file() and path.suffix.lower() not in (".zip", ".xlsx")]
    whole = [[path] for path in paths if path not in plain]
    return [*whole, *([plain] if plain else [])]


def _print(report: Report, is_dry: bool) -> None:
    click.echo(f"{'Таблица':<18}{'новые':>10}{'изменены':>10}{'без изм.':>10}{'удалены':>10}{'не приняты':>12}")
    for name, counts in report.counts.items():
        numbers = f"{counts.new:>10}{counts.changed:>10}{counts.same:>10}{counts.removed:>10}{counts.refused:>12}"
        click.echo(f"{BY_NAME[name].title:<18}{numbers}")
    for message in report.messages:
        click.echo(message)
    if report.state == imports.REFUSED:
        click.echo("Ничего не загружено: есть непринятые строки, а загрузка строгая.")
    elif is_dry:
        click.echo("Это проверка: в базу ничего не записано.")
    else:
        click.echo(f"Загрузка № {report.run} записана.")


@contextmanager
def _progress() -> Iterator[imports.Progress]:
    """A bar on a terminal, plain lines elsewhere."""
    if sys.stderr.isatty():
        with click.progressbar(length=1, file=sys.stderr, show_eta=True) as bar:

            def draw(title: str, done: int, total: int) -> None:
                bar.label, bar.length = f"{title:<14}", max(total, 1)
                bar.update(done - bar.pos)

            yield draw
        return
    last = ["", -1]

    def tell(title: str, done: int, total: int) -> None:
        tenth = done * 10 // max(total, 1)
        if [title, tenth] != last:
            last[:] = [title, tenth]
            click.echo(f"{title}: {tenth * 10} %", err=True)

    yield tell


@click.command(
    "import-waiting",
    help="Загрузить пакеты, переданные через консоль, отменить отменённые (зовёт рассылка).",
    hidden=True,
)
@connected
def import_waiting() -> None:
    undo.carry_out_asked(clock.local_now)
    uploads.load_waiting(settings().data_dir / "uploads", now=clock.local_now, data_key=settings().data_key)


@click.group("export", help="Выгрузить данные портала для расчётной программы.")
def export() -> None:
    pass


@export.command(
    "readings", help="Показания, ещё не переданные в расчёт. Выгруженные помечаются и дважды не выгружаются."
)
@click.option("--since", type=click.DateTime(["%Y-%m-%d", "%d.%m.%Y"]), help="С какого дня снятия показаний.")
@click.option("--supplier", help="Код поставщика; без него — все поставщики.")
@click.option(
    "--format", "kind", type=click.Choice(["csv", "xlsx", "gis"]), default="csv", show_default=True,
    help="Вид файла; gis — книга для ГИС ЖКХ.",
)  # fmt: skip
@click.option("--again", is_flag=True, help="Добавить и показания прежних выгрузок, на которые ещё нет ответа.")
@click.option("--batch", type=int, help="Выдать прежнюю выгрузку по её номеру: тот же файл, байт в байт.")
@click.option("--out", type=click.Path(path_type=Path), help="Файл или папка; без ключа — текущая папка.")
@click.option(
    "--encoding", type=click.Choice(["utf-8", "cp1251"]), default="utf-8", show_default=True, help="Кодировка CSV."
)
@connected
def export_readings(
    since: datetime | None, supplier: str | None, kind: str, again: bool, batch: int | None, out: Path | None,
    encoding: str,
) -> None:  # fmt: skip
    if batch is not None:
        made = exports.batch_of(exports.READINGS, batch)
    elif since is None:
        raise click.UsageError("Укажите --since или --batch.")
    else:
        try:
            made = exports.export_readings(
                since.date(), supplier, clock.now(), again, who=who(), zone=clock.zone(), kind=kind, encoding=encoding
            )  # fmt: skip
        except exports.NothingToExport as nothing:
            click.echo(nothing.sentence)
            return
    _write(made, out, "показаний")


@export.command("payments", help="Платежи, принятые на портале и ещё не учтённые в расчёте. Дважды не выгружаются.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d", "%d.%m.%Y"]), help="С какого дня оплаты; без него — все.")
@click.option("--supplier", help="Код поставщика; без него — все поставщики.")
@click.option(
    "--format", "kind", type=click.Choice(["csv", "xlsx"]), default="csv", show_default=True, help="Вид файла."
)
@click.option("--again", is_flag=True, help="Добавить и платежи прежних выгрузок, которых ещё нет в расчёте.")
@click.option("--batch", type=int, help="Выдать прежнюю выгрузку по её номеру: тот же файл, байт в байт.")
@click.option("--out", type=click.Path(path_type=Path), help="Файл или папка; без ключа — текущая папка.")
@click.option(
    "--encoding", type=click.Choice(["utf-8", "cp1251"]), default="utf-8", show_default=True, help="Кодировка CSV."
)
@connected
def export_payments(
    since: datetime | None, supplier: str | None, kind: str, again: bool, batch: int | None, out: Path | None,
    encoding: str,
) -> None:  # fmt: skip
    if batch is not None:
        _write(exports.batch_of(exports_payments.PAYMENTS, batch), out, "платежей")
        return
    try:
        made = exports_payments.export_payments(
            since.date() if since else None, supplier, clock.now(), again, who=who(), zone=clock.zone(), kind=kind,
            encoding=encoding,
        )  # fmt: skip
    except exports.NothingToExport as nothing:
        click.echo(nothing.sentence)
        return
    _write(made, out, "платежей")


def _list_command(what: str) -> click.Command:
    """A command for a list that marks nothing."""

    @export.command(what, help=f"{exports_lists.TITLES[what]}: список целиком, каким он стоит сейчас.")
    @click.option("--supplier", help="Код поставщика; без него — все поставщики.")
    @click.option(
        "--format", "kind", type=click.Choice(["csv", "xlsx"]), default="csv", show_default=True, help="Вид файла."
    )
    @click.option("--batch", type=int, help="Выдать прежнюю выгрузку по её номеру: тот же файл, байт в байт.")
    @click.option("--out", type=click.Path(path_type=Path), help="Файл или папка; без ключа — текущая папка.")
    @click.option(
        "--encoding",
        type=click.Choice(["utf-8", "cp1251"]),
        default="utf-8",
        show_default=True,
        help="Кодировка CSV.",
    )
    @connected
    def export_list(supplier: str | None, kind: str, batch: int | None, out: Path | None, encoding: str) -> None:
        if batch is not None:
            _write(exports.batch_of(what, batch), out, "строк")
            return
        try:
            made = exports_lists.export_list(
                what, supplier, clock.now(), who=who(), zone=clock.zone(), kind=kind, encoding=encoding
            )
        except exports.NothingToExport as nothing:
            click.echo(nothing.sentence)
            return
        _write(made, out, "строк")

    return export_list


for _what in exports_lists.TITLES:
    _list_command(_what)


@export.command("debts", help="Долги для банка: что платить каждому лицевому счёту. Файл на каждого поставщика.")
@click.option("--supplier", help="Код поставщика; без него — все поставщики, у каждого свой файл.")
@click.option("--format", "kind", type=click.Choice(KINDS), default=SBER, show_default=True, help="Вид файла.")
@click.option("--again", is_flag=True, help="Выгрузить, хотя долги с прошлой выгрузки не изменились.")
@click.option("--batch", type=int, help="Выдать прежнюю выгрузку по её номеру: тот же файл, байт в байт.")
@click.option("--out", type=click.Path(path_type=Path), help="Файл или папка; без ключа — текущая папка.")
@click.option(
    "--encoding", type=click.Choice(["utf-8", "cp1251", "koi8-r"]), default=None,
    help="Кодировка; обычно cp1251 для банка и utf-8 для таблицы.",
)  # fmt: skip
@click.option(
    "--decimal", "mark", type=click.Choice(sorted(MARKS)), default="comma", show_default=True,
    help="Чем отделены копейки в файле для банка: comma — запятой, point — точкой.",
)  # fmt: skip
@connected
def export_debts(
    supplier: str | None, kind: str, again: bool, batch: int | None, out: Path | None, encoding: str | None, mark: str
) -> None:
    if batch is not None:
        _write(exports.batch_of(exports_payments.DEBTS, batch), out, "счетов")
        return
    if kind == CSV and encoding == "koi8-r":
        raise click.UsageError("koi8-r бывает только у файла для банка.")
    if out is not None and not out.is_dir() and not supplier:
        raise click.UsageError("Файл на каждого поставщика: укажите в --out папку или назовите --supplier.")
    try:
        made = exports_payments.export_debts(
            supplier, clock.local_now(), again, who=who(), kind=kind, encoding=encoding or "", mark=mark
        )
    except exports.NothingToExport as nothing:
        click.echo(nothing.sentence)
        return
    for one in made:
        _write(one, out, "счетов")


@export.command("template", help="Вписать выгрузку для ГИС ЖКХ в шаблон, скачанный в ГИС ЖКХ: новый файл рядом.")
@click.argument("what", type=click.Choice([exports.READINGS, exports_lists.DOCUMENTS]), metavar="readings|documents")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="ШАБЛОН")
@click.option("--batch", type=int, required=True, help="Номер выгрузки.")
@click.option("--partial", "is_partial", is_flag=True, help="Заполнить и без столбцов, которых в шаблоне не нашлось.")
@click.option("--out", type=click.Path(path_type=Path), help="Файл или папка; без ключа — текущая папка.")
@connected
def fill_template(what: str, file: Path, batch: int, is_partial: bool, out: Path | None) -> None:
    made = exports.batch_of(what, batch)
    if not exports_template.is_fillable(made):
        raise click.UsageError(f"Выгрузка № {batch} сделана не для ГИС ЖКХ: нужен --format gis.")
    with file.open("rb") as template:
        content = exports_template.fill(made, template, file.name, is_partial=is_partial)
    target = _target(out, exports_template.name_of(made))
    _put(target, content)
    click.echo(f"Шаблон заполнен: файл {target}.")


@export.command("audit", help="Журнал действий операторов: таблица CSV, новые записи сверху.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d", "%d.%m.%Y"]), help="С какого дня; без него — с начала.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d", "%d.%m.%Y"]), help="По какой день; без него — по сегодня.")
@click.option("--out", type=click.Path(path_type=Path), help="Файл или папка; без ключа — текущая папка.")
@connected
def export_audit(since: datetime | None, until: datetime | None, out: Path | None) -> None:
    zone, target = clock.zone(), _target(out, f"audit-{clock.today():%Y-%m-%d}.csv")
    begins = since.replace(tzinfo=zone) if since else None
    ends = (until + timedelta(days=1)).replace(tzinfo=zone) if until else None
    found = Audit.all_found(Sought(since=begins, until=ends))
    try:
        with target.open("wb") as file:
            count = write_csv(file, audit_words.HEADINGS, audit_words.table(found, zone))
    except OSError as fault:
        click.echo(f"✗ Файл {target} не записан: {fault.strerror}.", err=True)
        sys.exit(1)
    click.echo(f"Журнал: записей {count}, файл {target}.")


def _write(made: ExportBatch, out: Path | None, of: str) -> None:
    """Writes the batch down and says so; where it cannot be, says how to have it."""
    target = _target(out, str(made.file_name))
    again = f"flask export {made.kind} --batch {made.number} --out ПАПКА"
    _put(target, bytes(made.content), f"\nВыгрузка № {made.number} сделана и хранится в базе. Возьмите её: {again}")
    click.echo(f"Выгрузка № {made.number}: {of} {made.rows}, файл {target}.")


def _put(target: Path, content: bytes, advice: str = "") -> None:
    try:
        target.write_bytes(content)
    except OSError as fault:
        click.echo(f"✗ Файл {target} не записан: {fault.strerror}.{advice}", err=True)
        sys.exit(1)


def _target(out: Path | None, name: str) -> Path:
    if out is None:
        return Path(name)
    return out / name if out.is_dir() else out


COMMANDS = [import_package, import_waiting, export]
