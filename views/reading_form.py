"""The reading form: what was typed into it, and what its templates show."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from flask import request

import clock
from models import Account, Link, Photo, Submission
from services import reading_photos
from services.attachments import LARGEST
from services.preliminary import Calculation, from_json
from services.reading_cards import Card, MeterCard, Scale
from services.reading_rules import Checked, Entry
from services.reading_words import compared, usually
from services.readings import Act, NotTaken
from services.refusal import Refused
from views import portal
from views.address import visitor
from views.forms import clean, typed_once
from views.turns import paused

YES = ("yes", "on", "y", "1", "true")
HEAD = re.compile(r"[^:.]*[:.]?")
LATER = "Можно оставить пустым и передать позже"


@dataclass(frozen=True)
class Field:
    """An input: what stands in it, what is wrong or doubtful about it, the quiet line below."""

    text: str = ""
    wrong: str = ""
    doubt: str = ""
    question: str = ""
    is_rolled: bool = False
    hint: str = ""

    @property
    def doubt_head(self) -> str:
        """What is doubtful, up to the numbers: it stands in bold."""
        return HEAD.match(self.doubt)[0] if self.doubt else ""  # type: ignore[index] # it matches any text

    @property
    def doubt_rest(self) -> str:
        return self.doubt[len(self.doubt_head) :].strip()


@dataclass(frozen=True)
class View:
    """A card as its template takes it.

    `link` is None on the page of those who have not signed in: what would tell more than the meters is left out.
    `sent`: the act whose preliminary sum is shown above, `shot` the photo that came with it. `fields` by register
    are the inputs of the form, none where nothing is to be typed. `photo`: the claim to a picture that came with an
    earlier press. `warned` signs the doubts that one more press confirms, "" where there are none.
    """

    link: Link | None
    card: Card
    fields: Mapping[int, Field]
    sent: Submission | None = None
    once: str = ""
    warned: str = ""
    refusal: str = ""
    mistakes: tuple[str, ...] = ()
    is_fixing: bool = False
    photo: str = ""
    photo_wrong: str = ""
    shot: Photo | None = None

    @property
    def calculation(self) -> Calculation | None:
        return None if self.sent is None else from_json(str(self.sent.preliminary))

    @property
    def asked(self) -> list[tuple[MeterCard, Scale]]:
        """The scales with something to mend or to look at, for the summary above the form."""
        return [
            (meter, scale)
            for meter in self.card.meters
            for scale in meter.scales
            if (field := self.fields.get(scale.register.id)) and (field.wrong or field.doubt or field.question)
        ]

    @property
    def has_mistakes(self) -> bool:
        return bool(self.mistakes or self.photo_wrong) or any(field.wrong for field in self.fields.values())


def typed_act(account: Account) -> Act:
    """What the form brought; a program that sends no key gets one of its own."""
    return Act(
        typed={register: _value(f"reading-{register}") for register in _registers("reading")},
        once=typed_once() or secrets.token_urlsafe(16),
        rolled={register for register in _registers("rolled") if _value(f"rolled-{register}") in YES},
        is_confirmed=_value("confirm") in YES,
        warned=_value("warned"),
        shape=_value("shape"),
        zero_padded=portal.preset().zero_padded,
        photo=reading_photos.claimed(_value("photo_kept"), account, portal.settings().secret_key),
    )


def with_photo(act: Act, account: Account) -> Act:
    """The act with the photo that was chosen, stored already; it stays with the form until it is sent."""
    file = request.files.get(reading_photos.FIELD)
    if file is None or not file.filename:
        return act
    with paused():
        content = file.stream.read(LARGEST + 1)
        return replace(act, photo=reading_photos.keep(content, account, photos(), visitor(), clock.now()))


def photos() -> Path:
    """Where the pictures lie."""
    folder: Path = portal.settings().data_dir / reading_photos.FOLDER
    return folder


def fresh(link: Link | None, card: Card, sent: Submission | None = None, is_fixing: bool = False) -> View:
    """The card as it is opened: empty inputs for what waits, or what was sent, to be corrected."""
    fields = {
        scale.register.id: Field(text=_own(scale) if is_fixing else "", hint=_hint(card, scale))
        for meter in card.meters
        for scale in meter.scales
        if card.is_open and not meter.obstacle and (is_fixing or not meter.is_sent)
    }
    shot = Photo.of_act(sent) if sent is not None else None
    return View(link, card, fields, sent, secrets.token_urlsafe(16), is_fixing=is_fixing, shot=shot)


def again(link: Link | None, card: Card, act: Act, refusal: Refused) -> View:
    """The card with everything that was typed, a photo too, and what was found or refused."""
    checked = refusal.checked if isinstance(refusal, NotTaken) else None
    of_photo = refusal.field == reading_photos.FIELD
    fields = {
        scale.register.id: _checked_field(card, scale, act, checked)
        for meter in card.meters
        for scale in meter.scales
        if card.is_open and not meter.obstacle and (not meter.is_sent or _is_typed(meter, act))
    }
    asks = checked is not None and checked.doubts and not checked.mistakes
    return View(
        link,
        card,
        fields,
        once=act.once,
        warned=checked.signature if checked is not None and asks else "",
        refusal="" if checked or of_photo else refusal.sentence,
        mistakes=tuple(finding.sentence for finding in checked.mistakes if not finding.register) if checked else (),
        is_fixing=any(_is_typed(meter, act) and meter.is_sent for meter in card.meters),
        photo=reading_photos.claim(act.photo, card.account, portal.settings().secret_key) if act.photo else "",
        photo_wrong=refusal.sentence if of_photo else "",
    )


def _checked_field(card: Card, scale: Scale, act: Act, checked: Checked | None) -> Field:
    register = scale.register.id
    text, is_rolled = act.typed.get(register, ""), register in act.rolled
    if checked is None:
        return Field(text, is_rolled=is_rolled, hint=_hint(card, scale))
    wrong, question, doubt = (
        " ".join(finding.sentence for finding in findings if finding.register == register)
        for findings in (checked.mistakes, checked.questions, checked.doubts)
    )
    entry = next((entry for entry in checked.entries if entry.register == register), None)
    hint = _hint(card, scale) if entry is None else "" if doubt else _comparison(scale, entry)
    return Field(text, wrong, doubt, question or _confirmed(scale, is_rolled, entry), is_rolled, hint)


def _confirmed(scale: Scale, is_rolled: bool, entry: Entry | None) -> str:
    """A roll-over that was ticked stays on the form while something else is mended."""
    if entry is None or not entry.has_rolled or not is_rolled:
        return ""
    return f"Расход с переходом через ноль: {scale.dial.amount(entry.used or 0)}."


def _comparison(scale: Scale, entry: Entry) -> str:
    return "" if entry.is_below else compared(scale.dial, entry.used)


def _hint(card: Card, scale: Scale) -> str:
    waiting = [meter for meter in card.meters if not meter.obstacle]
    return usually(scale.dial) or (LATER if len(waiting) > 1 else "")


def _own(scale: Scale) -> str:
    """What was sent, as it would be typed."""
    return "" if scale.own is None else scale.dial.shown(scale.own.value).replace("\N{NO-BREAK SPACE}", "")


def _is_typed(meter: MeterCard, act: Act) -> bool:
    return any(act.typed.get(scale.register.id) for scale in meter.scales)


def _value(name: str) -> str:
    return clean(request.form.get(name, ""))


def _registers(prefix: str) -> list[int]:
    """The registers that the form has fields for: numbers the database can hold, others are none of ours."""
    found = (re.fullmatch(rf"{prefix}-([0-9]{{1,10}})", name) for name in request.form)
    return [int(match.group(1)) for match in found if match]
