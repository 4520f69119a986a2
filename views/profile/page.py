"""The page of the profile: the parts that the preset lists, in its order."""

from __future__ import annotations

from collections.abc import Callable

from flask import render_template
from markupsafe import Markup

from views import cards as offered
from views import portal
from views.access import own_links, resident
from views.profile import (
    autopay,  # noqa: F401 - pages of this blueprint
    bills,
    bp,
    cache,  # noqa: F401 - a page of this blueprint
    cards,  # noqa: F401
    consents,  # noqa: F401
    contacts,
    deletion,  # noqa: F401
    devices,  # noqa: F401
    factor,
    password,
    personal,
    subscriptions,
    tokens,  # noqa: F401
)

Facts = dict[str, object]

# What each part needs to be shown; its template is `profile/_<name>.html`.
SECTIONS: dict[str, Callable[[], Facts]] = {
    "personal": personal.facts,
    "contacts": contacts.facts,
    "email": lambda: contacts.form_facts(contacts.EmailForm()),
    "password": lambda: password.facts(password.PasswordForm()),
    "factor": factor.facts,
    "bills": bills.facts,
    "subscriptions": lambda: subscriptions.facts(subscriptions.ChannelsForm(obj=resident())),
    "accounts": lambda: {"links": own_links()},
    "more": lambda: {"keeps_cards": offered.are_kept()},
}


@bp.get("")
def show() -> str:
    wanted = portal.preset().profile
    shown = [name for name in wanted if name != "factor" or factor.is_offered()]
    sections = [Markup(render_template(f"profile/_{name}.html", **SECTIONS[name]())) for name in shown]
    return render_template("profile/show.html", sections=sections)
