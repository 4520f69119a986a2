"""By selects and the last payment: organisation, house, flat, account; the account's number is shown masked."""

from __future__ import annotations

from wtforms import SelectField, StringField

from models import Account, Supplier, place
from services.linking import Wish
from services.payment import kopecks
from services.proof import PAYMENT, Proof
from views.forms import at_most, required, word
from views.linking.place import PlaceForm, choose, choose_house, choose_place, named, plain
from views.linking.way import choose_supplier, one_page
from views.shapes import day_of, reads

MOST_HOUSES = 200  # more are not one list: the street is chosen first


class SelectsForm(PlaceForm):
    usual = (PAYMENT,)
    flat = SelectField(word("linking.flat"), [required()], validate_choice=False)
    account = SelectField(word("accounts.number"), [required()], validate_choice=False)
    payment_date = StringField(word("linking.payment_date"), [required(), at_most(20), reads(day_of)])
    payment_sum = StringField(word("linking.payment_sum"), [required(), at_most(30), reads(kopecks)])

    def offer(self) -> None:
        supplier = choose_supplier(self)
        _choose_house(self, supplier)
        house = int(self.house.data) if self.house.data and supplier else 0
        flat = choose(self.flat, named(place.flats(supplier.id, house), "Весь дом") if house else [])
        self.accounts = place.accounts_at(supplier.id, house, plain(flat)) if flat else []
        choose(self.account, ((str(account.id), account.masked) for account in self.accounts))

    def wish(self) -> Wish:
        account: Account = next(account for account in self.accounts if str(account.id) == self.account.data)
        proof = Proof(
            PAYMENT, payment_date=day_of(self.payment_date.data), payment_sum=kopecks(self.payment_sum.data)
        )
        return Wish(supplier=account.supplier_id, number=str(account.number), proof=proof)


def _choose_house(form: SelectsForm, supplier: Supplier | None) -> None:
    houses = place.houses_of(supplier.id, MOST_HOUSES) if supplier else []
    if len(houses) > MOST_HOUSES:
        choose_place(form, supplier)
    else:
        choose_house(form, houses)


WAY = one_page(SelectsForm, word("linking.selects_title"), word("linking.by_selects"))
