"""The first-run wizard: the steps that are over. A portal that has accounts already is past them. Frozen."""

from peewee import BooleanField, DateTimeField, Model, TextField

LONG_AGO = "1970-01-01 00:00:00.000000"  # nobody went through them
STEPS = ("name", "supplier", "requisites", "window", "mail", "bank", "import")


def up(migrator, db):
    class StartStep(Model):
        name = TextField(unique=True)
        is_skipped = BooleanField()
        at = DateTimeField()

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "start_step"

    db.create_tables([StartStep])
    if db.execute_sql('SELECT 1 FROM "account" LIMIT 1').fetchone():
        StartStep.insert_many([{"name": name, "is_skipped": False, "at": LONG_AGO} for name in STEPS]).execute()
