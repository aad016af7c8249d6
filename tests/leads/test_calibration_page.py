"""The calibration pages: figures, sets beside each other, preview, activation and the way back."""

import csv
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from crm.enums import Role
from crm.models import AuditEntry, ExportLog
from jobs.models import Outbox
from jobs.registry import local_today
from leads.enums import ContactUrgency, ParameterState
from leads.models import LeadScore, ScoringParameters
from leads.parameters import SEED, LikelihoodRatio
from leads.services import parameters
from leads.services.attribution import attribution
from leads.services.leads import rescore
from leads.services.preview import preview
from leads.tasks import rescore as rescore_all
from tests.crm.pages import HTMX, count_queries, errors_of, signed_in
from tests.factories import (
    AppointmentFactory,
    ContactAttemptFactory,
    CustomerFactory,
    ServiceRecordFactory,
    VehicleFactory,
)
from tests.leads.factories import LeadFactory
from tests.leads.simulated import observe, store

pytestmark = pytest.mark.django_db
PAGE = "/leads/calibration/"


def challenger(name="softer", **changes):
    ratios = SEED.likelihood_ratios | {"short_trips": LikelihoodRatio(1.1, 0.9)}
    return parameters.propose(
        values=replace(SEED, **({"likelihood_ratios": ratios} | changes)),
        name=name,
        provenance="200 battery tests",
        is_calibrated=True,
        based_on=parameters.champion(),
    )


def scored_leads(count=3):
    """Leads that are high only because of their short trips."""
    leads = LeadFactory.create_batch(count, vehicle_age=2)
    rescore(lead_ids=[lead.pk for lead in leads])
    return leads


def test_empty_page_says_what_to_do():
    page = signed_in(Role.SALES).get(PAGE).content.decode()
    assert "Too few battery tests to judge the scores" in page
    assert "Scores are uncalibrated: seed-1.0 is in use." in page
    assert "Calibrate now" not in page


def test_page_shows_measures_of_each_set_on_the_same_tests():
    store(observe(100), parameters=parameters.champion())
    challenger()
    response = signed_in(Role.MANAGER).get(PAGE)
    names = [one.name for one in response.context["found"].sets]
    assert names == ["seed-1.0", "softer", "Calibrated on the past only"]
    page = response.content.decode()
    assert 'data-chart="reliability-1"' in page
    assert 'data-chart="gains-1"' in page
    assert "Calibrate now" in page


@pytest.mark.parametrize(("query", "calls"), [("", 20), ("?calls=5", 5), ("?calls=x", 20)])
def test_lift_is_given_at_the_calls_a_day_that_are_asked_for(query, calls):
    """The 30 tests that judge span two days, one an hour."""
    store(observe(100), parameters=parameters.champion())
    response = signed_in().get(f"{PAGE}{query}")
    assert response.context["calls_a_day"] == calls
    assert response.context["found"].calls == min(2 * calls, 30)


def test_page_costs_as_many_queries_with_one_set_as_with_three():
    client = signed_in(Role.MANAGER)
    store(observe(70), parameters=parameters.champion())
    client.get(PAGE)
    one = count_queries(lambda: client.get(PAGE))
    challenger("second")
    challenger("third")
    assert count_queries(lambda: client.get(PAGE)) == one


def test_calibrate_now_proposes_a_set_in_the_managers_name():
    store(observe(120), parameters=parameters.champion())
    client = signed_in(Role.MANAGER)
    response = client.post(reverse("leads:calibration_new"))
    (row,) = ScoringParameters.objects.challengers()
    assert response["Location"] == reverse("leads:calibration_set", args=[row.pk])
    assert row.author.role == Role.MANAGER
    page = client.get(response["Location"]).content.decode()
    assert "too few outcomes, stays" in page
    assert "90% interval" in page


def test_calibrate_now_without_outcomes_explains_itself():
    page = signed_in(Role.MANAGER).post(reverse("leads:calibration_new"), follow=True)
    assert "Too few battery tests are known" in page.content.decode()


