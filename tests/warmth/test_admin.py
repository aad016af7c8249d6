"""The admin of the warmth tables: seen by who may, changed by nobody."""

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from crm.enums import Role
from tests.factories import CustomerFactory, UserFactory
from tests.warmth.factories import CustomerWarmthFactory, WarmthEventFactory
from warmth.models import (
    ArchivedWarmthHistory,
    CustomerWarmth,
    CustomerWarmthHistory,
    WarmthAlgorithm,
    WarmthEvent,
    WarmthLevelCrossing,
    WarmthReport,
)

pytestmark = pytest.mark.django_db


def make(model: type) -> object:
    """One row of `model`."""
    if model is WarmthEvent:
        return WarmthEventFactory()
    if model is WarmthLevelCrossing:
        return WarmthLevelCrossing.objects.create(
            customer=CustomerFactory(), direction="up", previous_level="warm", level="hot", score=78
        )
    if model is WarmthAlgorithm:
        return WarmthAlgorithm.objects.get()
    if model is WarmthReport:
        return WarmthReport.objects.create(kind="stale", period="2026-11-16")
    warmth = CustomerWarmthFactory()
    if model is ArchivedWarmthHistory:
        return ArchivedWarmthHistory.objects.create(
            id=1, customer_warmth=warmth, warmth_score_snapshot=1, score_change=1
        )
    return warmth if model is CustomerWarmth else warmth.history.get()


MODELS = (
    CustomerWarmth,
    CustomerWarmthHistory,
    ArchivedWarmthHistory,
    WarmthEvent,
    WarmthAlgorithm,
    WarmthLevelCrossing,
    WarmthReport,
)


@pytest.fixture
def manager(client: Client) -> Client:
    client.force_login(UserFactory(role=Role.MANAGER))
    return client


def address(model: type, name: str, *args: object) -> str:
    return reverse(f"admin:warmth_{model._meta.model_name}_{name}", args=args)


def test_these_are_all_models_of_the_admin():
    assert {m for m in admin.site._registry if m._meta.app_label == "warmth"} == set(MODELS)


@pytest.mark.parametrize("model", MODELS)
def test_list_search_and_record_open(manager, model):
    row = make(model)
    assert manager.get(address(model, "changelist")).status_code == 200
    assert manager.get(address(model, "changelist"), {"q": "Whitfield"}).status_code == 200
    assert manager.get(address(model, "change", row.pk)).status_code == 200


@pytest.mark.parametrize("model", MODELS)
def test_nobody_changes_anything(manager, model):
    row = make(model)
    assert manager.get(address(model, "add")).status_code == 403
    assert manager.post(address(model, "change", row.pk), {}).status_code == 403
    assert manager.post(address(model, "delete", row.pk), {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("model", MODELS)
def test_technician_is_kept_out(client, model):
    client.force_login(UserFactory(role=Role.TECHNICIAN))
    assert client.get(address(model, "changelist")).status_code in {302, 403}


@pytest.mark.parametrize("model", [CustomerWarmth, WarmthEvent, WarmthLevelCrossing])
def test_list_does_not_query_more_for_more_rows(manager, model):
    counts = []
    for rows in (1, 2):
        for _ in range(rows):
            make(model)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            manager.get(address(model, "changelist"))
        counts.append(len(queries))
    assert counts[0] == counts[1]
