"""Background work of `leads`. Celery finds this module by its name."""

from datetime import date

from jobs.outbox import outbox_task
from jobs.registry import Chunk, Job, Plan, local_today, register
from jobs.services import enqueue
from leads.enums import ScoreCause
from leads.services import leads, nightly, outcomes, parameters, syncing, work


@outbox_task(name=outcomes.SYNC_VEHICLE)
def sync_vehicle(vehicle: str) -> None:
    leads.score_vehicles(vehicle_ids=[vehicle])


@outbox_task(name="leads.sync_customer")
def sync_customer(customer: str) -> None:
    syncing.forget_customer(customer)
    leads.score_vehicles(vehicle_ids=syncing.vehicles_of(customer))


@outbox_task(name="leads.sync_batch")
def sync_batch(batch: str, after: str) -> None:
    following = leads.score_batch(batch_id=batch, after=after)
    if following:
        enqueue("leads.sync_batch", args={"batch": batch, "after": following})


@outbox_task(name="leads.follow_appointment")
def follow_appointment(appointment: str) -> None:
    leads.follow_appointment(appointment_id=appointment)


@outbox_task(name="leads.follow_service")
def follow_service(service_record: str) -> None:
    leads.follow_service(service_record_id=service_record)


@outbox_task(name="leads.follow_contact")
def follow_contact(customer: str) -> None:
    leads.follow_contact(customer_id=customer)


@outbox_task(name=parameters.RESCORE)
def rescore() -> None:
    nightly.recompute_chunk(cohorts=None, as_of=local_today(), cause=ScoreCause.PARAMETERS)


def sync_chunk(chunk: Chunk) -> int:
    return nightly.sync_chunk(**chunk.bounds, as_of=chunk.local_date)


def recompute_chunk(chunk: Chunk) -> int:
    return nightly.recompute_chunk(cohorts=chunk.bounds.get("cohorts"), as_of=chunk.local_date)


def offer_chunk(chunk: Chunk) -> int:
    return work.offer_most_urgent()


def plan_offer(local_date: date) -> Plan:
    """How good the scores are, as the run's note on the jobs page."""
    from leads.services import evaluation  # numpy: 10 MB that no other task of a worker needs

    return Plan(bounds=[{}], note=evaluation.note())


register(
    Job(
        name="leads.sync",
        title="Bring battery leads in line with vehicles",
        run_chunk=sync_chunk,
        plan=nightly.plan_sync,
        local_hour=2,
    )
)
register(
    Job(
        name="leads.recompute",
        title="Score all battery leads",
        run_chunk=recompute_chunk,
        plan=nightly.plan_recompute,
        local_hour=2,
        minute=20,
    )
)
register(
    Job(
        name="leads.offer",
        title="Put the most urgent battery leads on the work list",
        run_chunk=offer_chunk,
        plan=plan_offer,
        local_hour=2,
        minute=50,
    )
)
