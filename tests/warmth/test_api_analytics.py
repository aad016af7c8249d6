"""The warmest, the stale and the sums in the API."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from crm.enums import Role
from crm.querysets import shop_day
from jobs.registry import local_today
from tests.crm.api import ROOT, client_of, problem_of
from tests.warmth.factories import CustomerWarmthFactory, history_row
from warmth.services import figures

pytestmark = pytest.mark.django_db
ANALYTICS = f"{ROOT}analytics/warmth/"
SECOND = timedelta(seconds=1)


@pytest.fixture
def client() -> Any:
    return client_of(Role.SALES)


def with_score(score: str, **values: Any) -> Any:
    return CustomerWarmthFactory(overall_warmth_score=Decimal(score), **values)


@pytest.mark.parametrize("url", ["/api/analytics/warmth", "/api/analytics/warmth/", ANALYTICS])
def test_seeds_analytics_run_as_written(url: str, client: Any) -> None:
    for score in ("74.99", "80.00", "89.99", "95.00"):
        with_score(score)
    body = client.get(f"{url}?level=hot&limit=50").json()
    assert [row["overall_warmth_score"] for row in body["results"]] == ["89.99", "80.00"]
    assert body["next"] is None


def test_rows_say_what_the_view_of_the_database_says(client: Any) -> None:
    now = timezone.now()
    for days in (None, 1, 20, 60, 200):
        at = None if days is None else now - timedelta(days=days)
        with_score("40", last_engagement_date=at, days_since_last_interaction=days and 0)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT customer_id::text, engagement_status, days_since_last_interaction,"
            " customer_name FROM warmth_analytics"
        )
        view = {row[0]: row[1:] for row in cursor.fetchall()}
    rows = client.get(ANALYTICS).json()["results"]
    assert {
        row["customer_id"]: (row["engagement_status"], row["days_silent"], row["customer_name"])
        for row in rows
    } == view
    assert {row["engagement_status"] for row in rows} == {
        "None", "Recent", "Active", "Dormant", "At risk"
    }  # fmt: skip


def test_days_end_at_the_shops_midnight_and_not_at_that_of_utc(client: Any) -> None:
    midnight = shop_day(local_today())[0]
    first, last = (
        with_score("40", last_engagement_date=midnight - age) for age in (timedelta(), SECOND)
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT customer_id, days_since_last_interaction FROM warmth_analytics")
        assert dict(cursor.fetchall()) == {first.customer_id: 0, last.customer_id: 1}
    rows = client.get(ANALYTICS).json()["results"]
    days = {row["customer_id"]: row["days_silent"] for row in rows}
    assert days == {str(first.customer_id): 0, str(last.customer_id): 1}
    history_row(first, "30", midnight - SECOND)
    found = [day.day for day in figures.trends()]
    assert found == [day.day for day in figures.customer_trends(first.customer_id)]
    assert found == [local_today() - timedelta(days=1), local_today()]


def test_pages_follow_each_other_from_the_warmest_down(client: Any) -> None:
    scores = ["50.00", "40.00", "40.00", "30.00", "10.00"]
    for score in scores:
        with_score(score)
    url, shown = f"{ANALYTICS}?limit=2", []
    while url:
        page = client.get(url).json()
        shown += [row["overall_warmth_score"] for row in page["results"]]
        url = page["next"]
    assert shown == scores


def test_filters_combine(client: Any) -> None:
    with_score("80", is_active=False)
    with_score("92")
    wanted = with_score("78", engagement_score=Decimal(50))
    query = {"level": ["hot", "scorching"], "is_active": "true", "adjusted": "true"}
    rows = client.get(ANALYTICS, query).json()["results"]
    assert [row["id"] for row in rows] == [str(wanted.pk)]
    rows = client.get(ANALYTICS, {"score_from": "90"}).json()["results"]
    assert [row["warmth_level"] for row in rows] == ["scorching"]


@pytest.mark.parametrize(
    "query", ["level=tepid", "limit=0", "limit=201", "limit=x", "page_size=5", "levle=hot"]
)
def test_bad_parameters_are_refused(query: str, client: Any) -> None:
    problem = problem_of(client.get(f"{ANALYTICS}?{query}"), 400)
    assert problem["errors"][0]["parameter"] == query.partition("=")[0]


def test_stale_are_warm_and_silent_for_longest_first(client: Any) -> None:
    with_score("40", days_since_last_interaction=90)
    with_score("20", days_since_last_interaction=400)
    for days in (91, 300):
        with_score("40", days_since_last_interaction=days)
    rows = client.get(f"{ANALYTICS}stale/").json()["results"]
    assert [row["days_since_last_interaction"] for row in rows] == [300, 91]


def test_pipeline_adds_up_by_level(client: Any) -> None:
    with_score("80", predicted_purchase_value=20000, purchase_probability=50)
    with_score("78", predicted_purchase_value=30000, purchase_probability=10)
    with_score("5", predicted_purchase_value=9000, is_active=False)
    stages = client.get(f"{ANALYTICS}pipeline/").json()["results"]
    assert [stage["level"] for stage in stages][:2] == ["scorching", "hot"] and len(stages) == 7
    assert stages[1] == {
        "level": "hot",
        "customers": 2,
        "average_score": "79.00",
        "average_value": "25000.00",
        "total_value": "50000.00",
        "expected_value": "13000.00",
    }
    assert stages[0]["customers"] == 0 and stages[0]["average_value"] is None


def test_distribution_counts_active_customers(client: Any) -> None:
    for score in ("80", "20", "20", "20"):
        with_score(score)
    shares = client.get(f"{ANALYTICS}distribution/").json()["results"]
    found = {row["level"]: (row["count"], row["percentage"]) for row in shares if row["count"]}
    assert found == {"hot": (1, "25.00"), "cold": (3, "75.00")}


def test_trends_sum_what_went_up_and_down(client: Any) -> None:
    with_score("80")
    other = with_score("40")
    other.overall_warmth_score = Decimal(30)
    other.save()
    (day,) = client.get(f"{ANALYTICS}trends/").json()["results"]
    assert (day["customers"], day["changes"]) == (2, 3)
    assert (day["gained"], day["lost"]) == ("110.00", "0.00")
    problem_of(client.get(f"{ANALYTICS}trends/?day=1"), 400)
