"""Text messages out. Only the demo's way is here: nothing is sent, the page of letters shows what would be."""

from __future__ import annotations

import re
from datetime import datetime

from gateways.mail import Mail, Undeliverable

MOBILE = re.compile(r"\+[1-9]\d{7,14}")


class CapturedSms:
    """A gateway that keeps messages to itself; it is as strict about numbers as a real one."""

    def send(self, mail: Mail, now: datetime) -> str:
        if not MOBILE.fullmatch(mail.to):
            raise Undeliverable("номер не разбирается", permanent=True)
        return f"captured-{mail.key}"
