"""Helpers of the migrations that carry SQL in files beside them."""

from pathlib import Path

from django.db import migrations

FOLDER = Path(__file__).parent / "sql"


def sql_file(name: str, folder: Path = FOLDER) -> migrations.RunSQL:
    """Run `<name>.sql` of `folder` (another app gives its own), undone by `<name>_reverse.sql`."""
    return migrations.RunSQL(
        (folder / f"{name}.sql").read_text(), (folder / f"{name}_reverse.sql").read_text()
    )


def cascade(table: str, column: str, target: str, action: str) -> str:
    """SQL that gives the foreign key of `table.column` the delete rule `action`.

    Django names its constraints by a hash, so the present name is looked up.
    """
    return f"""
    DO $$
    DECLARE present text;
    BEGIN
        SELECT conname INTO STRICT present FROM pg_constraint
        WHERE conrelid = '{table}'::regclass AND contype = 'f'
          AND conkey = ARRAY[(SELECT attnum FROM pg_attribute
                              WHERE attrelid = '{table}'::regclass AND attname = '{column}')];
        EXECUTE format('ALTER TABLE {table} DROP CONSTRAINT %I', present);
        EXECUTE format('ALTER TABLE {table} ADD CONSTRAINT %I FOREIGN KEY ({column})
            REFERENCES {target} (id) ON DELETE {action} DEFERRABLE INITIALLY DEFERRED', present);
    END $$
    """  # noqa: S608  (names of our own, no input)
