"""A customer's warmth in the API, as the specification writes it and under `/api/v1/`."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from crm.enums import Role
from jobs.registry import local_today
from tests.crm.api import ROOT, client_of, problem_of
from tests.factories import CustomerFactory
from tests.warmth.factories import CustomerWarmthFactory, history_row
from warmth.models import ArchivedWarmthHistory, CustomerWarmth, CustomerWarmthHistory
from warmth.services.recompute import recompute_customers

pytestmark = pytest.mark.django_db
SEED_BODY = {
    "engagement_score": 75.0,
    "budget_qualification_score": 80.0,
    "notes": "Customer completed test drive",
}


@pytest.fixture
def client() -> Any:
    return client_of(Role.SALES)


@pytest.fixture
def customer() -> Any:
    customer = CustomerFactory()
    recompute_customers([customer.pk])
    return customer


def address(customer: Any, below: str = "") -> str:
    return f"{ROOT}customers/{customer.pk}/warmth/{below}"


@pytest.mark.parametrize("slash", ["", "/"])
def test_seeds_put_and_get_run_as_written(slash: str, client: Any, customer: Any) -> None:
    url = f"/api/customers/{customer.pk}/warmth{slash}"
    body = client.put(url, SEED_BODY, format="json").json()
    assert (body["engagement_score"], body["budget_qualification_score"]) == ("75.00", "80.00")
    assert body["warmth_notes"] == "Customer completed test drive"
    # 0.20 x 75 + 0.20 x 80 + 0.05 x 100, for they live around the corner.
    assert body["overall_warmth_score"] == "36.00"
    assert body["warmth_level"] == "cool"
    assert body["component_sources"][0] == body["component_sources"][3] == "p"
    assert client.get(url).json() == body == client.get(address(customer)).json()


def test_set_components_stand_with_reason_author_and_expiry(client: Any, customer: Any) -> None:
    last_day = local_today() + timedelta(days=10)
    body = client.patch(
        address(customer),
        {"engagement_score": "60", "reason": "Spoke at length", "expires_on": last_day},
        format="json",
    ).json()
    entry = body["manual_adjustments"]["engagement"]
    assert (entry["reason"], entry["value"]) == ("Spoke at length", "60.00")
    assert entry["author_id"] == client.user.pk
    assert entry["expires_at"] > last_day.isoformat()
    newest = CustomerWarmthHistory.objects.of_customer(customer.pk).newest_first()[0]
    assert newest.change_trigger == "manual_adjustment"
    assert newest.source == "api"


def test_several_components_are_one_step_of_history(client: Any, customer: Any) -> None:
    before = CustomerWarmthHistory.objects.count()
    client.put(address(customer), SEED_BODY, format="json")
    assert CustomerWarmthHistory.objects.count() == before + 1


def test_null_gives_a_component_back(client: Any, customer: Any) -> None:
    client.put(address(customer), SEED_BODY, format="json")
    body = client.patch(address(customer), {"engagement_score": None}, format="json").json()
    assert set(body["manual_adjustments"]) == {"budget_qualification"}
    assert body["engagement_score"] == "0.00"


def test_what_the_customer_declares_moves_the_automatic_value(client: Any, customer: Any) -> None:
    declared = {
        "price_range_min": "20000",
        "price_range_max": "30000",
        "decision_role": "sole",
        "declared_purchase_date": str(local_today() + timedelta(days=14)),
        "interested_vehicle_types": ["suv"],
        "preferred_features": {"color": "red"},
    }
    body = client.put(address(customer), declared, format="json").json()
    assert body["manual_adjustments"] == {}
    assert body["budget_qualification_score"] == "50.00"
    assert body["timeline_urgency_score"] == body["decision_making_authority_score"] == "100.00"
    assert body["predicted_purchase_value"] == "25000.00"
    assert body["preferred_features"] == {"color": "red"}


def test_customer_without_a_record_gets_one_with_the_first_write(client: Any) -> None:
    customer = CustomerFactory()
    problem_of(client.get(address(customer)), 404)
    assert client.put(address(customer), SEED_BODY, format="json").status_code == 200


@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        ({"engagement_score": "101"}, 400, "/engagement_score"),
        ({"engagement_score": "nine"}, 400, "/engagement_score"),
        ({"engagement_score": "50"}, 422, "/reason"),
        ({"engagement_score": "50", "reason": "x", "expires_on": "2020-01-01"}, 422, "/expires_on"),
        ({"price_range_min": "5", "price_range_max": "4"}, 422, "/price_range_max"),
        ({"decision_role": "boss"}, 400, "/decision_role"),
        ({"interested_vehicle_types": "suv"}, 400, "/interested_vehicle_types"),
    ],
)
def test_refused_writes_name_the_field_and_change_nothing(
    body: dict[str, Any], status: int, pointer: str, client: Any, customer: Any
) -> None:
    before = CustomerWarmth.objects.get()
    problem = problem_of(client.put(address(customer), body, format="json"), status)
    assert problem["errors"][0]["pointer"] == pointer
    assert CustomerWarmth.objects.get().updated_at == before.updated_at


def test_stale_version_is_refused_and_the_current_one_taken(client: Any, customer: Any) -> None:
    etag = client.get(address(customer))["ETag"]
    assert client.get(address(customer), HTTP_IF_NONE_MATCH=etag).status_code == 304
    first = client.put(address(customer), SEED_BODY, format="json", HTTP_IF_MATCH=etag)
    assert first.status_code == 200 and first["ETag"] != etag
    again = client.put(address(customer), SEED_BODY, format="json", HTTP_IF_MATCH=etag)
    assert problem_of(again, 412)["code"] == "stale"


def test_repeated_key_answers_as_before_and_writes_once(client: Any, customer: Any) -> None:
    answers = [
        client.put(address(customer), SEED_BODY, format="json", HTTP_IDEMPOTENCY_KEY="k")
        for _ in range(2)
    ]
    assert answers[0].json() == answers[1].json()
    assert answers[1]["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize("key", ["nobody", "0190f1c2-0000-7000-8000-000000000000"])
def test_nobody_has_no_warmth(key: str, client: Any) -> None:
    for below in ("", "history/", "trends/"):
        problem_of(client.get(f"{ROOT}customers/{key}/warmth/{below}"), 404)
    problem_of(client.put(f"/api/customers/{key}/warmth", SEED_BODY, format="json"), 404)


def test_unversioned_addresses_ask_for_a_token_too(customer: Any) -> None:
    technician = client_of(Role.TECHNICIAN)
    for url in (f"/api/customers/{customer.pk}/warmth", "/api/analytics/warmth"):
        assert problem_of(technician.get(url), 403)["code"] == "role_forbidden"


def test_history_pages_back_from_the_latest_change(client: Any, customer: Any) -> None:
    for value in ("10", "20", "30"):
        client.put(address(customer), {"engagement_score": value, "reason": "told"}, format="json")
    page = client.get(address(customer, "history/"), {"page_size": "2"}).json()
    rest = client.get(page["next"]).json()
    shown = [row["warmth_score_snapshot"] for row in page["results"] + rest["results"]]
    assert shown == ["11.00", "9.00", "7.00", "5.00"]
    assert sum(Decimal(row["score_change"]) for row in page["results"] + rest["results"]) == 11
    found = client.get(address(customer, "history/"), {"change_trigger": "nothing"}).json()
    assert found["results"] == []


def test_archived_history_is_readable(client: Any) -> None:
    warmth = CustomerWarmthFactory()
    row = history_row(warmth, "12.00", warmth.created_at)
    columns = (
        "id", "customer_warmth_id", "warmth_score_snapshot", "warmth_level_snapshot",
        "change_trigger", "score_change", "created_at",
    )  # fmt: skip
    ArchivedWarmthHistory.objects.create(**{name: getattr(row, name) for name in columns})
    url = address(warmth.customer, "history/")
    archived = client.get(url, {"archived": "true"}).json()["results"]
    assert [found["id"] for found in archived] == [row.pk]
    problem_of(client.get(url, {"archived": "maybe"}), 400)


@pytest.mark.parametrize("rows", [1, 3])
def test_history_asks_a_constant_number_of_times(rows: int, client: Any) -> None:
    warmth = CustomerWarmthFactory()
    for _ in range(rows):
        history_row(warmth, "12.00", warmth.created_at)
    url = address(warmth.customer, "history/")
    client.get(f"{ROOT}me/")
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    assert len(queries) == 4  # token, rate limit, the record, its rows


def test_trends_of_a_customer_by_day(client: Any, customer: Any) -> None:
    client.put(address(customer), SEED_BODY, format="json")
    (day,) = client.get(address(customer, "trends/")).json()["results"]
    assert (day["change"], day["highest_score"], day["changes"]) == ("36.00", "36.00", 2)
    assert "manual_adjustment" in day["triggers"]
