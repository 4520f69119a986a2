"""«Автоплатёж»: the resident's accounts with what is turned on, and the form of one."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Response, flash, render_template, url_for
from wtforms import RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice

import clock
from models import Autopay, AutopayRun, BankCard, Link
from models.standing import standings
from services import autopay as ordering
from services import payment, settings
from services.autopay import Wanted
from services.payment import Terms
from services.refusal import Refused
from views import cards as kept
from views import gateways, hx, portal
from views.access import own_link, own_links, resident
from views.format import money_typed
from views.forms import Form, at_most, required, typed, word
from views.profile import bp
from views.shapes import reads

BY_DAY, BY_BILL = "day", "bill"
WHEN = [SelectChoice(BY_DAY, "В день месяца"), SelectChoice(BY_BILL, "Когда придёт новый счёт")]
DAYS = [SelectChoice(str(day), str(day)) for day in range(1, 32)]


@dataclass(frozen=True)
class Choice:
    """An account, its autopay if it has one of the resident's, its last run, and when the next one charges."""

    link: Link
    row: Autopay | None
    last: AutopayRun | None
    is_possible: bool


class AutopayForm(Form):
    order = ("card", "when", "day", "most")
    card = SelectField(word("autopay.card"), validate_choice=False)
    when = RadioField(word("autopay.when"), choices=WHEN, validate_choice=False)
    day = SelectField(word("autopay.day"), choices=DAYS, validate_choice=False)
    most = StringField(word("autopay.most"), [required(), at_most(40), reads(payment.kopecks)])

    @classmethod
    def of(cls, row: Autopay | None, cards: dict[str, BankCard]) -> AutopayForm:
        """What is turned on, or what is usual."""
        if row is None:
            return cls.asking(cards, data={"when": BY_DAY, "day": "10", "card": next(iter(cards), "")})
        data = {
            "card": f"{kept.BY_CARD}{row.card_id}",
            "when": BY_DAY if row.day else BY_BILL,
            "day": str(row.day or 10),
            "most": money_typed(row.most),
        }
        return cls.asking(cards, data=data)

    @classmethod
    def asking(cls, cards: dict[str, BankCard], **given: object) -> AutopayForm:
        form = cls(**given)
        form.card.choices = [SelectChoice(name, card.masked or "Карта") for name, card in cards.items()]
        return form

    def wanted(self, cards: dict[str, BankCard]) -> Wanted:
        card = cards.get(self.card.data or "")
        if card is None:
            raise Refused("Выберите карту.", field="card")
        if self.when.data not in (BY_DAY, BY_BILL):
            raise Refused("Выберите, когда платить.", field="when")
        text = self.day.data or ""
        day = int(text) if text in {str(number) for number in range(1, 32)} else 0
        return Wanted(card, day if self.when.data == BY_DAY else None, payment.kopecks(self.most.data or ""))


@bp.get("/autopay")
def autopay() -> str:
    links = own_links()
    mine, last = Autopay.of_resident(resident()), AutopayRun.last_of(link.account_id for link in links)
    possible = set(kept.keepers(_terms(links).values()))
    terms = _terms(links)
    choices = [
        Choice(
            link,
            mine.get(link.account_id),
            last.get(link.account_id),
            terms[link.account.supplier_id].gateway in possible,
        )
        for link in links
    ]
    return render_template("profile/autopays.html", choices=choices, next_charge=_next_charge)


@bp.get("/autopay/<int:account_id>")
def autopay_of(account_id: int) -> str:
    link = own_link(account_id)
    cards, row = _cards(link), _own(link)
    return render_template("profile/autopay.html", **_facts(link, row, AutopayForm.of(row, cards), cards))


@bp.post("/autopay/<int:account_id>")
def order_autopay(account_id: int) -> Response:
    link = own_link(account_id)
    here = url_for(".autopay")
    if typed("off"):
        ordering.turn_off(link)
        flash("Автоплатёж выключен.", "done")
        return hx.go(here)
    cards = _cards(link)
    form = AutopayForm.asking(cards)
    if not (form.validate() and form.done(_turn_on, form, link, cards)):
        return hx.again("profile/autopay", **_facts(link, _own(link), form, cards))
    flash("Автоплатёж включён. Накануне списания придёт письмо.", "done")
    return hx.go(here)


def _turn_on(form: AutopayForm, link: Link, cards: dict[str, BankCard]) -> None:
    terms = _terms([link])[link.account.supplier_id]
    ordering.turn_on(link, form.wanted(cards), terms, set(kept.banks()), clock.today())


def _facts(link: Link, row: Autopay | None, form: AutopayForm, cards: dict[str, BankCard]) -> dict[str, object]:
    return {
        "link": link,
        "row": row,
        "form": form,
        "cards": cards,
        "debt": standings([link.account_id])[link.account_id].debt,
        "can_keep": bool(kept.keepers(_terms([link]).values())),
        "can_email": resident().email_confirmed_at is not None and portal.settings().has_email,
    }


def _own(link: Link) -> Autopay | None:
    """The resident's own autopay of the account: another holder's is none of his business."""
    row = Autopay.of_account(link.account)
    return row if row is not None and row.link_id == link.id else None


def _cards(link: Link) -> dict[str, BankCard]:
    return kept.offered(kept.keepers(_terms([link]).values()))


def _terms(links: list[Link]) -> dict[int, Terms]:
    book, usual = settings.in_force(clock.today()), gateways.usual()
    return {link.account.supplier_id: payment.terms(book.values(link.account.supplier_id), usual) for link in links}


def _next_charge(choice: Choice) -> object:
    """The day on which money may be taken next; None at a new bill."""
    row, last = choice.row, choice.last
    if row is None or row.day is None:
        return None
    if last is not None and last.state == "told":
        return last.charge_on
    return ordering.next_charge(row.day, row.since, clock.today(), {last.occasion} if last is not None else set())
