"""The page of one customer's warmth: explained, imagined, adjusted, added to."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from crm.briefs import lines_for
from crm.models import Customer
from crm.timeline import sources_for, timeline
from jobs.registry import local_today
from tests.crm.pages import HTMX, signed_in
from tests.factories import CustomerFactory, UserFactory
from tests.warmth.factories import WarmthEventFactory
from warmth.decay import Rule
from warmth.enums import EventType
from warmth.models import ArchivedWarmthHistory, CustomerWarmth, WarmthEvent
from warmth.services.crossings import rescore
from warmth.services.explanation import _curve

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer() -> Customer:
    """Somebody who asked yesterday and drove a car ten days ago."""
    found = CustomerFactory.create()
    assert isinstance(found, Customer)
    WarmthEventFactory(customer=found)
    WarmthEventFactory(
        customer=found,
        event_type=EventType.TEST_DRIVE,
        occurred_at=timezone.now() - timedelta(days=10),
    )
    rescore([found.pk], trigger="event", description="Test drive")
    return found


def address(name: str, customer: Customer) -> str:
    return reverse(f"warmth:{name}", args=[customer.pk])


def test_contributions_add_up_and_rules_say_what_they_still_give(customer: Customer) -> None:
    context = signed_in().get(address("customer", customer)).context
    total = sum(part.points for part in context["parts"])
    assert abs(total - context["warmth"].overall_warmth_score) <= Decimal("0.01")
    by_rule = sum(one.points for one in context["active"] if one.component == "Engagement")
    engagement = context["parts"][0]
    assert float(engagement.rule_points) == pytest.approx(by_rule)
    assert context["waterfall"].series[0].values[-1][1] == float(
        context["warmth"].overall_warmth_score
    )


def test_a_curve_ends_the_day_after_the_last_window() -> None:
    curve = _curve(Rule(25.0, 0.1, 90, 2), [0, 45])
    assert curve[0] == (0.0, pytest.approx(25 + 23.72))
    assert curve[-2] == (90.0, pytest.approx(22.5)) and curve[-1] == (91.0, 0.0)
    assert (46.0, pytest.approx(23.69, abs=0.01)) in curve


def test_imagining_stores_nothing(customer: Customer) -> None:
    before = CustomerWarmth.objects.values().get(customer=customer)
    query = "&".join(
        f"{name}={value}"
        for name, value in {
            "engagement": 75, "interaction_frequency": 60, "response_rate": 80,
            "budget_qualification": 85, "timeline_urgency": 70, "decision_making_authority": 75,
            "demographic_fit": 60, "past_purchase_behavior": 70,
        }.items()
    )  # fmt: skip
    client = signed_in()
    fragment = client.get(f"{address('what_if', customer)}?{query}", headers=HTMX)
    assert b"73.50" in fragment.content and b"<html" not in fragment.content
    assert b"73.50" in client.get(f"{address('what_if', customer)}?{query}").content
    refused = client.get(f"{address('what_if', customer)}?engagement=1e9&budget_qualification=x")
    assert refused.status_code == 200
    assert CustomerWarmth.objects.values().get(customer=customer) == before


def test_sliders_keep_present_values_until_they_are_moved(customer: Customer) -> None:
    CustomerWarmth.objects.update(engagement_score="33.25")
    page = signed_in().get(address("customer", customer)).content.decode()
    assert page.count('type="range"') == 8
    assert '<output class="num" for="id_engagement">33.25</output>' in page
    asked = f"{address('what_if', customer)}?engagement=33.25&response_rate=12.3456789"
    assert '<output class="num" for="id_response_rate">12.35</output>' in (
        signed_in().get(asked).content.decode()
    )


def test_history_goes_on_in_the_archive(customer: Customer) -> None:
    ArchivedWarmthHistory.objects.create(
        id=1,
        customer_warmth=CustomerWarmth.objects.get(customer=customer),
        warmth_score_snapshot=50,
        warmth_level_snapshot="lukewarm",
        score_change=50,
        change_trigger="old",
        created_at=timezone.now() - timedelta(days=800),
    )
    page = signed_in().get(address("customer", customer))
    assert [row["is_archived"] for row in page.context["history"]] == [False, True]
    assert b"archived" in page.content


def test_an_adjustment_needs_a_reason_and_shows_beside_the_automatic_value(
    customer: Customer,
) -> None:
    client, last = signed_in(), (local_today() + timedelta(days=30)).isoformat()
    data = {"component": "budget_qualification", "value": "90", "expires_on": last}
    refused = client.post(address("adjust", customer), data)
    assert refused.status_code == 422 and "reason" in refused.context["adjustment_form"].errors
    late = data | {"reason": "Bank letter", "expires_on": "2100-01-01"}
    assert client.post(address("adjust", customer), late).status_code == 422
    assert (
        client.post(address("adjust", customer), data | {"reason": "Bank letter"}).status_code
        == 302
    )
    page = client.get(address("customer", customer))
    assert b"Bank letter" in page.content and page.context["parts"][3].value == 90
    client.post(address("release", customer), {"component": "budget_qualification"})
    assert CustomerWarmth.objects.get(customer=customer).manual_adjustments == {}
    assert client.post(address("release", customer), {"component": "luck"}).status_code == 302


def test_an_engagement_is_recorded_and_scored_at_once(customer: Customer) -> None:
    before = CustomerWarmth.objects.get(customer=customer).overall_warmth_score
    client = signed_in()
    answer = client.post(
        address("engage", customer), {"event_type": "financing_inquiry", "value": "31000"}
    )
    assert answer.status_code == 302
    assert CustomerWarmth.objects.get(customer=customer).overall_warmth_score > before
    ahead = {"event_type": "inquiry", "occurred_at": "2100-01-01T10:00"}
    assert client.post(address("engage", customer), ahead).status_code == 422
    assert client.post(address("engage", customer), {}).status_code == 422
    assert WarmthEvent.objects.filter(customer=customer).count() == 3


def test_who_has_no_score_yet_is_shown_so() -> None:
    nobody = CustomerFactory.create()
    assert isinstance(nobody, Customer)
    client = signed_in()
    assert b"Not scored yet" in client.get(address("customer", nobody)).content
    assert b"Not scored yet" in client.get(address("customer_card", nobody), headers=HTMX).content
    assert client.get(address("what_if", nobody)).status_code == 404


def test_card_brief_and_timeline_tell_of_warmth(customer: Customer) -> None:
    card = signed_in().get(address("customer_card", customer), headers=HTMX).content.decode()
    assert "Why, and what if" in card
    user = UserFactory()
    assert any("of 100" in line.text for line in lines_for(user, customer.pk))
    entries, _ = timeline(customer.pk, [s for s in sources_for(user) if s.kind == "engagement"])
    assert [entry.title for entry in entries] == ["Inquiry", "Test drive"]
