"""Indexes of the log that end in the id: what nobody did is found without walking all that was done. Frozen."""


def up(migrator, db):
    for column in ("action", "object", "actor_name"):
        db.execute_sql(f'CREATE INDEX "audit_{column}_id" ON "audit" ("{column}", "id")')
    db.execute_sql('DROP INDEX "audit_action"')


def down(migrator, db):
    db.execute_sql('CREATE INDEX "audit_action" ON "audit" ("action")')
    for column in ("action", "object", "actor_name"):
        db.execute_sql(f'DROP INDEX "audit_{column}_id"')
