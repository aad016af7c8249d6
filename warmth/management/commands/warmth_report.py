import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.core.serializers.json import DjangoJSONEncoder

from warmth.enums import ReportKind
from warmth.services.reports import AUDIT_DAYS, REPORTS, Rows


class Command(BaseCommand):
    help = (
        "What is to be looked at every now and then. Weekly: rules (who had such an event, and how "
        "much likelier than the average they bought within 90 days). Monthly: distribution, and "
        "weights (each component of buyers and of others). Quarterly: adjustments (who set what in "
        f"the last {AUDIT_DAYS} days). Any time: stale (warm on paper, silent for 90 days). The "
        "nightly job warmth.report keeps each of them once in its period."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("report", choices=sorted(ReportKind.values))
        parser.add_argument("--json", action="store_true", help="print JSON instead of a table")

    def handle(self, *args: Any, **options: Any) -> None:
        rows = REPORTS[options["report"]]()
        if options["json"]:
            self.stdout.write(json.dumps(rows, cls=DjangoJSONEncoder, indent=2))
        elif not rows:
            self.stdout.write("Nothing to report.")
        else:
            self._table(rows)

    def _table(self, rows: Rows) -> None:
        head = list(rows[0])
        cells = [head, *([_cell(row[name]) for name in head] for row in rows)]
        widths = [max(len(row[place]) for row in cells) for place in range(len(head))]
        for row in cells:
            line = "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True))
            self.stdout.write(line.rstrip())


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.3f}" if isinstance(value, float) else str(value)
