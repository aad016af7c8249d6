"""Every SQL statement of the seed document runs as it is written, with keys put in."""

from decimal import Decimal

import pytest
from django.db import connection

from tests.factories import CustomerFactory, UserFactory
from warmth.services.recompute import recompute_customers

pytestmark = pytest.mark.django_db

SEED = {
    "customer_warmth": """overall_warmth_score warmth_level purchase_probability engagement_score
        interaction_frequency_score response_rate_score budget_qualification_score
        timeline_urgency_score decision_making_authority_score demographic_fit_score
        past_purchase_behavior_score days_since_first_contact days_since_last_interaction
        expected_purchase_timeframe total_interactions meaningful_interactions
        last_engagement_type last_engagement_date interested_vehicle_types price_range_min
        price_range_max preferred_features predicted_purchase_value predicted_purchase_date
        churn_risk_score retention_probability scoring_algorithm_used algorithm_version
        confidence_level manual_adjustments customer_id calculated_by is_active warmth_notes""",
    "customer_warmth_history": """customer_warmth_id warmth_score_snapshot warmth_level_snapshot
        change_trigger change_description score_change""",
    "warmth_scoring_triggers": """trigger_name trigger_type base_score_impact decay_rate
        max_occurrences time_window_days""",
}
INSERT = """
INSERT INTO customer_warmth (
    customer_id,
    overall_warmth_score,
    engagement_score,
    budget_qualification_score,
    timeline_urgency_score,
    predicted_purchase_value,
    price_range_min,
    price_range_max,
    interested_vehicle_types,
    calculated_by
) VALUES (
    'customer-uuid-here',
    75.5,                          -- High warmth score
    80.0,                          -- Very engaged customer
    85.0,                          -- Budget qualified
    70.0,                          -- Moderate urgency
    1200000.00,                    -- ₱1.2M expected purchase
    1000000.00,                    -- ₱1M minimum budget
    1500000.00,                    -- ₱1.5M maximum budget
    ARRAY['suv', 'sedan'],         -- Interested in SUVs and sedans
    'employee-uuid-here'           -- Calculated by sales agent
);
"""
UPDATE = """
UPDATE customer_warmth
SET
    engagement_score = engagement_score + 15,
    total_interactions = total_interactions + 1,
    meaningful_interactions = meaningful_interactions + 1,
    last_engagement_type = 'test_drive',
    last_engagement_date = NOW(),
    days_since_last_interaction = 0
WHERE customer_id = 'customer-uuid-here';
"""
HOT = """
SELECT
    c.name,
    c.email,
    cw.overall_warmth_score,
    cw.warmth_level,
    cw.predicted_purchase_value,
    cw.predicted_purchase_date
FROM customer_warmth cw
JOIN customers c ON cw.customer_id = c.id
WHERE cw.warmth_level IN ('hot', 'scorching')
  AND cw.is_active = true
ORDER BY cw.overall_warmth_score DESC;
"""
ANALYTICS = """
SELECT * FROM warmth_analytics
WHERE engagement_status = 'Recent'
ORDER BY overall_warmth_score DESC
LIMIT 10;
"""
TRENDS = """
SELECT
    customer_name,
    trend_date,
    avg_daily_score,
    change_triggers
FROM warmth_trends
WHERE customer_id = 'specific-customer-uuid'
ORDER BY trend_date DESC;
"""
PIPELINE = """
SELECT
    warmth_level,
    COUNT(*) as customer_count,
    AVG(predicted_purchase_value) as avg_deal_size,
    SUM(predicted_purchase_value) as total_pipeline_value
FROM customer_warmth
WHERE is_active = true
GROUP BY warmth_level
ORDER BY
    CASE warmth_level
        WHEN 'scorching' THEN 7
        WHEN 'hot' THEN 6
        WHEN 'warm' THEN 5
        WHEN 'lukewarm' THEN 4
        WHEN 'cool' THEN 3
        WHEN 'cold' THEN 2
        WHEN 'ice_cold' THEN 1
    END DESC;
"""
DISTRIBUTION = """
SELECT
    warmth_level,
    COUNT(*) as count,
    ROUND(COUNT(*) * 100.0 / SUM(COUNT(*)) OVER (), 2) as percentage
FROM customer_warmth
WHERE is_active = true
GROUP BY warmth_level;
"""
STALE = """
SELECT customer_id, days_since_last_interaction
FROM customer_warmth
WHERE days_since_last_interaction > 90
  AND warmth_level NOT IN ('ice_cold', 'cold');
"""
COMPOSITE = """
SELECT calculate_composite_warmth_score(
    75.0,  -- engagement_score
    60.0,  -- interaction_frequency_score
    80.0,  -- response_rate_score
    85.0,  -- budget_qualification_score
    70.0,  -- timeline_urgency_score
    75.0,  -- decision_authority_score
    60.0,  -- demographic_fit_score
    70.0   -- past_behavior_score
);
-- Returns: 73.25
"""


def run(statement: str, **keys: object) -> list[tuple]:
    for name, value in keys.items():
        statement = statement.replace(name.replace("_", "-"), str(value))
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


@pytest.fixture
def customer():
    """Somebody whose warmth the seed's INSERT has written."""
    found = CustomerFactory(first_name="Sarah", last_name="Chen")
    run(INSERT, customer_uuid_here=found.pk, employee_uuid_here=UserFactory().pk)
    found.refresh_from_db()
    return found


