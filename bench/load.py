"""A small load generator in a process of its own: clients on kept connections, each with its cookie.

python -m bench.load PORT SECONDS CLIENTS PATH…      prints JSON
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import perf_counter

from bench.filled import token

ROOT = Path(__file__).resolve().parent.parent


@dataclass
class Result:
    """Milliseconds of the answers; those that slept on purpose (header X-Slow) are kept apart."""

    seconds: float = 0.0
    times: list[float] = field(default_factory=list)
    slow: list[float] = field(default_factory=list)
    errors: int = 0

    @property
    def rate(self) -> float:
        return (len(self.times) + len(self.slow)) / self.seconds

    def percentile(self, share: float) -> float:
        ordered = sorted(self.times) or [float("nan")]
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def run(port: int, seconds: float, clients: int, paths: list[str]) -> Result:
    """The load, from another process: the generator must not share an interpreter with what it measures."""
    command = [sys.executable, "-m", "bench.load", str(port), str(seconds), str(clients), *paths]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=seconds + 60)
    return Result(**json.loads(done.stdout))


async def _client(port: int, number: int, paths: list[str], until: float, result: Result) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    turn = number
    while perf_counter() < until:
        request = (
            f"GET {paths[turn % len(paths)]} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
            f"Cookie: abonent={token(number + 1)}\r\nAccept-Encoding: gzip\r\n\r\n"
        )
        turn += 1
        start = perf_counter()
        writer.write(request.encode())
        status, told, _ = await answer(reader)
        headers = dict(told)
        (result.slow if "x-slow" in headers else result.times).append((perf_counter() - start) * 1000)
        result.errors += status != 200
        if headers.get("connection", "").lower() == "close":
            writer.close()
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.close()


async def answer(reader: asyncio.StreamReader) -> tuple[int, list[tuple[str, str]], bytes]:
    """(status, headers by their lower-case names, body)."""
    lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = [(name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines[1:])]
    body, known = b"", dict(headers)
    if known.get("transfer-encoding") == "chunked":
        while size := int(await reader.readline(), 16):
            body += await reader.readexactly(size)
            await reader.readline()
        await reader.readline()
    else:
        body = await reader.readexactly(int(known["content-length"]))
    return int(lines[0].split()[1]), headers, body


async def _main(port: int, seconds: float, clients: int, paths: list[str]) -> Result:
    result = Result()
    start = perf_counter()
    until = start + seconds
    await asyncio.gather(*(_client(port, number, paths, until, result) for number in range(clients)))
    result.seconds = perf_counter() - start
    return result


if __name__ == "__main__":
    print(
        json.dumps(asdict(asyncio.run(_main(int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]), sys.argv[4:]))))
    )
