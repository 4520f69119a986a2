"""Cards kept at banks, which card an order is paid by, autopay and its runs. Frozen."""

from peewee import (
    SQL,
    BigIntegerField,
    BooleanField,
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

    class Resident(Frozen):
        pass

    class Account(Frozen):
        pass

    class Link(Frozen):
        pass

    class Order(Frozen):
        class Meta:
            table_name = "payment_order"

    class BankCard(Frozen):
        resident = ForeignKeyField(Resident, on_delete="CASCADE")
        gateway = TextField()
        name = TextField()
        masked = TextField()
        kept_at = DateTimeField()
        removed_at = DateTimeField(null=True)
        forgotten_at = DateTimeField(null=True)

        class Meta:
            indexes = ((("resident", "gateway", "name"), True),)

    class OrderCard(Frozen):
        order = ForeignKeyField(Order, unique=True, on_delete="CASCADE")
        card = ForeignKeyField(BankCard, null=True, on_delete="SET NULL")
        keep = BooleanField()

    class Autopay(Frozen):
        link = ForeignKeyField(Link, unique=True, on_delete="CASCADE")
        account = ForeignKeyField(Account, unique=True)
        card = ForeignKeyField(BankCard, on_delete="CASCADE")
        day = IntegerField(null=True)
        most = BigIntegerField()
        since = DateField()
        after = TextField()

    class AutopayRun(Frozen):
        account = ForeignKeyField(Account)
        occasion = TextField()
        autopay = ForeignKeyField(Autopay, null=True, on_delete="SET NULL")
        resident = ForeignKeyField(Resident, on_delete="CASCADE")
        amount = BigIntegerField()
        fee = BigIntegerField()
        charge_on = DateField()
        state = TextField()
        reason = TextField()
        order = ForeignKeyField(Order, null=True, unique=True)
        card = ForeignKeyField(BankCard, null=True, on_delete="SET NULL")
        told_at = DateTimeField()
        poll_at = DateTimeField(null=True)
        polls = IntegerField()

        class Meta:
            indexes = ((("account", "occasion"), True),)

    BankCard.add_index(
        SQL(
            'CREATE INDEX "bankcard_to_forget" ON "bank_card" ("removed_at")'
            ' WHERE (("removed_at" IS NOT NULL) AND ("forgotten_at" IS NULL))'
        )
    )
    AutopayRun.add_index(
        SQL('CREATE INDEX "autopayrun_open" ON "autopay_run" ("id") WHERE ("state" IN (\'told\', \'ordered\'))')
    )
    db.create_tables([BankCard, OrderCard, Autopay, AutopayRun])
