"""Warmth of the demonstration: a year of engagements, their scores and history."""

from collections.abc import Mapping

from django.db.models import QuerySet

from crm.demo import Part, register
from crm.models import Customer, DataBatch, Vehicle
from warmth.seeding.loader import load
from warmth.services.syncing import forget

_SEED = 1


def _build(batch: DataBatch) -> Mapping[str, int]:
    return load(Customer.objects.filter(batch=batch), seed=_SEED)


def _remove(customers: QuerySet[Customer], vehicles: QuerySet[Vehicle]) -> Mapping[str, int]:
    """Score, history, events and crossings of demonstration customers, whoever made them."""
    return {"warmth rows": forget(list(customers.values_list("pk", flat=True)))}


def register_part() -> None:
    register(Part("warmth", _build, _remove, position=60))
