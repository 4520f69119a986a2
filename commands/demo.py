"""`flask demo`: an invented town with its residents, for a first look and for the browser tests."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

import clock
from commands.frame import connected, settings
from services import demo
from services.refusal import Refused

PASSWORD = "Demo2026"  # noqa: S105 - printed at start and refused outside demo mode
SEED = 7


@click.command("demo", help="Заполнить пустую базу учебным городом (только в учебном режиме, ABONENT_DEMO=1).")
@click.option("--accounts", default=60, show_default=True, help="Сколько лицевых счетов.")
@connected
def demo_town(accounts: int) -> None:
    if not settings().demo:
        raise Refused("Учебный город — только в учебном режиме: задайте ABONENT_DEMO=1.")
    fill(accounts)
    click.echo(logins())


def fill(accounts: int = 60) -> None:
    """Makes the town of this month, loads it as a billing's package and settles the known residents in it."""
    if is_demo():
        return
    with tempfile.TemporaryDirectory() as folder:
        demo.settle(
            Path(folder), seed=SEED, accounts=accounts, password=PASSWORD, now=clock.local_now(), today=clock.today(),
            data_key=settings().data_key,
        )  # fmt: skip


def is_demo() -> bool:
    return demo.is_settled()


def logins() -> str:
    """Whom a newcomer can be, and what links the account of the one who has none."""
    found = demo.logins(settings().preset.sign_in)
    lines = [f"  {login}  {who}" for login, who in found if login]
    return "\n".join([f"Войти можно так (пароль у всех {PASSWORD}):", *lines, *demo.facts_to_link()])


COMMANDS = [demo_town]
