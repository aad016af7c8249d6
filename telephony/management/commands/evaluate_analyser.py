"""`manage.py evaluate_analyser <file.csv>`: how often the analyser of transcripts is right."""

import argparse
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from telephony.evaluation import Evaluation, evaluate, read_utterances
from telephony.services.analysis import analyser


class Command(BaseCommand):
    help = (
        "Measure the analyser of the setting CALL_ANALYSER on labelled utterances: a CSV file "
        "with the columns sentiment, intent and text. Prints accuracy, and precision and recall "
        "of each label."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="CSV file with sentiment, intent and text")
        parser.add_argument("--wrong", action="store_true", help="also print what it got wrong")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            utterances = read_utterances(options["file"])
        except (OSError, KeyError, UnicodeDecodeError) as error:
            raise CommandError(
                f"{options['file']} cannot be read: {error}", returncode=2
            ) from error
        if not utterances:
            raise CommandError("The file has no utterances.", returncode=2)
        chosen = analyser()
        self.stdout.write(f"{chosen.name}, {len(utterances)} utterances")
        for name, found in evaluate(chosen, utterances).items():
            self.stdout.write(table(name, found))
            if options["wrong"]:
                for expected, answered, text in found.wrong:
                    self.stdout.write(f"  {expected} -> {answered}: {text}")


def table(name: str, found: Evaluation) -> str:
    """The figures of one kind of label, as docs/telephony.md shows them."""
    lines = [f"{name}: {found.right} of {found.total} right ({found.accuracy:.0%})"]
    lines += [
        f"  {score.label:<16} {score.labelled:>3} labelled, {score.right:>3} found, "
        f"precision {score.precision:.0%}, recall {score.recall:.0%}"
        for score in found.scores
    ]
    return "\n".join(lines)
