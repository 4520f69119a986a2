"""The form of a notice: what it says, whom it is for, by which ways and when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from wtforms import BooleanField, HiddenField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice

import clock
from models import Account, House, Notice, Supplier, place
from models.audience import Whom, whom_of
from models.notice import BELL, CHOSEN, EVERYBODY, MODAL, TOP
from services import codes, composer
from services.notices import LONGEST_SUBJECT, Draft
from services.payment import kopecks
from services.refusal import Refused
from views import portal, suppliers
from views.access import own_suppliers, served_suppliers
from views.format import local, money_typed, rub
from views.forms import Form, at_most, required, word
from views.linking.place import named, plain
from views.selects import choose
from views.shapes import moment_of, reads

KINDS = (
    (BELL, "В колокольчике: в списке уведомлений"),
    (TOP, "Сверху: над страницами, пока житель не закроет"),
    (MODAL, "Окно: кабинет откроется после подтверждения"),
)
EVERY_PLACE = "Все"
NO_SUPPLIER = "Сначала выберите поставщика: условия действуют среди его абонентов."


class NoticeForm(Form):
    """`seen`: when the draft was changed last, as the form shows it; `once` keeps a double click to one draft."""

    kind = SelectField("Как показать", choices=[SelectChoice(*kind) for kind in KINDS], validate_choice=False)
    subject = StringField("Тема", [required(), at_most(LONGEST_SUBJECT)])
    body = TextAreaField("Текст")
    needs_confirmation = BooleanField("Прочитано, только когда житель нажмёт «Подтвердить»")
    link_url = StringField("Ссылка", [at_most(500)])
    link_label = StringField("Надпись на кнопке", [at_most(60)])
    supplier = SelectField(word("accounts.supplier"), validate_choice=False)
    settlement = SelectField(word("linking.settlement"), validate_choice=False)
    street = SelectField(word("linking.street"), validate_choice=False)
    house = SelectField(word("linking.house"), validate_choice=False)
    numbers = TextAreaField("Только эти лицевые счета")
    debt = StringField("Только с долгом не меньше, ₽", [at_most(30), reads(kopecks)])
    unsent = BooleanField("Только те, кто не передал показания")
    email = BooleanField("Письмо на e-mail")
    sms = BooleanField("СМС")
    messenger = BooleanField("Сообщение в мессенджер")
    is_advertising = BooleanField("Это реклама: получат только те, кто согласился на рассылку")
    published_at = StringField("Показать с", [at_most(30), reads(moment_of)])
    until = StringField("Показывать до", [at_most(30), reads(moment_of)])
    seen = HiddenField()
    once = HiddenField()

    def offer(self) -> None:
        """Fills the lists as far as the choices lead."""
        known = served_suppliers()
        everybody = [SelectChoice("", "Все жители кабинета")] if own_suppliers() is None else []
        self.supplier.choices = everybody + suppliers.choices(known)
        self.chosen: Supplier | None = next((row for row in known if str(row.id) == self.supplier.data), None)
        if self.chosen is None and not everybody and known:
            self.chosen = known[0]
        self.supplier.data = str(self.chosen.id) if self.chosen else ""
        self._offer_place()
        self.once.data = self.once.data or codes.new_token()

    def _offer_place(self) -> None:
        supplier = self.chosen
        towns = place.settlements() if supplier else []
        settlement = choose(self.settlement, named(towns, "Без названия"), EVERY_PLACE)
        streets = place.streets(supplier.id, plain(settlement)) if supplier and settlement else []
        street = choose(self.street, named(streets, "Без улицы"), EVERY_PLACE)
        houses = place.houses(supplier.id, plain(settlement), plain(street)) if supplier and street else []
        choose(self.house, ((str(row.id), str(row.number)) for row in houses), EVERY_PLACE)

    def channels(self) -> list[str]:
        """The ways beside the portal that it has, as names of fields."""
        settings = portal.settings()
        ways = {"email": settings.has_email, "sms": settings.has_sms, "messenger": settings.has_messenger}
        return [way for way, is_there in ways.items() if is_there]

    def draft(self) -> Draft:
        """What was written; refuses conditions that name nothing."""
        whom = self._whom()
        return Draft(
            kind=self.kind.data or "",
            subject=self.subject.data,
            body=self.body.data,
            audience=CHOSEN if whom else EVERYBODY,
            whom=whom,
            supplier=self.chosen,
            link_url=self.link_url.data,
            link_label=self.link_label.data,
            needs_confirmation=bool(self.needs_confirmation.data),
            until=moment_of(self.until.data) if self.until.data else None,
            channels=tuple(way for way in self.channels() if self[way].data),
            is_advertising=bool(self.is_advertising.data),
        )

    def since(self) -> datetime:
        return moment_of(self.published_at.data) if self.published_at.data else clock.now()

    def _whom(self) -> Whom | None:
        if self.chosen is None:
            if self.numbers.data or self.debt.data or self.unsent.data:
                raise Refused(NO_SUPPLIER, field="supplier")
            return None
        return Whom(
            supplier=self.chosen.id,
            settlement=plain(self.settlement.data),
            street=plain(self.street.data) if self.street.data else None,
            house=int(self.house.data or 0),
            accounts=composer.accounts_of(self.chosen, self.numbers.data),
            debt=kopecks(self.debt.data) if self.debt.data else 0,
            unsent=bool(self.unsent.data),
        )

    def take_over(self, notice: Notice) -> None:
        """Fills the form with what a notice says; the times of one that was sent are not taken."""
        for name in ("kind", "subject", "body", "needs_confirmation", "link_url", "link_label", "is_advertising"):
            self[name].data = getattr(notice, name)
        for way in str(notice.channels).split(","):
            if way in ("email", "sms", "messenger"):
                self[way].data = True
        self.supplier.data = str(notice.supplier_id or "")
        if notice.is_draft:
            self.seen.data = notice.changed_at.isoformat() if notice.changed_at else ""
            is_timed = notice.changed_at is not None and notice.published_at > notice.changed_at
            self.published_at.data = _typed(notice.published_at) if is_timed else ""
            self.until.data = _typed(notice.until) if notice.until else ""
        whom = whom_of(notice)
        if whom is not None:
            self._take_whom(whom)

    def _take_whom(self, whom: Whom) -> None:
        self.settlement.data = whom.settlement
        self.street.data = "" if whom.street is None else named([whom.street], "")[0][0]
        self.house.data = str(whom.house or "")
        self.numbers.data = "\n".join(Account.numbers(whom.accounts))
        self.debt.data = money_typed(whom.debt) if whom.debt else ""
        self.unsent.data = whom.unsent


def houses_of(notices: Iterable[Notice]) -> dict[int, House]:
    """The houses that the notices are for, by id: one query, none where there are none."""
    wanted = {whom.house for notice in notices if (whom := whom_of(notice)) and whom.house}
    return {house.id: house for house in House.select().where(House.id.in_(wanted))} if wanted else {}


def audience_words(notice: Notice, houses: Mapping[int, House]) -> str:
    """«Водоканал: ул. Лесная, д. 12; с долгом от 500,00 ₽», or whom else it is for."""
    whom = whom_of(notice)
    name = notice.supplier.title if notice.supplier else ""
    if whom is None:
        return name or "Все жители кабинета"
    conditions = [
        _place(whom, houses),
        f"лицевых счетов: {len(whom.accounts)}" if whom.accounts else "",
        f"с долгом от {rub(whom.debt)}" if whom.debt else "",
        "не передали показания" if whom.unsent else "",
    ]
    said = "; ".join(condition for condition in conditions if condition)
    return f"{name}: {said or 'все абоненты'}"


def _place(whom: Whom, houses: Mapping[int, House]) -> str:
    house = houses.get(whom.house)
    parts = (house.settlement, house.street, f"д. {house.number}") if house else (whom.settlement, whom.street)
    return ", ".join(str(part) for part in parts if part)


def _typed(moment: datetime) -> str:
    """As a field of day and time takes it, in the utility's zone."""
    return f"{local(moment):%Y-%m-%dT%H:%M}"
