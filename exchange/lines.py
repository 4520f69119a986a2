"""Physical lines of a text file, streamed: the encoding is found, and no line may fill the memory."""

import codecs
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from exchange.package import BLOCK, PackageError, Source

LONGEST_LINE = 1 << 20  # bytes
ENCODINGS = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "utf-8-sig": "utf-8",
    "windows-1251": "cp1251",
    "cp1251": "cp1251",
    "cp866": "cp866",
    "koi8-r": "koi8-r",
}
_NAMES = {"utf-8": "UTF-8", "cp1251": "windows-1251", "cp866": "cp866", "koi8-r": "koi8-r"}
_CONTROLS = bytes({*range(32), 127} - set(b"\t\n\r"))


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A line that could not be read, and why: a Russian sentence."""

    reason: str


class Lines:
    """Lines with their physical numbers (the first is 1), without their ends.

    A line longer than a megabyte, or not in the file's encoding, or with a NUL comes as Unreadable; other
    control characters are dropped. `position` counts the bytes read, up to the size of the source.
    """

    def __init__(self, source: Source, encoding: str | None = None) -> None:
        self.encoding, skip = _encoding(source, encoding)
        self.position = 0
        self._stream: BinaryIO = source.open()
        self._stream.read(skip)
        self._returned: deque[tuple[int, str | Unreadable]] = deque()
        self._numbered = self._number()

    def close(self) -> None:
        self._stream.close()

    def __iter__(self) -> Iterator[tuple[int, str | Unreadable]]:
        returned = self._returned
        for line in self._numbered:
            yield line
            while returned:
                yield returned.popleft()
        while returned:
            yield returned.popleft()

    def following(self) -> tuple[int, str | Unreadable] | None:
        """The next line ahead of the iteration, or None at the end."""
        return self._returned.popleft() if self._returned else next(self._numbered, None)

    def give_back(self, lines: Sequence[tuple[int, str | Unreadable]]) -> None:
        """Lines that were taken ahead come again."""
        self._returned.extendleft(reversed(lines))

    def _number(self) -> Iterator[tuple[int, str | Unreadable]]:
        number = 0
        for lines in self._blocks():
            yield from enumerate(lines, number + 1)
            number += len(lines)

    def _blocks(self) -> Iterator[Sequence[str | Unreadable]]:
        """Whole lines, a megabyte at a time; of an overlong line nothing is kept but its number."""
        rest, overlong = b"", False
        while block := self._stream.read(BLOCK):
            self.position += len(block)
            if overlong:
                end = block.find(b"\n")
                if end < 0:
                    continue
                yield [_OVERLONG]
                block, overlong = block[end + 1 :], False
            block = rest + block
            end = block.rfind(b"\n") + 1
            rest = block[end:]
            if end:
                yield self._decoded(block[:end])
            if len(rest) > LONGEST_LINE:
                rest, overlong = b"", True
        if overlong:
            yield [_OVERLONG]
        elif rest:
            yield self._decoded(rest)

    def _decoded(self, block: bytes) -> Sequence[str | Unreadable]:
        if b"\r" in block:
            block = block.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        block = block.removesuffix(b"\n")
        too_long = block.find(b"\n") > LONGEST_LINE or len(block) > LONGEST_LINE and b"\n" not in block
        if too_long or len(block.translate(None, _CONTROLS)) != len(block):
            return [self._line(line) for line in block.split(b"\n")]
        try:
            return block.decode(self.encoding).split("\n")
        except UnicodeDecodeError:
            return [self._line(line) for line in block.split(b"\n")]

    def _line(self, line: bytes) -> str | Unreadable:
        if len(line) > LONGEST_LINE:
            return _OVERLONG
        if b"\0" in line:
            return Unreadable("В строке есть недопустимый знак NUL: файл повреждён при записи или передаче.")
        try:
            return line.translate(None, _CONTROLS).decode(self.encoding)
        except UnicodeDecodeError:
            return Unreadable(f"Строка не читается в кодировке {_NAMES[self.encoding]}.")


_OVERLONG = Unreadable("Строка длиннее 1 МБ: похоже, в файле потерян конец строки.")


def _encoding(source: Source, wanted: str | None) -> tuple[str, int]:
    """The codec and how many bytes of a byte order mark to skip."""
    if wanted is not None and wanted.lower() not in ENCODINGS:
        raise PackageError(f"Незнакомая кодировка {wanted}. Можно: utf-8, windows-1251, cp866, koi8-r.")
    with source.open() as stream:
        start = stream.read(4)
        if start[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            raise PackageError("Файл в кодировке UTF-16. Сохраните его в UTF-8 или windows-1251.")
        marked = start.startswith(codecs.BOM_UTF8)
        if wanted is not None:
            codec = ENCODINGS[wanted.lower()]
            return codec, 3 if marked and codec == "utf-8" else 0
        if marked:
            return "utf-8", 3
        return ("utf-8" if _is_utf8(start, stream) else "cp1251"), 0


def _is_utf8(start: bytes, stream: BinaryIO) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        decoder.decode(start)
        while block := stream.read(BLOCK):
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True
