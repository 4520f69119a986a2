"""Where the preset's page names lead; a page that has not been built is not shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from flask import current_app, g, request, url_for

from presets import MenuItem
from views import portal
from views.access import has_accounts

PAGES = {
    "home": "home.show",
    "readings": "readings.index",
    "payment": "payment.index",
    "history": "history.show",
    "payments": "history.show",
    "readings-history": "history.show",
    "bills": "bills.index",
    "charges": "charges.show",
    "statement": "statement.show",
    "tariffs": "tariffs.show",
    "accounts": "accounts.index",
    "link": "accounts.link",
    "link-page": "accounts.link_by",
    "link-organisation": "accounts.link_by",
    "requests": "requests.index",
    "applications": "applications.index",
    "appeal": "appeals.new",
    "appeals-sent": "appeals.sent",
    "appeals-received": "appeals.received",
    "calls": "calls.index",
    "notices": "notices.index",
    "help": "help.show",
    "manual": "help.manual",
    "contacts": "pages.contacts",
    "agreement": "texts.show",
    "payment-terms": "texts.show",
    "payment-posting": "texts.show",
    "refunds": "texts.show",
    "payment-security": "texts.show",
    "privacy": "texts.show",
    "requisites": "pages.requisites",
    "view": "pages.view",
    "profile": "profile.show",
    "subscriptions": "profile.subscriptions",
    "password": "profile.password",
    "cache": "profile.cache",
    "sign-out": "sign_in.sign_out",
}
# What stands in the address of pages that share a view.
ARGUMENTS = {
    "agreement": {"slug": "agreement"},
    "payment-terms": {"slug": "payment-terms"},
    "payment-posting": {"slug": "payment-posting"},
    "refunds": {"slug": "refunds"},
    "payment-security": {"slug": "payment-security"},
    "privacy": {"slug": "privacy"},
    "payments": {"kind": "payments"},
    "readings-history": {"kind": "readings"},
    "link-page": {"way": "page"},
    "link-organisation": {"way": "organisation"},
}
CHIEF = ("index", "show")  # the views that stand for their whole part of the portal


def page_url(page: str) -> str:
    """The address of a page by the preset's name for it."""
    return url_for(PAGES[page], **ARGUMENTS.get(page, {}))


def exists(page: str) -> bool:
    return PAGES.get(page) in current_app.view_functions


def items() -> tuple[MenuItem, ...]:
    """The menu of the one who looks, as far as it is built: a resident without an account may have a shorter one."""
    if "menu" not in g:
        preset = portal.preset()
        g.menu = _built(preset.menu_before if preset.menu_before and not has_accounts() else preset.menu)
    menu: tuple[MenuItem, ...] = g.menu
    return menu


def first_page() -> str:
    """The page that opens after signing in, by the preset's name; «Главная» where it has not been built."""
    page = portal.preset().first_page
    return page if exists(page) else "home"


def is_here(page: str) -> bool:
    """Is the menu's line the page that is shown, or, where none is, of the same part of the portal?"""
    if "here" not in g:
        names = list(_names(items()))
        g.here = set(filter(_is_shown, names)) or set(filter(_is_part, names))
    return page in g.here


def _is_shown(page: str) -> bool:
    given = {**request.args.to_dict(), **(request.view_args or {})}
    return PAGES[page] == request.endpoint and ARGUMENTS.get(page, {}).items() <= given.items()


def _is_part(page: str) -> bool:
    part, _, name = PAGES[page].partition(".")
    return part == (request.endpoint or "").partition(".")[0] != "pages" and name in CHIEF


def _built(items: Iterable[MenuItem]) -> tuple[MenuItem, ...]:
    """Without the pages that have not been built, and without the headings over nothing else."""
    kept = (replace(item, items=_built(item.items)) for item in items)
    return tuple(item for item in kept if item.items or exists(item.page))


def _names(items: Iterable[MenuItem]) -> Iterator[str]:
    for item in items:
        if item.page:
            yield item.page
        yield from _names(item.items)
