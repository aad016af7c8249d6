"""Columns and conditions that several warmth tables have."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db import models


def share(default: Any = None, **options: Any) -> models.DecimalField[Any, Any]:
    """DECIMAL(5,2) from 0 to 100; null without a default."""
    given = {"default": default, "db_default": default} if default is not None else {"null": True}
    return models.DecimalField(
        max_digits=5, decimal_places=2, blank=default is None, **given, **options
    )


def score() -> models.DecimalField[Any, Any]:
    """A component: 0 until something is known."""
    return share(Decimal("0.00"))


def amount() -> models.DecimalField[Any, Any]:
    """DECIMAL(12,2) in the dealership's currency."""
    return models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)


def within(low: int, high: int, *fields: str) -> models.Q:
    """Each of `fields` is null or between `low` and `high`, both inclusive."""
    return models.Q(**{f"{field}__range": (low, high) for field in fields})
