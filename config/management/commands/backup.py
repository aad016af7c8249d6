"""`manage.py backup [FILE]`: the whole database as it was at one moment, while people work."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError
from django.db import connection, transaction
from django.utils import timezone

from config import backups
from config.environment import var_dir


class Command(BaseCommand):
    help = "Write the database into FILE (pg_dump's custom format) and a manifest beside it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, help="default: under var/backups/")

    def handle(self, *args: Any, file: Path | None, **options: Any) -> None:
        target = file or var_dir() / "backups" / f"lanewise-{timezone.now():%Y%m%d-%H%M%S}.dump"
        if target.exists():
            raise CommandError(f"{target} exists already.", returncode=2)
        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished = target.with_name(target.name + ".partial")
        unfinished.touch(mode=0o600)
        try:
            inventory = self._dump(backups.find_tools(), unfinished)
        except backups.BackupError as error:
            unfinished.unlink()
            raise CommandError(str(error)) from error
        # The manifest first: a dump under its final name always has one.
        backups.write_durably(backups.manifest_path(target), inventory)
        backups.publish(unfinished, target)
        rows = sum(int(count) for count, _ in inventory["tables"].values())
        self.stdout.write(f"{target}: {len(inventory['tables'])} tables, {rows} rows")

    def _dump(self, tools: backups.Tools, unfinished: Path) -> dict[str, Any]:
        """Dump and count in one snapshot, so that the manifest describes this very dump."""
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute("SELECT pg_export_snapshot()")
            snapshot = cursor.fetchone()[0]
            tools.run(
                "pg_dump",
                *("--format=custom", "--schema=public", "--extension=*"),
                *("--no-owner", "--no-privileges", "--no-comments"),
                f"--snapshot={snapshot}",
                f"--file={unfinished}",
            )
            created = {"created_at": timezone.now().isoformat(), "server": backups.server_major()}
            return created | backups.take_inventory()
