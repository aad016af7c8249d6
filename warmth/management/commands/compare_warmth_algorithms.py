import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from warmth.models import WarmthAlgorithm
from warmth.services.analysis import (
    HORIZON_DAYS,
    MONTHS,
    VersionAccuracy,
    backtest,
    past_days,
    recorded_accuracy,
)


class Command(BaseCommand):
    help = (
        "How well versions told buyers from others, on recorded purchases: every version on the "
        "scores that it gave at the time, and the versions named, drafts too, on what they would "
        "have said. Exit code 2: there is no such version."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("versions", nargs="*", help="versions to compute as of past months")
        parser.add_argument("--months", type=int, default=MONTHS, help="how many months to look at")
        parser.add_argument(
            "--horizon", type=int, default=HORIZON_DAYS, help="days within which a purchase counts"
        )
        parser.add_argument("--json", action="store_true", help="print JSON with calibration bins")

    def handle(self, *args: Any, **options: Any) -> None:
        months, horizon = options["months"], options["horizon"]
        if months < 1 or horizon < 1:
            raise CommandError("Months and days are at least 1.", returncode=2)
        chosen = [_version(name) for name in options["versions"]]
        days = past_days(months=months, horizon_days=horizon)
        found = recorded_accuracy(days=days, horizon_days=horizon)
        found += [backtest(version, days=days, horizon_days=horizon) for version in chosen]
        if options["json"]:
            self.stdout.write(json.dumps([asdict(entry) for entry in found], indent=2))
        elif not found:
            self.stdout.write("No scores are that old. Name versions to compute them.")
        else:
            self._table(found)

    def _table(self, found: list[VersionAccuracy]) -> None:
        line = "{:<24} {:<10} {:>10} {:>8} {:>7} {:>7} {:>7}"
        head = ("version", "scores", "customers", "buyers", "AUC", "lift", "Brier")
        self.stdout.write(line.format(*head))
        for entry in found:
            measured = entry.accuracy
            figures = (measured.auc, measured.lift, measured.brier)
            self.stdout.write(
                line.format(
                    entry.version or "(none)",
                    "computed" if entry.is_backtest else "recorded",
                    f"{measured.customers:,}",
                    f"{measured.buyers:,}",
                    *("-" if figure is None else f"{figure:.3f}" for figure in figures),
                )
            )


def _version(name: str) -> WarmthAlgorithm:
    try:
        return WarmthAlgorithm.objects.get(version=name)
    except WarmthAlgorithm.DoesNotExist:
        raise CommandError(f"There is no version “{name}”.", returncode=2) from None
