import sys
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from crm.exceptions import Refused
from crm.models import ImportRun
from crm.services.import_revert import revert_import


class Command(BaseCommand):
    help = (
        "Take an import back. Records edited since, or with appointments by now, are left and "
        "named. Exit code 0: all is back; 2: something was left, or the import is too old."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("run", help="key of the import (import_customers prints it)")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            run = ImportRun.objects.get(pk=options["run"])
        except (ImportRun.DoesNotExist, ValidationError):
            raise CommandError(f"There is no import {options['run']}.", returncode=2) from None
        try:
            report = revert_import(run=run, by=None)
        except Refused as refused:
            raise CommandError(str(refused), returncode=2) from refused
        for table in ("customers", "vehicles"):
            self.stdout.write(
                f"{table}: {report.removed.get(table, 0):,} removed, "
                f"{report.restored.get(table, 0):,} as before"
            )
        for record in report.left:
            self.stderr.write(f"Left: {record['name']} ({record['id']}). {record['reason']}")
        if report.left_count:
            sys.exit(2)
