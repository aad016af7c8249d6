"""The few lines to know before saying hello."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from crm import briefs
from crm.briefs import Brief, Line, lines_for
from crm.enums import LineOutcome, Role
from crm.models import Customer
from tests.crm.pages import signed_in
from tests.factories import (
    AppointmentFactory,
    CustomerFactory,
    ServiceLineFactory,
    UserFactory,
    VehicleFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer() -> Customer:
    found = CustomerFactory(last_contact_date=timezone.now() - timedelta(days=3))
    vehicle = VehicleFactory(customer=found)
    AppointmentFactory(
        customer=found, vehicle=vehicle, scheduled_at=timezone.now() + timedelta(days=2)
    )
    ServiceLineFactory(
        vehicle=vehicle, outcome=LineOutcome.DECLINED, reason="price", price=120, resolved_by=None
    )
    return found


def test_lines_of_crm_name_vehicle_visit_declined_work_and_last_contact(customer: Any) -> None:
    texts = [line.text for line in lines_for(UserFactory(role=Role.ADVISOR), customer.pk)]
    vehicle = customer.vehicles.get()
    assert texts[0] == f"{vehicle.year} {vehicle.make} {vehicle.model}"
    assert texts[1].endswith(customer.appointments.get().service_type)
    assert texts[2] == "1 declined line, $120.00"
    assert texts[3].startswith("Last contact ")


def test_lines_cost_one_query_a_source(customer: Any) -> None:
    user = UserFactory(role=Role.ADVISOR)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        lines_for(user, customer.pk)
    assert len(queries) <= len(briefs._briefs)


def test_source_is_not_asked_without_the_capability(
    customer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(customer_id: Any) -> list[Line]:
        raise AssertionError

    monkeypatch.setattr(briefs, "_briefs", {})
    briefs.register(Brief("secret", "audit:read", never))
    assert lines_for(UserFactory(role=Role.TECHNICIAN), customer.pk) == []


def test_brief_of_the_page_shows_other_apps_lines_escaped(
    customer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(briefs, "_briefs", dict(briefs._briefs))
    line = Line("<b>High</b>", "battery", "danger", "/x")
    briefs.register(Brief("test", "customers:read", lambda key: [line]))
    page = signed_in().get(reverse("customer_brief", args=[customer.pk])).content.decode()
    assert "&lt;b&gt;High&lt;/b&gt;" in page
    assert "declined" not in page
