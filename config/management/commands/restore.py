"""`manage.py restore FILE`: bring a backup back, all of it or nothing."""

import json
import subprocess
import tempfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError
from django.db import connection

from config import backups

_MAKE_ROOM = "DROP SCHEMA public CASCADE"  # the dump creates it again


class Command(BaseCommand):
    help = "Restore a file of `manage.py backup` into an empty database and verify it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--force", action="store_true", help="replace what the database holds")

    def handle(self, *args: Any, file: Path, force: bool, **options: Any) -> None:
        manifest = self._read_manifest(file)
        self._require_room(force)
        try:
            self._restore(backups.find_tools(), file)
        except backups.BackupError as error:
            raise CommandError(f"{error}\nNothing was changed.") from error
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        different = backups.differences(manifest, backups.take_inventory())
        if different:
            raise CommandError("The restored database differs:\n" + "\n".join(different))
        self.stdout.write(
            f"{file}: {len(manifest['tables'])} tables restored and verified. "
            "Run `manage.py migrate` if this Lanewise is newer than the backup."
        )

    def _read_manifest(self, file: Path) -> dict[str, Any]:
        path = backups.manifest_path(file)
        for needed in (file, path):
            if not needed.exists():
                raise CommandError(f"{needed} is missing.", returncode=2)
        manifest: dict[str, Any] = json.loads(path.read_text())
        if backups.server_major() < manifest["server"]:
            raise CommandError(
                f"The backup is of PostgreSQL {manifest['server']}; this server is older.",
                returncode=2,
            )
        return manifest

    def _require_room(self, force: bool) -> None:
        if not backups.is_empty() and not force:
            raise CommandError(
                "The database is not empty. --force replaces everything in it.", returncode=2
            )
        if others := backups.other_sessions():
            raise CommandError(
                f"{others} other connections use the database. Stop Lanewise (web, worker, beat).",
                returncode=2,
            )

    def _restore(self, tools: backups.Tools, file: Path) -> None:
        """Run the dump as one transaction of psql, after emptying the schema in the same one."""
        with tempfile.NamedTemporaryFile(suffix=".sql", dir=file.parent) as script:
            tools.run("pg_restore", "--no-owner", "--no-privileges", "--file", script.name, file)
            tools.run(
                "psql",
                *("--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1"),
                *("--command", _MAKE_ROOM, "--file", script.name),
                stdout=subprocess.DEVNULL,
            )
