from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from rich.progress import Progress, SpinnerColumn, TextColumn

from warmth.services import maintenance


class Command(BaseCommand):
    help = (
        "Move history of warmth older than two years into the archive, where the views still read "
        "it, or back again. Runs nightly by itself. Exit code 2: the options make no sense."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--older-than-days",
            type=int,
            default=maintenance.KEPT_DAYS,
            help=f"age in days from which rows are old (default: {maintenance.KEPT_DAYS})",
        )
        parser.add_argument("--dry-run", action="store_true", help="only count what would move")
        parser.add_argument(
            "--restore",
            type=int,
            metavar="DAYS",
            help="move archived rows of the last DAYS days back instead",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        days, back = options["older_than_days"], options["restore"]
        if days < 1 or (back is not None and back < 1):
            raise CommandError("A number of days is at least 1.", returncode=2)
        if back is not None and options["dry_run"]:
            raise CommandError("--dry-run is not for --restore.", returncode=2)
        if options["dry_run"]:
            rows = maintenance.countable_history(older_than_days=days)
            self.stdout.write(f"{rows:,} rows would move to the archive.")
            return
        with self._progress() as bar:
            task = bar.add_task("Moving", total=None)

            def step(moved: int) -> None:
                bar.update(task, description=f"{moved:,} rows moved")

            if back is None:
                rows = maintenance.archive_history(older_than_days=days, progress=step)
            else:
                since = timezone.now() - timedelta(days=back)
                rows = maintenance.restore_history(since=since, progress=step)
        self.stdout.write(f"{rows:,} rows moved {'to the archive' if back is None else 'back'}.")

    def _progress(self) -> Progress:
        columns = (SpinnerColumn(), TextColumn("{task.description}"))
        return Progress(*columns, disable=not self.stdout.isatty(), transient=True)
