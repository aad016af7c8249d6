"""The timeline: one query, newest first, every entry once, people and choices in words."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django.db.models.functions import JSONObject
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crm import timeline as module
from crm.context import acting
from crm.enums import Role
from crm.models import Customer, CustomerNote
from crm.services import customers as service
from crm.timeline import Entry, Source, register, sources_for, timeline
from tests.factories import (
    AppointmentFactory,
    CustomerFactory,
    CustomerNoteFactory,
    ServiceRecordFactory,
    UserFactory,
    VehicleFactory,
)

pytestmark = pytest.mark.django_db


def entries(customer: Customer, kind: str = "", **options: Any) -> list[Entry]:
    manager = UserFactory.build(role=Role.MANAGER)
    chosen = [source for source in sources_for(manager) if kind in ("", source.kind)]
    return timeline(customer.pk, chosen, **options)[0]


def test_timeline_merges_all_kinds_newest_first_in_one_query() -> None:
    vehicle = VehicleFactory()
    customer = vehicle.customer
    AppointmentFactory(customer=customer, vehicle=vehicle)
    ServiceRecordFactory(vehicle=vehicle)
    CustomerNoteFactory(customer=customer)
    with CaptureQueriesContext(connection) as queries:
        found = entries(customer)
    assert len(queries) == 1
    assert {entry.kind for entry in found} == {"appointment", "service", "note", "change"}
    assert [entry.at for entry in found] == sorted((entry.at for entry in found), reverse=True)


def test_timeline_pages_hold_every_entry_once() -> None:
    customer = CustomerFactory()
    now = timezone.now()
    for days in range(7):
        at = now - timedelta(days=days // 2)
        AppointmentFactory(customer=customer, vehicle=None, scheduled_at=at)
    sources = [
        s for s in sources_for(UserFactory.build(role=Role.MANAGER)) if s.kind == "appointment"
    ]
    seen: list[Entry] = []
    before = None
    while True:
        found, before = timeline(customer.pk, sources, before=before, limit=3)
        seen += found
        if before is None:
            break
    assert len(seen) == len({entry.url for entry in seen}) == 7


def test_timeline_change_tells_who_what_and_names_people() -> None:
    ana = UserFactory(first_name="Ana", last_name="Ruiz")
    customer = CustomerFactory(city="Atlanta")
    with acting(actor=ana, source="page"):
        service.update_customer(
            customer=customer,
            data={"city": "Macon", "preferred_service_advisor": ana, "receive_promotions": False},
        )
    change = entries(customer, "change")[0]
    assert change.who == "Ana Ruiz on a page"
    assert change.changes == (
        ("City", "Atlanta", "Macon"),
        ("Preferred service advisor", "(empty)", "Ana Ruiz"),
        ("Receive promotions", "yes", "no"),
    )


def test_timeline_of_another_customer_stays_out() -> None:
    CustomerNoteFactory()
    assert entries(CustomerFactory(), "note") == []


def test_timeline_shows_only_sources_that_the_role_may_see() -> None:
    technician = UserFactory.build(role=Role.TECHNICIAN)
    assert [source.kind for source in sources_for(technician)] == [
        "appointment",
        "service",
        "note",
        "battery_test",
        "battery_risk",
    ]


def test_timeline_takes_a_source_of_another_app(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_sources", dict(module._sources))
    register(
        Source(
            kind="shout",
            label="Shouts",
            capability="customers:read",
            rows=lambda key: CustomerNote.objects.filter(customer_id=key).annotate(
                entry_at=F("created_at"), entry_data=JSONObject(text=F("text"))
            ),
            entry=lambda at, key, data: Entry(at, "shout", "note", data["text"].upper()),
        )
    )
    customer = CustomerNoteFactory(text="hello").customer
    assert [entry.title for entry in entries(customer, "shout")] == ["HELLO"]
