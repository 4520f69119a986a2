"""No page asks more of the database for twenty accounts than for one, and none asks more than eight things."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pytest
from flask import Flask

from models import Account, Bill, Resident, Service
from tests import factories
from tests.client import PageClient
from tests.queries import counted
from tests.test_access import ASKED_BY, appeal_file, application_paper, consent, notice, of_residents, order, session

MOST = 8
FEW, MANY = 1, 20
# A file of everything, asked for once in a year: a query for each kind of row.
LARGER = {"/profile/data.json": 21}
# Pages whose query string opens another list.
ALSO = ("/history?kind=payments", "/history?kind=readings", "/history?kind=bills")


@dataclass
class Town:
    """A resident, and a row of his for each argument of an address."""

    resident: Resident
    rows: dict[str, int | str]


def town(size: int) -> Town:
    """`size` accounts of as many suppliers, each with `size` bills, payments and readings; `size` notices."""
    who = factories.resident(email=f"town{size}@example.org")
    accounts = [holding(who, size, position) for position in range(size)]
    notices = [notice(who) for _ in range(size)]
    bill = Bill.select().where(Bill.account == accounts[0]).order_by(Bill.order_key.desc()).first()
    rows = {"account_id": accounts[0].id, "bill_id": bill.id, "notice_id": notices[0], "order_id": order(who)}
    held = [(consent(who), session(who), factories.token(who)[0].id) for _ in range(size)]
    appeals = [factories.appeal(who, supplier=accounts[0].supplier, answered_at=factories.NOW) for _ in range(size)]
    for account in accounts:
        factories.call(who, supplier=account.supplier)
    applied = [factories.application(who, state="returned") for _ in range(size)]
    rows |= {"application_id": applied[0].id, "paper_id": application_paper(who), "document": "passport"}
    rows |= {"appeal_id": appeals[0].id, "file_id": appeal_file(who)}
    rows |= {"consent_id": held[0][0], "session_id": held[0][1], "token_id": held[0][2]}
    return Town(who, {**rows, "group_id": factories.group(who, "Последняя").id, "way": "organisation"})


def holding(who: Resident, size: int, position: int) -> Account:
    supplier = factories.payee()
    light = factories.service(supplier)
    water = factories.service(supplier, kind="холодное водоснабжение", name="Холодная вода", unit="куб.м")
    account = factories.account(supplier)
    factories.autopay_runs(factories.link(who, account, group=factories.group(who, f"Группа {size}-{position}")))
    factories.tariff(light, 5_000_000)
    factories.balance(account, 148533)
    for scales in (("Круглосуточный",), ("День", "Ночь")):
        metered(account, light if len(scales) == 1 else water, scales, size)
    for back in range(size):
        billed(account, (light, water), months_before(back))
    return account


def metered(account: Account, service: Service, scales: tuple[str, ...], size: int) -> None:
    for register in factories.meter(account, service, scales).registers:
        for back in range(size):
            factories.reading(register, 1000 - 10 * back, months_before(back))


def billed(account: Account, services: tuple[Service, ...], period: date) -> None:
    bill = factories.bill(account, period=period, issued_on=period.replace(day=28))
    for service in services:
        factories.charge(bill, service, 74266)
    factories.payment(account, 148533, on=period.replace(day=14))


def months_before(count: int) -> date:
    year, month = divmod(2026 * 12 + 9 - count, 12)
    return date(year, month + 1, 1)


def addresses(app: Flask, of: Town) -> list[str]:
    """Every closed page the town has rows for."""
    urls = app.url_map.bind("localhost")
    pages = [
        urls.build(rule.endpoint, {name: of.rows[name] for name in rule.arguments})
        for rule in of_residents(app, "GET")
        if rule.arguments <= of.rows.keys() and rule.endpoint not in ASKED_BY
    ]
    return [*pages, *(url for url in ALSO if any(page == url.partition("?")[0] for page in pages))]


def asked(app: Flask, of: Town) -> dict[str, list[str]]:
    """What each page asked; a page is fetched twice and the second answer counts, as on a warm server."""
    client = PageClient(app).sign_in(of.resident)
    found = {}
    for url in addresses(app, of):
        client.http.get(url)
        with counted() as seen:
            status = client.http.get(url).status_code
        assert status in (200, 303, 404), f"{url}: {status}"
        if status != 404:  # the preset has no such page; that others have it, tests/test_access.py says
            found[url] = seen
    return found


@pytest.fixture
def towns(database: Flask) -> tuple[Town, Town]:
    return town(FEW), town(MANY)


def test_queries_do_not_grow_with_rows(app: Flask, towns: tuple[Town, Town]) -> None:
    few, many = (list(asked(app, of).items()) for of in towns)
    grown = [
        f"{url}: {len(before)} → {len(after)}\n    " + "\n    ".join(after)
        for (_, before), (url, after) in zip(few, many, strict=True)
        if len(after) > len(before)
    ]
    assert not grown, "\n".join(grown)


def test_no_page_asks_more_than_eight_things(app: Flask, towns: tuple[Town, Town]) -> None:
    greedy = [
        f"{url}: {len(seen)}\n    " + "\n    ".join(seen)
        for url, seen in asked(app, towns[1]).items()
        if len(seen) > LARGER.get(url, MOST)
    ]
    assert not greedy, "\n".join(greedy)
