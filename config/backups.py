"""Backups of the database: which tools, what a snapshot holds, what a restore must bring back."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection

_COUNTED = {
    "triggers": "SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal",
    "constraints": "SELECT count(*) FROM pg_constraint WHERE connamespace = 'public'::regnamespace",
    "indexes": "SELECT count(*) FROM pg_indexes WHERE schemaname = 'public'",
    "views": "SELECT count(*) FROM pg_views WHERE schemaname = 'public'",
}


class BackupError(Exception):
    """A backup or restore cannot be done; the text says why."""


@dataclass(frozen=True)
class Tools:
    """A folder with pg_dump, pg_restore and psql of one major version."""

    folder: Path
    major: int

    def run(self, program: str, *arguments: str | Path, **options: Any) -> None:
        """Run a program against our database; raises BackupError with what it said."""
        done = subprocess.run(
            [self.folder / program, *arguments],
            env=_client_environment(),
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            **options,
        )
        if done.returncode:
            raise BackupError(f"{program} failed: {done.stderr.strip()}")


def server_major() -> int:
    """Return the major version of our database's server, such as 18."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        return int(cursor.fetchone()[0]) // 10000


def find_tools() -> Tools:
    """Return tools that understand the server: the system's if new enough, else the wheel's.

    The system's come first because the wheel's are built without TLS.
    """
    server = server_major()
    for folder in _tool_folders():
        tools = Tools(folder, _major(folder / "pg_dump"))
        if tools.major >= server:
            return tools
    raise BackupError(
        f"no pg_dump for PostgreSQL {server} found: install postgresql-client-{server}."
    )


def _tool_folders() -> Iterator[Path]:
    if found := shutil.which("pg_dump"):
        yield Path(found).parent
    # Debian's pg_dump is a wrapper that picks a version; the real ones stand here.
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    from config.postgres import binaries
    from config.processes import ServerError

    try:
        yield binaries()
    except ServerError:
        return


def _major(program: Path) -> int:
    if not program.exists():
        return 0
    told = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    found = re.search(r"\) (\d+)", told.stdout)
    return int(found[1]) if found else 0


def _client_environment() -> dict[str, str]:
    """Return the environment in which libpq's programs reach the very database we are on."""
    connection.ensure_connection()
    info = connection.connection.info
    named = {key: value for key, value in info.get_parameters().items() if key != "options"}
    variables = {_LIBPQ[key]: value for key, value in named.items() if key in _LIBPQ}
    clean = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
    clean["PGOPTIONS"] = "-c client_min_messages=warning"
    return clean | variables | ({"PGPASSWORD": info.password} if info.password else {})


_LIBPQ = {
    "host": "PGHOST",
    "hostaddr": "PGHOSTADDR",
    "port": "PGPORT",
    "user": "PGUSER",
    "dbname": "PGDATABASE",
    "service": "PGSERVICE",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "passfile": "PGPASSFILE",
}


def manifest_path(dump: Path) -> Path:
    """Return where the manifest of a dump stands: beside it."""
    return dump.with_name(dump.name + ".json")


def take_inventory() -> dict[str, Any]:
    """Return rows and a checksum of every table, and how many triggers, ... there are.

    The checksum does not depend on the order of rows. One full read of every table.
    """
    tables: dict[str, list[str]] = {}
    with connection.cursor() as cursor:
        cursor.execute("SET extra_float_digits = 3")
        for name in _tables():
            quoted = connection.ops.quote_name(name)
            total = "coalesce(sum(hashtextextended(t::text, 0)::numeric), 0)::text"
            cursor.execute(f"SELECT count(*)::text, {total} FROM {quoted} t")  # noqa: S608  (quoted)
            tables[name] = list(cursor.fetchone())
        objects = {}
        for name, statement in _COUNTED.items():
            cursor.execute(statement)
            objects[name] = cursor.fetchone()[0]
    return {"tables": tables, "objects": objects}


def _tables() -> list[str]:
    """Names of our tables; those of extensions belong to the extension."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT c.relname FROM pg_class c
            WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace
              AND NOT EXISTS (SELECT FROM pg_depend d
                              WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
                                AND d.deptype = 'e')
            ORDER BY c.relname
            """
        )
        return [name for (name,) in cursor.fetchall()]


def is_empty() -> bool:
    """Say whether the database has no table of anybody's."""
    return not _tables()


def other_sessions() -> int:
    """Count the other clients of this database."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        return int(cursor.fetchone()[0])


def differences(expected: dict[str, Any], found: dict[str, Any]) -> list[str]:
    """Name the tables and kinds of objects that differ between two inventories."""
    return [
        f"{name}: expected {expected[kind].get(name)}, found {found[kind].get(name)}"
        for kind in ("tables", "objects")
        for name in sorted(expected[kind].keys() | found[kind].keys())
        if expected[kind].get(name) != found[kind].get(name)
    ]


def write_durably(path: Path, content: dict[str, Any]) -> None:
    """Write JSON so that the file is either whole or not there."""
    unfinished = path.with_name(path.name + ".partial")
    with unfinished.open("w") as file:
        json.dump(content, file, indent=1)
    publish(unfinished, path)


def publish(unfinished: Path, path: Path) -> None:
    """Bring a finished file to the disk, then under its name."""
    for target in (unfinished, unfinished.parent):
        descriptor = os.open(target, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)
    unfinished.replace(path)
