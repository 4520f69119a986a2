"""Reminders in the bell, each once; notices that last and that newcomers get too. Frozen."""

from peewee import SQL, DateTimeField, Model, TextField


def up(migrator, db):
    class Notice(Model):
        audience = TextField()
        until = DateTimeField(null=True)

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "notice"

    migrator.migrate(
        migrator.add_column("notice", "reminder", TextField(null=True)),
        migrator.add_index("notice", ("reminder",), True),
    )
    lasting = Notice.index(Notice.until, where=SQL("audience <> '' AND until IS NOT NULL"), name="notice_lasting")
    db.execute_sql(*db.get_sql_context().sql(lasting.safe(False)).query())
