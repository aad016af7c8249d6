"""Declined work that nobody has to offer any more, and work that is offered again."""

from datetime import date
from typing import Any

import pytest
from django.utils import timezone

from crm.enums import Role
from crm.exceptions import IllegalTransition, Invalid
from crm.models import AuditEntry, ServiceLine, WorkItem
from crm.services.consent import opt_out
from crm.services.refusals import close_refused, reopen_refused
from tests.crm.api import client_of
from tests.crm.pages import signed_in
from tests.factories import ServiceLineFactory, WorkItemFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def line() -> Any:
    return ServiceLineFactory(outcome="declined", reason="Too dear")


def is_open(line: Any) -> bool:
    return ServiceLine.objects.refused().filter(pk=line.pk).exists()


def test_closed_work_is_offered_nowhere_and_its_item_is_closed(line: Any) -> None:
    item: Any = WorkItemFactory(key=f"declined:{line.pk}", customer=line.vehicle.customer)
    close_refused(line=line, closed_as="done_elsewhere")
    assert not is_open(line)
    assert not ServiceLine.objects.due(date.today()).exists()
    assert WorkItem.objects.get(pk=item.pk).outcome == "done"


def test_closing_stands_in_the_audit_log_with_its_reason(line: Any) -> None:
    close_refused(line=line, closed_as="not_wanted", reason="Sells the car")
    entry = AuditEntry.objects.get(table_name="service_lines", action="update")
    assert (entry.row_id, entry.reason) == (str(line.pk), "Sells the car")
    assert entry.after and entry.after["closed_as"] == "not_wanted"


@pytest.mark.parametrize("reason", ["", "  "])
def test_not_wanted_needs_a_reason(line: Any, reason: str) -> None:
    with pytest.raises(Invalid) as refused:
        close_refused(line=line, closed_as="not_wanted", reason=reason)
    assert refused.value.field == "reason"
    assert is_open(line)


def test_reopened_work_is_offered_again(line: Any) -> None:
    close_refused(line=line, closed_as="not_wanted", reason="Sells the car")
    assert reopen_refused(line=line).closed_reason == ""
    assert is_open(line)
    with pytest.raises(IllegalTransition):
        reopen_refused(line=line)


@pytest.mark.parametrize("closed_as", ["done_elsewhere", "not_wanted"])
def test_reopened_work_is_back_on_the_work_list(line: Any, closed_as: str) -> None:
    item: Any = WorkItemFactory(key=f"declined:{line.pk}", customer=line.vehicle.customer)
    close_refused(line=line, closed_as=closed_as, reason="Sells the car")
    reopen_refused(line=line)
    item.refresh_from_db()
    assert (item.closed_at, item.outcome) == (None, "")


def test_reopened_work_whose_item_ended_otherwise_stays_off_the_work_list(line: Any) -> None:
    item: Any = WorkItemFactory(
        key=f"declined:{line.pk}",
        customer=line.vehicle.customer,
        outcome="not_interested",
        closed_at=timezone.now(),
    )
    close_refused(line=line, closed_as="done_elsewhere")
    reopen_refused(line=line)
    item.refresh_from_db()
    assert item.outcome == "not_interested"


def test_work_that_was_done_or_closed_cannot_be_closed(line: Any) -> None:
    close_refused(line=line, closed_as="done_elsewhere")
    performed: Any = ServiceLineFactory()
    for other in (line, performed):
        with pytest.raises(IllegalTransition):
            close_refused(line=other, closed_as="done_elsewhere")


def test_pages_close_and_reopen(line: Any) -> None:
    client = signed_in(Role.BDC)
    card = f"/customers/{line.vehicle.customer_id}/"
    assert f"/work/{line.pk}/close?next={card}" in client.get(card).content.decode()
    assert client.post(f"/work/{line.pk}/close", {"closed_as": "not_wanted"}).status_code == 422
    sent = {"closed_as": "not_wanted", "reason": "Sells the car", "next": card}
    assert client.post(f"/work/{line.pk}/close", sent)["Location"] == card
    assert client.get("/work/").context["page"].rows == []
    assert f"/work/{line.pk}/reopen" in client.get("/work/?closed=on").content.decode()
    client.post(f"/work/{line.pk}/reopen")
    assert is_open(line)


def test_list_to_call_from_says_who_may_not_be_called_and_why(line: Any) -> None:
    opt_out(customer=line.vehicle.customer, source="page")
    client = signed_in(Role.BDC)
    open_page = client.get("/work/").content.decode()
    close_refused(line=line, closed_as="done_elsewhere")
    assert "Blocked: Opted out" in open_page
    assert "Blocked" not in client.get("/work/?closed=on").content.decode()


def test_closing_leads_back_to_the_list_as_it_was(line: Any) -> None:
    client = signed_in(Role.BDC)
    narrowed = f"/work/?make={line.vehicle.make}&outcome=declined"
    opened = f"/work/{line.pk}/close?next=/work/%3Fmake%3D{line.vehicle.make}%26outcome%3Ddeclined"
    assert opened in client.get(narrowed).content.decode()
    assert f'value="{narrowed.replace("&", "&amp;")}"' in client.get(opened).content.decode()


def test_api_closes_and_reopens(line: Any) -> None:
    client = client_of()
    path = f"/api/v1/service-lines/{line.pk}/"
    closed = client.post(f"{path}close/", {"closed_as": "not_wanted", "reason": "Sells it"})
    assert (closed.status_code, closed.json()["closed_as"]) == (200, "not_wanted")
    again = client.post(f"{path}close/", {"closed_as": "done_elsewhere"})
    assert (again.status_code, again.json()["code"]) == (409, "illegal_transition")
    assert client.post(f"{path}reopen/").json()["closed_as"] == ""
