"""The rules that a row must pass, over the staged rows as sets; what does not pass is refused with a sentence."""

from __future__ import annotations

from models.staging.references import residents_meters
from models.staging.store import Stage

_HOLDER = "(SELECT number FROM holder h WHERE h.id = x.holder)"
_OWNER = "(SELECT supplier FROM holder h WHERE h.id = x.holder)"
_SERVICE = "(SELECT code FROM service s WHERE s.id = x.service)"
_NOT_FOUND = "не найден ни в базе, ни в пакете."
_NOT_FOUND_SHE = "не найдена ни в базе, ни в пакете."


def apply_rules(stage: Stage) -> None:
    """Refuses what refers to nothing; afterwards the stage holds only rows that can be published.

    The order is that of the references: a row that refers to a refused row is refused too.
    """
    _suppliers(stage)
    _services(stage)
    _accounts(stage)
    _meters(stage)
    _bills(stage)
    _charges(stage)
    _readings(stage)


def _refuse(stage: Stage, table: str, condition: str, heading: str, value: str, reason: str) -> int:
    """Moves the rows `x` of the table that meet the condition to the refused ones; returns how many."""
    sql = stage.sql
    sql.execute(
        f'INSERT OR IGNORE INTO refused SELECT ?, x.line, ?, {value}, ? FROM "{table}" x WHERE {condition}',
        (table, heading, reason),
    )
    count = int(sql.execute("SELECT changes()").fetchone()[0])
    if count and table == "charges":
        sql.execute(f"INSERT OR IGNORE INTO torn SELECT x.holder, x.bill FROM charges x WHERE {condition}")
    if count:
        sql.execute(f'DELETE FROM "{table}" AS x WHERE {condition}')
    return count


def _suppliers(stage: Stage) -> None:
    """Rows of suppliers that are nowhere; what hangs on an account is refused by its holder."""
    stage.sql.execute("INSERT OR IGNORE INTO known_supplier SELECT code FROM suppliers")
    unknown = "x.supplier NOT IN (SELECT code FROM known_supplier)"
    for table in ("services", "tariffs"):
        _refuse(stage, table, unknown, "Поставщик", "x.supplier", f"Поставщик {_NOT_FOUND}")
    holders = "x.holder IN (SELECT id FROM holder WHERE supplier NOT IN (SELECT code FROM known_supplier))"
    for table in ("accounts", "meters", "bills", "charges", "readings", "payments", "balances", "residents"):
        if stage.present.get(table):
            _refuse(stage, table, holders, "Поставщик", _OWNER, f"Поставщик {_NOT_FOUND}")


def _services(stage: Stage) -> None:
    stage.sql.execute(
        """UPDATE service SET is_known = EXISTS (SELECT 1 FROM known_service k
            WHERE k.supplier = service.supplier AND k.code = service.code)
        OR EXISTS (SELECT 1 FROM services v WHERE v.supplier = service.supplier AND v.code = service.code)"""
    )
    if not stage.sql.execute("SELECT 1 FROM service WHERE NOT is_known LIMIT 1").fetchone():
        return
    reason = f"Услуга с таким кодом {_NOT_FOUND_SHE}"
    unknown = "x.service IN (SELECT id FROM service WHERE NOT is_known)"
    for table in ("tariffs", "meters", "charges", "readings", "payments", "balances"):
        if stage.present.get(table):
            _refuse(stage, table, unknown, "Услуга", _SERVICE, reason)


def _accounts(stage: Stage) -> None:
    stage.sql.execute(
        """UPDATE holder SET is_known = account_id IS NOT NULL
        OR EXISTS (SELECT 1 FROM accounts a WHERE a.holder = holder.id)"""
    )
    if not stage.sql.execute("SELECT 1 FROM holder WHERE NOT is_known LIMIT 1").fetchone():
        return
    unknown = "x.holder IN (SELECT id FROM holder WHERE NOT is_known)"
    for table in ("meters", "bills", "charges", "readings", "payments", "balances", "residents"):
        _refuse(stage, table, unknown, "Лицевой счёт", _HOLDER, f"Лицевой счёт {_NOT_FOUND}")