def test_preview_counts_who_changes_band_and_writes_nothing():
    leads, row = scored_leads(), challenger()
    before = list(LeadScore.objects.order_by("pk").values())
    found = preview(parameters=row, as_of=local_today())
    assert found.matrix == {("immediate", "24_hours"): 3}
    assert (found.leads, found.changing) == (3, 3)
    assert [one["lead_id"] for one in found.rows] == sorted(lead.pk for lead in leads)
    assert found.posterior_shift < 0 > found.urgency_shift
    assert list(LeadScore.objects.order_by("pk").values()) == before


def test_preview_is_what_activation_then_does():
    scored_leads()
    row = challenger()
    wanted = {
        one["lead_id"]: one["new_posterior"]
        for one in preview(parameters=row, as_of=local_today()).rows
    }
    parameters.activate(parameters=row, reason="Better")
    rescore_all()
    stored = dict(LeadScore.objects.values_list("lead", "posterior_probability"))
    assert stored == pytest.approx(wanted, abs=1e-12)
    assert set(LeadScore.objects.values_list("parameters", flat=True)) == {row.pk}


def test_preview_shows_at_most_the_rows_it_is_asked_for():
    scored_leads()
    found = preview(parameters=challenger(), as_of=local_today(), limit=1)
    assert (len(found.rows), found.changing) == (1, 3)


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_preview_is_a_page_and_a_fragment(headers):
    scored_leads(1)
    url = reverse("leads:calibration_preview", args=[challenger().pk])
    client = signed_in(Role.SALES)
    client.get(url)
    with CaptureQueriesContext(connection) as queries:
        page = client.get(url, headers=headers).content.decode()
    assert "1 of 1 open leads would change band" in page
    assert ("<html" in page) == (not headers)
    assert not [q for q in queries if q["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]


def test_preview_as_a_file_has_every_change_and_is_logged():
    leads, row = scored_leads(), challenger()
    LeadFactory()  # without a score, so nothing that could change
    url = reverse("leads:calibration_preview", args=[row.pk]) + "?export=csv"
    assert signed_in(Role.TECHNICIAN).get(url).status_code == 403
    response = signed_in(Role.MANAGER).get(url)
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    found = list(csv.DictReader(text.splitlines()))
    assert [one["VIN"] for one in found] == [lead.vin for lead in leads]
    assert {(one["Contact now"], one["Contact then"]) for one in found} == {
        ("immediate", "24_hours")
    }
    assert ExportLog.objects.get().rows == 3


def test_preview_without_leads_says_so():
    url = reverse("leads:calibration_preview", args=[challenger().pk])
    assert "There are no open leads." in signed_in(Role.SALES).get(url).content.decode()


def test_manager_activates_with_a_reason_and_leads_are_scored_anew():
    row, manager = challenger(), signed_in(Role.MANAGER)
    url = reverse("leads:calibration_activate", args=[row.pk])
    assert manager.post(url, {"reason": "Better on 200 tests"})["Location"] == PAGE
    row.activation.refresh_from_db()
    assert parameters.champion() == row
    assert Outbox.objects.filter(task="leads.rescore").count() == 1
    entries = AuditEntry.objects.filter(table_name="parameter_activations", action="update")
    assert set(entries.values_list("reason", "actor_id")) == {
        ("Better on 200 tests", row.activation.by_id)
    }
    assert row.activation.by.role == Role.MANAGER


def test_activation_without_reason_is_refused_at_the_field():
    row = challenger()
    url = reverse("leads:calibration_activate", args=[row.pk])
    response = signed_in(Role.MANAGER).post(url, {"reason": " "})
    assert response.status_code == 422
    assert set(errors_of(response)) == {"reason"}
    assert parameters.champion().name == "seed-1.0"


def test_activating_the_set_in_use_is_refused():
    url = reverse("leads:calibration_activate", args=[parameters.champion().pk])
    response = signed_in(Role.MANAGER).post(url, {"reason": "Again"})
    assert response.status_code == 422
    assert errors_of(response) == {"__all__": ["This set is in use already."]}


def test_older_set_is_put_back_in_the_same_way():
    seed, row = parameters.champion(), challenger()
    manager = signed_in(Role.MANAGER)
    for wanted in (row, seed):
        url = reverse("leads:calibration_activate", args=[wanted.pk])
        manager.post(url, {"reason": f"Use {wanted}"})
    states = dict(ScoringParameters.objects.values_list("name", "activation__state"))
    assert states == {"seed-1.0": ParameterState.CHAMPION, "softer": ParameterState.RETIRED}


def test_challenger_is_retired_but_never_the_set_in_use():
    row, manager = challenger(), signed_in(Role.MANAGER)
    manager.post(reverse("leads:calibration_retire", args=[row.pk]))
    row.activation.refresh_from_db()
    assert row.activation.state == ParameterState.RETIRED
    url = reverse("leads:calibration_retire", args=[parameters.champion().pk])
    page = manager.post(url, follow=True).content.decode()
    assert "cannot be retired" in page


def test_advisor_sees_sets_but_no_way_to_activate():
    page = signed_in(Role.ADVISOR).get(reverse("leads:calibration_set", args=[challenger().pk]))
    assert b"Put it in use" not in page.content
    assert b"short_trips" not in page.content
    assert b"Short trips, present" in page.content


@pytest.mark.parametrize("name", ["set", "preview"])
def test_unknown_set_is_404(name):
    assert signed_in().get(reverse(f"leads:calibration_{name}", args=[9_999])).status_code == 404


def test_numbers_of_both_sets_stand_beside_each_other():
    row = challenger(high_band=0.7, cohort_priors={"suv_coastal_hot": 0.2}, recalibration_slope=0.8)
    response = signed_in().get(reverse("leads:calibration_set", args=[row.pk]))
    groups = dict(response.context["groups"])
    (cohort,) = groups["Base rates by cohort"]
    assert (cohort.champion_text, cohort.value_text) == ("12.0%", "20.0%")
    slope = groups["Recalibration of the log-odds"][1]
    assert (slope.champion_text, slope.value_text) == ("1.00", "0.80")
    assert [one.label for one in groups["Other numbers"]] == ["High band"]


def test_attribution_counts_contacts_visits_and_revenue_by_band():
    customer = CustomerFactory()
    vehicle = VehicleFactory(customer=customer)
    visit = AppointmentFactory(vehicle=vehicle, customer=customer, status="completed")
    order = ServiceRecordFactory(vehicle=vehicle, appointment=visit, total_cost=Decimal("405.00"))
    came = LeadFactory(
        customer=customer, vehicle=vehicle, appointment=visit, service_record=order, vehicle_age=2
    )
    called, never = (LeadFactory(customer=CustomerFactory(), vehicle_age=2) for _ in range(2))
    rescore(lead_ids=[came.pk, called.pk, never.pk])
    for lead in (came, called):
        ContactAttemptFactory(customer=lead.customer, direction="outbound", at=lead.created_at)
    ContactAttemptFactory(
        customer=never.customer, direction="outbound", at=never.created_at - timedelta(days=1)
    )
    high, medium, _ = attribution()
    assert (high.band, high.leads, high.contacted) == (ContactUrgency.IMMEDIATE, 3, 2)
    assert (high.set_rate, high.show_rate) == (50.0, 100.0)
    assert high.revenue_per_contact == Decimal("202.50")
    assert (medium.leads, medium.set_rate, medium.revenue_per_contact) == (0, None, None)


@pytest.mark.parametrize(
    ("name", "method", "roles"),
    [
        ("calibration", "get", set(Role) - {Role.API}),
        ("calibration_set", "get", set(Role) - {Role.API}),
        ("calibration_preview", "get", set(Role) - {Role.API}),
        ("calibration_new", "post", {Role.MANAGER, Role.ADMIN}),
        ("calibration_activate", "post", {Role.MANAGER, Role.ADMIN}),
        ("calibration_retire", "post", {Role.MANAGER, Role.ADMIN}),
    ],
)
def test_pages_answer_exactly_the_roles_that_may(name, method, roles, client):
    row = challenger()
    keys = [row.pk] if name not in {"calibration", "calibration_new"} else []
    url = reverse(f"leads:{name}", args=keys)
    for role in set(Role) - {Role.API}:
        status = getattr(signed_in(role), method)(url).status_code
        assert (status != 403) == (role in roles), role
    other = "post" if method == "get" else "get"
    assert getattr(signed_in(Role.ADMIN), other)(url).status_code == 405
    assert getattr(client, method)(url).status_code == 302
