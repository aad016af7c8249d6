"""`manage.py import_vehicles`: a dealer's list of vehicles becomes scored leads."""

import csv
import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from crm.exceptions import Refused
from crm.exports import disarm
from crm.importing.reading import rearmed
from leads.management.progress import progress
from leads.services.vehicle_import import Result, import_vehicles

_SHOWN = 20


class Command(BaseCommand):
    help = (
        "Import vehicles from a CSV or XLSX file and score them: VIN, mileage and ZIP, and where "
        "known starts a year, short trips, a battery test with its date, state of charge, and "
        "the customer's name and phone. Columns are found by their headers. Exit code 0: every "
        "row is in; 1: some rows were refused, the others are in; 2: the file was refused."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="do it all, then roll it back")
        parser.add_argument(
            "--refused",
            type=Path,
            help="where refused rows go with their reasons (beside the file, if there are any)",
        )
        parser.add_argument("--json", action="store_true", help="print the report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        if not path.is_file():
            raise CommandError(f"There is no file {path}.", returncode=2)
        try:
            with progress("Importing", None) as advance:
                result = import_vehicles(path=path, dry_run=options["dry_run"], progress=advance)
        except Refused as refused:
            raise CommandError(str(refused), returncode=2) from refused
        kept = options["refused"] or path.with_name(f"{path.stem}_refused.csv")
        if result.refusals:
            _write_refused(result, kept)
        if options["json"]:
            self._show_json(result, dry_run=options["dry_run"])
        else:
            self._show(result, kept, dry_run=options["dry_run"])
        if result.refusals:
            sys.exit(1)

    def _show(self, result: Result, kept: Path, *, dry_run: bool) -> None:
        matched = ", ".join(f"{header} = {name}" for header, name in result.columns.items())
        self.stderr.write(f"Columns: {matched}")
        for refusal in result.refusals[:_SHOWN]:
            self.stderr.write(f"Row {refusal.line} refused. {refusal.reason}")
        for line, text in result.notices[:_SHOWN]:
            self.stderr.write(f"Row {line}: {text}")
        self.stdout.write(f"{result.rows:>9,}  rows")
        self.stdout.write(f"{len(result.refusals):>9,}  refused")
        for name, count in result.records.items():
            self.stdout.write(f"{count:>9,}  {name.replace('_', ' ')}")
        if result.refusals:
            self.stdout.write(f"Refused rows: {kept}")
        if dry_run:
            self.stdout.write("Dry run: nothing was kept.")
        else:
            self.stdout.write(f"To take it back: manage.py revert_import {result.run.pk}")

    def _show_json(self, result: Result, *, dry_run: bool) -> None:
        report = {
            "run": None if dry_run else str(result.run.pk),
            "dry_run": dry_run,
            "columns": result.columns,
            "rows": result.rows,
            "records": result.records,
            "refused": [
                {"row": found.line, "field": found.field, "reason": found.reason}
                for found in result.refusals
            ],
            "notices": [{"row": line, "text": text} for line, text in result.notices],
        }
        self.stdout.write(json.dumps(report, ensure_ascii=False, indent=2))


def _write_refused(result: Result, path: Path) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows(_refused_rows(result))


def _refused_rows(result: Result) -> Iterator[list[Any]]:
    """The file's columns, which can be corrected and imported again, then row, field, reason."""
    headers = result.run.headers
    yield [*map(disarm, headers), "Row", "Field", "Why it was refused"]
    for refusal in result.refusals:
        cells = list(refusal.cells)
        # Surplus cells are why the row was refused: they stay together in the last column.
        if len(cells) > len(headers):
            cells = [*cells[: len(headers) - 1], ", ".join(cells[len(headers) - 1 :])]
        yield [
            *(disarm(rearmed(cell)) for cell in cells),
            refusal.line,
            refusal.field,
            refusal.reason,
        ]
