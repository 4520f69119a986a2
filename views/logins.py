"""The field «what you sign in by»: its label, its toggle, the supplier of an account — for sign-in and recovery."""

from __future__ import annotations

from collections.abc import Callable

from flask import request
from wtforms import HiddenField, SelectField, StringField
from wtforms.fields.choices import SelectChoice

from models import Link, Resident, Supplier
from services import contacts, sign_in
from services.refusal import Refused
from services.sign_in import Login, WhichSupplier
from views import portal, suppliers
from views.captchas import CaptchaForm
from views.forms import at_most, required, word

KEYBOARDS = {"email": "email", "phone": "tel"}
NARROW = {"email": "sign_in.email", "phone": "sign_in.phone"}  # the labels where one way at a time is asked for


class SupplierForm(CaptchaForm):
    """A form about an account's number: the supplier is asked for where several have equal numbers."""

    supplier = SelectField(word("accounts.supplier"), validate_choice=False, default="")
    asks_supplier = False

    def __init__(self, **given: object) -> None:
        super().__init__(**given)
        if self.supplier.data:
            self._ask_supplier()

    @property
    def chosen_supplier(self) -> int:
        """The supplier's id, 0 where none was chosen."""
        chosen = self.supplier.data or ""
        return int(chosen) if chosen.isascii() and chosen.isdigit() and len(chosen) < 10 else 0

    def refuse(self, refusal: Refused) -> None:
        """A refusal that asks for the supplier shows the select."""
        if isinstance(refusal, WhichSupplier):
            self._ask_supplier()
        super().refuse(refusal)

    def _ask_supplier(self) -> None:
        self.asks_supplier = True
        self.supplier.choices = [SelectChoice("", "Выберите поставщика"), *suppliers.choices(Supplier.by_name())]


class LoginForm(SupplierForm):
    """One field for every enabled way; where the preset toggles, labelled for one, with a link to the other."""

    login = StringField(word("sign_in.login"), [required(), at_most(254)])
    by = HiddenField()
    toggles: dict[str, str] = {}  # noqa: RUF012 - way → words of the link

    def __init__(self, **given: object) -> None:
        super().__init__(data={"by": request.args.get("by", ""), **given})
        if self.by.data not in self.ways:
            self.by.data = self.ways[0]
        if self.is_toggled and self.by.data in NARROW:
            self.login.label.text = word(NARROW[self.by.data])

    @property
    def ways(self) -> tuple[str, ...]:
        """What may be typed, by the preset."""
        return portal.preset().sign_in

    @property
    def is_toggled(self) -> bool:
        return portal.preset().sign_in_toggle

    @property
    def others(self) -> list[tuple[str, word]]:
        """(way, words of the link) for the ways that are a toggle away."""
        wanted = self.ways if self.is_toggled else ()
        return [(way, word(self.toggles[way])) for way in wanted if way != self.by.data and way in self.toggles]

    @property
    def keyboard(self) -> str:
        """Which keys a phone shows: those of the only way there is."""
        asked = (self.by.data,) if self.is_toggled else self.ways
        return KEYBOARDS.get(asked[0], "text") if len(asked) == 1 else "text"

    @property
    def value(self) -> Login:
        """What was typed, as it is looked up; an e-mail in the field of a phone is understood as well."""
        return sign_in.login_of(self.login.data, self.ways, self.chosen_supplier)


def login_of(resident: Resident) -> str:
    """What the resident signs in by, as he knows it: the first of the portal's ways that he has, "" = none."""
    known: dict[str, Callable[[], str]] = {
        "email": lambda: str(resident.email) if resident.email_key else "",
        "phone": lambda: contacts.shown_phone(str(resident.phone)) if resident.phone_key else "",
        "username": lambda: str(resident.username),
        "account": lambda: ", ".join(Link.login_numbers(resident)),
    }
    ways = (*portal.preset().sign_in, "email")  # operators have an e-mail everywhere
    return next((login for way in ways if (login := known[way]())), "")
