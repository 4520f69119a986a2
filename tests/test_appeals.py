"""The rules of appeals: states, who is told how, what is kept how long, what goes with a resident."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

import worker
from models import Appeal, AppealFile, AppealMessage, Notice, Outbox, Resident, Topic
from models.appeal import ANSWERED, CLOSED, NEW, WORKING
from models.erasing import erase_rows
from services import appeals, assigning, letters, personal_data, topics
from services.enclosures import Enclosure
from services.letters import Desk
from services.refusal import Refused
from tests import factories
from tests.factories import NOW, TODAY

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def clerk(database: Flask) -> Resident:
    return factories.operator(email="olga@example.org")


@pytest.fixture
def appeal(database: Flask) -> Appeal:
    return factories.appeal(factories.resident(email="anna@example.org"))


def answer(appeal: Appeal, clerk: Resident, folder: Path = Path(), files: tuple[Enclosure, ...] = ()) -> None:
    appeals.answer(appeal, clerk, "Приедет мастер", files, folder, NOW, f"k{AppealMessage.select().count()}")


def now(appeal: Appeal) -> Appeal:
    return Appeal.get_by_id(appeal.id)


def test_an_appeal_goes_from_new_to_work_to_an_answer_and_is_closed(appeal: Appeal, clerk: Resident) -> None:
    states = [now(appeal).state]
    assigning.take(appeal, clerk, NOW)
    states.append(now(appeal).state)
    answer(appeal, clerk)
    states.append(now(appeal).state)
    assert now(appeal).waits_since is None
    appeals.close(appeal, clerk, NOW)
    assert [*states, now(appeal).state] == [NEW, WORKING, ANSWERED, CLOSED]


def test_what_the_resident_adds_waits_since_the_first_unanswered_message(appeal: Appeal, clerk: Resident) -> None:
    resident = appeal.resident
    appeals.write(appeal, resident, "И ещё", (), Path(), NOW + timedelta(hours=5), "a")
    assert (now(appeal).waits_since, now(appeal).state) == (NOW, NEW)
    answer(appeal, clerk)
    later = NOW + timedelta(days=1)
    appeals.write(appeal, resident, "Не помогло", (), Path(), later, "b")
    assert (now(appeal).waits_since, now(appeal).state) == (later, WORKING)


def test_a_closed_appeal_is_neither_answered_nor_taken_nor_closed_again(appeal: Appeal, clerk: Resident) -> None:
    appeals.close(appeal, clerk, NOW)
    acts: list[Callable[[], object]] = [
        lambda: answer(appeal, clerk),
        lambda: assigning.take(appeal, clerk, NOW),
        lambda: appeals.close(appeal, clerk, NOW),
    ]
    for act in acts:
        with pytest.raises(Refused, match="уже закрыто"):
            act()


def test_nobody_answers_one_whose_portal_is_deleted(appeal: Appeal, clerk: Resident) -> None:
    Resident.update(state="deleted").execute()
    with pytest.raises(Refused, match="нет кабинета"):
        answer(appeal, clerk)


@pytest.fixture
def desk(app: Flask) -> Desk:
    return worker.desk_of(app.extensions["settings"])


def test_an_answer_comes_as_a_letter_with_its_words(appeal: Appeal, clerk: Resident, desk: Desk) -> None:
    answer(appeal, clerk)
    letter = letters.compose(Outbox.get(), desk, NOW)
    assert letter is not None and letter.to == "anna@example.org"
    assert letter.subject == f"Ответ на обращение № {appeal.id}: Светлоречье"
    assert "Приедет мастер" in letter.body and f"/appeals/{appeal.id}" in letter.body


def test_a_letter_names_the_files_that_wait_in_the_portal(
    appeal: Appeal, clerk: Resident, desk: Desk, tmp_path: Path
) -> None:
    (tmp_path / "key").write_bytes(b"%PDF-")
    answer(appeal, clerk, tmp_path, (Enclosure("key", "акт.pdf", "application/pdf", 5),))
    letter = letters.compose(Outbox.get(), desk, NOW)
    assert letter is not None and "Приложено: акт.pdf" in letter.body


def test_no_letter_goes_to_one_who_wants_none_or_has_no_mailbox_of_his_own(clerk: Resident) -> None:
    for facts in ({"notify_email": False}, {"email_confirmed_at": None}):
        answer(factories.appeal(factories.resident(**facts)), clerk)
    assert not Outbox.select().exists() and Notice.select().count() == 2


def test_no_letter_goes_of_a_thread_that_is_gone(appeal: Appeal, clerk: Resident, desk: Desk) -> None:
    answer(appeal, clerk)
    letter = Outbox.get()
    Appeal.delete().execute()
    assert letters.compose(letter, desk, NOW) is None


def test_an_answer_that_was_sent_twice_is_one(appeal: Appeal, clerk: Resident) -> None:
    for _ in range(2):
        appeals.answer(appeal, clerk, "Приедет мастер", (), Path(), NOW, "once")
    assert AppealMessage.select().count() == 2 and Outbox.select().count() == Notice.select().count() == 1


def test_files_go_a_year_after_closing_and_threads_after_three(
    appeal: Appeal, clerk: Resident, tmp_path: Path
) -> None:
    (tmp_path / "key").write_bytes(b"%PDF-")
    answer(appeal, clerk, tmp_path, (Enclosure("key", "акт.pdf", "application/pdf", 5),))
    appeals.sweep(tmp_path, NOW + timedelta(days=3000))
    assert AppealFile.keys() == {"key"}, "an open one keeps everything"
    appeals.close(appeal, clerk, NOW)
    appeals.sweep(tmp_path, NOW + timedelta(days=364))
    assert (tmp_path / "key").exists()
    appeals.sweep(tmp_path, NOW + timedelta(days=366))
    assert not list(tmp_path.iterdir()) and AppealMessage.select().exists()
    appeals.sweep(tmp_path, NOW + appeals.KEPT + timedelta(days=1))
    assert not Appeal.select().exists() and not AppealMessage.select().exists()


def test_one_who_leaves_takes_his_words_and_files_along(appeal: Appeal, clerk: Resident, tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"%PDF-")
    answer(appeal, clerk, tmp_path, (Enclosure("key", "акт.pdf", "application/pdf", 5),))
    Appeal.update(contact="+79120000000", other_contact="сосед").execute()
    other = factories.appeal(factories.resident())
    erase_rows(appeal.resident)
    left = now(appeal)
    assert (left.contact, left.other_contact, left.state, left.waits_since) == ("", "", CLOSED, None)
    assert [message.appeal_id for message in AppealMessage.select()] == [other.id] and not AppealFile.keys()
    assert now(other).state == NEW


def test_the_download_of_own_data_has_the_threads(appeal: Appeal, clerk: Resident) -> None:
    answer(appeal, clerk)
    factories.appeal(factories.resident(), text="Чужое")
    own = personal_data.of(appeal.resident, NOW, NOW.tzinfo)["Обращения"]
    assert [(part["Кто"], part["Текст"]) for part in own] == [
        ("житель", "Счётчик не крутится"), ("поставщик", "Приедет мастер"),
    ]  # fmt: skip


def test_the_first_topics_are_written_once_and_the_operators_list_stays() -> None:
    topics.seed()
    Topic.delete().where(Topic.name != "Предложения").execute()
    topics.seed()
    assert [topic.name for topic in Topic.offered()] == ["Предложения"]


@pytest.mark.parametrize("facts", [{"topic": None}, {"topic": 10**6}])
def test_a_topic_is_named_where_there_are_any(facts: dict[str, int | None]) -> None:
    who, supplier = factories.resident(), factories.supplier()
    topics.seed()
    typed = appeals.Typed(supplier.id, "Текст", **facts)  # type: ignore[arg-type]
    with pytest.raises(Refused, match="Выберите из списка"):
        appeals._check(who, typed, TODAY)


def test_without_topics_an_appeal_has_none() -> None:
    appeals._check(factories.resident(), appeals.Typed(factories.supplier().id, "Текст"), TODAY)
