"""`flask refund`: money back to the payer, from the server's own console."""

from __future__ import annotations

import sys

import click
from flask import current_app

import clock
from commands.exchange import who
from commands.frame import connected
from models import Order, Refund
from models.refund import ASKED, DONE
from services import refund_requests
from services.payment import kopecks
from services.refusal import Refused
from views.format import rub


@click.command("refund", help="Вернуть деньги по оплаченному заказу: всё или часть.")
@click.argument("number")
@click.option("--sum", "part", help="Сколько вернуть, в рублях: 100,50. Без неё — всё, что ещё не возвращено.")
@connected
def refund(number: str, part: str | None) -> None:
    order = Order.get_or_none(number=number)
    if order is None:
        raise Refused(f"Заказа № {number} нет.")
    amount = kopecks(part) if part else order.total - order.refunded
    now = clock.local_now()
    asked = refund_requests.ask(order, amount, who(), now)
    refund_requests.carry_out(asked, current_app.extensions["gateways"].get(order.gateway), now)
    asked = Refund.get_by_id(asked.id)
    if asked.state == DONE:
        click.echo(f"✓ Возвращено {rub(amount)} по заказу № {number}.")
    elif asked.state == ASKED:
        click.echo("! Банк не ответил или ещё думает. Рассылка спросит его снова сама, второй раз не возвращайте.")
    else:
        click.echo(f"✗ Банк не вернул: {asked.reason}", err=True)
        sys.exit(1)


COMMANDS = [refund]
