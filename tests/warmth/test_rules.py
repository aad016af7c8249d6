"""Rules of a draft, and the preview of what it would change."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crm.exceptions import Refused
from jobs.registry import local_today
from tests.factories import CustomerFactory
from tests.warmth.factories import WarmthEventFactory
from warmth.models import CustomerWarmth, CustomerWarmthHistory
from warmth.services import algorithms, rules
from warmth.services.recompute import recompute_customers

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft():
    return algorithms.create_draft(version="2.0")


def rule_of(draft, kind):
    return draft.triggers.get(trigger_type=kind)


def test_rule_is_added_changed_and_deleted(draft):
    data = {"trigger_name": "Quote", "trigger_type": "quote", "base_score_impact": Decimal(5)}
    rule = rules.add_rule(algorithm=draft, data=data)
    assert rule.decay_exponent < 0
    assert rules.update_rule(rule=rule, data={"max_occurrences": 3}).max_occurrences == 3
    rules.delete_rule(rule=rule)
    assert not draft.triggers.filter(pk=rule.pk).exists()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"base_score_impact": Decimal("100.01")}, "warmth_triggers_impact_range"),
        ({"decay_rate": Decimal(1)}, "warmth_triggers_decay_range"),
        ({"max_occurrences": 0}, "warmth_triggers_occurrences_positive"),
        ({"time_window_days": 0}, "warmth_triggers_window_range"),
        ({"trigger_type": "inquiry"}, "warmth_triggers_once"),
        ({"trigger_name": ""}, "warmth_triggers_named"),
        ({"target_component": "luck"}, "warmth_triggers_component_known"),
    ],
)
def test_rule_that_makes_no_sense_is_refused(draft, change, code):
    with pytest.raises(Refused) as refused:
        rules.update_rule(rule=rule_of(draft, "test_drive"), data=change)
    assert refused.value.code == code


@pytest.fixture
def warm():
    """A customer whom the seed's rules make ice cold, and one of whom nothing is known."""
    found, nobody = CustomerFactory(zip_code=None), CustomerFactory(zip_code=None)
    WarmthEventFactory(customer=found, event_type="test_drive", occurred_at=timezone.now())
    recompute_customers([found.pk, nobody.pk])
    return found


def test_preview_says_who_would_change_level_and_writes_nothing(draft, warm):
    rules.update_rule(rule=rule_of(draft, "test_drive"), data={"base_score_impact": Decimal(90)})
    before = list(CustomerWarmth.objects.order_by("pk").values())
    with CaptureQueriesContext(connection) as queries:
        preview = rules.preview(draft)
    assert not [q for q in queries if q["sql"].startswith(("INSERT", "UPDATE", "MERGE"))]
    assert list(CustomerWarmth.objects.order_by("pk").values()) == before
    now, then = before_and_after(warm, draft)
    mover = preview.movers[0]
    assert (mover.customer_id, mover.name) == (warm.pk, warm.name)
    assert (mover.score, mover.new_score) == (now.overall_warmth_score, then.overall_warmth_score)
    assert (mover.level, mover.new_level) == ("ice_cold", "cold")
    assert (preview.customers, preview.changing) == (2, 1)
    distribution = {level: (is_now, would) for level, is_now, would in preview.distribution()}
    assert distribution["ice_cold"] == (2, 1) and distribution["cold"] == (0, 1)
    assert preview.mean_change == round(
        (then.overall_warmth_score - now.overall_warmth_score) / 2, 2
    )


def before_and_after(customer, draft):
    """The record now, and once the draft is published: what the preview promised."""
    now = CustomerWarmth.objects.get(customer=customer)
    algorithms.publish(algorithm=draft, reason="Try")
    recompute_customers([customer.pk])
    return now, CustomerWarmth.objects.get(customer=customer)


def test_preview_of_the_version_in_force_changes_nobody(warm):
    preview = rules.preview(algorithms.champion())
    assert (preview.changing, preview.mean_change, preview.movers) == (0, 0, [])


def test_preview_for_another_day_lets_impacts_decay(warm):
    in_force = algorithms.champion()
    later = rules.preview(in_force, as_of=local_today() + timedelta(days=120))
    assert later.mean_change < 0
    assert CustomerWarmthHistory.objects.count() == 2


def test_preview_of_an_empty_house():
    assert rules.preview(algorithms.champion()).customers == 0
