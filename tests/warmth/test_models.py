"""What the warmth tables refuse, and what they do by themselves."""

import json
from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from crm.constraints import translated
from crm.exceptions import Refused
from tests.factories import CustomerFactory
from tests.warmth.factories import (
    CustomerWarmthFactory,
    WarmthAlgorithmFactory,
    WarmthEventFactory,
    WarmthScoringTriggerFactory,
)
from warmth.constraints import RULES
from warmth.models import (
    CustomerWarmth,
    WarmthAlgorithm,
    WarmthLevelCrossing,
    WarmthReport,
    WarmthScoringTrigger,
)

pytestmark = pytest.mark.django_db

WARMTH = {
    "customer_warmth_score_range": {"overall_warmth_score": 101},
    "customer_warmth_components_range": {"engagement_score": -1},
    "customer_warmth_shares_range": {"churn_risk_score": 101},
    "customer_warmth_engagement_known": {"last_engagement_type": "dance"},
    "customer_warmth_role_known": {"decision_role": "cat"},
    "customer_warmth_interactions_counted": {"total_interactions": 0, "meaningful_interactions": 1},
    "customer_warmth_days_positive": {"days_since_first_contact": -1},
    "customer_warmth_prices_positive": {"price_range_min": -1},
    "customer_warmth_prices_ordered": {"price_range_min": 2, "price_range_max": 1},
    "customer_warmth_value_positive": {"predicted_purchase_value": -1},
    "customer_warmth_sources_shape": {"component_sources": "x"},
    "customer_warmth_adjustments_explained": {"manual_adjustments": {"engagement": {"value": 5}}},
}
EVENTS = {
    "warmth_events_key_given": {"event_key": ""},
    "warmth_events_type_known": {"event_type": "dance"},
    "warmth_events_source_known": {"source": "rumour"},
    "warmth_events_value_positive": {"value": -1},
}
ALGORITHMS = {
    "warmth_algorithms_version_once": {"version": "seed-1.0"},
    "warmth_algorithms_version_given": {"version": ""},
    "warmth_algorithms_state_known": {"state": "asleep"},
    "warmth_algorithms_one_published": {"state": "published"},
    "warmth_algorithms_split_range": {"split_percent": 0},
    "warmth_algorithms_weights_range": {
        "engagement_weight": Decimal("-0.10"), "past_purchase_behavior_weight": Decimal("0.35"),
    },
    "warmth_algorithms_weights_sum": {"engagement_weight": Decimal("0.30")},
    "warmth_algorithms_bounds_ordered": {"hot_from": Decimal("95")},
    "warmth_algorithms_value_positive": {"typical_purchase_value": 0},
    "warmth_algorithms_curve_plausible": {"probability_scale": Decimal("0.5")},
}  # fmt: skip
TRIGGERS = {
    "warmth_triggers_named": {"trigger_name": ""},
    "warmth_triggers_type_known": {"trigger_type": "dance"},
    "warmth_triggers_component_known": {"target_component": "mood"},
    "warmth_triggers_impact_range": {"base_score_impact": 101},
    "warmth_triggers_decay_range": {"decay_rate": 1},
    "warmth_triggers_occurrences_positive": {"max_occurrences": 0},
    "warmth_triggers_window_range": {"time_window_days": 0},
}
CROSSING = {"direction": "up", "previous_level": "cool", "level": "warm", "score": 62}
CROSSINGS = {
    "warmth_crossings_direction_known": {"direction": "left"},
    "warmth_crossings_levels_known": {"level": "tepid"},
    "warmth_crossings_levels_differ": {"level": "cool"},
}
# Broken in tests of their own, or not to be broken from outside.
ELSEWHERE = {
    "customer_warmth_customer_id_key",
    "customer_warmth_level_known",  # the level follows the score
    "customer_warmth_algorithm_known",  # and who writes a score gets "written"
    "warmth_history_append_only",
    "warmth_events_key_once",
    "warmth_algorithms_one_on_trial",
    "warmth_algorithms_immutable",
    "warmth_triggers_once",
    "warmth_reports_once",
    "warmth_reports_kind_known",
}
FACTORIES = (
    (WARMTH, CustomerWarmthFactory),
    (EVENTS, WarmthEventFactory),
    (ALGORITHMS, WarmthAlgorithmFactory),
    (TRIGGERS, WarmthScoringTriggerFactory),
)


def refused(rule: str) -> "pytest.RaisesExc[IntegrityError]":
    return pytest.raises(IntegrityError, match=rule)


@pytest.mark.parametrize(
    ("rule", "values", "make"),
    [(rule, values, make) for broken, make in FACTORIES for rule, values in broken.items()],
)
def test_broken_rule_is_refused_by_its_name(rule, values, make):
    with refused(rule), transaction.atomic():
        make(**values)


@pytest.mark.parametrize("rule", CROSSINGS)
def test_broken_rule_of_a_crossing_is_refused(rule):
    customer = CustomerFactory()
    with refused(rule), transaction.atomic():
        WarmthLevelCrossing.objects.create(customer=customer, **CROSSING | CROSSINGS[rule])


