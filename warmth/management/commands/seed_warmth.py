"""`manage.py seed_warmth`: a year of generated engagements for customers who have no score yet."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from crm.context import acting
from crm.enums import BatchKind
from crm.exceptions import Refused
from crm.models import Customer
from warmth.seeding.loader import load


class Command(BaseCommand):
    help = (
        "Give generated customers (of seed_crm or seed_demo) who have no score yet a year of"
        " engagements, purchases among them, with their scores and history. All or nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--seed", type=int, default=1, help="same seed and day, same data")

    def handle(self, *args: Any, **options: Any) -> None:
        generated = Customer.objects.filter(batch__kind__in=[BatchKind.SEED, BatchKind.DEMO])
        bar = Progress(
            TextColumn("Seeding"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            disable=not sys.stderr.isatty(),
        )
        total = generated.filter(warmth__isnull=True).count()
        try:
            with acting(label="seed_warmth", source="seed"), bar:
                task = bar.add_task("customers", total=total)
                written = load(
                    generated,
                    seed=options["seed"],
                    on_progress=lambda done: bar.advance(task, done),
                )
        except Refused as error:
            raise CommandError(f"Nothing was written. {error}", returncode=2) from error
        for table, rows in written.items():
            self.stdout.write(f"{table:16} {rows:>10,}")
