"""Registries: preview, taking in, every operation once; the queue of unknown accounts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Barrier, Thread
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from exchange.layout import shipped
from models import Account, Audit, BankOperation, Payment, Registry, RegistryLine, Supplier, db
from models.registry_totals import Part
from services import registries, registry_intake
from services.refusal import Refused
from services.registries import By, outlook
from services.registry_intake import Given
from tests import billing, factories
from tests.banks import SHORT, STATEMENT, TOWN, short_line

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=ZoneInfo("Europe/Moscow"))
BY = By("olga@example.org")


def take_down(content: str | bytes, name: str = "реестр.txt", **told: object) -> Registry:
    data = content if isinstance(content, bytes) else content.encode("cp1251")
    allowed = told.pop("allowed", None)
    now = told.pop("now", NOW)
    given = Given(name, data, date(2026, 11, 19), **told)  # type: ignore[arg-type]
    return registry_intake.take_down(given, shipped(), allowed, "olga@example.org", now)  # type: ignore[arg-type]


def post(content: str | bytes, name: str = "реестр.txt", confirmed: bool = True, **told: object) -> Registry:
    registry = take_down(content, name, **told)
    registries.post(registry, confirmed, BY, NOW)
    return registry


def states(registry: Registry) -> list[str]:
    return [
        row.state
        for row in RegistryLine.select().where(RegistryLine.registry == registry).order_by(RegistryLine.line)
    ]


@pytest.fixture
def supplier(database: Flask) -> Supplier:
    return factories.supplier()


@pytest.fixture
def accounts(supplier: Supplier) -> Sequence[Account]:
    return [factories.account(supplier, number=number) for number in ("0012345678", "0012345679")]


def test_a_preview_takes_nothing_in(accounts: Sequence[Account]) -> None:
    registry = take_down(SHORT)
    seen = outlook(registry)
    assert (registry.state, seen.warnings) == ("preview", [])
    assert (seen.totals.told, seen.totals.known) == (Part(2, 198533), Part(2, 198533))
    assert [(check.title, check.told, check.difference) for check in seen.checks] == [
        ("Платежей", 2, 0), ("Принято", 198533, 0), ("Перечислено", 196548, 0), ("Комиссия", 1985, 0),
    ]  # fmt: skip
    assert not BankOperation.select().exists()
    assert states(registry) == ["new", "new"]


def test_the_synthetic_file_posts_to_the_kopeck(accounts: Sequence[Account]) -> None:
    registry = post(SHORT, confirmed=False)
    taken = list(RegistryLine.select().order_by(RegistryLine.line))
    assert [(row.account_id, row.amount, row.transferred, row.fee) for row in taken] == [
        (accounts[0].id, 148533, 147048, 1485), (accounts[1].id, 50000, 49500, 500),
    ]  # fmt: skip
    assert states(registry) == ["open", "open"] and Registry.get().state == "taken"
    assert bytes(Registry.get().content) == SHORT.encode("cp1251") and len(Registry.get().sha256) == 64


def test_a_file_in_dos_encoding_posts_the_same(accounts: Sequence[Account]) -> None:
    post(SHORT.encode("cp866"), confirmed=False)
    assert [(row.payer, row.amount) for row in RegistryLine.select().order_by(RegistryLine.line)] == [
        ("ИВАНОВ ИВАН ИВАНОВИЧ", 148533), ("ПЕТРОВА АННА ПЕТРОВНА", 50000),
    ]  # fmt: skip


def test_the_same_file_is_refused_the_second_time(accounts: Sequence[Account]) -> None:
    registry = post(SHORT)
    with pytest.raises(Refused, match=rf"уже проведён: реестр №\s{registry.id} от 20.11.2026"):
        take_down(SHORT, "под другим именем.txt")
    assert Registry.select().count() == 1


def test_a_file_that_only_waits_is_read_anew(accounts: Sequence[Account]) -> None:
    take_down(SHORT)
    again = take_down(SHORT, layout="sber_eps")
    assert [row.id for row in Registry.select()] == [again.id] and again.layout == "sber_eps"
    assert RegistryLine.select().count() == 2


def test_a_file_that_is_being_read_elsewhere_waits(accounts: Sequence[Account]) -> None:
    take_down(SHORT)
    Registry.update(state="reading").execute()
    with pytest.raises(Refused, match="читается в другом окне"):
        take_down(SHORT)
    assert registry_intake.sweep(NOW) == 0
    take_down(SHORT, now=NOW + timedelta(minutes=11))
    assert [row.state for row in Registry.select()] == ["preview"]


def test_a_reading_that_was_cut_off_is_swept(accounts: Sequence[Account]) -> None:
    take_down(SHORT)
    assert registry_intake.sweep(NOW + timedelta(hours=1)) == 0
    Registry.update(state="reading").execute()
    assert registry_intake.sweep(NOW + timedelta(hours=1)) == 1 and not RegistryLine.select().exists()


def test_a_file_that_cannot_be_read_anew_leaves_the_registry_that_waits(accounts: Sequence[Account]) -> None:
    registry = take_down(SHORT)
    with pytest.raises(Refused):
        take_down(SHORT, layout="cft")
    assert states(registry) == ["new", "new"]


def test_a_day_beyond_the_calendar_is_refused(accounts: Sequence[Account]) -> None:
    for day in (date(1, 1, 1), date(9999, 12, 31)):
        with pytest.raises(Refused, match="дня платежей") as refused:
            registry_intake.take_down(Given("x", b"1", day), shipped(), None, "т", NOW)
        assert refused.value.field == "day"


def test_the_same_operation_in_two_files_is_posted_once(accounts: Sequence[Account]) -> None:
    post(SHORT)
    both = short_line("350611123569", "0012345678", "1485,33", "1470,48", "14,85") + short_line(
        "9", "0012345678", "10,00"
    )
    registry = take_down(both)
    seen = outlook(registry)
    assert (seen.totals.doubled, seen.totals.known, seen.totals.altered) == (Part(1, 148533), Part(1, 1000), 0)
    registries.post(registry, True, BY, NOW)
    assert states(registry) == ["duplicate", "open"]


def test_an_operation_is_known_whatever_layout_of_its_bank_it_comes_in(accounts: Sequence[Account]) -> None:
    post(SHORT)
    begin = "14-01-2026;12-00-09;9055;9055999V;350611123569;0012345678;0012345678;УЛ;122025;[!];[!];;"
    registry = post(begin + "1485,33;1470,48;14,85\n")
    assert (registry.layout, states(registry)) == ("sber_eps", ["duplicate"])


def test_an_operation_twice_in_one_file_is_posted_once(accounts: Sequence[Account]) -> None:
    line = short_line("77", "0012345678", "10,00")
    registry = take_down(line + line)
    assert outlook(registry).totals.doubled == Part(1, 1000)
    registries.post(registry, True, BY, NOW)
    assert states(registry) == ["open", "duplicate"]


def test_a_number_with_another_sum_is_warned_of_and_not_posted(accounts: Sequence[Account]) -> None:
    post(SHORT)
    registry = take_down(short_line("350611123569", "0012345678", "99,00"))
    assert any("другим счётом, суммой или днём: 1" in told for told in outlook(registry).warnings)
    registries.post(registry, True, BY, NOW)
    assert states(registry) == ["duplicate"]


def test_two_suppliers_may_have_operations_of_one_number(accounts: Sequence[Account]) -> None:
    other = factories.account(number="777")
    post(short_line("1", "0012345678", "10,00"), supplier=accounts[0].supplier.code)
    registry = post(short_line("1", "777", "10,00"), supplier=other.supplier.code)
    assert states(registry) == ["open"]


def test_a_negative_sum_is_a_reversal_even_under_the_number_of_the_payment(accounts: Sequence[Account]) -> None:
    post(short_line("77", "0012345678", "500,00"))
    registry = take_down(short_line("77", "0012345678", "-500,00"))
    assert outlook(registry).totals.reversed == Part(1, -50000)
    registries.post(registry, True, BY, NOW)
    assert states(registry) == ["open"]
    assert sum(row.amount for row in RegistryLine.select()) == 0


def test_lines_without_a_number_are_told_apart_by_their_place_and_likeness_is_warned_of(
    accounts: Sequence[Account],
) -> None:
    cft = "#FILESUM 20.00\r\nИванов;ул.;0012345678;10,00;Вода\r\nИванов;ул.;0012345678;10,00;Вода\r\n"
    registry = post(cft)
    assert states(registry) == ["open", "open"]
    assert {row.paid_on for row in RegistryLine.select()} == {date(2026, 11, 19)}
    again = take_down(cft.replace("#FILESUM", "#TYPE 7\r\n#FILESUM"))
    assert "Похожи на уже проведённые" in outlook(again).warnings[0] and outlook(again).totals.alike == 2


@pytest.mark.parametrize(
    ("control", "told"),
    [
        ("=3;1985,33;1965,48;19,85", "Платежей: 3 в контрольной строке, 2 в платежах"),
        ("=2;1985,34;1965,48;19,85", "Принято: 1 985,34 ₽ в контрольной строке, 1 985,33 ₽ в платежах"),
        ("=2;1985,33;1965,40;19,85", "Перечислено: 1 965,40 ₽"),
        ("=2;1985,33;1965,48;19,00", "Комиссия: 19,00 ₽"),
    ],
)
def test_a_wrong_control_line_is_a_warning_that_must_be_confirmed(
    accounts: Sequence[Account], control: str, told: str
) -> None:
    registry = take_down(SHORT[: SHORT.index("=2;")] + control + "\n")
    (warning,) = outlook(registry).warnings
    assert told in warning.replace("\N{NO-BREAK SPACE}", " ")
    with pytest.raises(Refused, match="отметьте, что всё равно нужно провести") as refused, db.atomic():
        registries.post(registry, False, BY, NOW)
    assert refused.value.field == "confirm" and Registry.get().state == "preview"
    registries.post(registry, True, BY, NOW)
    assert states(registry) == ["open", "open"]


def test_a_truncated_file_says_so_and_keeps_what_cannot_be_read(accounts: Sequence[Account]) -> None:
    registry = take_down(SHORT[: SHORT.index(";500,00")])
    warnings = outlook(registry).warnings
    assert len(warnings) == 2 and "обрезан" in warnings[0] and "Не прочитаны строки: 1" in warnings[1]
    registries.post(registry, True, BY, NOW)
    assert states(registry) == ["open", "flawed"]
    flawed = RegistryLine.get(RegistryLine.state == "flawed")
    assert "В строке 9 полей" in flawed.reason and "350611123570" in flawed.text


def test_a_line_whose_sums_do_not_fit_is_warned_of(accounts: Sequence[Account]) -> None:
    registry = take_down(short_line("1", "0012345678", "500,00", "490,00", "5,00"))
    assert "Принято минус комиссия не равно перечисленному в строках: 1." in outlook(registry).warnings


def test_a_file_without_payments_or_too_large_is_refused(
    accounts: Sequence[Account], monkeypatch: pytest.MonkeyPatch
) -> None:
    for content, told in (("", "Файл пуст"), ("=0;0,00\n", "Раскладку файла узнать не удалось")):
        with pytest.raises(Refused, match=told):
            take_down(content)
    with pytest.raises(Refused, match="нет ни одного платежа"):
        take_down("=0;0,00\n", layout="sber_short")
    with pytest.raises(Refused, match="UTF-16"):
        take_down(SHORT.encode("utf-16"))
    monkeypatch.setattr(registry_intake, "MOST_BYTES", 10)
    with pytest.raises(Refused, match="разделить реестр"):
        take_down(SHORT)
    assert not Registry.select().exists()


def test_a_layout_may_be_named_and_an_unknown_one_is_refused_with_the_list(accounts: Sequence[Account]) -> None:
    assert take_down(SHORT, layout="sber_eps").layout == "sber_eps"
    with pytest.raises(Refused, match="Раскладки «наш» нет. Есть: 1c_client_bank, baikal"):
        take_down(SHORT, layout="наш")


class TestWhoseItIs:
    def test_the_name_of_the_file_tells(self, database: Flask) -> None:
        factories.supplier(inn="1" * 10)
        ours = factories.supplier(inn="0001001222", bank_account="40702810900000001202")
        assert take_down(TOWN.read_bytes(), TOWN.name).supplier == ours

    def test_the_own_account_of_a_statement_tells(self, database: Flask) -> None:
        factories.supplier()
        ours = factories.supplier(bank_account="40702810900000001202")
        assert take_down(STATEMENT.read_bytes()).supplier == ours

    def test_the_accounts_tell_where_one_supplier_has_them(self, accounts: Sequence[Account]) -> None:
        factories.account()
        assert take_down(SHORT).supplier == accounts[0].supplier

    def test_else_it_must_be_said(self, accounts: Sequence[Account]) -> None:
        factories.account(number="0012345678")
        with pytest.raises(Refused, match="Укажите поставщика") as refused:
            take_down(SHORT)
        assert refused.value.field == "supplier"
        assert take_down(SHORT, supplier=accounts[0].supplier.code).supplier == accounts[0].supplier

    def test_what_is_said_against_the_file_is_warned_of(self, database: Flask) -> None:
        factories.supplier(inn="0001001222", name="Водоканал")
        other = factories.supplier()
        registry = take_down(TOWN.read_bytes(), TOWN.name, supplier=other.code)
        assert "По файлу это реестр другого поставщика: Водоканал." in outlook(registry).warnings

    def test_a_suppliers_clerk_takes_down_his_own_alone(self, accounts: Sequence[Account]) -> None:
        with pytest.raises(Refused, match="реестр другого поставщика"):
            take_down(SHORT, allowed={accounts[0].supplier.id + 1})
        assert take_down(SHORT, allowed={accounts[0].supplier.id})
        with pytest.raises(Refused, match="загружен для другого поставщика"):
            take_down(SHORT, allowed={accounts[0].supplier.id + 1})


class TestUnknownAccounts:
    @pytest.fixture
    def line(self, accounts: Sequence[Account]) -> RegistryLine:
        registry = take_down(short_line("1", "999", "10,00") + short_line("2", "0012345678", "5,00"))
        assert outlook(registry).totals.unknown == Part(1, 1000)
        registries.post(registry, True, BY, NOW)
        (line,) = RegistryLine.waiting(None, 10)
        return line

    def test_they_wait_in_a_queue_and_the_others_are_posted(self, line: RegistryLine) -> None:
        assert states(Registry.get()) == ["waiting", "open"]
        assert RegistryLine.waiting_total(None) == (1, 1000)
        assert RegistryLine.waiting_total({line.registry.supplier_id}) == (1, 1000)
        assert RegistryLine.waiting_total(set()) == (0, 0) and RegistryLine.waiting(set(), 10) == []

    def test_an_operator_assigns_one(self, line: RegistryLine, accounts: Sequence[Account]) -> None:
        registries.assign(line, accounts[1], BY, NOW)
        assert (RegistryLine.get_by_id(line.id).account, states(Registry.get())) == (accounts[1], ["open", "open"])
        assert RegistryLine.last_owner(accounts[1].supplier_id, "999") == accounts[1]
        assert RegistryLine.last_owner(accounts[1].supplier_id, "998") is None

    def test_a_strangers_account_is_refused(self, line: RegistryLine) -> None:
        with pytest.raises(Refused, match="счёт другого поставщика"), db.atomic():
            registries.assign(line, factories.account(), BY, NOW)

    def test_an_operator_rejects_one_and_no_other_file_brings_it_again(self, line: RegistryLine) -> None:
        registries.reject(line, "Вернули банку", BY, NOW)
        assert states(Registry.get()) == ["rejected", "open"] and RegistryLine.waiting(None, 10) == []
        assert states(post(short_line("1", "999", "10,00"))) == ["duplicate"]

    def test_what_is_decided_is_not_decided_again(self, line: RegistryLine, accounts: Sequence[Account]) -> None:
        registries.reject(line, "Вернули банку", BY, NOW)
        with pytest.raises(Refused, match="уже разобран"), db.atomic():
            registries.assign(line, accounts[0], BY, NOW)
        with pytest.raises(Refused, match="уже разобран"), db.atomic():
            registries.reject(line, "ещё раз", BY, NOW)

    def test_it_is_in_the_log_by_ids_alone(self, line: RegistryLine, accounts: Sequence[Account]) -> None:
        registries.assign(line, accounts[1], BY, NOW)
        post, assign = Audit.select().order_by(Audit.id)
        assert (post.action, post.actor_name, post.object) == ("registry-post", BY.name, "registry")
        assert json.loads(post.after)["lines"] == {"open": 1, "waiting": 1}
        assert (assign.action, assign.object_id) == ("registry-assign", str(line.id))
        assert json.loads(assign.after) == {"account": accounts[1].id}


def test_an_account_that_was_imported_after_the_preview_is_found(supplier: Supplier) -> None:
    registry = take_down(SHORT)
    assert outlook(registry).totals.unknown == Part(2, 198533)
    factories.account(supplier, number="0012345678")
    registries.post(registry, False, BY, NOW)
    assert states(registry) == ["open", "waiting"]


def test_a_registry_that_waits_may_be_dropped_and_one_taken_in_may_not(accounts: Sequence[Account]) -> None:
    registries.drop(take_down(SHORT), BY, NOW)
    assert not Registry.select().exists() and not RegistryLine.select().exists()
    registry = post(SHORT)
    for act in (lambda: registries.drop(registry, BY, NOW), lambda: registries.post(registry, True, BY, NOW)):
        with pytest.raises(Refused, match="уже проведён или удалён"), db.atomic():
            act()


class TestTown:
    @pytest.fixture
    def ours(self, database: Flask) -> Supplier:
        made = factories.supplier(inn="0001001222", bank_account="40702810900000001202")
        for number in (
            "00010006",
            "00010009",
            "00010012",
            "00010015",
            "00010027",
            "00010036",
            "00010048",
            "00010060",
        ):
            factories.account(made, number=number)
        return made

    def test_the_registry_of_the_town_posts_to_the_kopeck(self, ours: Supplier) -> None:
        registry = post(TOWN.read_bytes(), TOWN.name, confirmed=False)
        assert states(registry) == ["open"] * 7 + ["waiting"]
        taken = {row.account.number: row.amount for row in RegistryLine.select().where(RegistryLine.state == "open")}
        assert taken == {
            "00010006": 85431, "00010009": 337481, "00010012": 193155, "00010015": 145857, "00010027": 174064,
            "00010036": 70000, "00010048": 145962,
        }  # fmt: skip
        assert RegistryLine.waiting_total(None) == (1, 77700)

    def test_the_statement_brings_the_money_of_the_registry_and_is_no_payment(self, ours: Supplier) -> None:
        first = post(TOWN.read_bytes(), TOWN.name)
        statement = post(STATEMENT.read_bytes(), confirmed=False)
        assert states(statement) == ["open", "waiting", "transfer"]
        assert Registry.get_by_id(first.id).received_on == date(2026, 9, 30)
        assert f"реестру №\N{NO-BREAK SPACE}{first.id}" in RegistryLine.get(RegistryLine.state == "transfer").reason

    def test_a_statement_over_the_same_days_brings_nothing_twice(self, ours: Supplier) -> None:
        post(TOWN.read_bytes(), TOWN.name)
        post(STATEMENT.read_bytes())
        later = STATEMENT.read_bytes().replace(
            "ДатаКонца=30.09.2026".encode("cp1251"), "ДатаКонца=01.10.2026".encode("cp1251")
        )
        assert states(post(later)) == ["duplicate"] * 3

    def test_a_statement_before_its_registry_leaves_the_transfer_to_the_operator(self, ours: Supplier) -> None:
        assert states(post(STATEMENT.read_bytes())) == ["open", "waiting", "waiting"]


@pytest.mark.commits
def test_the_town_s_billing_knows_some_of_its_registry_and_each_is_counted_once(app: Flask, packages: Path) -> None:
    with db.connection_context():
        assert not billing.load(packages / "town").stopped
        registry = post(TOWN.read_bytes(), TOWN.name, confirmed=False)
        lines = list(RegistryLine.select().where(RegistryLine.registry == registry).order_by(RegistryLine.line))
        for line in lines:
            known = Payment.get_or_none(Payment.identifier == line.operation)
            assert line.state == ("waiting" if line.account is None else "met" if known else "open"), line.operation
            assert known is None or (known.amount, known.account_id) == (line.amount, line.account_id)
        assert sum(line.amount for line in lines) == 1229650
        assert {line.state for line in lines} >= {"met", "waiting"}


@pytest.mark.commits
def test_of_files_posted_at_once_each_operation_is_taken_in_once(app: Flask) -> None:
    with db.connection_context():
        account = factories.account()
        number = account.number
        lines = [short_line(str(n), number, f"{n},00") for n in range(1, 21)]
        files = ["".join(lines[start:] + lines[:start]) for start in range(0, 16, 2)]
        waiting = [take_down(text) for text in files]
    together = Barrier(len(waiting))
    faults: list[BaseException] = []

    def run(registry: Registry) -> None:
        with db.connection_context():
            together.wait(30)
            try:
                registries.post(registry, True, BY, NOW)
            except BaseException as fault:  # noqa: BLE001 - told to the test's own thread
                faults.append(fault)

    threads = [Thread(target=run, args=(registry,)) for registry in waiting]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not faults
    with db.connection_context():
        taken = [row.operation for row in RegistryLine.select().where(RegistryLine.state == "open")]
        assert sorted(taken, key=int) == [str(n) for n in range(1, 21)]
        assert RegistryLine.select().where(RegistryLine.state == "duplicate").count() == 7 * 20
        assert sum(row.amount for row in RegistryLine.select().where(RegistryLine.state == "open")) == 21000


@pytest.mark.commits
def test_of_presses_at_once_one_posts_a_registry(app: Flask) -> None:
    with db.connection_context():
        account = factories.account()
        registry = take_down(short_line("1", account.number, "1,00"))
    outcomes: list[str] = []

    def run() -> None:
        with db.connection_context():
            try:
                registries.post(registry, True, BY, NOW)
            except Refused as refusal:
                outcomes.append(refusal.sentence)
            else:
                outcomes.append("done")

    threads = [Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(outcomes) == ["done"] + [registries.DONE] * 7


def test_moments_are_kept_in_utc(accounts: Sequence[Account]) -> None:
    post(SHORT)
    assert Registry.get().posted_at == NOW.astimezone(UTC)
