"""By the number and the password of an account that signs in here itself."""

from __future__ import annotations

from wtforms import PasswordField, StringField

from services.linking import Wish
from services.proof import PASSWORD, Proof
from views.access import own_links
from views.forms import at_most, required, word
from views.linking.way import LinkingForm, one_page


class PasswordForm(LinkingForm):
    usual = (PASSWORD,)
    number = StringField(word("accounts.number"), [required(), at_most(30)])
    password = PasswordField(word("linking.password"), [required()])

    def offer(self) -> None:
        super().offer()
        self.links = own_links()

    def wish(self) -> Wish:
        proof = Proof(PASSWORD, password=self.password.data)
        return Wish(supplier=int(self.supplier.data), number=self.number.data, proof=proof)


WAY = one_page(PasswordForm, word("linking.password_title"), word("linking.by_password"))
