"""The telephone's tables in the Django admin: read only, searchable, without what was said."""

from typing import Any

import pytest
from django.urls import reverse

from crm.enums import Role
from telephony.models import (
    AgentAction,
    CallerVerification,
    VerificationAttempt,
    VerificationCounter,
    VerificationUnlock,
)
from telephony.services import verification
from tests.crm.pages import signed_in
from tests.factories import CustomerFactory, UserFactory
from tests.telephony.factories import CallAccessFactory, CallLogFactory, ProviderEventFactory

pytestmark = pytest.mark.django_db


def claim() -> CallerVerification:
    made = verification.identify_at_desk(customer=CustomerFactory(), by=UserFactory())
    VerificationAttempt.objects.create(verification=made, factor="date_of_birth", passed=False)
    CallerVerification.objects.update(number_key="secret words")
    return made


MAKERS: dict[str, Any] = {
    "calllog": lambda: CallLogFactory(
        transcript="secret words", recording_url="https://api.twilio.com/RE1"
    ),
    "callaccess": CallAccessFactory,
    "callerverification": claim,
    "verificationunlock": lambda: VerificationUnlock.objects.create(
        verification=claim(), reason="Rang back"
    ),
    "agentaction": lambda: AgentAction.objects.create(
        call=CallLogFactory(), tool="lookup", intent="x", answer={"say": "secret words"}
    ),
    "verificationcounter": lambda: VerificationCounter.objects.create(key="number:x"),
    "providerevent": lambda: ProviderEventFactory(payload={"fields": {"From": "secret words"}}),
}


@pytest.mark.parametrize("name", MAKERS)
def test_list_search_and_record_open_without_what_was_said(name: str) -> None:
    row, chief = MAKERS[name](), signed_in(Role.ADMIN)
    listed = reverse(f"admin:telephony_{name}_changelist")
    record = reverse(f"admin:telephony_{name}_change", args=[row.pk])
    for url in (listed, f"{listed}?q=CA12345", record):
        response = chief.get(url)
        assert response.status_code == 200
        assert "secret words" not in response.content.decode()
        assert "api.twilio.com" not in response.content.decode()


@pytest.mark.parametrize("name", MAKERS)
def test_nothing_is_added_changed_or_deleted_here(name: str) -> None:
    row, chief = MAKERS[name](), signed_in(Role.ADMIN)
    assert chief.get(reverse(f"admin:telephony_{name}_add")).status_code == 403
    for step in ("change", "delete"):
        url = reverse(f"admin:telephony_{name}_{step}", args=[row.pk])
        assert chief.post(url, {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("name", ["providerevent", "verificationcounter"])
def test_plumbing_is_for_administrators(name: str) -> None:
    url = reverse(f"admin:telephony_{name}_changelist")
    assert signed_in(Role.MANAGER).get(url).status_code == 403


def test_claim_shows_which_factor_was_wrong() -> None:
    url = reverse("admin:telephony_callerverification_change", args=[claim().pk])
    assert "date_of_birth" in signed_in(Role.MANAGER).get(url).content.decode()
