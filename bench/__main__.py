"""`make bench`: all figures, or those named: python -m bench pages weight."""

from __future__ import annotations

import argparse
from importlib import import_module

from bench import harness

PARTS = (
    "pages",
    "api",
    "evening",
    "growth",
    "weight",
    "quittance",
    "captcha",
    "imports",
    "memory",
    "start",
    "notices",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", default=[], help=f"of: {', '.join(PARTS)}")
    chosen = parser.parse_args().parts or PARTS
    rows: list[harness.Row] = []
    for part in chosen:
        found = import_module(f"bench.{part}").measure()
        rows += found
        print(harness.table(found), end="\n\n", flush=True)
    if set(chosen) == set(PARTS):
        harness.write(rows)
        print(f"{len(rows)} figures → {harness.RESULTS.name}")


if __name__ == "__main__":
    main()
