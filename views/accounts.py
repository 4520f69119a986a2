"""«Лицевые счета»: the list, an account's page with its meters and services, its settings and its removal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from flask import Blueprint, Response, flash, render_template, url_for
from wtforms import RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice

import clock
from models import Account, Group, Link, LinkRequest, Register, Service, Tariff
from models.beside import paid_beside
from models.standing import services_of, standings
from services import accounts, groups, reading_links, settings
from services.accounts import LONGEST_ALIAS
from services.preliminary import is_of
from services.refusal import Refused
from views import hx, portal
from views.access import own_groups, own_link, own_links, resident
from views.forms import Form, at_most, word

bp = Blueprint("accounts", __name__)

PAPER, EMAIL = "paper", "email"


class ArrangeForm(Form):
    """What is the resident's own about an account."""

    alias = StringField(word("accounts.alias"), [at_most(LONGEST_ALIAS)])
    group = SelectField(word("accounts.group"), validate_choice=False)
    bills_by = RadioField(
        word("accounts.bills_by"),
        choices=[SelectChoice(PAPER, word("accounts.paper")), SelectChoice(EMAIL, word("accounts.by_email"))],
        validate_choice=False,
    )


@dataclass(frozen=True)
class Charged:
    """A service of the account with the prices that are its own, and what is owed for it (kopecks or not known)."""

    service: Service
    tariffs: list[Tariff]
    debt: int | None


@bp.get("/accounts")
def index() -> str:
    links = own_links()
    if not links:
        return empty()
    found = standings(link.account_id for link in links)
    beside_of = paid_beside({account: standing.debt_on for account, standing in found.items()})
    return render_template("accounts/index.html", links=links, standings=found, beside_of=beside_of)


def empty() -> str:
    """The page of one who holds no account: the one step to take, and what he has asked for."""
    return render_template("accounts/empty.html", requests=LinkRequest.waiting_of(resident()))


@bp.get("/accounts/<int:account_id>")
def show(account_id: int) -> str:
    link = own_link(account_id)
    form = ArrangeForm(
        alias=link.label, group=str(link.group_id or ""), bills_by=EMAIL if link.bills_by_email else PAPER
    )
    return render_template("accounts/show.html", **_page(link, form))


@bp.post("/accounts/<int:account_id>")
def arrange(account_id: int) -> Response:
    link, form = own_link(account_id), ArrangeForm()
    group = link.group if form.group.data is None else groups.chosen(own_groups(), form.group.data)
    facts = (form.alias.data, group, _by_email(link, form))
    if form.validate() and form.done(accounts.arrange, link, *facts, clock.today()):
        flash("Сохранено.", "done")
        return hx.go(url_for(".show", account_id=account_id))
    return hx.again("accounts/show", **_page(link, form))


@bp.get("/accounts/<int:account_id>/removal")
def removal(account_id: int) -> str:
    return render_template("accounts/removal.html", link=own_link(account_id))


@bp.post("/accounts/<int:account_id>/removal")
def remove(account_id: int) -> Response:
    link = own_link(account_id)
    try:
        login = accounts.unlink(link, portal.preset().sign_in)
    except Refused as refusal:
        flash(refusal.sentence, "warn")
        return hx.go(url_for(".removal", account_id=account_id))
    flash(f"Лицевой счёт № {link.account.number} удалён из кабинета.", "done")
    if login:
        flash(f"Входите теперь по номеру лицевого счёта {login}, пароль прежний.", "warn")
    return hx.go(url_for(".index"))


@bp.get("/accounts/<int:account_id>/reading-links")
def show_links(account_id: int) -> str:
    """The link by which readings come without signing in, to be handed to whoever looks at the meters."""
    link, today, config = own_link(account_id), clock.today(), portal.settings()
    return render_template(
        "accounts/reading_links.html",
        link=link,
        url=reading_links.link_for(link.account, today, config.reading_key, config.base_url),
        until=reading_links.window_of(link.account, today).ends,
    )


@bp.post("/accounts/<int:account_id>/reading-links")
def revoke_links(account_id: int) -> Response:
    """«Отозвать ссылки»: for a phone that was lost, a paper that was thrown away."""
    reading_links.revoke(own_link(account_id).account)
    flash("Прежние ссылки больше не действуют. Новая стоит здесь и будет на следующей квитанции.", "done")
    return hx.go(url_for(".show_links", account_id=account_id))


def group_choices(own: list[Group]) -> list[SelectChoice]:
    """«Все» and the resident's groups."""
    return [SelectChoice("", word("groups.all"))] + [SelectChoice(str(group.id), group.name) for group in own]


def _by_email(link: Link, form: ArrangeForm) -> bool:
    """What was chosen; where the page did not offer the choice it stays as it is."""
    return bool(link.bills_by_email if form.bills_by.data is None else form.bills_by.data == EMAIL)


def _page(link: Link, form: ArrangeForm) -> dict[str, object]:
    today, account = clock.today(), link.account
    standing = standings([account.id])[account.id]
    own = own_groups()
    form.group.choices = group_choices(own)
    registers: dict[int, list[Register]] = {}
    for register in Register.of_accounts([account.id]):
        registers.setdefault(register.meter_id, []).append(register)
    return {
        "link": link,
        "form": form,
        "standing": standing,
        "beside": paid_beside({account.id: standing.debt_on})[account.id],
        "meters": list(registers.values()),
        "services": [
            Charged(service, _own_prices(tariffs, str(account.stove)), standing.by_service.get(service.id))
            for service, tariffs in services_of(account.id, standing.last_bill, today)
        ],
        "terms": settings.in_force(today).of(account.supplier_id),
        "is_read": _is_read(account, list(registers.values()), today),
        "can_email": resident().email_confirmed_at is not None,
    }


def _is_read(account: Account, meters: list[list[Register]], today: date) -> bool:
    """Is there a meter whose figures people send?"""
    is_read = any(row[0].meter.is_read_by_people(today) for row in meters)
    return is_read and account.closed_on is None


def _own_prices(tariffs: list[Tariff], stove: str) -> list[Tariff]:
    """The prices of the account's category; where a scale has one of its own, the rest's is not shown."""
    fitting = [tariff for tariff in tariffs if not tariff.category or is_of(str(tariff.category), stove)]
    special = {tariff.scale for tariff in fitting if tariff.category}
    return [tariff for tariff in fitting if tariff.category or tariff.scale not in special]
