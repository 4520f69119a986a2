"""The columns of the staged tables: the same in the stage (SQLite) and for a chunk beside the database."""

from __future__ import annotations

from dataclasses import dataclass

SQLITE_TYPES = {"text": "TEXT", "int": "INTEGER", "date": "TEXT", "bool": "INTEGER"}
POSTGRESQL_TYPES = {"text": "text", "int": "bigint", "date": "date", "bool": "boolean"}


SINGLE = "Круглосуточный"


@dataclass(frozen=True)
class Field:
    """A staged column: `default` is the SQL of what an absent column of the file means."""

    name: str
    kind: str
    default: str

    @classmethod
    def read(cls, words: str) -> Field:
        """`name`, `name:kind` or `name:kind=default`; the kind is text by default."""
        head, _, default = words.partition("=")
        name, _, kind = head.partition(":")
        if kind:
            return cls(name, kind, default or "NULL")
        return cls(name, "text", f"'{default}'")


@dataclass(frozen=True)
class Layout:
    """A staged table: its key and its other columns, `line` first."""

    name: str
    key: tuple[Field, ...]
    rest: tuple[Field, ...]

    @property
    def fields(self) -> tuple[Field, ...]:
        return (*self.key, *self.rest)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(field.name for field in self.fields)

    def staged(self) -> str:
        """DDL of the stage: rows lie as they come, an index on the key is made when all are there."""
        columns = ", ".join(f'"{f.name}" {SQLITE_TYPES[f.kind]} DEFAULT {f.default}' for f in self.fields)
        return f'CREATE TABLE "{self.name}" ({columns})'

    def incoming(self, types: dict[str, str]) -> str:
        """DDL of the chunk's table in the database's session."""
        columns = ", ".join(
            f'"{f.name}" {types[f.kind]}' + (" PRIMARY KEY" if f.name == "line" else "") for f in self.fields
        )
        return f'CREATE TEMP TABLE "incoming_{self.name}" ({columns})'


def _layout(name: str, key: str, rest: str) -> Layout:
    read = Field.read
    return Layout(
        name,
        tuple(map(read, key.split())),
        tuple(map(read, f"line:int {rest}".split())),
    )


# `holder` is the number of an account within the stage, `service` that of a service (0 = none given).
LAYOUTS = {
    layout.name: layout
    for layout in (
        _layout("suppliers", "code", "name short_name inn kpp ogrn bank_account bank bik corr_account address phone "
                "email site hours"),
        _layout("services", "supplier code", "name unit kind position:int=0 provider"),
        _layout("tariffs", "supplier service:int scale since:date category", "price:int norm:int norm_base"),
        _layout("accounts", "holder:int", "els kind=person surname name patronymic title inn settlement street house "
                "flat area living_area rooms:int registered:int stove ownership contract division closed_on:date "
                "house_key passport_hash passport_key"),
        _layout("meters", "holder:int service:int number", "model digits:int decimals:int=0 scales ratio:int=1 place "
                "accuracy condition relation balance_owner voltage current installed_on:date verified_on:date "
                "interval_years:int verified_until:date is_automatic:bool=0 removed_on:date withdrawn:int=0"),
        _layout("bills", "holder:int number", "issued_on:date period:date opening:int charged:int recalculated:int "
                "paid:int to_pay:int due_on:date order_key withdrawn:int=0"),
        _layout("charges", "holder:int bill service:int scale", "position:int=0 unit tariff volume volume_common "
                "method reading_before reading_after house_volume charged:int recalculated:int "
                "recalculation_period:date recalculation_reason benefit:int total:int"),
        _layout("readings", f"holder:int number scale={SINGLE} taken_on:date service:int=0",
                "value:int source own_id:int state reason bill"),
        _layout("payments", "holder:int identifier", "paid_on:date amount:int service:int=0 source withdrawn:int=0"),
        _layout("balances", "holder:int service:int=0", "as_of:date amount:int"),
        _layout("residents", "holder:int", "email phone surname name patronymic activation_hash"),
    )
}  # fmt: skip
REFERENCE = ("suppliers", "services", "tariffs")
OF_ACCOUNTS = tuple(name for name in LAYOUTS if name not in REFERENCE)

SCALES = {
    "": (SINGLE,),
    SINGLE: (SINGLE,),
    "День,Ночь": ("День", "Ночь"),
    "Пик,Полупик,Ночь": ("Пик", "Полупик", "Ночь"),
}
