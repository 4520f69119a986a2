"""Presets: readable TOML files of switches, lists and words; `default` lends what another lacks."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

FOLDER = Path(__file__).resolve().parent

FORMS = {"registration", "sign-in", "recovery", "linking", "email-change", "password-change", "request"}
CAPTCHA = {"always", "after-failures", "off"}
WAYS = {"email", "username", "phone", "account"}

# What may stand in a list, and what a key may be.
LISTS = {
    "registration": WAYS,
    "sign_in": WAYS,
    "first_steps": {"acquaintance", "email"},
    "consents": {"agreement", "personal-data", "advertising"},
    "linking": {"number", "wizard", "page", "organisation", "selects", "password"},
    "linking_facts": {"meter", "payment", "bill", "passport", "name", "activation", "password"},
    "summary": {"division", "notices", "debt", "payment", "pay"},
    "reading_labels": {"service", "scale", "number", "taken_on", "previous", "today"},
    "payer": {"name", "contact", "policy"},
    "profile": {"personal", "contacts", "email", "password", "factor", "bills", "subscriptions", "accounts", "more"},
}
CHOICES = {
    "accounts_view": {"cards", "current"},
    "order_number": {"running", "account"},
    "email_to_pay": {"no", "confirmed", "either"},
}


class PresetError(Exception):
    """All that is wrong with a preset, one Russian sentence each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class MenuItem:
    """A line of the menu: a page with its word, or a heading («Ещё») with pages below."""

    word: str
    page: str = ""
    items: tuple[MenuItem, ...] = ()


@dataclass(frozen=True)
class PasswordPolicy:
    """The rules of R1.5; `symbols`: any, or the very list that is allowed."""

    shortest: int
    longest: int
    latin_only: bool
    upper: bool
    lower: bool
    digit: bool
    symbols: str


@dataclass(frozen=True)
class Preset:
    """One portal's switches, lists and words (presets.md); no code asks which preset runs."""

    name: str
    registration: tuple[str, ...]
    sign_in: tuple[str, ...]
    sign_in_toggle: bool
    first_steps: tuple[str, ...]
    account_digits: int
    remember: bool
    captcha: Mapping[str, str]
    password: PasswordPolicy
    consents: tuple[str, ...]
    advertising_on: bool
    linking: tuple[str, ...]
    linking_facts: tuple[str, ...]
    accounts_view: str
    summary: tuple[str, ...]
    groups: bool
    reading_labels: tuple[str, ...]
    first_page: str
    menu: tuple[MenuItem, ...]
    menu_before: tuple[MenuItem, ...]
    profile: tuple[str, ...]
    payer: tuple[str, ...]
    footer: tuple[MenuItem, ...]
    payment_links: tuple[MenuItem, ...]
    gateway: str
    order_number: str
    email_to_pay: str
    history_tabs: bool
    zero_padded: bool
    second_factor: bool
    api: bool
    words: Mapping[str, str]

    @property
    def shows_current(self) -> bool:
        """One account at a time: the one that the header names."""
        return self.accounts_view == "current"

    @property
    def asks_payer(self) -> tuple[str, ...]:
        """What the payment form asks of the payer; a contact that must be there is always asked for."""
        must = self.email_to_pay == "either" and "contact" not in self.payer
        return (*self.payer, "contact") if must else self.payer


def load_preset(name: str, switches: Mapping[str, Any], words: Mapping[str, Any]) -> Preset:
    """The preset `name` over `default`, with the portal's own switches and words on top."""
    base = _read("default")
    own = base if name == "default" else _read(name)
    merged = {**base, **own, **switches, "words": {**base["words"], **own.get("words", {}), **words}}
    for table in ("captcha", "password"):  # a table that names one key changes that key alone
        merged[table] = {**base[table], **own.get(table, {}), **_table(switches.get(table, {}))}
    problems = [f"preset {name}: ключа «{key}» нет" for key in merged if key not in base]
    problems += [f"preset {name}: слова «{key}» нет" for key in merged["words"] if key not in base["words"]]
    problems += [
        f"preset {name}: {table}: нужна таблица"
        for table in ("captcha", "password")
        if not isinstance(switches.get(table, {}), dict)
    ]
    problems += _wrong_values(name, merged, base)
    if problems:
        raise PresetError(problems)
    return _built(name, merged)


def _built(name: str, merged: Mapping[str, Any]) -> Preset:
    """The keys of a preset are the fields of `Preset`; their kinds have been checked."""
    lists = {key: tuple(value) for key, value in merged.items() if isinstance(value, list)}
    menus = {key: _menu(merged[key]) for key in ("menu", "menu_before", "footer", "payment_links")}
    tables = {key: MappingProxyType(merged[key]) for key in ("captcha", "words")}
    values: dict[str, Any] = {**merged, **lists, **menus, **tables}
    return Preset(name=name, **{**values, "password": PasswordPolicy(**merged["password"])})


def _read(name: str) -> dict[str, Any]:
    path = FOLDER / f"{name}.toml"
    if not path.is_file():
        known = ", ".join(sorted(file.stem for file in FOLDER.glob("*.toml")))
        raise PresetError([f"preset: «{name}» неизвестен. Есть: {known}"])
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _wrong_values(name: str, merged: Mapping[str, Any], base: Mapping[str, Any]) -> list[str]:
    problems = [
        f"preset {name}: {key}: «{item}» неизвестно, можно: {', '.join(sorted(known))}"
        for key, known in LISTS.items()
        for item in (merged[key] if isinstance(merged[key], list) else ())
        if item not in known
    ]
    problems += [
        f"preset {name}: {key}: «{merged[key]}» неизвестно, можно: {', '.join(sorted(known))}"
        for key, known in CHOICES.items()
        if merged[key] not in known
    ]
    for key, usual in base.items():
        if not _is_like(merged.get(key), usual):
            problems.append(f"preset {name}: {key}: «{merged.get(key)}» не подходит, пример: {usual}")
    for key, value in merged["password"].items():
        if key not in base["password"] or not _is_like(value, base["password"][key]):
            problems.append(f"preset {name}: password: «{key} = {value}» не подходит")
    for form, policy in merged["captcha"].items():
        if form not in FORMS or policy not in CAPTCHA:
            problems.append(f"preset {name}: captcha: «{form} = {policy}» неизвестно")
    return problems


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _is_like(value: Any, usual: Any) -> bool:
    """Of the same kind as the default's value; a yes-or-no is no number."""
    return type(value) is type(usual)


def _menu(items: list[dict[str, Any]]) -> tuple[MenuItem, ...]:
    return tuple(MenuItem(item["word"], item.get("page", ""), _menu(item.get("items", []))) for item in items)
