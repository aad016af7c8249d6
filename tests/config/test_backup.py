"""`backup` and `restore` between two databases, while rows are being written."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from config import backups
from config.environment import BASE_DIR
from crm.models import Customer, CustomerNote
from tests.factories import CustomerFactory, VehicleFactory

pytestmark = pytest.mark.django_db(transaction=True)


def url_of(database: str) -> str:
    settings = connection.settings_dict
    account = quote(settings["USER"] or "", safe="")
    if settings["PASSWORD"]:
        account += ":" + quote(settings["PASSWORD"], safe="")
    host = quote(settings["HOST"] or "", safe="")
    port = f":{settings['PORT']}" if settings["PORT"] else ""
    return f"postgresql://{account}@{host}{port}/{database}"


def manage(database: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a process of its own, against `database`."""
    environment = os.environ | {"DATABASE_URL": url_of(database)}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def empty_database() -> Iterator[str]:
    """The name of a new database beside the tests' own."""
    name = f"{connection.settings_dict['NAME']}_restored"
    with psycopg.connect(url_of("postgres"), autocommit=True) as admin:
        admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        admin.execute(f'CREATE DATABASE "{name}"')
        yield name
        admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    VehicleFactory()
    file = tmp_path / "lanewise.dump"
    call_command("backup", str(file), verbosity=0)
    return file


class Writer(threading.Thread):
    """Writes customers, each with one note in the same transaction, until told to stop."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.enough = threading.Event()
        self.written = 0

    def run(self) -> None:
        while not self.enough.is_set():
            with transaction.atomic():
                CustomerNote.objects.create(customer=CustomerFactory(), text="while backing up")
            self.written += 1
        connection.close()


def rows(database: str, statement: str) -> list[Any]:
    with psycopg.connect(url_of(database)) as other:
        return other.execute(statement).fetchall()


def test_backup_while_writing_restores_to_the_snapshot(tmp_path: Path, empty_database: str) -> None:
    VehicleFactory.create_batch(20)
    file = tmp_path / "lanewise.dump"
    writer = Writer()
    writer.start()
    try:
        call_command("backup", str(file), verbosity=0)
        call_command("backup", str(tmp_path / "second.dump"), verbosity=0)
    finally:
        writer.enough.set()
        writer.join()

    done = manage(empty_database, "restore", str(file))

    assert done.returncode == 0, done.stderr
    manifest = json.loads(backups.manifest_path(file).read_text())
    [(customers,)] = rows(empty_database, "SELECT count(*) FROM customers")
    assert customers == int(manifest["tables"]["customers"][0])
    assert 20 <= customers < Customer.objects.count()  # the writer went on after the snapshot
    # One moment for all tables: no customer without the note of the same transaction.
    [(notes,)] = rows(empty_database, "SELECT count(*) FROM customer_notes")
    assert customers == notes + 20
    second = json.loads(backups.manifest_path(tmp_path / "second.dump").read_text())
    assert int(second["tables"]["customers"][0]) > customers


def test_restored_database_needs_no_migration_and_takes_writes(
    dump: Path, empty_database: str
) -> None:
    assert manage(empty_database, "restore", str(dump)).returncode == 0
    assert manage(empty_database, "migrate", "--check").returncode == 0
    with psycopg.connect(url_of(empty_database)) as other:
        other.execute("UPDATE customers SET first_name = 'Renamed'")
        [(audited,)] = other.execute(
            "SELECT count(*) FROM audit_log WHERE after->>'first_name' = 'Renamed'"
        ).fetchall()
    assert audited == 1


def test_restore_into_a_full_database_needs_force(dump: Path, empty_database: str) -> None:
    assert manage(empty_database, "restore", str(dump)).returncode == 0
    refused = manage(empty_database, "restore", str(dump))
    assert refused.returncode == 2
    assert "not empty. --force" in refused.stderr
    assert manage(empty_database, "restore", "--force", str(dump)).returncode == 0


def test_restore_of_a_damaged_file_changes_nothing(dump: Path, empty_database: str) -> None:
    assert manage(empty_database, "restore", str(dump)).returncode == 0
    with dump.open("r+b") as file:
        file.truncate(dump.stat().st_size - 3000)
    refused = manage(empty_database, "restore", "--force", str(dump))
    assert refused.returncode == 1
    assert "Nothing was changed" in refused.stderr
    assert rows(empty_database, "SELECT count(*) FROM vehicles") == [(1,)]


def test_restore_beside_other_sessions_is_refused(dump: Path, empty_database: str) -> None:
    with psycopg.connect(url_of(empty_database)):
        refused = manage(empty_database, "restore", str(dump))
    assert refused.returncode == 2
    assert "1 other connections use the database. Stop Lanewise" in refused.stderr


def test_restore_that_differs_from_its_manifest_is_reported(
    dump: Path, empty_database: str
) -> None:
    path = backups.manifest_path(dump)
    manifest = json.loads(path.read_text())
    manifest["tables"]["customers"] = ["5", "0"]
    path.write_text(json.dumps(manifest))
    refused = manage(empty_database, "restore", str(dump))
    assert refused.returncode == 1
    assert "customers: expected ['5', '0'], found ['1'" in refused.stderr


def test_restore_without_manifest_is_refused(dump: Path) -> None:
    backups.manifest_path(dump).unlink()
    with pytest.raises(CommandError, match=r"lanewise\.dump\.json is missing") as refused:
        call_command("restore", str(dump))
    assert refused.value.returncode == 2


def test_backup_never_overwrites(dump: Path) -> None:
    before = dump.read_bytes()
    with pytest.raises(CommandError, match="exists already") as refused:
        call_command("backup", str(dump))
    assert refused.value.returncode == 2
    assert dump.read_bytes() == before


def test_backup_that_fails_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: backups.Tools, program: str, *arguments: object, **options: object) -> None:
        raise backups.BackupError("pg_dump failed: disk full")

    monkeypatch.setattr(backups.Tools, "run", fail)
    with pytest.raises(CommandError, match="disk full"):
        call_command("backup", str(tmp_path / "lanewise.dump"))
    assert list(tmp_path.iterdir()) == []


def test_find_tools_none_new_enough_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backups, "_major", lambda program: 9)
    with pytest.raises(backups.BackupError, match=r"install postgresql-client-\d+"):
        backups.find_tools()
