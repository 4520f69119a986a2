"""The composer of notices: draft, preview, count, sending, withdrawal; two clerks, another supplier's clerk."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask

from models import Audit, Notice, NoticeReceipt, Outbox, Resident, Supplier
from models.audience import Whom
from services import composer, notices
from services.notices import Draft
from tests import factories as make
from tests.client import Page, PageClient
from tests.factories import NOW
from tests.queries import counted

pytestmark = pytest.mark.usefixtures("november")
URL = "/admin/notices"


@pytest.fixture
def water(database: Flask) -> Supplier:
    return make.supplier(short_name="Водоканал")


@pytest.fixture
def anna(water: Supplier) -> Resident:
    who = make.resident()
    make.link(who, make.account(water, number="0010", house=make.house(number="12")))
    return who


@pytest.fixture
def clerk(client: PageClient, water: Supplier) -> PageClient:
    return client.sign_in(make.operator(water, email="olga@example.org"))


@pytest.fixture
def chief(client: PageClient, database: Flask) -> PageClient:
    return client.sign_in(make.operator(email="chief@example.org"))


def fields(of: Supplier | None, **given: Any) -> dict[str, Any]:
    return {
        "kind": "bell", "subject": "Отключение воды", "body": "С 10 до 16.", "once": "k",
        "supplier": of.id if of else "", **given,
    }  # fmt: skip


def write(client: PageClient, of: Supplier | None, status: int = 303, **given: Any) -> Page:
    return client.post(f"{URL}/new", fields(of, **given), status=status)


def sent(client: PageClient, page: Page, status: int = 303, **given: Any) -> Page:
    """Presses «Отправить» of the draft's page."""
    shown = {"seen": page.value("seen"), "count": page.value("count"), **given}
    return client.post(f"{page.url}/sending", shown, status=status)


def notes() -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    rows = Audit.select().order_by(Audit.id)
    return [(str(row.action), json.loads(row.before), json.loads(row.after)) for row in rows]


def test_a_notice_is_written_looked_at_sent_and_counted(clerk: PageClient, water: Supplier, anna: Resident) -> None:
    assert "не было" in clerk.get(URL)
    page = clerk.get(write(clerk, water, needs_confirmation="y", link_url="/readings").location)
    assert "С 10 до 16." in page and "Отправить 1 жителю" in page and "Черновик" in page
    assert "Подтвердить" in page and "Водоканал: все абоненты" in page
    assert not NoticeReceipt.select().exists()
    assert "отправлено" in clerk.get(sent(clerk, page).location)
    notices.spread(NOW)
    NoticeReceipt.get().mark(NOW, confirmed=True)
    page = clerk.get(page.url)
    assert "Получили 1 житель Прочитали 1 Подтвердили 1" in page
    assert [action for action, _, _ in notes()] == ["notice-drafted", "notice-sent"]
    assert notes()[1][1]["draft"] is True and notes()[1][2]["residents"] == 1
    assert "Отключение воды" in clerk.get(URL)


@pytest.mark.parametrize("kind", ["bell", "top", "modal"])
def test_the_preview_is_what_the_resident_sees(
    client: PageClient, water: Supplier, anna: Resident, kind: str
) -> None:
    client.sign_in(make.operator(water))
    url = write(client, water, kind=kind, body="Первый абзац.\n\n<b>Второй</b>").location
    page = client.get(url)
    assert "<b>Второй</b>" in page and "<b>Второй" not in page.text, "markup is text"
    assert "/notices/" not in "".join(re.findall(r'action="([^"]*)"', page.text)).replace(URL, "")
    sent(client, page)
    notices.spread(NOW)
    client.sign_in(anna)
    seen = client.get("/notices/confirm" if kind == "modal" else "/notices")
    assert "Отключение воды" in seen and "<b>Второй</b>" in seen


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"subject": " "}, "Заполните поле"),
        ({"kind": "banner"}, "Выберите, как показать"),
        ({"link_url": "javascript:alert(1)"}, "Ссылка начинается"),
        ({"until": "вчера"}, "Введите дату так"),
        ({"until": "2026-11-20T10:00"}, "кончается раньше"),
        ({"published_at": "2026-11-30T10:70"}, "Введите день и время так"),
        ({"published_at": "0001-01-01T00:00"}, "Проверьте год"),
        ({"debt": "много"}, "Введите сумму числом"),
        ({"numbers": "0010, 99"}, "нет таких счетов: 99"),
        ({"body": "я" * 10_001}, "не длиннее 10000"),
    ],
)
def test_a_mistake_is_said_and_what_was_typed_stays(
    clerk: PageClient, water: Supplier, anna: Resident, given: dict[str, str], sentence: str
) -> None:
    page = write(clerk, water, status=422, **given)
    assert sentence in page and "С 10 до 16." in page.text or "body" in given
    assert not Notice.select().exists()


