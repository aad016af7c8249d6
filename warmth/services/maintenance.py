"""Keeping the warmth tables small, and what the seed asks to look at every now and then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, F
from django.utils import timezone

from crm.context import audited
from crm.models import AuditEntry
from warmth.enums import Component, WarmthLevel
from warmth.models import CustomerWarmth

KEPT_DAYS = 730
BATCH = 20_000
_COLUMNS = (
    "id, customer_warmth_id, warmth_score_snapshot, warmth_level_snapshot, change_trigger,"
    " change_description, score_change, algorithm_version, actor_id, actor_label, source,"
    " created_at"
)
# The newest row of a customer stays: it says where the score stands.
_OLD = """
    FROM customer_warmth_history AS h
    WHERE h.created_at < %(before)s AND EXISTS (
        SELECT FROM customer_warmth_history AS later
        WHERE later.customer_warmth_id = h.customer_warmth_id
          AND (later.created_at, later.id) > (h.created_at, h.id)
    )
"""
# One statement moves a batch, so that a row is always in exactly one of the two tables.
_ARCHIVE = f"""
    WITH old AS (
        SELECT h.id {_OLD} ORDER BY h.created_at, h.id LIMIT %(batch)s FOR UPDATE SKIP LOCKED
    ), moved AS (
        DELETE FROM customer_warmth_history AS h USING old WHERE h.id = old.id RETURNING h.*
    )
    INSERT INTO customer_warmth_history_archive ({_COLUMNS}) SELECT {_COLUMNS} FROM moved
"""  # noqa: S608  (names of our own columns)
_RESTORE = f"""
    WITH chosen AS (
        SELECT id FROM customer_warmth_history_archive
        WHERE created_at >= %(since)s ORDER BY created_at, id LIMIT %(batch)s FOR UPDATE SKIP LOCKED
    ), moved AS (
        DELETE FROM customer_warmth_history_archive AS a USING chosen
        WHERE a.id = chosen.id RETURNING a.*
    )
    INSERT INTO customer_warmth_history ({_COLUMNS}) SELECT {_COLUMNS} FROM moved
"""  # noqa: S608  (names of our own columns)
Progress = Callable[[int], None]


@dataclass(frozen=True)
class LevelShare:
    """One level of the active customers; `percentage` is of all of them."""

    level: str
    count: int
    percentage: Decimal


@dataclass(frozen=True)
class AdjustmentChange:
    """One entry of the audit trail that set, changed or ended what a person had set."""

    at: datetime
    customer_id: UUID | None
    component: str
    value: Any
    reason: str
    author: str
    expires_at: str
    action: str


def archive_history(*, older_than_days: int = KEPT_DAYS, progress: Progress | None = None) -> int:
    """Move history older than that into the archive, where the views still read it; rows moved.

    Each customer keeps the newest row. Batches commit one by one, unless a transaction is open.
    """
    before = timezone.now() - timedelta(days=older_than_days)
    return _move(_ARCHIVE, {"before": before}, progress)


def restore_history(*, since: datetime, progress: Progress | None = None) -> int:
    """Move archived rows from `since` on back; rows moved."""
    return _move(_RESTORE, {"since": since}, progress)


def countable_history(*, older_than_days: int = KEPT_DAYS) -> int:
    """How many rows `archive_history` would move."""
    before = timezone.now() - timedelta(days=older_than_days)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) {_OLD}", {"before": before})
        return int(cursor.fetchone()[0])


def distribution() -> list[LevelShare]:
    """The seed's: count and share of each level, the warmest first, empty ones too."""
    rows = CustomerWarmth.objects.active().order_by().values_list("warmth_level")
    counts = dict(rows.annotate(count=Count("pk")))
    total = sum(counts.values())
    return [
        LevelShare(
            level=level,
            count=counts.get(level, 0),
            percentage=round(Decimal(100 * counts.get(level, 0)) / (total or 1), 2),
        )
        for level in reversed(WarmthLevel.values)
    ]


def stale_records(limit: int = 1_000) -> list[dict[str, Any]]:
    """The seed's: warm on paper, without an interaction for more than 90 days; silent for longest
    first."""
    rows = CustomerWarmth.objects.stale().order_by("-days_since_last_interaction", "id")
    return list(
        rows.values(
            "customer_id",
            "days_since_last_interaction",
            "warmth_level",
            "overall_warmth_score",
            name=F("customer__name"),
        )[:limit]
    )


def adjustment_changes(*, since: datetime) -> list[AdjustmentChange]:
    """What people set, changed and took back since then, newest first, from the audit trail."""
    entries = AuditEntry.objects.filter(
        table_name="customer_warmth", at__gte=since, after__has_key="manual_adjustments"
    ).order_by("-id")
    return [change for entry in entries.iterator() for change in _changes(entry)]


def _changes(entry: AuditEntry) -> list[AdjustmentChange]:
    before = (entry.before or {}).get("manual_adjustments") or {}
    after = (entry.after or {}).get("manual_adjustments") or {}
    return [
        _change(entry, name, before.get(name), after.get(name))
        for name in Component.values
        if before.get(name) != after.get(name)
    ]


def _change(entry: AuditEntry, component: str, old: Any, new: Any) -> AdjustmentChange:
    shown = new or old
    action = "ended" if new is None else "changed" if old else "set"
    return AdjustmentChange(
        at=entry.at,
        customer_id=entry.customer_id,
        component=component,
        value=shown["value"],
        reason=shown["reason"],
        author=entry.actor_label or shown.get("author", ""),
        expires_at=shown["expires_at"],
        action=action,
    )


def _move(statement: str, values: dict[str, Any], progress: Progress | None) -> int:
    moved = 0
    while True:
        with audited(warmth_archive="on"), connection.cursor() as cursor:
            cursor.execute(statement, {**values, "batch": BATCH})
            count = cursor.rowcount
            # The setting would otherwise last as long as a transaction around this one.
            cursor.execute("SELECT set_config('lanewise.warmth_archive', '', true)")
        moved += count
        if progress is not None:
            progress(moved)
        if count < BATCH:
            return moved
