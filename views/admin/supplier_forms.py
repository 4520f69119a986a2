"""The forms of a supplier's settings: a section of the page each, read into the values that the services take."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from wtforms import (
    BooleanField,
    DateField,
    HiddenField,
    IntegerField,
    SelectField,
    SelectMultipleField,
    StringField,
    ValidationError,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, NumberRange, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from services import payment, proof, requisites, setting_changes, suppliers
from services.refusal import Refused
from services.settings import REFUSE, WARN
from views.format import money_typed
from views.forms import Form, at_most, required

FACTS = {
    proof.METER: "Номер счётчика",
    proof.PAYMENT: "Дата и сумма последнего платежа",
    proof.BILL: "Сумма последнего счёта",
    proof.ACTIVATION: "Код активации",
    proof.PASSPORT: "Адрес и паспорт",
    proof.ORGANISATION: "Название и ИНН организации",
    proof.PASSWORD: "Пароль лицевого счёта",
}
DAY = [Optional(), NumberRange(1, 31, "День месяца — число от 1 до 31")]
NEEDED_DAY = [InputRequired("Заполните поле"), NumberRange(1, 31, "День месяца — число от 1 до 31")]
NO_NUMBER = "Введите целое число"
_FEE = re.compile(r"([0-9]{1,2})(?:[.,]([0-9]{1,2}))?\s*%?")


class WholeField(IntegerField):  # type: ignore[misc]
    """A number whose sentence says what to type."""

    def process_formdata(self, valuelist: list[str]) -> None:
        if not valuelist or not valuelist[0].strip():
            self.data = None
        elif re.fullmatch(r"[0-9]{1,9}", valuelist[0].strip()):
            self.data = int(valuelist[0])
        else:
            raise ValueError(NO_NUMBER)


class SectionForm(Form):
    """`seen`: what the form has shown, so that another's change is noticed; `hints` by the field's name."""

    title: ClassVar[str] = ""
    about: ClassVar[str] = ""
    hints: ClassVar[Mapping[str, str]] = {}
    names: ClassVar[tuple[str, ...]] = ()
    dated: ClassVar[bool] = False
    seen = HiddenField()

    @property
    def values(self) -> dict[str, Any]:
        """What was typed, as the service takes it; of a form that is valid."""
        return {name: self[name].data for name in self.names}

    def show(self, values: Mapping[str, Any]) -> None:
        for name in self.names:
            self[name].data = values[name]


class ContactsForm(SectionForm):
    title = "Название и контакты"
    about = "Это видят жители: в квитанции, в карточке лицевого счёта и на странице «Контакты»."
    hints = {"short_name": "Стоит в карточке счёта, если заполнено", "site": "Например, https://vodokanal.example.ru"}
    names = order = suppliers.CONTACTS
    name = StringField("Наименование", [required(), at_most(suppliers.LONGEST)])
    short_name = StringField("Краткое наименование", [at_most(suppliers.LONGEST)])
    address = StringField("Адрес", [at_most(suppliers.LONGEST)])
    phone = StringField("Телефон", [at_most(suppliers.LONGEST)])
    email = StringField("Электронная почта", [at_most(suppliers.LONGEST)])
    site = StringField("Сайт", [at_most(suppliers.LONGEST)])
    hours = StringField("Часы работы", [at_most(suppliers.LONGEST)])


class RequisitesForm(SectionForm):
    title = "Реквизиты для квитанций"
    about = (
        "По ним печатаются квитанция и код для оплаты. Контрольные цифры сверяются, но чужие реквизиты без ошибки "
        "этим не поймать: после сохранения откройте любую квитанцию и проверьте получателя."
    )
    hints = {"inn": "10 цифр у организации, 12 у предпринимателя", "bank_account": "20 цифр", "bik": "9 цифр"}
    names = order = requisites.FIELDS
    inn = StringField("ИНН", [required()])
    kpp = StringField("КПП")
    ogrn = StringField("ОГРН")
    bank = StringField("Банк", [at_most(suppliers.LONGEST)])
    bik = StringField("БИК")
    bank_account = StringField("Расчётный счёт")
    corr_account = StringField("Корр. счёт")

    @property
    def values(self) -> dict[str, Any]:
        """Figures are typed with blanks between them; a bank's name has its own."""
        typed = {name: str(self[name].data or "") for name in self.names}
        return {name: text if name == "bank" else "".join(text.split()) for name, text in typed.items()}

    def validate(self, extra_validators: Any = None) -> bool:
        """All that is wrong at once: the fields are looked at together."""
        fine = super().validate(extra_validators)
        for name, sentence in requisites.faults(self.values).items():
            if not self[name].errors:
                self[name].errors = [sentence]
                fine = False
        return bool(fine)


class DatedForm(SectionForm):
    dated = True
    since = DateField("С какого дня действует", [InputRequired("Выберите день")])


class ReadingsForm(DatedForm):
    title = "Приём показаний"
    about = (
        "Вне этих дней житель видит, когда можно передать показания. Пусто в обоих полях — принимаются весь месяц."
    )
    hints = {
        "reminder_day": "В этот день напоминание уходит тем, кто ещё не передал",
        "unusual_factor": "Если расход больше обычного во столько раз, житель видит предупреждение",
    }
    names = setting_changes.READINGS
    order = (*names, "since")
    reading_from_day = WholeField("Первый день приёма", DAY)
    reading_to_day = WholeField("Последний день приёма", DAY)
    reminder_day = WholeField("День напоминания", NEEDED_DAY)
    late_readings = BooleanField("Оператор может записать показания после срока")
    expired_meters = SelectField(
        "Показания счётчика с истёкшей поверкой",
        choices=[SelectChoice(WARN, "принимать с предупреждением"), SelectChoice(REFUSE, "не принимать")],
    )
    unusual_factor = WholeField(
        "Во сколько раз расход считать необычным",
        [InputRequired("Заполните поле"), NumberRange(2, 100, "Введите число от 2 до 100")],
    )


