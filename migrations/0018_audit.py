"""The log stays as it was written: triggers that refuse a change or a removal of its rows, and indexes to find by. Frozen."""

COLUMNS = ("id", "at", "actor_name", "action", "object", "object_id", "before", "after")
REASON = "the audit log is append-only"


def up(migrator, db):
    for name, columns in (
        ("audit_action", '"action"'),
        ("audit_object_object_id", '"object", "object_id"'),
        ("audit_actor_id_action", '"actor_id", "action"'),
        ("audit_actor_name_actor_id", '"actor_name", "actor_id"'),
    ):
        db.execute_sql(f'CREATE INDEX "{name}" ON "audit" ({columns})')
    if db.__class__.__name__.endswith("PostgresqlDatabase"):
        _on_postgresql(db)
    else:
        _on_sqlite(db)


def _on_sqlite(db):
    """An actor becomes NULL when his row goes (the foreign key says so); nothing else of a row changes."""
    same = " AND ".join(f'NEW."{name}" IS OLD."{name}"' for name in COLUMNS)
    refuse = f"BEGIN SELECT RAISE(ABORT, '{REASON}'); END"
    db.execute_sql(
        f'CREATE TRIGGER "audit_unchanged" BEFORE UPDATE ON "audit"'
        f' WHEN NOT (NEW."actor_id" IS NULL AND {same}) {refuse}'
    )
    db.execute_sql(f'CREATE TRIGGER "audit_unremoved" BEFORE DELETE ON "audit" {refuse}')


def _on_postgresql(db):
    new, old = (", ".join(f'{row}."{name}"' for name in COLUMNS) for row in ("NEW", "OLD"))
    db.execute_sql(
        f"""
        CREATE FUNCTION audit_kept() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'UPDATE' THEN
                IF NEW."actor_id" IS NULL AND ({new}) IS NOT DISTINCT FROM ({old}) THEN
                    RETURN NEW;
                END IF;
            END IF;
            RAISE EXCEPTION '{REASON}' USING ERRCODE = 'integrity_constraint_violation';
        END $$
        """
    )
    db.execute_sql(
        'CREATE TRIGGER "audit_kept" BEFORE UPDATE OR DELETE ON "audit" FOR EACH ROW EXECUTE FUNCTION audit_kept()'
    )
