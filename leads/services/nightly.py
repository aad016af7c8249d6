"""The night of the leads: in line with the vehicles, scored, offered."""

from collections.abc import Iterator, Sequence
from datetime import date

from django.db.models import Count

from crm.models import Vehicle
from jobs.planning import key_ranges
from jobs.registry import Plan
from leads.enums import ScoreCause
from leads.models import Lead
from leads.services import scoring, syncing
from leads.services.parameters import champion

# One statement is the quickest up to here; beyond, groups of whole cohorts keep each well below
# a worker's time limits, and several workers may share them.
ROWS_AT_ONCE = 1_500_000
VEHICLES_AT_ONCE = 50_000


def plan_sync(local_date: date) -> Plan:
    return key_ranges(Vehicle.objects.all(), size=VEHICLES_AT_ONCE)


def sync_chunk(*, first: str, last: str, as_of: date) -> int:
    return syncing.sync_range(first, last, as_of=as_of).rows


def plan_recompute(local_date: date) -> Plan:
    """One chunk for all leads, or one for each group of cohorts of about ROWS_AT_ONCE rows."""
    sizes = dict(
        Lead.objects.open()
        .order_by("cohort_assignment")
        .values_list("cohort_assignment")
        .annotate(leads=Count("pk"))
    )
    total = sum(sizes.values())
    if total <= ROWS_AT_ONCE:
        return Plan(bounds=[{}], rows=total)
    return Plan(bounds=[{"cohorts": list(group)} for group in groups(sizes)], rows=total)


def groups(sizes: dict[str, int]) -> Iterator[Sequence[str]]:
    """Neighbouring cohorts together until ROWS_AT_ONCE is reached; a cohort is never split,
    because percentiles count all of it."""
    group: list[str] = []
    rows = 0
    for cohort, size in sizes.items():
        if group and rows + size > ROWS_AT_ONCE:
            yield group
            group, rows = [], 0
        group.append(cohort)
        rows += size
    if group:
        yield group


def recompute_chunk(
    *, cohorts: Sequence[str] | None, as_of: date, cause: str = ScoreCause.NIGHTLY
) -> int:
    return scoring.recompute(parameters=champion(), as_of=as_of, cohorts=cohorts, cause=cause)
