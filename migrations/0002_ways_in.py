"""Ways in: logins by account, second factors and known browsers, codes with what they are for, requests to operators."""

from peewee import (
    SQL,
    BigIntegerField,
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

    class Supplier(Frozen):
        class Meta:
            table_name = "supplier"

    class Text(Frozen):
        class Meta:
            table_name = "text"

    class House(Frozen):
        class Meta:
            table_name = "house"

    class Account(Frozen):
        supplier = ForeignKeyField(Supplier, index=False)
        house = ForeignKeyField(House, index=False)
        flat = TextField()
        kind = TextField()
        contract = TextField()

        class Meta:
            table_name = "account"
            indexes = ((("supplier", "house", "flat"), False),)

    class Link(Frozen):
        account = ForeignKeyField(Account)
        is_login = BooleanField()

        class Meta:
            table_name = "link"

    class Device(Frozen):
        resident = ForeignKeyField(Resident, on_delete="CASCADE")
        token_hash = TextField(unique=True)
        name = TextField()
        created_at = DateTimeField()
        seen_at = DateTimeField()

        class Meta:
            table_name = "device"

    class LinkRequest(Frozen):
        kind = TextField()
        resident = ForeignKeyField(Resident, null=True, on_delete="SET NULL")
        supplier = ForeignKeyField(Supplier, null=True)
        account = ForeignKeyField(Account, null=True)
        number = TextField()
        full_name = TextField()
        email = TextField()
        phone = TextField()
        comment = TextField()
        file_key = TextField()
        file_name = TextField()
        file_kind = TextField()
        file_size = IntegerField()
        consent = ForeignKeyField(Text, null=True)
        address = TextField()
        once = TextField(unique=True)
        state = TextField()
        reason = TextField()
        created_at = DateTimeField()
        decided_at = DateTimeField(null=True)
        decided_by = ForeignKeyField(Resident, null=True, on_delete="SET NULL")

        class Meta:
            table_name = "link_request"
            indexes = ((("state", "id"), False),)

    flag = lambda usual: BooleanField(default=usual)  # noqa: E731
    text = lambda: TextField(default="")  # noqa: E731
    columns = {
        "resident": {
            "notify_email": flag(True), "notify_sms": flag(True), "notify_messenger": flag(True),
            "remind_readings": flag(True), "monthly_bill": flag(False),
            "factor": text(), "totp_secret": text(), "totp_step": BigIntegerField(default=0),
        },
        "session": {"current_account": IntegerField(null=True)},
        "code": {"channel": text(), "facts": text()},
        "link": {"is_login": flag(False)},
    }  # fmt: skip
    migrator.migrate(
        *(
            migrator.add_column(table, name, column)
            for table, added in columns.items()
            for name, column in added.items()
        )
    )
    Link.add_index(Link.index(Link.account, unique=True, where=SQL("is_login"), name="link_login"))
    Link._schema.create_indexes()
    Account.add_index(
        Account.index(
            Account.supplier,
            Account.contract,
            where=SQL("kind = 'organisation'"),
            name="account_organisation_contract",
        )
    )
    db.execute_sql("DROP INDEX account_house_id_flat")
    Account._schema.create_indexes()
    LinkRequest.add_index(
        LinkRequest.index(
            LinkRequest.resident,
            LinkRequest.account,
            unique=True,
            where=SQL("kind = 'objection' AND state = 'waiting'"),
            name="link_request_objection",
        )
    )
    db.create_tables([Device, LinkRequest])
