"""A whole town for the console: accounts, ten months of ledger, people, queues, letters, logs; on either engine.

Rows are made in Python with a fixed seed and written in bulk (`executemany`, COPY), so both engines hold the same.
What grows with the town is a share of its accounts; each queue has `LEAST` rows at least, so that a page is as full
in a small town as in a large one and only the growth is seen. python -m bench.town URL ACCOUNTS fills a database.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from typing import Any

import models
from models import bind, db
from models.base import Base, on_postgresql
from models.migrating import migrate
from models.search import fold, name_key
from services.codes import token_hash

MONTHS = 10
SUPPLIERS = 3
LEAST = 320  # rows of a queue: six pages of fifty
IN_HOUSE = 100
ADMINISTRATOR, CLERK, SOMEBODY = 1, 2, 3  # residents: of everything, of the first supplier, a holder of accounts
COMMON, RARE, ABSENT = "Иванова", "Ямпольская", "Щукинсон"
SURNAMES = [COMMON, *(f"{first}{last}" for first in ("Бел", "Гор", "Дол", "Жук", "Зуб", "Ков", "Лаз", "Мор", "Нов",
            "Ор", "Пав", "Рад", "Сав", "Тих", "Уш", "Фад", "Хар", "Шил") for last in ("ова", "ина", "енко", "ская",
            "евская", "икова", "урова", "анова"))]  # fmt: skip
NAMES = ("Анна", "Мария", "Ольга", "Елена", "Ирина", "Татьяна", "Нина", "Вера", "Зоя", "Юлия")
PATRONYMICS = ("Ивановна", "Петровна", "Сергеевна", "Олеговна", "Львовна", "Павловна")
STREETS = ("Лесная", "Садовая", "Речная", "Новая", "Школьная", "Мира", "Труда", "Кирова", "Чехова", "Южная")
ACTIONS = ("reading", "appeal-answered", "look-begin", "letter-again", "link", "block", "export", "desk-payment")
OBJECTS = ("resident", "appeal", "link_request", "order")
Row = tuple[Any, ...]


def token(resident: int) -> str:
    """The session cookie of the resident."""
    return f"town-{resident}"


def fill(url: str, accounts: int) -> None:
    """Makes the tables and the town in an empty database."""
    bind(url)
    migrate()
    with db.connection_context():
        db.execute_sql("SET session_replication_role = replica" if on_postgresql() else "PRAGMA foreign_keys = 0")
        if not on_postgresql():
            db.execute_sql("PRAGMA synchronous = off")
        with db.atomic():
            for model, columns, rows in Town(accounts).tables():
                _write(model, columns.split(), rows)
        if on_postgresql():
            for model in models.TABLES:
                name = model._meta.table_name
                db.execute_sql(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), max(id)) FROM \"{name}\"")  # noqa: S608 - our own names
            db.execute_sql("VACUUM ANALYZE")
        else:
            db.execute_sql("ANALYZE")
            db.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    db.obj.close_all()


def _write(model: type[Base], columns: list[str], rows: Iterable[Row]) -> None:
    """Columns that are not named take the model's defaults."""
    given = set(columns)
    rest = [
        field
        for field in model._meta.sorted_fields
        if field.column_name not in given and field.name != "id" and not field.null
    ]
    names = ", ".join(f'"{name}"' for name in (*columns, *(field.column_name for field in rest)))
    tail = tuple(int(field.default) if isinstance(field.default, bool) else field.default for field in rest)
    cursor, table = db.cursor(), model._meta.table_name
    if not on_postgresql():
        places = ", ".join("?" * (len(columns) + len(tail)))
        cursor.executemany(f'INSERT INTO "{table}" ({names}) VALUES ({places})', (row + tail for row in rows))  # noqa: S608 - our own names
        return
    with cursor.copy(f'COPY "{table}" ({names}) FROM STDIN') as copy:
        for row in rows:
            copy.write_row(row + tail)


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S.%f}"


