"""By the number and the password of an account that signs in here itself."""

from __future__ import annotations

from wtforms import PasswordField, StringField

from models import Link
from services import contacts
from services.linking import Wish
from services.proof import PASSWORD, Proof
from views.access import own_links
from views.forms import at_most, required, word
from views.linking.way import LinkingForm, choose_supplier, one_page

NO_SUPPLIER = 0  # whose number nobody signs in by: the answer is the same


class PasswordForm(LinkingForm):
    usual = (PASSWORD,)
    number = StringField(word("accounts.number"), [required(), at_most(30)])
    password = PasswordField(word("linking.password"), [required()])

    asks_supplier = False

    def offer(self) -> None:
        """The supplier is asked for where there are several accounts of the number, as at the sign-in."""
        self.links = own_links()
        known = Link.logins(contacts.numbers_of(self.number.data or "")[-1])
        self.asks_supplier = len(known) > 1
        if self.asks_supplier:
            choose_supplier(self)
        else:
            self.supplier.data = str(known[0][0] if known else NO_SUPPLIER)

    def wish(self) -> Wish:
        proof = Proof(PASSWORD, password=self.password.data)
        return Wish(supplier=int(self.supplier.data), number=self.number.data, proof=proof)


WAY = one_page(PasswordForm, word("linking.password_title"), word("linking.by_password"))
