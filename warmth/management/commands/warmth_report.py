import json
from argparse import ArgumentParser
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand
from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone

from warmth.services import analysis, maintenance

AUDIT_DAYS = 92
Rows = list[dict[str, Any]]


def distribution() -> Rows:
    return [asdict(share) for share in maintenance.distribution()]


def stale() -> Rows:
    return maintenance.stale_records()


def adjustments() -> Rows:
    since = timezone.now() - timedelta(days=AUDIT_DAYS)
    return [asdict(change) for change in maintenance.adjustment_changes(since=since)]


def weights() -> Rows:
    return [asdict(review) for review in analysis.review_weights()]


def rules() -> Rows:
    return [
        {
            "rule": review.rule.trigger_name,
            "event_type": review.rule.trigger_type,
            "points": review.rule.base_score_impact,
            "customers": review.customers,
            "buyers": review.buyers,
            "lift": review.lift,
        }
        for review in analysis.review_rules()
    ]


REPORTS = {
    "rules": rules,
    "distribution": distribution,
    "weights": weights,
    "adjustments": adjustments,
    "stale": stale,
}


class Command(BaseCommand):
    help = (
        "What is to be looked at every now and then. Weekly: rules (who had such an event, and how "
        "much likelier than the average they bought within 90 days). Monthly: distribution, and "
        "weights (each component of buyers and of others). Quarterly: adjustments (who set what in "
        f"the last {AUDIT_DAYS} days). Any time: stale (warm on paper, silent for 90 days)."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("report", choices=sorted(REPORTS))
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
