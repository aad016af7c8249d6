"""The demonstration dealership: there, alive at any hour, and gone without a trace of it."""

import io
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
import time_machine
from django.contrib.auth import authenticate
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import transaction
from django.test import override_settings
from django.utils import timezone

from crm import demo, models
from crm.enums import AppointmentStatus, BatchKind, Role
from crm.roles import can
from crm.services import appointments, customers, records, tokens, vehicles
from jobs.registry import shop_zone
from tests.factories import AppointmentFactory, CustomerFactory, VehicleFactory

pytestmark = pytest.mark.xdist_group("demo")

SIZE = 200


def run(command: str, **options: Any) -> str:
    output = io.StringIO()
    call_command(command, stdout=output, **options)
    return output.getvalue()


@pytest.fixture(scope="module")
def built(django_db_setup: None, django_db_blocker: Any) -> Iterator[datetime]:
    """The dealership, built once for the module at ten on a Thursday morning."""
    quick = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    with (
        pytest.MonkeyPatch.context() as patch,
        override_settings(PASSWORD_HASHERS=quick),
        django_db_blocker.unblock(),
        transaction.atomic(),
    ):
        patch.setattr(demo, "CUSTOMERS", SIZE)
        with time_machine.travel(datetime(2026, 6, 4, 10, 0, tzinfo=shop_zone()), tick=False):
            run("seed_demo")
            now = timezone.now()
        yield now
        transaction.set_rollback(True)


@pytest.fixture
def now(built: datetime, db: None) -> Iterator[datetime]:
    with time_machine.travel(built, tick=False):
        yield built


def today(now: datetime) -> Any:
    return models.Appointment.objects.on_day(now.astimezone(shop_zone()).date())


class TestLogins:
    @pytest.mark.parametrize(
        ("role", "username", "password"), [login for login in demo.LOGINS if login[0] != Role.API]
    )
    def test_login_opens_its_role(
        self, now: datetime, role: str, username: str, password: str, rf: Any
    ) -> None:
        user = authenticate(rf.post("/"), username=username, password=password)
        assert user is not None
        assert (user.role, user.is_demo) == (role, True)

    def test_api_client_has_a_token_of_its_role(self, now: datetime) -> None:
        _, username, secret = next(login for login in demo.LOGINS if login[0] == Role.API)
        token = tokens.find_token(secret)
        assert token is not None
        assert token.user.username == username
        assert all(can(token.user, scope) for scope in token.scopes)

    def test_every_role_has_a_login(self) -> None:
        assert {role for role, _, _ in demo.LOGINS} == set(Role.values)

    def test_advisors_are_the_seeds(self, now: datetime) -> None:
        advisors = models.User.objects.filter(role=Role.ADVISOR)
        assert {user.get_full_name() for user in advisors} == {
            "Mike Johnson",
            "Sarah Chen",
            "Robert Williams",
        }

    def test_technician_stands_at_a_bay(self, now: datetime) -> None:
        assert models.Technician.objects.get(user__username="carlos").name == "Carlos Mendez"


class TestScenes:
    def test_somebody_is_late(self, now: datetime) -> None:
        assert models.Appointment.objects.late(now).count() == 1

    def test_every_status_is_on_todays_page(self, now: datetime) -> None:
        found = set(today(now).values_list("status", flat=True))
        assert found == set(AppointmentStatus.values)

    def test_three_cars_are_in_work_on_three_bays(self, now: datetime) -> None:
        working = today(now).filter(status="in_progress").exclude(service_bay="B3")
        assert len(set(working.values_list("service_bay", flat=True))) == 3

    def test_customer_waits_in_the_lounge(self, now: datetime) -> None:
        assert today(now).filter(status="arrived", transport="waiter").count() == 1

    def test_one_bay_is_full_from_opening_to_closing(self, now: datetime) -> None:
        booked = today(now).filter(service_bay="B3").order_by("scheduled_at")
        visits = [(visit.scheduled_at, visit.ends_at) for visit in booked]
        zone = shop_zone()
        assert visits[0][0] == datetime(2026, 6, 4, 7, 30, tzinfo=zone)
        assert visits[-1][1] == datetime(2026, 6, 4, 18, 0, tzinfo=zone)
        assert all(a[1] == b[0] for a, b in pairwise(visits))

    def test_cancelled_visit_has_its_reason(self, now: datetime) -> None:
        assert today(now).get(status="cancelled").cancellation_reason

    def test_finished_visit_has_its_record(self, now: datetime) -> None:
        finished = today(now).filter(status="completed").first()
        assert finished.service_record.total_cost == finished.actual_cost
        assert finished.arrived_at <= finished.started_at <= finished.completed_at <= now

    def test_book_is_filled_for_three_weeks(self, now: datetime) -> None:
        for week in range(3):
            begins = now + timedelta(days=1 + 7 * week)
            coming = models.Appointment.objects.active().filter(
                scheduled_at__range=(begins, begins + timedelta(days=7))
            )
            assert coming.count() > 10

    @pytest.mark.parametrize("code", ["BRKF", "BATT", "TIRE4"])
    def test_work_is_declined_with_a_reason(self, now: datetime, code: str) -> None:
        lines = models.ServiceLine.objects.refused().filter(op_code=code, outcome="declined")
        assert lines.exclude(reason="").exists()

    def test_deferred_work_is_due(self, now: datetime) -> None:
        due = models.ServiceLine.objects.due(now.date()).filter(outcome="deferred")
        assert due.filter(deferred_until__lt=now.date()).exists()
        assert due.filter(deferred_until_mileage__isnull=False).exists()

    def test_old_car_stands_with_its_exception(self, now: datetime) -> None:
        car = models.Vehicle.objects.exclude(vin_exception_reason="").get()
        assert (car.year, car.vin_exception_reason) == (1967, "Built before 1981")

    def test_fleet_has_three_vehicles(self, now: datetime) -> None:
        firm = models.Customer.objects.get(last_name="Plumbing", customer_type="fleet")
        assert firm.vehicles.count() == 3

    def test_regular_has_three_notes(self, now: datetime) -> None:
        assert models.CustomerNote.objects.values("customer").distinct().count() == 1
        assert models.CustomerNote.objects.count() == 3

    def test_scenes_are_on_the_audit_trail_row_by_row(self, now: datetime) -> None:
        late = models.Appointment.objects.late(now).get()
        trail = models.AuditEntry.objects.filter(row_id=str(late.pk), source="seed")
        assert [entry.action for entry in trail.order_by("id")][:2] == ["insert", "update"]


