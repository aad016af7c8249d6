"""SQL in files beside the migrations."""

from pathlib import Path

from django.db import migrations

FOLDER = Path(__file__).parent / "sql"


def sql_file(name: str) -> migrations.RunSQL:
    """Run `sql/<name>.sql`, undone by `sql/<name>_reverse.sql`."""
    return migrations.RunSQL(
        (FOLDER / f"{name}.sql").read_text(), (FOLDER / f"{name}_reverse.sql").read_text()
    )