def _meters(stage: Stage) -> None:
    """Settles which registers there will be: those of the database as the package's meters change them."""
    sql = stage.sql
    for holder, service, number in residents_meters(stage):  # their history: taken down, never withdrawn
        quoted = number.replace("'", "''")
        condition = f"x.holder = {holder} AND x.service = {service} AND x.number = '{quoted}'"
        reason = "По счётчику есть показания жителей: вместо удаления укажите дату в колонке «Снят»."
        _refuse(stage, "meters", condition, "Удалить", "'да'", reason)
    of_package = "m.holder = k.holder AND m.service = k.service AND m.number = k.number"
    told = "" if "scales" in stage.present.get("meters", ()) else "AND m.withdrawn"
    sql.execute(f"DELETE FROM known_register AS k WHERE EXISTS (SELECT 1 FROM meters m WHERE {of_package} {told})")
    sql.execute(
        f"""INSERT OR IGNORE INTO known_register SELECT m.holder, m.number, s.scale, m.service
        FROM meters m JOIN scale s ON s.scales = m.scales
        WHERE NOT m.withdrawn AND NOT EXISTS (SELECT 1 FROM known_register k WHERE {of_package})"""
    )


def _bills(stage: Stage) -> None:
    """A withdrawn bill can be named by nothing."""
    stage.sql.execute(
        """DELETE FROM known_bill AS k WHERE EXISTS (SELECT 1 FROM bills b
        WHERE b.holder = k.holder AND b.number = k.number AND b.withdrawn)"""
    )


_BILL_UNKNOWN = """NOT EXISTS (SELECT 1 FROM bills b
        WHERE b.holder = x.holder AND b.number = x.bill AND NOT b.withdrawn)
    AND NOT EXISTS (SELECT 1 FROM known_bill k WHERE k.holder = x.holder AND k.number = x.bill)"""


def _charges(stage: Stage) -> None:
    sql = stage.sql
    sql.execute("CREATE TABLE lost (holder INTEGER, bill TEXT, PRIMARY KEY (holder, bill)) WITHOUT ROWID")
    sql.execute(f"INSERT INTO lost SELECT x.holder, x.bill FROM charged x WHERE {_BILL_UNKNOWN}")
    if sql.execute("SELECT 1 FROM lost LIMIT 1").fetchone():
        condition = "(x.holder, x.bill) IN (SELECT holder, bill FROM lost)"
        _refuse(stage, "charges", condition, "Счёт", "x.bill", f"Счёт {_NOT_FOUND}")


def _readings(stage: Stage) -> None:
    service = "(x.service = 0 OR k.service = x.service)"
    of_meter = "SELECT 1 FROM known_register k WHERE k.holder = x.holder AND k.number = x.number"
    _refuse(
        stage, "readings", f"NOT EXISTS ({of_meter} AND {service})", "Номер счётчика", "x.number",
        f"Счётчик этого лицевого счёта {_NOT_FOUND}",
    )  # fmt: skip
    _refuse(
        stage, "readings", f"NOT EXISTS ({of_meter} AND k.scale = x.scale AND {service})", "Шкала", "x.scale",
        "У счётчика нет такой шкалы.",
    )  # fmt: skip
    _twins(stage)
    if "own_id" in stage.present.get("readings", ()):
        repeated = """x.own_id IS NOT NULL AND x.line > (SELECT first FROM answer a
            WHERE a.holder = x.holder AND a.own_id = x.own_id)"""
        stage.sql.execute(
            """CREATE TEMP TABLE answer AS SELECT holder, own_id, min(line) AS first FROM readings
            WHERE own_id IS NOT NULL GROUP BY holder, own_id HAVING count(*) > 1"""
        )
        _refuse(stage, "readings", repeated, "Идентификатор", "x.own_id", "Повтор идентификатора в таблице.")
    _refuse(stage, "readings", f"x.bill <> '' AND {_BILL_UNKNOWN}", "Счёт", "x.bill", f"Счёт {_NOT_FOUND}")


def _twins(stage: Stage) -> None:
    """Numbers that two meters of an account bear: only the service tells which is meant."""
    sql = stage.sql
    sql.execute("CREATE TABLE twin (holder INTEGER, number TEXT, PRIMARY KEY (holder, number)) WITHOUT ROWID")
    sql.execute(
        """INSERT INTO twin SELECT holder, number FROM known_register
        GROUP BY holder, number HAVING count(DISTINCT service) > 1"""
    )
    if sql.execute("SELECT 1 FROM twin LIMIT 1").fetchone():
        condition = "x.service = 0 AND (x.holder, x.number) IN (SELECT holder, number FROM twin)"
        reason = "Номер подходит к двум счётчикам лицевого счёта: заполните колонку «Услуга»."
        _refuse(stage, "readings", condition, "Номер счётчика", "x.number", reason)
    if "service" in stage.present.get("readings", ()):
        condition = """x.service = 0 AND EXISTS (SELECT 1 FROM readings y WHERE y.holder = x.holder
            AND y.number = x.number AND y.scale = x.scale AND y.taken_on = x.taken_on AND y.service <> 0)"""
        _refuse(stage, "readings", condition, "", "''", "Повтор ключа: то же показание дано и с услугой.")
