"""Where the preset's page names lead; a page that has not been built is not shown."""

from __future__ import annotations

from flask import current_app, url_for

PAGES = {
    "home": "home.show",
    "readings": "readings.index",
    "payment": "payment.index",
    "history": "history.show",
    "bills": "bills.index",
    "charges": "charges.show",
    "tariffs": "tariffs.show",
    "accounts": "accounts.index",
    "link": "accounts.link",
    "notices": "notices.index",
    "contacts": "pages.contacts",
    "agreement": "texts.show",
    "view": "pages.view",
    "sign-out": "sign_in.sign_out",
}
ARGUMENTS = {"agreement": {"slug": "agreement"}}


def page_url(page: str) -> str:
    """The address of a page by the preset's name for it."""
    return url_for(PAGES[page], **ARGUMENTS.get(page, {}))


def exists(page: str) -> bool:
    return PAGES.get(page) in current_app.view_functions
