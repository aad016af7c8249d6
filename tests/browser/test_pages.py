"""Every page, empty, full and with an error: accessible, within its width, true to the policy."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page

from crm.enums import AppointmentStatus, LineOutcome, Role
from crm.services import customers as service
from jobs.registry import local_today
from tests.browser.conftest import assert_sound
from tests.factories import (
    AppointmentFactory,
    ConsentFactory,
    CustomerFactory,
    CustomerNoteFactory,
    OpCodeFactory,
    ServiceBayFactory,
    ServiceLineFactory,
    ServiceRecordFactory,
    UserFactory,
    VehicleFactory,
    WebhookDeliveryFactory,
    WebhookEndpointFactory,
    WorkItemFactory,
    shop_with,
)
from tests.leads.factories import LeadFactory, scored
from tests.telephony.factories import CallLogFactory

pytestmark = pytest.mark.django_db(transaction=True)
AT_FAULT = "document.activeElement.matches('[aria-invalid=true], .invalid-feedback')"
LONG = "Bartholomew-Maximilian Featherstonehaugh"


@pytest.fixture
def busy_shop() -> dict[str, Any]:
    """A shop with long names and every status today; the keys of what the pages show."""
    shop_with()
    bay = ServiceBayFactory(code="B1", name="Quick lane with the alignment rack")
    for category in ("maintenance", "repair"):
        OpCodeFactory.create_batch(3, category=category)
    customer = CustomerFactory(
        first_name=LONG,
        email=f"{'very-long-address' * 6}@mail.example",
        customer_type="fleet",
        notes="Asks for the old parts.\nNever before nine.",
        preferred_service_advisor=UserFactory(first_name=LONG),
    )
    vehicle = VehicleFactory(customer=customer, next_service_due_mileage=30_000, trim=LONG)
    VehicleFactory(customer=customer, is_primary_vehicle=False, status="sold")
    record = ServiceRecordFactory(vehicle=vehicle, services_performed=[LONG, "Oil change"])
    ServiceLineFactory(service_record=record, outcome=LineOutcome.DECLINED, reason=LONG)
    ServiceLineFactory(
        service_record=record,
        outcome=LineOutcome.DEFERRED,
        reason="Payday",
        deferred_until=local_today(),
        deferred_until_mileage=60_000,
    )
    CustomerNoteFactory(customer=customer, text="x" * 300)
    service.update_customer(customer=customer, data={"city": LONG})
    now = timezone.now()
    visits = {
        status: AppointmentFactory(
            customer=customer,
            vehicle=vehicle,
            status=status,
            scheduled_at=now - timedelta(minutes=1),
            service_bay=bay if status == AppointmentStatus.IN_PROGRESS else None,
            started_at=now if status == AppointmentStatus.IN_PROGRESS else None,
            transport="waiter",
            customer_concerns=LONG,
        )
        for status in AppointmentStatus.values
    }
    ConsentFactory(customer=customer, note=LONG)
    work = WorkItemFactory(customer=customer, vehicle=vehicle, title=LONG, reason=LONG)
    asleep = CustomerFactory(state="GU", zip_code="96910", last_name=LONG)
    WorkItemFactory(customer=asleep, barred="opted_out")
    admin = UserFactory(role=Role.ADMIN)
    taken = WorkItemFactory(claimed_by=admin, claimed_until=now + timedelta(minutes=9))
    unknown = {"start_cycles_annual": None, "short_trip_percentage": None, "soc_decline": None}
    lead = scored(LeadFactory(vehicle=vehicle, customer=customer, customer_name=LONG, **unknown))
    endpoint = WebhookEndpointFactory(description=LONG, failing_since=now)
    delivery = WebhookDeliveryFactory(endpoint=endpoint, error=LONG, tried_at=now, duration_ms=9)
    call = CallLogFactory(
        customer=customer,
        summary=LONG * 3,
        transcript="Hello",
        recording_url="https://api.twilio.com/Recordings/RE1",
        outcome="message_taken",
        customer_sentiment="negative",
        provider_status=LONG[:40],
    )
    missed = CallLogFactory(answered_by=None, is_voicemail=True)
    return {
        "call": call.pk,
        "missed_call": missed.pk,
        "customer": customer.pk,
        "vehicle": vehicle.pk,
        "lead": lead.pk,
        "work_item": work.pk,
        "taken_item": taken.pk,
        "webhook": endpoint.pk,
        "delivery": delivery.pk,
    } | {status: visit.pk for status, visit in visits.items()}


def addresses(keys: dict[str, Any]) -> list[str]:
    def of(name: str, key: str) -> str:
        return reverse(name, args=[keys[key]])

    return [
        "/",
        "/?day=2026-12-25",
        "/customers/",
        "/customers/?q=nobody-like-this",
        "/customers/?declined=on",
        "/customers/new",
        of("customer", "customer"),
        of("customer_edit", "customer"),
        of("customer_erase", "customer"),
        of("vehicle_new", "customer"),
        of("vehicle_edit", "vehicle"),
        of("vehicle_mileage", "vehicle"),
        "/appointments/",
        "/appointments/day",
        "/appointments/week",
        "/appointments/new",
        f"/appointments/new?customer={keys['customer']}",
        of("appointment", "scheduled"),
        of("appointment", "cancelled"),
        of("appointment_edit", "scheduled"),
        of("appointment_move", "scheduled"),
        of("appointment_cancel", "scheduled"),
        of("appointment_check_in", "scheduled"),
        of("appointment_complete", "in_progress"),
        "/today/",
        "/today/?kind=no_show",
        of("today_item", "work_item"),
        of("today_item", "taken_item"),
        of("customer_permissions", "customer"),
        "/work/",
        "/leads/",
        "/leads/?city=Nowhere",
        "/leads/?min_mileage=many",
        "/leads/overview",
        "/leads/calibration/",
        of("leads:lead", "lead"),
        of("leads:customer_leads", "customer"),
        of("leads:visit", "in_progress"),
        "/warmth/",
        "/warmth/customers/",
        "/warmth/customers/?state=ZZ",
        "/warmth/reports/",
        "/warmth/rules/",
        "/warmth/rules/accuracy",
        of("warmth:customer", "customer"),
        of("warmth:customer_card", "customer"),
        "/webhooks/",
        of("webhook", "webhook"),
        of("webhook_delivery", "delivery"),
        "/calls/",
        "/calls/?state=missed",
        "/calls/?q=nobody-like-this",
        "/calls/new",
        f"/calls/place?customer={keys['customer']}",
        "/calls/place?number=%2B12055550142",
        of("telephony:customer_calls", "customer"),
        of("telephony:call", "call"),
        of("telephony:call", "missed_call"),
        of("telephony:call_edit", "call"),
        "/calls/simulator",
        "/calls/verifications",
        of("telephony:customer_verify", "customer"),
    ]


@pytest.mark.slow
@pytest.mark.parametrize("part", range(4))
def test_full_pages_are_sound(
    open_page: Callable[..., Page], busy_shop: dict[str, Any], part: int
) -> None:
    page = open_page(Role.MANAGER)
    for address in addresses(busy_shop)[part::4]:
        page.goto(address)
        assert_sound(page, address)


def test_empty_pages_are_sound(open_page: Callable[..., Page]) -> None:
    customer = CustomerFactory(email=None, street_address=None, city=None, zip_code=None)
    page = open_page(Role.ADVISOR)
    for address in (
        "/",
        reverse("customer", args=[customer.pk]),
        "/appointments/",
        "/appointments/day",
        "/appointments/week",
        f"/appointments/new?customer={customer.pk}",
        "/work/",
    ):
        page.goto(address)
        assert_sound(page, address)


def test_refused_forms_are_sound_and_name_the_fault_at_the_field(
    open_page: Callable[..., Page], busy_shop: dict[str, Any]
) -> None:
    page = open_page(Role.MANAGER)
    for address, button in (
        ("/customers/new", "Save customer"),
        (reverse("vehicle_new", args=[busy_shop["customer"]]), "Save vehicle"),
        (reverse("customer_erase", args=[busy_shop["customer"]]), "Anonymise"),
        (reverse("vehicle_mileage", args=[busy_shop["vehicle"]]), "Correct it"),
        (f"/appointments/new?customer={busy_shop['customer']}", "Book"),
        (reverse("appointment_move", args=[busy_shop["scheduled"]]), "Move"),
        (reverse("appointment_cancel", args=[busy_shop["scheduled"]]), "Cancel the visit"),
        (reverse("appointment_complete", args=[busy_shop["in_progress"]]), "Complete the visit"),
    ):
        page.goto(address)
        page.get_by_role("button", name=button, exact=True).click()
        if page.locator("#confirm-dialog[open]").count():
            page.get_by_role("button", name="Yes, do it").click()
        page.locator("#content [role=alert]").first.wait_for()
        assert page.evaluate(AT_FAULT), f"{address} leaves the focus elsewhere"
        assert_sound(page, address)
