"""Background work of `warmth`. Celery finds this module by its name."""

from datetime import date
from uuid import UUID

from jobs.outbox import outbox_task
from jobs.registry import Chunk, Job, Plan, register
from jobs.services import enqueue
from warmth.services import crossings, maintenance, recompute, reports, syncing


def recompute_chunk(chunk: Chunk) -> int:
    first, last = chunk.bounds["first"], chunk.bounds["last"]
    return crossings.rescore_range(first, last, as_of=chunk.local_date, trigger="nightly_decay")


register(
    Job(
        name="warmth.recompute",
        title="Bring customers' warmth up to date",
        run_chunk=recompute_chunk,
        local_hour=2,
        minute=0,
        plan=recompute.plan,
    )
)


@outbox_task(name="warmth.sync_customer")
def sync_customer(customer: str) -> None:
    syncing.sync_customers([UUID(customer)])


@outbox_task(name="warmth.sync_batch")
def sync_batch(batch: str, after: str) -> None:
    following = syncing.sync_slice(batch_id=UUID(batch), after=after)
    if following:
        enqueue("warmth.sync_batch", args={"batch": batch, "after": following})


@outbox_task(name="warmth.forget_customer")
def forget_customer(customer: str) -> None:
    syncing.forget([UUID(customer)])


@outbox_task(name=crossings.DELIVER)
def deliver_crossings() -> None:
    crossings.deliver_crossings()


def sync_recent(chunk: Chunk) -> int:
    return syncing.sync_recent()


register(
    Job(
        name="warmth.sync",
        title="Find engagements in the dealership's records",
        run_chunk=sync_recent,
        local_hour=1,
        minute=30,
    )
)


def archive_history(chunk: Chunk) -> int:
    return maintenance.archive_history()


register(
    Job(
        name="warmth.archive",
        title="Move old warmth history to the archive",
        run_chunk=archive_history,
        local_hour=4,
        minute=0,
    )
)


def keep_report(chunk: Chunk) -> int:
    return reports.keep(chunk.bounds["kind"], chunk.local_date)


def plan_reports(local_date: date) -> Plan:
    kinds = reports.missing(local_date)
    return Plan(bounds=[{"kind": kind} for kind in kinds], rows=len(kinds))


register(
    Job(
        name="warmth.report",
        title="Keep the reports on warmth that are due",
        run_chunk=keep_report,
        plan=plan_reports,
        local_hour=4,
        minute=30,
    )
)
