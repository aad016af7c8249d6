"""Customers: list, page, forms."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from crm.enums import AppointmentStatus, LineOutcome, Role
from crm.models import AuditEntry, Customer, CustomerNote
from crm.phones import display
from crm.services import customers as service
from tests.crm.pages import HTMX, count_queries, errors_of, form_data, signed_in
from tests.factories import (
    AppointmentFactory,
    CustomerFactory,
    CustomerNoteFactory,
    ServiceLineFactory,
    ServiceRecordFactory,
    VehicleFactory,
)

pytestmark = pytest.mark.django_db
LIST = "/customers/"


@pytest.fixture
def client() -> Client:
    return signed_in(Role.MANAGER)


def names(response: Any) -> list[str]:
    return [row["name"] for row in response.context["page"].rows]


def edit_url(customer: Customer) -> str:
    return reverse("customer_edit", args=[customer.pk])


# The list


def test_list_shows_name_phone_vehicles_and_declined_work(client: Client) -> None:
    vehicle = VehicleFactory(car=0, customer__first_name="Dana", customer__last_name="Reed")
    record = ServiceRecordFactory(vehicle=vehicle)
    ServiceLineFactory(service_record=record, outcome=LineOutcome.DECLINED, reason="Too dear")
    page = client.get(LIST).content.decode()
    assert "Dana Reed" in page
    assert "2020 Ford F-150" in page
    assert "1 declined" in page


def test_list_htmx_gets_the_rows_only_and_a_clean_address(client: Client) -> None:
    CustomerFactory()
    response = client.get(f"{LIST}?q=&type=retail&make=", headers=HTMX)
    assert response["HX-Replace-Url"] == f"{LIST}?type=retail"
    assert b"<html" not in response.content
    assert response["Vary"].count("HX-Request") == 1


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("type=fleet", ["Fia Fleet"]),
        ("contact=email", ["Fia Fleet"]),
        ("make=ford", ["Olga Owner"]),
        ("since=2024-01-01", ["Fia Fleet"]),
        ("declined=on", ["Olga Owner"]),
        ("type=nonsense", ["Fia Fleet", "Olga Owner"]),
        ("since=nonsense", ["Fia Fleet", "Olga Owner"]),
    ],
)
def test_list_filter_narrows_down(client: Client, query: str, expected: list[str]) -> None:
    CustomerFactory(
        first_name="Fia",
        last_name="Fleet",
        customer_type="fleet",
        preferred_contact_method="email",
        customer_since="2025-05-05",
    )
    owner = CustomerFactory(first_name="Olga", last_name="Owner", customer_since="2020-01-01")
    record = ServiceRecordFactory(vehicle=VehicleFactory(car=0, customer=owner))
    ServiceLineFactory(service_record=record, outcome=LineOutcome.DECLINED, reason="Too dear")
    assert names(client.get(f"{LIST}?{query}")) == expected


def test_list_leaves_out_anonymised_customers(client: Client) -> None:
    customer = CustomerFactory()
    service.erase_customer(customer=customer, reason="asked")
    assert names(client.get(LIST)) == []


def test_list_pages_forth_and_back_without_gap_or_double(client: Client) -> None:
    for number in range(110):
        CustomerFactory(first_name="Ann", last_name=f"Row{number:03d}")
    seen, query = [], ""
    while True:
        page = client.get(f"{LIST}?{query}").context["page"]
        seen += [row["name"] for row in page.rows]
        if not page.next_query:
            break
        query = page.next_query
    assert seen == [f"Ann Row{number:03d}" for number in range(110)]
    back = client.get(f"{LIST}?{page.previous_query}").context["page"]
    assert [row["name"] for row in back.rows] == seen[50:100]


def test_list_sorts_by_since_with_unknown_ones_at_one_end(client: Client) -> None:
    CustomerFactory(last_name="New", customer_since="2025-01-01")
    CustomerFactory(last_name="Old", customer_since="2001-01-01")
    CustomerFactory(last_name="Unknown", customer_since=None)
    assert names(client.get(f"{LIST}?sort=since")) == ["Dana Old", "Dana New", "Dana Unknown"]
    assert names(client.get(f"{LIST}?sort=-since")) == ["Dana Unknown", "Dana New", "Dana Old"]
    assert names(client.get(f"{LIST}?sort=phone")) == ["Dana New", "Dana Old", "Dana Unknown"]


def test_list_address_carries_no_name_of_a_person(client: Client) -> None:
    for number in range(51):
        CustomerFactory(first_name="Ann", last_name=f"Secret{number:03d}")
    assert "Secret" not in client.get(LIST).context["page"].next_query


@pytest.mark.parametrize("typed", ["(205) 555-0142", "205-555-0142", "+1 205 555 0142"])
def test_list_enter_on_one_exact_match_opens_the_customer(client: Client, typed: str) -> None:
    customer = CustomerFactory(phone="+12055550142")
    response = client.get(LIST, {"q": typed})
    assert response.status_code == 302
    assert response["Location"] == reverse("customer", args=[customer.pk])


def test_list_typing_never_opens_a_customer_by_itself(client: Client) -> None:
    CustomerFactory(phone="+12055550142")
    assert client.get(LIST, {"q": "2055550142"}, headers=HTMX).status_code == 200


def test_list_nobody_found_offers_a_customer_prefilled_from_the_box(client: Client) -> None:
    page = client.get(LIST, {"q": "maria del bosque"}).content.decode()
    assert "Nobody found" in page
    assert "/customers/new?first_name=Maria&amp;last_name=Del+Bosque" in page
    page = client.get(LIST, {"q": "205 555 0142"}).content.decode()
    assert "/customers/new?phone=205+555+0142" in page


def test_list_survives_hostile_input(client: Client) -> None:
    for query in (
        "q=%00",
        "q=%25%27--",
        "after=x",
        "before=",
        "sort=--name",
        "advisor=x'",
        "q=" + "x" * 999,
    ):
        assert client.get(f"{LIST}?{query}").status_code in (200, 400)


def test_list_export_has_the_filtered_rows(client: Client) -> None:
    CustomerFactory(first_name="Fia", customer_type="fleet")
    CustomerFactory(first_name="Rita")
    response = client.get(f"{LIST}?type=fleet&export=csv")
    text = b"".join(response.streaming_content).decode()  # type: ignore[attr-defined]
    assert "Fia" in text
    assert "Rita" not in text


def test_list_queries_do_not_grow_with_rows(client: Client) -> None:
    VehicleFactory()
    client.get(LIST)
    one = count_queries(lambda: client.get(LIST))
    for _ in range(2):
        ServiceLineFactory(outcome=LineOutcome.DECLINED, reason="no")
    assert count_queries(lambda: client.get(LIST)) == one <= 7


# The customer's page


def fill(customer: Customer, rows: int) -> None:
    """So many vehicles, visits, records, refused lines and notes."""
    for number in range(rows):
        vehicle = VehicleFactory(customer=customer, is_primary_vehicle=number == 0)
        AppointmentFactory(customer=customer, vehicle=vehicle)
        AppointmentFactory(
            customer=customer,
            vehicle=vehicle,
            scheduled_at=timezone.now() - timedelta(days=9 + number),
            status=AppointmentStatus.COMPLETED,
        )
        record = ServiceRecordFactory(vehicle=vehicle)
        ServiceLineFactory(service_record=record, outcome=LineOutcome.DECLINED, reason="no")
        CustomerNoteFactory(customer=customer)
        service.update_customer(customer=customer, data={"city": f"Town {rows}{number}"})


def test_card_makes_at_most_12_queries_whatever_it_shows(client: Client) -> None:
    small, large = CustomerFactory(), CustomerFactory()
    fill(small, 1)
    fill(large, 3)
    client.get(reverse("customer", args=[small.pk]))
    one = count_queries(lambda: client.get(reverse("customer", args=[small.pk])))
    three = count_queries(lambda: client.get(reverse("customer", args=[large.pk])))
    assert one == three <= 12


def test_card_shows_everything_of_one_customer(client: Client) -> None:
    customer = CustomerFactory(preferred_contact_method="text", notes="Wants the old parts back")
    fill(customer, 1)
    vehicle = customer.vehicles.get()
    page = client.get(reverse("customer", args=[customer.pk])).content.decode()
    for text in (
        display(customer.phone),
        customer.email,
        "prefers texts",
        "Wants the old parts back",
        f"<strong>{vehicle.vin[-8:]}</strong>",
        vehicle.license_plate,
        "41,200 mi",
        "Front brake pads",
        "Prefers to be called after five.",
        "RO6",
    ):
        assert text in page, text


def test_card_of_anonymised_customer_offers_no_change(client: Client) -> None:
    customer = CustomerFactory()
    service.erase_customer(customer=customer, reason="asked")
    page = client.get(reverse("customer", args=[customer.pk])).content.decode()
    assert "was anonymised" in page
    assert edit_url(customer) not in page
    assert reverse("customer_note", args=[customer.pk]) not in page


def test_note_plain_form_saves_and_returns(client: Client) -> None:
    customer = CustomerFactory()
    url = reverse("customer_note", args=[customer.pk])
    response = client.post(url, {"text": "Asked for a loaner"})
    assert response["Location"] == reverse("customer", args=[customer.pk])
    assert CustomerNote.objects.get().text == "Asked for a loaner"


def test_note_htmx_gets_the_notes_back(client: Client) -> None:
    customer = CustomerFactory()
    url = reverse("customer_note", args=[customer.pk])
    response = client.post(url, {"text": "Asked for a loaner"}, headers=HTMX)
    assert response.status_code == 200
    assert b"Asked for a loaner" in response.content
    assert b"<html" not in response.content


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_note_empty_is_refused_at_the_field(client: Client, headers: dict[str, str]) -> None:
    customer = CustomerFactory()
    url = reverse("customer_note", args=[customer.pk])
    response = client.post(url, {"text": "  "}, headers=headers)
    assert response.status_code == 422
    assert errors_of(response, "note_form") == {"text": ["The note is empty. Write something."]}
    assert not CustomerNote.objects.exists()


# New and changed customers


def test_new_customer_is_prefilled_from_the_address(client: Client) -> None:
    page = client.get("/customers/new?last_name=Reed&phone=2055550142").content.decode()
    assert 'value="Reed"' in page
    assert 'value="2055550142"' in page


def test_new_customer_is_stored_in_normal_form(client: Client) -> None:
    response = client.post(
        "/customers/new",
        {
            "first_name": " Ann ",
            "last_name": "Reed",
            "phone": "205.555.0142 ext 7",
            "state": "georgia",
            "zip_code": "30309",
            "customer_type": "retail",
            "preferred_contact_method": "text",
            "receive_reminders": "on",
        },
    )
    customer = Customer.objects.get()
    assert response["Location"] == reverse("customer", args=[customer.pk])
    assert (customer.name, customer.phone, customer.phone_extension, customer.state) == (
        "Ann Reed",
        "+12055550142",
        "7",
        "GA",
    )
    assert customer.receive_reminders is True
    assert customer.receive_promotions is False
    assert AuditEntry.objects.filter(source="page", action="insert").exists()


def test_new_customer_all_wrong_fields_are_told_at_once_and_nothing_is_lost(
    client: Client,
) -> None:
    response = client.post(
        "/customers/new",
        {"first_name": "Ann", "phone": "12", "email": "ann", "state": "Georgie", "zip_code": "x"},
    )
    assert response.status_code == 422
    assert set(errors_of(response)) >= {"last_name", "phone", "email", "state", "zip_code"}
    assert 'value="Georgie"' in response.content.decode()
    assert not Customer.objects.exists()


@pytest.mark.parametrize(
    ("field", "typed"), [("phone", "(205) 555-0142"), ("email", "DANA@mail.example")]
)
def test_new_customer_double_links_to_the_one_that_is_there(
    client: Client, field: str, typed: str
) -> None:
    twin = CustomerFactory(phone="+12055550142", email="dana@mail.example")
    data = {
        "first_name": "Ann",
        "last_name": "Reed",
        "phone": "205 555 0199",
        "customer_type": "retail",
        "preferred_contact_method": "phone",
        field: typed,
    }
    response = client.post("/customers/new", data)
    assert response.status_code == 422
    assert set(errors_of(response)) == {field}
    assert reverse("customer", args=[twin.pk]) in response.content.decode()


def test_edit_writes_only_what_was_changed(client: Client) -> None:
    customer = CustomerFactory(city="Atlanta")
    data = form_data(client.get(edit_url(customer))) | {"city": "Macon"}
    assert client.post(edit_url(customer), data).status_code == 302
    entry = AuditEntry.objects.filter(table_name="customers", action="update").get()
    assert (entry.before, entry.after) == ({"city": "Atlanta"}, {"city": "Macon"})


def test_edit_stale_shows_both_values_and_loses_nothing(client: Client) -> None:
    customer = CustomerFactory(city="Atlanta", street_address="12 Peachtree St")
    data = form_data(client.get(edit_url(customer)))
    service.update_customer(
        customer=customer, data={"city": "Savannah", "street_address": "1 Bay St"}
    )
    response = client.post(edit_url(customer), data | {"city": "Macon"})
    assert response.status_code == 409
    form = response.context["form"]
    assert form.both_values() == [("City", "Savannah", "Macon")]
    assert form["city"].value() == "Macon"
    assert form["street_address"].value() == "1 Bay St"
    assert Customer.objects.get().city == "Savannah"
    again = client.post(edit_url(customer), form_data(response))
    assert again.status_code == 302
    saved = Customer.objects.get()
    assert (saved.city, saved.street_address) == ("Macon", "1 Bay St")


def test_edit_with_forged_version_is_no_server_error(client: Client) -> None:
    customer = CustomerFactory()
    for version in ("", "x", "2026-13-40T99:99"):
        data = form_data(client.get(edit_url(customer))) | {"version": version}
        assert client.post(edit_url(customer), data).status_code in (302, 409, 422)


def test_erase_needs_reason_and_certainty(client: Client) -> None:
    customer = CustomerFactory()
    url = reverse("customer_erase", args=[customer.pk])
    response = client.post(url, {})
    assert response.status_code == 422
    assert set(errors_of(response)) == {"reason", "sure"}
    assert client.post(url, {"reason": "Letter", "sure": "on"}).status_code == 302
    assert Customer.objects.get().is_anonymised


# Suggestions


def test_suggestions_link_to_customers(client: Client) -> None:
    customer = CustomerFactory(first_name="Dana", last_name="Reed")
    page = client.get("/search?q=reed", headers=HTMX).content.decode()
    assert reverse("customer", args=[customer.pk]) in page
    assert "<html" not in page


def test_suggestions_without_htmx_lead_to_the_list(client: Client) -> None:
    assert client.get("/search?q=reed")["Location"] == "/customers/?q=reed"


def test_suggestions_offer_a_new_customer_only_to_who_may() -> None:
    assert b"/customers/new" in signed_in(Role.BDC).get("/search?q=zz9", headers=HTMX).content
    page = signed_in(Role.TECHNICIAN).get("/search?q=zz9", headers=HTMX).content
    assert b"/customers/new" not in page


def test_suggestions_queries_do_not_grow_with_rows(client: Client) -> None:
    CustomerFactory(last_name="Reedman")
    client.get("/search?q=reedman", headers=HTMX)
    one = count_queries(lambda: client.get("/search?q=reedman", headers=HTMX))
    CustomerFactory.create_batch(2, last_name="Reedman")
    assert count_queries(lambda: client.get("/search?q=reedman", headers=HTMX)) == one
