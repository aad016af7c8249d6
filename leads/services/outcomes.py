"""Battery tests: recorded at the visit, kept with what had been predicted."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from crm.constraints import translated
from crm.context import audited
from crm.exceptions import Invalid
from crm.models import User, Vehicle
from jobs.services import enqueue
from leads.enums import LeadStatus, TestResult
from leads.models import BatteryTest, Lead
from leads.parameters import EVIDENCE
from leads.services.leads import STEPS, move_lead

SYNC_VEHICLE = "leads.sync_vehicle"
MEASURED = frozenset(
    {
        "tested_at", "technician", "appointment", "service_record", "state_of_charge", "voltage",
        "cold_cranking_amps", "rated_cold_cranking_amps", "note",
    }
)  # fmt: skip
_ENDS = {
    TestResult.GOOD: (LeadStatus.LOST, "The battery is good."),
    TestResult.RECHARGE: (LeadStatus.ARRIVED, "The battery was recharged."),
    TestResult.REPLACE_CUSTOMER_PAY: (LeadStatus.WON, "Replaced, customer pays."),
    TestResult.REPLACE_WARRANTY: (LeadStatus.WON, "Replaced under warranty."),
    TestResult.DECLINED: (LeadStatus.LOST, "The customer declined the replacement."),
    TestResult.REPLACED_ELSEWHERE: (LeadStatus.LOST, "The battery was replaced elsewhere."),
}


def record_battery_test(
    *,
    result: str,
    lead: Lead | None = None,
    vehicle: Vehicle | None = None,
    data: Mapping[str, Any] | None = None,
    by: User | None = None,
) -> BatteryTest:
    """Record a test of a lead's or a vehicle's battery; the open lead ends accordingly (after a
    recharge it stays) and the vehicle is scored anew.

    `data` takes the fields of MEASURED. Raises Invalid for an unknown result or field, a test in
    the future, or when neither lead nor vehicle is given.
    """
    values = dict(data or {})
    _check(result, values, lead, vehicle)
    with audited(), translated():
        if lead is None:
            lead = Lead.objects.open().filter(vehicle=vehicle).first()
        test = BatteryTest.objects.create(
            lead=lead,
            vehicle=vehicle or (lead.vehicle if lead else None),
            result=result,
            recorded_by=by,
            **values,
            **_prediction(lead),
        )
        test.refresh_from_db()
        if lead is not None:
            _end(lead, test)
        if test.vehicle_id is not None:
            key = str(test.vehicle_id)
            enqueue(SYNC_VEHICLE, args={"vehicle": key}, dedup_key=f"{SYNC_VEHICLE}:{key}")
    return test


def _check(result: str, values: dict[str, Any], lead: Lead | None, vehicle: Vehicle | None) -> None:
    if result not in TestResult.values:
        raise Invalid("Unknown result.", field="result", remedy="Choose a listed one.")
    if unknown := sorted(set(values) - MEASURED):
        raise Invalid(f"This field cannot be written: {unknown[0]}.", field=unknown[0])
    if lead is None and vehicle is None:
        raise Invalid("Whose battery was tested?", field="lead", remedy="Name a lead or a vehicle.")
    tested_at = values.get("tested_at")
    if tested_at is not None and tested_at > timezone.now():
        raise Invalid("The test lies in the future.", field="tested_at", remedy="Check the time.")


def _prediction(lead: Lead | None) -> dict[str, Any]:
    """What the score said just before the test."""
    score = getattr(lead, "score", None) if lead else None
    if lead is None or score is None:
        return {}
    return {
        "predicted_probability": score.posterior_probability,
        "predicted_by_id": score.parameters_id,
        "predicted_from": {
            "cohort": lead.cohort_assignment,
            "vehicle_type": lead.vehicle_type,
            "base_prior": score.base_prior,
            "adjusted_prior": score.adjusted_prior,
            "evidence": {name: getattr(score, name) for name in EVIDENCE},
        },
    }


def _end(lead: Lead, test: BatteryTest) -> None:
    fresh = Lead.objects.get(pk=lead.pk)
    status, reason = _ENDS[TestResult(test.result)]
    if status == fresh.status or status in STEPS.get(fresh.status, ()):
        move_lead(
            lead=fresh,
            status=status,
            reason=reason,
            appointment=test.appointment,
            service_record=test.service_record,
        )
