"""Does a bank answer? A question that costs nothing: its page's door, and an order that it cannot know."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

from gateways.acquirer import Acquirer, GatewayDown

TIMEOUT = 10
NO_ORDER = "abonent-check"  # a number that no order has


def ask(bank: Acquirer) -> None:
    """Its pages open, and it takes our credentials, where that can be asked without an order.

    Raises `GatewayDown` or `Declined`.
    """
    parts = urlsplit(bank.origin)
    place = (parts.hostname or "", parts.port or {"https": 443}.get(parts.scheme, 80))
    try:
        socket.create_connection(place, TIMEOUT).close()
    except OSError:
        raise GatewayDown(f"{bank.origin} не отвечает")
    bank.status(NO_ORDER, None)
