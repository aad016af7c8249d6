"""Bringing customers' warmth up to date: the statement, its twin in Python, nights and reruns."""

import random
from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from crm.models import Customer, Vehicle
from crm.querysets import shop_day
from jobs.registry import local_today
from tests.factories import CustomerFactory, VehicleFactory
from tests.warmth.factories import (
    CustomerWarmthFactory,
    WarmthAlgorithmFactory,
    WarmthEventFactory,
    WarmthScoringTriggerFactory,
)
from warmth import decay, scoring
from warmth.enums import NATURES, Component, DecisionRole, EventType
from warmth.models import CustomerWarmth, WarmthAlgorithm, WarmthEvent, WarmthLevelCrossing
from warmth.services import computation, recompute
from warmth.services.distances import distance_points
from warmth.services.recompute import recompute_customers

pytestmark = pytest.mark.django_db

DAY = date(2026, 11, 20)


def night(day: date) -> int:
    """Rows that the nightly run of `day` writes."""
    return sum(
        recompute.recompute_range(part["first"], part["last"], as_of=day, trigger="night")
        for part in recompute.plan(day).bounds
    )


def a_customer(rng: random.Random) -> Customer:
    """Somebody with a random past up to DAY."""
    customer = CustomerFactory(
        zip_code=rng.choice(["30309", "31201", "99999", None]),
        customer_since=DAY - timedelta(days=rng.randint(-5, 2000)),
    )
    CustomerWarmth.objects.create(
        customer=customer,
        price_range_min=rng.choice([None, Decimal("20000.01")]),
        price_range_max=rng.choice([None, Decimal("31000.00")]),
        decision_role=rng.choice([None, *DecisionRole.values]),
        declared_purchase_date=rng.choice([None, DAY + timedelta(days=rng.randint(-60, 500))]),
        engagement_score=rng.choice([0, 0, Decimal("77.70")]),
    )
    for place in range(rng.randint(0, 2)):
        VehicleFactory(
            customer=customer,
            is_primary_vehicle=place == 0,
            purchased_from_us=rng.random() < 0.5,
            purchase_date=rng.choice([None, DAY - timedelta(days=rng.randint(0, 900))]),
            status=rng.choice(["active", "sold"]),
        )
    WarmthEvent.objects.bulk_create(
        WarmthEvent(
            customer=customer,
            event_type=rng.choice(EventType.values),
            occurred_at=shop_day(DAY)[1] - timedelta(minutes=rng.randint(-3000, 900_000)),
            value=rng.choice([None, Decimal(rng.randint(1, 90_000))]),
            event_key=f"{customer.pk}:{place}",
        )
        for place in range(rng.randint(0, 25))
    )
    return customer


def facts_of(customer: Customer, end: datetime) -> scoring.Facts:
    """What the records say, gathered by Python."""
    warmth = customer.warmth
    past = [
        (EventType(e.event_type), decay.age_days(e.occurred_at, end), e.value)
        for e in customer.warmth_events.filter(occurred_at__lt=end)
    ]

    def count(days: int, nature: str) -> int:
        return sum(age < days and getattr(NATURES[kind], nature) for kind, age, _ in past)

    def of_type(days: int, wanted: EventType) -> int:
        return sum(age < days and kind == wanted for kind, age, _ in past)

    garage = [v for v in Vehicle.objects.filter(customer=customer) if v.status == "active"]
    bought = [v.purchase_date or date(v.year, 1, 1) for v in garage]
    first = [max((DAY - customer.customer_since).days, 0), *(age for _, age, _ in past)]
    engaged = [age for kind, age, _ in past if NATURES[kind].engaged]
    declared = warmth.declared_purchase_date
    return scoring.Facts(
        days_since_first=max(first),
        days_since_last=min(engaged, default=None),
        kinds_90=len({kind for kind, age, _ in past if age < 90 and NATURES[kind].engaged}),
        initiated_90=count(90, "initiated"),
        answered_180=count(180, "answered"),
        unanswered_180=count(180, "silent"),
        no_shows_180=of_type(180, EventType.NO_SHOW),
        opt_outs_365=of_type(365, EventType.OPT_OUT),
        services_730=of_type(730, EventType.SERVICE_VISIT),
        total=len(past),
        meaningful=count(10_000, "meaningful"),
        largest_value_365=max((v for _, age, v in past if v and age < 365), default=None),
        price_min=warmth.price_range_min,
        price_max=warmth.price_range_max,
        days_to_declared_purchase=(declared - DAY).days if declared else None,
        decision_role=warmth.decision_role,
        distance_points=distance_points().get(customer.zip_code or ""),
        household_vehicles=len(garage),
        ownership_years=(DAY - max(bought)).days / 365.25 if bought else None,
        bought_from_us=Vehicle.objects.filter(customer=customer, purchased_from_us=True).count(),
    )