def test_what_was_not_delivered_is_counted_and_led_to(
    client: PageClient, clerk: PageClient, water: Supplier, anna: Resident
) -> None:
    draft = Draft("bell", "Вода", "", audience="supplier", audience_id=water.id, channels=("email",), supplier=water)
    notice, other = notices.publish(draft, NOW, NOW), notices.publish(draft, NOW, NOW)
    Resident.update(email_confirmed_at=NOW).where(Resident.id == anna.id).execute()
    notices.spread(NOW)
    assert "Не дошло" not in clerk.get(f"{URL}/{notice.id}")
    Outbox.update(state="dead").where(Outbox.key.startswith(f"notice:{notice.id}:")).execute()
    page = clerk.get(f"{URL}/{notice.id}")
    assert "Не дошло 1 письмо или сообщение" in page and "/admin/letters" not in page.tree.links
    client.sign_in(make.operator(email="chief@example.org"))
    assert "/admin/letters" in client.get(f"{URL}/{notice.id}").tree.links
    assert "Не дошло" not in client.get(f"{URL}/{other.id}")


def test_conditions_without_a_supplier_are_refused(chief: PageClient, water: Supplier) -> None:
    assert "Сначала выберите поставщика" in write(chief, None, status=422, debt="100")


def test_an_empty_audience_cannot_be_sent(clerk: PageClient, water: Supplier, anna: Resident) -> None:
    page = clerk.get(write(clerk, water, debt="100").location)
    assert "Получателей нет" in page and "Отправить" not in page.text
    answer = clerk.post(f"{page.url}/sending", {"seen": Notice.get().changed_at.isoformat(), "count": 0}, status=422)
    assert "Получателей нет" in answer and Notice.get().is_draft


def test_a_changed_count_is_confirmed_anew(clerk: PageClient, water: Supplier, anna: Resident) -> None:
    page = clerk.get(write(clerk, water).location)
    make.link(make.resident(), make.account(water))
    answer = sent(clerk, page, status=422)
    assert "изменилось" in answer and "Отправить 2 жителям" in answer
    for count in ("", "много", "9" * 30, "-1"):
        sent(clerk, page, status=422, count=count)
    sent(clerk, page, count=answer.value("count"))
    assert not Notice.get().is_draft


def test_two_presses_write_one_draft_and_send_once(clerk: PageClient, water: Supplier, anna: Resident) -> None:
    assert write(clerk, water).location == write(clerk, water).location
    page = clerk.get(write(clerk, water).location)
    sent(clerk, page)
    assert "уже отправлено" in clerk.get(sent(clerk, page).location)
    assert notices.spread(NOW) == 1 and NoticeReceipt.select().count() == 1
    assert [action for action, _, _ in notes()].count("notice-sent") == 1


