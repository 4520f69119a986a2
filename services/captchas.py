"""Pictures with digits: one-time, bound to a form, expiring."""

from __future__ import annotations

import hmac
from datetime import datetime, timedelta

from models import Captcha, transaction
from services.limits import TooMany

LIVES = timedelta(minutes=15)
MOST = 300  # pictures of a form for one address within that time: a village on the 25th asks for fewer
FAILURES = 3  # so many within the hour, and a form that asks after failures asks for a picture

ALWAYS, AFTER_FAILURES = "always", "after-failures"


def is_wanted(policy: str, failures: int) -> bool:
    """Does the preset's policy for a form ask for a picture now?"""
    return policy == ALWAYS or (policy == AFTER_FAILURES and failures >= FAILURES)


@transaction
def ask(form: str, text: str, number: int, now: datetime, network: str = "") -> Captcha:
    """A new picture for a form: `text` is what it shows, `number` its random id, `network` who asks.

    Whoever fetches pages without end fills no table: an address that has got `MOST` shares the newest unanswered
    picture, and waits (`TooMany`) where it has answered them all.
    """
    if network and Captcha.issued(form, network, now) >= MOST:
        shared = Captcha.newest(form, network, now)
        if shared is None:
            raise TooMany(LIVES)
        return shared
    row: Captcha = Captcha.create(
        id=number, form=form, network=network, answer=text, created_at=now, expires_at=now + LIVES
    )
    return row


def is_right(form: str, captcha_id: int, typed: str, now: datetime) -> bool:
    """Checks an answer and uses the picture up, right or wrong: there is no second guess."""
    captcha = Captcha.take(captcha_id, form, now)
    given = "".join(typed.split()).encode("utf-8", "replace")
    return captcha is not None and hmac.compare_digest(captcha.answer.encode(), given)
