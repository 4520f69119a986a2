"""What a resident tells of himself and how he wants to be told things; words that stand only in his portal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from models import Link, Resident, lock, transaction
from services import texts
from services.refusal import Refused

LONGEST_NAME = 60
OLDEST = 120  # years
GENDERS = {"male": "Мужской", "female": "Женский"}


@dataclass(frozen=True)
class Person:
    """«Личные данные»; a name is whatever the person says it is."""

    surname: str
    name: str
    patronymic: str = ""
    birth_date: date | None = None
    gender: str = ""


@dataclass(frozen=True)
class Channels:
    """C's switches; None where the portal has no such channel, and what was chosen stays."""

    email: bool | None
    sms: bool | None
    messenger: bool | None
    advertising: bool


@transaction
def introduce(resident: Resident, person: Person, today: date) -> None:
    """Keeps what the person said; the name in the bill is the supplier's and stays."""
    check_birth_date(person.birth_date, today)
    if person.gender not in ("", *GENDERS):
        raise Refused("Выберите пол из списка.", field="gender")
    for part, value in vars(person).items():
        setattr(resident, part, " ".join(value.split()) if isinstance(value, str) else value)
    resident.save()


def check_birth_date(day: date | None, today: date) -> None:
    """Refuses a day that nobody alive was born on."""
    if day is not None and not (today.year - OLDEST <= day.year and day <= today):
        raise Refused("Проверьте дату рождения.", field="birth_date")


@transaction
def choose_channels(known: Resident, channels: Channels, now: datetime, address: str) -> None:
    """«Уведомления»: by which ways the resident is told things, and whether of offers too."""
    resident = texts.advertise(known, channels.advertising, now, address)
    for name in ("email", "sms", "messenger"):
        wanted = getattr(channels, name)
        if wanted is not None:
            setattr(resident, f"notify_{name}", wanted)
    resident.save()


@transaction
def subscribe(known: Resident, reminders: bool, monthly_bill: bool, sms: bool | None) -> None:
    """«Мои подписки»; the monthly letter cannot be left out while bills come by it alone (product R4.2)."""
    resident = lock(known)
    if not monthly_bill and Link.has_email_bills(resident):
        raise Refused(
            "Вы получаете счета на e-mail. Чтобы отказаться от письма, сначала верните бумажные счета в профиле.",
            field="monthly_bill",
        )
    resident.remind_readings, resident.monthly_bill = reminders, monthly_bill
    if sms is not None:
        resident.notify_sms = sms
    resident.save()
