"""`manage.py calibrate_leads`: a challenger parameter set from recorded battery tests."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterable
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from crm.context import acting
from crm.exceptions import Refused
from jobs import arguments
from leads.calibration import MINIMUM, RECALIBRATION_MINIMUM, Estimate
from leads.services import calibration


class Command(BaseCommand):
    help = (
        "Estimate base rates and likelihood ratios from battery tests and what had been predicted "
        "before them, each with its 90 % interval, and propose the result as a challenger set; a "
        "manager activates it on the calibration page. A number moves only when enough outcomes "
        f"speak about it, and log-odds are recalibrated from {RECALIBRATION_MINIMUM} outcomes on. "
        "Leads whose battery nobody tested are unknown and do not count. "
        "Exit code 0: a set was proposed (or could be, with --dry-run), 1: too few outcomes for "
        "any number to move, 2: refused."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--since", type=arguments.day, help="first day, YYYY-MM-DD")
        parser.add_argument(
            "--minimum",
            type=int,
            default=MINIMUM,
            help="outcomes that a number needs before it may move (default %(default)s)",
        )
        parser.add_argument("--name", default="", help="name of the set (calibrated-<today>)")
        parser.add_argument("--dry-run", action="store_true", help="store nothing")
        parser.add_argument("--json", action="store_true", help="print the figures as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["minimum"] < 1:
            raise CommandError("--minimum must be at least 1", returncode=2)
        name = None
        try:
            draft = calibration.draft(since=options["since"], minimum=options["minimum"])
            if draft.calibration.has_moved and not options["dry_run"]:
                with acting(label="calibrate_leads", source="command"):
                    name = calibration.propose(draft=draft, name=options["name"]).name
        except Refused as refused:
            raise CommandError(str(refused), returncode=2) from refused
        if options["json"]:
            self.stdout.write(json.dumps({"proposed": name} | draft.estimates, indent=2))
        else:
            self._print(draft, name)
        if not draft.calibration.has_moved:
            sys.exit(1)

    def _print(self, draft: calibration.Draft, name: str | None) -> None:
        figures, found = draft.estimates, draft.calibration
        self.stdout.write(
            f"{figures['outcomes']} outcomes, {figures['failures']} failed; "
            f"beside {draft.champion.name}:"
        )
        self._table("Base rates", (*found.type_rates, *found.cohort_rates))
        self._table("Likelihood ratios", found.ratios)
        fitted = found.recalibration
        self.stdout.write(
            f"\nLog-odds: {fitted.intercept:+.3f} + {fitted.slope:.3f} x log-odds"
            if fitted.is_fitted
            else f"\nLog-odds stay as they are below {RECALIBRATION_MINIMUM} outcomes"
        )
        if not found.has_moved:
            self.stdout.write("Too few outcomes: no set is proposed.")
        elif name is None:
            self.stdout.write("Dry run: nothing was stored.")
        else:
            self.stdout.write(f"Proposed as {name}.")

    def _table(self, title: str, estimates: Iterable[Estimate]) -> None:
        heads = ("in use", "found", "90 % interval", "count")
        self.stdout.write(f"\n{title:<34}{heads[0]:>8}{heads[1]:>9}{heads[2]:>20}{heads[3]:>8}")
        for one in estimates:
            interval = f"{one.low:.3f} to {one.high:.3f}"
            note = "" if one.has_moved else "  too few, stays"
            self.stdout.write(
                f"  {one.name:<32}{one.champion:>8.3f}{one.value:>9.3f}{interval:>20}"
                f"{one.count:>8,}{note}"
            )
