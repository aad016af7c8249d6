"""The telephone's tables in the Django admin: read only, searchable, without what was said."""

from typing import Any

import pytest
from django.urls import reverse

from crm.enums import Role
from tests.crm.pages import signed_in
from tests.telephony.factories import CallAccessFactory, CallLogFactory, ProviderEventFactory

pytestmark = pytest.mark.django_db

MAKERS: dict[str, Any] = {
    "calllog": lambda: CallLogFactory(
        transcript="secret words", recording_url="https://api.twilio.com/RE1"
    ),
    "callaccess": CallAccessFactory,
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


def test_raw_callbacks_are_for_administrators() -> None:
    url = reverse("admin:telephony_providerevent_changelist")
    assert signed_in(Role.MANAGER).get(url).status_code == 403
