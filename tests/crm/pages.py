"""Helpers of the page tests."""

from collections.abc import Callable
from typing import Any

from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from crm.enums import Role
from tests.factories import UserFactory

HTMX = {"HX-Request": "true"}


def signed_in(role: Role = Role.ADVISOR) -> Client:
    client = Client()
    client.force_login(UserFactory(role=role), backend="crm.adapters.StaffBackend")
    return client


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
