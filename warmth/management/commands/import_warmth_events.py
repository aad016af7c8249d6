import csv
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from warmth.enums import EventSource
from warmth.services.events import FIELDS, MAX_ROWS, EventReport, record_events

REQUIRED = ("customer_id", "event_type")
SHOWN = 20


class Command(BaseCommand):
    help = (
        "Record engagements from a CSV file with the columns customer_id, event_type and, where "
        "known, occurred_at (with its zone), event_key, value, subject. Rows with an event_key "
        "that is known are passed over, so a file can be sent again. Exit code 0: every row is in; "
        "2: the file or rows of it were refused, the others are in."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="do it all, then roll it back")
        parser.add_argument("--refused", type=Path, help="write refused rows into this CSV file")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        try:
            total = EventReport()
            refused = self._import(path, total, dry_run=options["dry_run"])
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}.", returncode=2) from None
        except (UnicodeDecodeError, csv.Error):
            raise CommandError(f"{path} is not a CSV file in UTF-8.", returncode=2) from None
        verb = "would be recorded" if options["dry_run"] else "recorded"
        self.stdout.write(
            f"{total.recorded:,} {verb}, {total.known:,} known, {len(refused):,} refused."
        )
        for line, reason in refused[:SHOWN]:
            self.stderr.write(f"Line {line}: {reason}")
        if options["refused"]:
            _write_refused(options["refused"], refused)
        if refused:
            sys.exit(2)

    def _import(self, path: Path, total: EventReport, *, dry_run: bool) -> list[tuple[int, str]]:
        """Record slice by slice; the refused rows as (line of the file, why)."""
        refused: list[tuple[int, str]] = []
        with path.open(encoding="utf-8-sig", newline="") as file, self._progress() as bar:
            task = bar.add_task("Recording", total=None)
            for start, rows in _slices(csv.DictReader(file), path):
                with transaction.atomic():
                    report = record_events(rows, source=EventSource.IMPORT)
                    if dry_run:
                        transaction.set_rollback(True)
                total.recorded += report.recorded
                total.known += report.known
                # The first line is the head.
                refused += [(start + place + 2, str(reason)) for place, reason in report.refused]
                bar.advance(task, len(rows))
        return refused

    def _progress(self) -> Progress:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        return Progress(*columns, disable=not self.stdout.isatty(), transient=True)


def _slices(
    reader: "csv.DictReader[str]", path: Path
) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """(number of the first row, at most MAX_ROWS rows), columns without a value left out."""
    head = set(reader.fieldnames or ())
    unknown, missing = sorted(head - FIELDS), [name for name in REQUIRED if name not in head]
    if unknown or missing:
        fault = f"an unknown column “{unknown[0]}”" if unknown else f"no column “{missing[0]}”"
        raise CommandError(f"{path} has {fault}.", returncode=2)
    start = 0
    while rows := list(islice(reader, MAX_ROWS)):
        yield start, [{name: value for name, value in row.items() if name} for row in rows]
        start += len(rows)


def _write_refused(path: Path, refused: list[tuple[int, str]]) -> None:
    """All or nothing: a half-written list would hide rows."""
    part = path.with_name(f"{path.name}.part")
    with part.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["line", "reason"])
        writer.writerows(refused)
    part.replace(path)
