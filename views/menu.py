"""Where the preset's page names lead; a page that has not been built is not shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from flask import current_app, request, url_for
from flask_login import current_user

from presets import MenuItem

PAGES = {
    "home": "home.show",
    "readings": "readings.index",
    "payment": "payment.index",
    "history": "history.show",
    "payments": "history.show",
    "readings-history": "history.show",
    "bills": "bills.index",
    "charges": "charges.show",
    "tariffs": "tariffs.show",
    "accounts": "accounts.index",
    "link": "accounts.link",
    "link-page": "accounts.link_by",
    "link-organisation": "accounts.link_by",
    "applications": "applications.index",
    "appeal": "appeals.new",
    "appeals-sent": "appeals.sent",
    "appeals-received": "appeals.received",
    "notices": "notices.index",
    "help": "help.show",
    "manual": "help.manual",
    "contacts": "pages.contacts",
    "agreement": "texts.show",
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
    "payments": {"kind": "payments"},
    "readings-history": {"kind": "readings"},
    "link-page": {"way": "page"},
    "link-organisation": {"way": "organisation"},
}


def page_url(page: str) -> str:
    """The address of a page by the preset's name for it."""
    return url_for(PAGES[page], **ARGUMENTS.get(page, {}))


def exists(page: str) -> bool:
    return PAGES.get(page) in current_app.view_functions


def items() -> tuple[MenuItem, ...]:
    """The menu of the one who looks: a resident without an account may have a shorter one."""
    preset = current_app.extensions["settings"].preset
    return preset.menu_before if preset.menu_before and not current_user.has_accounts else preset.menu


def is_here(page: str) -> bool:
    """Is the menu's line the page that is shown, or, where none is, of the same part of the portal?"""
    shown = [name for name in _names(items()) if _is_shown(name)]
    if shown:
        return page in shown
    here = (request.endpoint or "").partition(".")[0]
    return here not in ("", "pages") and PAGES.get(page, "").partition(".")[0] == here and exists(page)


def _is_shown(page: str) -> bool:
    given = {**request.args.to_dict(), **(request.view_args or {})}
    return PAGES[page] == request.endpoint and ARGUMENTS.get(page, {}).items() <= given.items()


def _names(menu: Iterable[MenuItem]) -> Iterator[str]:
    for item in menu:
        if item.page:
            yield item.page
        yield from _names(item.items)
