"""Worlds in which `tests/jobs/test_twice.py` runs the tasks and jobs of `leads` (see there)."""

from crm.models import DataBatch, Vehicle
from jobs.registry import local_today
from leads.models import Lead
from leads.services import leads
from tests.factories import (
    AppointmentFactory,
    CustomerFactory,
    ServiceRecordFactory,
    VehicleFactory,
)
from tests.leads.factories import LeadFactory


def a_scored_vehicle() -> Vehicle:
    vehicle = VehicleFactory()
    leads.score_vehicle(vehicle_id=vehicle.pk)
    return vehicle


def a_driven_vehicle() -> dict[str, str]:
    vehicle = a_scored_vehicle()
    Vehicle.objects.filter(pk=vehicle.pk).update(current_mileage=88_000)
    return {"vehicle": str(vehicle.pk)}


def a_batch() -> dict[str, str]:
    batch = DataBatch.objects.create(kind="import", label="list.csv")
    VehicleFactory(batch=batch)
    return {"batch": str(batch.pk), "after": ""}


def a_moved_owner() -> dict[str, str]:
    vehicle = a_scored_vehicle()
    type(vehicle.customer).objects.filter(pk=vehicle.customer.pk).update(
        zip_code="33101", state="FL", last_name="Renamed"
    )
    return {"customer": str(vehicle.customer.pk)}


def a_booked_visit() -> dict[str, str]:
    vehicle = a_scored_vehicle()
    visit = AppointmentFactory(vehicle=vehicle, customer=vehicle.customer)
    return {"appointment": str(visit.pk)}


def a_finished_visit() -> dict[str, str]:
    vehicle = a_scored_vehicle()
    visit = AppointmentFactory(vehicle=vehicle, customer=vehicle.customer)
    lead = Lead.objects.get(vehicle=vehicle)
    leads.move_lead(lead=lead, status="arrived", appointment=visit)
    return {"service_record": str(ServiceRecordFactory(vehicle=vehicle, appointment=visit).pk)}


def a_high_lead() -> Lead:
    """Everything speaks against the battery, and it is known today."""
    customer = CustomerFactory()
    lead = LeadFactory(
        customer=customer, soc_decline=True, soc_source="telematics", soc_date=local_today()
    )
    leads.rescore(lead_ids=[lead.pk])
    return lead


def a_called_customer() -> dict[str, str]:
    return {"customer": str(a_high_lead().customer_id)}


def an_unscored_lead() -> dict[str, str]:
    LeadFactory()
    return {}


def a_high_lead_off_the_list() -> None:
    from crm.models import WorkItem

    a_high_lead()
    WorkItem.objects.all().delete()


TASKS = {
    "leads.sync_vehicle": a_driven_vehicle,
    "leads.sync_batch": a_batch,
    "leads.sync_customer": a_moved_owner,
    "leads.follow_appointment": a_booked_visit,
    "leads.follow_service": a_finished_visit,
    "leads.follow_contact": a_called_customer,
    "leads.rescore": an_unscored_lead,
}
JOBS = {
    "leads.sync": VehicleFactory,
    "leads.recompute": an_unscored_lead,
    "leads.offer": a_high_lead_off_the_list,
}
PLAIN = {}
