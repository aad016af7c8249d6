"""Stored text is shown, never run (S3): payloads in every text field, looked at in Chromium."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, Request

from crm.enums import LineOutcome, Role
from tests.browser.conftest import assert_no_csp_violations
from tests.factories import (
    AppointmentFactory,
    CustomerFactory,
    CustomerNoteFactory,
    OpCodeFactory,
    ServiceBayFactory,
    ServiceLineFactory,
    ServiceRecordFactory,
    TechnicianFactory,
    UserFactory,
    VehicleFactory,
    open_all_week,
)

pytestmark = pytest.mark.django_db(transaction=True)

PAYLOADS = (
    "<script>window.hit=1</script>",
    "<img src=x onerror=window.hit=1>",
    '"><svg onload=window.hit=1>',
    "' autofocus onfocus=window.hit=1 x='",
    '" onmouseover="window.hit=1',
    "<a href=javascript:window.hit=1>x</a>",
    "javascript:window.hit=1",
    "<div hx-get=/stolen hx-trigger=load>",
    "<div hx-on:load=window.hit=1>",
    '" hx-get="/stolen" hx-trigger="load',
    "<iframe srcdoc='<script>parent.hit=1</script>'>",
    "<math><style><img src=x onerror=window.hit=1>",
    "{{ 7|add:7 }}{% debug %}",
    "</textarea><script>window.hit=1</script>",
    "<style>@import '/stolen'</style>",
    "<template><script>window.hit=1</script></template>",
)


def seeded(payload: str, number: int) -> dict[str, str]:
    """A customer, a vehicle and a visit with `payload` in each text field; addresses of pages."""
    short, tiny = payload[:50], f"{number}{payload}"[:20]
    bay = ServiceBayFactory(code=f"B{number}", name=payload)
    technician = TechnicianFactory(name=payload)
    op_code = OpCodeFactory(code=tiny, description=payload, category=short)
    advisor = UserFactory(first_name=payload, last_name="")
    customer = CustomerFactory(
        first_name=payload,
        last_name=payload,
        street_address=payload,
        city=payload,
        referral_source=payload,
        notes=payload,
        preferred_service_advisor=advisor,
    )
    vehicle = VehicleFactory(
        customer=customer, make=short, model=short, trim=short, engine=payload, color=short
    )
    visit = AppointmentFactory(
        customer=customer,
        vehicle=vehicle,
        scheduled_at=timezone.now() + timedelta(minutes=1),
        service_type=payload,
        customer_concerns=payload,
        recommended_services=payload,
        service_description=payload,
        booked_by=payload,
        assigned_technician=technician,
        service_bay=bay,
        status="in_progress",
    )
    record = ServiceRecordFactory(
        vehicle=vehicle,
        ro_number=tiny,
        services_performed=[payload],
        parts_replaced=[payload],
        next_service_type=payload,
    )
    ServiceLineFactory(
        service_record=record,
        description=payload,
        op_code=op_code,
        outcome=LineOutcome.DECLINED,
        reason=payload,
    )
    CustomerNoteFactory(customer=customer, author=advisor, text=payload)
    with connection.cursor() as cursor:  # an audited change whose author is hostile, too
        cursor.execute("SELECT set_config('lanewise.actor_label', %s, false)", [payload])
        cursor.execute("UPDATE customers SET city = %s WHERE id = %s", [f"{payload}!", customer.pk])
    return {
        "home": "/",
        "list": "/customers/",
        "customer": reverse("customer", args=[customer.pk]),
        "edit": reverse("customer_edit", args=[customer.pk]),
        "vehicle": reverse("vehicle_edit", args=[vehicle.pk]),
        "visit": reverse("appointment", args=[visit.pk]),
        "complete": reverse("appointment_complete", args=[visit.pk]),
        "booking": f"/appointments/new?customer={customer.pk}",
        "book": "/appointments/day",
        "work": "/work/",
    }


@pytest.mark.slow
def test_payloads_in_text_fields_never_run(open_page: Callable[..., Page]) -> None:
    open_all_week()
    pages = [seeded(payload, number) for number, payload in enumerate(PAYLOADS)]
    page = open_page(Role.MANAGER)
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url)

    page.on("request", note)
    common = {"home", "list", "book", "work"}
    for number, addresses in enumerate(pages):
        for name, address in addresses.items():
            if name in common and number:
                continue  # the lists show all payloads at once
            page.goto(address)
            assert page.evaluate("window.hit") is None, (name, PAYLOADS[number])
            assert_no_csp_violations(page)
    assert [url for url in asked if "/stolen" in url] == []


@pytest.mark.slow
@pytest.mark.parametrize("payload", PAYLOADS)
def test_payload_in_addresses_and_forms_never_runs(
    open_page: Callable[..., Page], payload: str
) -> None:
    page = open_page(Role.MANAGER)
    page.goto("/customers/")
    page.locator("#id_q").fill(payload)
    page.locator("#results h3, #results h2, #results tbody").first.wait_for()
    page.locator("#search-box").fill(payload)
    page.locator("#search-results .lw-suggestion").first.wait_for()
    page.goto("/customers/new")
    for name in ("first_name", "email", "state", "phone", "notes"):
        page.locator(f"#id_{name}").fill(payload)
    page.get_by_role("button", name="Save customer").click()
    page.locator("#content .invalid-feedback").first.wait_for()
    assert page.evaluate("window.hit") is None
    assert page.locator("#id_first_name").input_value() == payload
    assert_no_csp_violations(page)
