import csv
import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from crm.enums import ImportStatus
from crm.exceptions import Refused
from crm.importing.fields import LABELS
from crm.models import ImportRun
from crm.services import import_files, imports
from crm.services.import_refusals import refused_rows
from crm.services.import_report import Report

SHOWN = 10


class Command(BaseCommand):
    help = (
        "Import customers with their vehicles from a CSV or XLSX file. Exit code 0: every row is "
        "in; 2: rows or the file were refused."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="do it all, then roll it back")
        parser.add_argument(
            "--mapping", type=Path, help='JSON file: {"header": "field" or null, ...}'
        )
        parser.add_argument("--refused", type=Path, help="write refused rows into this CSV file")
        parser.add_argument("--batch-label", default="", help="what to call the batch")
        parser.add_argument(
            "--move-vehicles", action="store_true", help="rows may change a vehicle's owner"
        )
        parser.add_argument("--again", action="store_true", help="import the same file once more")
        parser.add_argument("--json", action="store_true", help="print the report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        if not path.is_file():
            raise CommandError(f"There is no file {path}.", returncode=2)
        try:
            run, report = self._import(path, options)
        except Refused as refused:
            self._fail(refused, as_json=options["json"])
            sys.exit(2)
        self._show(run, report, options)
        if options["dry_run"]:
            run.delete()
        if report.refused:
            sys.exit(2)

    def _import(self, path: Path, options: dict[str, Any]) -> tuple[ImportRun, Report]:
        run = import_files.register(path=path, name=path.name, by=None)
        try:
            mapping = _mapping(options["mapping"]) or run.mapping
            imports.match_columns(
                run=run, mapping=mapping, options={"move_vehicles": options["move_vehicles"]}
            )
            if options["dry_run"]:
                with self._progress(run, "Checking") as step:
                    return run, imports.check(run=run, path=path, progress=step)
            run = self._begin(run, options)
        except Refused:
            ImportRun.objects.filter(pk=run.pk, batch=None).delete()
            raise
        with self._progress(run, "Importing") as step:
            report = imports.import_all(run=run, path=path, progress=step)
        run.refresh_from_db()
        return run, report

    def _begin(self, run: ImportRun, options: dict[str, Any]) -> ImportRun:
        """Start the run, or go on with one of the same file that was interrupted."""
        earlier = imports.earlier_import(run)
        if earlier and earlier.status == ImportStatus.RUNNING and not options["again"]:
            self.stderr.write(f"Going on at row {earlier.done_rows + 1:,}.")
            run.delete()
            return earlier
        imports.begin(run=run, again=options["again"], label=options["batch_label"])
        return run

    def _progress(self, run: ImportRun, verb: str) -> "_Steps":
        return _Steps(verb, hidden=not sys.stderr.isatty())

    def _show(self, run: ImportRun, report: Report, options: dict[str, Any]) -> None:
        if options["refused"]:
            with options["refused"].open("w", encoding="utf-8-sig", newline="") as file:
                csv.writer(file).writerows(refused_rows(run, is_preview=options["dry_run"]))
        if options["json"]:
            extra = {
                "run": None if options["dry_run"] else str(run.pk),
                "dry_run": options["dry_run"],
                "mapping": run.mapping,
                "ignored": [header for header, name in run.mapping.items() if not name],
            }
            self.stdout.write(json.dumps(report.as_json() | extra, ensure_ascii=False, indent=2))
            return
        self._show_text(run, report, dry_run=options["dry_run"])

    def _show_text(self, run: ImportRun, report: Report, *, dry_run: bool) -> None:
        ignored = [header for header, name in run.mapping.items() if not name]
        if ignored:
            self.stderr.write(f"Ignored columns: {', '.join(ignored)}")
        for refusal in report.examples.get("refused", [])[:SHOWN]:
            self.stderr.write(f"Row {refusal['line']} refused. {refusal['reason']}")
        for notice in report.examples.get("notices", [])[:SHOWN]:
            self.stderr.write(f"Row {notice['line']}: {notice['text']}")
        for count, meaning in (
            (report.rows, "rows"),
            (report.created, "brought a new customer"),
            (report.changed, "changed something or added a vehicle"),
            (report.same, "were in the books already"),
            (report.refused, "refused"),
            (report.notices, "imported in part (see above)"),
        ):
            self.stdout.write(f"{count:>9,}  {meaning}")
        for name, count in report.records.items():
            self.stdout.write(f"{count:>9,}  {name.replace('_', ' ')}")
        if dry_run:
            self.stdout.write("Dry run: nothing was written.")
        else:
            self.stdout.write(f"To take it back: manage.py revert_import {run.pk}")

    def _fail(self, refused: Refused, *, as_json: bool) -> None:
        if as_json:
            problem = {"error": refused.code, "message": refused.message, "remedy": refused.remedy}
            self.stdout.write(json.dumps(problem, ensure_ascii=False))
        self.stderr.write(str(refused))


class _Steps:
    """A progress bar on the terminal; nothing where nobody watches."""

    def __init__(self, verb: str, *, hidden: bool) -> None:
        self.bar = Progress(
            TextColumn(verb), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
            disable=hidden,
        )  # fmt: skip
        self.task = self.bar.add_task(verb, total=None)

    def __enter__(self) -> imports.Progress:
        self.bar.start()
        return lambda done, total: self.bar.update(self.task, completed=done, total=total)

    def __exit__(self, *failure: object) -> None:
        self.bar.stop()


def _mapping(path: Path | None) -> dict[str, str | None] | None:
    if path is None:
        return None
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Refused(f"{path} is no JSON file: {error}", code="mapping") from error
    if not isinstance(found, dict) or not all(
        isinstance(name, str | None) for name in found.values()
    ):
        raise Refused(
            "The mapping is not an object of headers and fields.",
            code="mapping",
            remedy=f'Write {{"Header": "field"}} with fields of: {", ".join(LABELS)}.',
        )
    return found
