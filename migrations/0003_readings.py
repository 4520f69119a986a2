"""Readings: links that count, photos of meters, the operator's queue of what was confirmed against a warning."""

from peewee import DateTimeField, ForeignKeyField, IntegerField, Model, TextField


def up(migrator, db):
    class Frozen(Model):
        class Meta:
            database = db
            legacy_table_names = False

    class Account(Frozen):
        class Meta:
            table_name = "account"

    class Resident(Frozen):
        class Meta:
            table_name = "resident"

    class Submission(Frozen):
        class Meta:
            table_name = "submission"

    class Reading(Frozen):
        doubts = TextField()

        class Meta:
            table_name = "reading"

    class ReadingLinks(Frozen):
        account = ForeignKeyField(Account, unique=True)
        version = IntegerField()

        class Meta:
            table_name = "reading_links"

    class Photo(Frozen):
        submission = ForeignKeyField(Submission, unique=True, on_delete="CASCADE")
        file_key = TextField(unique=True)
        kept_at = DateTimeField()

        class Meta:
            table_name = "photo"

    class Review(Frozen):
        reading = ForeignKeyField(Reading, unique=True, on_delete="CASCADE")
        resident = ForeignKeyField(Resident, null=True, on_delete="SET NULL")
        at = DateTimeField()

        class Meta:
            table_name = "review"

    Reading.add_index(Reading.index(Reading.id, where=Reading.doubts != "", name="reading_doubted"))
    Reading._schema.create_indexes()
    db.create_tables([ReadingLinks, Photo, Review])
