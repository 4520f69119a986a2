"""The console's registries: upload, preview, posting, the queue of unknown accounts, exports; others get 404."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from flask import Flask

from models import Account, Audit, ExportBatch, Registry, RegistryLine
from services import reconciliation_report
from tests import factories as make
from tests.banks import SHORT, short_line
from tests.client import Page, PageClient
from tests.queries import counted
from tests.test_orders_matching import paid

pytestmark = pytest.mark.usefixtures("november")


@pytest.fixture
def accounts(database: Flask) -> Sequence[Account]:
    supplier = make.supplier(code="VODA", short_name="Водоканал")
    return [make.account(supplier, number=number) for number in ("0012345678", "0012345679")]


@pytest.fixture
def clerk(client: PageClient, accounts: Sequence[Account]) -> PageClient:
    return client.sign_in(make.operator(email="olga@example.org"))


def form(content: str | bytes, name: str = "../реестр №1.txt", **fields: str) -> dict[str, object]:
    data = content if isinstance(content, bytes) else content.encode("cp1251")
    return {
        "file": (io.BytesIO(data), name), "supplier": "", "layout": "", "encoding": "", "day": "2026-11-19", **fields,
    }  # fmt: skip


def uploaded(clerk: PageClient, content: str | bytes = SHORT, **fields: str) -> str:
    location = clerk.post("/admin/registries", form(content, **fields)).location
    assert location.startswith("/admin/registries/")
    return location


def press(clerk: PageClient, location: str, **fields: str) -> Page:
    seen = clerk.get(location).value("seen")
    return clerk.post(f"{location}/posting", {"seen": seen, **fields})


def test_a_file_is_shown_before_it_is_posted(clerk: PageClient) -> None:
    assert "Реестров ещё не было" in clerk.get("/admin/registries")
    location = uploaded(clerk)
    page = clerk.get(location)
    for words in (
        "реестр №1.txt", "Сбербанк, короткий реестр", "Ждёт проведения", "Всего прочитано 2 1 985,33",
        "К проведению 2 1 985,33", "Комиссия 19,85 19,85 нет", "Платёжное поручение № 123456 от 15.01.2026",
        "ИВАНОВ ИВАН ИВАНОВИЧ, РЯЗАНЬ Г,ЛЕНИНА УЛ,10,15",
    ):  # fmt: skip
        assert words in page, words
    assert "Предупреждения прочитаны" not in page
    assert "Ждёт проведения" in clerk.get("/admin/registries")


def test_it_is_posted_and_says_so(clerk: PageClient) -> None:
    location = uploaded(clerk)
    assert press(clerk, location).location == location
    page = clerk.get(location)
    assert "проведён" in page and "Проведено, ещё не учтено в расчёте 2 1 985,33" in page
    assert "Провести реестр" not in page
    assert clerk.get(f"{location}/file").data == SHORT.encode("cp1251")
    row = Audit.get()
    assert (row.action, row.actor.email, row.actor_name) == ("registry-post", "olga@example.org", "olga@example.org")


def test_it_is_posted_with_htmx_too(clerk: PageClient) -> None:
    location = uploaded(clerk)
    seen = clerk.get(location).value("seen")
    assert clerk.post(f"{location}/posting", {"seen": seen}, htmx=True).location == location


def test_the_same_file_is_refused_the_second_time(clerk: PageClient) -> None:
    press(clerk, uploaded(clerk))
    page = clerk.post("/admin/registries", form(SHORT), status=422)
    assert "Файл реестра или выписки: Этот файл уже проведён" in page
    assert Registry.select().count() == 1


def test_warnings_must_be_ticked(clerk: PageClient) -> None:
    location = uploaded(clerk, SHORT.replace("=2;", "=3;"))
    page = clerk.get(location)
    assert "Контрольная строка не сходится. Платежей: 3 в контрольной строке, 2 в платежах" in page
    seen = page.value("seen")
    page = clerk.post(f"{location}/posting", {"seen": seen}, status=422)
    assert "отметьте, что всё равно нужно провести" in page and Registry.get().state == "preview"
    press(clerk, location, confirm="y")
    assert Registry.get().state == "taken"


def test_a_registry_that_was_read_anew_is_not_posted_unseen(clerk: PageClient) -> None:
    location = uploaded(clerk)
    page = clerk.post(f"{location}/posting", {"seen": "2026-01-01"}, status=422)
    assert "прочитан заново" in page and Registry.get().state == "preview"
    assert "прочитан заново" in clerk.post(f"{location}/deletion", {"seen": ""}, status=422)


def test_a_registry_that_waits_is_dropped(clerk: PageClient) -> None:
    location = uploaded(clerk)
    done = clerk.post(f"{location}/deletion", {"seen": clerk.get(location).value("seen")})
    assert done.location == "/admin/registries" and "удалён" in clerk.get("/admin/registries")
    clerk.get(location, status=404)


@pytest.mark.parametrize(
    ("content", "fields", "says"),
    [
        ("", {}, "Файл пуст"),
        ("привет", {}, "Раскладку файла узнать не удалось"),
        (SHORT, {"layout": "cft"}, "нет ни одного платежа"),
        (SHORT, {"layout": "наш"}, "Раскладка"),
        (SHORT, {"supplier": "НЕТ"}, "Выберите поставщика из списка"),
        (SHORT, {"day": "вчера"}, "День платежей"),
        (SHORT.encode("utf-16"), {}, "UTF-16"),
    ],
)
def test_what_cannot_be_read_is_said_at_the_field(
    clerk: PageClient, content: str | bytes, fields: dict[str, str], says: str
) -> None:
    assert says in clerk.post("/admin/registries", form(content, **fields), status=422)
    assert not Registry.select().exists()


def test_no_file_is_said_at_the_field(clerk: PageClient) -> None:
    assert "Выберите файл" in clerk.post("/admin/registries", {"day": "2026-11-19"}, status=422)


def test_lines_are_narrowed_and_paged(clerk: PageClient) -> None:
    lines = "".join(short_line(str(n), "0012345678", f"{n},00") for n in range(1, 60))
    location = uploaded(clerk, lines + short_line("0", "999", "7,00") + "обрыв\r\n")
    page = clerk.get(location)
    assert "50,00" in page and "51,00" not in page
    later = next(link for link in page.tree.links if "after=50" in link)
    assert "51,00" in clerk.get(later) and "К началу" in clerk.get(later)
    unknown = clerk.get(f"{location}?show=unknown")
    assert "7,00" in unknown and "50,00" not in unknown and "Строки: счёт неизвестен" in unknown
    assert "В строке 1 поле, а нужно 12" in clerk.get(f"{location}?show=flawed")
    for nonsense in ("show=%00", "show=x", "after=-1", f"after={10**30}", "after=x"):
        clerk.get(f"{location}?{nonsense}")


class TestQueue:
    @pytest.fixture
    def line(self, clerk: PageClient) -> RegistryLine:
        press(clerk, uploaded(clerk, short_line("1", "12345678", "10,00") + "=1;10,00\r\n", supplier="VODA"))
        return RegistryLine.get()

    def test_a_payment_of_an_unknown_account_is_assigned_in_two_presses(
        self, clerk: PageClient, line: RegistryLine, accounts: Sequence[Account]
    ) -> None:
        page = clerk.get("/admin/registries")
        assert "1 платёж ждёт решения" in page and "лицевой счёт неизвестен, всего 10,00 ₽" in page
        assert "1 платёж на 10,00 ₽" in clerk.get("/admin/registries/unknown")
        url = f"/admin/registries/unknown/{line.id}"
        page = clerk.get(url)
        assert "Похожие счета, без нулей впереди: № 0012345678" in page and page.value("number") == "12345678"
        page = clerk.post(f"{url}/assignment", {"number": "0012345678", "account": ""}, status=422)
        assert "сверьте его с платежом" in page and page.value("account") == str(accounts[0].id)
        assert RegistryLine.get().state == "waiting"
        form = {"number": "0012345678", "account": page.value("account")}
        assert clerk.post(f"{url}/assignment", form).location == "/admin/registries/unknown"
        assert (RegistryLine.get().state, RegistryLine.get().account) == ("open", accounts[0])
        assert "Все платежи разобраны" in clerk.get("/admin/registries/unknown")
        assert "Разобран" in clerk.get(url) and "Отнести" not in clerk.get(url)

    def test_a_link_to_a_likely_account_shows_whose_it_is(
        self, clerk: PageClient, line: RegistryLine, accounts: Sequence[Account]
    ) -> None:
        page = clerk.get(f"/admin/registries/unknown/{line.id}?number=0012345678")
        assert "Соколова Анна Викторовна" in page and page.value("account") == str(accounts[0].id)

    def test_the_account_of_the_last_time_is_proposed(
        self, clerk: PageClient, line: RegistryLine, accounts: Sequence[Account]
    ) -> None:
        make.registry_line(
            make.registry(accounts[1].supplier), account=accounts[1], account_number="12345678",
            decided_at=make.NOW,
        )  # fmt: skip
        page = clerk.get(f"/admin/registries/unknown/{line.id}")
        assert page.value("account") == str(accounts[1].id) and page.value("number") == "0012345679"

    @pytest.mark.parametrize(("number", "says"), [("", "Заполните"), ("777", "такого лицевого счёта нет")])
    def test_an_unknown_number_is_said_at_the_field(
        self, clerk: PageClient, line: RegistryLine, number: str, says: str
    ) -> None:
        url = f"/admin/registries/unknown/{line.id}/assignment"
        assert says in clerk.post(url, {"number": number}, status=422)
        stranger = make.account(number="888")
        assert "нет" in clerk.post(url, {"number": "888", "account": str(stranger.id)}, status=422)

    def test_it_is_rejected_with_a_reason(self, clerk: PageClient, line: RegistryLine) -> None:
        url = f"/admin/registries/unknown/{line.id}/rejection"
        assert "Причина" in clerk.post(url, {"reason": ""}, status=422)
        clerk.post(url, {"reason": "Вернули банку"})
        assert (RegistryLine.get().state, RegistryLine.get().reason) == ("rejected", "Вернули банку")
        assert "уже разобран" in clerk.post(url, {"reason": "ещё раз"}, status=422)
        assert "Вернули банку" in clerk.get(f"/admin/registries/{line.registry_id}?show=rejected")


def test_a_suppliers_clerk_sees_his_own_alone(client: PageClient, clerk: PageClient) -> None:
    location = uploaded(clerk, short_line("1", "999", "10,00"), supplier="VODA")
    press(clerk, location, confirm="y")
    line = RegistryLine.get()
    own = PageClient(client.app).sign_in(make.operator(make.supplier(short_name="Чужой")))
    page = own.get("/admin/registries")
    assert "Водоканал" not in page and "ждёт решения" not in page
    assert "Все платежи разобраны" in own.get("/admin/registries/unknown")
    for url in (location, f"{location}/file", f"/admin/registries/unknown/{line.id}"):
        own.get(url, status=404)
    for url in (
        f"{location}/posting", f"{location}/deletion", f"/admin/registries/unknown/{line.id}/assignment",
        f"/admin/registries/unknown/{line.id}/rejection",
    ):  # fmt: skip
        own.post(url, {}, status=404)
    assert "другого поставщика" in own.post("/admin/registries", form(SHORT), status=422)
    assert "из списка" in own.post("/admin/registries", form(SHORT, supplier="VODA"), status=422)
    assert "Водоканал" not in own.get("/admin/reconciliation")


def test_payments_and_debts_are_exported_from_the_page(clerk: PageClient, accounts: Sequence[Account]) -> None:
    assert "Новых платежей нет" in clerk.post("/admin/exports/payments", {"supplier": "", "kind": "csv"}, status=422)
    paid(accounts[0], 148533)
    location = clerk.post("/admin/exports/payments", {"supplier": "", "kind": "csv"}).location
    assert location.startswith("/admin/exchange#batch-") and "payments-0001.csv" in clerk.get("/admin/exchange")
    make.bill(accounts[0])
    clerk.post("/admin/exports/debts", {"supplier": "VODA", "kind": "sber"})
    assert {batch.kind for batch in ExportBatch.select()} == {"payments", "debts"}
    debts = {"supplier": "VODA", "kind": "sber"}
    assert "не изменились" in clerk.post("/admin/exports/debts", debts, status=422)
    clerk.post("/admin/exports/debts", {**debts, "again": "y"})


def test_the_report_names_what_did_not_meet(clerk: PageClient, accounts: Sequence[Account]) -> None:
    paid(accounts[0], 10000, number="777")
    press(clerk, uploaded(clerk, short_line("55", "0012345679", "20,00", day="20-11-2026")), confirm="y")
    make.payment(accounts[0], 3000, make.TODAY, identifier="П-1", source="Касса")
    page = clerk.get("/admin/reconciliation")
    for words in (
        "Оплачено на портале, нет в расчёте 1 платёж на 100,00 ₽", "777 testbank 100,00",
        "Есть в реестре банка, нет в расчёте 1 платёж на 20,00 ₽", "55 Сбербанк 20,00",
        "Есть в расчёте, нет ни на портале, ни в реестрах 1 платёж на 30,00 ₽", "П-1 Касса 30,00",
    ):  # fmt: skip
        assert words in page, words
    text = clerk.get("/admin/reconciliation.csv").data.decode("utf-8-sig").splitlines()
    assert len(text) == 4 and text[2] == (
        "Есть в реестре банка, нет в расчёте;Водоканал;0012345679;20.11.2026;20,00;55;Сбербанк"
    )
    assert "777" not in clerk.get("/admin/reconciliation?from=2026-11-21")
    other = make.supplier()
    assert clerk.get(f"/admin/reconciliation?supplier={other.id}").words.count("Всё сошлось") == 3
    clerk.get("/admin/reconciliation?supplier=999999", status=404)
    for query in ("from=0001-01-01&to=9999-12-31", "from=вчера", "from=2026-12-01&to=2026-11-01"):
        clerk.get(f"/admin/reconciliation?{query}")
        clerk.get(f"/admin/reconciliation.csv?{query}")


def test_a_long_report_says_that_there_is_more_and_the_file_has_all(
    clerk: PageClient, accounts: Sequence[Account], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconciliation_report, "SHOWN", 2)
    for number in range(5):
        make.payment(accounts[0], 100_00, make.TODAY, identifier=f"Ч-{number}")
    page = clerk.get("/admin/reconciliation")
    assert "5 платежей на 500,00" in page and "Ч-1" in page and "Ч-2" not in page
    monkeypatch.setattr(reconciliation_report, "COUNTED", 3)
    assert "больше 3 платежей" in clerk.get("/admin/reconciliation")
    assert len(clerk.get("/admin/reconciliation.csv").data.decode("utf-8-sig").splitlines()) == 6


def test_a_payment_is_of_the_day_in_the_utilitys_zone(clerk: PageClient, accounts: Sequence[Account]) -> None:
    paid(accounts[0], 10000, paid_at=datetime(2026, 11, 20, 21, 30, tzinfo=UTC))
    assert "21.11.2026" in clerk.get("/admin/reconciliation?from=2026-11-21&to=2026-11-21")
    assert "21.11.2026" not in clerk.get("/admin/reconciliation?from=2026-11-20&to=2026-11-20")


def filled(size: int, supplier: Account) -> tuple[int, int]:
    """So many registries, lines, waiting payments, orders and payments; (a registry, a waiting line)."""
    registry = make.registry(supplier.supplier)
    for _ in range(size):
        make.registry(supplier.supplier)
        account = make.account(supplier.supplier)
        make.registry_line(registry, account=account)
        line = make.registry_line(registry)
        paid(account, 100)
        make.payment(account, 300, make.TODAY)
    return registry.id, line.id


def test_pages_ask_no_more_for_many_rows(clerk: PageClient, accounts: Sequence[Account]) -> None:
    seen: dict[int, list[int]] = {}
    for size in (1, 20):
        registry, line = filled(size, accounts[0])
        seen[size] = []
        for url in (
            "/admin/registries", f"/admin/registries/{registry}", "/admin/registries/unknown",
            f"/admin/registries/unknown/{line}", "/admin/reconciliation",
        ):  # fmt: skip
            clerk.get(url)
            with counted() as asked:
                clerk.get(url)
            seen[size].append(len(asked))
    assert seen[20] == seen[1] and max(seen[1]) <= 8, seen


def test_residents_do_not_know_these_pages(client: PageClient) -> None:
    client.sign_in(make.resident())
    for page in ("registries", "registries/unknown", "reconciliation", "reconciliation.csv"):
        client.get(f"/admin/{page}", status=404)
    client.post("/admin/registries", form(SHORT), status=404)
    client.post("/admin/exports/debts", {}, status=404)
