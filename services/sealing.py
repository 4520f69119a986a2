"""An encrypted stream of frames: AES-256-GCM under a key stretched by scrypt; a cut or changed file is noticed."""

from __future__ import annotations

from hashlib import scrypt
from io import RawIOBase
from secrets import token_bytes
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from services.refusal import Refused

MAGIC = b"ABONENT-SEALED-1"
FRAME = 1 << 20


class Sealer(RawIOBase):
    """Write plain bytes, get frames: 4 bytes of length, then the ciphertext; the last frame says it is the last."""

    def __init__(self, out: IO[bytes], key: str) -> None:
        salt = token_bytes(16)
        out.write(MAGIC + salt)
        self._out, self._cipher, self._number, self._rest = out, AESGCM(_stretch(key, salt)), 0, bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self._rest += data
        while len(self._rest) > FRAME:
            self._frame(bytes(self._rest[:FRAME]), b"more")
            del self._rest[:FRAME]
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._frame(bytes(self._rest), b"last")
        super().close()

    def _frame(self, plain: bytes, mark: bytes) -> None:
        sealed = self._cipher.encrypt(self._number.to_bytes(12, "big"), plain, mark)
        self._out.write(len(sealed).to_bytes(4, "big") + sealed)
        self._number += 1


def unseal(source: IO[bytes], out: IO[bytes], key: str) -> None:
    """Writes the plain bytes of a sealed stream; refuses a wrong key, a changed byte, a missing end."""
    if source.read(len(MAGIC)) != MAGIC:
        raise Refused("Это не зашифрованная копия.")
    cipher, number, ended = AESGCM(_stretch(key, source.read(16))), 0, False
    while head := source.read(4):
        sealed = source.read(int.from_bytes(head, "big"))
        plain, ended = _open(cipher, number, sealed)
        out.write(plain)
        number += 1
    if not ended:
        raise Refused("Файл копии обрывается: скопируйте его ещё раз.")


def _open(cipher: AESGCM, number: int, sealed: bytes) -> tuple[bytes, bool]:
    for mark in (b"more", b"last"):
        try:
            return cipher.decrypt(number.to_bytes(12, "big"), sealed, mark), mark == b"last"
        except InvalidTag:
            continue
    raise Refused("Копия не открывается: другой ключ ABONENT_BACKUP_KEY или файл повреждён.")


def _stretch(key: str, salt: bytes) -> bytes:
    return scrypt(key.encode(), salt=salt, n=2**14, r=8, p=1, dklen=32)
