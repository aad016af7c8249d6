"""Bring customers' warmth up to date: some after an event, all of them each night."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection

from crm.context import audited
from crm.models import Customer
from jobs.planning import key_ranges
from jobs.registry import Plan, local_today
from warmth.services import computation
from warmth.services.computation import COLUMNS, Arm, Scope, between, these

CHUNK_ROWS = 20_000
# As many customers as PostgreSQL expects of a list that it does not know.
FEW = 10
_NEW = ", ".join(f"s.{name}" for name in COLUMNS)
# `seen` is the row's version as `computed` read it: a row that somebody has written since is left
# to them, because what was computed does not know what they wrote.
_MERGE = f"""
    MERGE INTO customer_warmth AS t USING computed AS s
    ON t.customer_id = s.customer_id AND {{warmth_in_scope}}
    WHEN MATCHED AND t.updated_at = s.seen
        AND ({", ".join(f"t.{name}" for name in COLUMNS)}) IS DISTINCT FROM ({_NEW})
    THEN UPDATE SET {", ".join(f"{name} = s.{name}" for name in COLUMNS)},
        updated_at = clock_timestamp()
    WHEN NOT MATCHED THEN INSERT (customer_id, {", ".join(COLUMNS)})
        VALUES (s.customer_id, {_NEW})
"""  # noqa: S608  (names of our own columns)
_LOCK_ROWS = """
    SELECT FROM customer_warmth WHERE customer_id = ANY(%(ids)s::uuid[])
    ORDER BY customer_id FOR NO KEY UPDATE
"""
# Who has no row yet: two that would both create it take turns.
_LOCK_NEW = """
    SELECT FROM customers AS c WHERE {scope} AND NOT EXISTS (
        SELECT FROM customer_warmth AS w WHERE w.customer_id = c.id
    ) ORDER BY c.id FOR NO KEY UPDATE
"""


def recompute_customers(
    customer_ids: Iterable[UUID],
    *,
    trigger: str = "recalculated",
    description: str = "",
    causes: Mapping[UUID, tuple[str, str]] | None = None,
    as_of: date | None = None,
) -> int:
    """Compute these customers on `as_of` (default: today at the dealership) and write what
    changed; the number of rows written. Rows that do not exist yet are created.

    Each change of score or level becomes history with `trigger` and `description`, or with what
    `causes` says of a customer. Waits for others who compute the same customers. The number of
    queries does not depend on how many they are.
    """
    ids = sorted(set(customer_ids))
    if not ids:
        return 0
    scope = these(ids)
    with _computing(trigger=trigger, description=description, causes=causes or {}):
        with connection.cursor() as cursor:
            cursor.execute(_LOCK_ROWS, scope.parameters)
        _lock_new(scope)
        return _write(scope, as_of or local_today(), gather=False)


def recompute_range(first: str, last: str, *, as_of: date, trigger: str) -> int:
    """The same for all customers whose keys are between `first` and `last`, both included.

    Mere drift is gathered: it becomes history when it comes to 1.00, or changes the level.
    """
    scope = between(first, last)
    with _computing(trigger=trigger, description="", causes={}):
        _lock_new(scope)
        return _write(scope, as_of, gather=True)


def plan(local_date: date) -> Plan:
    """Ranges of customers for `recompute_range`."""
    return key_ranges(Customer.objects.present(), size=CHUNK_ROWS)


def _lock_new(scope: Scope) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_NEW.format(scope=scope.condition.format(key="c.id")), scope.parameters)


def _write(scope: Scope, as_of: date, *, gather: bool) -> int:
    with connection.cursor() as cursor:
        cursor.execute(computation.SETTINGS)
    common = {**computation.parameters(as_of, gather=gather), **scope.parameters}
    return sum(_write_arm(arm, scope, common) for arm in computation.arms())


def _write_arm(arm: Arm, scope: Scope, common: Mapping[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(merge(scope, arm), {**common, **arm.parameters()})
        return cursor.rowcount


def merge(scope: Scope, arm: Arm) -> str:
    """The statement that computes the customers in scope and writes what changed."""
    target = scope.condition.format(key="t.customer_id")
    return computation.statement(scope, arm) + _MERGE.format(warmth_in_scope=target)


@contextmanager
def planned_for(customers: int) -> Iterator[None]:
    """Within an open transaction, let statements be planned for so many customers: for a few once
    in the life of the connection, because planning takes longer than computing them; for more
    anew each time, because a plan for a few would go through thousands in loops."""
    mode = "force_generic_plan" if customers <= FEW else "force_custom_plan"
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('plan_cache_mode', %s, true)", [mode])
        yield
        cursor.execute("SELECT set_config('plan_cache_mode', 'auto', true)")


@contextmanager
def _computing(
    *, trigger: str, description: str, causes: Mapping[UUID, tuple[str, str]]
) -> Iterator[None]:
    """Tell the triggers that the engine writes, and why; only inside the block, because settings
    would last until the end of the transaction around it."""
    told = {
        "warmth_computed": "on",
        "warmth_trigger": trigger,
        "warmth_description": description,
        "warmth_causes": json.dumps({str(key): list(words) for key, words in causes.items()}),
    }
    with audited(**told):
        yield
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT " + ", ".join(["set_config(%s, '', true)"] * len(told)),
                [f"lanewise.{name}" for name in told],
            )
