"""A dead address: noticed when a letter comes back, told to the resident, paper brought back (product R9.5)."""

from __future__ import annotations

from datetime import datetime

from models import Chat, Notice, Outbox, Resident, lock, transaction
from services import accounts, contacts
from services.challenges import EMAIL, SMS


@transaction
def note(letter: Outbox, now: datetime) -> None:
    """Nobody is where the letter went: nothing more goes there until the resident confirms an address anew."""
    channel, address = str(letter.channel), str(letter.destination)
    if channel not in (EMAIL, SMS):
        _chat_died(channel, address, now)
    elif letter.resident is not None:
        _contact_died(lock(letter.resident), channel, address, now)


@transaction
def left(channel: str, address: str) -> None:
    """The resident blocked the bot himself: there is nothing to tell him."""
    Chat.unlink(channel, address)


def _chat_died(channel: str, address: str, now: datetime) -> None:
    resident = Chat.unlink(channel, address)
    if resident is not None:
        Notice.tell(
            [resident],
            "Сообщения в мессенджер больше не доходят",
            "Бот заблокирован или чат удалён. Подключить мессенджер снова можно в профиле.",
            now, link_url="/profile/messengers", link_label="Подключить снова",
        )  # fmt: skip


def _contact_died(resident: Resident, channel: str, address: str, now: datetime) -> None:
    if channel == EMAIL:
        if resident.email_confirmed_at is None or contacts.email_key(str(resident.email)) != contacts.email_key(
            address
        ):
            return  # he has another address by now
        resident.email_confirmed_at = None
        subject = "Письма на ваш e-mail не доходят"
        body = (
            f"Почтовый сервер ответил, что адреса {resident.email} нет. "
            "Исправьте адрес в профиле или подтвердите его ещё раз."
        )
    else:
        if resident.phone_confirmed_at is None or str(resident.phone) != address:
            return
        resident.phone_confirmed_at = None
        subject = "СМС на ваш телефон не доходят"
        body = "Оператор связи ответил, что на этот номер сообщения не приходят. Проверьте телефон в профиле."
    resident.save()
    Notice.tell([resident], subject, body, now, link_url="/profile", link_label="Перейти в профиль")
    if channel == EMAIL:
        accounts.back_to_paper(resident, now)
