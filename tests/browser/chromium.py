"""Where a Chromium is that really starts; Ubuntu's `chromium-browser` is a stub that only says so."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys

NAMES = ("chromium", "google-chrome", "google-chrome-stable", "chromium-browser", "chrome")
SWITCHES = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-sync",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--no-first-run",
)
ADVICE = (
    "Chromium не найден, проверки в браузере не выполнены. "
    "Поставить: sudo apt-get install --no-install-recommends chromium (Debian) или google-chrome-stable, "
    "либо назвать свой: CHROMIUM=/путь make test"
)


def find() -> str | None:
    """The path of a browser that answers, or None."""
    for name in filter(None, (os.environ.get("CHROMIUM"), *NAMES)):
        path = shutil.which(name)
        if path and _starts(path):
            return path
    return None


def find_or_install() -> str | None:
    """As `find`; on Debian root gets the distribution's package first."""
    found = find()
    if found or os.geteuid() != 0 or _distribution() != "debian":
        return found
    print("Ставлю Chromium (один раз)…", file=sys.stderr, flush=True)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", "chromium"]):
        subprocess.run(["apt-get", *command], env=quiet, stdout=subprocess.DEVNULL, check=False)
    return find()


def _starts(path: str) -> bool:
    command = [path, "--headless", *SWITCHES, "--dump-dom", "about:blank"]
    try:
        done = subprocess.run(command, capture_output=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0 and b"<html" in done.stdout


def _distribution() -> str:
    try:
        return platform.freedesktop_os_release().get("ID", "")
    except OSError:
        return ""
