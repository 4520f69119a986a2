"""«Скачать мои данные»: all that the portal holds on one person, and on nobody else (152-ФЗ ст. 14)."""

from __future__ import annotations

from datetime import date, datetime, tzinfo
from decimal import Decimal
from typing import Any

from models import (
    AppealMessage,
    Application,
    ApplicationPaper,
    Autopay,
    BankCard,
    Call,
    Chat,
    Consent,
    Link,
    LinkRequest,
    OrderLine,
    Resident,
)
from models.order import CREATED, EXPIRED, FAILED, PAID, POSTED, REFUNDED, SENT
from models.personal import (
    own_devices,
    own_letters,
    own_notices,
    own_orders,
    own_sessions,
    own_tokens,
    sent_readings,
)
from models.request import APPROVED, REFUSED, WAITING
from services import appeals, applications, calls
from services.dial import MICRO
from services.profile import GENDERS
from services.reading_words import STATES
from services.tokens import SCOPES

ORDERS = {
    CREATED: "начат", SENT: "ждёт ответа банка", PAID: "оплачен", POSTED: "учтён", FAILED: "не прошёл",
    EXPIRED: "не оплачен вовремя", REFUNDED: "возвращён",
}  # fmt: skip
REQUESTS = {WAITING: "рассматривается", APPROVED: "одобрена", REFUSED: "отклонена"}

Part = dict[str, Any]


def of(resident: Resident, now: datetime, zone: tzinfo) -> Part:
    """The parts under Russian names; moments are written in the utility's zone. The queries do not grow with rows."""
    write = Writer(zone)
    return {
        "Выгружено": write(now),
        "Личные данные": _person(resident, write),
        "Контактные данные": _contacts(resident, write),
        "Вход": {"Имя пользователя": resident.username, "Второй фактор": bool(resident.factor)},
        "Подписки": _subscriptions(resident),
        "Лицевые счета": [_link(link, write) for link in Link.held_by(resident)],
        "Переданные показания": _readings(resident, write),
        "Заказы на оплату": _orders(resident, write),
        "Карты": _cards(resident, write),
        "Автоплатежи": _autopays(resident, write),
        "Уведомления": _notices(resident, write),
        "Письма и сообщения": _letters(resident, write),
        "Заявки": _requests(resident, write),
        "Обращения": _appeals(resident, write),
        "Заказанные звонки": _calls(resident, write),
        "Заявки на договор": _applications(resident, write),
        "Согласия": _consents(resident, write),
        "Входы в кабинет": _sessions(resident, write),
        "Известные браузеры": [
            {"Браузер": device.name, "С": write(device.created_at), "Последний вход": write(device.seen_at)}
            for device in own_devices(resident)
        ],
        "Токены для программ": _tokens(resident, write),
    }


class Writer:
    """Moments and days as a file of data writes them; None where there is none."""

    def __init__(self, zone: tzinfo) -> None:
        self.zone = zone

    def __call__(self, value: datetime | date | None) -> str | None:
        if isinstance(value, datetime):
            return value.astimezone(self.zone).isoformat(timespec="seconds")
        return value.isoformat() if value else None


def _person(resident: Resident, write: Writer) -> Part:
    return {
        "Фамилия": resident.surname,
        "Имя": resident.name,
        "Отчество": resident.patronymic,
        "Дата рождения": write(resident.birth_date),
        "Пол": GENDERS.get(str(resident.gender), str(resident.gender)),
        "Зарегистрирован": write(resident.created_at),
    }


def _contacts(resident: Resident, write: Writer) -> Part:
    return {
        "E-mail": resident.email,
        "E-mail подтверждён": write(resident.email_confirmed_at),
        "Телефон": resident.phone,
        "Телефон подтверждён": write(resident.phone_confirmed_at),
        "Чаты мессенджеров": sorted(f"{channel}: {chat}" for (_, channel), chat in Chat.of([resident]).items()),
    }


def _subscriptions(resident: Resident) -> Part:
    return {
        "E-mail уведомления": resident.notify_email,
        "SMS уведомления": resident.notify_sms,
        "Уведомления в мессенджерах": resident.notify_messenger,
        "Рекламная рассылка": resident.advertising,
        "Напоминать о передаче показаний": resident.remind_readings,
        "Ежемесячный счет": resident.monthly_bill,
    }


def _link(link: Link, write: Writer) -> Part:
    return {
        "Номер": link.account.number,
        "Поставщик": link.account.supplier.name,
        "Псевдоним": link.label,
        "Группа": link.group.name if link.group else "",
        "Счета на e-mail": link.bills_by_email,
        "Вход по номеру": link.is_login,
        "Добавлен": write(link.linked_at),
    }


def _readings(resident: Resident, write: Writer) -> list[Part]:
    return [
        {
            "Передано": write(row.sent_at),
            "Поставщик": row.supplier,
            "Лицевой счёт": row.number,
            "Услуга": row.service,
            "Счётчик": row.meter,
            "Шкала": row.scale,
            "Показание": f"{Decimal(row.value) / MICRO:f}",
            "Дата показания": write(row.taken_on),
            "Состояние": STATES[row.state],
        }
        for row in sent_readings(resident)
    ]


def _tokens(resident: Resident, write: Writer) -> list[Part]:
    return [
        {
            "Название": token.name,
            "Начало": token.prefix,
            "Разрешено": [words for scope, words in SCOPES.items() if token.allows(scope)],
            "Создан": write(token.created_at),
            "Последнее обращение": write(token.used_at),
        }
        for token in own_tokens(resident)
    ]


