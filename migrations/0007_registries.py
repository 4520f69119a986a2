"""Bank registries: files and their lines, operations taken in once, what of them the billing has met."""

from peewee import (
    BigIntegerField,
    BlobField,
    DateField,
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

    class Supplier(Frozen):
        class Meta:
            table_name = "supplier"

    class Account(Frozen):
        class Meta:
            table_name = "account"

    class Payment(Frozen):
        class Meta:
            table_name = "payment"

    class OrderLine(Frozen):
        class Meta:
            table_name = "order_line"

    class Registry(Frozen):
        supplier = ForeignKeyField(Supplier)
        layout = TextField()
        bank = TextField()
        file_name = TextField()
        sha256 = TextField(unique=True)
        content = BlobField()
        encoding = TextField()
        who = TextField()
        created_at = DateTimeField()
        state = TextField()
        day = DateField()
        remarks = TextField()
        count_told = IntegerField(null=True)
        paid_told = BigIntegerField(null=True)
        transferred_told = BigIntegerField(null=True)
        fee_told = BigIntegerField(null=True)
        document = TextField()
        document_on = DateField(null=True)
        posted_at = DateTimeField(null=True)
        posted_by = TextField()
        received_on = DateField(null=True)

        class Meta:
            table_name = "registry"

    class RegistryLine(Frozen):
        registry = ForeignKeyField(Registry, on_delete="CASCADE", index=False)
        line = IntegerField()
        state = TextField()
        key = TextField()
        operation = TextField()
        account_number = TextField()
        account = ForeignKeyField(Account, null=True, index=False)
        paid_on = DateField()
        time = TextField()
        amount = BigIntegerField()
        transferred = BigIntegerField(null=True)
        fee = BigIntegerField(null=True)
        payer = TextField()
        address = TextField()
        period = TextField()
        service = TextField()
        purpose = TextField()
        text = TextField()
        reason = TextField()
        settles = ForeignKeyField(Registry, null=True, on_delete="SET NULL", backref="settlements")
        decided_at = DateTimeField(null=True)
        decided_by = TextField()

        class Meta:
            table_name = "registry_line"
            indexes = (
                (("registry", "line"), True),
                (("registry", "key", "line"), False),
                (("account", "paid_on", "amount"), False),
            )

    class BankOperation(Frozen):
        supplier = ForeignKeyField(Supplier, index=False)
        key = TextField()
        line = ForeignKeyField(RegistryLine, unique=True, on_delete="CASCADE")

        class Meta:
            table_name = "bank_operation"
            indexes = ((("supplier", "key"), True),)

    class RegistryMatch(Frozen):
        line = ForeignKeyField(RegistryLine, unique=True, on_delete="CASCADE")
        payment = ForeignKeyField(Payment, null=True, unique=True, on_delete="SET NULL")
        order_line = ForeignKeyField(OrderLine, null=True, unique=True)
        matched_at = DateTimeField()

        class Meta:
            table_name = "registry_match"

    line, match = RegistryLine, RegistryMatch
    for field, where, name in (
        (line.account, line.state == "open", "registry_line_open"),
        (line.id, line.state == "waiting", "registry_line_waiting"),
        (line.account_number, line.decided_at.is_null(False), "registry_line_decided"),
        (match.line, match.payment.is_null() & match.order_line.is_null(), "registry_match_lost"),
    ):
        field.model.add_index(field.model.index(field, where=where, name=name))
    db.create_tables([Registry, RegistryLine, BankOperation, RegistryMatch])
