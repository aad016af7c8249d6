"""The battery lines at the head of a customer's page and in the screen pop."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from crm.briefs import lines_for
from crm.enums import Role
from tests.factories import CustomerFactory, UserFactory, VehicleFactory
from tests.leads.factories import LeadFactory, scored

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer() -> Any:
    return CustomerFactory()


def battery_lines(customer: Any) -> list[Any]:
    user = UserFactory(role=Role.BDC)
    return [line for line in lines_for(user, customer.pk) if "Battery risk" in line.text]


def test_brief_names_risky_vehicles_the_riskiest_first(customer: Any) -> None:
    medium = scored(LeadFactory(vehicle=VehicleFactory(customer=customer), customer=customer))
    high = scored(LeadFactory(model="F-250", customer=customer, soc_decline=True))
    low = {"start_cycles_annual": 1_000, "short_trip_percentage": 0.1, "temperature_swing": 20}
    scored(LeadFactory(customer=customer, **low))
    found = battery_lines(customer)
    assert [(line.tone, line.url) for line in found] == [
        ("danger", f"/leads/{high.pk}/"),
        ("attention", f"/leads/{medium.pk}/"),
    ]
    assert found[0].text.endswith("2020 F-250")


def test_brief_is_silent_about_closed_leads(customer: Any) -> None:
    scored(LeadFactory(customer=customer, soc_decline=True))
    customer.leads.update(status="won")
    assert battery_lines(customer) == []


def test_brief_costs_one_query(customer: Any) -> None:
    from leads.briefs import _battery

    with CaptureQueriesContext(connection) as queries:
        list(_battery(customer.pk))
    assert len(queries) == 1
