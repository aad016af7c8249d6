"""Rules and versions in the API."""

from decimal import Decimal
from typing import Any

import pytest

from crm.enums import Role
from tests.crm.api import ROOT, client_of, problem_of
from tests.factories import CustomerFactory
from tests.warmth.factories import WarmthEventFactory
from warmth.enums import AlgorithmState, EventType
from warmth.models import CustomerWarmth, WarmthAlgorithm, WarmthScoringTrigger
from warmth.services.algorithms import champion
from warmth.services.recompute import recompute_customers

pytestmark = pytest.mark.django_db
TRIGGERS = f"{ROOT}warmth-triggers/"
VERSIONS = f"{ROOT}warmth-algorithms/"
RULE = {
    "trigger_name": "Walked around the lot",
    "trigger_type": "showroom_visit",
    "target_component": "timeline_urgency",
    "base_score_impact": "12.5",
}


@pytest.fixture
def client() -> Any:
    return client_of(Role.MANAGER)


def draft_of(client: Any, version: str = "next") -> dict[str, Any]:
    response = client.post(VERSIONS, {"version": version}, format="json")
    assert response.status_code == 201, response.content
    body: dict[str, Any] = response.json()
    return body


def test_draft_is_a_copy_with_its_rules(client: Any) -> None:
    draft = draft_of(client)
    assert (draft["state"], draft["based_on"]) == ("draft", str(champion().pk))
    assert draft["created_by"] == client.user.pk
    rules = client.get(TRIGGERS, {"algorithm": draft["id"]}).json()["results"]
    assert len(rules) == champion().triggers.count()
    assert {rule["algorithm_state"] for rule in rules} == {"draft"}


def test_rule_without_a_version_goes_into_the_open_draft(client: Any) -> None:
    response = client.post(TRIGGERS, RULE, format="json")
    body = response.json()
    assert response.status_code == 201
    assert (body["base_score_impact"], body["decay_rate"]) == ("12.50", "0.10")
    assert body["algorithm_state"] == "draft"
    twice = problem_of(client.post(TRIGGERS, RULE, format="json"), 409)
    assert twice["code"] == "warmth_triggers_once"


def test_rule_of_a_draft_is_changed_and_dropped(client: Any) -> None:
    response = client.post(TRIGGERS, RULE, format="json")
    url = f"{TRIGGERS}{response.json()['id']}/"
    changed = client.patch(url, {"max_occurrences": 3}, HTTP_IF_MATCH=response["ETag"])
    assert changed.json()["max_occurrences"] == 3
    problem_of(client.patch(url, {"max_occurrences": 4}, HTTP_IF_MATCH=response["ETag"]), 412)
    problem = problem_of(client.patch(url, {"decay_rate": "1"}), 422)
    assert problem["errors"][0]["pointer"] == "/decay_rate"
    assert client.delete(url).status_code == 204


def test_rule_of_a_published_version_is_never_changed(client: Any) -> None:
    url = f"{TRIGGERS}{champion().triggers.all()[0].pk}/"
    for answer in (client.patch(url, {"max_occurrences": 3}), client.delete(url)):
        assert problem_of(answer, 409)["code"] == "warmth_algorithms_immutable"


def test_weights_of_a_draft_must_sum_to_one(client: Any) -> None:
    url = f"{VERSIONS}{draft_of(client)['id']}/"
    problem = problem_of(client.patch(url, {"engagement_weight": "0.3"}), 422)
    assert problem["code"] == "warmth_algorithms_weights_sum"
    body = client.patch(url, {"engagement_weight": "0.3", "response_rate_weight": "0"}).json()
    assert body["engagement_weight"] == "0.3000"


def test_preview_tells_who_would_change_level_and_writes_nothing(client: Any) -> None:
    customer = CustomerFactory()
    WarmthEventFactory(customer=customer, event_type=EventType.TEST_DRIVE)
    recompute_customers([customer.pk])
    before = CustomerWarmth.objects.get()
    draft = draft_of(client)
    rule = WarmthScoringTrigger.objects.get(
        algorithm=draft["id"], trigger_type="test_drive", target_component="engagement"
    )
    client.patch(f"{TRIGGERS}{rule.pk}/", {"base_score_impact": "100"})
    body = client.get(f"{VERSIONS}{draft['id']}/preview/").json()
    assert (body["customers"], body["changing"]) == (1, 1)
    assert body["movers"][0]["customer_id"] == str(customer.pk)
    assert Decimal(body["movers"][0]["new_score"]) > before.overall_warmth_score
    assert sum(level["customers_then"] for level in body["distribution"]) == 1
    assert CustomerWarmth.objects.get().updated_at == before.updated_at


def test_publish_and_roll_back(client: Any) -> None:
    first = champion()
    draft = draft_of(client)
    url = f"{VERSIONS}{draft['id']}/publish/"
    problem_of(client.post(url, {}), 400)
    body = client.post(url, {"reason": "Better lift"}).json()
    assert (body["state"], body["published_by"]) == ("published", client.user.pk)
    assert champion().version == "next"
    problem_of(client.post(url, {"reason": "Again"}), 409)
    assert client.post(f"{VERSIONS}roll-back/", {"reason": "No"}).json()["id"] == str(first.pk)
    assert champion() == first


def test_trial_scores_a_share_until_it_ends(client: Any) -> None:
    draft = draft_of(client)
    url = f"{VERSIONS}{draft['id']}/start-trial/"
    problem_of(client.post(url, {"percent": 100, "reason": "x"}), 400)
    body = client.post(url, {"percent": 20, "reason": "Compare"}).json()
    assert (body["state"], body["split_percent"]) == ("published", 20)
    ended = client.post(f"{VERSIONS}end-trial/", {"reason": "Enough"}).json()
    assert ended["id"] == str(champion().pk)
    assert WarmthAlgorithm.objects.get(pk=draft["id"]).state == AlgorithmState.RETIRED
    problem_of(client.post(f"{VERSIONS}end-trial/", {"reason": "Enough"}), 409)


def test_draft_is_thrown_away_and_a_published_version_is_not(client: Any) -> None:
    draft = draft_of(client)
    assert client.delete(f"{VERSIONS}{draft['id']}/").status_code == 204
    problem_of(client.delete(f"{VERSIONS}{champion().pk}/"), 409)


def test_rules_are_read_by_who_sees_scores_and_changed_by_who_manages_them() -> None:
    advisor = client_of(Role.ADVISOR)
    assert advisor.get(TRIGGERS, {"state": "published"}).json()["results"]
    assert problem_of(advisor.post(TRIGGERS, RULE), 403)["code"] == "role_forbidden"
