"""Rows of a package's tables into the stage: values as the database keeps them, private facts as keyed hashes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from exchange.lines import Unreadable
from exchange.reader import TableRows
from exchange.tables import ROUND_THE_CLOCK
from exchange.values import BadCell, RowParser, Value
from models.account import House
from models.search import natural
from models.staging import Stage
from services import secrets

STEP = 20_000  # rows between two reports of progress
MOST_CODES = 1_000
_PASSPORT = ("passport_series", "passport_number", "passport_date", "passport_code", "birth_date")
_NO_CONTACT = "Нужен адрес почты, телефон или код активации: без них приглашение не послать."


def stage_rows(stage: Stage, rows: TableRows, data_key: str, done: Callable[[int], None]) -> None:
    """All rows of one table; those that cannot be read are refused. `done` hears how many bytes are read."""
    parser, table = RowParser(rows.header), rows.header.table.name
    shape = _SHAPES.get(table, _Reference)(stage, [column.name for column in parser.columns], data_key)
    stage.load(table, shape.columns, _shaped(stage, rows, parser, shape, done))
    done(rows.position)


def _shaped(
    stage: Stage, rows: TableRows, parser: RowParser, shape: _Shape, done: Callable[[int], None]
) -> Iterator[list[Value]]:
    table, parse, shaped = rows.header.table.name, parser.parse, shape.row
    private = {column.heading for column in parser.columns if column.private}
    count = 0
    for line, cells in rows:
        count += 1
        if count % STEP == 0:
            done(rows.position)
        if isinstance(cells, Unreadable):
            stage.refuse(table, line, "", "", cells.reason)
            continue
        try:
            yield shaped(line, parse(cells))
        except BadCell as bad:
            stage.refuse(table, line, bad.column, "" if bad.column in private else bad.value, bad.reason)
            shape.lost([cells[place].strip() for place in parser.places])


class _Shape:
    """How the values of a row become a staged row. `columns` are the staged ones, `line` first."""

    def __init__(self, stage: Stage, names: list[str], data_key: str) -> None:
        self.stage, self.names, self.data_key = stage, names, data_key
        self.columns = ["line", *names]
        self.prepare()

    def prepare(self) -> None:
        """Settles what depends on the columns of the file."""

    def place(self, name: str) -> int | None:
        return self.names.index(name) if name in self.names else None

    def row(self, line: int, values: list[Value]) -> list[Value]:
        """The staged row of a line's values."""
        return [line, *values]

    def lost(self, texts: Sequence[str]) -> None:
        """A row was refused; its cells stand in the order of the columns."""


class _Reference(_Shape):
    """Suppliers, services, tariffs."""

    def prepare(self) -> None:
        self._service, self._scale = self.place("service"), self.place("scale")

    def row(self, line: int, values: list[Value]) -> list[Value]:
        if self._service is not None:
            values[self._service] = self.stage.service(str(values[0]), str(values[self._service]))
        if self._scale is not None and values[self._scale] == ROUND_THE_CLOCK:
            values[self._scale] = ""  # one price
        return [line, *values]


class _OfAccount(_Shape):
    """Rows that hang on an account: supplier and number give way to the holder, the code to the service's number."""

    def __init__(self, stage: Stage, names: list[str], data_key: str) -> None:
        self._last: tuple[Value, Value] = (None, None)
        self._holder = 0
        self._codes: dict[Value, int] = {}  # services of the supplier at hand
        self._codes_of: dict[Value, dict[Value, int]] = {}
        super().__init__(stage, names, data_key)
        self.columns = ["line", "holder", *self.columns[3:]]
        self._service = self.place("service")

    def row(self, line: int, values: list[Value]) -> list[Value]:
        supplier, number = values[0], values[1]
        if (supplier, number) != self._last:
            self._holder = self.stage.holder(str(supplier), str(number))
            self._last = supplier, number
            if len(self._codes_of) >= MOST_CODES:
                self._codes_of.clear()
            self._codes = self._codes_of.setdefault(supplier, {})
        if self._service is not None:
            code = values[self._service]
            service = self._codes.get(code)
            values[self._service] = self._new_service(supplier, code) if service is None else service
        values[0], values[1] = line, self._holder
        return self.finish(values)

    def _new_service(self, supplier: Value, code: Value) -> int:
        if len(self._codes) >= MOST_CODES:  # a column of garbage must not fill the memory
            self._codes.clear()
        found = self._codes[code] = self.stage.service(str(supplier), str(code))
        return found

    def finish(self, values: list[Value]) -> list[Value]:
        """The last touch to a row whose first two values are its line and its holder."""
        return values


