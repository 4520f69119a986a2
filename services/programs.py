"""What residents' programs send: readings by register, and what a modem counted, by the meter's number."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal

from models import Account, Reading, Resident, Submission
from models.reading import BY_PROGRAM
from services import settings
from services.reading_cards import AUTOMATIC, EXPIRED, REMOVED, Card, MeterCard, cards
from services.readings import Act, NotTaken, send
from services.refusal import Refused

OBSTACLES = {
    REMOVED: "Счётчик снят, показания по нему не принимаются.",
    AUTOMATIC: "Счётчик сам отправляет показания поставщику, передавать их не нужно.",
    EXPIRED: "Срок поверки счётчика истёк, показания не принимаются. Обратитесь к поставщику.",
}
LITRE = Decimal("0.001")
UNKNOWN, AMBIGUOUS, MANY_SCALES, OBSTACLE, CLOSED, WRONG = (
    "unknown_meter", "ambiguous_meter", "many_scales", "meter_closed", "window_closed", "wrong_value",
)  # fmt: skip


class UnknownRegister(Refused):
    """A scale that the account has not, or one that takes no readings; `register` is its id."""

    def __init__(self, register: int, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.register = register
        self.code = code


@dataclass(frozen=True)
class Channel:
    """An input of a modem: the number of the meter on it, and what the meter shows."""

    place: int
    serial: str
    value: Decimal


@dataclass(frozen=True)
class Outcome:
    """What became of a channel: `value` stored for `register` under `doubts`, or `code` and `sentence` why not.

    `decimals`: of the scale.
    """

    channel: Channel
    register: int = 0
    value: int = 0
    decimals: int = 0
    doubts: tuple[str, ...] = ()
    code: str = ""
    sentence: str = ""


@dataclass(frozen=True)
class _Input:
    """A channel with the account and the only scale of its meter."""

    channel: Channel
    account: Account
    register: int
    decimals: int

    @property
    def typed(self) -> str:
        """As the meter shows it. A modem counts litres in a 32-bit float: the litre is restored, then cut."""
        shown = self.channel.value.quantize(LITRE, ROUND_HALF_UP)
        return f"{shown.quantize(Decimal(1).scaleb(-self.decimals), ROUND_FLOOR):f}"


def send_registers(account: Account, resident: Resident, act: Act, now: datetime, today: date) -> Submission:
    """Stores readings as the page does, and refuses what the page has no field for."""
    card = cards([account], today, settings.in_force(today), act.zero_padded)[account.id]
    obstacles = {scale.register.id: meter.obstacle for meter in card.meters for scale in meter.scales}
    for register in act.typed:
        if register not in obstacles:
            raise UnknownRegister(register, "unknown_register", "Шкалы с таким id у лицевого счёта нет.")
        if obstacles[register]:
            raise UnknownRegister(register, OBSTACLE, OBSTACLES[obstacles[register]])
    return send(account, resident, act, now, today, BY_PROGRAM)


def send_channels(
    accounts: Sequence[Account], resident: Resident, channels: Iterable[Channel], key: str, now: datetime, today: date
) -> list[Outcome]:
    """Stores what a modem counted.

    Nobody reads a modem's answer, so what the page would ask about (zero, unusual) is stored with its doubts and
    waits for the operator; what no press would mend (a value below the last one, too many digits) is not.
    """
    found = cards(accounts, today, settings.in_force(today))
    told, inputs = [], defaultdict[int, list[_Input]](list)
    for channel in channels:
        outcome = _input(channel, found.values())
        if isinstance(outcome, Outcome):
            told.append(outcome)
        else:
            inputs[outcome.account.id].append(outcome)
    for own in inputs.values():
        told += _send(own, resident, key, now, today)
    return sorted(told, key=lambda outcome: outcome.channel.place)


def _input(channel: Channel, found: Iterable[Card]) -> _Input | Outcome:
    serial = _bare(channel.serial)
    meters = [
        (card, meter)
        for card in found
        for meter in card.meters
        if serial and meter.obstacle != REMOVED and _bare(str(meter.meter.number)) == serial
    ]
    if not meters:
        return Outcome(channel, code=UNKNOWN, sentence=f"Счётчика № {channel.serial} нет на ваших лицевых счетах.")
    if len(meters) > 1:
        return Outcome(
            channel, code=AMBIGUOUS, sentence=f"Счётчиков № {channel.serial} у вас несколько: чей это, не понять."
        )
    card, meter = meters[0]
    return _refused(channel, card, meter) or _Input(
        channel, card.account, meter.scales[0].register.id, meter.scales[0].dial.decimals
    )


def _refused(channel: Channel, card: Card, meter: MeterCard) -> Outcome | None:
    if meter.obstacle:
        return Outcome(channel, code=OBSTACLE, sentence=OBSTACLES[meter.obstacle])
    if len(meter.scales) > 1:
        sentence = f"У счётчика № {channel.serial} несколько шкал, модем считает только одну."
        return Outcome(channel, code=MANY_SCALES, sentence=sentence)
    if not card.is_open:
        opens = card.windows.next
        return Outcome(channel, code=CLOSED, sentence=f"Приём показаний закрыт до {opens.starts:%d.%m.%Y}.")
    return None


def _send(own: list[_Input], resident: Resident, key: str, now: datetime, today: date) -> list[Outcome]:
    """All channels of an account as one act; one that is wrong does not keep the others from it."""
    told: list[Outcome] = []
    while own:
        act = Act({given.register: given.typed for given in own}, key, is_confirmed=True)
        try:
            sent = send(own[0].account, resident, act, now, today, BY_PROGRAM)
        except NotTaken as refusal:
            findings = (*refusal.checked.mistakes, *refusal.checked.questions)
            wrong = {finding.register: finding.sentence for finding in findings}
            assert wrong.keys() <= {given.register for given in own}, "a modem's meters have one scale"
            told += [
                Outcome(given.channel, code=WRONG, sentence=wrong[given.register])
                for given in own
                if given.register in wrong
            ]
            own = [given for given in own if given.register not in wrong]
        except Refused as refusal:
            return [*told, *(Outcome(given.channel, code=CLOSED, sentence=refusal.sentence) for given in own)]
        else:
            stored = {row.register_id: row for row in Reading.of_submission(sent)}
            return told + [_stored(given, stored[given.register]) for given in own]
    return told


def _stored(given: _Input, row: Reading) -> Outcome:
    doubts = tuple(kind for kind in str(row.doubts).split(",") if kind)
    return Outcome(given.channel, given.register, row.value, given.decimals, doubts)


def _bare(number: str) -> str:
    """A number as it is compared: blanks, dashes, case and zeros in front mean nothing."""
    return "".join(sign for sign in number.upper() if sign.isalnum()).lstrip("0")
