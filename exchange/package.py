"""A package of tables: a folder, a .zip, an .xlsx workbook, or plain table files named as their tables.

Nothing is ever unpacked to a disk: a member of an archive is read as a stream, so names inside an archive
can reach nothing. What is too large, broken, encrypted or ambiguous is refused before a row is read.
"""

from __future__ import annotations

import hashlib
import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, BinaryIO

from exchange.extent import MOST_CELLS, farthest
from exchange.tables import BY_NAME

if TYPE_CHECKING:
    from python_calamine import CalamineWorkbook

BLOCK = 1 << 20
SUFFIXES = (".csv", ".txt", ".tsv")
MOST_BYTES = 32 << 30  # of all tables together, unpacked
MOST_RATIO = 300  # text packs 5-40 times; a bomb packs 1000 times
MOST_WORKBOOK = 128 << 20  # unpacked: a sheet is held in memory, twice its size, while it is read
MOST_MEMBERS = 10_000
# What the standard reader of archives raises over damaged bytes, by what was damaged; an index where a name is gone.
BROKEN = (
    zipfile.BadZipFile, zlib.error, struct.error, RuntimeError, ValueError, OverflowError, EOFError, OSError,
    IndexError,
)  # fmt: skip


class PackageError(Exception):
    """The package cannot be read at all; the text is a Russian sentence for the operator."""


@dataclass(frozen=True, slots=True)
class Source:
    """One table of a package: its name, what to call it to people, its size and how to open it.

    `sheet` is the name of the workbook's sheet, and then `open` gives the workbook.
    """

    table: str
    label: str
    size: int
    open: Callable[[], BinaryIO]
    sheet: str = ""


@dataclass(frozen=True, slots=True)
class Package:
    """What was found: the tables by name, and the files that are none."""

    label: str
    sources: dict[str, Source]
    others: tuple[str, ...]
    digest: str

    @property
    def size(self) -> int:
        """Bytes of all tables, for a progress bar."""
        return sum(source.size for source in self.sources.values())


def open_package(*paths: Path) -> Package:
    """The package at the path; several plain files make one package together.

    Raises PackageError with a Russian sentence.
    """
    try:
        if len(paths) == 1:
            return _open_one(paths[0])
        return _of_files(", ".join(path.name for path in paths), paths)
    except OSError as trouble:
        raise PackageError(f"Не удаётся прочитать {paths[0]}: {trouble.strerror or trouble}.") from trouble


def _open_one(path: Path) -> Package:
    if path.is_dir():
        return _of_files(path.name, sorted(child for child in path.iterdir() if child.is_file()))
    if not path.exists():
        raise PackageError(f"Нет такого файла или папки: {path}.")
    if path.suffix.lower() == ".xlsx":
        return _of_workbook(path)
    if path.suffix.lower() in SUFFIXES:
        return _of_files(path.name, [path])
    return _of_archive(path)


def _of_files(label: str, paths: Sequence[Path]) -> Package:
    found: list[Source] = []
    others = []
    for path in paths:
        table = _table(path.name)
        if table:
            found.append(Source(table, path.name, path.stat().st_size, lambda path=path: path.open("rb")))  # type: ignore[misc]
        else:
            others.append(path.name)
    return Package(label, _unique(found, label), tuple(others), _digest(found))


def _table(name: str) -> str:
    """The table that a file's name means, or an empty text."""
    path = PurePosixPath(name.replace("\\", "/"))
    return path.stem.lower() if path.suffix.lower() in SUFFIXES and path.stem.lower() in BY_NAME else ""


def _unique(found: Sequence[Source], label: str) -> dict[str, Source]:
    sources: dict[str, Source] = {}
    for source in found:
        if source.table in sources:
            both = f"{sources[source.table].label} и {source.label}"
            raise PackageError(f"Таблица {source.table} дана дважды: {both}. Оставьте один файл.")
        sources[source.table] = source
    if not sources:
        names = ", ".join(BY_NAME)
        raise PackageError(f"В пакете {label} нет ни одной таблицы. Ожидаются файлы (или листы): {names}.")
    return sources


def _of_archive(path: Path) -> Package:
    try:
        with path.open("rb") as file, zipfile.ZipFile(file) as archive:
            members = [info for info in archive.infolist() if not info.is_dir()]
    except BROKEN as trouble:
        raise PackageError(
            f"Файл {path.name} не читается как архив zip: он повреждён, обрезан или это не zip. "
            "Пришлите его ещё раз; таблицы можно дать и папкой."
        ) from trouble
    _check_members(members, path.name, MOST_BYTES)
    found = [info for info in members if _table(info.filename)]
    _check_folders(found, path.name)
    sources = [Source(_table(info.filename), info.filename, info.file_size, _opener(path, info)) for info in found]
    others = tuple(_readable(info) for info in members if not _table(info.filename))
    return Package(path.name, _unique(sources, path.name), others, _digest_of_file(path))


