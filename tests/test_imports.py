"""Loading packages: what becomes of rows in the database, on either engine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from flask import Flask

from models import (
    Account,
    Balance,
    Bill,
    Charge,
    House,
    ImportRun,
    Invitation,
    Meter,
    Payment,
    RefusedRow,
    Register,
    Tariff,
    db,
)
from services import secrets
from services.refusal import Refused
from tests.billing import (
    ACCOUNTS,
    BILLS,
    CHARGES,
    KEY,
    METERS,
    NOW,
    PLAIN,
    content,
    load,
    load_tables,
    refused,
    write,
    zipped,
)

pytestmark = pytest.mark.commits


@pytest.fixture(autouse=True)
def connection(database: Flask) -> Iterator[None]:
    with db.connection_context():
        yield


def charge(service: str = "EE") -> Charge:
    found: Charge = next(row for row in Charge.select() if row.service.code == service)
    return found


# --- whole packages


def test_the_town_loads_without_a_refused_row(packages: Path) -> None:
    report = load(packages / "town")
    assert report.is_clean and report.state == "done"
    assert {name: counts.new for name, counts in report.counts.items()} == {
        "suppliers": 3, "services": 14, "tariffs": 63, "accounts": 22, "meters": 26, "bills": 300, "charges": 1018,
        "readings": 347, "payments": 215, "balances": 54,
    }  # fmt: skip
    assert Register.select().count() > Meter.select().count() == 26
    assert not Bill.select().where(~Bill.adds_up).exists()


def test_the_manuals_load_as_they_are_printed(packages: Path) -> None:
    assert load(packages / "manuals").is_clean
    bills = Bill.select().join(Account).where(Account.number == "42700100123").order_by(Bill.order_key.desc())
    assert [bill.number for bill in bills][:4] == ["133", "137", "132", "136"]
    assert {row.volume for row in Charge.select()} >= {"50.50", "9.044"}
    assert [account.number for account in Account.select() if "\\" in account.number] == ["111\\00021547"]


def test_a_second_load_changes_nothing(packages: Path) -> None:
    load(packages / "town")
    before = content()
    report = load(packages / "town")
    assert content() == before
    assert all(counts.new == counts.changed == counts.removed == 0 for counts in report.counts.values())
    assert report.counts["charges"].same == 1018


def test_an_archive_gives_what_the_folder_gives(packages: Path, tmp_path: Path) -> None:
    tables = {path.name: path.read_bytes() for path in (packages / "manuals").glob("*.csv")}
    load(zipped(tmp_path / "p.zip", tables))
    before = content()
    assert load(packages / "manuals").counts["bills"].same == 19
    assert content() == before


def test_a_dry_run_tells_the_same_and_writes_nothing(packages: Path) -> None:
    empty = content()
    dry = load(packages / "town", is_dry=True)
    assert content() == empty
    assert load(packages / "town").counts == dry.counts
    again = load(packages / "town", is_dry=True)
    assert again.counts["bills"].same == 300 and again.counts["bills"].new == 0


def test_the_run_is_recorded(packages: Path, tmp_path: Path) -> None:
    path = zipped(tmp_path / "oktyabr.zip", {p.name: p.read_bytes() for p in (packages / "manuals").glob("*.csv")})
    report = load(path)
    run = ImportRun.get_by_id(report.run)
    assert (run.who, run.file_name, run.state, run.is_dry) == ("тест", "oktyabr.zip", "done", False)
    assert len(run.sha256) == 64 and run.started_at == NOW == run.finished_at
    assert json.loads(run.counts)["bills"] == {"new": 19, "changed": 0, "same": 0, "refused": 0, "removed": 0}
    assert Bill.select().where(Bill.run_id == run.id).count() == 19


def test_unknown_columns_and_other_files_are_named(packages: Path, tmp_path: Path) -> None:
    write(tmp_path, **PLAIN)
    (tmp_path / "README.md").write_text("x")
    (tmp_path / "bills.csv").write_text(
        BILLS.replace("К оплате\n", "К оплате;Комментарий 1С\n").replace("100,00\n", "100,00;x\n")
    )
    report = load(tmp_path)
    assert "bills.csv: незнакомые колонки не загружены: «Комментарий 1С»." in report.messages
    assert "Другие файлы не загружены: README.md." in report.messages


def test_progress_is_told_table_by_table(packages: Path) -> None:
    from services.imports import Options, run_import

    heard: list[tuple[str, int, int]] = []
    run_import(
        [packages / "manuals"], who="т", now=lambda: NOW, options=Options(), data_key=KEY,
        progress=lambda title, done, total: heard.append((title, done, total)),
    )  # fmt: skip
    assert {"Поставщики", "Начисления", "Запись"} <= {title for title, _, _ in heard}
    assert heard[-1][0] == "Запись" and heard[-1][1] == heard[-1][2] > 0


def test_within_a_transaction_it_can_be_taken_back(packages: Path) -> None:
    empty = content()
    with db.atomic() as transaction:
        assert load(packages / "town").counts["charges"].new == 1018
        assert load(packages / "town").counts["charges"].same == 1018
        transaction.rollback()
    assert content() == empty


# --- updates


def test_a_changed_row_updates_and_the_rest_stays(tmp_path: Path) -> None:
    load_tables(tmp_path, **PLAIN, bills=BILLS, charges=CHARGES)
    report = load_tables(
        tmp_path, bills=BILLS.replace("100,00\n", "120,00\n"), charges=CHARGES.replace("90,00;90,00", "91,00;91,00")
    )
    assert (report.counts["bills"].changed, report.counts["charges"].changed) == (1, 1)
    assert report.counts["charges"].same == 1
    assert (Bill.get().to_pay, charge().total, charge("PENI").total) == (12000, 9100, 1000)


def test_a_column_that_the_file_has_not_keeps_its_value(tmp_path: Path) -> None:
    load_tables(
        tmp_path,
        **PLAIN
        | {
            "accounts": ACCOUNTS.replace("Помещение", "Помещение;ЕЛС")
            .replace(";45", ";45;80АА000001")
            .replace(";46", ";46;")
        },
    )
    report = load_tables(tmp_path, accounts=ACCOUNTS.replace(";45", ";45а"))
    account = Account.get(Account.number == "0010")
    assert (account.flat, account.els, report.counts["accounts"].changed) == ("45а", "80АА000001", 1)


def test_without_streets_known_accounts_stay_in_their_houses(tmp_path: Path) -> None:
    load_tables(tmp_path, **PLAIN)
    plain = "".join(
        ";".join(cell for place, cell in enumerate(line.split(";")) if place != 3)
        for line in ACCOUNTS.replace(";46", ";46а").splitlines(keepends=True)
    )
    report = load_tables(tmp_path, accounts=plain + "ENERGO;0030;г. Светлоречье;12;47\nENERGO;0020;с. Луга;9;1\n")
    assert (report.counts["accounts"].same, report.counts["accounts"].changed) == (1, 1)
    addresses = {account.number: (account.house.key, account.flat) for account in Account.select()}
    assert addresses == {
        "0010": ("г. светлоречье|ул. лесная|12", "45"),
        "0020": ("г. светлоречье|ул. лесная|12", "46а"),
        "0030": ("г. светлоречье||12", "47"),
    }
    moved = "Поставщик;Лицевой счёт;Населённый пункт;Дом\nENERGO;0010;г. Светлоречье;14\n"
    assert load_tables(tmp_path, accounts=moved).counts["accounts"].changed == 1
    assert Account.get(Account.number == "0010").address == "г.\xa0Светлоречье, ул.\xa0Лесная, д.\xa014, кв.\xa045"


def test_two_spellings_of_a_house_are_one_house(tmp_path: Path) -> None:
    load_tables(tmp_path, **PLAIN | {"accounts": ACCOUNTS.replace("ул. Лесная;12;46", "УЛ.  ЛЕСНАЯ;12;46")})
    assert House.select().count() == 1


def test_a_bill_that_does_not_add_up_is_loaded_and_flagged(tmp_path: Path) -> None:
    report = load_tables(tmp_path, **PLAIN, bills=BILLS.replace("100,00\n", "99,00\n"))
    assert report.is_clean and (Bill.get().to_pay, Bill.get().adds_up) == (9900, False)
    assert any("суммы не сходятся" in message and "0010, счёт 1" in message for message in report.messages)


def test_a_bill_s_lines_are_replaced_as_a_set(tmp_path: Path) -> None:
    load_tables(tmp_path, **PLAIN, bills=BILLS, charges=CHARGES)
    report = load_tables(tmp_path, charges="".join(CHARGES.splitlines(keepends=True)[:2]))
    assert [row.service.code for row in Charge.select()] == ["EE"]
    assert report.counts["charges"].removed == 1


def test_a_refused_line_does_not_cost_the_bill_its_other_lines(tmp_path: Path) -> None:
    load_tables(tmp_path, **PLAIN, bills=BILLS, charges=CHARGES)
    load_tables(tmp_path, charges=CHARGES.replace("PENI;;10,00;10,00", "PENI;;десять;10,00"))
    assert Charge.select().count() == 2


def test_withdrawn_rows_go_and_are_gone_the_second_time(tmp_path: Path) -> None:
    payments = "Поставщик;Лицевой счёт;Идентификатор;Дата;Сумма\nENERGO;0010;p1;01.10.2026;5,00\n"
    load_tables(tmp_path, **PLAIN, bills=BILLS, charges=CHARGES, payments=payments, meters=METERS)
    off = {
        "bills": BILLS.replace("К оплате\n", "К оплате;Удалить\n").replace("100,00\n", "100,00;да\n"),
        "payments": payments.replace("Сумма\n", "Сумма;Удалить\n").replace("5,00\n", "5,00;да\n"),
        "meters": METERS.replace("Шкалы\n", "Шкалы;Удалить\n")
        .replace("6;\n", "6;;да\n")
        .replace("Ночь\n", "Ночь;нет\n"),
    }
    (tmp_path / "charges.csv").unlink()
    report = load_tables(tmp_path, **off)
    assert (Bill.select().count(), Charge.select().count(), Payment.select().count()) == (0, 0, 0)
    assert [meter.number for meter in Meter.select()] == ["222"]
    assert [report.counts[name].removed for name in off] == [1, 1, 1]
    again = load_tables(tmp_path, **off)
    assert [again.counts[name].removed for name in off] == [0, 0, 0] and again.is_clean


def test_an_older_balance_does_not_overwrite(tmp_path: Path) -> None:
    head = "Поставщик;Лицевой счёт;Услуга;На дату;Сальдо\n"
    load_tables(tmp_path, **PLAIN, balances=head + "ENERGO;0010;;31.10.2026;5,00\nENERGO;0010;EE;31.10.2026;4,00\n")
    report = load_tables(tmp_path, balances=head + "ENERGO;0010;;30.09.2026;7,00\nENERGO;0010;EE;01.11.2026;3,00\n")
    found = {row.service and row.service.code: (row.amount, row.as_of) for row in Balance.select()}
    assert found == {None: (500, date(2026, 10, 31)), "EE": (300, date(2026, 11, 1))}
    assert (report.counts["balances"].changed, report.counts["balances"].same) == (1, 1)


def test_a_whole_balance_that_is_not_the_sum_of_its_parts_is_flagged(tmp_path: Path) -> None:
    head = "Поставщик;Лицевой счёт;Услуга;На дату;Сальдо\n"
    rows = "ENERGO;0010;;31.10.2026;5,00\nENERGO;0010;EE;31.10.2026;4,00\nENERGO;0010;PENI;31.10.2026;2,00\n"
    report = load_tables(tmp_path, **PLAIN, balances=head + rows)
    assert any("не равно сумме" in message and "0010" in message for message in report.messages)


def test_tariffs_keep_six_decimals_and_their_norm(tmp_path: Path) -> None:
    head = "Поставщик;Услуга;Шкала;Действует с;Категория;Цена;Норматив;База норматива\n"
    load_tables(tmp_path, **PLAIN, tariffs=head + "ENERGO;EE;;01.07.2026;;118,094167;90,5;м²\n")
    tariff = Tariff.get()
    assert (tariff.price, tariff.norm, tariff.norm_base) == (118_094_167, 90_500_000, "м²")


# --- people


PASSPORT = """Поставщик;Лицевой счёт;Населённый пункт;Дом;Фамилия;Имя;Серия паспорта;Номер паспорта;Кем выдан;\
Дата выдачи;Код подразделения;Дата рождения
ENERGO;0010;г. Светлоречье;1;Королёва;Анна;00 05;300412;УМВД;20.05.2005;000-001;12.04.1985
ENERGO;0020;г. Светлоречье;;Орлов;Борис;0024;790903;ОВД;01.10.2024;000-002;03.09.1979
"""


def test_passport_facts_are_kept_as_a_keyed_hash_and_nowhere_else(tmp_path: Path) -> None:
    report = load_tables(
        tmp_path,
        **PLAIN | {"accounts": PASSPORT},
    )
    account = Account.get()
    assert account.passport_hash == secrets.passport(KEY, "0005", "300412", "2005-05-20", "000001", "1985-04-12")
    assert account.passport_key == secrets.key_id(KEY)
    cells = json.loads(RefusedRow.get(RefusedRow.run == report.run).cells)
    assert cells["Фамилия"] == "Орлов" and not any(
        cells[name] for name in ("Серия паспорта", "Номер паспорта", "Дата рождения")
    )
    everything = json.dumps(content(), ensure_ascii=False, default=str)
    assert "300412" not in everything and "790903" not in everything


def test_residents_of_an_older_portal_become_invitations(tmp_path: Path) -> None:
    head = "Поставщик;Лицевой счёт;E-mail;Телефон;Код активации\n"
    rows = "ENERGO;0010;anna@example.org;;A-7\nENERGO;0020;;;\n"
    report = load_tables(tmp_path, **PLAIN, residents=head + rows)
    assert (Invitation.get().email, Account.get(Account.number == "0010").activation_hash) == (
        "anna@example.org", secrets.activation(KEY, "a7"),
    )  # fmt: skip
    assert [row[:2] for row in refused(report)] == [("residents", 3)]
    again = load_tables(tmp_path, residents=head + "ENERGO;0010;anna@example.org;;B-8\n")
    assert again.counts["residents"].changed == 1
    assert load_tables(tmp_path, residents=head + "ENERGO;0010;anna@example.org;;B-8\n").counts["residents"].same == 1


def test_a_spent_code_and_an_accepted_invitation_are_loaded_again_in_vain(tmp_path: Path) -> None:
    rows = "Поставщик;Лицевой счёт;E-mail;Код активации\nENERGO;0010;anna@example.org;A-7\n"
    load_tables(tmp_path, **PLAIN, residents=rows)
    account = Account.get(Account.number == "0010")
    account.spend_activation()
    Invitation.update(invited_at=NOW, accepted_at=NOW).execute()
    assert load_tables(tmp_path, residents=rows).counts["residents"].same == 1
    spent = secrets.activation(KEY, "A-7")
    assert Account.get_by_id(account.id).activation_hash == f"spent:{spent}" and not Invitation.uninvited()
    assert load_tables(tmp_path, residents=rows.replace("A-7", "B-8")).counts["residents"].changed == 1
    assert Account.get_by_id(account.id).activation_hash == secrets.activation(KEY, "B-8")


def test_a_corrected_address_is_invited_anew(tmp_path: Path) -> None:
    rows = "Поставщик;Лицевой счёт;E-mail\nENERGO;0010;ana@example.org\n"
    load_tables(tmp_path, **PLAIN, residents=rows)
    Invitation.update(invited_at=NOW).execute()
    load_tables(tmp_path, residents=rows)
    assert Invitation.get().invited_at == NOW
    load_tables(tmp_path, residents=rows.replace("ana@", "anna@"))
    assert [email for _, email in Invitation.uninvited()] == ["anna@example.org"]


def test_nothing_to_load_is_a_refusal(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="нет ни одной таблицы"):
        load(write(tmp_path / "empty"))
