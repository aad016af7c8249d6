"""`manage.py evaluate_leads`: how good the scores are, judged by battery tests."""

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from crm.exceptions import Refused
from jobs import arguments
from leads.evaluation import TRAIN_SHARE
from leads.services import evaluation
from leads.services.evaluation import CALLS_A_DAY, FEWEST, Evaluation, Judged


class Command(BaseCommand):
    help = (
        "Judge the parameter set in use, its challengers and the method of calibration by the "
        "same battery tests: the earlier ones give the rates to beat, the later ones judge. Prints "
        "Brier score and skill, expected calibration error, lift at a number of calls a day, and "
        "the reliability of the set in use. Only tested leads can judge: what became of the others "
        f"is unknown. Exit code 0: judged, 1: fewer than {FEWEST} outcomes, 2: refused."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--since", type=arguments.day, help="first day, YYYY-MM-DD")
        parser.add_argument(
            "--calls-a-day",
            type=float,
            default=CALLS_A_DAY,
            help="calls that the team can make a day (default %(default)s)",
        )
        parser.add_argument(
            "--train-share",
            type=float,
            default=TRAIN_SHARE,
            help="share of the outcomes, the earliest, that do not judge (default %(default)s)",
        )
        parser.add_argument("--json", action="store_true", help="print the figures as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        if not 0 <= options["train_share"] < 1 or options["calls_a_day"] <= 0:
            message = "--train-share must lie between 0 and 1, --calls-a-day above 0"
            raise CommandError(message, returncode=2)
        try:
            found = evaluation.evaluate(
                since=options["since"],
                calls_a_day=options["calls_a_day"],
                train_share=options["train_share"],
            )
        except Refused as refused:
            raise CommandError(str(refused), returncode=2) from refused
        if options["json"]:
            self.stdout.write(json.dumps(as_json(found), indent=2))
        elif found is None:
            self.stdout.write(f"Fewer than {FEWEST} outcomes to judge by.")
        else:
            self._print(found)
        if found is None:
            sys.exit(1)

    def _print(self, found: Evaluation) -> None:
        self.stdout.write(
            f"{found.trained_on} earlier outcomes, {found.tested_on} later ones that judge; "
            f"{found.failure_rate:.1%} of those failed\n\n"
            f"{'':<32}{'Brier':>8}{'skill':>8}{'ECE':>8}{'drift':>8}"
            f"{f'lift at {found.calls:.0f}':>14}{'found':>8}"
        )
        for one in found.sets:
            judgement = one.judgement
            seen = f"  learnt from {one.seen} of these" if one.seen else ""
            self.stdout.write(
                f"{one.name:<32}{judgement.brier:>8.4f}{judgement.skill:>+8.3f}{judgement.ece:>8.4f}"
                f"{judgement.drift:>+8.1f}{judgement.at_calls.lift:>14.2f}"
                f"{judgement.at_calls.found:>8.0%}{seen}"
            )
        self.stdout.write(f"\n{found.champion.name}: predicted and failed, lowest first")
        for part in found.champion.judgement.bins:
            self.stdout.write(
                f"{part.count:>8,}{part.predicted:>8.3f}{part.failed:>8.3f}"
                f"   90 % {part.low:.3f} to {part.high:.3f}"
            )


def as_json(found: Evaluation | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "trained_on": found.trained_on,
        "tested_on": found.tested_on,
        "failure_rate": found.failure_rate,
        "calls": found.calls,
        "sets": [_set(one) for one in found.sets],
    }


def _set(one: Judged) -> dict[str, Any]:
    return {
        "name": one.name,
        "state": one.state,
        "seen": one.seen,
        "has_drifted": one.judgement.has_drifted,
        **asdict(one.judgement),
    }
