"""Appeals with their topics, messages and files; calls that were asked for; applications for a contract."""

from peewee import SQL, BooleanField, DateTimeField, ForeignKeyField, IntegerField, Model, TextField


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

    class Account(Frozen):
        class Meta:
            table_name = "account"

    class Topic(Frozen):
        parent = ForeignKeyField("self", null=True, on_delete="CASCADE")
        name = TextField()
        position = IntegerField()
        is_closed = BooleanField()

        class Meta:
            table_name = "topic"

    class Appeal(Frozen):
        resident = ForeignKeyField(Resident, null=True, on_delete="SET NULL")
        supplier = ForeignKeyField(Supplier)
        account = ForeignKeyField(Account, null=True)
        topic = ForeignKeyField(Topic, null=True, backref="appeals")
        subtopic = ForeignKeyField(Topic, null=True, backref="narrower")
        subject = TextField()
        contact = TextField()
        other_contact = TextField()
        is_from_operator = BooleanField()
        state = TextField()
        unread = IntegerField()
        once = TextField(unique=True)
        created_at = DateTimeField()
        waits_since = DateTimeField(null=True)
        answered_at = DateTimeField(null=True)
        closed_at = DateTimeField(null=True)
        taken_by = ForeignKeyField(Resident, null=True, backref="taken", on_delete="SET NULL")

        class Meta:
            table_name = "appeal"
            indexes = ((("resident", "id"), False), (("state", "id"), False))

    class AppealMessage(Frozen):
        appeal = ForeignKeyField(Appeal, on_delete="CASCADE")
        author = ForeignKeyField(Resident, null=True, on_delete="SET NULL")
        is_from_operator = BooleanField()
        text = TextField()
        at = DateTimeField()
        once = TextField(unique=True)

        class Meta:
            table_name = "appeal_message"

    class AppealFile(Frozen):
        message = ForeignKeyField(AppealMessage, on_delete="CASCADE")
        file_key = TextField()
        name = TextField()
        kind = TextField()
        size = IntegerField()

        class Meta:
            table_name = "appeal_file"

    class Call(Frozen):
        resident = ForeignKeyField(Resident, null=True, on_delete="SET NULL")
        supplier = ForeignKeyField(Supplier)
        topic = ForeignKeyField(Topic, null=True)
        phone = TextField()
        convenient = TextField()
        comment = TextField()
        state = TextField()
        once = TextField(unique=True)
        created_at = DateTimeField()
        decided_at = DateTimeField(null=True)
        decided_by = ForeignKeyField(Resident, null=True, backref="rung", on_delete="SET NULL")

        class Meta:
            table_name = "call"

    class Application(Frozen):
        resident = ForeignKeyField(Resident, null=True, on_delete="SET NULL")
        supplier = ForeignKeyField(Supplier)
        buyer = TextField()
        objects = TextField()
        state = TextField()
        reason = TextField()
        created_at = DateTimeField()
        changed_at = DateTimeField()
        sent_at = DateTimeField(null=True)
        decided_at = DateTimeField(null=True)
        decided_by = ForeignKeyField(Resident, null=True, backref="reviewed", on_delete="SET NULL")

        class Meta:
            table_name = "application"
            indexes = ((("state", "id"), False),)

    class ApplicationPaper(Frozen):
        application = ForeignKeyField(Application, on_delete="CASCADE")
        document = TextField()
        file_key = TextField()
        name = TextField()
        kind = TextField()
        size = IntegerField()
        at = DateTimeField()

        class Meta:
            table_name = "application_paper"
            indexes = ((("application", "document"), True),)

    Appeal.add_index(Appeal.index(Appeal.waits_since, where=SQL("waits_since IS NOT NULL"), name="appeal_waiting"))
    Call.add_index(Call.index(Call.id, where=SQL("state = 'waiting'"), name="call_waiting"))
    Application.add_index(
        Application.index(Application.resident, unique=True, where=SQL("state = 'draft'"), name="application_draft")
    )
    db.create_tables([Topic, Appeal, AppealMessage, AppealFile, Call, Application, ApplicationPaper])
