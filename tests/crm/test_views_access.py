"""Every page: who may open it, who may not, and that reading never writes."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from crm import urls
from crm.enums import AppointmentStatus, Role
from crm.services.webhooks import create_endpoint, send_test
from tests.crm.pages import CHIEFS, FORM, FRONT, HTMX, POST, STAFF, Route, signed_in
from tests.factories import (
    AppointmentFactory,
    SavedFilterFactory,
    ServiceLineFactory,
    WorkItemFactory,
    shop_with,
)

pytestmark = pytest.mark.django_db

WORKSHOP = {Role.ADVISOR, Role.TECHNICIAN, Role.MANAGER, Role.ADMIN}
ROUTES = {
    "home": Route("", STAFF),
    "search": Route("", STAFF),
    "live": Route("", STAFF),
    "kept_form": Route("", STAFF, FORM),
    "customers": Route("", STAFF),
    "customer_new": Route("", FRONT, FORM),
    "customer": Route("customer", STAFF),
    "customer_timeline": Route("customer", STAFF),
    "customer_brief": Route("customer", STAFF),
    "customer_note": Route("customer", FRONT, POST),
    "customer_edit": Route("customer", FRONT, FORM),
    "customer_erase": Route("customer", {Role.MANAGER, Role.ADMIN}, FORM),
    "vehicle_new": Route("customer", FRONT, FORM),
    "vin_decode": Route("", STAFF),
    "vehicle_edit": Route("vehicle", FRONT, FORM),
    "vehicle_mileage": Route("vehicle", {Role.ADVISOR, Role.MANAGER, Role.ADMIN}, FORM),
    "vehicle_primary": Route("vehicle", FRONT, POST),
    "customer_permissions": Route("customer", FRONT, FORM),
    "today": Route("", FRONT),
    "today_next": Route("", FRONT, POST),
    "today_item": Route("work_item", FRONT),
    "today_claim": Route("work_item", FRONT, POST),
    "today_done": Route("work_item", FRONT, POST),
    "today_snooze": Route("work_item", FRONT, POST),
    "today_release": Route("work_item", FRONT, POST),
    "work": Route("", STAFF),
    "work_close": Route("line", FRONT, FORM),
    "work_reopen": Route("line", FRONT, POST),
    "appointments": Route("", STAFF),
    "book_day": Route("", STAFF),
    "book_week": Route("", STAFF),
    "appointment_new": Route("", FRONT, FORM),
    "slots": Route("", FRONT),
    "appointment": Route("appointment", STAFF),
    "appointment_edit": Route("appointment", FRONT, FORM),
    "appointment_move": Route("appointment", FRONT, FORM),
    "appointment_status": Route("appointment", STAFF, POST),
    "appointment_check_in": Route("appointment", WORKSHOP, FORM),
    "appointment_complete": Route("appointment", WORKSHOP, FORM),
    "appointment_cancel": Route("appointment", FRONT, FORM),
    "saved_filter_save": Route("", STAFF, POST),
    "saved_filter_delete": Route("saved_filter", STAFF, POST),
    "webhooks": Route("", CHIEFS, FORM),
    "webhook": Route("webhook", CHIEFS, FORM),
    "webhook_secret": Route("webhook", CHIEFS, POST),
    "webhook_test": Route("webhook", CHIEFS, POST),
    "webhook_delete": Route("webhook", CHIEFS, POST),
    "webhook_delivery": Route("delivery", CHIEFS),
    "webhook_replay": Route("delivery", CHIEFS, POST),
}


@pytest.fixture
def address() -> Callable[[str], str]:
    """Address of a page by its name, for one visit and its customer and vehicle."""
    shop_with()
    visit = AppointmentFactory(status=AppointmentStatus.IN_PROGRESS)
    endpoint, _ = create_endpoint(data={"url": "https://a.example/", "event_types": ["*"]})
    keys = {
        "webhook": endpoint.pk,
        "delivery": send_test(endpoint=endpoint).pk,
        "saved_filter": SavedFilterFactory().pk,
        "line": ServiceLineFactory(outcome="declined", reason="Too dear").pk,
        "work_item": WorkItemFactory(customer=visit.customer).pk,
        "customer": visit.customer_id,
        "vehicle": visit.vehicle_id,
        "appointment": visit.pk,
    }

    def build(name: str) -> str:
        key = ROUTES[name].key
        return reverse(name, args=[keys[key]] if key else [])

    return build


def test_every_page_of_ours_stands_in_the_table() -> None:
    elsewhere = ("import", "export", "token")
    ours = {pattern.name for pattern in urls.urlpatterns if pattern.name}
    assert {name for name in ours if not name.startswith(elsewhere)} == set(ROUTES)


@pytest.mark.parametrize("name", sorted(ROUTES))
def test_page_stranger_is_sent_to_sign_in(name: str, address: Any) -> None:
    url = address(name)
    for method in ("get", "post"):
        response = getattr(Client(), method)(url)
        assert response.status_code == 302
        assert response["Location"].startswith(reverse("account_login"))


@pytest.mark.parametrize("name", sorted(ROUTES))
def test_page_stranger_with_htmx_gets_401(name: str, address: Any) -> None:
    assert Client().get(address(name), headers=HTMX).status_code == 401


@pytest.mark.parametrize("role", sorted(STAFF))
@pytest.mark.parametrize("name", sorted(ROUTES))
def test_page_answers_exactly_the_roles_that_may(name: str, role: Role, address: Any) -> None:
    route = ROUTES[name]
    client = signed_in(role)
    for method in route.methods:
        status = getattr(client, method)(address(name)).status_code
        if role in route.roles:
            assert status in (200, 302, 422), f"{method} {status}"
        else:
            assert status == 403, f"{method} {status}"


def test_page_api_client_is_sent_to_sign_in(address: Any) -> None:
    assert signed_in(Role.API).get(address("customers")).status_code == 302


@pytest.mark.parametrize("name", sorted(ROUTES))
def test_page_other_methods_are_refused(name: str, address: Any) -> None:
    route = ROUTES[name]
    client = signed_in(Role.ADMIN)
    for method in {"get", "post", "put", "patch", "delete"} - set(route.methods):
        assert getattr(client, method)(address(name)).status_code == 405, method


@pytest.mark.parametrize("name", sorted(n for n, r in ROUTES.items() if "get" in r.methods))
def test_page_reading_writes_nothing(name: str, address: Any) -> None:
    client, url = signed_in(Role.ADMIN), address(name)
    client.get(url)
    with CaptureQueriesContext(connection) as queries:
        client.get(url)
    writes = [
        query["sql"]
        for query in queries
        if query["sql"].startswith(("INSERT", "UPDATE", "DELETE")) and "session" not in query["sql"]
    ]
    assert writes == []


@pytest.mark.parametrize("name", sorted(n for n, r in ROUTES.items() if "post" in r.methods))
def test_page_write_without_csrf_token_is_refused(name: str, address: Any) -> None:
    client = Client(enforce_csrf_checks=True)
    client.cookies = signed_in(Role.ADMIN).cookies
    assert client.post(address(name)).status_code == 403


@pytest.mark.parametrize("role", sorted(STAFF))
def test_pages_show_no_link_that_the_role_may_not_follow(role: Role, address: Any) -> None:
    client = signed_in(role)
    forbidden = {name for name, route in ROUTES.items() if role not in route.roles}
    hidden = {address(name) for name in forbidden} - {"/"}
    for name in ("home", "customers", "customer", "appointments", "appointment", "work"):
        page = client.get(address(name)).content.decode()
        assert {url for url in hidden if f'"{url}' in page} == set(), name


def test_pages_are_never_stored(address: Any) -> None:
    assert "no-store" in signed_in().get(address("customer"))["Cache-Control"]


@pytest.mark.parametrize(
    "name", ["customer", "customer_edit", "vehicle_edit", "appointment", "appointment_move"]
)
def test_page_of_nobody_is_404(name: str) -> None:
    url = reverse(name, args=["00000000-0000-0000-0000-000000000000"])
    assert signed_in().get(url).status_code == 404
