"""Notices for many and those that stand before the pages; messengers; an outbox where what is urgent goes first."""

from peewee import (
    SQL,
    BooleanField,
    DateTimeField,
    ForeignKeyField,
    IntegerField,
    Model,
    TextField,
)


def up(migrator, db):
    class Frozen(Model):
        class Meta:
            database = db
            legacy_table_names = False

    class Resident(Frozen):
        class Meta:
            table_name = "resident"

    class Notice(Frozen):
        published_at = DateTimeField()

        class Meta:
            table_name = "notice"

    class NoticeReceipt(Frozen):
        resident = ForeignKeyField(Resident, index=False)

        class Meta:
            table_name = "notice_receipt"

    class Outbox(Frozen):
        channel = TextField()
        priority = IntegerField()
        not_before = DateTimeField()
        destination = TextField()
        sent_at = DateTimeField(null=True)

        class Meta:
            table_name = "outbox"

    class Chat(Frozen):
        resident = ForeignKeyField(Resident, on_delete="CASCADE", index=False)
        channel = TextField()
        address = TextField()
        linked_at = DateTimeField()

        class Meta:
            table_name = "chat"
            indexes = ((("resident", "channel"), True), (("channel", "address"), True))

    number = lambda: IntegerField(default=0)  # noqa: E731
    text = lambda: TextField(default="")  # noqa: E731
    columns = {
        "notice": {
            "audience": text(), "audience_id": number(), "channels": text(),
            "is_advertising": BooleanField(default=False), "spread_to": number(),
            "spread_at": DateTimeField(null=True),
        },
        "notice_receipt": {"stands": BooleanField(default=False)},
        "outbox": {"priority": number()},
    }  # fmt: skip
    migrator.migrate(
        *(
            migrator.add_column(table, name, column)
            for table, added in columns.items()
            for name, column in added.items()
        )
    )
    Notice.add_index(
        Notice.index(Notice.published_at, where=SQL("audience <> '' AND spread_at IS NULL"), name="notice_to_spread")
    )
    Notice._schema.create_indexes()
    NoticeReceipt.add_index(
        NoticeReceipt.index(NoticeReceipt.resident, where=SQL("stands"), name="notice_receipt_standing")
    )
    NoticeReceipt._schema.create_indexes()
    db.execute_sql("DROP INDEX outbox_to_send")
    Outbox.add_index(
        Outbox.index(
            Outbox.channel,
            Outbox.priority,
            Outbox.not_before,
            where=SQL("\"state\" = 'waiting'"),
            name="outbox_to_send",
        )
    )
    Outbox.add_index(
        Outbox.index(Outbox.destination, Outbox.sent_at, where=SQL("priority > 0"), name="outbox_received")
    )
    Outbox.add_index(Outbox.index(Outbox.id, where=SQL("\"state\" = 'dead'"), name="outbox_dead"))
    Outbox._schema.create_indexes()
    db.create_tables([Chat])
