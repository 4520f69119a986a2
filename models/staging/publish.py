"""Staged rows into the database, whole accounts at a time, each chunk in one transaction."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from models.account import SPENT
from models.base import db, on_postgresql
from models.staging import answers, targets
from models.staging.dialect import dialect, execute
from models.staging.journal import Journal
from models.staging.merge import (
    Target,
    insert_all,
    insert_missing,
    mark_changed,
    merge,
    update_changed,
)
from models.staging.store import Stage
from models.staging.window import Window

MOST_ROWS = 10_000  # of a chunk: a resident's write waits for it


@dataclass
class Counts:
    """What became of a table's rows. `removed` counts withdrawn rows, and lines that a bill has no more."""

    new: int = 0
    changed: int = 0
    same: int = 0
    refused: int = 0
    removed: int = 0


class Publication:
    """Publishes a stage; with `is_dry` each chunk is taken back after it was counted."""

    def __init__(self, stage: Stage, window: Window, run: int, *, is_dry: bool) -> None:
        self._stage, self._window, self._is_dry = stage, window, is_dry
        self._journal = Journal(run, is_on=not is_dry)
        self.counts = {name: Counts(same=stage.repeated[name]) for name in stage.present}
        self.kept: list[tuple[str, str]] = []  # account and number of meters that stay though they are withdrawn

    def chunks(self, most: int) -> Iterator[tuple[int, int, int]]:
        """First and last holder and number of rows: whole accounts, as many as make `most` rows."""
        first, rows = 1, 0
        for holder, count in enumerate(self._stage.rows_of):
            if rows and rows + count > most:
                yield first, holder - 1, rows
                first, rows = holder, 0
            rows += count
        if rows:
            yield first, len(self._stage.rows_of) - 1, rows

    def publish_reference(self) -> None:
        """Suppliers, services, tariffs: there are few, and everything hangs on them."""
        with db.atomic() as transaction:
            self._reference(counted=True)
            if self._is_dry:
                transaction.rollback()

    def publish(self, first: int, last: int) -> None:
        """The accounts of the holders from `first` to `last`, wholly or not at all."""
        self._window.show(first, last)
        with db.atomic() as transaction:
            if self._is_dry:
                self._reference(counted=False)
            self._of_accounts()
            if self._is_dry:
                transaction.rollback()

    def _reference(self, *, counted: bool) -> None:
        for target in (targets.SUPPLIERS, targets.SERVICES, targets.TARIFFS):
            if target.name == "tariffs":
                self._know_services()
            if target.name in self._stage.present:
                new, changed = self._merge(target, all_new=False)
                if counted:
                    self._count(target.name, new, changed)

    def _know_services(self) -> None:
        execute("DELETE FROM which")
        execute(
            """INSERT INTO which SELECT i.service, v.id FROM incoming_service i
            {join} supplier s ON s.code = i.supplier {join} service v ON v.supplier_id = s.id AND v.code = i.code"""
        )

    def _of_accounts(self) -> None:
        present, all_new = self._stage.present, self._know_accounts() == 0
        if "accounts" in present:
            self._journal.insert("house", _NEW_HOUSES)
            self._count("accounts", *self._merge(targets.ACCOUNTS, all_new=all_new))
            self._know_accounts()
        if "meters" in present:
            self._meters(all_new=all_new)
        for target in (targets.BILLS, targets.CHARGES, targets.PAYMENTS, targets.BALANCES):
            if target.name in present:
                removed = 0 if all_new else self._withdraw(target)
                self._count(target.name, *self._merge(target, all_new=all_new), removed)
        if "charges" in present and not all_new:
            self.counts["charges"].removed += self._drop_lines()
        if "readings" in present:
            self._count("readings", *answers.tell(present["readings"], self._journal, all_new=all_new))
        if "residents" in present:
            self._residents()

    def _know_accounts(self) -> int:
        execute("DELETE FROM whose")
        return execute(
            """INSERT INTO whose SELECT h.holder, a.id FROM incoming_holder h {join} supplier s ON s.code = h.supplier
            {join} account a ON a.supplier_id = s.id AND a.number = h.number"""
        )

    def _merge(self, target: Target, *, all_new: bool) -> tuple[int, int]:
        """New and changed rows of a table that fills exactly one."""
        if all_new:
            return insert_all(target, self._journal), 0
        return merge(target, self._stage.present[target.name], self._journal)

    def _count(self, name: str, new: int, changed: int, removed: int = 0) -> None:
        rows = db.execute_sql(f"SELECT count(*) FROM incoming_{name}").fetchone()[0]
        counts = self.counts[name]
        counts.new += new
        counts.changed += changed
        counts.removed += removed
        counts.same += rows - new - changed - removed

    def _withdraw(self, target: Target) -> int:
        if "withdrawn" not in self._stage.present[target.name]:
            return 0
        if target is targets.PAYMENTS:
            mine = targets.withdrawn("payment", "payments", ["t.identifier = x.identifier"])
            return self._remove("payment", mine)
        if target is targets.BILLS:
            mine = targets.withdrawn("bill", "bills", ["t.number = x.number"])
            return self._withdraw_bills(mine)
        return 0

    def _withdraw_bills(self, mine: str) -> int:
        """Withdraws the bills of the condition, with all that hangs on them."""
        theirs, journal = f"bill_id IN (SELECT id FROM bill WHERE {mine})", self._journal
        journal.before("payment_order.bill_id", f"IN (SELECT id FROM payment_order WHERE {theirs})")
        journal.before("-charge", f"IN (SELECT id FROM charge WHERE {theirs})")
        execute("DELETE FROM delta")
        execute(f"INSERT INTO delta SELECT 0, id FROM reading WHERE {theirs}")
        journal.before("reading")
        execute(f"{_UNUSED}, run_id = {journal.run} WHERE id IN (SELECT id FROM delta)")
        removed = self._remove("bill", mine)
        journal.after("reading")
        return removed

    def _remove(self, table: str, condition: str) -> int:
        self._journal.before(f"-{table}", f'IN (SELECT id FROM "{table}" WHERE {condition})')
        return execute(f'DELETE FROM "{table}" WHERE {condition}')

    def _meters(self, *, all_new: bool) -> None:
        """A meter's row is the meter and its registers; it changed when any of them did."""
        present, removed, changed = self._stage.present["meters"], 0, 0
        if not all_new:
            removed = self._withdraw_meters() if "withdrawn" in present else 0
            if "scales" not in present:
                execute(_KNOWN_SCALES)
            execute("DELETE FROM touched")
            if mark_changed(targets.METERS, present):
                update_changed(targets.METERS, present, self._journal)
                execute("INSERT INTO touched SELECT line FROM delta")
            execute(_NEW_SCALES)
            if mark_changed(targets.REGISTERS, present):
                update_changed(targets.REGISTERS, present, self._journal)
                execute(
                    "INSERT INTO touched SELECT DISTINCT line FROM delta WHERE line NOT IN (SELECT line FROM touched)"
                )
            changed = db.execute_sql("SELECT count(*) FROM touched").fetchone()[0]
        new = insert_missing(targets.METERS, self._journal)
        insert_missing(targets.REGISTERS, self._journal)
        if not all_new:
            self._remove("register", _OLD_SCALES)
        self._count("meters", new, changed, removed)

    def _withdraw_meters(self) -> int:
        """Withdraws the meters; one whose first reading of a resident came since the rows were checked stays."""
        if on_postgresql():  # as `readings.send` does: nothing can be sent between the look and the deletion
            execute(f"SELECT id FROM account WHERE id IN ({_WITHDRAWING}) ORDER BY id FOR UPDATE")
        matched = [
            "t.number = x.number",
            "t.service_id = (SELECT v.service_id FROM which v WHERE v.service = x.service)",
        ]
        mine = targets.withdrawn("meter", "meters", matched)
        named = f"SELECT a.number, m.number FROM meter m {{join}} account a ON a.id = m.account_id WHERE m.{mine}"
        self.kept += db.execute_sql(dialect(f"{named} AND m.id IN ({_READ}) ORDER BY m.id")).fetchall()
        mine += f" AND id NOT IN ({_READ})"
        registers = f"SELECT id FROM register WHERE meter_id IN (SELECT id FROM meter WHERE {mine})"
        self._remove("reading", f"register_id IN ({registers})")
        self._remove("register", f"id IN ({registers})")
        return self._remove("meter", mine)

    def _residents(self) -> None:
        """An invitation and the code on paper: the row changed when either did."""
        present, journal = self._stage.present["residents"], self._journal
        execute("DELETE FROM touched")
        if "email" in present:
            journal.before("invitation.invited_at", f"IN (SELECT t.id {_OTHER_ADDRESSES})")
            execute(f"UPDATE invitation SET invited_at = NULL WHERE id IN (SELECT t.id {_OTHER_ADDRESSES})")
        if mark_changed(targets.RESIDENTS, present):
            update_changed(targets.RESIDENTS, present, self._journal)
            execute("INSERT INTO touched SELECT line FROM delta")
        if "activation_hash" in present:
            execute(_OTHER_CODES)
            execute("DELETE FROM delta")
            if execute(_ACCOUNTS_OF_CODES):
                journal.before("account.activation_hash")
                execute(_NEW_CODES)
                journal.after("account.activation_hash")
        changed = db.execute_sql("SELECT count(*) FROM touched").fetchone()[0]
        self._count("residents", insert_missing(targets.RESIDENTS, self._journal), changed)

    def _drop_lines(self) -> int:
        """A bill's lines are given as a set: what the set lacks goes. Mostly the numbers of lines agree."""
        bills = """FROM incoming_charged c {join} whose w ON w.holder = c.holder
            {join} bill b ON b.account_id = w.account_id AND b.number = c.bill"""
        ours = f"SELECT count(*) {bills} {{join}} charge g ON g.bill_id = b.id"
        theirs = """SELECT count(*) FROM incoming_charges x WHERE EXISTS
            (SELECT 1 FROM incoming_charged c WHERE c.holder = x.holder AND c.bill = x.bill)"""
        counted = db.execute_sql(dialect(f"SELECT ({ours}) - ({theirs})")).fetchone()[0]
        if not counted:
            return 0
        return self._remove(
            "charge",
            f"""id IN (SELECT g.id {bills} {{join}} charge g ON g.bill_id = b.id
            LEFT JOIN (SELECT x.holder, x.bill, x.scale, v.service_id FROM incoming_charges x JOIN which v
                ON v.service = x.service) AS y
            ON y.holder = c.holder AND y.bill = c.bill AND y.scale = g.scale AND y.service_id = g.service_id
            WHERE y.holder IS NULL)""",
        )


