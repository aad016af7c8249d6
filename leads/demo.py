"""Battery leads of the demonstration: scored from what telematics of some vehicles would tell,
and worked a little, all through the services that people use."""

import random
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from crm.demo import Part, register
from crm.models import Customer, DataBatch, User, Vehicle
from jobs.registry import local_today
from leads.classes import vehicle_type
from leads.enums import ContactUrgency, LeadStatus, TestResult
from leads.importing.evidence import Evidence
from leads.models import BatteryTest, Lead
from leads.querysets import LeadQuerySet
from leads.services import leads, work
from leads.services.imported_leads import Said, write_leads
from leads.services.outcomes import record_battery_test

_SEED = 1
# Shares of the vehicles: those that report, and of these those driven hard or little.
_REPORTING = 0.45
_STRESSED = 0.5
_TESTED = 90
_CONTACTED = 12
_PAST_DAYS = (5, 80)


def _build(batch: DataBatch) -> Mapping[str, int]:
    rng = random.Random(_SEED)
    today = local_today()
    vehicles = list(
        Vehicle.objects.on_the_road().filter(batch=batch, customer__isnull=False).order_by("vin")
    )
    leads.score_vehicles(vehicle_ids=[vehicle.pk for vehicle in vehicles], as_of=today)
    said = [_telematics(vehicle, rng, today) for vehicle in vehicles if rng.random() < _REPORTING]
    written = write_leads(said, batch_id=batch.pk, today=today)
    leads.rescore(lead_ids=written.lead_ids, as_of=today)
    mine: LeadQuerySet = Lead.objects.filter(vehicle__batch=batch)
    return {
        "leads": mine.count(),
        "battery tests": _test_some(mine, rng, timezone.now()),
        "leads worked": _work_some(mine),
    }


def _telematics(vehicle: Vehicle, rng: random.Random, today: date) -> Said:
    """Starts and short trips for a year; of some also a charge that was measured lately."""
    stressed = rng.random() < _STRESSED
    starts = round(rng.gauss(2_500 if stressed else 1_250, 260))
    short = min(max(rng.gauss(0.62 if stressed else 0.35, 0.09), 0.02), 0.98)
    measured = rng.random() < 0.4
    charge = rng.gauss(58 if stressed else 82, 9)
    return Said(
        vin=vehicle.vin,
        vehicle_type=vehicle_type(vehicle.model) or "",
        zip_code=None,
        name="",
        evidence=Evidence(
            start_cycles_annual=max(starts, 200),
            short_trip_percentage=round(short, 3),
            soc_decline=charge < 65 if measured else None,
            soc_value=float(round(min(max(charge, 20), 100))) if measured else None,
            soc_date=today - timedelta(days=rng.randint(5, 90)) if measured else None,
        ),
    )


def _test_some(mine: LeadQuerySet, rng: random.Random, now: datetime) -> int:
    """Tests of the last weeks, with results as likely as the scores say."""
    people = list(User.objects.filter(is_demo=True, role="advisor").order_by("username"))
    tested = rng.sample(list(mine.open().select_related("score").order_by("vin")), k=_few(mine))
    for lead in tested:
        failing = rng.random() < lead.score.posterior_probability
        result = rng.choices(
            [TestResult.REPLACE_CUSTOMER_PAY, TestResult.REPLACE_WARRANTY, TestResult.DECLINED]
            if failing
            else [TestResult.GOOD, TestResult.RECHARGE],
            weights=[6, 1, 2] if failing else [5, 1],
        )[0]
        record_battery_test(
            result=result,
            lead=lead,
            data={
                "tested_at": now - timedelta(days=rng.randint(*_PAST_DAYS)),
                "voltage": round(rng.gauss(12.1 if failing else 12.6, 0.1), 2),
            },
            by=rng.choice(people) if people else None,
        )
    return len(tested)


def _few(mine: LeadQuerySet) -> int:
    """At most a quarter of the leads, so that enough stay open."""
    return min(_TESTED, mine.open().filter(score__isnull=False).count() // 4)


def _work_some(mine: LeadQuerySet) -> int:
    """Some of the most urgent were called already; those with a visit ahead are booked."""
    high = mine.filter(status=LeadStatus.NEW, score__contact_urgency=ContactUrgency.IMMEDIATE)
    urgent = high.order_by("-score__urgency_score", "-lead_id")
    # Every third, so that the top of the list still has some to call.
    called = list(urgent[: 3 * _CONTACTED])[2::3]
    for lead in called:
        leads.move_lead(lead=lead, status=LeadStatus.CONTACTED)
    ahead = Q(vehicle__appointments__status__in=["scheduled", "confirmed"])
    coming = mine.open().filter(ahead, vehicle__appointments__scheduled_at__gt=timezone.now())
    booked = 0
    for lead in coming.distinct():
        visit: Any = lead.vehicle
        first = visit.appointments.active().order_by("scheduled_at").first()
        leads.follow_appointment(appointment_id=first.pk)
        booked += 1
    work.offer_most_urgent()
    return len(called) + booked


def _remove(customers: QuerySet[Customer], vehicles: QuerySet[Vehicle]) -> Mapping[str, int]:
    """Leads and tests of demonstration vehicles and customers, whoever made them."""
    mine = Lead.objects.filter(Q(customer__in=customers) | Q(vehicle__in=vehicles))
    tests = BatteryTest.objects.filter(Q(lead__in=mine) | Q(vehicle__in=vehicles))
    went = tests.delete()[1].get("leads.BatteryTest", 0)
    return {"battery tests": went, "leads": mine.delete()[1].get("leads.Lead", 0)}


def register_part() -> None:
    register(Part("leads", _build, _remove, position=30))
