"""«Подключить бытового абонента»: address and passport on one page."""

from __future__ import annotations

from wtforms import StringField

from services.linking import Wish
from services.proof import PASSPORT, Passport, Proof
from views.forms import at_most, required, word
from views.linking.place import PlaceForm, choose_place
from views.linking.way import choose_supplier, one_page
from views.shapes import day_of, reads


class HouseholdForm(PlaceForm):
    usual = (PASSPORT,)
    number = StringField(word("accounts.number"), [required(), at_most(30)])
    flat = StringField(word("linking.flat"), [at_most(60)])
    passport_series = StringField(word("linking.passport_series"), [required(), at_most(20)])
    passport_number = StringField(word("linking.passport_number"), [required(), at_most(20)])
    passport_issuer = StringField(word("linking.passport_issuer"), [required(), at_most(1000)])
    passport_date = StringField(word("linking.passport_date"), [required(), at_most(20), reads(day_of)])
    passport_code = StringField(word("linking.passport_code"), [required(), at_most(20)])
    birth_date = StringField(word("linking.birth_date"), [required(), at_most(20), reads(day_of)])

    def offer(self) -> None:
        choose_place(self, choose_supplier(self))

    def wish(self) -> Wish:
        """«Кем выдан» is asked and compared with nothing."""
        passport = Passport(
            series=self.passport_series.data,
            number=self.passport_number.data,
            issued_on=day_of(self.passport_date.data),
            code=self.passport_code.data,
            born_on=day_of(self.birth_date.data),
        )
        proof = Proof(PASSPORT, house=int(self.house.data), flat=self.flat.data or "", passport=passport)
        return Wish(supplier=int(self.supplier.data), number=self.number.data, proof=proof)


WAY = one_page(HouseholdForm, word("linking.page_title"), word("linking.by_page"))