class Town:
    """The rows of every table, in an order in which each finds what it points at."""

    def __init__(self, accounts: int) -> None:
        self.size = accounts
        self.people = accounts * 3 // 5
        self.now = datetime.now(UTC).replace(microsecond=0)
        self.today = self.now.date()
        self.chance = random.Random(7)  # noqa: S311 - a town, not a secret
        self._weights = list(accumulate([15, *(100 / (place + 10) for place in range(len(SURNAMES) - 1))]))

    def part(self, share: float, least: int = LEAST) -> range:
        """Ids of rows that are so many of the accounts, `least` of them at least."""
        return range(1, max(least, int(self.size * share)) + 1)

    def ago(self, **span: float) -> str:
        return _at(self.now - timedelta(**span))

    def supplier(self, account: int) -> int:
        return (account - 1) % SUPPLIERS + 1

    def account(self, number: int) -> int:
        """Some account, spread over the town."""
        return number * 7919 % self.size + 1

    def person(self, number: int) -> int:
        return number * 7919 % self.people + 1

    def month(self, back: int) -> date:
        year, month = divmod(self.today.year * 12 + self.today.month - 1 - back, 12)
        return date(year, month + 1, 1)

    def tables(self) -> Iterator[tuple[type[Base], str, Iterator[Row]]]:
        yield from self._place()
        yield from self._residents()
        yield from self._ledger()
        yield from self._orders()
        yield from self._queues()
        yield from self._registries()
        yield from self._messages()
        yield from self._records()

    def _place(self) -> Iterator[tuple[type[Base], str, Iterator[Row]]]:
        every = range(1, SUPPLIERS + 1)
        yield (models.Supplier, "id code name inn",
               ((s, f"S{s}", f"ООО «Поставщик {s}»", "7707083893") for s in every))  # fmt: skip
        yield (models.Service, "id supplier_id code name unit kind",
               ((s, s, "EE", "Электроэнергия", "кВт*ч", "электроэнергия") for s in every))  # fmt: skip
        yield (models.Tariff, "service_id scale since price",
               ((s, "Круглосуточный", "2020-01-01", 6_430_000) for s in every))  # fmt: skip
        houses = range(1, (self.size - 1) // IN_HOUSE + 2)
        yield models.House, "id settlement street number key", (self._house(house) for house in houses)
        accounts = range(1, self.size + 1)
        yield (models.Account, "id supplier_id number els surname name patronymic house_id flat",
               (self._account(a) for a in accounts))  # fmt: skip
        yield (models.Meter, "id account_id service_id number verified_until",
               ((a, a, self.supplier(a), f"{a:08d}", "2040-01-01") for a in accounts))  # fmt: skip
        yield (models.Register, "id meter_id scale position digits",
               ((a, a, "Круглосуточный", 0, 6) for a in accounts))  # fmt: skip
        yield (models.Balance, "account_id as_of amount",
               ((a, self.month(0).isoformat(), (a % 5 - 1) * 40000) for a in accounts))  # fmt: skip

    def _house(self, house: int) -> Row:
        street = f"ул. {STREETS[house % len(STREETS)]} {house // 500 or ''}".strip()
        return house, "г. Светлоречье", street, str(house % 500), fold(f"г. Светлоречье|{street}|{house}")

    def _account(self, a: int) -> Row:
        return (a, self.supplier(a), f"{a:010d}", f"{a:08d}ЕЛ" if a % 10 == 0 else "", *self._full_name(a),
                (a - 1) // IN_HOUSE + 1, str((a - 1) % IN_HOUSE + 1))  # fmt: skip

    def _full_name(self, one: int) -> tuple[str, str, str]:
        if one in (SOMEBODY, SOMEBODY + 4, SOMEBODY + 7):
            return RARE, "Зоя", "Львовна"
        if one % 10 == 0:  # a full page of one surname with one name, in the small town too
            return COMMON, NAMES[0], PATRONYMICS[0]
        [surname] = self.chance.choices(SURNAMES, cum_weights=self._weights)
        return surname, self.chance.choice(NAMES), self.chance.choice(PATRONYMICS)

    def _residents(self) -> Iterator[tuple[type[Base], str, Iterator[Row]]]:
        people, past = range(1, self.people + 1), self.ago(days=200)
        names = [self._full_name(r) for r in people]
        yield (models.Resident, "id surname name patronymic name_key state email email_key email_confirmed_at phone "
               "phone_key created_at factor",
               ((r, *names[r - 1], name_key(*names[r - 1]), "active", f"r{r}@example.org", f"r{r}@example.org", past,
                 f"+79{r:09d}", f"+79{r:09d}" if r % 2 else None, past, "code" if r <= CLERK else "")
                for r in people))  # fmt: skip
        yield (
            models.Operator,
            "resident_id supplier_id role",
            iter([(ADMINISTRATOR, None, "administrator"), (CLERK, 1, "clerk")]),
        )
        held = ((r, r + more * self.people) for r in people for more in (0, 1) if r + more * self.people <= self.size)
        yield models.Link, "resident_id account_id linked_at", ((r, a, past) for r, a in held)
        until, seen = _at(self.now + timedelta(days=2)), _at(self.now)
        yield (models.Session, "resident_id token_hash created_at seen_at expires_at",
               ((r, token_hash(token(r)), seen, seen, until) for r in people))  # fmt: skip

    def _ledger(self) -> Iterator[tuple[type[Base], str, Iterator[Row]]]:
        every = [(a, m) for a in range(1, self.size + 1) for m in range(MONTHS, 0, -1)]
        firsts = {m: self.month(m).isoformat() for m in range(1, MONTHS + 1)}
        ends = {m: (self.month(m - 1) - timedelta(days=1)).isoformat() for m in range(1, MONTHS + 1)}
        numbers = {(a, m): a * MONTHS - m + 1 for a, m in every}
        yield (models.Bill, "id account_id number issued_on period opening charged recalculated paid to_pay order_key",
               ((n, a, str(n), ends[m], firsts[m], 0, 128000, 0, 128000, 128000,
                 firsts[m][:7].replace("-", "") + ends[m].replace("-", "") + f"{n:012d}".encode().hex())
                for (a, m), n in numbers.items()))  # fmt: skip
        yield (models.Charge, "bill_id service_id scale position unit tariff volume method charged total",
               ((n, self.supplier(a), "Круглосуточный", 0, "кВт*ч", "6.43", "149.30", "прибор", 128000, 128000)
                for (a, _), n in numbers.items()))  # fmt: skip
        yield (models.Payment, "account_id identifier paid_on amount source",
               ((a, f"P{n}", firsts[m][:8] + "14", 128000, "Сбербанк") for (a, m), n in numbers.items()))  # fmt: skip
        yield (models.Reading, "register_id value taken_on origin state source",
               ((a, (900000 - m * 150) * 10**6, firsts[m][:8] + "20", "billing", "used", "житель")
                for a, m in every))  # fmt: skip
        sent, first = range(1, self.size // 2 + 1), self.size * MONTHS
        doubtful = max(1, self.size // 2 // len(self.part(0.01)))
        day = self.today.isoformat()
        yield (models.Submission, "id account_id once resident_id origin sent_at",
               ((s, 2 * s - 1, f"once-{s}", self.person(s), "resident", self.ago(minutes=s % 40000))
                for s in sent))  # fmt: skip
        yield (models.Reading, "id register_id submission_id value taken_on origin state doubts before",
               ((first + s, 2 * s - 1, s, 900000 * 10**6, day, "resident", "accepted",
                 "" if s % doubtful else "high", 899850 * 10**6) for s in sent))  # fmt: skip

    def _orders(self) -> Iterator[tuple[type[Base], str, Iterator[Row]]]:
        every = range(1, max(self.size, 4 * LEAST) + 1)
        hang = max(1, len(every) // len(self.part(0.005)))
        states = {0: "sent", 1: "paid", 2: "failed"}
        yield (
            models.Checkout,
            "id resident_id once created_at",
            ((n, self.person(n), f"pay-{n}", self.ago(minutes=5 * n)) for n in every),
        )
        yield (models.Order, "id checkout_id supplier_id gateway number amount fee state provider_id created_at sent_at "
               "paid_at expires_at poll_at",
               ((n, n, self.supplier(self.account(n)), "testbank", f"A-{n}", 128000, 0,
                 (state := states.get(n % hang, "posted")), f"bank-{n}", (at := self.ago(minutes=5 * n, hours=2)), at,
                 at if state in ("posted", "paid") else None, at, at if state == "sent" else None)
                for n in every))  # fmt: skip
        yield (models.OrderLine, "order_id account_id amount fee",
               ((n, self.account(n), 128000, 0) for n in every))  # fmt: skip
        puzzling = max(1, len(every) // LEAST)
        yield (models.GatewayEvent, "gateway key order_id outcome amount provider_id at verdict",
               (("testbank", f"event-{n}", n, "paid", 128000, f"bank-{n}", self.ago(minutes=5 * n),
                 "applied" if n % puzzling else "wrong amount") for n in every))  # fmt: skip

    def _queues(self) -> Iterator[tuple[type[Base], str, Iterator[Row]]]:
        waiting = self.part(0.002)
        yield models.Topic, "id name position", ((t, f"Тема {t}", t) for t in range(1, 7))
        appeals = self.part(0.05, 9 * LEAST)
        yield (models.Appeal, "id resident_id supplier_id account_id topic_id subject state once created_at "
               "waits_since answered_at taken_by_id",
               ((n, self.person(n), self.supplier(a := self.account(n)), a, n % 6 + 1, "О начислениях",
                 "new" if (waits := n > len(appeals) - len(waiting)) else "closed" if n % 3 else "answered", f"ap-{n}",
                 (at := self.ago(minutes=10 * (len(appeals) - n))), at if waits else None, None if waits else at,
                 CLERK if n % 4 == 0 else None) for n in appeals))  # fmt: skip
        yield (models.AppealMessage, "appeal_id author_id is_from_operator text folded at once",
               (((n + 1) // 2, self.person(n), n % 2, (text := f"Проверьте начисления по счетчику {n}"), fold(text),
                 self.ago(minutes=5 * n), f"m-{n}") for n in range(1, 2 * len(appeals) + 1)))  # fmt: skip
        requests = self.part(0.02, 2 * LEAST)
        open_ = max(1, len(requests) // len(self.part(0.001)))
        yield (models.LinkRequest, "id kind resident_id supplier_id account_id number full_name email comment once "
               "state created_at decided_at",
               ((n, "link", self.person(n), self.supplier(a := self.account(n)), a, f"{a:010d}", "Анна Белова",
                 f"q{n}@example.org", "", f"rq-{n}", *self._decided(n, open_, "waiting", "approved"))
                for n in requests))  # fmt: skip
        yield (models.Application, "resident_id supplier_id objects state created_at changed_at sent_at decided_at",
               ((self.person(n), n % SUPPLIERS + 1, "дом", state, at, at, at, done) for n in requests
                for state, at, done in [self._decided(n, open_, "sent", "accepted")]))  # fmt: skip
        yield (models.Call, "resident_id supplier_id phone once state created_at decided_at",
               ((self.person(n), n % SUPPLIERS + 1, "+79990000000", f"c-{n}",
                 *self._decided(n, open_, "waiting", "done")) for n in requests))  # fmt: skip
        invited = self.part(0.3, 2 * LEAST)
        yield (models.Invitation, "account_id email surname name invited_at accepted_at",
               ((n, f"i{n}@example.org", "Белова", "Анна", self.ago(days=100), None if n % 3 else self.ago(days=99))
                for n in invited))  # fmt: skip
        starts = self.month(0).isoformat()
        yield (models.Unsent, "account_id supplier_id house_id starts",
               ((a, self.supplier(a), (a - 1) // IN_HOUSE + 1, starts) for a in range(2, self.size + 1, 2)))  # fmt: skip
        yield (models.ReadingProgress, "supplier_id starts ends expected days counted_at",
               ((s, self.month(m).isoformat(), (self.month(m) + timedelta(days=24)).isoformat(), self.size // SUPPLIERS,
                 f'{{"{self.month(m)}": {self.size // SUPPLIERS // 2}}}', _at(self.now))
                for s in range(1, SUPPLIERS + 1) for m in (0, 1)))  # fmt: skip

    def _decided(self, n: int, open_: int, waits: str, decided: str) -> Row:
        """(state, when it came, when it was decided)."""
        at = self.ago(minutes=7 * n)
        return (waits, at, None) if n % open_ == 0 else (decided, at, at)

    def _registries(self) -> Iterator[tuple[type[Base], str, Iterator[Row]]]:
        inside = 100
        lines = self.part(0.5, 60 * inside)
        registries = range(1, len(lines) // inside + 1)
        day = self.month(1).isoformat()
        yield (models.Registry, "id supplier_id layout file_name sha256 content who created_at state day posted_at",
               ((n, n % SUPPLIERS + 1, "sber", f"реестр-{n}.txt", f"{n:064d}", b"", "olga@example.org",
                 (at := self.ago(hours=n)), "taken", day, at) for n in registries))  # fmt: skip
        unknown = max(1, len(lines) // len(self.part(0.002)))
        yield (models.RegistryLine, "id registry_id line state key operation account_number account_id paid_on amount "
               "transferred fee payer",
               ((n, (n - 1) // inside + 1, (n - 1) % inside + 1,
                 "waiting" if (lost := n % unknown == 0) else "open" if n % 50 == 1 else "met", f"op-{n}", f"op-{n}",
                 f"{(a := self.account(n)):010d}", None if lost else a, day, 128000, 127000, 1000, "Белова А.")
                for n in lines))  # fmt: skip
        yield (models.BankOperation, "supplier_id key line_id",
               ((((n - 1) // inside + 1) % SUPPLIERS + 1, f"op-{n}", n) for n in lines))  # fmt: skip

    def _messages(self) -> Iterator[tuple[type[Base], str, Iterator[Row]]]:
        written, own = len(self.part(0.002)), self.people
        yield (models.Notice, "id supplier_id kind subject body published_at audience audience_id spread_at reached",
               ((n, None if n % 2 else n % SUPPLIERS + 1, "bell", f"Отключение {n}", "Текст", self.ago(hours=n), "all",
                 0, self.ago(hours=n), 100) for n in range(1, written + 1)))  # fmt: skip
        yield (models.Notice, "id kind subject body published_at",
               ((written + n, "bell", "Показания приняты", "Текст", self.ago(hours=1)) for n in range(1, own + 1)))  # fmt: skip
        yield (models.NoticeReceipt, "notice_id resident_id is_read",
               ((n % written + 1, r, 1) for r in range(1, own + 1) for n in range(r, r + 12)))  # fmt: skip
        yield (models.NoticeReceipt, "notice_id resident_id is_read",
               ((written + r, r, 0) for r in range(1, own + 1)))  # fmt: skip
        letters = range(1, max(2 * self.size, 4 * LEAST) + 1)
        dead = max(2, len(letters) // len(self.part(0.01)))
        yield (models.Outbox, "key kind resident_id destination ids state not_before error subject created_at sent_at",
               ((f"letter-{n}", "notice", (r := self.person(n)), f"r{r}@example.org", "{}",
                 (state := {0: "dead", 1: "waiting"}.get(n % dead, "sent")), (at := self.ago(minutes=n)),
                 "550 нет ящика" if state == "dead" else "", "Новое уведомление", at, at if state == "sent" else None)
                for n in letters))  # fmt: skip

    def _records(self) -> Iterator[tuple[type[Base], str, Iterator[Row]]]:
        lines = range(1, max(self.size, 4 * LEAST) + 1)
        rare, apart = len(lines) // 300, 500_000 / len(lines)  # minutes: a year of them in any town
        # `rare`: an action, and a person, of which the whole log has three hundred lines
        yield (models.Audit, "at actor_id actor_name action object object_id before after",
               ((self.ago(minutes=apart * (len(lines) - n)), CLERK if (few := n % rare == 0) else ADMINISTRATOR,
                 f"r{CLERK if few else ADMINISTRATOR}@example.org", "export" if few else ACTIONS[n % 6], OBJECTS[n % 4],
                 str(self.person(n)), "{}", '{"state": "active"}') for n in lines))  # fmt: skip
        yield (models.Remark, "resident_id account_id action text by_id at",
               ((self.person(n), self.account(n), "block", "Просил сам", CLERK, self.ago(minutes=n))
                for n in self.part(0.02)))  # fmt: skip
        runs = self.part(0.002)
        yield (models.ImportRun, "id who file_name sha256 started_at finished_at state counts",
               ((n, "olga@example.org", f"пакет-{n}.zip", f"{n:064d}", (at := self.ago(hours=5 * n)), at, "done",
                 '{"bills": {"new": 1, "changed": 0, "same": 2, "removed": 0, "refused": 3}}') for n in runs))  # fmt: skip
        yield (models.RefusedRow, "run_id table line cells heading reason",
               ((run, "bills", line, "{}", "[]", "Нет такого счёта") for run in runs for line in range(1, 61)))  # fmt: skip
        yield (models.ExportBatch, "kind number created_at who supplier_id file_name rows sha256 content",
               (("readings", n, self.ago(hours=5 * n), "olga@example.org", n % SUPPLIERS + 1, f"показания-{n}.csv", 100,
                 f"{n:064d}", b"") for n in runs))  # fmt: skip


if __name__ == "__main__":
    fill(sys.argv[1], int(sys.argv[2]))
