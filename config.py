"""Settings: the only reader of the environment and of portal.toml; names all wrong or missing keys at once."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from gateways.acquirer import Engine
from gateways.engines import ENGINES
from presets import Preset, PresetError, load_preset

ROOT = Path(__file__).resolve().parent

ENVIRONMENT = {
    "ABONENT_SECRET_KEY",
    "ABONENT_DATABASE_URL",
    "ABONENT_CONFIG",
    "ABONENT_BASE_URL",
    "ABONENT_MAIL_URL",
    "ABONENT_MAIL_FROM",
    "ABONENT_SMS_URL",
    "ABONENT_TELEGRAM_TOKEN",
    "ABONENT_TELEGRAM_URL",
    "ABONENT_MAX_TOKEN",
    "ABONENT_MAX_URL",
    "ABONENT_TRUSTED_PROXIES",
    "ABONENT_DATA_KEY",
    "ABONENT_LINK_KEY",
    "ABONENT_BACKUP_KEY",
    "ABONENT_METRICS_TOKEN",
    "ABONENT_TESTBANK_URL",
    "ABONENT_TESTBANK_SECRET",
    "ABONENT_DEMO",
    "ABONENT_PRESET",
}
DEMO_NAME = "Светлоречье"
PORTAL_KEYS = {
    "preset",
    "name",
    "timezone",
    "switches",
    "words",
    "layouts_dir",
    "phone",
    "phone_hours",
    "video",
    "gateways",
    "telegram_bot",
    "max_bot",
    "quiet_from",
    "quiet_to",
}
OF_GATEWAY = "ABONENT_GATEWAY_"
TESTBANK = "testbank"  # it has settings of its own
_GATEWAY_NAME = re.compile(r"[a-z][a-z0-9-]{0,30}")


class SettingsError(Exception):
    """Everything that is wrong with the settings, one Russian sentence each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class GatewaySettings:
    """`[gateways.<name>]` of portal.toml and its secrets; `name` stands in orders and in suppliers' settings."""

    name: str
    engine: str
    values: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Settings:
    """What the process was started with; nothing else reads the environment. No key stands in its `repr`."""

    secret_key: str = field(repr=False)
    data_key: str = field(repr=False)
    preset: Preset
    database_url: str = field(default="sqlite:///var/abonent.sqlite3", repr=False)
    base_url: str = "http://127.0.0.1:8000"
    name: str = "Абонент"
    timezone: str = "Europe/Moscow"
    phone: str = ""
    phone_hours: str = ""
    video: str = ""
    mail_url: str = field(default="", repr=False)
    mail_from: str = ""
    sms_url: str = field(default="", repr=False)
    telegram_token: str = field(default="", repr=False)
    telegram_url: str = "https://api.telegram.org"
    telegram_bot: str = ""
    max_token: str = field(default="", repr=False)
    max_url: str = "https://platform-api2.max.ru"
    max_bot: str = ""
    quiet_from: int = 21
    quiet_to: int = 9
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    link_key: str = field(default="", repr=False)
    backup_key: str = field(default="", repr=False)
    metrics_token: str = field(default="", repr=False)
    testbank_url: str = ""
    testbank_secret: str = field(default="", repr=False)
    gateways: tuple[GatewaySettings, ...] = ()
    layouts_dir: str = ""
    demo: bool = False
    warnings: tuple[str, ...] = field(default=())

    @property
    def is_secure(self) -> bool:
        """Cookies are `Secure` and HSTS is sent where the portal is reached by https."""
        return self.base_url.startswith("https://")

    @property
    def has_email(self) -> bool:
        """Do letters go out? A demo portal shows them."""
        return bool(self.mail_url) or self.demo

    @property
    def has_sms(self) -> bool:
        """Do text messages go out? A demo portal shows them."""
        return bool(self.sms_url) or self.demo

    @property
    def has_telegram(self) -> bool:
        """Is there a bot that residents can be led to?"""
        return bool(self.telegram_token and self.telegram_bot)

    @property
    def has_max(self) -> bool:
        return bool(self.max_token and self.max_bot)

    @property
    def has_messenger(self) -> bool:
        """Is there a messenger to write to?"""
        return self.has_telegram or self.has_max or self.demo

    @property
    def reading_key(self) -> str:
        """What links for readings are signed with; one of its own lets it be changed without the sessions' key."""
        return self.link_key or sha256(f"links\0{self.secret_key}".encode()).hexdigest()

    @property
    def data_dir(self) -> Path:
        """Where files of the portal's own stand: beside the SQLite database, else `var`."""
        parts = urlsplit(self.database_url)
        return Path(parts.path[1:]).resolve().parent if parts.scheme == "sqlite" else ROOT / "var"

    @property
    def layouts_folder(self) -> Path | None:
        """The utility's own layouts of bank registries, where it keeps any."""
        return Path(self.layouts_dir) if self.layouts_dir else None

    def word(self, key: str) -> str:
        """A word of the screen; a key that no preset knows is a fault of ours and says so loudly."""
        return self.preset.words[key]


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Reads the environment (each name also as ``…_FILE``) and portal.toml; `SettingsError` names all faults."""
    problems: list[str] = []
    values = _environment(dict(os.environ if environ is None else environ), problems)
    portal = _portal(values, problems)
    preset = _preset(values, portal, problems)
    demo = values.get("ABONENT_DEMO", "") in ("1", "true", "yes")
    problems.extend(
        f"{name}: нужен ключ не короче 32 знаков. Создать: openssl rand -hex 32"
        for name in ("ABONENT_SECRET_KEY", "ABONENT_DATA_KEY", "ABONENT_LINK_KEY")
        if len(values.get(name, "")) < 32 and (name in values or name != "ABONENT_LINK_KEY")
    )
    _check_urls(values, problems)
    if portal.get("video") and urlsplit(str(portal["video"])).scheme != "https":
        problems.append("video: нужен адрес, который начинается с https://")
    proxies = _proxies(values.get("ABONENT_TRUSTED_PROXIES", ""), problems)
    zone = _zone(portal.get("timezone", "Europe/Moscow"), problems)
    night = [_hour(portal, name, usual, problems) for name, usual in (("quiet_from", 21), ("quiet_to", 9))]
    gateways = _gateways(values, portal.get("gateways", {}), problems)
    if problems or preset is None:
        raise SettingsError(problems)
    texts = {
        key: values[f"ABONENT_{key.upper()}"]
        for key in (
            "database_url", "base_url", "mail_url", "mail_from", "sms_url", "telegram_token", "telegram_url",
            "max_token", "max_url",
            "link_key", "backup_key", "metrics_token", "testbank_url", "testbank_secret",
        )
        if f"ABONENT_{key.upper()}" in values
    }  # fmt: skip
    texts["base_url"] = texts.get("base_url", Settings.base_url).rstrip("/")
    if demo:
        texts = {**_testbank(texts["base_url"], values["ABONENT_SECRET_KEY"]), **texts}
    return Settings(
        secret_key=values["ABONENT_SECRET_KEY"],
        data_key=values["ABONENT_DATA_KEY"],
        preset=preset,
        timezone=zone,
        trusted_proxies=proxies,
        demo=demo,
        gateways=gateways,
        name=str(portal.get("name", DEMO_NAME if demo else Settings.name)),
        phone=str(portal.get("phone", "")),
        phone_hours=str(portal.get("phone_hours", "")),
        video=str(portal.get("video", "")),
        layouts_dir=str(portal.get("layouts_dir", "")),
        telegram_bot=str(portal.get("telegram_bot", "")).lstrip("@"),
        max_bot=str(portal.get("max_bot", "")).lstrip("@"),
        quiet_from=night[0],
        quiet_to=night[1],
        warnings=tuple(_channel_warnings(values, preset, demo, portal)),
        **texts,
    )


def _environment(environ: dict[str, str], problems: list[str]) -> dict[str, str]:
    values: dict[str, str] = {}
    for name, value in environ.items():
        if not name.startswith("ABONENT_"):
            continue
        plain = name.removesuffix("_FILE")
        if name in ENVIRONMENT or (name == plain and _is_of_gateway(name)):
            values[name] = value.strip()
        elif plain in ENVIRONMENT or _is_of_gateway(plain):
            try:
                values[plain] = Path(value).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError):
                problems.append(f"{name}: файл {value} не читается")
        else:
            problems.append(f"{name}: такой настройки нет")
    return {name: value for name, value in values.items() if value}


def _is_of_gateway(name: str) -> bool:
    """Which of them there may be is known when portal.toml has named the gateways."""
    return name.startswith(OF_GATEWAY)


def _gateways(values: dict[str, str], tables: Any, problems: list[str]) -> tuple[GatewaySettings, ...]:
    """The gateways of portal.toml, each with its secrets from the environment."""
    left = {name: value for name, value in values.items() if _is_of_gateway(name)}
    found = []
    for name, table in (tables if isinstance(tables, dict) else {"gateways": None}).items():
        engine = table.get("engine", name) if isinstance(table, dict) else None
        if not isinstance(table, dict) or engine not in ENGINES or not _GATEWAY_NAME.fullmatch(name):
            known = ", ".join(sorted(ENGINES))
            problems.append(f"gateways.{name}: нужна таблица с именем из латинских букв и engine из: {known}")
        elif name == TESTBANK:
            problems.append("gateways.testbank: учебный банк настраивают ABONENT_TESTBANK_URL и …_SECRET")
        else:
            found.append(_gateway(name, str(engine), table, left, problems))
    problems.extend(f"{name}: такой настройки нет" for name in left)
    return tuple(found)


def _gateway(
    name: str, engine: str, table: dict[str, Any], left: dict[str, str], problems: list[str]
) -> GatewaySettings:
    """One gateway; its secrets are taken out of `left`."""
    kind: Engine = ENGINES[engine]
    head = f"{OF_GATEWAY}{name.upper().replace('-', '_')}_"
    secrets = {key: left.pop(f"{head}{key.upper()}", "") for key in kind.secrets}
    given = {key: value for key, value in table.items() if key != "engine"}
    for key, value in given.items():
        if key in kind.secrets:
            problems.append(f"gateways.{name}: «{key}» — секрет, его место в {head}{key.upper()} или …_FILE")
        elif key not in kind.options:
            problems.append(f"gateways.{name}: ключа «{key}» нет, есть: {', '.join(sorted(kind.options))}")
        elif type(value) is not type(kind.options[key]):
            problems.append(f"gateways.{name}: {key} не подходит, пример: {kind.options[key]!r}")
    known = {key: value for key, value in given.items() if type(value) is type(kind.options.get(key))}
    whole = {**kind.options, **known, **secrets}
    for fault in kind.faults(whole):
        place = f" ({', '.join(f'{head}{key.upper()}' for key in kind.secrets)})" if "секрет" in fault else ""
        problems.append(f"gateways.{name}: {fault}{place}")
    return GatewaySettings(name, engine, whole)


def _portal(values: dict[str, str], problems: list[str]) -> dict[str, Any]:
    path = Path(values.get("ABONENT_CONFIG", "portal.toml"))
    if not path.exists():
        if "ABONENT_CONFIG" in values:
            problems.append(f"ABONENT_CONFIG: файла {path} нет")
        return {}
    try:
        portal = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as fault:
        problems.append(f"{path}: не читается как TOML ({fault})")
        return {}
    problems.extend(f"{path}: ключа «{key}» нет" for key in portal if key not in PORTAL_KEYS)
    return portal


def _preset(values: dict[str, str], portal: dict[str, Any], problems: list[str]) -> Preset | None:
    name = values.get("ABONENT_PRESET") or str(portal.get("preset", "default"))
    try:
        return load_preset(name, switches=portal.get("switches", {}), words=portal.get("words", {}))
    except PresetError as fault:
        problems.extend(fault.problems)
        return None


def _check_urls(values: dict[str, str], problems: list[str]) -> None:
    kinds = {
        "ABONENT_DATABASE_URL": {"sqlite", "postgresql", "postgres"},
        "ABONENT_BASE_URL": {"http", "https"},
        "ABONENT_MAIL_URL": {"smtp", "smtps"},
        "ABONENT_TESTBANK_URL": {"http", "https"},
        "ABONENT_SMS_URL": {"smsc", "smsru", "smsaero"},
        "ABONENT_TELEGRAM_URL": {"http", "https"},
        "ABONENT_MAX_URL": {"http", "https"},
    }
    for name, schemes in kinds.items():
        if name in values and urlsplit(values[name]).scheme not in schemes:
            problems.append(f"{name}: адрес должен начинаться с {' или '.join(f'{s}://' for s in sorted(schemes))}")


def _proxies(text: str, problems: list[str]) -> tuple[IPv4Network | IPv6Network, ...]:
    networks = []
    for part in text.replace(",", " ").split():
        try:
            networks.append(ip_network(part))
        except ValueError:
            problems.append(f"ABONENT_TRUSTED_PROXIES: «{part}» не сеть (пример: 10.0.0.0/8)")
    return tuple(networks)


def _zone(name: Any, problems: list[str]) -> str:
    try:
        ZoneInfo(str(name))
    except (ZoneInfoNotFoundError, ValueError):
        problems.append(f"timezone: «{name}» не часовой пояс (пример: Asia/Omsk)")
    return str(name)


def _hour(portal: Mapping[str, Any], name: str, usual: int, problems: list[str]) -> int:
    """An hour of the day; from the first to the second no reminders are sent to phones, equal ones mean no night."""
    hour = portal.get(name, usual)
    if isinstance(hour, int) and not isinstance(hour, bool) and 0 <= hour <= 23:
        return hour
    problems.append(f"{name}: нужен час от 0 до 23")
    return usual


def _testbank(base_url: str, secret_key: str) -> dict[str, str]:
    """In demo mode the test bank stands at the next port, and nobody has to invent its secret."""
    parts = urlsplit(base_url)
    port = (parts.port or {"https": 443}.get(parts.scheme, 80)) + 1
    return {
        "testbank_url": f"{parts.scheme}://{parts.hostname}:{port}",
        "testbank_secret": sha256(f"testbank\0{secret_key}".encode()).hexdigest(),
    }


def _channel_warnings(values: dict[str, str], preset: Preset, demo: bool, portal: Mapping[str, Any]) -> list[str]:
    """A missing channel hides its way of registration and says so; demo mode counts as a channel."""
    if demo:
        return []
    warnings = []
    if "ABONENT_MAIL_URL" not in values:
        warnings.append("ABONENT_MAIL_URL не задан: письма остаются в очереди, регистрация по почте скрыта")
    if "ABONENT_SMS_URL" not in values and {"phone", "account"} & {*preset.registration, *preset.sign_in}:
        warnings.append("ABONENT_SMS_URL не задан: регистрация по телефону скрыта, коды приходят на почту")
    warnings += [
        f"{token}: в portal.toml не назван бот ({bot}), жители не смогут его подключить"
        for token, bot in (("ABONENT_TELEGRAM_TOKEN", "telegram_bot"), ("ABONENT_MAX_TOKEN", "max_bot"))
        if token in values and not portal.get(bot)
    ]
    return warnings
