"""Namesakes in their order: the index of names ends in the id, so PostgreSQL need not sort all who bear one. Frozen."""


def up(migrator, db):
    db.execute_sql('DROP INDEX "resident_name_key"')
    db.execute_sql('CREATE INDEX "resident_name_key" ON "resident" ("name_key", "id")')


def down(migrator, db):
    db.execute_sql('DROP INDEX "resident_name_key"')
    db.execute_sql('CREATE INDEX "resident_name_key" ON "resident" ("name_key")')