def _check_members(members: Sequence[zipfile.ZipInfo], label: str, most: int) -> None:
    """Refuse encrypted archives and bombs by what the archive declares; reading checks it again."""
    if len(members) > MOST_MEMBERS:
        raise PackageError(f"В архиве {label} слишком много файлов: {len(members)}.")
    if any(info.flag_bits & 1 for info in members):
        raise PackageError(f"Архив {label} закрыт паролем. Пришлите архив без пароля.")
    if sum(info.file_size for info in members) > most:
        raise PackageError(
            f"Файл {label} слишком велик: распакованный он больше {most >> 20} МБ. Дайте таблицы файлами CSV."
        )
    for info in members:
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise PackageError(
                f"Файл {_readable(info)} в архиве {label} сжат незнакомым способом. Нужен обычный zip."
            )
        if info.file_size > BLOCK and info.file_size > MOST_RATIO * max(info.compress_size, 1):
            raise PackageError(
                f"Архив {label} похож на «бомбу»: файл {_readable(info)} сжат больше чем в {MOST_RATIO} раз."
            )


def _check_extents(archive: zipfile.ZipFile, label: str) -> None:
    """Refuse a workbook with a value so far out that its sheet does not fit into memory."""
    for info in archive.infolist():
        if info.filename.startswith("xl/worksheets/") and info.filename.endswith(".xml"):
            with archive.open(info) as stream:
                rows, columns, cell = farthest(stream)
            if rows * columns > MOST_CELLS:
                raise PackageError(
                    f"В книге {label} что-то стоит очень далеко от таблицы: в ячейке {cell}. Удалите строки ниже "
                    "таблицы и столбцы правее неё и сохраните книгу."
                )


def _check_folders(found: Sequence[zipfile.ZipInfo], label: str) -> None:
    """A folder packed whole is usual; tables of several folders, or above the archive, are a mistake."""
    folders = {PurePosixPath(info.filename.replace("\\", "/")).parent for info in found}
    if any(folder.is_absolute() or ".." in folder.parts for folder in folders) or len(folders) > 1:
        raise PackageError(
            f"В архиве {label} таблицы лежат в разных или недопустимых папках. Сложите все таблицы в корень архива."
        )


def _readable(info: zipfile.ZipInfo) -> str:
    """The member's name: archivers for Windows write cp866 without saying so."""
    if info.flag_bits & 0x800 or info.filename.isascii():
        return info.filename
    try:
        return info.filename.encode("cp437").decode("cp866")
    except UnicodeError:
        return info.filename


class _Member(io.RawIOBase):
    """A member of an archive as a plain file that closes its archive and answers in our words."""

    def __init__(self, archive: zipfile.ZipFile, stream: IO[bytes], label: str) -> None:
        self._archive, self._stream, self._label = archive, stream, label

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]
        try:
            block = self._stream.read(len(view))
        except BROKEN as trouble:
            raise PackageError(f"Файл {self._label} в архиве повреждён или обрезан.") from trouble
        view[: len(block)] = block
        return len(block)

    def close(self) -> None:
        self._stream.close()
        self._archive.close()
        super().close()


def _opener(path: Path, info: zipfile.ZipInfo) -> Callable[[], BinaryIO]:
    def open_member() -> BinaryIO:
        archive = zipfile.ZipFile(path)
        try:
            stream = archive.open(info)
        except BROKEN as trouble:
            archive.close()
            raise PackageError(
                f"Файл {_readable(info)} в архиве повреждён или сжат незнакомым способом."
            ) from trouble
        return io.BufferedReader(_Member(archive, stream, _readable(info)), BLOCK)

    return open_member


def _of_workbook(path: Path) -> Package:
    sheets = _sheets(path)
    size = path.stat().st_size
    found, others = [], []
    for name in sheets:
        table = name.strip().lower()
        if table in BY_NAME:
            found.append(Source(table, name, size // len(sheets), lambda: path.open("rb"), sheet=name))
        else:
            others.append(name)
    return Package(path.name, _unique(found, path.name), tuple(others), _digest_of_file(path))


def _sheets(path: Path) -> list[str]:
    """Names of a workbook's sheets."""
    with path.open("rb") as file, open_workbook(file, path.name) as book:
        return list(book.sheet_names)


def open_workbook(
    file: BinaryIO, label: str, advice: str = "Сохраните его заново или дайте таблицы в CSV."
) -> CalamineWorkbook:
    """The workbook; what it declares is checked before its reader sees it. Raises PackageError."""
    from python_calamine import CalamineError, CalamineWorkbook  # heavy, and seldom wanted

    try:
        with zipfile.ZipFile(file) as archive:
            _check_members(archive.infolist(), label, MOST_WORKBOOK)
            _check_extents(archive, label)
        file.seek(0)
        return CalamineWorkbook.from_filelike(file)
    except (CalamineError, *BROKEN) as trouble:
        raise PackageError(f"Файл {label} не читается как книга Excel (.xlsx). {advice}") from trouble


def _digest_of_file(path: Path) -> str:
    with path.open("rb") as stream:
        return _digest_of_stream(stream)


def _digest_of_stream(stream: BinaryIO) -> str:
    sums = hashlib.sha256()
    while block := stream.read(BLOCK):
        sums.update(block)
    return sums.hexdigest()


def _digest(found: Sequence[Source]) -> str:
    """SHA-256 of one plain file as it is; of several, over their names and digests in the order of names."""
    digests = []
    for source in sorted(found, key=lambda source: source.label):
        with source.open() as stream:
            digests.append((source.label, _digest_of_stream(stream)))
    if len(digests) == 1:
        return digests[0][1]
    lines = "".join(f"{digest}  {label}\n" for label, digest in digests)
    return hashlib.sha256(lines.encode()).hexdigest()
