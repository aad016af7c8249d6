"""Rules drafted, previewed, published and rolled back by a manager."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from crm.enums import Role
from tests.crm.pages import HTMX, form_data, signed_in
from tests.warmth.factories import CustomerWarmthFactory
from warmth.enums import AlgorithmState
from warmth.forms.rules import WEIGHTS
from warmth.models import WarmthAlgorithm, WarmthScoringTrigger
from warmth.services.algorithms import champion, trial

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager() -> Client:
    return signed_in(Role.MANAGER)


def drafted(manager: Client) -> WarmthAlgorithm:
    answer = manager.post(reverse("warmth:rules"), {"version": "spring"})
    assert answer.status_code == 302
    return WarmthAlgorithm.objects.get(version="spring")


def settings_of(manager: Client, draft: WarmthAlgorithm) -> dict[str, Any]:
    form = manager.get(reverse("warmth:version", args=[draft.pk])).context["settings_form"]
    return {bound.name: bound.value() for bound in form if bound.value() not in (None, False)}


def test_weights_are_saved_when_they_sum_to_one(manager: Client) -> None:
    draft = drafted(manager)
    address, data = reverse("warmth:version", args=[draft.pk]), settings_of(manager, draft)
    wrong = data | {"engagement_weight": "0.50"}
    refused = manager.post(address, wrong)
    assert refused.status_code == 422 and refused.context["settings_form"].errors
    right = wrong | {"budget_qualification_weight": "0.00", "timeline_urgency_weight": "0.05"}
    assert manager.post(address, right).status_code == 302
    draft.refresh_from_db()
    assert draft.engagement_weight == Decimal("0.50")
    assert sum(getattr(draft, name) for name in WEIGHTS) == 1


def test_a_rule_is_added_changed_and_deleted(manager: Client) -> None:
    draft = drafted(manager)
    WarmthScoringTrigger.objects.filter(algorithm=draft, trigger_type="brochure").delete()
    data = {
        "trigger_name": "Brochure", "trigger_type": "brochure", "target_component": "engagement",
        "base_score_impact": "12", "decay_rate": "0.2", "time_window_days": "60",
        "max_occurrences": "2", "is_active": "on",
    }  # fmt: skip
    new = reverse("warmth:rule_new", args=[draft.pk])
    assert manager.post(new, data | {"decay_rate": "1"}).status_code == 422
    assert manager.post(new, data).status_code == 302
    rule = draft.triggers.get(trigger_type="brochure")
    address = reverse("warmth:rule", args=[rule.pk])
    assert manager.post(address, data | {"base_score_impact": "14"}).status_code == 302
    rule.refresh_from_db()
    assert rule.base_score_impact == 14
    manager.post(reverse("warmth:rule_delete", args=[rule.pk]))
    assert not draft.triggers.filter(pk=rule.pk).exists()


def test_preview_changes_nothing_and_publishing_says_why(manager: Client) -> None:
    CustomerWarmthFactory()
    before, draft = champion(), drafted(manager)
    preview = manager.get(reverse("warmth:version_preview", args=[draft.pk]), headers=HTMX)
    assert b"Nothing is changed yet" in preview.content
    publish = reverse("warmth:version_publish", args=[draft.pk])
    assert manager.post(publish, {}).status_code == 422
    assert manager.post(publish, {"reason": "Try it", "percent": "20"}).status_code == 302
    on_trial = trial()
    assert on_trial is not None and on_trial.split_percent == 20
    assert champion() == before
    assert manager.post(publish, {"reason": "It is better"}).status_code == 302
    assert champion() == draft
    manager.post(reverse("warmth:roll_back"), {"reason": "It was not"})
    assert champion() == before


def test_what_is_in_force_cannot_be_changed(manager: Client) -> None:
    published = champion()
    data = settings_of(manager, published) | {"typical_purchase_value": "1"}
    answer = manager.post(reverse("warmth:version", args=[published.pk]), data)
    assert answer.status_code == 422
    gone = manager.post(reverse("warmth:version_delete", args=[published.pk]), follow=True)
    assert b"never changed" in gone.content
    assert WarmthAlgorithm.objects.get(pk=published.pk).state == AlgorithmState.PUBLISHED


def test_accuracy_compares_versions(manager: Client) -> None:
    drafted(manager)
    page = manager.get(f"{reverse('warmth:accuracy')}?computed=1")
    assert {one.version for one in page.context["judged"]} == {"spring", champion().version}
    assert manager.get(reverse("warmth:accuracy")).status_code == 200


def test_what_two_write_at_once_is_shown_to_the_second_and_not_lost(manager: Client) -> None:
    draft = drafted(manager)
    rule = draft.triggers.filter(trigger_type="inquiry").get()
    places = {
        "form": (reverse("warmth:rule", args=[rule.pk]), "base_score_impact"),
        "settings_form": (reverse("warmth:version", args=[draft.pk]), "hot_from"),
    }
    for name, (address, field) in places.items():
        opened = form_data(manager.get(address), name)
        assert manager.post(address, opened | {field: "76"}).status_code == 302
        late = manager.post(address, opened | {field: "77"})
        assert late.status_code == 409
        assert [both[1:] for both in late.context[name].both_values()] == [("76.00", "77")]
        assert manager.post(address, form_data(late, name)).status_code == 302
    rule.refresh_from_db()
    draft.refresh_from_db()
    assert (rule.base_score_impact, draft.hot_from) == (77, 77)
