"""The log in Russian: what was done, to what, and what was changed; page and files say the same."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import tzinfo
from typing import Any, NamedTuple

from models import Audit

ACTIONS = {
    "appeal-answered": "Ответил на обращение",
    "appeal-assigned": "Назначил исполнителя обращения",
    "appeal-closed": "Закрыл обращение",
    "appeal-file-opened": "Открыл файл обращения",
    "appeal-taken": "Взял обращение в работу",
    "appeal-written": "Написал жителю",
    "application-accepted": "Принял заявку на договор",
    "application-document-opened": "Открыл документ заявки на договор",
    "application-refused": "Отказал в договоре",
    "application-returned": "Вернул заявку на договор",
    "application-working": "Взял заявку на договор в работу",
    "block": "Заблокировал кабинет",
    "call-done": "Позвонил жителю",
    "call-missed": "Не дозвонился до жителя",
    "channel-tried": "Проверил связь",
    "counter-code": "Напечатал код для пароля",
    "counter-invite": "Подключил счёт у стойки",
    "counter-register": "Зарегистрировал жителя у стойки",
    "desk-payment": "Записал платёж",
    "desk-payment-back": "Отменил записанный платёж",
    "document-opened": "Открыл документ заявки",
    "end-sessions": "Закрыл кабинет на всех устройствах",
    "event-seen": "Разобрал сообщение банка",
    "export": "Сделал выгрузку",
    "factor-on": "Подключил второй шаг входа",
    "import.cancel": "Остановил загрузку",
    "import.load": "Загрузил проверенный пакет",
    "import.undo": "Отменил загрузку",
    "import.undone": "Загрузка отменена",
    "invite": "Отправил приглашение",
    "letter-again": "Отправил сообщение ещё раз",
    "link": "Подключил лицевой счёт",
    "look-begin": "Начал смотреть как житель",
    "look-end": "Закончил смотреть как житель",
    "notice-changed": "Изменил черновик уведомления",
    "notice-drafted": "Написал черновик уведомления",
    "notice-removed": "Удалил черновик уведомления",
    "notice-sent": "Отправил уведомление",
    "notice-withdrawn": "Отозвал уведомление",
    "operator": "Дал права оператора",
    "operator-changed": "Изменил права оператора",
    "operator-invited": "Пригласил оператора",
    "operator-link": "Отправил оператору ссылку для пароля",
    "order-asked": "Спросил банк о заказе",
    "question-added": "Добавил вопрос",
    "question-changed": "Изменил вопрос",
    "question-group-added": "Добавил раздел вопросов",
    "question-group-moved": "Передвинул раздел вопросов",
    "question-group-removed": "Удалил раздел вопросов",
    "question-group-renamed": "Переименовал раздел вопросов",
    "question-moved": "Передвинул вопрос",
    "question-removed": "Удалил вопрос",
    "question-turned": "Скрыл или показал вопрос",
    "reading": "Записал показания",
    "reading-accepted": "Принял показание",
    "reading-call": "Заказал звонок о показании",
    "reading-rejected": "Отклонил показание",
    "refund": "Попросил банк вернуть деньги",
    "registry-assign": "Нашёл счёт для платежа из реестра",
    "registry-drop": "Удалил реестр",
    "registry-post": "Провёл реестр",
    "registry-reject": "Отклонил платёж из реестра",
    "request-approved": "Одобрил заявку",
    "request-refused": "Отказал в заявке",
    "reset-factor": "Отключил второй шаг входа",
    "send-activation": "Отправил письмо для подтверждения",
    "send-recovery": "Отправил ссылку для нового пароля",
    "start-step": "Отметил первый шаг",
    "supplier-added": "Добавил поставщика",
    "supplier-changed": "Изменил данные поставщика",
    "supplier-plan-withdrawn": "Снял будущее изменение настроек",
    "supplier-settings": "Изменил настройки поставщика",
    "template-added": "Добавил заготовку",
    "template-changed": "Изменил заготовку",
    "template-removed": "Удалил заготовку",
    "text-published": "Опубликовал версию текста",
    "text-taken-back": "Убрал версию текста",
    "topic-added": "Добавил тему",
    "topic-closed": "Убрал тему",
    "topic-opened": "Вернул тему",
    "topic-renamed": "Переименовал тему",
    "unblock": "Открыл кабинет",
    "unlink": "Отключил лицевой счёт",
    "unsent-exported": "Скачал список не передавших показания",
}
OBJECTS = {
    "ImportRun": "Загрузка",
    "answer_template": "Заготовка",
    "appeal": "Обращение",
    "application": "Заявка на договор",
    "call": "Звонок",
    "channel": "Связь",
    "export_batch": "Выгрузка",
    "gateway_event": "Сообщение банка",
    "invitation": "Приглашение",
    "link_request": "Заявка",
    "notice": "Уведомление",
    "order": "Заказ",
    "outbox": "Сообщение",
    "question": "Вопрос",
    "question_group": "Раздел вопросов",
    "reading": "Показание",
    "registry": "Реестр",
    "registry_line": "Строка реестра",
    "resident": "Житель",
    "start_step": "Первый шаг",
    "submission": "Передача показаний",
    "supplier": "Поставщик",
    "text": "Текст",
    "topic": "Тема",
    "unsent": "Не передавшие поставщику",
}
FACTS = {
    "account": "Счёт",
    "accounts": "Счетов",
    "amount": "Сумма",
    "audience": "Кому",
    "channels": "Куда",
    "code": "Код",
    "debt": "Долг от",
    "fact": "По чему подключён",
    "factor": "Второй шаг",
    "house": "Дом",
    "ids": "Показания",
    "in_time": "Вовремя",
    "kind": "Что",
    "late": "После срока",
    "lines": "Строки",
    "link": "Связь",
    "login": "Вход",
    "name": "Название",
    "of": "Загрузка",
    "on": "День",
    "open": "Открытых входов",
    "order": "Заказ",
    "parent": "В теме",
    "passport": "По паспорту",
    "published": "С",
    "reading": "Показание",
    "readings": "Показания",
    "resident": "Житель",
    "residents": "Жителей",
    "role": "Права",
    "roles": "Права",
    "rows": "Строк",
    "session": "Вход",
    "sessions": "Закрыто входов",
    "since": "Действует с",
    "sha256": "Отпечаток файла",
    "signs": "Знаков",
    "state": "Состояние",
    "supplier": "Поставщик",
    "taken_by": "Исполнитель",
    "title": "Название",
    "unsent": "Кто не передал показания",
    "until": "До",
    "way": "Как заплачено",
    "address": "Адрес",
    "bank": "Банк",
    "bank_account": "Расчётный счёт",
    "bik": "БИК",
    "bill_day": "День выхода счетов",
    "corr_account": "Корр. счёт",
    "due_day": "Оплатить до числа",
    "due_shift_weekend": "Перенос срока с выходного",
    "email": "Почта",
    "expired_meters": "Счётчики с истёкшей поверкой",
    "fee": "Комиссия, сотые доли процента",
    "fee_fixed": "Постоянная комиссия, копеек",
    "fee_least": "Наименьшая комиссия, копеек",
    "gateway": "Банк для оплаты",
    "hours": "Часы работы",
    "inn": "ИНН",
    "kpp": "КПП",
    "late_readings": "Показания после срока",
    "linking_facts": "Чем подтверждают счёт",
    "offers_calls": "Заказ звонка",
    "offers_email_bills": "Счета по почте",
    "ogrn": "ОГРН",
    "pay_least": "Наименьший платёж, копеек",
    "pay_most": "Наибольший платёж, копеек",
    "phone": "Телефон",
    "reading_from_day": "Первый день приёма",
    "reading_to_day": "Последний день приёма",
    "reminder_day": "День напоминания",
    "short_name": "Краткое название",
    "shows_details": "Из чего сложилась сумма",
    "site": "Сайт",
    "takes_appeals": "Обращения",
    "takes_applications": "Заявки на договор",
    "unusual_factor": "Во сколько раз расход необычен",
    "withdrawn": "Отозвано",
    "channel": "Что",
    "step": "Шаг",
}
VALUES = {
    "accepted": "принято",
    "account": "по счетам",
    "active": "открыт",
    "administrator": "администратор",
    "all": "все поставщики",
    "answered": "есть ответ",
    "appeals": "обращения",
    "applications": "заявки на договор",
    "approved": "одобрено",
    "blocked": "заблокирован",
    "cash": "наличными",
    "bell": "в колокольчике",
    "chosen": "выбранным",
    "clerk": "оператор",
    "closed": "закрыто",
    "code": "код",
    "debts": "долги",
    "documents": "платёжные документы",
    "done": "сделано",
    "email": "почта",
    "everybody": "всем",
    "exported": "передано в расчёт",
    "house": "дому",
    "missed": "не дозвонились",
    "modal": "перед работой",
    "new": "новое",
    "open": "принят",
    "paperless": "без бумаги",
    "payments": "платежи",
    "preview": "ждёт решения",
    "readings": "показания",
    "refused": "отказано",
    "rejected": "отклонено",
    "returned": "возвращено",
    "sent": "отправлено",
    "sms": "СМС",
    "supplier": "поставщику",
    "taken": "проведён",
    "told": "со слов",
    "top": "вверху страницы",
    "totp": "приложение",
    "waiting": "ждёт",
    "working": "в работе",
}
NOTHING = "—"
HEADINGS = ("Когда", "Кто", "Что сделал", "С чем", "Номер", "Что изменилось")
FIELDS = {"amount", "debt"}  # kopecks


class Change(NamedTuple):
    """One fact before and after, in words; a fact that the row only tells of has no `before`."""

    fact: str
    before: str
    after: str

    @property
    def words(self) -> str:
        return f"{self.fact}: {self.before} → {self.after}" if self.before else f"{self.fact}: {self.after}"


def action(row: Audit) -> str:
    """What was done; an action that has no words is shown as it is kept."""
    return ACTIONS.get(str(row.action), str(row.action))


def kind(row: Audit) -> str:
    return OBJECTS.get(str(row.object), str(row.object))


def changes(row: Audit) -> list[Change]:
    """The facts of both sides, those that stayed as they were once."""
    before, after = (_facts(str(side)) for side in (row.before, row.after))
    names = [*before, *(name for name in after if name not in before)]
    return [_change(name, before, after) for name in names]


def _facts(text: str) -> dict[str, Any]:
    found = json.loads(text or "{}")
    return found if isinstance(found, dict) else {"": found}


def _change(name: str, before: dict[str, Any], after: dict[str, Any]) -> Change:
    old, new = value(name, before.get(name)), value(name, after.get(name))
    told_once = name not in before or before.get(name) == after.get(name)
    return Change(FACTS.get(name, name), "" if told_once else old, new)


def value(name: str, given: Any) -> str:
    """A kept value as a person reads it."""
    if given is None or given in ("", [], {}):
        return NOTHING
    if isinstance(given, bool):
        return "да" if given else "нет"
    if name in FIELDS and isinstance(given, int):
        return f"{given // 100},{given % 100:02d} ₽"
    if isinstance(given, dict):
        return ", ".join(f"{VALUES.get(key, key)}: {value('', one)}" for key, one in given.items())
    if isinstance(given, list):
        return ", ".join(value("", one) for one in given)
    return VALUES.get(str(given), str(given))


def table(rows: Iterable[Audit], zone: tzinfo) -> Iterator[list[str]]:
    """The rows of a file under `HEADINGS`, moments in the utility's zone."""
    for row in rows:
        said = "; ".join(change.words for change in changes(row))
        at = f"{row.at.astimezone(zone):%d.%m.%Y %H:%M:%S}"
        yield [at, str(row.actor_name), action(row), kind(row), str(row.object_id), said]