@pytest.mark.parametrize("table", SEED)
def test_table_has_every_column_of_the_seed(table):
    names = run(f"SELECT column_name FROM information_schema.columns WHERE table_name = '{table}'")
    assert set(SEED[table].split()) <= {name for (name,) in names}


def test_insert_stands_and_gets_its_level(customer):
    assert run(
        "SELECT overall_warmth_score, warmth_level, engagement_score, interested_vehicle_types,"
        " is_active, total_interactions, scoring_algorithm_used FROM customer_warmth"
    ) == [(Decimal("75.50"), "hot", Decimal("80.00"), ["suv", "sedan"], True, 0, "written")]


def test_next_calculation_brings_the_insert_into_line(customer):
    """Written components stand as a person's; fit comes from the ZIP code of the store's town."""
    recompute_customers([customer.pk])
    overall, level = customer.warmth.overall_warmth_score, customer.warmth.warmth_level
    assert overall == Decimal("48.50")  # 80 x 0.20 + 85 x 0.20 + 70 x 0.15 + 100 x 0.05
    assert level == "lukewarm"
    assert customer.warmth.component_sources == "p--pp-d-"


def test_update_adds_to_what_is_there_and_survives_a_calculation(customer):
    run(UPDATE, customer_uuid_here=customer.pk)
    expected = (Decimal("95.00"), 1, 1, "test_drive", 0)
    read = (
        "SELECT engagement_score, total_interactions, meaningful_interactions,"
        " last_engagement_type, days_since_last_interaction FROM customer_warmth"
    )
    assert run(read) == [expected]
    recompute_customers([customer.pk])
    assert run(read) == [expected]


def test_hot_prospects(customer):
    assert run(HOT) == [
        ("Sarah Chen", customer.email, Decimal("75.50"), "hot", Decimal("1200000.00"), None)
    ]


def test_analytics_shows_who_was_here_lately(customer):
    assert run(ANALYTICS) == []
    run(UPDATE, customer_uuid_here=customer.pk)
    with connection.cursor() as cursor:
        cursor.execute(ANALYTICS)
        names = [column.name for column in cursor.description]
        (row,) = [dict(zip(names, found, strict=True)) for found in cursor.fetchall()]
    assert (row["customer_name"], row["engagement_status"]) == ("Sarah Chen", "Recent")
    assert row["overall_warmth_score"] == Decimal("75.50")


@pytest.mark.parametrize(
    ("days", "status"),
    [(0, "Recent"), (7, "Recent"), (8, "Active"), (30, "Active"), (31, "Dormant"),
     (90, "Dormant"), (91, "At risk")],
)  # fmt: skip
def test_engagement_status_by_days(customer, days, status):
    run(f"UPDATE customer_warmth SET days_since_last_interaction = {days}")
    assert run("SELECT engagement_status FROM warmth_analytics") == [(status,)]


def test_engagement_status_of_who_never_came_is_none(customer):
    assert run("SELECT engagement_status FROM warmth_analytics") == [("None",)]


def test_trends_gather_the_changes_of_a_day(customer):
    run("UPDATE customer_warmth SET overall_warmth_score = 70.5")
    (today,) = run("SELECT shop_date(now())")
    assert run(TRENDS, specific_customer_uuid=customer.pk) == [
        ("Sarah Chen", *today, Decimal("73.00"), "created, direct_update")
    ]


def test_pipeline_and_distribution(customer):
    other = CustomerFactory()
    run(
        "INSERT INTO customer_warmth (customer_id, overall_warmth_score, predicted_purchase_value)"
        f" VALUES ('{other.pk}', 20, 30000)"
    )
    assert run(PIPELINE) == [
        ("hot", 1, Decimal(1200000), Decimal(1200000)), ("cold", 1, Decimal(30000), Decimal(30000)),
    ]  # fmt: skip
    assert sorted(run(DISTRIBUTION)) == [
        ("cold", 1, Decimal("50.00")),
        ("hot", 1, Decimal("50.00")),
    ]


def test_stale_records(customer):
    assert run(STALE) == []
    run("UPDATE customer_warmth SET days_since_last_interaction = 91")
    assert run(STALE) == [(customer.pk, 91)]


def test_composite_is_73_50_where_the_seed_slipped_to_73_25():
    assert run(COMPOSITE) == [(Decimal("73.50"),)]


def test_rule_without_a_version_goes_into_a_draft():
    run(
        "INSERT INTO warmth_scoring_triggers (trigger_name, trigger_type, base_score_impact,"
        " decay_rate, max_occurrences, time_window_days)"
        " VALUES ('Reply', 'reply', 10, 0.1, 1, 90)"
    )
    assert run(
        "SELECT a.state, count(*) FROM warmth_algorithms a JOIN warmth_scoring_triggers t"
        " ON t.algorithm_id = a.id GROUP BY a.state ORDER BY 1"
    ) == [("draft", 17), ("published", 16)]


def test_first_rules_have_the_impacts_that_the_seed_names():
    assert run(
        "SELECT trigger_type, base_score_impact FROM warmth_scoring_triggers"
        " WHERE trigger_type IN ('test_drive', 'inquiry') ORDER BY 1"
    ) == [("inquiry", Decimal(10)), ("test_drive", Decimal(25))]