_NEW_HOUSES = """
INSERT INTO house (settlement, street, number, key)
SELECT x.settlement, x.street, x.house, x.house_key FROM incoming_accounts x
WHERE x.line IN (SELECT min(line) FROM incoming_accounts GROUP BY house_key)
    AND NOT EXISTS (SELECT 1 FROM house o WHERE o.key = x.house_key)
"""
_UNUSED = """UPDATE reading SET state = CASE WHEN state <> 'used' THEN state
    WHEN origin = 'billing' THEN 'accepted' ELSE 'exported' END"""
_WITHDRAWING = (
    "SELECT w.account_id FROM incoming_meters x {join} whose w ON w.holder = x.holder WHERE x.withdrawn = 1"
)
# Meters of which residents sent readings.
_READ = f"""SELECT g.meter_id FROM register g {{join}} reading r ON r.register_id = g.id
WHERE r.origin <> 'billing' AND g.meter_id IN (
    SELECT m.id FROM meter m WHERE m.account_id IN ({_WITHDRAWING}))"""
_OF_METER = """FROM incoming_meters x {join} whose w ON w.holder = x.holder {join} which v ON v.service = x.service
{join} meter m ON m.account_id = w.account_id AND m.service_id = v.service_id AND m.number = x.number"""
# Registers of known meters that are yet to come.
_NEW_SCALES = f"""
INSERT INTO touched SELECT DISTINCT x.line {_OF_METER} {{join}} scale_names n ON n.scales = x.scales
WHERE x.withdrawn = 0 AND NOT EXISTS (SELECT 1 FROM register r WHERE r.meter_id = m.id AND r.scale = n.scale)
    AND x.line NOT IN (SELECT line FROM touched)
"""
# A register whose scale is gone stays where readings hang on it: history is never lost.
_OLD_SCALES = f"""
id IN (SELECT r.id {_OF_METER} {{join}} register r ON r.meter_id = m.id
    WHERE x.withdrawn = 0 AND NOT EXISTS (SELECT 1 FROM scale_names n WHERE n.scales = x.scales AND n.scale = r.scale)
    AND NOT EXISTS (SELECT 1 FROM reading g WHERE g.register_id = r.id))
"""
# A file without the column «Шкалы» says nothing of the scales that are known.
_KNOWN_SCALES = f"""
UPDATE incoming_meters SET scales = k.scales FROM (
    SELECT x.line, CASE count(*) WHEN 2 THEN 'День,Ночь' WHEN 3 THEN 'Пик,Полупик,Ночь' ELSE '' END AS scales
    {_OF_METER} {{join}} register r ON r.meter_id = m.id GROUP BY x.line
) AS k WHERE k.line = incoming_meters.line
"""
_OTHER_CODES = f"""
INSERT INTO touched SELECT x.line FROM incoming_residents x {{join}} whose w ON w.holder = x.holder
{{join}} account a ON a.id = w.account_id
WHERE x.activation_hash <> '' AND a.activation_hash NOT IN (x.activation_hash, '{SPENT}' || x.activation_hash)
    AND x.line NOT IN (SELECT line FROM touched)
    AND EXISTS (SELECT 1 FROM invitation i WHERE i.account_id = a.id)
"""
_ACCOUNTS_OF_CODES = f"""
INSERT INTO delta SELECT x.line, a.id FROM incoming_residents x {{join}} whose w ON w.holder = x.holder
{{join}} account a ON a.id = w.account_id
WHERE x.activation_hash <> '' AND a.activation_hash NOT IN (x.activation_hash, '{SPENT}' || x.activation_hash)
"""
_NEW_CODES = """
UPDATE account AS a SET activation_hash = x.activation_hash FROM incoming_residents x, delta d
WHERE d.line = x.line AND a.id = d.id
"""
# A letter that went to a wrong address invited nobody.
_OTHER_ADDRESSES = """
FROM incoming_residents x {join} whose w ON w.holder = x.holder {join} invitation t ON t.account_id = w.account_id
WHERE t.email <> x.email AND t.accepted_at IS NULL AND t.invited_at IS NOT NULL
"""
