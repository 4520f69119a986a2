"""«Подключить организацию»: the contract, the name, the ИНН and the sum of the last bill."""

from __future__ import annotations

from wtforms import StringField

from services.linking import Wish
from services.payment import kopecks
from services.proof import ORGANISATION, Proof
from views.forms import at_most, required, word
from views.linking.way import LinkingForm, one_page
from views.shapes import inn_of, reads


class OrganisationForm(LinkingForm):
    usual = (ORGANISATION,)
    number = StringField(word("linking.contract"), [required(), at_most(60)])
    title = StringField(word("linking.organisation_name"), [required(), at_most(300)])
    inn = StringField(word("linking.inn"), [required(), at_most(20), reads(inn_of)])
    bill_sum = StringField(word("linking.bill_sum"), [required(), at_most(30), reads(kopecks)])

    def wish(self) -> Wish:
        proof = Proof(
            ORGANISATION, title=self.title.data, inn=inn_of(self.inn.data), bill_sum=kopecks(self.bill_sum.data)
        )
        return Wish(supplier=int(self.supplier.data), number=self.number.data, proof=proof)


WAY = one_page(OrganisationForm, word("linking.organisation_title"), word("linking.by_organisation"))
