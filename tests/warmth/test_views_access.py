"""Every page of warmth: who may open it, who may not, and that reading never writes."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from crm.enums import Role
from tests.crm.pages import signed_in
from tests.crm.test_views_access import CHIEFS, FORM, FRONT, Route
from tests.warmth.factories import CustomerWarmthFactory, WarmthScoringTriggerFactory
from warmth import urls

pytestmark = pytest.mark.django_db

ROUTES = {
    "board": Route("", FRONT),
    "customers": Route("", FRONT),
    "customer": Route("customer", FRONT),
    "customer_card": Route("customer", FRONT),
    "what_if": Route("customer", FRONT),
    "adjust": Route("customer", FRONT, ("post",)),
    "release": Route("customer", FRONT, ("post",)),
    "engage": Route("customer", FRONT, ("post",)),
    "rules": Route("", CHIEFS, FORM),
    "trial_end": Route("", CHIEFS, ("post",)),
    "roll_back": Route("", CHIEFS, ("post",)),
    "accuracy": Route("", CHIEFS),
    "version": Route("version", CHIEFS, FORM),
    "version_delete": Route("version", CHIEFS, ("post",)),
    "version_preview": Route("version", CHIEFS),
    "version_publish": Route("version", CHIEFS, ("post",)),
    "rule_new": Route("version", CHIEFS, FORM),
    "rule": Route("rule", CHIEFS, FORM),
    "rule_delete": Route("rule", CHIEFS, ("post",)),
}


def test_every_page_is_listed() -> None:
    assert {pattern.name for pattern in urls.urlpatterns} == set(ROUTES)


@pytest.mark.parametrize("name", ROUTES)
def test_pages_open_for_whom_they_should_and_reading_never_writes(name: str) -> None:
    route = ROUTES[name]
    for role in set(Role) - {Role.API}:
        address = _address(name, route.key)
        client = signed_in(role)
        for method in route.methods:
            with CaptureQueriesContext(connection) as queries:
                status = getattr(client, method)(address).status_code
            assert (status == 403) == (role not in route.roles), (role, method)
            assert role not in route.roles or status in (200, 302, 422), (role, method, status)
            if method == "get":
                written = [q["sql"] for q in queries if q["sql"].startswith(("INSERT", "UPDATE"))]
                assert not written
        if "get" not in route.methods:
            assert client.get(address).status_code == 405


def _address(name: str, key: str) -> str:
    """With the key of a new record, because some pages delete theirs."""
    if not key:
        return reverse(f"warmth:{name}")
    rule: Any = WarmthScoringTriggerFactory()
    warmth: Any = CustomerWarmthFactory()
    keys = {
        "customer": warmth.customer_id,
        "version": rule.algorithm_id,
        "rule": rule.pk,
    }
    return reverse(f"warmth:{name}", args=[keys[key]])