class _Accounts(_OfAccount):
    """The passport's facts become a hash here and go no further; «Кем выдан» is not even hashed."""

    def prepare(self) -> None:
        self._house = [self.place(name) for name in ("settlement", "street", "house")]
        self._passport = [self.place(name) for name in _PASSPORT]
        self._kept = [n for n, name in enumerate(self.names) if name not in (*_PASSPORT, "passport_issuer")]
        self._has_passport = self.place("passport_number") is not None
        self.columns = ["line", *(self.names[n] for n in self._kept), "house_key"]
        if self._has_passport:
            self.columns += ["passport_hash", "passport_key"]
        self._key_id = secrets.key_id(self.data_key)

    def finish(self, values: list[Value]) -> list[Value]:
        row = [values[place] for place in self._kept]
        address = ["" if place is None else str(values[place]) for place in self._house]
        row.append(House.folded(*address))
        if self._has_passport:
            facts = ["" if place is None else str(values[place] or "") for place in self._passport]
            row += [secrets.passport(self.data_key, *facts), self._key_id] if facts[1] else ["", ""]
        return row


class _Bills(_OfAccount):
    def prepare(self) -> None:
        self._order = [self.names.index(name) for name in ("period", "issued_on", "number")]
        self.columns = [*self.columns, "order_key"]

    def finish(self, values: list[Value]) -> list[Value]:
        period, issued_on, number = (str(values[place]) for place in self._order)
        values.append(f"{period[:4]}{period[5:7]}{issued_on.replace('-', '')}{natural(number)}")  # as Bill.key
        return values


class _Charges(_OfAccount):
    def prepare(self) -> None:
        self._bill, self._scale = self.names.index("bill"), self.place("scale")
        self._set: tuple[Value, Value] = (None, None)
        self._position = 0
        self.columns = [*self.columns, "position"]

    def finish(self, values: list[Value]) -> list[Value]:
        if self._scale is not None and values[self._scale] == ROUND_THE_CLOCK:
            values[self._scale] = ""
        of_bill = (values[1], values[self._bill])
        self._position = self._position + 1 if of_bill == self._set else 0
        self._set = of_bill
        values.append(self._position)
        return values

    def lost(self, texts: Sequence[str]) -> None:
        if texts[0] and texts[1] and texts[self._bill]:
            self.stage.tear(self.stage.holder(texts[0], texts[1]), texts[self._bill])


class _Readings(_OfAccount):
    def prepare(self) -> None:
        self._scale, self._identifier = self.place("scale"), self.place("identifier")
        self.columns = ["own_id" if name == "identifier" else name for name in self.columns]

    def finish(self, values: list[Value]) -> list[Value]:
        if self._scale is not None and not values[self._scale]:
            values[self._scale] = ROUND_THE_CLOCK
        if self._identifier is not None:
            text = str(values[self._identifier])
            values[self._identifier] = int(text) if text.isdecimal() and len(text) <= 18 else None
        return values


class _Residents(_OfAccount):
    def prepare(self) -> None:
        self._code = self.place("activation_code")
        self._contacts = [n for name in ("email", "phone", "activation_code") if (n := self.place(name)) is not None]
        self.columns = ["activation_hash" if name == "activation_code" else name for name in self.columns]

    def row(self, line: int, values: list[Value]) -> list[Value]:
        if not any(values[place] for place in self._contacts):
            raise BadCell("", "", _NO_CONTACT)
        return super().row(line, values)

    def finish(self, values: list[Value]) -> list[Value]:
        if self._code is not None and values[self._code]:
            values[self._code] = secrets.activation(self.data_key, str(values[self._code]))
        return values


_SHAPES: dict[str, type[_Shape]] = {
    "accounts": _Accounts,
    "meters": _OfAccount,
    "bills": _Bills,
    "charges": _Charges,
    "readings": _Readings,
    "payments": _OfAccount,
    "balances": _OfAccount,
    "residents": _Residents,
}
