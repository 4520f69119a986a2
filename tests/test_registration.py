"""The rules of registration: names, contacts, passwords, one resident an address, what the letters are made from."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from random import Random
from threading import Barrier

import pytest
from flask import Flask

from models import Code, Consent, Outbox, Resident, db
from presets import load_preset
from services import codes, letters, outbox, passwords, registration, texts
from services.letters import Desk, Letter
from services.limits import Visitor
from services.refusal import Refused
from services.registration import Newcomer
from tests import factories
from tests.factories import NOW
from tests.queries import counted

POLICY = load_preset("default", {}, {}).password
HERE = Visitor(key="k" * 32, address="192.0.2.7")
DESK = Desk(lambda name, /, **facts: f"{name}\n{facts}", "https://portal.example", "Светлоречье", "k" * 32, Random(7))


@pytest.fixture
def published(database: Flask) -> None:
    texts.seed(NOW)


def newcomer(**facts: object) -> Newcomer:
    given = {
        "full_name": "Соколова Анна Викторовна",
        "email": "anna@example.org",
        "phone": "8 (912) 345-67-89",
        "password": "Bereza-u-0kna",
        "texts": ("agreement", "personal-data"),
    }
    return Newcomer(**{**given, **facts})  # type: ignore[arg-type]


def register(now=NOW, once: str = "", **facts: object) -> None:
    registration.register(newcomer(**facts), POLICY, HERE, now, once or codes.new_token())


def letter(row: Outbox | None = None, now=NOW) -> Letter | None:
    return letters.compose(row or Outbox.select().order_by(Outbox.id.desc()).get(), DESK, now)


def token() -> str:
    """The token of the newest activation letter."""
    composed = letter()
    assert composed is not None
    return composed.body.partition("/registration/activate/")[2].partition("'")[0]


def test_a_newcomer_waits_for_the_letter(published: None) -> None:
    register()
    who = Resident.get()
    assert (who.surname, who.name, who.patronymic) == ("Соколова", "Анна", "Викторовна")
    assert (who.email, who.phone, who.state) == ("anna@example.org", "+79123456789", "waiting")
    assert who.phone_key is None and who.phone_confirmed_at is None and not who.advertising
    assert passwords.matches(who.password_hash, "Bereza-u-0kna") and "Bereza" not in who.password_hash


def test_consents_are_stored_with_version_time_and_address(published: None) -> None:
    register(advertising=True)
    rows = list(Consent.select())
    assert {row.text.slug for row in rows} == {"agreement", "personal-data", "advertising"}
    assert all((row.text.version, row.at, row.address, row.is_given) == (1, NOW, "192.0.2.7", True) for row in rows)
    assert Resident.get().advertising


def test_the_outbox_row_names_neither_link_nor_password(published: None) -> None:
    register()
    row = Outbox.get()
    assert (row.kind, row.destination, row.ids, row.body, row.subject) == (
        "activation", "anna@example.org", "{}", "", "",
    )  # fmt: skip
    assert Code.select().count() == 0


def test_the_code_is_made_at_sending_and_kept_as_a_hash(published: None) -> None:
    register()
    link = token()
    row = Code.get()
    assert row.code_hash == codes.token_hash(link) and link not in row.code_hash
    assert row.expires_at == NOW + timedelta(hours=48)


def test_the_link_opens_the_portal_once(published: None) -> None:
    register()
    link = token()
    assert registration.link_state(link, NOW) == "open"
    assert registration.activate(link, NOW, "next") is False
    who = Resident.get()
    assert (who.state, who.email_confirmed_at) == ("active", NOW)
    assert registration.link_state(link, NOW) == "used"
    with pytest.raises(Refused):
        registration.activate(link, NOW, "next")


def test_the_link_ends_after_two_days(published: None) -> None:
    register()
    link, late = token(), NOW + timedelta(hours=48)
    assert registration.link_state(link, late) == "expired"
    with pytest.raises(Refused):
        registration.activate(link, late, "next")
    assert Resident.get().state == "waiting"


def test_every_link_of_a_resident_is_used_by_one(published: None) -> None:
    register()
    first, second = token(), token()
    registration.activate(second, NOW, "next")
    assert registration.link_state(first, NOW) == "used"


def test_a_link_does_not_open_what_was_blocked(published: None) -> None:
    register()
    link = token()
    Resident.update(state="blocked").execute()
    with pytest.raises(Refused):
        registration.activate(link, NOW, "next")
    assert Resident.get().state == "blocked"


def test_a_known_address_gets_a_letter_and_nothing_changes(published: None) -> None:
    owner = factories.resident(email="anna@example.org", surname="Настоящая", password_hash="old")
    register(email="ANNA@example.org")
    after = Resident.get()
    assert (after.id, after.surname, after.password_hash) == (owner.id, "Настоящая", "old")
    assert Outbox.get().kind == "known-email" and Consent.select().count() == 0


def test_a_known_address_costs_as_much_work(published: None) -> None:
    factories.resident(email="anna@example.org")
    with counted() as known:
        register()
    with counted() as unknown:
        register(email="boris@example.org")
    writes = [[sql.split()[0] for sql in seen].count("INSERT") for seen in (known, unknown)]
    assert abs(len(known) - len(unknown)) <= 2 and abs(writes[0] - writes[1]) <= 2


def test_nobody_waits_with_his_own_password_for_the_owner_to_come(published: None) -> None:
    """The thief registers the address first; the owner's link must not open the portal to the thief's password."""
    register(password="Thief-s-0wn-key", full_name="Вор")
    register(password="Bereza-u-0kna")
    assert Resident.get().password_hash == ""
    assert registration.activate(token(), NOW, "next") is True
    assert Code.get(Code.purpose == "recovery").code_hash == codes.token_hash("next")
    assert Resident.get().surname == "Соколова"


def test_who_registers_twice_alike_keeps_the_password(published: None) -> None:
    register()
    register(now=NOW + timedelta(minutes=5))
    assert Resident.select().count() == 1
    assert registration.activate(token(), NOW, "next") is False


def test_one_form_is_accepted_once(published: None) -> None:
    register(once="the-same")
    assert registration.was_done("the-same") and not registration.was_done("another")
    register(once="the-same")
    assert Outbox.select().count() == 1


def test_a_mailbox_is_not_flooded_and_the_answer_does_not_tell(published: None) -> None:
    for minute in range(8):
        register(now=NOW + timedelta(minutes=minute))
    assert Outbox.select().count() == 5
    register(now=NOW + timedelta(hours=2))
    assert Outbox.select().count() == 6


def test_a_letter_about_what_is_over_is_not_written(published: None) -> None:
    register()
    row = Outbox.get()
    registration.activate(token(), NOW, "next")
    assert letter(row) is None


def test_again_writes_to_those_who_wait_and_to_those_who_are_known(published: None) -> None:
    register()
    registration.write_again("anna@example.org", HERE, NOW)
    factories.resident(email="boris@example.org")
    registration.write_again("boris@example.org", HERE, NOW)
    registration.write_again("nobody@example.org", HERE, NOW)
    assert [row.kind for row in Outbox.select().order_by(Outbox.id)] == ["activation", "activation", "known-email"]


def test_an_expired_link_brings_a_new_letter(published: None) -> None:
    register()
    link, later = token(), NOW + timedelta(days=3)
    registration.write_again_for(link, HERE, later)
    assert Outbox.select().count() == 2
    with pytest.raises(Refused):
        registration.write_again_for("unknown", HERE, later)


def test_without_published_texts_nobody_is_registered(database: Flask) -> None:
    with pytest.raises(Refused, match="не опубликованы"):
        register()
    assert Resident.select().count() == 0


def test_those_who_never_came_are_erased_after_a_month(published: None) -> None:
    register()
    factories.resident(created_at=NOW)
    assert registration.forget_waiting(NOW + timedelta(days=29)) == 0
    assert registration.forget_waiting(NOW + timedelta(days=31)) == 1
    assert [who.state for who in Resident.select()] == ["active"]


@pytest.mark.commits
def test_two_at_once_with_one_address_make_one_resident(app: Flask) -> None:
    with db.connection_context():
        texts.seed(NOW)
    together = Barrier(8)

    def one(n: int) -> None:
        with db.connection_context():
            together.wait()
            register(email=("anna@example.org", "ANNA@EXAMPLE.ORG")[n % 2])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, range(8)))
    with db.connection_context():
        assert Resident.select().count() == 1
        assert Outbox.select().where(Outbox.kind == "activation").count() == 5


@pytest.mark.commits
def test_a_link_pressed_twice_at_once_is_used_once(app: Flask) -> None:
    with db.connection_context():
        texts.seed(NOW)
        register()
        link = token()
    together = Barrier(4)

    def one(_n: int) -> str:
        with db.connection_context():
            together.wait()
            try:
                registration.activate(link, NOW, codes.new_token())
            except Refused:
                return "refused"
            return "done"

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(one, range(4))) == ["done", "refused", "refused", "refused"]


@pytest.mark.parametrize(
    ("typed", "parts"),
    [
        ("Соколова Анна Викторовна", ("Соколова", "Анна", "Викторовна")),
        ("Соколова", ("Соколова", "", "")),
        ("Соколова  Анна", ("Соколова", "Анна", "")),
        ("Алиев Вагиф Самед оглы", ("Алиев", "Вагиф", "Самед оглы")),
        ("Иванова-Петрова Анна-Мария  де  ла Крус", ("Иванова-Петрова", "Анна-Мария", "де ла Крус")),
        ("Анна 🌸", ("Анна", "🌸", "")),
    ],
)
def test_a_full_name_is_split_at_blanks(typed: str, parts: tuple[str, str, str]) -> None:
    assert registration.split_name(typed) == parts


def test_texts_are_published_once(published: None) -> None:
    from models import Text

    before = Text.select().count()
    texts.seed(NOW + timedelta(days=1))
    assert Text.select().count() == before == len(list(texts.FIRST.glob("*.txt")))


def test_ids_of_a_letter_are_numbers(database: Flask) -> None:
    outbox.put("recovery", "k1", NOW, destination="a@example.org", request=7)
    assert outbox.ids(Outbox.get()) == {"request": 7}
