"""`manage.py recalculate_warmth`: the nightly calculation, now."""

import sys
from argparse import ArgumentParser
from datetime import date
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from crm.context import acting
from crm.models import Customer
from jobs import arguments
from jobs.registry import local_today
from warmth.services import crossings, recompute

TRIGGER = "recalculated"


class Command(BaseCommand):
    help = (
        "Bring the warmth of all customers, or of some, up to date: components, score, level,"
        " forecast. Writes only what changed; may be stopped and started again at any time."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--customer", action="append", default=[], metavar="KEY", help="may be repeated"
        )
        parser.add_argument(
            "--as-of",
            type=arguments.day,
            help="the day to compute for, YYYY-MM-DD (today in the shop's zone)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        day = options["as_of"] or local_today()
        with acting(label="recalculate_warmth", source="command"):
            if options["customer"]:
                keys = _customers(options["customer"])
                written = crossings.rescore(keys, trigger=TRIGGER, as_of=day)
            else:
                written = _everybody(day)
        self.stdout.write(f"Warmth of {written:,} customers changed.")


def _customers(keys: list[str]) -> list[UUID]:
    try:
        wanted = {UUID(key) for key in keys}
    except ValueError as error:
        raise CommandError(f"A customer's key is a UUID: {error}.", returncode=2) from error
    missing = wanted - set(Customer.objects.present().in_bulk(wanted))
    if missing:
        raise CommandError(f"There is no customer {min(missing)}.", returncode=2)
    return list(wanted)


def _everybody(day: date) -> int:
    """One transaction for each range, as the nightly job has it."""
    plan = recompute.plan(day)
    columns = (TextColumn("Customers"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    written = 0
    with Progress(*columns, disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task("", total=plan.rows)
        for part in plan.bounds:
            written += crossings.rescore_range(
                part["first"], part["last"], as_of=day, trigger=TRIGGER
            )
            progress.advance(task, recompute.CHUNK_ROWS)
    return written
