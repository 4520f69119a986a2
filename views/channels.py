"""Mail and messages of this portal: built from the settings, and tried out at the press of a button.

What is tried goes past the queue, so that the answer is on the screen at once and says what to do.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from flask import current_app

from config import TESTBANK, Settings
from gateways import probe, sms
from gateways.acquirer import Acquirer, Declined, GatewayDown
from gateways.mail import CapturedMailer, Mail, Mailer, SmtpMailer, Undeliverable
from views import portal
from views.turns import paused

MAIL, SMS = "mail", "sms"
SETUP = "Это делает тот, кто ведёт сервер:"
# By the beginning of what went wrong: what to do about it.
ADVICE: Mapping[str, str] = {
    r"сервер ответил 535|сервер ответил 534": "Неверные имя или пароль почтового ящика. Проверьте их "
    "в ABONENT_MAIL_URL; некоторым почтам нужен отдельный пароль для программ.",
    r"сервер ответил": "Почтовый сервер не пустил. Спросите у хозяина почты, разрешена ли отправка этому ящику.",
    r"сервер не ответил": "Проверьте имя сервера и порт в ABONENT_MAIL_URL и не закрыт ли этот порт на сервере.",
    r"сертификат": "Проверьте имя почтового сервера в ABONENT_MAIL_URL: сертификат выдан другому имени или истёк.",
    r"адрес отправителя": "Исправьте ABONENT_MAIL_FROM, например: Водоканал <no-reply@example.ru>.",
    r"сервер не шифрует": "Начните ABONENT_MAIL_URL с smtps:// или возьмите сервер, который шифрует.",
    r"адрес не принят": "Сервер не принял адрес получателя. Проверьте свою почту в профиле и права почтового ящика.",
    r"письмо не принято": "Сервер не принял письмо: проверьте, что адрес в ABONENT_MAIL_FROM — того же ящика.",
}
SMS_ADVICE = "Проверьте в кабинете службы сообщений остаток денег, имя отправителя и ключ из ABONENT_SMS_URL."
BANK_DOWN = "Проверьте, есть ли у сервера выход в интернет, и не ведёт ли банк работы; через час нажмите ещё раз."
BANK_KEYS = "Не все банки проверяют ключи до первого заказа: заплатите сами десять рублей и верните их."
BANK_REFUSES = "Банк ответил, но не принял ключи. Сверьте имя и ключи магазина с договором и перезапустите кабинет."


@dataclass(frozen=True)
class Outcome:
    """What came of a try, in a sentence, and what to do next."""

    is_good: bool
    said: str
    advice: str = ""

    @property
    def words(self) -> str:
        return f"{self.said} {self.advice}".strip()


def mailer_of(settings: Settings) -> Mailer | None:
    if settings.mail_url:
        host = urlsplit(settings.base_url).hostname or "localhost"
        return SmtpMailer(settings.mail_url, settings.mail_from or f"no-reply@{host}")
    return CapturedMailer() if settings.demo else None


def sms_of(settings: Settings) -> Mailer | None:
    if settings.sms_url:
        return sms.build(settings.sms_url)
    return sms.CapturedSms() if settings.demo else None


def banks() -> Mapping[str, Acquirer]:
    found: Mapping[str, Acquirer] = current_app.extensions["gateways"]
    return found


def known() -> list[tuple[str, str, str]]:
    """(name, what it is, how it stands) of everything that can be tried."""
    settings: Settings = portal.settings()
    said = {True: "задана", False: "не задана"}
    mail = urlsplit(settings.mail_url).hostname or said[bool(settings.mail_url)]
    service = urlsplit(settings.sms_url).scheme or said[bool(settings.sms_url)]
    named = [(f"bank-{name}", f"Банк «{name}»", "") for name in banks()]
    return [(MAIL, "Почта", mail), (SMS, "СМС", service), *named]


def try_mail(to: str, name: str, now: datetime) -> Outcome:
    """A letter to the operator himself."""
    settings: Settings = portal.settings()
    mailer = mailer_of(settings)
    if mailer is None:
        example = "ABONENT_MAIL_URL=smtps://имя:пароль@smtp.example.ru"
        return Outcome(False, "Почта не настроена: письма никуда не уходят.", f"{SETUP} задаёт {example}.")
    if not settings.mail_url:
        return Outcome(True, "Учебный кабинет: письма наружу не уходят, они видны на странице /outbox.")
    text = f"Это пробное письмо кабинета «{settings.name}». Раз оно дошло, почта работает.\n\n{settings.base_url}\n"
    mail = Mail(to, f"Проверка почты — {name}", text, key=f"probe-{now:%Y%m%d%H%M%S%f}")
    good = f"Письмо ушло на {to}. Если через пять минут его нет, посмотрите в «Спаме»."
    return _tried(lambda: mailer.send(mail, now), good, "Письмо не ушло", lambda reason: _mail_advice(reason))


def try_sms(to: str, name: str, now: datetime) -> Outcome:
    """A message to the operator's own phone; the service takes money for it."""
    settings: Settings = portal.settings()
    carrier = sms_of(settings)
    if carrier is None:
        advice = f"{SETUP} задаёт ABONENT_SMS_URL. Без СМС жители регистрируются по почте."
        return Outcome(False, "СМС не настроены.", advice)
    if not to:
        return Outcome(False, "В вашем профиле нет телефона.", "Добавьте его в «Профиле» и нажмите ещё раз.")
    if not settings.sms_url:
        return Outcome(True, "Учебный кабинет: СМС наружу не уходят, они видны на странице /outbox.")
    mail = Mail(to, "", f"{name}: проверка СМС", key=f"probe-{now:%Y%m%d%H%M%S%f}")
    good = f"СМС ушло на {to}. Если через пять минут его нет, проверьте имя отправителя."
    return _tried(lambda: carrier.send(mail, now), good, "СМС не ушло", lambda _reason: SMS_ADVICE)


def try_bank(name: str) -> Outcome:
    """A question about an order that the bank cannot know: no money moves."""
    bank = banks()[name]
    try:
        with paused():
            probe.ask(bank)
    except GatewayDown as fault:
        if name == TESTBANK:
            return Outcome(False, "Учебный банк не отвечает.", "Он запускается вместе с учебным кабинетом.")
        return Outcome(False, f"Банк «{name}» не отвечает: {fault}.", BANK_DOWN)
    except Declined as fault:
        return Outcome(False, f"Банк «{name}» отказал: {fault}.", BANK_REFUSES)
    return Outcome(True, f"Банк «{name}» отвечает. Деньги не списывались.", BANK_KEYS)


def _tried(send: Callable[[], object], good: str, bad: str, advice: Callable[[str], str]) -> Outcome:
    try:
        with paused():
            send()
    except Undeliverable as fault:
        return Outcome(False, f"{bad}: {fault}.", advice(str(fault)))
    return Outcome(True, good)


def _mail_advice(reason: str) -> str:
    return next((advice for start, advice in ADVICE.items() if re.match(start, reason)), "")
