"""Stored text is shown, never run (S3): payloads in every text field, looked at in Chromium."""

import itertools
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

# What a page might forget to take care of: tags, quotes, addresses and attributes, the rest.
KINDS = (
    (
        "<script>window.hit=1</script>",
        "<img src=x onerror=window.hit=1>",
        "<iframe srcdoc='<script>parent.hit=1</script>'>",
        "<math><style><img src=x onerror=window.hit=1>",
    ),
    (
        '"><svg onload=window.hit=1>',
        "' autofocus onfocus=window.hit=1 x='",
        '" onmouseover="window.hit=1',
        '" hx-get="/stolen" hx-trigger="load',
    ),
    (
        "<a href=javascript:window.hit=1>x</a>",
        "javascript:window.hit=1",
        "<div hx-get=/stolen hx-trigger=load>",
        "<div hx-on:load=window.hit=1>",
    ),
    (
        "{{ 7|add:7 }}{% debug %}",
        "</textarea><script>window.hit=1</script>",
        "<style>@import '/stolen'</style>",
        "<template><script>window.hit=1</script></template>",
    ),
)


def seeded(payloads: tuple[str, ...], number: int) -> dict[str, str]:
    """A customer, a vehicle and a visit with one of `payloads` in each text field; addresses."""
    following = itertools.cycle(payloads)

    def text(length: int = 200) -> str:
        return next(following)[:length]

    bay = ServiceBayFactory(code=f"B{number}", name=text())
    technician = TechnicianFactory(name=text())
    op_code = OpCodeFactory(code=f"{number}{text()}"[:20], description=text(), category=text(50))
    advisor = UserFactory(first_name=text(), last_name="")
    customer = CustomerFactory(
        first_name=text(),
        last_name=text(),
        street_address=text(),
        city=text(),
        referral_source=text(),
        notes=text(),
        preferred_service_advisor=advisor,
    )
    vehicle = VehicleFactory(
        customer=customer,
        make=text(50),
        model=text(50),
        trim=text(50),
        engine=text(),
        color=text(50),
    )
    visit = AppointmentFactory(
        customer=customer,
        vehicle=vehicle,
        scheduled_at=timezone.now() + timedelta(minutes=1),
        service_type=text(),
        customer_concerns=text(),
        recommended_services=text(),
        service_description=text(),
        booked_by=text(),
        assigned_technician=technician,
        service_bay=bay,
        status="in_progress",
    )
    record = ServiceRecordFactory(
        vehicle=vehicle,
        ro_number=f"{number}{text()}"[:20],
        services_performed=[text()],
        parts_replaced=[text()],
        next_service_type=text(),
    )
    ServiceLineFactory(
        service_record=record,
        description=text(),
        op_code=op_code,
        outcome=LineOutcome.DECLINED,
        reason=text(),
    )
    CustomerNoteFactory(customer=customer, author=advisor, text=text())
    with connection.cursor() as cursor:  # an audited change whose author is hostile, too
        cursor.execute("SELECT set_config('lanewise.actor_label', %s, false)", [text()])
        cursor.execute("UPDATE customers SET city = %s WHERE id = %s", [f"{text()}!", customer.pk])
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
    pages = [seeded(payloads, number) for number, payloads in enumerate(KINDS)]
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
            assert page.evaluate("window.hit") is None, (name, KINDS[number])
            assert_no_csp_violations(page)
    assert [url for url in asked if "/stolen" in url] == []


@pytest.mark.slow
@pytest.mark.parametrize("payloads", KINDS)
def test_payloads_in_addresses_and_forms_never_run(
    open_page: Callable[..., Page], payloads: tuple[str, ...]
) -> None:
    page = open_page(Role.MANAGER)
    for payload in payloads:
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
        assert page.evaluate("window.hit") is None, payload
        assert page.locator("#id_first_name").input_value() == payload
        assert_no_csp_violations(page)
