"""The admin shows leads, scores and sets, and changes none of them."""

import pytest
from django.urls import reverse

from crm.enums import Role
from leads.models import BatteryTest
from leads.services import leads
from leads.services.parameters import champion
from tests.factories import UserFactory
from tests.leads.factories import LeadFactory

pytestmark = pytest.mark.django_db
MODELS = ("lead", "scoringparameters", "parameteractivation", "batterytest", "climatenormal")


@pytest.fixture
def world():
    lead = LeadFactory()
    leads.rescore(lead_ids=[lead.pk])
    BatteryTest.objects.create(lead=lead, result="good")
    return lead


@pytest.fixture
def manager(client):
    client.force_login(UserFactory(role=Role.MANAGER, is_staff=True))
    return client


@pytest.mark.parametrize("model", MODELS)
def test_manager_sees_the_list_and_cannot_add(manager, world, model):
    assert manager.get(reverse(f"admin:leads_{model}_changelist")).status_code == 200
    assert manager.get(reverse(f"admin:leads_{model}_add")).status_code == 403


def test_lead_page_shows_score_and_history(manager, world):
    page = manager.get(reverse("admin:leads_lead_change", args=[world.pk])).content.decode()
    assert world.vin in page and "First score" in page


def test_set_cannot_be_changed_or_deleted(manager, world):
    row = champion()
    change = reverse("admin:leads_scoringparameters_change", args=[row.pk])
    assert manager.get(change).status_code == 200
    assert manager.post(change, {"name": "other"}).status_code == 403
    delete = reverse("admin:leads_scoringparameters_delete", args=[row.pk])
    assert manager.post(delete, {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("model", MODELS)
def test_advisor_is_refused(client, model):
    client.force_login(UserFactory(role=Role.ADVISOR))
    assert client.get(reverse(f"admin:leads_{model}_changelist")).status_code in (302, 403)
