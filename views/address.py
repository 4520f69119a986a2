"""Where a request comes from: the client's address behind trusted proxies, the device in two words."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

from flask import request

from services.limits import Visitor
from views import portal

Address = IPv4Address | IPv6Address

# The order matters: every browser also calls itself those that stand below it.
BROWSERS = (
    ("YaBrowser", "Яндекс Браузер"), ("SamsungBrowser", "Samsung Internet"), ("OPR/", "Opera"), ("Edg", "Edge"),
    ("Firefox", "Firefox"), ("FxiOS", "Firefox"), ("CriOS", "Chrome"), ("Chrome", "Chrome"), ("Safari", "Safari"),
)  # fmt: skip
SYSTEMS = (
    ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)  # fmt: skip


def visitor() -> Visitor:
    """Who asks, for the limits and for the list of sessions."""
    return Visitor(key=portal.settings().secret_key, address=client_address(), device=device())


def client_address() -> str:
    """The address of the browser: what a header says counts only where the peer is a proxy of ours.

    Each proxy appends whom it heard from, so the header is read from its end, up to the first that is not ours.
    """
    peer = request.remote_addr or ""
    told = [part.strip() for part in ",".join(request.headers.getlist("X-Forwarded-For")).split(",")]
    for hop in reversed(told):
        if not _is_trusted(peer):
            break
        if _parsed(hop) is None:
            break
        peer = hop
    return str(_parsed(peer) or peer)


def device() -> str:
    """«Chrome, Android», as far as the browser says."""
    agent = request.headers.get("User-Agent", "")
    found = [next((name for mark, name in kinds if mark in agent), "") for kinds in (BROWSERS, SYSTEMS)]
    return ", ".join(part for part in found if part) or "Неизвестный браузер"


def _is_trusted(text: str) -> bool:
    address = _parsed(text)
    proxies = portal.settings().trusted_proxies
    return address is not None and any(address in network for network in proxies)


def _parsed(text: str) -> Address | None:
    """An address as proxies write it, some with a port; IPv4 mapped into IPv6 is IPv4."""
    plain = text.partition(":")[0] if text.count(":") == 1 else text.removeprefix("[").partition("]")[0]
    try:
        address = ip_address(plain)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
