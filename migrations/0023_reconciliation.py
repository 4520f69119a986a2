"""Payments by their day: the reconciliation shows the first of what did not meet without reading them all. Frozen."""


def up(migrator, db):
    db.execute_sql('CREATE INDEX "payment_paid_on" ON "payment" ("paid_on", "id")')


def down(migrator, db):
    db.execute_sql('DROP INDEX "payment_paid_on"')
