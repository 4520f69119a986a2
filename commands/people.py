"""`flask create-operator` and `flask link`: who may do what, from the server's own console."""

from __future__ import annotations

import click

import clock
from commands.frame import connected, settings
from services import operators
from services.linking import attach_by_number


@click.command("create-operator", help="Завести оператора или дать права оператора уже заведённому жителю.")
@click.argument("email")
@click.option("--administrator", is_flag=True, help="Администратор: все права, а не только работа с абонентами.")
@click.option("--supplier", "supplier_code", help="Код поставщика; без него — все поставщики.")
@click.option("--reset-factor", is_flag=True, help="Только отключить оператору второй шаг входа: телефон потерян.")
@connected
def create_operator(email: str, administrator: bool, supplier_code: str | None, reset_factor: bool) -> None:
    if reset_factor:
        operators.reset_factor(email, clock.now())
        click.echo(f"Второй шаг входа у {email} отключён. При следующем входе консоль попросит подключить новый.")
        return
    role = "administrator" if administrator else "clerk"
    link = operators.create(email, role, supplier_code, clock.now(), base_url=settings().base_url)
    click.echo(f"Оператор {email} заведён.")
    if link:
        click.echo(f"Пароль он задаёт сам по этой ссылке, она действует двое суток и один раз:\n{link}")


@click.command("link", help="Привязать лицевой счёт к жителю (в обход проверки: решает тот, кто у консоли).")
@click.argument("email")
@click.argument("supplier")
@click.argument("account")
@connected
def link_account(email: str, supplier: str, account: str) -> None:
    attach_by_number(email, supplier, account, clock.now())
    click.echo(f"Лицевой счёт {account} привязан к {email}.")


COMMANDS = [create_operator, link_account]
