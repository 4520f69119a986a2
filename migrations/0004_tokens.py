"""Tokens of residents' own programs."""

from peewee import DateTimeField, ForeignKeyField, Model, TextField


def up(migrator, db):
    class Frozen(Model):
        class Meta:
            database = db
            legacy_table_names = False

    class Resident(Frozen):
        class Meta:
            table_name = "resident"

    class Token(Frozen):
        resident = ForeignKeyField(Resident, on_delete="CASCADE")
        name = TextField()
        token_hash = TextField(unique=True)
        prefix = TextField()
        scopes = TextField()
        created_at = DateTimeField()
        used_at = DateTimeField(null=True)
        answer = TextField()

        class Meta:
            table_name = "token"

    db.create_tables([Token])
