"""Helpers of the page tests."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from crm.enums import Role
from tests.factories import UserFactory

HTMX = {"HX-Request": "true"}
# An API client does not sign in to pages.
STAFF = set(Role) - {Role.API}
FRONT = STAFF - {Role.TECHNICIAN}
CHIEFS = {Role.MANAGER, Role.ADMIN}
FORM = ("get", "post")
POST = ("post",)


@dataclass(frozen=True)
class Route:
    """`key` says which record's key the address takes; `methods` are those it answers."""

    key: str
    roles: set[Role]
    methods: tuple[str, ...] = ("get",)


def signed_in(role: Role = Role.ADVISOR) -> Client:
    client = Client()
    client.force_login(UserFactory(role=role), backend="crm.adapters.StaffBackend")
    return client


def assert_guarded(route: Route, address: Callable[[], str]) -> None:
    """Strangers are sent to sign in, exactly the roles that may are let in, and methods that the
    page does not have are refused. `address` is asked each time: some pages delete their record."""
    for method in FORM:
        response = getattr(Client(), method)(address())
        assert response.status_code == 302, method
        assert response["Location"].startswith(reverse("account_login"))
    for role in STAFF:
        client = signed_in(role)
        for method in route.methods:
            status = getattr(client, method)(address()).status_code
            assert (status != 403) == (role in route.roles), (role, method, status)
            assert role not in route.roles or status < 500, (role, method, status)
    client = signed_in(Role.ADMIN)
    for method in {"get", "post", "put", "delete"} - set(route.methods):
        assert getattr(client, method)(address()).status_code == 405, method


def form_data(response: Any, name: str = "form") -> dict[str, Any]:
    """What a browser would send for the form that `response` shows, hidden originals included."""
    form = response.context[name]
    data: dict[str, Any] = {}
    for bound in form:
        value = bound.value()
        if value is not None and value is not False:
            data[bound.html_name] = "on" if value is True else value
        if bound.field.show_hidden_initial:
            kept = form.data.get(bound.html_initial_name) if form.is_bound else value
            data[bound.html_initial_name] = "" if kept is None else kept
    return data


def count_queries(action: Callable[[], HttpResponse]) -> int:
    with CaptureQueriesContext(connection) as queries:
        response = action()
    assert response.status_code == 200, response
    return len(queries)


def errors_of(response: Any, name: str = "form") -> dict[str, list[str]]:
    return {
        field: [str(error) for error in errors]
        for field, errors in response.context[name].errors.items()
    }
