"""The portal's own texts in versions, and who has agreed to which."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from models import Consent, Resident, Text, lock, transaction
from services.refusal import Refused

FIRST = Path(__file__).parent / "first_texts"

AGREEMENT, PERSONAL_DATA, ADVERTISING, PRIVACY = "agreement", "personal-data", "advertising", "privacy"
AT_PAYMENT = (PRIVACY, AGREEMENT)  # what the policy tick of the payment form stands under


@transaction
def seed(now: datetime) -> None:
    """Publishes the first version of every text that has none; a text that the operator changed stays his."""
    for file in sorted(FIRST.glob("*.txt")):
        title, _, body = file.read_text(encoding="utf-8").partition("\n")
        if file.stem not in Text.latest([file.stem]):
            Text.publish(file.stem, 1, title.strip(), body.strip(), now)


def in_force(slugs: Iterable[str]) -> list[Text]:
    """The newest version of each text; nobody can agree to one that is not there."""
    wanted = list(slugs)
    found = Text.latest(wanted)
    missing = [slug for slug in wanted if slug not in found]
    if missing:
        raise Refused("Пока это закрыто: не опубликованы условия. Обратитесь к поставщику услуг.")
    return [found[slug] for slug in wanted]


def agreed(slugs: Iterable[str], advertising: bool) -> list[Text]:
    """The texts that were agreed to, advertising among them where it was ticked."""
    return in_force([*slugs, *([ADVERTISING] if advertising else [])])


def lacking(resident: Resident, slugs: Iterable[str]) -> list[Text]:
    """The texts that the resident has not agreed to, or that ask anew since he has."""
    known = Consent.newest(resident)
    return [text for text in Text.latest(slugs).values() if known.get(text.slug, 0) < text.asks_from]


def outdated(resident: Resident, slugs: Iterable[str]) -> list[Text]:
    """The texts that ask anew since the version that the resident agreed to."""
    known = Consent.newest(resident)
    newest = Text.latest(slugs)
    return [text for slug, text in newest.items() if slug in known and known[slug] < text.asks_from]


@transaction
def agree(resident: Resident, texts: Iterable[Text], now: datetime, address: str) -> None:
    """Stores the ticks: which version, when, from where."""
    for text in texts:
        Consent.create(resident=resident, text=text, at=now, address=address)


@transaction
def advertise(known: Resident, wanted: bool, now: datetime, address: str) -> Resident:
    """«Рекламная рассылка» on or off: the tick and its end are both written down, each once."""
    resident = lock(known)
    if resident.advertising != wanted:
        Consent.create(resident=resident, text=in_force([ADVERTISING])[0], is_given=wanted, at=now, address=address)
        resident.advertising = wanted
        resident.save()
    return resident


@transaction
def take_back(resident: Resident, now: datetime, address: str) -> None:
    """The person agrees to nothing any more; what was agreed to, and till when, stays as the evidence."""
    given = {consent.text.slug: consent for consent in Consent.of_resident(resident)}
    for consent in given.values():
        if consent.is_given:
            Consent.create(resident=resident, text=consent.text, is_given=False, at=now, address=address)
