"""Money given back; orders that are asked about again; events of banks that an operator has to look at. Frozen."""

from peewee import SQL, BigIntegerField, DateTimeField, ForeignKeyField, IntegerField, Model, TextField


def up(migrator, db):
    class Frozen(Model):
        class Meta:
            database = db
            legacy_table_names = False

    class Order(Frozen):
        class Meta:
            table_name = "payment_order"

    class OrderLine(Frozen):
        pass

    class Payment(Frozen):
        pass

    class GatewayEvent(Frozen):
        pass

    class Refund(Frozen):
        order = ForeignKeyField(Order)
        key = TextField(unique=True)
        amount = BigIntegerField()
        state = TextField()
        reason = TextField()
        who = TextField()
        asked_at = DateTimeField()
        done_at = DateTimeField(null=True)
        poll_at = DateTimeField(null=True)
        polls = IntegerField()

    class RefundLine(Frozen):
        refund = ForeignKeyField(Refund)
        line = ForeignKeyField(OrderLine)
        amount = BigIntegerField()
        payment = ForeignKeyField(Payment, null=True, unique=True, on_delete="SET NULL")

    Refund.add_index(SQL('CREATE INDEX "refund_to_ask" ON "refund" ("id") WHERE ("state" = \'asked\')'))
    RefundLine.add_index(SQL('CREATE INDEX "refundline_unmet" ON "refund_line" ("id") WHERE ("payment_id" IS NULL)'))
    db.create_tables([Refund, RefundLine])
    migrator.migrate(
        migrator.add_column("payment_order", "refunded", BigIntegerField(default=0)),
        migrator.add_column("gateway_event", "seen_at", DateTimeField(null=True)),
        migrator.add_column("gateway_event", "seen_by", TextField(default="")),
    )
    Order.add_index(
        SQL(
            'CREATE INDEX "order_to_recheck" ON "payment_order" ("poll_at")'
            " WHERE ((\"state\" IN ('paid', 'posted', 'failed', 'expired')) AND (\"poll_at\" IS NOT NULL))"
        )
    )
    Order._schema.create_indexes()
    GatewayEvent.add_index(
        SQL(
            'CREATE INDEX "gatewayevent_open" ON "gateway_event" ("id")'
            " WHERE ((\"verdict\" IN ('wrong amount', 'unknown order', 'unclear')) AND (\"seen_at\" IS NULL))"
        )
    )
    GatewayEvent._schema.create_indexes()
