"""Keyset pages: every row once, whatever the order, ties and nulls included."""

from datetime import date
from typing import Any

import pytest
from django.http import QueryDict

from crm.listing import COUNT_CAP, clean_query, counted, keyset_page
from crm.models import Customer
from tests.factories import CustomerFactory

pytestmark = pytest.mark.django_db
ORDERS = {"name": ("last_name", "first_name", "id"), "since": ("customer_since", "id")}


def walk(sort: str, *, backwards: bool = False) -> list[Any]:
    """Keys of all rows, page by page of three, to the end and (if `backwards`) back again."""

    def page(query: str) -> Any:
        return keyset_page(
            Customer.objects.all(),
            query=QueryDict(query),
            orders=ORDERS,
            default="name",
            rows=lambda rows: rows.values("id"),
            size=3,
        )

    current = page(f"sort={sort}")
    pages = [current]
    while current.next_query:
        current = page(current.next_query)
        pages.append(current)
    if backwards:
        pages = [current]
        while current.previous_query:
            current = page(current.previous_query)
            pages.insert(0, current)
    return [row["id"] for found in pages for row in found.rows]


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("sort", ["name", "-name", "since", "-since"])
def test_pages_hold_every_row_once_in_order(sort: str, backwards: bool) -> None:
    for since in (None, None, None, None, date(2020, 1, 1), date(2020, 1, 1), date(2024, 1, 1)):
        CustomerFactory(last_name="Same", first_name="Name", customer_since=since)
    CustomerFactory.create_batch(4)
    field = {"name": "last_name", "since": "customer_since"}[sort.removeprefix("-")]
    sign = "-" if sort.startswith("-") else ""
    names = [f"{sign}{name}" for name in ORDERS[sort.removeprefix("-")]]
    expected = list(Customer.objects.order_by(*names).values_list("id", flat=True))
    assert walk(sort, backwards=backwards) == expected, field


def test_page_cursor_of_a_row_that_is_gone_begins_anew() -> None:
    CustomerFactory()
    page = keyset_page(
        Customer.objects.all(),
        query=QueryDict("after=00000000-0000-0000-0000-000000000000"),
        orders=ORDERS,
        default="name",
        rows=lambda rows: rows.values("id"),
    )
    assert len(page.rows) == 1


def test_count_says_whether_it_stopped_counting(monkeypatch: pytest.MonkeyPatch) -> None:
    CustomerFactory.create_batch(3)
    assert counted(Customer.objects.all()) == (3, False)
    monkeypatch.setattr("crm.listing.COUNT_CAP", 2)
    assert counted(Customer.objects.all()) == (2, True)
    assert COUNT_CAP == 10_000


def test_clean_query_drops_what_is_empty_and_sorts() -> None:
    assert clean_query(QueryDict("q=&type=fleet&make=Ford&sort=")) == "make=Ford&type=fleet"
