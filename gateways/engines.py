"""The protocols that this portal speaks, by the name that stands in portal.toml as `engine`."""

from __future__ import annotations

from collections.abc import Mapping

from gateways import moneta, sber, tbank, yookassa
from gateways.acquirer import Engine

ENGINES: Mapping[str, Engine] = {
    "sber": sber.ENGINE,
    "yookassa": yookassa.ENGINE,
    "moneta": moneta.ENGINE,
    "tbank": tbank.ENGINE,
}
