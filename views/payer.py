"""The part of the payment form about the payer: his name, where the receipt goes, the policy tick."""

from __future__ import annotations

from wtforms import BooleanField, StringField, TelField
from wtforms.validators import DataRequired

from models import Checkout
from services import contacts, payer, texts
from services.payer import CONTACT, NAME, POLICY, Payer
from services.refusal import Refused
from views import portal
from views.access import resident
from views.address import client_address
from views.forms import Form, at_most, required, word
from views.shapes import reads


class PayerForm(Form):
    """Filled in as it was the last time, at first with what the profile knows; the preset says what is asked."""

    payer_name = StringField(
        word("payment.payer_name"), [required(), at_most(payer.LONGEST_NAME), reads(payer.named)]
    )
    phone = TelField(word("payment.payer_phone"), [at_most(40), reads(contacts.phone_of)])
    email = StringField(word("payment.payer_email"), [at_most(254), reads(contacts.email_of)])
    policy = BooleanField(word("payment.policy"), [DataRequired("Без этого согласия заплатить здесь нельзя")])

    def __init__(self) -> None:
        who, asked = resident(), portal.preset().asks_payer
        last = Checkout.last_of(who)
        name = last.payer_name if last else who.full_name
        email, phone = (last.email, last.phone) if last else (who.email, who.phone)
        self.lacking = texts.lacking(who, texts.AT_PAYMENT) if POLICY in asked else []
        known = {"payer_name": name, "phone": contacts.shown_phone(str(phone or "")), "email": email}
        super().__init__(data={**known, "policy": not self.lacking})
        for part, names in ((NAME, ["payer_name"]), (CONTACT, ["phone", "email"]), (POLICY, ["policy"])):
            for name in names if part not in asked else []:
                delattr(self, name)

    @classmethod
    def asked(cls) -> PayerForm | None:
        """None where the preset asks nothing: the order says what the profile does."""
        return cls() if portal.preset().asks_payer else None

    def told(self) -> Payer | None:
        """Who pays; None where something is wrong, which is then said at its field."""
        if not self.validate():
            return None
        known = payer.known(resident())
        try:
            if "policy" in self:
                texts.in_force(texts.AT_PAYMENT)
            email, phone = self._contact(known)
        except Refused as refusal:
            self.refuse(refusal)
            return None
        name = payer.named(self.payer_name.data) if "payer_name" in self else known.name
        return Payer(name, email, phone, tuple(self.lacking), client_address())

    def _contact(self, known: Payer) -> tuple[str, str]:
        if "email" not in self:
            return known.email, known.phone
        return payer.reached(self.email.data or "", self.phone.data or "", portal.preset().email_to_pay)
