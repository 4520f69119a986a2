"""The form of a person's own data: a name, a birth date, a gender; a name is never refused for its form."""

from __future__ import annotations

from wtforms import SelectField, StringField
from wtforms.fields.choices import SelectChoice

import clock
from models import Resident
from services import profile
from services.profile import GENDERS, LONGEST_NAME, Person
from views.forms import Form, at_most, required, word
from views.shapes import day_of, reads

CHOICES = [SelectChoice("", "Не указан"), *(SelectChoice(key, label) for key, label in GENDERS.items())]


class PersonForm(Form):
    surname = StringField(word("person.surname"), [required(), at_most(LONGEST_NAME)])
    name = StringField(word("person.name"), [required(), at_most(LONGEST_NAME)])
    patronymic = StringField(word("person.patronymic"), [at_most(LONGEST_NAME)])
    birth_date = StringField(word("person.birth_date"), [at_most(20), reads(day_of)])
    gender = SelectField(word("person.gender"), choices=CHOICES, validate_choice=False)

    @classmethod
    def of(cls, resident: Resident) -> PersonForm:
        """The form with what is known of the resident."""
        born = f"{resident.birth_date:%d.%m.%Y}" if resident.birth_date else ""
        return cls(
            formdata=None, surname=resident.surname, name=resident.name, patronymic=resident.patronymic,
            birth_date=born, gender=resident.gender,
        )  # fmt: skip

    def is_kept(self, resident: Resident) -> bool:
        """Keeps what was typed; False where something of it is refused, its field says what."""
        return self.validate() and self.done(profile.introduce, resident, self._person(), clock.today())

    def _person(self) -> Person:
        born = day_of(self.birth_date.data) if self.birth_date.data else None
        return Person(self.surname.data, self.name.data, self.patronymic.data, born, self.gender.data or "")