def test_another_clerks_words_are_not_lost(
    clerk: PageClient, water: Supplier, anna: Resident, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = write(clerk, water).location
    mine = clerk.get(f"{url}/edit")
    page = clerk.get(url)
    Notice.update(subject="Слова другого", changed_at=datetime(2026, 11, 20, 10, tzinfo=UTC)).execute()
    answer = clerk.post(f"{url}/edit", fields(water, subject="Мои слова", seen=mine.value("seen")), status=422)
    assert "в другом окне" in answer and answer.value("subject") == "Мои слова"
    assert Notice.get().subject == "Слова другого"
    assert "изменили в другом окне" in sent(clerk, page, status=422)
    clerk.post(f"{url}/edit", fields(water, subject="Мои слова", seen=answer.value("seen")))
    assert Notice.get().subject == "Мои слова"
    assert notes()[-1][0] == "notice-changed"


def test_what_was_sent_is_changed_and_deleted_no_more(clerk: PageClient, water: Supplier, anna: Resident) -> None:
    url = write(clerk, water).location
    form = clerk.get(f"{url}/edit")
    sent(clerk, clerk.get(url))
    assert "уже отправлено" in clerk.post(f"{url}/edit", fields(water, seen=form.value("seen")), status=422)
    assert "уже отправлено" in clerk.post(f"{url}/removal", status=422)
    assert clerk.get(f"{url}/edit", status=303).location == url


def test_a_draft_is_deleted_and_a_sent_one_withdrawn(clerk: PageClient, water: Supplier, anna: Resident) -> None:
    url = write(clerk, water).location
    assert "можно удалить" in clerk.post(f"{url}/withdrawal", status=422)
    clerk.post(f"{url}/removal")
    assert not Notice.select().exists()
    clerk.post(f"{url}/removal", status=404)
    url = write(clerk, water).location
    sent(clerk, clerk.get(url))
    notices.spread(NOW)
    assert "отозвано" in clerk.get(clerk.post(f"{url}/withdrawal").location)
    assert "уже отозвано" in clerk.get(clerk.post(f"{url}/withdrawal").location)
    assert "Отозвано" in clerk.get(URL)
    clerk.sign_in(anna)
    assert "Отключение воды" not in clerk.get("/notices")
    clerk.post(f"/notices/{Notice.get().id}/confirm")  # of a page that was open


def test_it_waits_for_its_time_and_stands_till_its_term(clerk: PageClient, water: Supplier, anna: Resident) -> None:
    url = write(clerk, water, published_at="2026-11-21T10:00", until="22.11.2026 18:30").location
    page = clerk.get(url)
    assert "21 ноября, 10:00" in page and "22 ноября, 18:30" in page and "Запланировать для 1 жителя" in page
    form = clerk.get(f"{url}/edit")
    assert form.value("published_at") == "2026-11-21T10:00" and form.value("until") == "2026-11-22T18:30"
    sent(clerk, page)
    assert "Ждёт своего времени" in clerk.get(url) and notices.spread(NOW) == 0
    assert notices.spread(datetime(2026, 11, 21, 7, tzinfo=UTC)) == 1


def test_the_lists_of_places_open_one_after_another_without_script(
    clerk: PageClient, water: Supplier, anna: Resident
) -> None:
    steps = {"settlement": "г. Светлоречье", "street": "ул. Лесная"}
    page = write(clerk, water, status=200, refresh="place", **steps)
    assert "12" in page and page.value("subject") == "Отключение воды" and not Notice.select().exists()
    house = anna.links.get().account.house_id
    page = clerk.get(write(clerk, water, house=house, **steps).location)
    assert "Водоканал: г. Светлоречье, ул. Лесная, д. 12" in page and "1 жителю" in page
    again = clerk.get(f"{page.url}/edit")
    assert f'<option selected value="{house}">' in again.text


def test_every_condition_is_kept_and_can_be_taken_over(clerk: PageClient, water: Supplier, anna: Resident) -> None:
    make.balance(anna.links.get().account, 50_000)
    given = {
        "numbers": "0010",
        "debt": "500",
        "is_advertising": "y",
        "link_url": "/payment",
        "link_label": "Оплатить",
    }
    url = write(clerk, water, **given).location
    assert "лицевых счетов: 1; с долгом от 500,00 ₽" in clerk.get(url)
    for form in (clerk.get(f"{url}/edit"), clerk.get(f"{URL}/new?like={Notice.get().id}")):
        assert (
            form.value("debt") == "500,00"
            and form.value("link_url") == "/payment"
            and ">\n0010<" in form.text.replace("\r", "")
        )
        assert form.value("is_advertising") == "y"
    clerk.get(f"{URL}/new?like=999999", status=404)
    clerk.get(f"{URL}/new?like=нет", status=404)


def test_a_suppliers_clerk_writes_to_his_own_people_alone(
    client: PageClient, water: Supplier, anna: Resident
) -> None:
    client.sign_in(make.operator())
    other, everybody = write(client, make.supplier(), once="1").location, write(client, None, once="2").location
    client.sign_in(make.operator(water))
    page = write(client, None, once="3")  # whoever he names, it is his supplier's
    assert Notice.get(once="3").supplier == water and "Водоканал" in client.get(page.location)
    for url in (other, everybody):
        client.get(url, status=404)
        client.get(f"{url}/edit", status=404)
        client.get(f"{URL}/new?like={url.rpartition('/')[2]}", status=404)
        for act in ("edit", "sending", "withdrawal", "removal"):
            client.post(f"{url}/{act}", fields(water), status=404)
    assert str(client.get(URL).text).count('th scope="row"') == 1


def test_a_resident_knows_no_composer(client: PageClient, anna: Resident) -> None:
    client.sign_in(anna)
    for url in (URL, f"{URL}/new"):
        client.get(url, status=404)


def test_one_notice_or_thirty_cost_the_same_queries(clerk: PageClient, water: Supplier, anna: Resident) -> None:
    def many(count: int) -> None:
        for _ in range(count):
            whom = Whom(water.id, "г. Светлоречье", "ул. Лесная", make.house().id)
            wish = Draft("bell", "Ремонт", "", "chosen", whom=whom, supplier=water)
            composer.write(wish, NOW, "", anna, NOW)

    many(1)
    clerk.get(URL)
    with counted() as few:
        clerk.get(URL)
    many(34)
    with counted() as lots:
        page = clerk.get(URL)
    assert len(few) == len(lots) <= 8 and "Дальше" in page
    after = Notice.select().order_by(Notice.id.desc()).offset(29).first().id
    assert f"{URL}?after={after}" in page.tree.links
    assert clerk.get(f"{URL}?after={after}").text.count('th scope="row"') == 5
