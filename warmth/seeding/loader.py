"""Writes a generated year of engagements and the history that they would have left, with COPY."""

import random
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone

from crm.constraints import translated
from crm.context import audited
from crm.models import Vehicle
from crm.querysets import CustomerQuerySet, shop_day
from crm.seeding.statistics import analyse
from jobs.registry import local_today, shop_zone
from warmth.enums import EventSource, EventType
from warmth.models import CustomerWarmth, WarmthEvent
from warmth.seeding.stories import YEAR_DAYS, Story, story
from warmth.services.algorithms import champion
from warmth.services.computation import compute, these
from warmth.services.crossings import settle
from warmth.services.recompute import recompute_customers
from warmth.services.syncing import sync_events

CHUNK = 2_000
_TABLES = ("warmth_events", "customer_warmth", "customer_warmth_history")
# Scores are taken twice a month, and a change is history as it is at night: from 1.00, or a level.
_STEP_DAYS = 14
_DRIFT = Decimal("1.00")
_EVENT_COLUMNS = "customer_id, event_type, occurred_at, event_key, source, value, subject"
_HISTORY_COLUMNS = (
    "customer_warmth_id, warmth_score_snapshot, warmth_level_snapshot, change_trigger,"
    " change_description, score_change, algorithm_version, source, created_at"
)
_WARMTH_COLUMNS = (
    "customer_id, price_range_min, price_range_max, declared_purchase_date, decision_role,"
    " created_at"
)


def load(
    customers: CustomerQuerySet,
    *,
    seed: int,
    now: datetime | None = None,
    on_progress: Callable[[int], None] = lambda done: None,
) -> dict[str, int]:
    """A year of engagements for those of `customers` who have no score yet, their scores, and
    history; rows by table. One transaction. `on_progress` gets the customers done since the last
    call. A second run finds nobody, so it writes nothing."""
    moment = now or timezone.now()
    todo = customers.present().filter(warmth__isnull=True).order_by("pk")
    written = {"warmth events": 0, "warmth history": 0, "customers scored": 0}
    with translated(), audited(reason="Generated engagements"):
        keys = list(todo.values_list("pk", flat=True))
        for start in range(0, len(keys), CHUNK):
            chunk = keys[start : start + CHUNK]
            events, history = _load_chunk(chunk, seed, moment)
            if start == 0:
                analyse(*_TABLES)
            written["warmth events"] += events
            written["warmth history"] += history
            written["customers scored"] += len(chunk)
            on_progress(len(chunk))
    return written


def _load_chunk(keys: Sequence[UUID], seed: int, now: datetime) -> tuple[int, int]:
    bought = _bought(keys, now)
    stories = {key: story(random.Random(f"{seed}:{key}"), now, bought.get(key)) for key in keys}
    events = _copy_events(stories)
    sync_events(keys)
    begun = now - timedelta(days=YEAR_DAYS)
    _copy("customer_warmth", _WARMTH_COLUMNS, (_wish(key, stories[key], begun) for key in keys))
    recompute_customers(keys, trigger="generated")
    history = _copy_history(keys, stories, now)
    settle(these(keys))
    return events, history


def _bought(keys: Sequence[UUID], now: datetime) -> dict[UUID, datetime]:
    """The beginning of the day of the last year on which customers bought from us, the newest."""
    today = now.astimezone(shop_zone()).date()
    first = today - timedelta(days=YEAR_DAYS)
    found = Vehicle.objects.filter(
        customer__in=keys, purchased_from_us=True, purchase_date__range=(first, today)
    ).order_by("purchase_date")
    pairs = found.values_list("customer_id", "purchase_date")
    return {key: shop_day(day)[0] for key, day in pairs if key and day}


def _wish(key: UUID, told: Story, begun: datetime) -> tuple[Any, ...]:
    wish = told.wish
    if wish is None:
        return (key, None, None, None, None, begun)
    return (key, wish.price_min, wish.price_max, wish.buy_on, wish.role, begun)


def _copy_events(stories: dict[UUID, Story]) -> int:
    rows = [
        (
            key,
            happening.event_type.value,
            happening.at,
            f"seed:{key}:{place}",
            EventSource.SEED.value,
            happening.value,
            happening.subject,
        )
        for key, told in stories.items()
        for place, happening in enumerate(told.happenings)
    ]
    _copy(WarmthEvent._meta.db_table, _EVENT_COLUMNS, rows)
    return len(rows)


def _copy_history(keys: Sequence[UUID], stories: dict[UUID, Story], now: datetime) -> int:
    """In place of the one row that today's computation wrote, those of the year: their changes
    add up to the score that is on record."""
    version = champion()
    present = {
        row.customer_id: row
        for row in CustomerWarmth.objects.filter(customer__in=keys).only(
            "customer_id", "overall_warmth_score", "warmth_level"
        )
    }
    last = dict.fromkeys(keys, (Decimal(0), ""))
    rows: list[tuple[Any, ...]] = []
    today = local_today()
    for day in _days(today):
        if day == today:
            scores = [
                (key, row.overall_warmth_score, row.warmth_level) for key, row in present.items()
            ]
        else:
            columns = ("customer_id", "overall_warmth_score", "warmth_level")
            scores = compute(these(keys), version, as_of=day, columns=columns)
        for key, score, level in scores:
            before, level_before = last[key]
            is_last = day == today and score != before
            if is_last or level != level_before or abs(score - before) >= _DRIFT:
                cause = _cause(stories[key], day)
                rows.append(
                    (
                        present[key].pk, score, level, *cause[:2], score - before,
                        version.version, EventSource.SEED.value, min(cause[2], now),
                    )
                )  # fmt: skip
                last[key] = (score, level)
    with audited(warmth_archive="seed"), connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM customer_warmth_history WHERE customer_warmth_id = ANY(%s)",
            [[row.pk for row in present.values()]],
        )
    _copy("customer_warmth_history", _HISTORY_COLUMNS, rows)
    return len(rows)


def _days(today: date) -> list[date]:
    """From a year ago to today, every _STEP_DAYS."""
    return [today - timedelta(days=days) for days in range(YEAR_DAYS - 1, 0, -_STEP_DAYS)] + [today]


def _cause(told: Story, day: date) -> tuple[str, str, datetime]:
    """(trigger, description, when) of a change that was found on `day`: the newest engagement
    since the step before, else the passing of time."""
    start, end = shop_day(day - timedelta(days=_STEP_DAYS))[1], shop_day(day)[1]
    recent = [one for one in told.happenings if start <= one.at < end]
    if recent:
        newest = max(recent, key=lambda one: one.at)
        return "event_recorded", str(EventType(newest.event_type).label), newest.at
    return "nightly_decay", "", shop_day(day)[0] + timedelta(hours=2)


def _copy(table: str, columns: str, rows: Any) -> None:
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as stream,
    ):
        for row in rows:
            stream.write_row(row)
