"""What goes into the log of a fault: where it happened and of what kind, never a value of a person.

The text of an exception may carry one: PostgreSQL writes «Key (email_key)=(anna@…) already exists» into its own.
"""

from __future__ import annotations

import logging
import traceback


def write(log: logging.Logger, words: str, fault: BaseException) -> None:
    """Logs the kinds of the fault and of its causes, and the lines of code they came through."""
    kinds, lines = [], traceback.format_tb(fault.__traceback__)
    cause: BaseException | None = fault
    while cause is not None:
        kinds.append(type(cause).__name__)
        cause = cause.__cause__ or cause.__context__
    log.error("%s: %s\n%s", words, " ← ".join(kinds), "".join(lines))
