"""The console's navigation: pages in groups as data; an entry is there if its page is built and the operator may
open it, with the count of what waits behind it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from typing import NamedTuple

from flask import Flask, current_app, g, request

import clock
from models.waiting import Waiting, waiting
from views.access import administers_all, own_frozen, own_suppliers

HOME = "/admin/"
HANGS_AFTER = timedelta(hours=1)  # a bank that has not answered so long after an order was sent
MOST = 99  # a badge counts no further, and every page has badges
EVERYBODY, OF_ALL, ADMINISTRATOR = "everybody", "of all", "administrator of all"


@dataclass(frozen=True)
class Page:
    """A page of the console. `queue`: whose count of `Waiting` stands beside it; `parts`: further addresses of the
    same task; `who` may open it: every operator, who works for all suppliers, an administrator of everything."""

    word: str
    url: str
    queue: str = ""
    parts: tuple[str, ...] = ()
    who: str = EVERYBODY


@dataclass(frozen=True)
class Group:
    """Pages under one word of the first row."""

    word: str
    pages: tuple[Page, ...] = field(default_factory=tuple)


GROUPS = (
    Group("Сегодня", (Page("Сегодня", HOME),)),
    Group(
        "Показания",
        (
            Page("На проверку", "/admin/readings", "readings"),
            Page("Не передали", "/admin/readings/unsent"),
        ),
    ),
    Group(
        "Люди",
        (
            Page("Жители", "/admin/residents"),
            Page("Лицевые счета", "/admin/accounts"),
            Page("Стойка", "/admin/counter"),
            Page("Приглашения", "/admin/invitations"),
            Page("Заявки", "/admin/requests", "requests"),
            Page("Договоры", "/admin/applications", "applications"),
        ),
    ),
    Group(
        "Обращения",
        (
            Page("Обращения", "/admin/appeals", "appeals"),
            Page("Звонки", "/admin/calls", "calls"),
            Page("Заготовки", "/admin/templates"),
            Page("Темы", "/admin/topics", who=OF_ALL),
        ),
    ),
    Group(
        "Деньги",
        (
            Page("Платежи", "/admin/payments", "events", ("/admin/orders",)),
            Page("Ждут банка", "/admin/orders/waiting", "orders"),
            Page("Реестры", "/admin/registries", "lines"),
            Page("Сверка", "/admin/reconciliation"),
        ),
    ),
    Group("Обмен", (Page("Обмен", "/admin/exchange", parts=("/admin/imports", "/admin/exports")),)),
    Group(
        "Сообщения",
        (
            Page("Уведомления", "/admin/notices"),
            Page("Письма", "/admin/letters", "letters", who=OF_ALL),
            Page("Тексты", "/admin/texts", who=OF_ALL),
            Page("Помощь", "/admin/help", who=OF_ALL),
        ),
    ),
    Group(
        "Настройки",
        (
            Page("Поставщики", "/admin/suppliers"),
            Page("Первые шаги", "/admin/start", who=ADMINISTRATOR),
            Page("Проверка связи", "/admin/checks", who=ADMINISTRATOR),
            Page("Операторы", "/admin/operators", who=ADMINISTRATOR),
            Page("Журнал", "/admin/audit", who=ADMINISTRATOR),
        ),
    ),
)


class Entry(NamedTuple):
    """A link as it is shown: `waits` = how many, or ""; `current` = "page", "true" where a part of it is open, ""."""

    word: str
    url: str
    waits: str
    current: str


class Menu(NamedTuple):
    """The first row, and the second: the pages of the group that is open, none where it has one only."""

    groups: list[Entry]
    word: str
    pages: list[Entry]


def shown() -> Menu:
    """The menu of the operator over the page that he looks at."""
    groups = [(group, pages) for group in GROUPS if (pages := [page for page in group.pages if _opens(page)])]
    here = _here(page for _, pages in groups for page in pages)
    first = [_group(group, pages, here) for group, pages in groups]
    for group, pages in groups:
        if here in pages and len(pages) > 1:
            return Menu(first, group.word, [_entry(page.word, page.url, [page], here) for page in pages])
    return Menu(first, "", [])


def counts(most: int = MOST) -> Waiting:
    """What waits for the operator, counted so far at least: once a request, where who counts further asks first."""
    known: tuple[int, Waiting] | None = g.get("waiting")
    if known is None or known[0] < most:
        known = g.waiting = (most, waiting(own_frozen(), clock.now() - HANGS_AFTER, most))
    return known[1]


def exists(url: str) -> bool:
    """Is there a page at this address of the console?"""
    return url in _built(current_app._get_current_object())  # type: ignore[attr-defined]


@lru_cache(maxsize=8)
def _built(app: Flask) -> frozenset[str]:
    return frozenset(rule.rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ()))


def _opens(page: Page) -> bool:
    may = {EVERYBODY: True, OF_ALL: own_suppliers() is None, ADMINISTRATOR: administers_all()}
    return exists(page.url) and may[page.who]


def _here(pages: Iterable[Page]) -> Page | None:
    """The page whose address, or a part's, the shown one goes on from; of several the longest."""
    heads = [(len(head), page) for page in pages for head in (page.url, *page.parts) if _is_below(head)]
    return max(heads, key=lambda found: found[0])[1] if heads else None


def _is_below(head: str) -> bool:
    return request.path == head or (head != HOME and request.path.startswith(f"{head}/"))


def _group(group: Group, pages: list[Page], here: Page | None) -> Entry:
    entry = _entry(group.word, pages[0].url, pages, here)
    return entry if len(pages) == 1 or not entry.current else entry._replace(current="true")


def _entry(word: str, url: str, pages: list[Page], here: Page | None) -> Entry:
    waits = sum(getattr(counts(), page.queue) for page in pages if page.queue)
    current = "" if here not in pages else "page" if request.path == url else "true"
    return Entry(word, url, f"{MOST}+" if waits > MOST else str(waits or ""), current)
