"""`/r/<token>` as people meet it: meters and nothing else, the same checks, no sums, no names."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from flask import Flask
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import clock
from models import Account, Meter, Reading, Register, Submission
from models.reading import ACCEPTED, BY_LINK, REPLACED, USED
from services import reading_links
from tests import factories
from tests.client import PageClient
from tests.factories import NOW, TODAY
from tests.portal import READING_KEY, switch
from tests.queries import counted
from tests.test_quittance import codes_of
from tests.test_readings_views import hidden, metered, stored, typed

pytestmark = pytest.mark.usefixtures("november")


@pytest.fixture
def account(database: Flask) -> Account:
    supplier = factories.supplier(name="ООО «Энергосбыт»")
    account = factories.account(supplier, number="2071000390001", surname="Соколова", flat="45")
    account.house.number = "12"
    account.house.save()
    factories.setting(supplier, "reading_from_day", 1)
    factories.setting(supplier, "reading_to_day", 25)
    metered(account, ("День", "Ночь"), (15737, 6018), number="00987654")
    return account


def url(account: Account) -> str:
    return reading_links.link_for(account, TODAY, READING_KEY, "")


def test_the_page_shows_meters_and_a_masked_address(client: PageClient, account: Account) -> None:
    page = client.get(url(account))
    assert "ООО «Энергосбыт»" in page
    assert "ул. Лесная, д. •2, кв. •5" in page
    assert "Электроэнергия, счётчик № …654" in page
    assert "015 737 кВт*ч от 20.10.2026" in page
    assert "Не переданы, ждём до 25 ноября" in page


SECRETS = ("Соколова", "Анна", "2071000390001", "кв. 45", "д. 12", "00987654", "₽", "Оплатить", "1485")


@pytest.mark.parametrize("secret", SECRETS)
def test_it_tells_nothing_more_before_and_after(client: PageClient, account: Account, secret: str) -> None:
    factories.link(factories.resident(), account)
    bill = factories.bill(account, number="2611-77")
    Reading.update(bill=bill).where(Reading.state == USED).execute()
    pages = [client.get(url(account)), client.post(url(account), typed(account, "1", "2"), status=422)]
    client.post(url(account), typed(account, "15892", "6110"))
    pages += [client.get(url(account)), client.get(url(account) + "?fix=1")]
    for page in pages:
        assert secret not in page.text
        assert "2611-77" not in page.text
        assert f"/accounts/{account.id}" not in page.text


@pytest.mark.parametrize("preset", ["metallenergo", "consumer", "default"])
def test_one_who_has_signed_in_sees_no_more_of_it(
    client: PageClient, app: Flask, monkeypatch: pytest.MonkeyPatch, account: Account, preset: str
) -> None:
    """A phone is handed over with the page open: the current account and its debt are not on it."""
    switch(app, monkeypatch, preset)
    anna = factories.resident()
    factories.link(anna, account)
    factories.balance(account, 148533)
    page = client.sign_in(anna).get(url(account))
    assert not [secret for secret in SECRETS if secret in page.text]


def test_it_is_kept_by_no_cache_and_found_by_no_search(client: PageClient, account: Account) -> None:
    for address in (url(account), "/r/" + "x" * 32):
        answer = client.http.get(address)
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
        assert '<meta name="robots" content="noindex, nofollow">' in answer.get_data(as_text=True)


def test_readings_are_sent_by_one_page_and_one_press(client: PageClient, account: Account) -> None:
    page = client.post(url(account), typed(account, "15892", "6110"))
    assert page.location == url(account)
    page = client.get(page.location)
    assert "Показания приняты" in page and "Переданы 20 ноября" in page
    assert "015 892" in page and "принято порталом, по ссылке" in page
    assert stored() == [(15_892_000_000, ACCEPTED), (6_110_000_000, ACCEPTED)]
    assert {row.origin for row in Submission.get().readings} == {BY_LINK}


def test_with_htmx_the_page_is_opened_anew_and_a_mistake_comes_as_a_fragment(
    client: PageClient, account: Account
) -> None:
    page = client.post(url(account), typed(account, "15000", "6110"), status=422, htmx=True)
    assert page.text.lstrip().startswith('<div id="readings-link">')
    assert client.post(url(account), typed(account, "15892", "6110"), htmx=True).location == url(account)


def test_the_same_checks_warn_and_the_second_press_confirms(client: PageClient, account: Account) -> None:
    page = client.post(url(account), typed(account, "15000", "6110"), status=422)
    assert "было 015 737 от 20.10.2026, введено 015 000" in page
    page = client.post(url(account), typed(account, "25737", "6110"), status=422)
    assert "Необычно большой расход: 10 000 кВт*ч" in page
    warned = {"confirm": "yes", "warned": hidden(page, "warned")}
    client.post(url(account), typed(account, "25737", "6110", **warned))
    assert [row.doubts for row in Submission.get().readings.order_by(Reading.id)] == ["unusual", ""]


def test_a_double_click_stores_one_reading_and_a_correction_replaces_it(client: PageClient, account: Account) -> None:
    for _ in range(2):
        client.post(url(account), typed(account, "15892", "6110"))
    assert len(stored()) == 2
    page = client.get(url(account) + "?fix=1")
    assert 'value="015892"' in page.text
    client.post(url(account), typed(account, "15890", "6110", once="other"))
    assert [state for _, state in stored()] == [REPLACED, REPLACED, ACCEPTED, ACCEPTED]


def test_a_holder_sees_what_came_by_link(client: PageClient, account: Account) -> None:
    client.post(url(account), typed(account, "15892", "6110"))
    anna = factories.resident()
    factories.link(anna, account)
    page = client.sign_in(anna).get(f"/readings/{account.id}")
    assert "по ссылке" in page and "Переданы 20 ноября" in page
    assert "по ссылке" in client.get("/history?kind=readings")


def test_many_meters_cost_the_same_queries_and_an_invented_link_none(client: PageClient, account: Account) -> None:
    def asked(address: str, status: int = 200) -> int:
        client.get(address, status=status)
        with counted() as seen:
            client.get(address, status=status)
        return len(seen)

    few = asked(url(account))
    for _ in range(9):
        metered(account, ("День", "Ночь"), (10, 20))
    assert asked(url(account)) == few <= 8
    assert asked("/r/" + "x" * 32, status=404) == 0


@pytest.mark.parametrize("place", [0, 7, 15, 31])
def test_a_token_altered_by_a_sign_is_answered_with_advice(client: PageClient, account: Account, place: int) -> None:
    token = url(account).rpartition("/")[2]
    changed = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
    page = client.get(f"/r/{changed}", status=404)
    assert "Такой ссылки нет" in page and "QR-код квитанции" in page
    assert "Лесная" not in page
    client.post(f"/r/{changed}", typed(account, "15892", "6110"), status=404)
    assert client.post(f"/r/{changed}", {}, htmx=True).location == f"/r/{changed}"
    assert stored() == []


def test_after_the_window_the_link_says_that_it_is_over(
    client: PageClient, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = url(account)
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(days=6))
    page = client.get(address, status=410)
    assert "Срок ссылки истёк" in page and "015 737" not in page
    client.post(address, typed(account, "15892", "6110"), status=410)
    assert stored() == []


def test_a_window_that_closed_while_the_form_was_open_stores_nothing_and_keeps_what_was_typed(
    client: PageClient, account: Account
) -> None:
    address = url(account)
    client.get(address)
    factories.setting(account.supplier, "reading_to_day", 10, since=date(2026, 11, 1))
    page = client.post(address, typed(account, "15892", "6110"), status=422)
    assert "Приём показаний закрыт до 01.12.2026" in page
    assert stored() == []


def test_a_revoked_link_says_so(client: PageClient, account: Account) -> None:
    anna, address = factories.resident(), url(account)
    factories.link(anna, account)
    holder = PageClient(client.app).sign_in(anna)
    links = f"/accounts/{account.id}/reading-links"
    assert links in holder.get(f"/accounts/{account.id}").tree.links
    page = holder.get(links)
    assert f"{holder.app.extensions['settings'].base_url}{address}</textarea>" in page.text
    assert "действует до 25 ноября" in page and "Отозвать ссылки" in page
    assert holder.post(links).location == links
    assert "Прежние ссылки больше не действуют" in holder.get(links)
    page = client.get(address, status=410)
    assert "Ссылка отозвана" in page
    client.post(address, typed(account, "15892", "6110"), status=410)
    assert url(account) in holder.get(links).text
    client.get(url(account))


def test_a_stranger_revokes_nothing(client: PageClient, account: Account) -> None:
    client.sign_in(factories.resident())
    client.post(f"/accounts/{account.id}/reading-links", status=404)
    assert client.get(url(account)).status == 200


def test_too_many_presses_are_told_how_long_to_wait(client: PageClient, account: Account) -> None:
    for _ in range(reading_links.ACTS.most):
        client.post(url(account), typed(account, "1", "2"), status=422)
    page = client.post(url(account), typed(account, "15892", "6110"), status=422)
    assert "Слишком много попыток" in page and 'value="15892"' in page.text


@pytest.mark.parametrize("facts", [{"is_automatic": True}, {"removed_on": date(2026, 11, 1)}])
def test_an_account_without_a_meter_to_read_offers_no_link(
    client: PageClient, account: Account, facts: dict[str, object]
) -> None:
    anna = factories.resident()
    factories.link(anna, account)
    Meter.update(**facts).execute()
    assert "Отозвать ссылки" not in client.sign_in(anna).get(f"/accounts/{account.id}")


def test_the_quittance_carries_the_link_as_its_second_code_and_a_masked_one_does_not(
    client: PageClient, account: Account
) -> None:
    anna, bill = factories.resident(), factories.bill(account)
    factories.link(anna, account)
    paper = client.sign_in(anna).get(f"/bills/{bill.id}.pdf").data
    base = client.app.extensions["settings"].base_url
    assert (base + url(account)).encode() in codes_of(paper)
    masked = client.get(f"/bills/{bill.id}.pdf?masked=1").data
    assert not [code for code in codes_of(masked) if b"/r/" in code]


@settings(
    max_examples=100, deadline=timedelta(seconds=5), suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(day=st.text(max_size=40), night=st.text("0123456789., -+e", max_size=12), rolled=st.text(max_size=4))
@example(day="1e9", night="9" * 40, rolled="yes")
@example(day="１５８９２", night="٦١١٠", rolled="")
@example(day="15892,0", night="-6110", rolled="")
def test_whatever_is_typed_is_answered(
    client: PageClient, account: Account, day: str, night: str, rolled: str
) -> None:
    Reading.delete().where(Reading.origin != "billing").execute()
    data = {**typed(account, day, night, confirm="yes"), f"rolled-{Register.of_account(account)[0].id}": rolled}
    answer = client.http.post(url(account), data={"csrf_token": client.csrf_token(), **data})
    assert answer.status_code in (303, 422)
    for value, _ in stored():
        assert 0 <= value < 10**12
        assert value % 10**6 == 0
