"""Engagement events in the API: one, and thousands in one call."""

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crm.enums import Role
from jobs.registry import local_today
from tests.crm.api import ROOT, client_of, problem_of
from tests.factories import CustomerFactory
from tests.warmth.factories import WarmthEventFactory
from warmth.enums import EventType
from warmth.models import CustomerWarmth, CustomerWarmthHistory, WarmthEvent

pytestmark = pytest.mark.django_db
EVENTS = f"{ROOT}warmth-events/"
BULK = f"{EVENTS}bulk/"


@pytest.fixture
def client() -> Any:
    return client_of(Role.SALES)


def row_of(customer: Any, **values: Any) -> dict[str, Any]:
    return {
        "customer_id": str(customer.pk),
        "event_type": EventType.TEST_DRIVE.value,
        "occurred_at": timezone.now().isoformat(),
        **values,
    }


def test_event_moves_the_score_with_its_answer(client: Any) -> None:
    customer = CustomerFactory()
    response = client.post(EVENTS, row_of(customer, event_key="web:1", value="30000"))
    body = response.json()
    assert response.status_code == 201
    assert (body["source"], body["value"]) == ("api", "30000.00")
    assert response["Location"].endswith(f"{EVENTS}{body['id']}/")
    warmth = CustomerWarmth.objects.get(customer=customer)
    assert warmth.engagement_score == 33  # 8 for a kind of engagement, 25 by the rule
    assert CustomerWarmthHistory.objects.newest_first()[0].change_trigger == "test_drive"


def test_known_key_changes_nothing_and_is_a_200(client: Any) -> None:
    row = row_of(CustomerFactory(), event_key="web:1")
    first = client.post(EVENTS, row)
    again = client.post(EVENTS, row)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    other = client.post(EVENTS, row_of(CustomerFactory(), event_key="web:1"))
    assert problem_of(other, 409)["code"] == "warmth_events_key_once"


@pytest.mark.parametrize(
    ("values", "status", "pointer"),
    [
        ({"event_type": "dance"}, 400, "/event_type"),
        ({"customer_id": str(uuid4())}, 422, "/customer_id"),
        ({"occurred_at": "2999-01-01T00:00:00Z"}, 422, "/occurred_at"),
        ({"value": "-1"}, 400, "/value"),
    ],
)
def test_event_that_makes_no_sense_is_refused(
    values: dict[str, Any], status: int, pointer: str, client: Any
) -> None:
    problem = problem_of(client.post(EVENTS, row_of(CustomerFactory(), **values)), status)
    assert problem["errors"][0]["pointer"] == pointer
    assert not WarmthEvent.objects.exists()


def test_event_taken_back_leaves_the_score_as_before(client: Any) -> None:
    customer = CustomerFactory()
    key = client.post(EVENTS, row_of(customer)).json()["id"]
    url = f"{EVENTS}{key}/"
    assert client.delete(url, HTTP_IF_MATCH='"other"').status_code == 412
    assert client.delete(url).status_code == 204
    assert CustomerWarmth.objects.get(customer=customer).engagement_score == 0
    problem_of(client.get(url), 404)


def test_list_is_filtered_and_latest_first(client: Any) -> None:
    old = WarmthEventFactory(occurred_at=timezone.now() - timedelta(days=40))
    new = WarmthEventFactory(event_type=EventType.QUOTE)
    assert [row["id"] for row in client.get(EVENTS).json()["results"]] == [new.pk, old.pk]
    day = local_today() - timedelta(days=30)
    for query, wanted in (
        ({"customer_id": str(old.customer_id)}, old),
        ({"event_type": "quote"}, new),
        ({"first": day}, new),
        ({"last": day}, old),
        ({"event_key": new.event_key}, new),
    ):
        found = client.get(EVENTS, query).json()["results"]
        assert [row["id"] for row in found] == [wanted.pk], query


def test_rows_of_a_bulk_call_are_taken_or_refused_each_for_itself(client: Any) -> None:
    customer = CustomerFactory()
    rows = [
        row_of(customer, event_key="a"),
        row_of(customer, event_key="a"),
        row_of(customer, event_type="dance"),
        row_of(customer, customer_id="nobody"),
        row_of(customer, colour="red"),
        "no row",
        row_of(customer, event_key="b", subject="F-150"),
    ]
    report = client.post(BULK, {"events": rows}).json()
    assert (report["recorded"], report["known"], report["customers"]) == (2, 1, 1)
    assert [(entry["row"], entry["pointer"]) for entry in report["refused"]] == [
        (2, "/events/2/event_type"),
        (3, "/events/3/customer_id"),
        (4, "/events/4/colour"),
        (5, "/events/5"),
    ]
    again = client.post(BULK, {"events": rows[:2]}).json()
    assert (again["recorded"], again["known"]) == (0, 2)


@pytest.mark.parametrize("body", [{}, {"events": []}, {"events": "x"}, {"events": [1] * 10_001}])
def test_bulk_call_of_another_shape_is_refused(body: dict[str, Any], client: Any) -> None:
    problem_of(client.post(BULK, body), 400)


def test_body_that_no_ten_thousand_events_need_is_refused(client: Any) -> None:
    body = json.dumps({"events": [{"subject": "s" * 8 * 1024 * 1024}]})
    answer = client.generic("POST", BULK, body, content_type="application/json")
    assert problem_of(answer, 413)["detail"] == "The body is larger than 8 MiB."


def test_ten_thousand_events_fit_into_one_call_and_a_fixed_number_of_queries(client: Any) -> None:
    customers = CustomerFactory.create_batch(4)
    moment = timezone.now().replace(microsecond=0).isoformat()
    rows = [
        row_of(
            customers[n % 4],
            event_type=EventType.WEBSITE_VISIT.value,
            occurred_at=moment,
            event_key=f"web:{n}:".ljust(200, "k"),
            value="32500.00",
            subject="s" * 200,
        )
        for n in range(10_000)
    ]
    counts = []
    for sent in (rows[:4], rows):
        body = json.dumps({"events": sent})
        assert len(body) < 8 * 1024 * 1024
        with CaptureQueriesContext(connection) as queries:
            response = client.generic("POST", BULK, body, content_type="application/json")
        assert response.status_code == 200, response.content[:500]
        counts.append(len(queries))
    assert response.json() == {"recorded": 9_996, "known": 4, "customers": 4, "refused": []}
    assert counts[1] <= counts[0] + 1  # one more tells what was known
    assert set(CustomerWarmth.objects.values_list("total_interactions", flat=True)) == {2_500}
