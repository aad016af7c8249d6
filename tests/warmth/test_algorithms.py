"""Versions: drafts, publishing, trials, rolling back."""

from decimal import Decimal

import pytest

from crm.exceptions import Invalid, Refused
from crm.models import AuditEntry
from jobs.models import JobRun
from tests.factories import CustomerFactory, UserFactory
from warmth.models import CustomerWarmth, WarmthAlgorithm
from warmth.services import algorithms, rules
from warmth.services.recompute import recompute_customers

pytestmark = pytest.mark.django_db


def draft(version="2.0"):
    return algorithms.create_draft(version=version)


def test_draft_begins_as_a_copy_of_the_champion():
    made = algorithms.create_draft(version=" 2.0 ", by=UserFactory())
    origin = algorithms.champion()
    assert (made.version, made.state, made.based_on) == ("2.0", "draft", origin)
    assert made.weights == origin.weights
    assert made.triggers.count() == origin.triggers.count() > 0


def test_weights_that_do_not_sum_to_1_are_refused():
    made = draft()
    with pytest.raises(Invalid, match="sum to 1"):
        algorithms.update_draft(algorithm=made, data={"engagement_weight": Decimal("0.30")})
    change = {"engagement_weight": Decimal("0.30"), "timeline_urgency_weight": Decimal("0.05")}
    assert algorithms.update_draft(algorithm=made, data=change).engagement_weight == Decimal("0.30")


@pytest.mark.parametrize(
    "change", [{"hot_from": 95}, {"version": "seed-1.0"}, {"version": ""}, {"state": "published"}]
)
def test_draft_that_makes_no_sense_is_refused(change):
    with pytest.raises(Refused):
        algorithms.update_draft(algorithm=draft(), data=change)


def test_published_version_is_in_force_and_never_changed():
    first, second = algorithms.champion(), draft()
    user = UserFactory()
    published = algorithms.publish(algorithm=second, reason="Better", by=user)
    first.refresh_from_db()
    assert (algorithms.champion(), first.state, published.published_by) == (
        second, "retired", user
    )  # fmt: skip
    assert JobRun.objects.get(job="warmth.recompute").source == "manual"
    entry = AuditEntry.objects.filter(table_name="warmth_algorithms").latest("id")
    assert entry.reason == "Better"
    with pytest.raises(Refused):
        algorithms.update_draft(algorithm=published, data={"description": "x"})
    with pytest.raises(Refused):
        algorithms.delete_draft(algorithm=published)
    with pytest.raises(Refused, match="already"):
        algorithms.publish(algorithm=published, reason="Again")


def test_publishing_needs_a_reason():
    with pytest.raises(Invalid):
        algorithms.publish(algorithm=draft(), reason=" ")
    assert algorithms.champion().version == "seed-1.0"


def test_roll_back_puts_the_version_before_in_force():
    first, second = algorithms.champion(), draft()
    with pytest.raises(Refused):
        algorithms.roll_back(reason="x")
    algorithms.publish(algorithm=second, reason="Better")
    assert algorithms.roll_back(reason="Worse") == first
    second.refresh_from_db()
    assert (algorithms.champion(), second.state) == (first, "retired")
    assert algorithms.roll_back(reason="Better after all") == second


def test_trial_scores_a_steady_share_of_the_customers():
    customers = CustomerFactory.create_batch(40)
    keys = [customer.pk for customer in customers]
    trial = algorithms.start_trial(algorithm=draft(), percent=50, reason="Try")
    recompute_customers(keys)
    scored = CustomerWarmth.objects.filter(algorithm_version="2.0").values_list("customer")
    chosen = {key for (key,) in scored}
    assert 0 < len(chosen) < 40
    assert algorithms.champion().version == "seed-1.0"
    algorithms.end_trial(reason="Enough")
    recompute_customers(keys)
    assert not CustomerWarmth.objects.filter(algorithm_version="2.0").exists()
    trial.refresh_from_db()
    algorithms.start_trial(algorithm=trial, percent=50, reason="Once more")
    recompute_customers(keys)
    assert {key for (key,) in scored.all()} == chosen


def test_second_trial_and_silly_shares_are_refused():
    algorithms.start_trial(algorithm=draft(), percent=10, reason="Try")
    with pytest.raises(Refused):
        algorithms.start_trial(algorithm=draft("3.0"), percent=10, reason="Try")
    for percent in (0, 100):
        with pytest.raises(Invalid):
            algorithms.start_trial(algorithm=draft(f"{percent}"), percent=percent, reason="Try")


def test_trial_can_win():
    trial = algorithms.start_trial(algorithm=draft(), percent=10, reason="Try")
    algorithms.publish(algorithm=trial, reason="Won")
    assert (algorithms.champion().version, algorithms.trial()) == ("2.0", None)
    assert WarmthAlgorithm.objects.published().count() == 1
    with pytest.raises(Refused):
        algorithms.end_trial(reason="x")


def test_deleted_draft_is_gone_with_its_rules():
    made = draft()
    algorithms.delete_draft(algorithm=made)
    assert not WarmthAlgorithm.objects.filter(version="2.0").exists()


def test_rules_of_a_published_version_are_never_changed():
    rule = algorithms.champion().triggers.first()
    with pytest.raises(Refused):
        rules.update_rule(rule=rule, data={"base_score_impact": 1})
    with pytest.raises(Refused):
        rules.delete_rule(rule=rule)
    with pytest.raises(Refused):
        rules.add_rule(algorithm=algorithms.champion(), data={"trigger_name": "x"})
