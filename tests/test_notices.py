"""Notices for many: their audience, their schedule, the worker that spreads them in portions."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from models import Notice, NoticeReceipt, Outbox
from models.audience import Whom
from models.notice import ACCOUNT, CHOSEN, EVERYBODY, HOUSE, MODAL, SUPPLIER, TOP
from services import notices, sign_in
from services.limits import Visitor
from services.linking import attach
from services.notices import Draft
from services.refusal import Refused
from tests import factories
from tests.factories import NOW

HOUR = timedelta(hours=1)


def publish(subject: str = "Отключение воды", kind: str = "bell", **facts: Any) -> Notice:
    return notices.publish(Draft(kind, subject, "С 10 до 16 часов.", **facts), NOW, NOW)


def readers(notice: Notice) -> set[int]:
    return {row.resident_id for row in NoticeReceipt.select().where(NoticeReceipt.notice == notice)}


@pytest.mark.parametrize("audience", [EVERYBODY, SUPPLIER, HOUSE, ACCOUNT])
def test_a_notice_reaches_its_audience_and_nobody_else(database: object, audience: str) -> None:
    here, neighbour, elsewhere = (factories.resident() for _ in range(3))
    account = factories.account()
    factories.link(here, account)
    factories.link(neighbour, factories.account(account.supplier, house=account.house))
    factories.link(elsewhere)
    factories.resident(state="blocked")
    ids = {SUPPLIER: account.supplier_id, HOUSE: account.house_id, ACCOUNT: account.id}
    notice = publish(audience=audience, audience_id=ids.get(audience, 0))
    notices.spread(NOW)
    near = {here.id, neighbour.id}
    expected = {EVERYBODY: {*near, elsewhere.id}, SUPPLIER: near, HOUSE: near, ACCOUNT: {here.id}}
    assert readers(notice) == expected[audience]


def test_who_only_works_in_the_console_gets_none_and_who_lives_here_too_does(database: object) -> None:
    factories.operator(role="administrator")
    neighbour = factories.operator()
    factories.link(neighbour)
    notice = publish()
    assert notices.spread(NOW) == 1 and readers(notice) == {neighbour.id}


def test_nobody_gets_it_twice_whoever_holds_several_accounts(database: object) -> None:
    who, supplier = factories.resident(), factories.supplier()
    for _ in range(3):
        factories.link(who, factories.account(supplier))
    publish(audience=SUPPLIER, audience_id=supplier.id)
    assert notices.spread(NOW) == 1 and notices.spread(NOW) == 0


def test_it_waits_for_its_time(database: object) -> None:
    factories.resident()
    notices.publish(Draft("bell", "Завтра", ""), NOW + HOUR, NOW)
    assert notices.spread(NOW) == 0
    assert notices.spread(NOW + HOUR) == 1


def test_portions_follow_one_another_and_one_that_was_cut_off_goes_on(
    database: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notices, "PORTION", 3)
    everybody = {factories.resident().id for _ in range(7)}
    notice = publish()
    assert notices._spread_portion(notice, NOW) == 3 and len(readers(notice)) == 3
    assert notices.spread(NOW) == 4
    assert readers(notice) == everybody and Notice.get_by_id(notice.id).spread_at == NOW


def test_offers_reach_only_those_who_want_them(database: object) -> None:
    wants = factories.resident(advertising=True)
    factories.resident()
    notice = publish(is_advertising=True)
    notices.spread(NOW)
    assert readers(notice) == {wants.id}


def test_channels_are_used_as_each_resident_has_set_them(database: object) -> None:
    phone = {"phone": "+79123456789", "phone_key": "+79123456789", "phone_confirmed_at": NOW}
    factories.resident(notify_sms=False, **phone)
    factories.resident(notify_email=False)
    factories.resident(notify_email=False, phone="+79123456780", phone_key="+79123456780", phone_confirmed_at=NOW)
    publish(channels=("email", "sms"))
    notices.spread(NOW)
    assert sorted(row.channel for row in Outbox.select()) == ["email", "sms"]
    assert {row.priority for row in Outbox.select()} == {1}


@pytest.mark.parametrize(
    ("field", "facts"),
    [
        ("subject", {"subject": " "}),
        ("subject", {"subject": "x" * 201}),
        ("body", {"body": "x" * 10_001}),
        ("audience", {"audience": "street"}),
        ("until", {"until": NOW}),
        ("link_url", {"link_url": "javascript:alert(1)"}),
    ],
)
def test_what_makes_no_sense_is_refused(database: object, field: str, facts: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refusal:
        notices.publish(Draft(**{"kind": "bell", "subject": "Тема", "body": "", **facts}), NOW, NOW)
    assert refusal.value.field == field


def test_what_is_over_stands_no_longer(database: object) -> None:
    who = factories.resident()
    factories.notice("Вчера", who, kind=TOP, until=NOW)
    factories.notice("Завтра", who, kind=TOP, until=NOW + HOUR)
    factories.notice("Всегда", who, kind=MODAL, needs_confirmation=True)
    assert [row.notice.subject for row in NoticeReceipt.standing(who, NOW)] == ["Завтра", "Всегда"]
    assert NoticeReceipt.sit_down(NOW) == 1
    assert NoticeReceipt.sit_down(NOW) == 0


def test_a_modal_always_demands_confirmation(database: object) -> None:
    assert publish(kind=MODAL).needs_confirmation


def test_telling_one_resident_gives_him_a_receipt(database: object) -> None:
    who = factories.resident()
    Notice.tell([who], "Счета снова на бумаге", "", NOW)
    assert NoticeReceipt.unread(who) == 1
    assert notices.spread(NOW) == 0


# Who comes later


def lasting(audience: str, number: int, **facts: Any) -> Notice:
    notice = publish(audience=audience, audience_id=number, until=NOW + HOUR, **facts)
    notices.spread(NOW)
    return notice


@pytest.mark.parametrize("audience", [EVERYBODY, SUPPLIER, HOUSE, ACCOUNT])
def test_who_links_the_account_later_gets_the_notice_while_its_term_lasts(database: object, audience: str) -> None:
    account, elsewhere = factories.account(), factories.account()
    ids = {SUPPLIER: account.supplier_id, HOUSE: account.house_id, ACCOUNT: account.id}
    notice = lasting(audience, ids.get(audience, 0), kind=TOP, channels=("email",))
    late, other = factories.resident(), factories.resident()
    attach(late, account, "operator", NOW)
    attach(other, elsewhere, "operator", NOW)
    assert readers(notice) == ({late.id, other.id} if audience == EVERYBODY else {late.id})
    assert not Outbox.select().where(Outbox.kind == "notice").exists(), "it is no news to send"
    assert [row.notice_id for row in NoticeReceipt.standing(late, NOW)] == [notice.id]


def test_who_signs_in_for_the_first_time_gets_what_everybody_has_and_keeps_what_he_did_with_it(
    database: object,
) -> None:
    notice, late = lasting(EVERYBODY, 0), factories.resident()
    notices.catch_up(late, NOW)
    row = NoticeReceipt.get(NoticeReceipt.resident == late)
    assert row.notice_id == notice.id
    row.mark(NOW, confirmed=False)
    notices.catch_up(late, NOW)
    assert NoticeReceipt.unread(late) == 0 and NoticeReceipt.select().count() == 1


def test_what_is_over_has_no_term_or_is_an_offer_is_not_caught_up(database: object) -> None:
    lasting(EVERYBODY, 0, is_advertising=True)
    publish()
    notices.spread(NOW)
    late = factories.resident()
    notices.catch_up(late, NOW)
    assert NoticeReceipt.unread(late) == 0
    lasting(EVERYBODY, 0)
    notices.catch_up(newest := factories.resident(), NOW + HOUR)
    assert NoticeReceipt.unread(newest) == 0


def test_signing_in_catches_up(database: object) -> None:
    lasting(EVERYBODY, 0)
    late = factories.resident()
    verified = sign_in.Verified(late, str(late.password_hash))
    sign_in.begin(verified, Visitor("k" * 40, "192.0.2.7"), NOW, "token")
    assert NoticeReceipt.unread(late) == 1


def test_chosen_accounts_are_caught_up_by_their_place_and_never_by_what_was_owed(database: object) -> None:
    account, late = factories.account(), factories.resident()
    by_house = Whom(supplier=account.supplier_id, house=account.house_id)
    in_house, of_debtors = (lasting(CHOSEN, 0, whom=whom) for whom in (by_house, replace(by_house, debt=1)))
    factories.balance(account, 100_00)
    attach(late, account, "operator", NOW)
    assert readers(in_house) == {late.id} and readers(of_debtors) == set()


def test_what_was_withdrawn_is_not_caught_up(database: object) -> None:
    notice, late = lasting(EVERYBODY, 0), factories.resident()
    Notice.update(withdrawn_at=NOW).where(Notice.id == notice.id).execute()
    notices.catch_up(late, NOW)
    assert NoticeReceipt.unread(late) == 0
