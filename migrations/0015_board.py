"""The board: figures of readings by day, who has not sent, signs of life; answers kept ready; appeals found by their
words; indexes for what waits and what was paid. Frozen."""

import unicodedata

from peewee import SQL, DateField, DateTimeField, ForeignKeyField, IntegerField, Model, TextField

DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−", "-"))  # noqa: RUF001
AT_ONCE = 500


def fold(text):
    plain = unicodedata.normalize("NFC", text).casefold().replace("ё", "е").translate(DASHES)
    return " ".join(plain.split())


def up(migrator, db):
    class Frozen(Model):
        class Meta:
            database = db
            legacy_table_names = False

    class Resident(Frozen):
        class Meta:
            table_name = "resident"

    class Supplier(Frozen):
        class Meta:
            table_name = "supplier"

    class House(Frozen):
        class Meta:
            table_name = "house"

    class Account(Frozen):
        class Meta:
            table_name = "account"

    class AppealMessage(Frozen):
        text = TextField()
        folded = TextField()

        class Meta:
            table_name = "appeal_message"

    class Appeal(Frozen):
        taken_by = ForeignKeyField(Resident, null=True, index=False)

        class Meta:
            table_name = "appeal"

    class Order(Frozen):
        supplier = ForeignKeyField(Supplier, index=False)
        amount = IntegerField()
        state = TextField()
        paid_at = DateTimeField(null=True)

        class Meta:
            table_name = "payment_order"

    class ReadingProgress(Frozen):
        supplier = ForeignKeyField(Supplier, index=False, on_delete="CASCADE")
        starts = DateField()
        ends = DateField()
        expected = IntegerField()
        days = TextField()
        counted_at = DateTimeField()

        class Meta:
            table_name = "reading_progress"
            indexes = ((("supplier", "starts"), True),)

    class Unsent(Frozen):
        account = ForeignKeyField(Account, unique=True, on_delete="CASCADE")
        supplier = ForeignKeyField(Supplier, index=False)
        house = ForeignKeyField(House, index=False)
        starts = DateField()

        class Meta:
            table_name = "unsent"
            indexes = ((("house", "account", "supplier"), False), (("supplier", "house", "account"), False))

    class Pulse(Frozen):
        name = TextField(unique=True)
        at = DateTimeField()
        note = TextField()

        class Meta:
            table_name = "pulse"

    class AnswerTemplate(Frozen):
        supplier = ForeignKeyField(Supplier, null=True)
        title = TextField()
        text = TextField()
        changed_at = DateTimeField()

        class Meta:
            table_name = "answer_template"

    migrator.migrate(migrator.add_column("appeal_message", "folded", TextField(default="")))
    last = 0
    rows = AppealMessage.select(AppealMessage.id, AppealMessage.text).order_by(AppealMessage.id)
    while some := list(rows.where(AppealMessage.id > last).limit(AT_ONCE).tuples()):
        for number, text in some:
            AppealMessage.update(folded=fold(text)).where(AppealMessage.id == number).execute()
        last = some[-1][0]
    db.create_tables([ReadingProgress, Unsent, Pulse, AnswerTemplate])
    db.execute_sql("DROP INDEX reading_doubted")
    db.execute_sql(
        'CREATE INDEX "reading_doubted" ON "reading" ("id")'
        " WHERE ((\"doubts\" != '') AND (\"state\" IN ('accepted', 'exported')))"
    )
    index = Order.index(
        Order.paid_at, Order.supplier, Order.amount, where=SQL("paid_at IS NOT NULL"), name="order_paid"
    )
    db.execute_sql(*db.get_sql_context().sql(index.safe(False)).query())
