"""Residents found by name, phone and ЕЛС; an operator's look at their portal; operators' reasons. Frozen."""

import unicodedata

from peewee import DateTimeField, ForeignKeyField, Model, TextField

DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−", "-"))  # noqa: RUF001
LATIN = str.maketrans("авекмнорстухіѕј", "abekmhopctyxisj")  # noqa: RUF001
AT_ONCE = 500


def name_key(names):
    plain = unicodedata.normalize("NFC", " ".join(names)).casefold().replace("ё", "е").translate(DASHES)
    return "".join(f"{word.encode().hex()}z" for word in plain.translate(LATIN).replace("-", " ").split())


def up(migrator, db):
    class Frozen(Model):
        class Meta:
            database = db
            legacy_table_names = False

    class Resident(Frozen):
        surname = TextField()
        name = TextField()
        patronymic = TextField()
        phone = TextField(index=True)
        name_key = TextField(index=True)

        class Meta:
            table_name = "resident"

    class Account(Frozen):
        class Meta:
            table_name = "account"

    class Session(Frozen):
        class Meta:
            table_name = "session"

    class Remark(Frozen):
        resident = ForeignKeyField(Resident, null=True, backref="remarks", on_delete="CASCADE")
        account = ForeignKeyField(Account, null=True, backref="remarks")
        action = TextField()
        text = TextField()
        by = ForeignKeyField(Resident, null=True, backref="written", on_delete="SET NULL")
        at = DateTimeField()

        class Meta:
            table_name = "remark"

    look = ForeignKeyField(Session, field=Session.id, null=True, on_delete="SET NULL")
    migrator.migrate(
        migrator.add_column("resident", "name_key", TextField(default="", index=True)),
        migrator.add_column("session", "look_id", look),
        migrator.add_index("resident", ("phone",)),
    )
    db.execute_sql('CREATE INDEX "account_els" ON "account" ("els") WHERE els <> \'\'')
    db.execute_sql('CREATE INDEX "invitation_open" ON "invitation" ("id") WHERE ("accepted_at" IS NULL)')
    db.create_tables([Remark])
    rows = Resident.select(Resident.id, Resident.surname, Resident.name, Resident.patronymic).order_by(Resident.id)
    last = 0
    while some := list(rows.where(Resident.id > last).limit(AT_ONCE).tuples()):
        for number, *names in some:
            Resident.update(name_key=name_key(names)).where(Resident.id == number).execute()
        last = some[-1][0]