class TestSeedCommand:
    def test_second_run_says_so_and_changes_nothing(self, now: datetime) -> None:
        before = models.AuditEntry.objects.count()
        assert "there already" in run("seed_demo")
        assert models.AuditEntry.objects.count() == before

    def test_reset_builds_it_anew(self, now: datetime) -> None:
        old = set(models.Appointment.objects.values_list("pk", flat=True))
        run("seed_demo", reset=True)
        assert models.Customer.objects.count() == SIZE
        assert not old >= set(models.Appointment.objects.values_list("pk", flat=True))


class TestRemove:
    def test_everything_of_the_demo_goes(self, now: datetime) -> None:
        audit = models.AuditEntry.objects.count()
        assert f"customers        {SIZE:>7,} removed" in run("remove_demo", yes=True)
        for model in (
            models.Customer,
            models.Vehicle,
            models.Appointment,
            models.ServiceRecord,
            models.ServiceLine,
            models.CustomerNote,
            models.CustomerSearch,
            models.DataBatch,
            models.User,
        ):
            assert model.objects.count() == 0, model
        assert models.ServiceBay.objects.count() == 8
        assert models.AuditEntry.objects.count() > audit
        assert not demo.exists()

    def test_real_rows_stay(self, now: datetime) -> None:
        mike = models.User.objects.get(username="mike")
        customer = CustomerFactory(preferred_service_advisor=mike)
        car = VehicleFactory(customer=customer, current_mileage=1_000)
        visit = AppointmentFactory(customer=customer, vehicle=car, advisor=mike)
        record = records.record_service(vehicle=car, data={"service_date": now.date()})
        customers.add_note(customer=customer, author=mike, text="Real")
        run("remove_demo", yes=True)
        assert models.Customer.objects.get() == customer
        assert models.Vehicle.objects.get() == car
        assert models.Appointment.objects.get() == visit
        assert models.ServiceRecord.objects.get() == record
        note = models.CustomerNote.objects.get()
        assert (note.text, note.author) == ("Real", None)
        visit.refresh_from_db()
        assert visit.advisor is None

    def test_what_people_added_to_demo_customers_goes_along(self, now: datetime) -> None:
        someone = models.Customer.objects.filter(batch__kind=BatchKind.DEMO).first()
        assert someone is not None
        VehicleFactory(customer=someone, is_primary_vehicle=False)
        appointments.book_appointment(
            customer=someone,
            scheduled_at=now + timedelta(days=40),
            service_type="Wash",
            enforce_hours=False,
        )
        run("remove_demo", yes=True)
        assert models.Vehicle.objects.count() == models.Appointment.objects.count() == 0

    def test_demo_vehicle_sold_to_a_real_customer_stays(self, now: datetime) -> None:
        buyer = CustomerFactory()
        car = models.Vehicle.objects.filter(service_history__isnull=False).first()
        assert car is not None
        vehicles.update_vehicle(vehicle=car, data={"customer": buyer})
        run("remove_demo", yes=True)
        kept = models.Vehicle.objects.get()
        assert (kept.pk, kept.customer, kept.batch) == (car.pk, buyer, None)

    def test_real_history_on_a_demo_vehicle_stays(self, now: datetime) -> None:
        seller = CustomerFactory()
        car = VehicleFactory(customer=seller)
        visit = AppointmentFactory(customer=seller, vehicle=car)
        record = records.record_service(vehicle=car, data={"service_date": now.date()})
        someone = models.Customer.objects.filter(batch__kind=BatchKind.DEMO).first()
        vehicles.update_vehicle(vehicle=car, data={"customer": someone})
        run("remove_demo", yes=True)
        assert models.ServiceRecord.objects.get() == record
        assert models.Vehicle.objects.get().customer is None
        assert models.Appointment.objects.get() == visit

    def test_without_yes_a_no_leaves_everything(
        self, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("builtins.input", lambda question: "no")
        with pytest.raises(CommandError, match="Nothing was removed"):
            run("remove_demo")
        assert demo.exists()

    def test_seed_demo_remove_is_the_same(self, now: datetime) -> None:
        run("seed_demo", remove=True, yes=True)
        assert not demo.exists()
