"""«Показания» as people meet it: states of the cards, the form, warnings, the preliminary sum."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from flask import Flask
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from models import Account, Link, Meter, Reading, Register, Resident, Service, Submission, Supplier
from models.reading import ACCEPTED, EXPORTED, REJECTED, USED, WITHDRAWN
from services import reading_links
from tests import factories
from tests.client import Page, PageClient
from tests.factories import TODAY
from tests.portal import READING_KEY
from tests.queries import counted

pytestmark = pytest.mark.usefixtures("november")

SENT_ON = date(2026, 10, 20)


@pytest.fixture
def anna(database: Flask) -> Resident:
    return factories.resident()


@pytest.fixture
def account(anna: Resident) -> Account:
    """A two-scale electricity meter, the window from the 1st to the 25th."""
    account = factories.account(stove="Электрическая")
    factories.link(anna, account, label="Квартира")
    factories.setting(account.supplier, "reading_from_day", 1)
    factories.setting(account.supplier, "reading_to_day", 25)
    metered(account, ("День", "Ночь"), (15737, 6018))
    return account


def metered(account: Account, scales: tuple[str, ...], values: tuple[int, ...], **facts: object) -> list[Register]:
    service = factories.service(account.supplier)
    factories.tariff(service, 5_000_000)
    factories.tariff(service, 3_500_000, category="электроплита")
    registers = list(factories.meter(account, service, scales, **facts).registers.order_by(Register.position))
    for register, value in zip(registers, values, strict=True):
        factories.reading(register, value, SENT_ON, state=USED)
    return registers


def url(account: Account) -> str:
    return f"/readings/{account.id}"


def typed(account: Account, *values: str, **fields: str) -> dict[str, str]:
    registers = Register.of_account(account)
    return {f"reading-{register.id}": value for register, value in zip(registers, values, strict=False)} | {
        "once": "key",
        **fields,
    }


def stored() -> list[tuple[int, str]]:
    rows = Reading.select().where(Reading.origin != "billing").order_by(Reading.id)
    return [(row.value, row.state) for row in rows]


def hidden(page: Page, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page.text)
    assert found, f"no field {name}"
    return found[1]


def test_the_form_shows_what_was_sent_before_and_until_when_it_waits(
    client: PageClient, anna: Resident, account: Account
) -> None:
    page = client.sign_in(anna).get(url(account))
    assert "Не переданы, ждём до 25 ноября" in page
    assert "015 737 кВт*ч от 20.10.2026" in page
    assert "006 018 кВт*ч от 20.10.2026" in page


def test_readings_are_sent_and_their_sum_is_shown(client: PageClient, anna: Resident, account: Account) -> None:
    page = client.sign_in(anna).post(url(account), typed(account, "15892", "6110"))
    assert page.location == url(account)
    page = client.get(page.location)
    assert "Переданы 20 ноября" in page
    assert "Показания приняты и учтены в расчёте." in page
    assert "Предварительный расчёт за показания от 20.11.2026" in page
    assert "155 кВт*ч 3,50 542,50 ₽" in page
    assert "92 кВт*ч 3,50 322,00 ₽" in page
    assert page.value("sum") == "864,50"
    assert stored() == [(15_892_000_000, ACCEPTED), (6_110_000_000, ACCEPTED)]


def test_a_key_is_cleaned_and_bounded(client: PageClient, anna: Resident, account: Account) -> None:
    client.sign_in(anna).post(url(account), typed(account, "15892", "6110", once="k\0"))
    client.post(url(account), typed(account, "15893", "6110", once="x" * 10_000), status=400)
    assert Submission.get().once.startswith("k.")


def test_a_long_unit_may_stand_below_its_number_and_neither_is_broken(
    client: PageClient, anna: Resident, account: Account
) -> None:
    """Beside the input a phone has room for the number alone."""
    Service.update(unit="куб. м").execute()
    page = client.sign_in(anna).get(url(account))
    number = "015\N{NO-BREAK SPACE}737"
    assert f'<span class="num">{number}</span> <span class="keep">куб. м</span>' in page.text
    assert f"{number} куб. м" in page


def test_the_preliminary_sum_can_be_paid_at_once(client: PageClient, anna: Resident, account: Account) -> None:
    client.sign_in(anna).post(url(account), typed(account, "15892", "6110"))
    asked = client.get(url(account)).value("sum")
    assert "864,50" in client.get(f"/payment/{account.id}?sum={asked}&method=card").text


def test_only_ways_that_there_are_are_offered_for_the_preliminary_sum(
    app: Flask, client: PageClient, monkeypatch: pytest.MonkeyPatch, anna: Resident, account: Account
) -> None:
    monkeypatch.setitem(app.extensions, "gateways", {})
    client.sign_in(anna).post(url(account), typed(account, "15892", "6110"))
    page = client.get(url(account))
    assert (
        "К оплате: 864,50 ₽" in page and "Банковская карта" not in page and f"/payment/{account.id}" not in page.text
    )
    Supplier.update(bank_account="40702810138250123017", bik="044525225").execute()
    page = client.get(url(account))
    assert '<option value="qr">QR-код</option>' in page.text and "Банковская карта" not in page


def test_with_htmx_the_card_alone_comes_back(client: PageClient, anna: Resident, account: Account) -> None:
    page = client.sign_in(anna).post(url(account), typed(account, "15892", "6110"), status=200, htmx=True)
    assert page.text.lstrip().startswith(f'<div id="readings-{account.id}">')
    assert "Показания приняты и учтены в расчёте." in page


@pytest.mark.parametrize("htmx", [False, True])
def test_what_was_typed_stays_beside_what_is_wrong(
    client: PageClient, anna: Resident, account: Account, htmx: bool
) -> None:
    page = client.sign_in(anna).post(url(account), typed(account, "15000", "шесть"), status=422, htmx=htmx)
    assert "Показания ещё не переданы" in page
    assert "было 015 737 от 20.10.2026, введено 015 000" in page
    assert "Введите показание цифрами" in page
    assert 'value="15000"' in page.text and 'value="шесть"' in page.text
    assert 'aria-invalid="true"' in page.text
    assert stored() == []


def test_a_doubt_is_settled_by_a_second_press(client: PageClient, anna: Resident, account: Account) -> None:
    page = client.sign_in(anna).post(url(account), typed(account, "25737", "6110"), status=422)
    assert "Необычно большой расход: 10 000 кВт*ч. Было 015 737 от 20.10.2026." in page
    assert "Да, всё верно, передать" in page
    warned = {"confirm": "yes", "warned": hidden(page, "warned")}
    page = client.post(url(account), typed(account, "25738", "6110", **warned), status=422)
    assert "025 738?" in page
    warned["warned"] = hidden(page, "warned")
    client.post(url(account), typed(account, "25738", "6110", **warned))
    assert stored() == [(25_738_000_000, ACCEPTED), (6_110_000_000, ACCEPTED)]
    assert [row.doubts for row in Submission.get().readings.order_by(Reading.id)] == ["unusual", ""]


def test_a_roll_over_is_ticked(client: PageClient, anna: Resident) -> None:
    account = factories.account()
    factories.link(anna, account)
    register = metered(account, ("Круглосуточный",), (99987,), digits=5)[0]
    page = client.sign_in(anna).post(url(account), typed(account, "00012"), status=422)
    assert "Счётчик перешёл через ноль" in page
    assert "расход получится 25 кВт*ч" in page
    client.post(url(account), typed(account, "00012", **{f"rolled-{register.id}": "yes"}))
    assert stored() == [(12_000_000, ACCEPTED)]


def test_two_presses_store_one_reading(client: PageClient, anna: Resident, account: Account) -> None:
    client.sign_in(anna)
    for _ in range(2):
        client.post(url(account), typed(account, "15892", "6110"))
    assert len(stored()) == 2


def test_a_correction_replaces_and_a_withdrawal_takes_back(
    client: PageClient, anna: Resident, account: Account
) -> None:
    client.sign_in(anna).post(url(account), typed(account, "15892", "6110"))
    page = client.get(url(account) + "?fix=1")
    assert 'value="015892"' in page.text
    client.post(url(account), typed(account, "15890", "6110", once="other"))
    assert "015 890" in client.get(url(account))
    client.post(url(account) + "/withdrawal")
    assert "Показания отозваны" in client.get(url(account))
    assert {state for _, state in stored()} == {"replaced", WITHDRAWN}
    client.post(url(account) + "/withdrawal")
    assert "Отзывать нечего" in client.get(url(account))


def test_a_neighbour_gets_404_and_a_stranger_the_sign_in(client: PageClient, account: Account) -> None:
    client.post(url(account), typed(account, "15892", "6110"), status=401)
    client.sign_in(factories.resident())
    client.get(url(account), status=404)
    client.post(url(account), typed(account, "15892", "6110"), status=404)
    client.post(url(account) + "/withdrawal", status=404)
    assert stored() == []


def test_a_co_holder_sees_what_was_sent(client: PageClient, anna: Resident, account: Account) -> None:
    client.sign_in(anna).post(url(account), typed(account, "15892", "6110"))
    boris = factories.resident(name="Борис")
    factories.link(boris, account)
    assert "Переданы 20 ноября" in client.sign_in(boris).get("/readings")


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"is_automatic": True}, "Передаются автоматически"),
        ({"removed_on": date(2026, 11, 1)}, "Счётчик снят 01.11.2026, показания по нему не принимаются"),
        ({"verified_until": date(2026, 11, 1)}, "Срок поверки истёк 01.11.2026, показания не принимаются"),
    ],
)
def test_a_meter_that_takes_nothing_has_no_field_and_says_why(
    client: PageClient, anna: Resident, facts: dict[str, object], words: str
) -> None:
    account = factories.account()
    factories.link(anna, account)
    factories.setting(account.supplier, "expired_meters", "refuse")
    metered(account, ("Круглосуточный",), (100,), **facts)
    page = client.sign_in(anna).get(url(account))
    assert words in page
    assert 'name="reading-' not in page.text


def test_an_expired_meter_warns_and_takes_readings(client: PageClient, anna: Resident, account: Account) -> None:
    metered(account, ("Круглосуточный",), (100,), verified_until=date(2026, 11, 1))
    page = client.sign_in(anna).get(url(account))
    assert "Срок поверки истёк 01.11.2026: показания примем" in page
    assert page.text.count('name="reading-') == 3


def test_a_verification_that_ends_soon_is_told_beforehand(
    client: PageClient, anna: Resident, account: Account
) -> None:
    metered(account, ("Круглосуточный",), (100,), verified_until=date(2027, 1, 15))
    assert "Срок поверки истекает 15.01.2027: закажите поверку заранее" in client.sign_in(anna).get(url(account))


def test_a_closed_window_says_when_it_opens(client: PageClient, anna: Resident, account: Account) -> None:
    factories.setting(account.supplier, "reading_to_day", 10, since=date(2026, 11, 1))
    page = client.sign_in(anna).get(url(account))
    assert "Приём закрыт до 1 декабря" in page
    assert "Показания принимают с 1 по 10 число" in page
    page = client.post(url(account), typed(account, "15892", "6110"), status=422)
    assert "Приём показаний закрыт до 01.12.2026" in page


def test_an_account_without_meters_says_so(client: PageClient, anna: Resident) -> None:
    account = factories.account()
    factories.link(anna, account)
    assert "Счётчиков нет" in client.sign_in(anna).get(url(account))


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"state": EXPORTED}, "передано в расчёт"),
        ({"state": USED}, "учтено в счёте № 2611-1"),
        ({"state": REJECTED, "reason": "не совпало с фото"}, "отклонено: не совпало с фото"),
    ],
)
def test_the_life_of_a_reading_is_told(
    client: PageClient, anna: Resident, account: Account, facts: dict[str, object], words: str
) -> None:
    client.sign_in(anna).post(url(account), typed(account, "15892", "6110"))
    bill = factories.bill(account, number="2611-1")
    Reading.update(**facts, bill=bill).where(Reading.state == ACCEPTED).execute()
    assert words in client.get(url(account))


def test_an_old_form_pressed_again_does_not_say_that_what_was_withdrawn_is_accepted(
    client: PageClient, anna: Resident, account: Account
) -> None:
    form = typed(account, "15892", "6110")
    client.sign_in(anna).post(url(account), form)
    client.post(f"{url(account)}/withdrawal")
    page = client.post(url(account), form, status=200, htmx=True)
    assert "Показания приняты" not in page and "Не переданы" in page
    assert [state for _, state in stored()] == [WITHDRAWN, WITHDRAWN]


@pytest.mark.parametrize(
    ("state", "mend", "can_withdraw", "has_sum"),
    [
        (ACCEPTED, "Исправить или отозвать", True, True),
        (EXPORTED, "Исправить", False, True),
        (USED, "Исправить", False, False),
    ],
)
def test_what_the_billing_has_is_not_offered_to_be_taken_back(
    client: PageClient, anna: Resident, account: Account, state: str, mend: str, can_withdraw: bool, has_sum: bool
) -> None:
    """Nor does a button lead to a preliminary sum that the bill has taken the place of."""
    client.sign_in(anna).post(url(account), typed(account, "15892", "6110"))
    Reading.update(state=state).where(Reading.state == ACCEPTED).execute()
    page = client.get(url(account))
    assert f">{mend}</a>" in page.text
    assert ("Предварительный расчёт" in page) == has_sum
    assert ("Предварительный расчёт" in client.get("/readings")) == has_sum
    assert ("Отозвать показания" in client.get(f"{url(account)}?fix=1")) == can_withdraw


def test_a_reading_of_the_operator_names_its_source(client: PageClient, anna: Resident, account: Account) -> None:
    day, night = Register.of_account(account)
    for register in (day, night):
        factories.reading(register, 20000, date(2026, 11, 19), origin="operator")
    assert "принято порталом, оператор" in client.sign_in(anna).get(url(account))


def test_a_service_without_a_tariff_takes_the_reading_all_the_same(client: PageClient, anna: Resident) -> None:
    account = factories.account()
    factories.link(anna, account)
    register = factories.meter(account).registers.get()
    factories.reading(register, 100, SENT_ON, state=USED)
    client.sign_in(anna).post(url(account), typed(account, "150"))
    page = client.get(url(account))
    assert "не загружен" in page
    assert page.value("sum") == ""


def test_the_first_reading_of_a_new_meter_is_taken(client: PageClient, anna: Resident) -> None:
    account = factories.account()
    factories.link(anna, account)
    factories.meter(account)
    client.sign_in(anna).post(url(account), typed(account, "0"))
    assert stored() == [(0, ACCEPTED)]
    assert "Показания приняты" in client.get(url(account))


def test_the_list_shows_a_group_and_all(client: PageClient, anna: Resident, account: Account) -> None:
    dacha = factories.group(anna, "Дача")
    other = factories.account(number="02660172152")
    factories.link(anna, other, group=dacha)
    page = client.sign_in(anna).get("/readings")
    assert account.number in page and other.number in page
    page = client.get(f"/readings?group={dacha.id}")
    assert account.number not in page and other.number in page
    assert account.number in client.get("/readings?group=999999")
    assert "В этой группе пока нет лицевых счетов" in client.get(
        f"/readings?group={factories.group(anna, 'Пусто').id}"
    )


def test_a_resident_with_nothing_linked_is_told_the_one_step(client: PageClient, anna: Resident) -> None:
    page = client.sign_in(anna).get("/readings")
    assert "Добавьте лицевой счёт" in page
    assert "/accounts/link" in page.tree.links


def test_values_are_shown_as_they_are_where_the_preset_says_so(
    client: PageClient, app: Flask, anna: Resident, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    settings_of = app.extensions["settings"]
    plain = replace(settings_of.preset, zero_padded=False)
    monkeypatch.setitem(app.extensions, "settings", replace(settings_of, preset=plain))
    monkeypatch.setitem(app.jinja_env.globals, "preset", plain)
    page = client.sign_in(anna).get(url(account))
    assert "15737 кВт*ч" in page and "015 737" not in page
    page = client.post(url(account), typed(account, "15000", "6110"), status=422)
    assert "было 15737" in page


def test_one_account_or_ten_cost_the_same_queries(client: PageClient, anna: Resident, account: Account) -> None:
    client.sign_in(anna)

    def asked(address: str) -> int:
        client.get(address)
        with counted() as seen:
            client.get(address)
        return len(seen)

    one, card = asked("/readings"), asked(url(account))
    for _ in range(9):
        other = factories.account()
        factories.link(anna, other)
        metered(other, ("День", "Ночь"), (10, 20))
    assert (asked("/readings"), asked(url(account))) == (one, card)
    assert max(one, card) <= 8


def test_rows_of_the_resident_are_not_of_another_account(
    client: PageClient, anna: Resident, account: Account
) -> None:
    """A form may carry fields of a meter that is not the account's: they are nobody's here."""
    other = metered(factories.account(), ("Круглосуточный",), (100,))[0]
    client.sign_in(anna).post(url(account), {f"reading-{other.id}": "150", "once": "x"}, status=422)
    assert stored() == []


@pytest.mark.parametrize("gone", ["removed", "replaced", "made automatic"])
def test_a_meter_that_goes_while_the_form_is_open_is_told_and_the_others_go_with_the_next_press(
    client: PageClient, anna: Resident, account: Account, gone: str
) -> None:
    water = metered(account, ("Круглосуточный",), (300,))[0]
    shape = hidden(client.sign_in(anna).get(url(account)), "shape")
    if gone == "removed":
        Meter.update(removed_on=date(2026, 11, 20)).where(Meter.id == water.meter_id).execute()
    elif gone == "made automatic":
        Meter.update(is_automatic=True).where(Meter.id == water.meter_id).execute()
    else:
        Reading.delete().where(Reading.register == water).execute()
        water.delete_instance()
        Meter.delete().where(Meter.id == water.meter_id).execute()
        metered(account, ("Круглосуточный",), (0,))
    fields = typed(account, "15892", "6110", shape=shape) | {f"reading-{water.id}": "310"}
    page = client.post(url(account), fields, status=422)
    assert "счётчики изменились" in page and 'value="15892"' in page.text
    assert stored() == []
    fields = typed(account, "15892", "6110", shape=hidden(page, "shape"), once=hidden(page, "once"))
    client.post(url(account), fields)
    assert stored() == [(15_892_000_000, ACCEPTED), (6_110_000_000, ACCEPTED)]


def names(page: Page) -> list[str]:
    return [name for name in page.tree.values if name.startswith("reading-")]


def test_an_account_that_left_the_portal_while_the_form_was_open_takes_nothing(
    client: PageClient, anna: Resident, account: Account
) -> None:
    client.sign_in(anna).get(url(account))
    Link.delete().execute()
    client.post(url(account), typed(account, "15892", "6110"), status=404)
    assert stored() == []


def test_the_whole_act_takes_two_requests_after_the_page(
    client: PageClient, anna: Resident, account: Account
) -> None:
    metered(account, ("Круглосуточный",), (300,))
    page = client.sign_in(anna).get("/readings")
    values = dict(zip(names(page), ("15892", "6110", "310"), strict=True))
    assert page.text.count('<button class="button">') == 1  # one for all meters of the account
    sent = client.post(url(account), {**values, "once": hidden(page, "once")})
    done = client.get(sent.location)
    assert "Показания приняты" in done and "Предварительный расчёт" in done and done.value("sum") == "899,50"


def test_two_tabs_leave_the_values_of_the_later_press(client: PageClient, anna: Resident, account: Account) -> None:
    client.sign_in(anna)
    keys = [hidden(client.get(url(account)), "once") for _ in range(2)]
    assert keys[0] != keys[1]
    client.post(url(account), typed(account, "15892", "6110", once=keys[0]))
    client.post(url(account), typed(account, "15893", "6110", once=keys[1]))
    assert [(value // 10**6, state) for value, state in stored() if state == ACCEPTED] == [
        (15893, ACCEPTED),
        (6110, ACCEPTED),
    ]


@pytest.mark.parametrize(
    ("facts", "life"),
    [
        ({"state": ACCEPTED}, "принято порталом, житель"),
        ({"state": EXPORTED}, "принято порталом → передано в расчёт, житель"),
        ({"state": USED}, "принято порталом → передано в расчёт → учтено в счёте № 2611-1, житель"),
        ({"state": USED, "bill": None}, "учтено в расчёте, житель"),
        ({"origin": "link"}, "принято порталом, по ссылке"),
        ({"origin": "operator"}, "принято порталом, оператор"),
        ({"origin": "program"}, "принято порталом, автоматически"),
        ({"origin": "billing", "source": "Банк", "state": USED}, "учтено в счёте № 2611-1, банк"),
        ({"origin": "billing", "state": ACCEPTED}, "принято, расчётный центр"),
    ],
)
def test_a_reading_tells_how_far_it_has_come_and_who_gave_it(
    client: PageClient, anna: Resident, account: Account, facts: dict[str, object], life: str
) -> None:
    client.sign_in(anna).post(url(account), typed(account, "15892", "6110"))
    bill = factories.bill(account, number="2611-1")
    Reading.update(**{"bill": bill, **facts}).where(Reading.state == ACCEPTED).execute()
    assert life in client.get(url(account))


@settings(
    max_examples=150, deadline=timedelta(seconds=5), suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(day=st.text(max_size=40), night=st.text("0123456789., -e", max_size=12), rolled=st.text(max_size=4))
@example(day="1e9", night="9" * 40, rolled="yes")
@example(day="\x00\ud800"[:1], night="NaN", rolled="\x00")
def test_whatever_is_typed_is_answered(
    client: PageClient, anna: Resident, account: Account, day: str, night: str, rolled: str
) -> None:
    client.sign_in(anna)
    data = {**typed(account, day, night, confirm="yes"), f"rolled-{Register.of_account(account)[0].id}": rolled}
    answer = client.http.post(url(account), data={"csrf_token": client.csrf_token(), **data})
    assert answer.status_code in (303, 422)
    for value, _ in stored():
        assert 0 <= value < 10**12
        assert value % 10**6 == 0


def test_the_link_to_the_account_stays_the_resident_s_own(
    client: PageClient, anna: Resident, account: Account
) -> None:
    page = client.sign_in(anna).get(url(account))
    assert f"/accounts/{account.id}" in page.tree.links
    assert Link.select().count() == 1


BLANKS_OF_ANY_KIND = " \u00a0\u2009\u202f\t"
NUMBERS = st.one_of(
    st.text("0123456789.,-+ eE\u00a0\u2009٣１²½−", max_size=14),  # noqa: RUF001
    st.decimals(allow_nan=True, allow_infinity=True, places=3).map(str),
    st.builds(lambda whole, part: f"{whole},{part}", st.integers(0, 10**12), st.integers(0, 10**7)),
    st.integers(-(10**30), 10**30).map(str),
)


def meant(text: str) -> int | None:
    """What a person means by the text on a meter of five figures and three decimals: millionths, None = nothing."""
    plain = "".join(sign for sign in text if sign not in BLANKS_OF_ANY_KIND).replace(",", ".")
    found = re.fullmatch(r"([0-9]{1,40})(?:\.([0-9]{1,3}))?", plain)
    if found is None or len(plain) > 40 or len(found[1].lstrip("0")) > 5:
        return None
    return int(found[1]) * 10**6 + int((found[2] or "").ljust(6, "0"))


@settings(
    max_examples=150, deadline=timedelta(seconds=5), suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=NUMBERS)
@example(text="416,105")
@example(text="00 416.105")
@example(text="416,1050")
@example(text="100000")
@example(text="٤١٦")
@example(text="1e3")
def test_what_is_stored_is_what_was_typed_to_the_last_decimal(client: PageClient, anna: Resident, text: str) -> None:
    """The form of one signed in and the form of a link: the same text is the same value, or nothing."""
    account = factories.account()
    factories.link(anna, account)
    factories.meter(account, digits=5, decimals=3)
    client.sign_in(anna)
    link = reading_links.link_for(account, TODAY, READING_KEY, "")
    for place in (url(account), link):
        Reading.delete().execute()
        Submission.delete().execute()
        data = {"csrf_token": client.csrf_token(), **typed(account, text, confirm="yes")}
        answer = client.http.post(place, data=data)
        value = meant(text)
        assert answer.status_code == (422 if value is None else 303), (text, value)
        assert [row.value for row in Reading.select()] == ([] if value is None else [value])
