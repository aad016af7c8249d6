"""`manage.py score_leads`: what the nightly jobs do, now and here."""

import sys
from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import Error, transaction
from rich.console import Console
from rich.progress import track

from crm.context import acting
from crm.exceptions import Refused
from jobs import arguments
from jobs.registry import Bounds, local_today
from leads.services import nightly, work


class Command(BaseCommand):
    help = (
        "Bring all battery leads in line with their vehicles, score them with the parameter set in "
        "use, and put the most urgent on the work list. Writes only what changed; can be broken "
        "off and run again at any time. Exit code 0: done, 2: refused."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--as-of",
            type=arguments.day,
            help="day on which evidence must still be fresh, YYYY-MM-DD (today in the shop's zone)",
        )
        parser.add_argument(
            "--scores-only",
            action="store_true",
            help="leave vehicles and work list alone: only compute the scores",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        day = options["as_of"] or local_today()
        try:
            with acting(label="score_leads", source="command"):
                if not options["scores_only"]:
                    self._say("leads created, refreshed or expired", self._sync(day))
                self._say("scores written", self._score(day))
                if not options["scores_only"]:
                    self._say("work items opened or closed", work.offer_most_urgent())
        except (Refused, Error) as error:
            raise CommandError(str(error).splitlines()[0], returncode=2) from error

    def _sync(self, day: date) -> int:
        return self._work_through(
            "Vehicles",
            nightly.plan_sync(day).bounds,
            lambda part: nightly.sync_chunk(**part, as_of=day),
        )

    def _score(self, day: date) -> int:
        return self._work_through(
            "Scores",
            nightly.plan_recompute(day).bounds,
            lambda part: nightly.recompute_chunk(cohorts=part.get("cohorts"), as_of=day),
        )

    def _work_through(
        self, title: str, parts: Sequence[Bounds], work_on: Callable[[Bounds], int]
    ) -> int:
        """Part by part, each in a transaction of its own; a bar on terminals only."""
        rows = 0
        console, is_quiet = Console(stderr=True), not sys.stderr.isatty()
        for part in track(parts, description=title, console=console, disable=is_quiet):
            with transaction.atomic():
                rows += work_on(part)
        return rows

    def _say(self, what: str, rows: int) -> None:
        self.stdout.write(f"{rows:>10,} {what}")