def _orders(resident: Resident, write: Writer) -> list[Part]:
    orders = own_orders(resident)
    lines = OrderLine.of_orders(orders)
    return [
        {
            "Номер": order.number,
            "Получатель": order.supplier.name,
            "Создан": write(order.created_at),
            "Оплачен": write(order.paid_at),
            "Состояние": ORDERS.get(order.state, order.state),
            "Сумма": _roubles(order.amount),
            "Комиссия": _roubles(order.fee),
            "Карта": order.masked_card,
            "Чек": order.receipt_url,
            "Плательщик": order.checkout.payer_name,
            "E-mail для чека": order.checkout.email,
            "Телефон для чека": order.checkout.phone,
            "Строки": [
                {
                    "Лицевой счёт": line.account.number,
                    "Услуга": line.service.name if line.service else "",
                    "Сумма": _roubles(line.amount),
                }
                for line in lines[order.id]
            ],
        }
        for order in orders
    ]


def _cards(resident: Resident, write: Writer) -> list[Part]:
    """What the portal knows of cards that banks keep: no number."""
    return [
        {"Карта": card.masked, "Добавлена": write(card.kept_at), "Удалена": write(card.removed_at)}
        for card in BankCard.of_whom(resident)
    ]


def _autopays(resident: Resident, write: Writer) -> list[Part]:
    return [
        {
            "Лицевой счёт": row.account.number,
            "Карта": row.card.masked,
            "День месяца": row.day,
            "Наибольшая сумма": _roubles(row.most),
            "Включён": write(row.since),
        }
        for row in Autopay.of_resident(resident).values()
    ]


def _notices(resident: Resident, write: Writer) -> list[Part]:
    return [
        {
            "Дата": write(row.notice.published_at),
            "Тема": row.notice.subject,
            "Текст": row.notice.body,
            "Прочитано": write(row.read_at),
            "Подтверждено": write(row.confirmed_at),
        }
        for row in own_notices(resident)
    ]


def _letters(resident: Resident, write: Writer) -> list[Part]:
    return [
        {"Куда": row.destination, "Тема": row.subject, "Создано": write(row.created_at), "Ушло": write(row.sent_at)}
        for row in own_letters(resident)
    ]


def _requests(resident: Resident, write: Writer) -> list[Part]:
    return [
        {
            "Подана": write(row.created_at),
            "Лицевой счёт": row.number,
            "ФИО": row.full_name,
            "E-mail": row.email,
            "Телефон": row.phone,
            "Пояснение": row.comment,
            "Документ": row.file_name,
            "Состояние": REQUESTS.get(row.state, row.state),
            "Причина": row.reason,
        }
        for row in LinkRequest.of_resident(resident)
    ]


def _appeals(resident: Resident, write: Writer) -> list[Part]:
    return [
        {
            "Обращение": message.appeal_id,
            "Когда": write(message.at),
            "Кто": "поставщик" if message.is_from_operator else "житель",
            "Текст": message.text,
            "Файлы": [file.name for file in files],
            "Контакт": message.appeal.contact,
            "Другой контакт": message.appeal.other_contact,
            "Состояние": appeals.WORDS.get(str(message.appeal.state), str(message.appeal.state)),
        }
        for message, files in AppealMessage.of_resident(resident)
    ]


def _calls(resident: Resident, write: Writer) -> list[Part]:
    return [
        {
            "Подана": write(row.created_at),
            "Поставщик": row.supplier.name,
            "Телефон": row.phone,
            "Удобное время": calls.CONVENIENT.get(str(row.convenient), row.convenient),
            "Тема": row.topic.name if row.topic else "",
            "Комментарий": row.comment,
            "Состояние": calls.WORDS.get(str(row.state), row.state),
        }
        for row in Call.of_resident(resident)
    ]


def _applications(resident: Resident, write: Writer) -> list[Part]:
    papers = ApplicationPaper.of_resident(resident)
    return [
        {
            "Начата": write(row.created_at),
            "Отправлена": write(row.sent_at),
            "Поставщик": row.supplier.name,
            "Тип покупателя": applications.BUYERS.get(str(row.buyer), row.buyer),
            "Список объектов": row.objects,
            "Документы": {
                applications.DOCUMENTS[str(paper.document)]: paper.name for paper in papers.get(row.id, [])
            },
            "Состояние": applications.WORDS.get(str(row.state), row.state),
            "Пояснение": row.reason,
        }
        for row in Application.of_resident(resident)
    ]


def _consents(resident: Resident, write: Writer) -> list[Part]:
    return [
        {
            "Документ": row.text.title,
            "Редакция": row.text.version,
            "Дано": row.is_given,
            "Когда": write(row.at),
            "Адрес": row.address,
        }
        for row in Consent.of_resident(resident)
    ]


def _sessions(resident: Resident, write: Writer) -> list[Part]:
    return [
        {
            "Вход": write(row.created_at),
            "Последнее обращение": write(row.seen_at),
            "Выход": write(row.ended_at),
            "Браузер": row.device,
            "Адрес": row.address,
        }
        for row in own_sessions(resident)
    ]


def _roubles(kopecks: int) -> str:
    return f"{Decimal(kopecks) / 100:.2f}"
