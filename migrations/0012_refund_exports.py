"""What was given back goes out to the billing once: the batch of a refund's line. Frozen."""

from peewee import ForeignKeyField, Model


def up(migrator, db):
    class Frozen(Model):
        class Meta:
            database = db
            legacy_table_names = False

    class ExportBatch(Frozen):
        pass

    migrator.migrate(
        migrator.add_column("refund_line", "batch_id", ForeignKeyField(ExportBatch, field=ExportBatch.id, null=True))
    )
