"""The words of the four manuals on the screen: switching the preset switches them, page by page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from flask import Flask

from models import Account, Resident
from services import texts
from tests import factories
from tests.client import Page, PageClient
from tests.factories import NOW
from tests.portal import switch

pytestmark = pytest.mark.usefixtures("november")

Opener = Callable[[str], Page]


@pytest.fixture
def anna(database: Flask) -> Resident:
    return factories.resident(patronymic="Викторовна")


@pytest.fixture
def account(anna: Resident) -> Account:
    account = factories.account(
        number="2071000390001", area="50.50", ownership="Муниципальная", division="Участок № 3"
    )
    factories.link(anna, account)
    light = factories.service(account.supplier)
    factories.tariff(light, 5_000_000)
    for register in factories.meter(account, light).registers:
        factories.reading(register, 5910, date(2026, 10, 20), state="used")
    for month in (date(2026, 9, 1), date(2026, 10, 1)):
        bill = factories.bill(account, period=month, issued_on=month.replace(day=28))
        factories.charge(bill, light, 148533, volume="150", tariff="9.90")
    factories.payment(account, 300000)
    return account


@pytest.fixture
def opened(client: PageClient, app: Flask, monkeypatch: pytest.MonkeyPatch, anna: Resident) -> Opener:
    """`opened("zhkh /charges")`: the page under the preset."""
    client.sign_in(anna)

    def opened(place: str) -> Page:
        name, _, url = place.partition(" ")
        switch(app, monkeypatch, name)
        return client.get(url)

    return opened


SAID = {
    "metallenergo /bills": (
        "Текущий договор", "Подразделение", "Новые сообщения", "Долг по э/э", "Последняя оплата", "Оплатить онлайн",
        "Счета/Начисления", "Номер", "Дата", "Отчетный период", "Начислено", "Перерасчеты", "Оплачено", "К оплате",
        "Скачать", "Ввод показаний", "Подключенные договоры",
    ),
    "metallenergo /readings/{}": (
        "Ввод показаний", "Показание", "Дата показания 20.11.2026", "Дата 20.10.2026", "Переданные показания",
        "005 910",
    ),
    "metallenergo /accounts": ("Подключенные договоры", "Подключить договор", "№ лицевого счета 2071000390001"),
    "metallenergo /history?kind=payments": ("Оплаты", "1 платёж на 3 000,00 ₽"),
    "metallenergo /accounts/link": (
        "Подключение договора", "Тип абонента", "Данные абонента", "Преамбула", "Физ. лицо", "Вперед",
    ),
    "zhkh /": (
        "Главная", "Л/С № 2071000390001", "Абонент Соколова Анна Викторовна", "Площадь помещения 50,50 м²",
        "Тип Муниципальная", "Долг", "Ввести показания", "Распечатать квитанцию", "действующие тарифы", "контакты",
        "История начислений", "История платежей", "Добавить лицевой счет", "Введите показания.",
    ),
    "zhkh /charges": ("Начисления", "Период отображения", "Движение финансов по месяцам"),
    "zhkh /charges?period=2026-10": (
        "Начисление за октябрь 2026 года", "Услуга", "Единица измерения", "Тариф", "Объем", "Начислено", "Перерасчет",
        "Итого начислено", "Итого", "Движение финансов",
    ),
    "zhkh /readings": ("Показания счетчиков", "Ввести показания"),
    "zhkh /readings/{}": ("Ввести показания", "Показания счетчиков"),
    "zhkh /history?kind=payments": ("Платежи", "Период отображения с", "Движение финансов"),
    "zhkh /accounts/link": ("Добавление лицевого счета", "Управляющая организация", "Сумма платежа", "Сбросить"),
    "client-online /payment": (
        "Оплата", "Аб. № 2071000390001", "Сумма к оплате 1 485,33 ₽", "Счёт за октябрь 2026", "Детализация",
        "К оплате (без учета комиссии)", "Комиссия за все", "Способ оплаты", "Добавить группу", "Все",
        "Добавить лицевой счёт",
    ),
    "client-online /payment/{}": (
        "Детализация", "Основные услуги", "Услуга", "К оплате", "Счёт за октябрь 2026", "Комиссия за все 0,00 ₽",
        "К оплате (без учета комиссии) 1 485,33 ₽", "Способ оплаты", "К лицевому счёту",
    ),
    "client-online /readings": (
        "Показания", "Добавить лицевой счёт", "Текущие показания", "Передать показания", "005 910",
        "К лицевому счёту",
    ),
    "client-online /accounts/{}": (
        "Поставщик", "Лицевой счёт", "Адрес", "Псевдоним", "Группа", "Способ получения счёта",
        "Только бумажные счета", "Только на e-mail", "Информация о жилом помещении", "Контракт", "Тип плиты",
        "Количество комнат", "Количество зарегистрированных", "Информация о приборе учёта №", "Услуга",
        "Состояние ПУ", "Серийный номер", "Разрядность", "Удалить лицевой счёт",
    ),
    "client-online /history": ("История", "Платежи", "Показания", "Счета", "Дата с", "Дата по", "Все лицевые счета"),
    "consumer /readings/{}": (
        "Ввод показаний счетчиков", "Название услуги Электроэнергия", "Заводской номер №",
        "Название тарифа Круглосуточный", "Дата занесения 20.10.2026", "Предыдущее показание 5910",
        "Новое показание", "Внести показания", "Мои лицевые счета", "Текущий лицевой счет № 2071000390001",
    ),
    "consumer /bills": (
        "Печать квитанций", "Выберите период формирования квитанции", "Октябрь 2026 г.", "Сформировать квитанцию",
    ),
    "consumer /history?kind=payments": ("История платежей", "1 платёж", " с ", " по ", "Показать"),
    "consumer /history?kind=readings": ("История показаний", "1 показание"),
    "consumer /charges": ("Начисления и платежи",),
    "consumer /payment/{}": ("Оплата счета", "Оплачиваемая услуга", "Сумма к оплате, ₽", "Квитанция за октябрь 2026"),
    "consumer /accounts": ("Мои лицевые счета", "Привязать лицевой счет", "Лицевой счет № 2071000390001"),
    "consumer /accounts/{}": ("Название услуги", "Заводской номер", "Удалить привязку"),
    "consumer /accounts/link": ("Привязка лицевого счета", "Привязать"),
}  # fmt: skip


@pytest.mark.parametrize("place", SAID)
def test_the_page_says_what_the_manual_says(opened: Opener, account: Account, place: str) -> None:
    page = opened(place.format(account.id))
    assert not [label for label in SAID[place] if label not in page]


UNSAID = {
    "metallenergo /accounts": ("Группы", "Лицевые счета"),
    "zhkh /readings": ("Добавить группу", "Передать показания"),
    "zhkh /payment": ("Добавить группу",),
    "client-online /readings": ("Новое показание", "Название услуги"),
    "consumer /readings/{}": ("Передать показания", "005 910", "Серийный номер"),
    "consumer /history": ("Все лицевые счета", "Все поставщики", "Дата с"),
    "default /readings": ("Название тарифа", "Дата показания"),
}


@pytest.mark.parametrize("place", UNSAID)
def test_the_page_says_nothing_of_another_portal(opened: Opener, account: Account, place: str) -> None:
    page = opened(place.format(account.id))
    assert not [label for label in UNSAID[place] if label in page]


@pytest.mark.parametrize(
    ("name", "thanks"),
    [
        ("consumer", "Спасибо. Ваши показания занесены без ошибок."),
        (
            "client-online",
            "Показания приняты и учтены в расчёте. Вы можете оплатить сумму по предварительному расчету.",
        ),
    ],
)
def test_what_was_sent_is_thanked_for_in_the_portals_words(
    client: PageClient, app: Flask, monkeypatch: pytest.MonkeyPatch, anna: Resident, account: Account,
    name: str, thanks: str,
) -> None:  # fmt: skip
    switch(app, monkeypatch, name)
    url, register = f"/readings/{account.id}", account.meters.get().registers.get()
    client.sign_in(anna).post(url, {f"reading-{register.id}": "6000"})
    assert thanks in client.get(url)


@pytest.mark.parametrize(
    ("name", "cards"),
    [
        ("metallenergo", "МИР, Visa и MasterCard"),
        ("zhkh", "Visa и MasterCard"),
        ("client-online", "МИР, Visa и MasterCard"),
        ("consumer", "Visa, MasterCard, МИР и JCB"),
    ],
)
def test_the_cards_that_are_taken_are_those_of_the_manual(
    client: PageClient, app: Flask, monkeypatch: pytest.MonkeyPatch, anna: Resident, account: Account,
    name: str, cards: str,
) -> None:  # fmt: skip
    switch(app, monkeypatch, name)
    page = client.sign_in(anna).get(f"/payment/{account.id}")
    assert f"К оплате принимаются {cards}." in page
    assert "Данные карты вводят на странице банка. Кабинет их не получает и не хранит." in page


def test_the_sum_of_readings_stands_in_the_charges_until_the_bill(
    client: PageClient, app: Flask, monkeypatch: pytest.MonkeyPatch, anna: Resident, account: Account
) -> None:
    switch(app, monkeypatch, "consumer")
    register = account.meters.get().registers.get()
    client.sign_in(anna).post(f"/readings/{account.id}", {f"reading-{register.id}": "6000"})
    page = client.get("/charges")
    assert "Начисления и платежи" in page and "Ноябрь 2026, предварительно" in page
    assert "За показания от 20.11.2026 450,00 ₽" in page
    factories.bill(account, period=date(2026, 11, 1), issued_on=date(2026, 11, 20))
    assert "предварительно" not in client.get("/charges")


@pytest.mark.parametrize("name", ["metallenergo", "zhkh", "client-online", "consumer"])
def test_the_test_bank_stands_in_for_the_portals_own(
    client: PageClient, app: Flask, monkeypatch: pytest.MonkeyPatch, anna: Resident, account: Account, name: str
) -> None:
    texts.seed(NOW)
    switch(app, monkeypatch, name)
    url = f"/payment/{account.id}"
    client.sign_in(anna)
    asked = ("pay-", "sum-", "once", "payer_name", "email")
    fields = {key: value for key, value in client.get(url).tree.values.items() if key.startswith(asked)}
    order = client.post(url, {**fields, "policy": "y"}).location
    assert "Оплатить" in client.get(order)


@pytest.mark.parametrize("name", ["metallenergo", "zhkh", "client-online", "consumer"])
def test_the_menu_says_where_one_is_and_leads_to_pages_that_open(
    client: PageClient, app: Flask, monkeypatch: pytest.MonkeyPatch, anna: Resident, account: Account, name: str
) -> None:
    switch(app, monkeypatch, name)
    home = client.sign_in(anna).get(f"/?account={account.id}")
    menu = home.text.partition('id="menu"')[2].partition("</nav>")[0]
    links = [part.partition('"')[0] for part in menu.split('href="')[1:]]
    assert "/sign-out" in links
    texts.seed(NOW)
    for link in (link for link in links if link != "/manual.pdf"):
        answer = client.http.get(link, follow_redirects=True)
        assert answer.status_code == 200, link
        assert answer.get_data(as_text=True).partition('id="menu"')[2].count("aria-current") >= 1, link


# What those see who have not signed in.
OPEN = {
    "metallenergo /registration/email": (
        "Регистрация", "ФИО", "E-mail", "Телефон", "Пароль", "Подтвердите, что вы не робот", "Обновить картинку",
        "Я принимаю условия использования", "Я даю свое согласие на обработку персональных данных.",
        "Зарегистрироваться", "Войти",
    ),
    "metallenergo /sign-in": (
        "Вход в Личный кабинет", "e-mail (логин)", "Пароль", "Войти", "Нужна помощь?", "Забыли пароль?",
        "Регистрация",
    ),
    "zhkh /registration/name": (
        "Имя пользователя", "E-mail", "Пароль", "Подтверждение пароля", "Мобильный телефон", "Код с изображения",
        "Загрузить новый код", "Я ознакомился и принял соглашение об использовании личного кабинета",
        "От 6 до 16 символов",
    ),
    "zhkh /sign-in": ("Имя пользователя", "Пароль", "Запомнить?", "Войти", "Забыли пароль?", "Зарегистрироваться"),
    "client-online /registration/phone": (
        "Регистрация", "Телефон", "Пароль", "Требования к паролю", "Буквы только латинского алфавита",
        "Не менее 8 символов", "Заглавные буквы", "Строчные буквы", "Цифры", "Любые символы кроме пробелов",
        "Я принимаю пользовательское соглашение", "Я согласен получать рекламно-информационную рассылку",
        "Зарегистрироваться",
    ),
    "client-online /sign-in": (
        "Вход в личный кабинет для физических лиц", "Телефон", "Пароль", "Войти по почте", "Вспомнить пароль",
        "Регистрация", "Войти", "Инструкция пользователя",
    ),
    "client-online /sign-in?by=email": ("E-mail", "Войти по телефону"),
    "client-online /recovery": ("Телефон", "Восстановить по почте", "Восстановить"),
    "client-online /recovery?by=email": ("E-mail", "Восстановить по телефону"),
    "consumer /registration/account": (
        "Регистрация", "Платёжный код", "13 цифр", "Фамилия, имя и отчество", "Код с картинки", "Обновить",
    ),
    "consumer /sign-in": (
        "Личный кабинет потребителя", "Номер лицевого счёта", "Пароль", "Введите проверочный код",
        "Самостоятельная регистрация", "Восстановление доступа", "Справка",
    ),
    "consumer /recovery": ("Восстановление доступа", "Номер лицевого счёта"),
}  # fmt: skip
# What does not belong there, and what belongs to another portal.
HIDDEN = {
    "metallenergo /registration/email": ("рассылку",),
    "zhkh /registration/name": ("персональных данных", "рассылку"),
    "client-online /registration/phone": ("Код с картинки", "персональных данных"),
    "client-online /sign-in": ("Запомнить", "Код с картинки"),
    "metallenergo /sign-in": ("Запомнить",),
    "consumer /registration/account": ("соглашение об", "Поставщик"),
}
OTHERS = {
    "metallenergo": ("name", "phone", "account"),
    "zhkh": ("email", "phone", "account"),
    "client-online": ("email", "name", "account"),
    "consumer": ("email", "name", "phone"),
}


@pytest.mark.parametrize("place", OPEN)
def test_an_open_page_says_what_the_manual_says(
    client: PageClient, app: Flask, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    texts.seed(NOW)
    name, _, url = place.partition(" ")
    switch(app, monkeypatch, name)
    page = client.get(url)
    assert not [label for label in OPEN[place] if label not in page]
    assert not [label for label in HIDDEN.get(place, ()) if label in page]


@pytest.mark.parametrize("name", OTHERS)
def test_the_ways_of_other_portals_do_not_exist(
    client: PageClient, app: Flask, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    switch(app, monkeypatch, name)
    for way in OTHERS[name]:
        client.get(f"/registration/{way}", status=404)
        client.post(f"/registration/{way}", status=404)
    assert client.get("/registration", status=303).location.startswith("/registration/")


# The forms of linking and of the profile, as a signed-in resident sees them.
FORMS = {
    "metallenergo /accounts/link/page": (
        "Подключить бытового абонента", "№ лицевого счета", "Населенный пункт", "Улица", "Здание++", "Помещение",
        "Серия паспорта", "Номер паспорта", "Кем выдан", "Дата выдачи", "Код подразделения", "Дата рождения",
        "Введите символы с картинки", "Сохранить",
    ),
    "metallenergo /accounts/link/organisation": ("Подключить организацию", "№ договора", "Наименование", "ИНН"),
    "zhkh /accounts/link": (
        "Управляющая организация", "Дом", "Квартира", "Лицевой счет", "Дата платежа", "Сумма платежа",
        "Введите код с рисунка", "Загрузить новый код", "Сохранить", "Сбросить",
    ),
    "client-online /accounts/link": (
        "Новый лицевой счёт", "Номер лицевого счёта", "Номер счётчика", "Последний платёж", "Последняя квитанция",
        "Псевдоним", "Отменить", "Сохранить",
    ),
    "consumer /accounts/link": ("Лицевой счет", "Пароль", "Привязать", "Текущие привязки"),
    "metallenergo /profile": ("Мой профиль", "Логин(e-mail)"),
    "metallenergo /profile/subscriptions": (
        "Мои подписки", "Напоминать о передаче показаний", "Ежемесячный счет", "Включить СМС-рассылку", "Нет", "Да",
        "Сохранить",
    ),
    "metallenergo /profile/password": ("Текущий пароль", "Новый пароль", "Повторите новый пароль", "Сохранить"),
    "metallenergo /profile/cache": ("Очистка кэша",),
    "zhkh /profile": ("Мой профиль", "Получать счета на e-mail", "Удалить аккаунт"),
    "client-online /profile": (
        "Профиль", "Личные данные", "ФИО", "Дата рождения", "Пол", "Контактные данные", "Телефон", "E-mail",
        "Двухфакторная аутентификация", "Запрашивать подтверждение при входе с нового устройства/браузера",
        "Получать счета на e-mail", "Уведомления", "E-mail уведомления", "SMS уведомления",
        "Уведомления в мессенджерах", "Рекламная рассылка по выбранным выше каналам связи", "Изменить пароль",
        "Удалить аккаунт", "Выйти",
    ),
    "client-online /profile/personal": (
        "Фамилия", "Имя", "Отчество", "Дата рождения", "Пол", "Сохранить", "Отменить",
    ),
    "client-online /profile/password": (
        "Старый пароль", "Новый пароль", "Новый пароль ещё раз", "Требования к паролю", "Сохранить",
    ),
    "consumer /profile": (
        "Мои настройки", "Почта", "Электронная почта", "Новый адрес электронной почты",
        "Повторите новый адрес электронной почты", "Код с картинки", "Обновить", "Сохранить изменения", "Пароль",
        "Старый пароль", "Новый пароль", "Повторите новый пароль", "Привязка лицевых счетов", "Текущие привязки:",
        "Управление привязанными лицевыми счетами",
    ),
}  # fmt: skip


@pytest.mark.parametrize("place", FORMS)
def test_a_form_says_what_the_manual_says(opened: Opener, account: Account, place: str) -> None:
    texts.seed(NOW)
    page = opened(place)
    assert not [label for label in FORMS[place] if label not in page]
