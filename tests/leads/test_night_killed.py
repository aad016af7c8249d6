"""A night that is killed halfway and run again ends like one that was left in peace."""

import threading
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import connection, transaction

from crm.models import Vehicle, WorkItem
from jobs.models import JobRun
from jobs.services import start_run
from leads.generator import Plan
from leads.models import Lead, LeadRecord, LeadScore, ScoreHistory
from leads.services import generation, nightly, work
from tests.jobs.killing import anybody_waits, blocked, finish, kill_while_waiting
from tests.jobs.processes import wait_until

AS_OF = date(2024, 12, 31)
NIGHT = ("leads.sync", "leads.recompute", "leads.offer")


@pytest.fixture
def _changed_world(settings: Any) -> None:
    """Scored leads, whose vehicles have driven on or gone since."""
    settings.OUTBOX_PUBLISH = False
    generation.load(Plan(150, 1))
    work.offer_most_urgent(limit=5)
    keys = list(Vehicle.objects.order_by("vin").values_list("pk", flat=True))
    Vehicle.objects.filter(pk__in=keys[:60]).update(current_mileage=90_000)
    Vehicle.objects.filter(pk__in=keys[60:70]).update(status="sold")


def state() -> list[list[Any]]:
    """What a night writes, without the moments of writing."""
    leads = Lead.objects.order_by("pk").values_list("pk", "status", "current_mileage", "as_of")
    scores = LeadScore.objects.order_by("pk").values_list(
        *(f.attname for f in LeadScore._meta.concrete_fields if f.name != "scored_at")
    )
    history = ScoreHistory.objects.order_by("lead", "id").values_list(
        "lead", "posterior_probability", "contact_urgency", "parameters", "cause"
    )
    items = WorkItem.objects.order_by("key").values_list("key", "outcome", "value", "reason")
    return [list(rows) for rows in (leads, scores, history, items)]


def night(work_on: Callable[[JobRun], None]) -> None:
    for name in NIGHT:
        run = start_run(name)
        work_on(run)
        run.refresh_from_db()
        assert (run.status, run.rows_done > 0) == ("done", True), run.error


def killed_then_finished(run: JobRun) -> None:
    before = state()
    with blocked(HALFWAY[run.job]()):
        kill_while_waiting(lambda: finish(run))
    assert state() == before
    finish(run)


def last_score() -> str:
    pk = LeadScore.objects.filter(lead__vehicle__current_mileage=90_000).latest("pk").pk
    return f"SELECT FROM lead_scores WHERE lead_id = {pk} FOR UPDATE"


def a_changed_lead() -> str:
    pk = Lead.objects.filter(vehicle__current_mileage=90_000).latest("pk").pk
    return f"SELECT FROM vin_leads WHERE lead_id = {pk} FOR UPDATE"


def last_customer_to_call() -> str:
    high = LeadRecord.objects.open().filter(contact_urgency="immediate")
    lead = high.order_by("urgency_score", "lead_id")[0]
    return f"SELECT FROM customers WHERE id = '{lead.customer_id}' FOR UPDATE"


# Rows that the job comes to after it has written others.
HALFWAY = dict(zip(NIGHT, (a_changed_lead, last_score, last_customer_to_call), strict=True))


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_changed_world")
def test_night_killed_halfway_ends_like_one_left_in_peace() -> None:
    with transaction.atomic():
        night(finish)
        expected = state()
        transaction.set_rollback(True)
    assert state() != expected
    night(killed_then_finished)
    assert state() == expected


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_changed_world")
def test_lead_that_goes_while_the_night_waits_for_its_score_stays_gone() -> None:
    going = LeadScore.objects.latest("pk").pk
    LeadScore.objects.update(adjusted_prior=0.5)
    written: list[int] = []

    def work_on() -> None:
        try:
            written.append(nightly.recompute_chunk(cohorts=None, as_of=AS_OF))
        finally:
            connection.close()

    with blocked(f"DELETE FROM vin_leads WHERE lead_id = {going}") as other:
        thread = threading.Thread(target=work_on)
        thread.start()
        wait_until(anybody_waits, seconds=30, what="the run waits for the score")
        other.commit()
        thread.join(timeout=30)
    assert written == [Lead.objects.count()]
    assert not LeadScore.objects.filter(pk=going).exists()
