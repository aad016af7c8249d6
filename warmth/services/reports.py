"""What is to be looked at every now and then: computed now, or kept by the nightly job."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from warmth.enums import ReportKind
from warmth.models import WarmthReport
from warmth.periods import begin_of
from warmth.services import analysis, maintenance

Rows = list[dict[str, Any]]
AUDIT_DAYS = 92
MOST_KEPT = 200
# Names and what people wrote: shown while they are current, never kept.
PRIVATE = frozenset({"name", "reason"})


def distribution() -> Rows:
    return [asdict(share) for share in maintenance.distribution()]


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


REPORTS: dict[str, Callable[[], Rows]] = {
    ReportKind.RULES: rules,
    ReportKind.DISTRIBUTION: distribution,
    ReportKind.WEIGHTS: weights,
    ReportKind.ADJUSTMENTS: adjustments,
    ReportKind.STALE: maintenance.stale_records,
}


def missing(day: date) -> list[str]:
    """Kinds of which the period of `day` has no report yet."""
    kept = set(WarmthReport.objects.values_list("kind", "period"))
    return [kind for kind in REPORTS if (kind, begin_of(kind, day)) not in kept]


def keep(kind: str, day: date) -> int:
    """Make the report of the period of `day` and keep up to MOST_KEPT rows; 0 when there is one."""
    period = begin_of(kind, day)
    if WarmthReport.objects.filter(kind=kind, period=period).exists():
        return 0
    rows = REPORTS[kind]()[:MOST_KEPT]
    names = [name for name in rows[0] if name not in PRIVATE] if rows else []
    table = [names, *([row[name] for name in names] for row in rows)] if rows else []
    WarmthReport.objects.create(kind=kind, period=period, rows=table)
    return 1


def latest() -> list[WarmthReport]:
    """The newest report of each kind, in the order of `ReportKind`."""
    newest = WarmthReport.objects.order_by("kind", "-period").distinct("kind")
    return sorted(newest, key=lambda report: ReportKind.values.index(report.kind))
