"""What goes with a resident who leaves: all rows that are his alone; orders, readings and consents stay."""

from __future__ import annotations

from models.appeal import Appeal
from models.application import Application
from models.base import Base
from models.call import Call
from models.code import Code
from models.link import Group, Link
from models.notice import Chat, NoticeReceipt
from models.outbox import Outbox
from models.photo import Photo
from models.request import REFUSED, WAITING, LinkRequest
from models.resident import Device, Operator, Resident, Session
from models.token import Token

LEFT = "Кабинет удалён"  # why a request that waited is decided
# The links before the groups they stand in; a link that was a login frees its account.
OWN: tuple[type[Base], ...] = (
    Link, Group, Call, Code, Device, NoticeReceipt, Outbox, Chat, Operator, Session, Token,
)  # fmt: skip


def erase_rows(resident: Resident) -> None:
    """In the caller's transaction: the rows that say who the person was or what only he used."""
    for table in OWN:
        table.delete().where(table._meta.fields["resident"] == resident).execute()
    Photo.forget_of(resident)
    Appeal.forget_of(resident)
    Application.forget_of(resident)
    # A document or a photo that no row names goes with the next sweep.
    asked = LinkRequest.update(
        full_name="", email="", phone="", comment="", address="", file_key="", file_name="", file_kind="", file_size=0
    )
    asked.where(LinkRequest.resident == resident).execute()
    closed = LinkRequest.update(state=REFUSED, reason=LEFT)
    closed.where(LinkRequest.resident == resident, LinkRequest.state == WAITING).execute()
