"""`manage.py seed_crm`: a generated dealership of any size."""

import sys
from argparse import ArgumentParser
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from crm.context import acting, audited
from crm.exceptions import Refused
from crm.seeding.furniture import ensure_advisors, furnish, shop_today
from crm.seeding.generator import Plan
from crm.seeding.loader import load
from jobs import arguments


class Command(BaseCommand):
    help = "Fill the database with generated customers, vehicles, appointments and services."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--customers", type=int, default=10_000)
        parser.add_argument("--seed", type=int, default=7, help="same seed and day, same data")
        parser.add_argument(
            "--as-of",
            type=arguments.day,
            help="the day the data is believable on, YYYY-MM-DD (today in the shop's zone)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["customers"] < 1 or options["seed"] < 0:
            raise CommandError("--customers must be positive, --seed not negative.", returncode=2)
        plan = Plan(options["customers"], options["seed"], options["as_of"] or shop_today())
        try:
            with (
                acting(label="seed_crm", source="seed"),
                _progress(plan.customers) as advance,
                audited(),
            ):
                furnish()
                written = load(plan, ensure_advisors(), advance)
        except (Refused, ValueError) as error:
            raise CommandError(f"Nothing was written. {error}", returncode=2) from error
        for table, rows in written.items():
            self.stdout.write(f"{table:16} {rows:>10,}")


def _progress(total: int) -> AbstractContextManager[Any]:
    """A function that takes the number of customers just written; a bar on terminals only."""
    if not sys.stderr.isatty():
        return nullcontext(lambda customers: None)
    return _Bar(total)


class _Bar(AbstractContextManager[Any]):
    def __init__(self, total: int) -> None:
        self._bar = Progress(
            TextColumn("Seeding"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
        )
        self._task = self._bar.add_task("customers", total=total)

    def __enter__(self) -> Any:
        self._bar.start()
        return lambda customers: self._bar.advance(self._task, customers)

    def __exit__(self, *error: Any) -> None:
        self._bar.stop()