def impacts_of(customer: Customer, end: datetime) -> dict[str, float]:
    """Points by component of the rules in force, gathered by Python."""
    ages = defaultdict(list)
    for event in customer.warmth_events.filter(occurred_at__lt=end).order_by("-occurred_at"):
        ages[event.event_type].append(decay.age_days(event.occurred_at, end))
    points: dict[str, list[float]] = defaultdict(list)
    for rule in WarmthAlgorithm.objects.published()[0].triggers.filter(is_active=True):
        twin = decay.Rule(
            float(rule.base_score_impact),
            float(rule.decay_rate),
            rule.time_window_days,
            rule.max_occurrences,
        )
        found = [
            e.points for e in decay.effects(twin, ages[rule.trigger_type]) if e.reason == "counts"
        ]
        if found:
            points[rule.target_component] += found
    return {component: sum(found) for component, found in points.items()}


def test_statement_and_its_twin_agree_on_random_customers():
    rng = random.Random(20261120)
    customers = [a_customer(rng) for _ in range(40)]
    _, end = shop_day(DAY)
    expected = {}
    for customer in customers:
        customer.warmth.refresh_from_db()
        adjusted = customer.warmth.manual_adjustments
        expected[customer.pk] = (
            facts_of(customer, end),
            scoring.score(
                facts_of(customer, end),
                as_of=DAY,
                impacts=impacts_of(customer, end),
                adjustments={name: Decimal(str(e["value"])) for name, e in adjusted.items()},
            ),
        )
    night(DAY)
    for row in CustomerWarmth.objects.filter(customer__in=customers):
        facts, result = expected[row.customer_id]
        assert row.components == {name: part.value for name, part in result.parts.items()}
        assert row.component_sources == "".join(part.source for part in result.parts.values())
        assert (
            row.overall_warmth_score, row.warmth_level, row.purchase_probability,
            row.expected_purchase_timeframe, row.predicted_purchase_date,
            row.predicted_purchase_value, row.churn_risk_score, row.retention_probability,
            row.confidence_level, row.days_since_first_contact, row.days_since_last_interaction,
            row.total_interactions, row.meaningful_interactions,
        ) == (
            result.overall, result.level, result.purchase_probability, result.expected_timeframe,
            result.predicted_date, result.predicted_value, result.churn_risk, result.retention,
            result.confidence, facts.days_since_first, facts.days_since_last, facts.total,
            facts.meaningful,
        )  # fmt: skip


def test_first_run_creates_the_record_with_one_row_of_history():
    event = WarmthEventFactory(event_type="test_drive", occurred_at=timezone.now())
    assert recompute_customers([event.customer_id], trigger="test_drive") == 1
    warmth = CustomerWarmth.objects.get()
    assert warmth.engagement_score == Decimal("33.00")  # 8 for the kind, 25 for the rule
    assert warmth.last_engagement_type == "test_drive"
    assert warmth.last_engagement_date == event.occurred_at
    assert warmth.scoring_algorithm_used == "champion"
    assert warmth.algorithm_version == "seed-1.0"
    assert [row.change_trigger for row in warmth.history.all()] == ["test_drive"]


def test_second_run_of_the_same_day_writes_nothing():
    WarmthEventFactory.create_batch(3)
    assert night(local_today()) == 3
    assert night(local_today()) == 0
    assert recompute_customers(Customer.objects.values_list("pk", flat=True)) == 0


LAST = 6


def after_nights(days: list[int]) -> list[tuple]:
    """Every computed column after nights of DAY + `days`; what is gathered for history aside."""
    for day in days:
        night(DAY + timedelta(days=day))
    columns = [name for name in computation.COLUMNS if name != "recorded_score"]
    return list(CustomerWarmth.objects.order_by("pk").values_list(*columns))


@pytest.fixture
def after_one_night() -> list[tuple]:
    """Some customers, and their state as if only the last night had run."""
    rng = random.Random(7)
    for _ in range(6):
        a_customer(rng)
    with transaction.atomic():
        found = after_nights([LAST])
        transaction.set_rollback(True)
    return found


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=st.lists(st.integers(0, LAST), max_size=4))
@example(before=[0, 1, 2, 3, 4, 5, 6, 6])
def test_nights_skipped_doubled_or_late_end_in_the_same_state(before, after_one_night):
    with transaction.atomic():
        assert after_nights([*before, LAST]) == after_one_night
        assert night(DAY + timedelta(days=LAST)) == 0
        transaction.set_rollback(True)


