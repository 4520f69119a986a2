"""Undoing an import: what a run has changed and added, and how it stands with its undoing. Frozen."""

from peewee import SQL, DateTimeField, ForeignKeyField, IntegerField, Model, TextField


def up(migrator, db):
    class Base(Model):
        class Meta:
            database = db
            legacy_table_names = False

    class ImportRun(Base):
        who = TextField()
        once = TextField()
        undo = TextField()

        class Meta:
            table_name = "import_run"

    class ImportChange(Base):
        run = ForeignKeyField(ImportRun, on_delete="CASCADE", index=False)
        part = TextField()
        row = IntegerField()
        was = TextField()
        became = TextField()

        class Meta:
            indexes = ((("run", "part", "row"), True),)

    class ImportAdded(Base):
        run = ForeignKeyField(ImportRun, on_delete="CASCADE", index=False)
        table = TextField()
        first = IntegerField()
        last = IntegerField()
        rows = IntegerField()

        class Meta:
            indexes = ((("run", "table"), True),)

    migrator.migrate(
        migrator.add_column("import_run", "suppliers", TextField(default="[]")),
        migrator.add_column("import_run", "once", TextField(default="")),
        migrator.add_column("import_run", "undo", TextField(default="")),
        migrator.add_column("import_run", "undone_at", DateTimeField(null=True)),
        migrator.add_column("import_run", "undone_by", TextField(default="")),
        migrator.add_column("import_run", "undo_told", TextField(default="")),
    )
    once, few = SQL("once <> ''"), SQL("undo <> ''")
    for index in (
        ImportRun.index(ImportRun.who, ImportRun.once, unique=True, where=once, name="import_run_once"),
        ImportRun.index(ImportRun.undo, where=few, name="import_run_undo"),
    ):
        db.execute_sql(*db.get_sql_context().sql(index.safe(False)).query())
    db.create_tables([ImportChange, ImportAdded])
