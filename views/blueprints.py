"""The list of all blueprints, one a noun."""

from __future__ import annotations

from flask import Blueprint

from views import (
    appeals,
    applications,
    bills,
    callbacks,
    calls,
    captchas,
    charges,
    current,
    factor,
    first_steps,
    groups,
    help,
    history,
    home,
    invitations,
    linking,
    looks,
    messengers,
    notices,
    orders,
    outbox,
    pages,
    paper_codes,
    payment,
    payment_codes,
    reading_links,
    readings,
    recovery,
    registration,
    requests,
    sign_in,
    statement,
    tariffs,
    texts,
    unsubscribe,
)
from views.admin import accounts as admin_accounts
from views.admin import counter as admin_counter
from views.admin import invitations as admin_invitations
from views.admin import letters as admin_letters
from views.admin import payments as admin_payments
from views.admin import readings as admin_readings
from views.admin import reconciliation as admin_reconciliation
from views.admin import requests as admin_requests
from views.admin import residents as admin_residents
from views.admin import topics as admin_topics
from views.api import description as api
from views.profile import page as profile_page

BLUEPRINTS: list[Blueprint] = [
    pages.bp,
    home.bp,
    bills.bp,
    charges.bp,
    payment.bp,
    payment_codes.bp,
    orders.bp,
    callbacks.bp,
    history.bp,
    notices.bp,
    messengers.bp,
    unsubscribe.bp,
    groups.bp,
    help.bp,
    requests.bp,
    appeals.bp,
    calls.bp,
    applications.bp,
    invitations.bp,
    linking.bp,  # the pages of accounts, its own among them
    current.bp,
    looks.bp,
    paper_codes.bp,
    readings.bp,
    reading_links.bp,
    captchas.bp,
    factor.bp,
    first_steps.bp,
    outbox.bp,
    profile_page.bp,
    recovery.bp,
    registration.bp,
    sign_in.bp,
    statement.bp,
    tariffs.bp,
    texts.bp,
    api.bp,  # all addresses of residents' programs
    *{
        page.bp
        for page in (
            admin_accounts,
            admin_counter,
            admin_invitations,
            admin_letters,
            admin_payments,
            admin_topics,
            admin_readings,
            admin_reconciliation,
            admin_requests,
            admin_residents,
        )
    },  # the console: one
]