@pytest.mark.parametrize(
    ("kind", "rule"), [("stale", "warmth_reports_once"), ("mood", "warmth_reports_kind_known")]
)
def test_broken_rule_of_a_report_is_refused(kind, rule):
    WarmthReport.objects.create(kind="stale", period="2026-11-16")
    with refused(rule), transaction.atomic():
        WarmthReport.objects.create(kind=kind, period="2026-11-16")


def test_every_rule_has_a_sentence_and_a_test():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname FROM pg_constraint WHERE contype = 'c' AND conrelid::regclass::text IN"
            " ('customer_warmth', 'warmth_events', 'warmth_algorithms', 'warmth_scoring_triggers',"
            "  'warmth_level_crossings', 'warmth_reports')"
        )
        named = {name for (name,) in cursor.fetchall()}
    broken = {rule for rules, _ in FACTORIES for rule in rules} | set(CROSSINGS)
    assert named - {"warmth_algorithms_split_percent_check"} <= set(RULES)  # Django's own
    assert set(RULES) == broken | ELSEWHERE


def test_refusal_says_what_to_do():
    with pytest.raises(Refused) as refusal, translated():
        CustomerWarmthFactory(overall_warmth_score=101)
    assert refusal.value.field == "overall_warmth_score"
    assert refusal.value.status == 422


def test_one_record_for_each_customer():
    warmth = CustomerWarmthFactory()
    with refused("customer_warmth_customer_id"), transaction.atomic():
        CustomerWarmthFactory(customer=warmth.customer)


def test_event_key_counts_once():
    WarmthEventFactory(event_key="one")
    with refused("warmth_events_key_once"), transaction.atomic():
        WarmthEventFactory(event_key="one")


def test_second_rule_for_the_same_event_and_component_is_refused():
    rule = WarmthScoringTriggerFactory()
    with refused("warmth_triggers_once"), transaction.atomic():
        WarmthScoringTriggerFactory(algorithm=rule.algorithm)


def test_one_version_on_trial():
    one, other = WarmthAlgorithmFactory.create_batch(2, split_percent=10)
    WarmthAlgorithm.objects.filter(pk=one.pk).update(state="published")
    with refused("warmth_algorithms_one_on_trial"), transaction.atomic():
        WarmthAlgorithm.objects.filter(pk=other.pk).update(state="published")


@pytest.mark.parametrize(
    "change",
    [
        lambda first: WarmthAlgorithm.objects.update(hot_from=80),
        lambda first: WarmthAlgorithm.objects.update(state="draft"),
        lambda first: WarmthScoringTrigger.objects.update(base_score_impact=1),
        lambda first: WarmthScoringTrigger.objects.all().delete(),
        lambda first: WarmthScoringTriggerFactory(algorithm=first, trigger_type="reply"),
        lambda first: first.delete(),
    ],
)
def test_published_version_and_its_rules_never_change(change):
    first = WarmthAlgorithm.objects.get()
    with refused("never changed"), transaction.atomic():
        change(first)


def test_published_version_may_be_retired_and_published_again():
    for state in ("retired", "published"):
        WarmthAlgorithm.objects.update(state=state)
    assert WarmthAlgorithm.objects.get().state == "published"


def test_first_version_is_published_with_rules_and_weights_that_sum_to_one():
    first = WarmthAlgorithm.objects.published().get()
    assert first.version == "seed-1.0"
    assert sum(first.weights.values()) == 1
    assert first.triggers.count() == 16


def test_component_written_becomes_an_adjustment_with_reason_and_expiry():
    warmth = CustomerWarmthFactory(engagement_score=80)
    entry = warmth.manual_adjustments["engagement"]
    assert (entry["value"], entry["reason"]) == (80, "Written directly")
    assert entry["expires_at"] > entry["at"]
    assert warmth.sources["engagement"] == "p"


def test_engagement_written_becomes_an_event_once():
    warmth = CustomerWarmthFactory()
    with connection.cursor() as cursor:
        for _ in range(2):
            cursor.execute(
                "UPDATE customer_warmth SET last_engagement_type = 'test_drive',"
                " last_engagement_date = '2026-11-20 12:00+00'"
            )
    assert [e.source for e in warmth.customer.warmth_events.all()] == ["sql"]


@pytest.mark.parametrize("value", [101, -1, "abc", None, []])
def test_adjustment_of_nonsense_is_refused(value):
    CustomerWarmthFactory()
    entry = {"value": value, "reason": "x", "expires_at": "2027-01-01T00:00:00Z"}
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE customer_warmth SET manual_adjustments = %s",
            [json.dumps({"engagement": entry})],
        )


def test_reads_named_for_what_they_yield():
    hot = CustomerWarmthFactory(overall_warmth_score=80)
    scorching = CustomerWarmthFactory(overall_warmth_score=95)
    stale = CustomerWarmthFactory(overall_warmth_score=50, days_since_last_interaction=91)
    CustomerWarmthFactory(overall_warmth_score=99, is_active=False)
    CustomerWarmthFactory(overall_warmth_score=5, days_since_last_interaction=91)
    assert list(CustomerWarmth.objects.hot_prospects()) == [scorching, hot]
    assert list(CustomerWarmth.objects.stale()) == [stale]
    assert not CustomerWarmth.objects.adjusted().exists()