class BillsForm(DatedForm):
    title = "Счета и срок оплаты"
    names = setting_changes.BILLS
    order = (*names, "since")
    bill_day = WholeField("День, когда выходят счета", NEEDED_DAY)
    due_day = WholeField("Оплатить до числа", NEEDED_DAY)
    due_shift_weekend = BooleanField("Если срок выпал на выходной, перенести на рабочий день")


class FeaturesForm(DatedForm):
    title = "Что доступно жителям"
    names = setting_changes.FEATURES
    order = (*names, "since")
    shows_details = BooleanField("Показывать, из чего сложилась сумма")
    offers_email_bills = BooleanField("Предлагать счета по электронной почте")
    takes_appeals = BooleanField("Принимать обращения")
    offers_calls = BooleanField("Принимать заказ звонка")
    takes_applications = BooleanField("Принимать заявки на договор")


class LinkingForm(DatedForm):
    title = "Как житель подтверждает лицевой счёт"
    about = (
        "Отметьте, чем житель может доказать, что счёт его. Ничего не отмечено — действует общий список портала. "
        "Чем меньше надо знать, тем легче подключить чужой счёт."
    )
    names = setting_changes.LINKING
    order = (*names, "since")
    linking_facts = SelectMultipleField(
        "Принимается любое из отмеченного",
        choices=[SelectChoice(name, words) for name, words in FACTS.items()],
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )

    @property
    def values(self) -> dict[str, Any]:
        chosen = self.linking_facts.data or []
        return {"linking_facts": [fact for fact in proof.FACTS if fact in chosen] or None}

    def show(self, values: Mapping[str, Any]) -> None:
        self.linking_facts.data = values["linking_facts"] or []


def fee_of(text: str) -> int:
    """Hundredths of a percent: `0,5` is 50."""
    found = _FEE.fullmatch(text.strip() or "0")
    hundredths = int(found[1]) * 100 + int((found[2] or "").ljust(2, "0")) if found else -1
    if not 0 <= hundredths <= 1000:
        raise Refused("Введите процент от 0 до 10, например 0,5")
    return hundredths


def sum_of(text: str) -> int:
    """Kopecks, nothing as 0."""
    return 0 if text.strip() in ("", "0", "0,00", "0.00") else payment.kopecks(text)


class PaymentForm(DatedForm):
    title = "Онлайн-оплата"
    about = "Банки подключает тот, кто ведёт сервер: их имена и ключи стоят в portal.toml и в настройках сервера."
    hints = {
        "gateway": "Ключи банка здесь не показываются: видно только, заданы ли они",
        "fee": "Процент с платежа, который платит житель; 0 — без комиссии",
        "fee_least": "Меньше этой суммы комиссия не бывает; в рублях",
        "fee_fixed": "Прибавляется к проценту; в рублях",
        "pay_least": "В рублях",
        "pay_most": "За один раз; в рублях",
    }
    names = setting_changes.PAYMENT
    order = (*names, "since")
    gateway = SelectField("Банк", validate_choice=False)
    fee = StringField("Комиссия", [at_most(10)])
    fee_least = StringField("Наименьшая комиссия", [at_most(20)])
    fee_fixed = StringField("Постоянная комиссия", [at_most(20)])
    pay_least = StringField("Наименьший платёж", [required(), at_most(20)])
    pay_most = StringField("Наибольший платёж", [required(), at_most(20)])

    def offer(self, known: Mapping[str, str], current: str) -> None:
        """`known`: names and engines of what is set up; the one in force is kept though it be gone."""
        gone = {} if current in known else {current: "не подключён"}
        self.gateway.choices = [SelectChoice(name, f"{name} ({about})") for name, about in {**known, **gone}.items()]

    def validate_gateway(self, field: SelectField) -> None:
        if not any(choice.value == field.data for choice in field.choices):
            raise ValidationError("Выберите банк из списка")

    def validate_fee(self, field: StringField) -> None:
        _reads(fee_of, field)

    def validate_fee_least(self, field: StringField) -> None:
        _reads(sum_of, field)

    validate_fee_fixed = validate_pay_least = validate_pay_most = validate_fee_least

    @property
    def values(self) -> dict[str, Any]:
        sums = ("fee_least", "fee_fixed", "pay_least", "pay_most")
        return {
            "gateway": self.gateway.data,
            "fee": fee_of(self.fee.data or ""),
            **{name: sum_of(self[name].data or "") for name in sums},
        }

    def show(self, values: Mapping[str, Any]) -> None:
        self.gateway.data = values["gateway"]
        whole, rest = divmod(values["fee"], 100)
        self.fee.data = f"{whole},{rest:02d}".rstrip("0").rstrip(",")
        for name in ("fee_least", "fee_fixed", "pay_least", "pay_most"):
            self[name].data = money_typed(values[name])


def _reads(reader: Any, field: StringField) -> None:
    try:
        reader(field.data or "")
    except Refused as refusal:
        raise ValidationError(refusal.sentence)


OPEN: Mapping[str, type[SectionForm]] = {
    "contacts": ContactsForm,
    "readings": ReadingsForm,
    "bills": BillsForm,
    "features": FeaturesForm,
}
# Where the money goes and who gets in: an administrator's.
GUARDED: Mapping[str, type[SectionForm]] = {
    "requisites": RequisitesForm,
    "linking": LinkingForm,
    "payment": PaymentForm,
}
