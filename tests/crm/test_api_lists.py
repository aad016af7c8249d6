"""Every list answers with the same number of queries for one row and for three."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from crm.rest.views import RowViewSet
from tests import factories
from tests.crm.api import ROOT, client_of
from tests.crm.test_route_matrix import ROUTES, api_patterns
from tests.leads.factories import LeadFactory, scored
from tests.telephony.factories import CallLogFactory
from tests.warmth.factories import (
    CustomerWarmthFactory,
    WarmthAlgorithmFactory,
    WarmthEventFactory,
    WarmthScoringTriggerFactory,
)

pytestmark = pytest.mark.django_db

# Token with user, count of the rate limit, the rows.
QUERIES = 3


def _op_code(n: int) -> Any:
    return factories.OpCodeFactory(code=f"OP{n}")


LISTS: dict[str, Callable[[int], Any]] = {
    "customers/": lambda n: factories.CustomerFactory(
        preferred_service_advisor=factories.UserFactory()
    ),
    "vehicles/": lambda n: factories.VehicleFactory(),
    "appointments/": lambda n: factories.AppointmentFactory(
        assigned_technician=factories.TechnicianFactory(),
        service_bay=factories.ServiceBayFactory(),
        advisor=factories.UserFactory(),
    ),
    "service-history/": lambda n: factories.ServiceRecordFactory(advisor=factories.UserFactory()),
    "service-lines/": lambda n: factories.ServiceLineFactory(),
    "technicians/": lambda n: factories.TechnicianFactory(),
    "service-bays/": lambda n: factories.ServiceBayFactory(),
    "opening-hours/": lambda n: factories.OpeningHoursFactory(weekday=n),
    "special-days/": lambda n: factories.SpecialDayFactory(date=f"2026-12-{n + 1:02d}"),
    "op-codes/": _op_code,
    "users/": lambda n: factories.UserFactory(),
    "work-items/": lambda n: factories.WorkItemFactory(),
    "consents/": lambda n: factories.ConsentFactory(),
    "contact-attempts/": lambda n: factories.ContactAttemptFactory(),
    "webhooks/": lambda n: factories.WebhookEndpointFactory(),
    "webhook-deliveries/": lambda n: factories.WebhookDeliveryFactory(),
    "calls/": lambda n: CallLogFactory(
        customer=factories.CustomerFactory(), advisor=factories.UserFactory()
    ),
    "leads/": lambda n: scored(LeadFactory()),
    "audit/": lambda n: factories.CustomerFactory(),
    "analytics/warmth/": lambda n: CustomerWarmthFactory(),
    "analytics/warmth/stale/": lambda n: CustomerWarmthFactory(days_since_last_interaction=91 + n),
    "warmth-events/": lambda n: WarmthEventFactory(),
    "warmth-triggers/": lambda n: WarmthScoringTriggerFactory(),
    "warmth-algorithms/": lambda n: WarmthAlgorithmFactory(),
}


def test_every_list_of_the_api_is_measured_here() -> None:
    lists = {
        path
        for path, view in api_patterns().items()
        if path in ROUTES and getattr(view, "actions", {}).get("get") == "list"
    }
    assert lists == set(LISTS)


@pytest.mark.parametrize("path", LISTS)
def test_list_asks_as_often_for_three_rows_as_for_one(path: str) -> None:
    client = client_of()
    counts = []
    for rows in (1, 2):
        for n in range(rows):
            LISTS[path](n + 2 * (rows - 1))
        client.get(ROOT + path)
        with CaptureQueriesContext(connection) as queries:
            response = client.get(ROOT + path)
        assert response.status_code == 200, response.content
        assert len(response.json()["results"]) >= (1 if rows == 1 else 3)
        counts.append(len(queries))
    assert counts == [QUERIES, QUERIES]


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("below", ["notes", "vehicles", "timeline"])
def test_list_below_a_customer_asks_a_constant_number_of_times(below: str, rows: int) -> None:
    customer = factories.CustomerFactory()
    for n in range(rows):
        factories.VehicleFactory(customer=customer, is_primary_vehicle=n == 0)
        factories.CustomerNoteFactory(customer=customer)
    client = client_of()
    client.get(f"{ROOT}me/")  # notes that the token was used
    with CaptureQueriesContext(connection) as queries:
        client.get(f"{ROOT}customers/{customer.pk}/{below}/")
    assert len(queries) == QUERIES + 1


@pytest.mark.parametrize("rows", [1, 3])
def test_search_asks_a_constant_number_of_times(rows: int) -> None:
    factories.CustomerFactory.create_batch(rows)
    client = client_of()
    client.get(ROOT + "customers/")
    with CaptureQueriesContext(connection) as queries:
        found = client.get(ROOT + "customers/", {"search": "whitf"}).json()["results"]
    assert len(found) == rows
    assert len(queries) == QUERIES + 1


@pytest.mark.parametrize("path", LISTS)
def test_every_ordering_of_a_list_pages_on(path: str) -> None:
    """A cursor is made from what a row shows, so each order's columns must be among it."""
    for n in range(3):
        LISTS[path](n)
    view = api_patterns()[path].cls
    assert issubclass(view, RowViewSet)
    client = client_of()
    for ordering in view.orderings:
        size = view.pagination_class.size_parameter
        first = client.get(ROOT + path, {"ordering": ordering, size: "1"}).json()
        assert client.get(first["next"]).status_code == 200
