"""Prepared reads: the same rows as their querysets, written once, run in one query each."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.db.models import Q, QuerySet
from django.test.utils import CaptureQueriesContext

from crm import timeline
from crm.enums import LineOutcome, Role
from crm.models import Customer, CustomerNote
from crm.prepared import Prepared, prepared
from crm.services import customers as service
from crm.views import customer_card
from tests.factories import (
    AppointmentFactory,
    CustomerNoteFactory,
    ServiceLineFactory,
    ServiceRecordFactory,
    UserFactory,
    VehicleFactory,
)

pytestmark = pytest.mark.django_db


def customer_with_everything() -> Customer:
    vehicle = VehicleFactory()
    customer = vehicle.customer
    AppointmentFactory(customer=customer, vehicle=vehicle)
    record = ServiceRecordFactory(vehicle=vehicle)
    ServiceLineFactory(service_record=record, outcome=LineOutcome.DECLINED, reason="Later")
    CustomerNoteFactory.create_batch(2, customer=customer)
    service.update_customer(customer=customer, data={"city": "Macon"})
    return customer


@pytest.mark.parametrize(
    "read",
    [
        customer_card.vehicles_of,
        customer_card.appointments_of,
        customer_card.services_of,
        customer_card.refused_lines_of,
        customer_card.latest_notes_of,
    ],
)
def test_read_of_the_page_gives_each_customer_the_rows_of_its_queryset(read: Prepared) -> None:
    for customer in (customer_with_everything(), customer_with_everything()):
        expected = list(read.build(customer.pk))
        assert expected
        assert read.dicts(customer=customer.pk) == expected


def test_timeline_gives_the_rows_of_its_queryset_and_the_next_page_too() -> None:
    sources = tuple(timeline.sources_for(UserFactory.build(role=Role.MANAGER)))
    customer = customer_with_everything()
    first = timeline._query(sources, 3, is_first=True)
    rows = first.rows(customer=customer.pk)
    assert rows == list(first.build(customer.pk))
    assert len(rows) == 3
    later = timeline._query(sources, 3, is_first=False)
    following = later.rows(customer=customer.pk, before=rows[-1][0])
    assert following == list(later.build(customer.pk, rows[-1][0]))
    assert following
    assert not {row[2] for row in rows} & {row[2] for row in following}


def test_statement_is_written_once_and_run_in_one_query() -> None:
    asked = []

    @prepared(customer=UUID)
    def notes_of(customer: UUID) -> QuerySet[Any, Any]:
        asked.append(customer)
        return CustomerNote.objects.filter(customer=customer).values_list("text", "created_at")

    note = CustomerNoteFactory(text="hello")
    with CaptureQueriesContext(connection) as queries:
        assert notes_of.rows(customer=note.customer_id) == [("hello", note.created_at)]
        assert notes_of.rows(customer=uuid4()) == []
    assert len(queries) == 2
    assert len(asked) == 1
    assert note.customer_id not in asked


def test_value_that_stands_twice_is_filled_in_twice() -> None:
    read = Prepared(
        lambda key: CustomerNote.objects.filter(Q(customer=key) | Q(id=key)).values("id"), key=UUID
    )
    note = CustomerNoteFactory()
    assert read.dicts(key=note.customer_id) == read.dicts(key=note.pk) == [{"id": note.pk}]


@pytest.mark.parametrize(
    ("build", "types"),
    [
        (lambda key: CustomerNote.objects.values("text"), {"key": UUID}),
        (
            lambda key: CustomerNote.objects.filter(customer=key, text=f"about {key}").values(
                "text"
            ),
            {"key": UUID},
        ),
    ],
)
def test_value_that_does_not_reach_the_statement_is_refused(build: Any, types: Any) -> None:
    with pytest.raises(ValueError, match="does not use each of its values"):
        Prepared(build, **types).rows(key=uuid4())


def test_two_values_of_one_type_are_refused() -> None:
    with pytest.raises(ValueError, match="cannot be told apart"):
        Prepared(lambda one, two: CustomerNote.objects.values("text"), one=UUID, two=UUID)
