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
from views.admin import appeal_desk as admin_appeal_desk
from views.admin import appeal_first as admin_appeal_first
from views.admin import audit as admin_audit
from views.admin import board as admin_board
from views.admin import counter as admin_counter
from views.admin import exchange as admin_exchange
from views.admin import hanging as admin_hanging
from views.admin import invitations as admin_invitations
from views.admin import letters as admin_letters
from views.admin import notices as admin_notices
from views.admin import operators as admin_operators
from views.admin import payments as admin_payments
from views.admin import questions as admin_questions
from views.admin import readings as admin_readings
from views.admin import reconciliation as admin_reconciliation
from views.admin import requests as admin_requests
from views.admin import residents as admin_residents
from views.admin import start as admin_start
from views.admin import suppliers as admin_suppliers
from views.admin import templates as admin_templates
from views.admin import texts as admin_texts
from views.admin import topics as admin_topics
from views.admin import two_steps as admin_two_steps
from views.admin import undo as admin_undo
from views.admin import unsent as admin_unsent
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
            admin_appeal_desk,
            admin_appeal_first,
            admin_audit,
            admin_board,
            admin_counter,
            admin_exchange,
            admin_hanging,
            admin_invitations,
            admin_letters,
            admin_notices,
            admin_operators,
            admin_questions,
            admin_texts,
            admin_payments,
            admin_topics,
            admin_readings,
            admin_reconciliation,
            admin_requests,
            admin_residents,
            admin_two_steps,
            admin_start,
            admin_suppliers,
            admin_templates,
            admin_undo,
            admin_unsent,
        )
    },  # the console: one
]