def test_drift_becomes_history_when_it_comes_to_one_point():
    warmth = CustomerWarmthFactory(overall_warmth_score=0)
    for age in range(2):
        at = shop_day(DAY)[0] - timedelta(days=age)
        WarmthEventFactory(customer=warmth.customer, event_type="inquiry", occurred_at=at)
    scores = []
    for day in range(0, 95, 5):
        night(DAY + timedelta(days=day))
        scores.append(CustomerWarmth.objects.get().overall_warmth_score)
    rows = list(warmth.history.order_by("id"))
    assert len(rows) < len(set(scores))
    assert all(abs(row.score_change) >= 1 for row in rows[1:])
    assert sum(row.score_change for row in rows) == rows[-1].warmth_score_snapshot
    assert abs(rows[-1].warmth_score_snapshot - scores[-1]) < 1


def test_adjustment_ends_by_itself():
    warmth = CustomerWarmthFactory(overall_warmth_score=0, decision_making_authority_score=90)
    night(local_today())
    warmth.refresh_from_db()
    assert warmth.decision_making_authority_score == 90
    night(local_today() + timedelta(days=92))
    warmth.refresh_from_db()
    assert warmth.manual_adjustments == {}
    assert warmth.decision_making_authority_score == 0
    assert warmth.component_sources[5] == "-"


def test_two_rules_of_a_type_count_its_events_once():
    draft = WarmthAlgorithmFactory()
    for target in (Component.ENGAGEMENT, Component.TIMELINE_URGENCY):
        WarmthScoringTriggerFactory(algorithm=draft, target_component=target)
    event = WarmthEventFactory(event_type="test_drive", occurred_at=timezone.now())
    (row,) = computation.compute(
        computation.these([event.customer_id]),
        draft,
        as_of=local_today(),
        columns=["total_interactions", "engagement_points", "timeline_urgency_points"],
    )
    assert row == (1, 25.0, 25.0)


def test_version_on_trial_scores_its_share():
    trial = WarmthAlgorithmFactory(split_percent=50)
    WarmthAlgorithm.objects.filter(pk=trial.pk).update(state="published")
    customers = CustomerFactory.create_batch(30)
    assert night(local_today()) == 30
    used = set(CustomerWarmth.objects.values_list("scoring_algorithm_used", "algorithm_version"))
    assert used == {("champion", "seed-1.0"), ("challenger", trial.version)}
    assert night(local_today()) == 0
    assert len(customers) == CustomerWarmth.objects.count()


def test_row_that_somebody_writes_meanwhile_is_left_to_them():
    """The statement read the row before, so it must not write over what it has not seen."""
    warmth = CustomerWarmthFactory()
    arm = computation.arms()[0]
    scope = computation.these([warmth.customer_id])
    statement = recompute.merge(scope, arm).replace(
        "t.updated_at = s.seen", "t.updated_at = s.seen - interval '1 s'"
    )
    values = {**computation.parameters(DAY), **scope.parameters, **arm.parameters()}
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        assert cursor.rowcount == 0


def test_anonymised_customers_are_left_alone():
    CustomerFactory(anonymised_at=timezone.now())
    assert night(DAY) == 0


def test_number_of_queries_does_not_grow_with_the_customers(django_assert_num_queries):
    one, *others = WarmthEventFactory.create_batch(5)
    with django_assert_num_queries(10):
        recompute_customers([one.customer_id])
    with django_assert_num_queries(10):
        recompute_customers([event.customer_id for event in others])


def test_walk_reads_the_index_and_never_sorts():
    WarmthEventFactory.create_batch(3)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE warmth_events")
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            "EXPLAIN SELECT customer_id, row_number() OVER (PARTITION BY customer_id, event_type"
            " ORDER BY occurred_at DESC) FROM warmth_events"
        )
        text = "\n".join(line for (line,) in cursor.fetchall())
    assert "Index Only Scan using warmth_events_walk" in text
    assert "Sort" not in text


def test_command_brings_everybody_up_to_date(capsys):
    WarmthEventFactory.create_batch(2)
    call_command("recalculate_warmth", "--as-of", "2026-11-21")
    assert "2 customers" in capsys.readouterr().out
    assert CustomerWarmth.objects.count() == 2


def test_command_for_one_customer(capsys):
    event, _ = WarmthEventFactory.create_batch(2)
    call_command("recalculate_warmth", "--customer", str(event.customer_id))
    assert CustomerWarmth.objects.get().customer_id == event.customer_id


def test_command_notes_crossings():
    warmth = CustomerWarmthFactory(engagement_score=100, budget_qualification_score=100)
    call_command("recalculate_warmth")
    crossing = WarmthLevelCrossing.objects.get()
    warmth.refresh_from_db()
    assert (crossing.level, crossing.score) == (warmth.warmth_level, warmth.overall_warmth_score)


@pytest.mark.parametrize("argument", ["nonsense", "00000000-0000-0000-0000-000000000000"])
def test_command_refuses_an_unknown_customer(argument):
    with pytest.raises(CommandError) as refusal:
        call_command("recalculate_warmth", "--customer", argument)
    assert refusal.value.returncode == 2
