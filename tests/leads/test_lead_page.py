"""A lead's page and what leads add to pages of crm: who may, what they show, do and refuse."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from crm.enums import AppointmentStatus, Role
from crm.models import ContactDecision
from leads import explaining, urls
from leads.models import BatteryTest, Lead, ScoreHistory
from leads.parameters import SEED
from leads.services.explanations import explain
from tests.crm.pages import (
    HTMX,
    POST,
    STAFF,
    Route,
    assert_guarded,
    count_queries,
    errors_of,
    signed_in,
)
from tests.factories import AppointmentFactory, CustomerFactory, VehicleFactory, shop_with
from tests.leads.factories import LeadFactory, scored

pytestmark = pytest.mark.django_db

WORKERS = {Role.ADVISOR, Role.BDC, Role.TECHNICIAN, Role.MANAGER, Role.ADMIN}
EXPORTERS = {Role.ADVISOR, Role.MANAGER, Role.ADMIN}
ROUTES = {
    "leads": Route("", STAFF),
    "overview": Route("", STAFF),
    "file": Route("kind", EXPORTERS),
    "customer_leads": Route("customer", STAFF),
    "visit": Route("visit", STAFF),
    "visit_outcome": Route("visit", WORKERS, POST),
    "lead": Route("lead", STAFF),
    "lead_status": Route("lead", WORKERS, POST),
    "lead_rest": Route("lead", WORKERS, POST),
    "lead_outcome": Route("lead", WORKERS, POST),
}
MODULES = ("leads.views.leads", "leads.views.lead", "leads.views.panel")


@pytest.fixture
def lead() -> Lead:
    """A high risk of a customer whose truck is in the shop."""
    shop_with()
    vehicle = VehicleFactory(customer=CustomerFactory())
    return scored(LeadFactory(vehicle=vehicle, customer=vehicle.customer, soc_decline=True))


@pytest.fixture
def visit(lead: Lead) -> Any:
    return AppointmentFactory(
        customer=lead.customer, vehicle=lead.vehicle, status=AppointmentStatus.IN_PROGRESS
    )


@pytest.fixture
def address(lead: Lead, visit: Any) -> Callable[[str], str]:
    keys = {"lead": lead.pk, "customer": lead.customer_id, "visit": visit.pk, "kind": "csv"}

    def build(name: str) -> str:
        key = ROUTES[name].key
        return reverse(f"leads:{name}", args=[keys[key]] if key else [])

    return build


def page_of(lead: Lead, role: Role = Role.ADVISOR) -> Any:
    return signed_in(role).get(reverse("leads:lead", args=[lead.pk]))


def test_every_page_stands_in_the_table() -> None:
    ours = {p.name for p in urls.urlpatterns if p.callback.__module__ in MODULES}
    assert ours == set(ROUTES)


@pytest.mark.parametrize("name", sorted(ROUTES))
def test_page_is_for_exactly_those_who_may(name: str, address: Any) -> None:
    assert_guarded(ROUTES[name], lambda: address(name))


def test_lead_page_shows_why_and_what_to_say(lead: Lead) -> None:
    text = page_of(lead).content.decode()
    for words in ("uncalibrated", "I am calling about the battery", "seed-1.0", "Synthetic"):
        assert words in text
    assert "Weak charge: " in text


def test_lead_page_steps_end_at_the_stored_posterior(lead: Lead) -> None:
    explanation = explain(lead)
    assert explanation is not None
    assert explanation.steps[-1].after == pytest.approx(lead.score.posterior_probability, abs=1e-12)
    total = sum(step.log_odds for step in explanation.steps)
    assert explanation.steps[-1].after_log_odds == pytest.approx(total, abs=1e-12)


def test_lead_page_looking_logs_no_decision(lead: Lead) -> None:
    assert page_of(lead).status_code == 200
    assert not ContactDecision.objects.exists()


def test_lead_page_costs_at_most_12_queries(lead: Lead) -> None:
    client, url = signed_in(), reverse("leads:lead", args=[lead.pk])
    client.get(url)
    # Two of them are session and user.
    assert count_queries(lambda: client.get(url)) <= 12


def test_lead_page_books_with_customer_vehicle_and_operation(lead: Lead) -> None:
    wanted = f"?customer={lead.customer_id}&amp;vehicle={lead.vehicle_id}&amp;op_codes=BATT"
    assert wanted in page_of(lead).content.decode()


def test_lead_page_role_that_only_reads_gets_no_buttons(lead: Lead) -> None:
    assert (
        reverse("leads:lead_outcome", args=[lead.pk])
        not in page_of(lead, Role.SALES).content.decode()
    )


def test_lead_page_without_score_customer_or_known_vin() -> None:
    bare = LeadFactory(vin="1FTFW1ET5LFA67890")
    text = page_of(bare).content.decode()
    assert "Not scored yet" in text
    assert "No customer is linked" in text


@pytest.mark.parametrize("key", [0, 999_999_999, 10**30])
def test_lead_page_of_nobody_is_404(key: int) -> None:
    assert signed_in().get(f"/leads/{key}/").status_code == 404


def test_outcome_by_one_click_closes_the_lead(lead: Lead) -> None:
    url = reverse("leads:lead_outcome", args=[lead.pk])
    response = signed_in().post(url, {"result": "replace_customer_pay", "voltage": "11.9"})
    assert response.status_code == 302
    test = BatteryTest.objects.get()
    assert (test.lead_id, test.voltage) == (lead.pk, 11.9)
    assert test.predicted_probability == lead.score.posterior_probability
    assert Lead.objects.get(pk=lead.pk).status == "won"
    assert "Closed" in page_of(lead).content.decode()


@pytest.mark.parametrize("data", [{"result": "maybe"}, {}, {"result": "good", "voltage": "900"}])
def test_outcome_bad_input_is_said_and_records_nothing(lead: Lead, data: dict[str, str]) -> None:
    response = signed_in().post(reverse("leads:lead_outcome", args=[lead.pk]), data)
    assert response.status_code == 422
    assert errors_of(response, "outcome_form")
    assert not BatteryTest.objects.exists()


def test_status_moves_and_a_loss_needs_its_reason(lead: Lead) -> None:
    client, url = signed_in(), reverse("leads:lead_status", args=[lead.pk])
    assert client.post(url, {"status": "contacted"}).status_code == 302
    refused = client.post(url, {"status": "lost"})
    assert refused.status_code == 422
    assert "reason" in errors_of(refused, "status_form")
    assert client.post(url, {"status": "lost", "reason": "Sold"}).status_code == 302
    assert client.post(url, {"status": "new"}).status_code == 422


def test_rest_and_wake(lead: Lead) -> None:
    client, url = signed_in(), reverse("leads:lead_rest", args=[lead.pk])
    client.post(url, {"days": "7"})
    until = Lead.objects.get(pk=lead.pk).snoozed_until
    assert until is not None
    assert abs(until - timezone.now() - timedelta(days=7)) < timedelta(minutes=1)
    client.post(url, {"days": "0"})
    client.post(url, {"days": "forever"})
    assert Lead.objects.get(pk=lead.pk).snoozed_until is None


class TestOnPagesOfCrm:
    def test_visit_records_the_test_with_its_appointment(self, lead: Lead, visit: Any) -> None:
        page = signed_in().get(reverse("appointment", args=[visit.pk])).content.decode()
        assert reverse("leads:visit", args=[visit.pk]) in page
        url = reverse("leads:visit_outcome", args=[visit.pk])
        signed_in(Role.TECHNICIAN).post(url, {"result": "good"})
        test = BatteryTest.objects.get()
        assert (test.appointment_id, test.lead_id) == (visit.pk, lead.pk)
        fragment = signed_in().get(reverse("leads:visit", args=[visit.pk]), headers=HTMX)
        assert "Tested" in fragment.content.decode()

    def test_visit_to_come_has_no_buttons_yet(self, lead: Lead) -> None:
        ahead = AppointmentFactory(customer=lead.customer, vehicle=lead.vehicle)
        page = signed_in().get(reverse("leads:visit", args=[ahead.pk])).content.decode()
        assert reverse("leads:visit_outcome", args=[ahead.pk]) not in page

    def test_visit_without_vehicle_is_refused_in_words(self) -> None:
        visit = AppointmentFactory(vehicle=None, status=AppointmentStatus.ARRIVED)
        client = signed_in()
        client.post(reverse("leads:visit_outcome", args=[visit.pk]), {"result": "good"})
        assert not BatteryTest.objects.exists()

    def test_customer_panel_lists_the_leads(self, lead: Lead) -> None:
        url = reverse("leads:customer_leads", args=[lead.customer_id])
        assert f"/leads/{lead.pk}/" in signed_in().get(url, headers=HTMX).content.decode()
        card = signed_in().get(reverse("customer", args=[lead.customer_id])).content.decode()
        assert url in card

    def test_timeline_tells_tests_and_changes_of_the_band(self, lead: Lead) -> None:
        signed_in().post(reverse("leads:lead_outcome", args=[lead.pk]), {"result": "recharge"})
        Lead.objects.filter(pk=lead.pk).update(soc_decline=False)
        scored(lead)
        assert ScoreHistory.objects.filter(lead=lead).count() == 2
        card = signed_in().get(reverse("customer", args=[lead.customer_id])).content.decode()
        assert "Battery test: Recharged" in card
        assert "Battery risk now medium, was high" in card

    def test_home_counts_high_risks(self, lead: Lead) -> None:
        assert "batteries at high risk" in signed_in().get("/").content.decode()


class TestSentence:
    FACTS: dict[str, Any] = {
        "vehicle": "2022 Ford F-150",
        "posterior": 0.784,
        "window": "2-6_weeks",
        "service": "battery_replacement",
        "horizon_days": 90,
    }
    NONE = dict.fromkeys(SEED.likelihood_ratios)

    def test_uncalibrated_names_no_probability(self) -> None:
        said = explaining.phone_sentence(evidence=self.NONE, is_calibrated=False, **self.FACTS)
        assert "estimate" in said
        assert "of ten" not in said.lower()
        assert "%" not in said

    def test_calibrated_speaks_of_ten_vehicles(self) -> None:
        said = explaining.phone_sentence(evidence=self.NONE, is_calibrated=True, **self.FACTS)
        assert "Of ten vehicles like yours that we tested, about 8 needed a battery" in said

    def test_only_present_evidence_is_said(self) -> None:
        evidence = {**self.NONE, "short_trips": True, "ignition_frequency": False}
        said = explaining.phone_sentence(evidence=evidence, is_calibrated=False, **self.FACTS)
        assert "too short" in said
        assert "started far more" not in said


def test_changes_say_both_ways_and_keep_the_present_one() -> None:
    evidence = {**TestSentence.NONE, "short_trips": True, "ignition_frequency": False}
    now = explaining.result_of(0.15, evidence, SEED).posterior
    found = {change.name: change for change in explaining.changes(0.15, evidence, SEED)}
    assert found["short_trips"].if_present == now
    assert found["ignition_frequency"].if_absent == now
    assert found["soc_decline"].state == "unknown"
    assert found["soc_decline"].if_present > now
