"""`manage.py validate_leads`: the seed's checklist, each line measured."""

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from crm.decoder import decode_many
from crm.exceptions import Refused
from leads.exporting.readers import read_file
from leads.models import ScoringParameters
from leads.parameters import SEED
from leads.services import exports
from leads.validation import Checklist, Line, verdict


class Command(BaseCommand):
    help = (
        "Hold generated leads to the seed's validation checklist and quality targets: those of "
        "a JSON or CSV file, or the synthetic ones of the database. Exit code 0: every line is "
        "met; 1: some line is not; 2: the file cannot be read."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, help="left out: the database")
        parser.add_argument("--json", action="store_true", help="print the verdict as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        sets = {row.name: row.values() for row in ScoringParameters.objects.all()}
        checklist = Checklist({SEED.name: SEED, **sets})
        try:
            self._feed(checklist, options["file"])
        except Refused as refused:
            raise CommandError(str(refused), returncode=2) from refused
        lines = verdict(checklist, decode=decode_many)
        passed = all(line.passed for line in lines)
        if options["json"]:
            report = {"passed": passed, "leads": checklist.count, "lines": list(map(asdict, lines))}
            self.stdout.write(json.dumps(report, ensure_ascii=False, indent=2))
        else:
            self._show(lines)
        if not passed:
            sys.exit(1)

    def _feed(self, checklist: Checklist, path: Path | None) -> None:
        if path is not None:
            for row in read_file(path):
                checklist.add(row)
            return
        for row in exports.rows(exports.generated()):
            checklist.add(row)
        # Percentiles are ranks among all open leads, those of real vehicles included.
        checklist.replace_ranks(exports.ranks())

    def _show(self, lines: list[Line]) -> None:
        for line in lines:
            mark = self.style.SUCCESS("pass") if line.passed else self.style.ERROR("FAIL")
            self.stdout.write(f"{mark}  {line.asked}\n      {line.measured}")
