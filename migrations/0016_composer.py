"""What the utility writes: drafts and withdrawal of notices, their audience, texts that wait for their day, questions
and answers in groups. Frozen."""

from peewee import BooleanField, DateTimeField, ForeignKeyField, IntegerField, Model, TextField


def up(migrator, db):
    class Frozen(Model):
        class Meta:
            database = db
            legacy_table_names = False

    class QuestionGroup(Frozen):
        name = TextField(unique=True)
        position = IntegerField()

        class Meta:
            table_name = "question_group"

    class Question(Frozen):
        group = ForeignKeyField(QuestionGroup, on_delete="CASCADE")
        title = TextField()
        answer = TextField()
        position = IntegerField()
        is_hidden = BooleanField()
        changed_at = DateTimeField()

        class Meta:
            table_name = "question"

    columns = {
        "notice": {
            "whom": TextField(default=""), "is_draft": BooleanField(default=False),
            "changed_at": DateTimeField(null=True), "withdrawn_at": DateTimeField(null=True),
            "reached": IntegerField(default=0), "once": TextField(null=True),
        },
        "text": {"is_pending": BooleanField(default=False), "asks_from": IntegerField(default=0)},
    }  # fmt: skip
    migrator.migrate(
        *(
            migrator.add_column(table, name, column)
            for table, added in columns.items()
            for name, column in added.items()
        ),
        migrator.add_index("notice", ("once",), True),
    )
    db.execute_sql('CREATE INDEX "notice_written" ON "notice" ("id") WHERE audience <> \'\'')
    db.execute_sql('UPDATE "text" SET "asks_from" = "version"')
    db.create_tables([QuestionGroup, Question])
