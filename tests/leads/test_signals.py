"""What happens in the crm reaches the leads through the outbox."""

import pytest
from django.utils import timezone

from crm import signals
from crm.models import DataBatch, ImportChange, ImportRun
from crm.services.customers import update_customer
from crm.services.vehicles import correct_mileage, update_vehicle
from jobs.models import Outbox
from leads.models import Lead
from leads.services import leads, outcomes
from leads.services import parameters as parameter_sets
from leads.tasks import sync_customer, sync_vehicle
from tests.factories import VehicleFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def saved(django_capture_on_commit_callbacks, settings):
    """Call something as if its transaction committed; the leads tasks that then wait."""
    settings.OUTBOX_PUBLISH = False

    def run(action, **arguments):
        with django_capture_on_commit_callbacks(execute=True):
            action(**arguments)
        rows = Outbox.objects.filter(task__startswith="leads.").order_by("id")
        return list(rows.values_list("task", flat=True))

    return run


def test_new_mileage_has_the_vehicle_scored(saved):
    vehicle = VehicleFactory(car=0, current_mileage=72_000)
    before = leads.score_vehicle(vehicle_id=vehicle.pk).adjusted_prior
    tasks = saved(update_vehicle, vehicle=vehicle, data={"current_mileage": 400_000})
    assert tasks == ["leads.sync_vehicle"]
    sync_vehicle(str(vehicle.pk))
    assert Lead.objects.get(vehicle=vehicle).score.adjusted_prior > before


def test_corrected_mileage_has_the_vehicle_scored(saved):
    vehicle = VehicleFactory(current_mileage=20_000)
    arguments = {"vehicle": vehicle, "mileage": 2_000, "reason": "Typing error"}
    assert saved(correct_mileage, **arguments) == ["leads.sync_vehicle"]


def test_colour_says_nothing_about_the_battery(saved):
    assert saved(update_vehicle, vehicle=VehicleFactory(), data={"color": "Red"}) == []


def test_many_changes_wait_as_one_task(saved):
    vehicle = VehicleFactory(current_mileage=20_000)
    for miles in (21_000, 22_000, 23_000):
        tasks = saved(update_vehicle, vehicle=vehicle, data={"current_mileage": miles})
    assert tasks == ["leads.sync_vehicle"]


def test_moved_owner_brings_another_climate(saved):
    vehicle = VehicleFactory()
    leads.score_vehicle(vehicle_id=vehicle.pk)
    move = {"zip_code": "33101", "city": "Miami", "state": "FL"}
    tasks = saved(update_customer, customer=vehicle.customer, data=move)
    assert tasks == ["leads.sync_customer"]
    sync_customer(str(vehicle.customer_id))
    lead = Lead.objects.get(vehicle=vehicle)
    assert (lead.climate_zone, lead.score.temperature_cycling) == ("coastal_hot", False)


def test_batch_is_scored_by_one_task_slice_by_slice(saved, monkeypatch):
    batch = DataBatch.objects.create(kind="import", label="list.csv")
    run = ImportRun.objects.create(
        batch=batch, file_name="list.csv", file_size=1, file_hash="x", headers=[], headers_key="x"
    )
    new = VehicleFactory(batch=batch)
    driven, moved, other = (VehicleFactory() for _ in range(3))
    rows = (("vehicles", driven.pk), ("customers", moved.customer.pk))
    for table, key in rows:
        ImportChange.objects.create(
            run=run, table_name=table, row_id=key, before={}, written_at=timezone.now()
        )

    def announce_twice():
        for _ in range(2):
            signals.announce(signals.customers_loaded, batch_id=batch.pk)

    assert saved(announce_twice) == ["leads.sync_batch"]
    monkeypatch.setattr(leads, "BATCH_SLICE", 2)
    following = leads.score_batch(batch_id=batch.pk)
    assert following and leads.score_batch(batch_id=batch.pk, after=following) == ""
    scored = Lead.objects.filter(score__isnull=False).values_list("vehicle", flat=True)
    assert set(scored) == {new.pk, driven.pk, moved.pk} and other.pk not in scored


def test_battery_test_has_the_vehicle_scored(saved):
    vehicle = VehicleFactory()
    leads.score_vehicle(vehicle_id=vehicle.pk)
    tasks = saved(outcomes.record_battery_test, result="recharge", vehicle=vehicle)
    assert tasks == ["leads.sync_vehicle"]
    sync_vehicle(str(vehicle.pk))
    assert Lead.objects.get(vehicle=vehicle).score.soc_decline is True


def test_activation_has_all_leads_scored_once(saved):
    new = parameter_sets.propose(
        values=parameter_sets.champion().values(),
        name="next", provenance="test", is_calibrated=False,
    )  # fmt: skip
    assert saved(parameter_sets.activate, parameters=new, reason="Try it") == ["leads.rescore"]
