"""Every page of warmth: who may open it, who may not, and that reading never writes."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from crm.enums import Role
from tests.crm.pages import CHIEFS, FORM, FRONT, POST, Route, assert_guarded, signed_in
from tests.warmth.factories import CustomerWarmthFactory, WarmthScoringTriggerFactory
from warmth import urls

pytestmark = pytest.mark.django_db

ROUTES = {
    "board": Route("", FRONT),
    "customers": Route("", FRONT),
    "customer": Route("customer", FRONT),
    "customer_card": Route("customer", FRONT),
    "what_if": Route("customer", FRONT),
    "adjust": Route("customer", FRONT, POST),
    "release": Route("customer", FRONT, POST),
    "engage": Route("customer", FRONT, POST),
    "reports": Route("", CHIEFS),
    "rules": Route("", CHIEFS, FORM),
    "trial_end": Route("", CHIEFS, POST),
    "roll_back": Route("", CHIEFS, POST),
    "accuracy": Route("", CHIEFS),
    "version": Route("version", CHIEFS, FORM),
    "version_delete": Route("version", CHIEFS, POST),
    "version_preview": Route("version", CHIEFS),
    "version_publish": Route("version", CHIEFS, POST),
    "rule_new": Route("version", CHIEFS, FORM),
    "rule": Route("rule", CHIEFS, FORM),
    "rule_delete": Route("rule", CHIEFS, POST),
}


def test_every_page_is_listed() -> None:
    assert {pattern.name for pattern in urls.urlpatterns} == set(ROUTES)


@pytest.mark.parametrize("name", ROUTES)
def test_page_is_for_exactly_those_who_may(name: str) -> None:
    assert_guarded(ROUTES[name], lambda: _address(name, ROUTES[name].key))


@pytest.mark.parametrize("name", [name for name, route in ROUTES.items() if "get" in route.methods])
def test_reading_a_page_writes_nothing(name: str) -> None:
    address, client = _address(name, ROUTES[name].key), signed_in(Role.ADMIN)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    written = [q["sql"] for q in queries if q["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]
    assert not written


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
