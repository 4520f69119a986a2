"""Writes migrations/0001_house.py: the models of today as frozen copies. Until the first release only; then 0002….

python scripts/freeze_migration.py          # writes the file
python scripts/freeze_migration.py --check  # fails when the file is not what the models say
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from peewee import AutoField, Field, ForeignKeyField, Index, Model, SchemaManager, SqliteDatabase, sort_models  # noqa: E402

from models import TABLES  # noqa: E402

TARGET = ROOT / "migrations" / "0001_house.py"

HEAD = '''"""The tables of the house as they stood at the first release. Frozen: what changes later has its own."""

from peewee import (
{imports}
)


def up(migrator, db):
    class Frozen(Model):
        class Meta:
            database = db
            legacy_table_names = False

'''
TAIL = """
    db.create_tables([{names}])
"""


def source() -> str:
    """The text of the migration, formatted."""
    kinds: set[str] = {"Model"}
    bodies = [_model(model, kinds) for model in sort_models(TABLES)]
    imports = "\n".join(f"    {kind}," for kind in sorted(kinds, key=lambda kind: (not kind.isupper(), kind)))
    names = ", ".join(model.__name__ for model in sort_models(TABLES))
    text = HEAD.format(imports=imports) + "\n".join(bodies) + TAIL.format(names=names)
    ruff = [str(ROOT / ".venv/bin/ruff"), "format", "--stdin-filename", str(TARGET), "-"]
    return subprocess.run(ruff, input=text, capture_output=True, text=True, check=True, cwd=ROOT).stdout


def _model(model: type[Model], kinds: set[str]) -> str:
    meta = model._meta
    lines = [f"    class {model.__name__}(Frozen):"]
    lines += [f"        {field.name} = {_field(field, kinds)}" for field in meta.sorted_fields if not _is_id(field)]
    lines += ["", "        class Meta:", f"            table_name = {meta.table_name!r}"]
    plain = tuple((tuple(index[0]), index[1]) for index in meta.indexes if not isinstance(index, Index))
    if plain:
        lines.append(f"            indexes = {plain!r}")
    if meta.constraints:
        kinds.add("SQL")
        lines.append(f"            constraints = [{', '.join(f'SQL({part.sql!r})' for part in meta.constraints)}]")
    lines.append("")
    for index in meta.indexes:
        if isinstance(index, Index):
            kinds.add("SQL")
            lines.append(f"    {model.__name__}.add_index(SQL({_sql(index)!r}))")
    return "\n".join(lines) + "\n"


def _field(field: Field, kinds: set[str]) -> str:
    kind = next(cls.__name__ for cls in type(field).__mro__ if cls.__module__ == "peewee")
    kinds.add(kind)
    arguments = []
    if isinstance(field, ForeignKeyField):
        arguments.append("'self'" if field.rel_model is field.model else field.rel_model.__name__)
        arguments += [f"on_delete={field.on_delete!r}"] if field.on_delete else []
        arguments += [] if field.index or field.unique else ["index=False"]
        arguments += [] if field.column_name == f"{field.name}_id" else [f"column_name={field.column_name!r}"]
    else:
        arguments += ["index=True"] if field.index and not field.unique else []
        arguments += [] if field.column_name == field.name else [f"column_name={field.column_name!r}"]
    arguments += ["unique=True"] if field.unique else []
    arguments += ["null=True"] if field.null else []
    arguments += ["primary_key=True"] if field.primary_key else []
    if field.constraints:
        kinds.add("SQL")
        arguments.append(f"constraints=[{', '.join(f'SQL({part.sql!r})' for part in field.constraints)}]")
    return f"{kind}({', '.join(arguments)})"


def _is_id(field: Field) -> bool:
    return type(field) is AutoField and field.column_name == "id"


def _sql(index: Index) -> str:
    """The statement with its values written out; both engines read it."""
    schema = SchemaManager(index._model, SqliteDatabase(None))
    statement, values = schema._create_index(index, safe=False).query()
    if values:
        raise SystemExit(f"index {index._name}: its values are not literals: {statement} {values}")
    return str(statement)


if __name__ == "__main__":
    wanted = source()
    if "--check" in sys.argv:
        sys.exit(0 if TARGET.exists() and TARGET.read_text(encoding="utf-8") == wanted else f"{TARGET.name} is stale")
    TARGET.write_text(wanted, encoding="utf-8")
