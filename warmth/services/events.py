"""Engagement events: one at a time, or thousands in one call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID, uuid4

from django.db import connection
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from crm.constraints import translated
from crm.context import audited, current
from crm.exceptions import Duplicate, Invalid, Refused
from crm.models import Customer
from warmth.enums import EventSource, EventType
from warmth.models import WarmthEvent
from warmth.services.crossings import rescore

MAX_ROWS = 10_000
MAX_KEY = 200
# Clocks of senders differ a little.
AHEAD = timedelta(minutes=5)
OLDEST = datetime(1990, 1, 1, tzinfo=UTC)
LARGEST_VALUE = Decimal("9999999999.99")
FIELDS = frozenset({"customer_id", "event_type", "occurred_at", "event_key", "value", "subject"})
_TYPES = frozenset(EventType.values)
# The rows come in the order of their keys, so that two calls with the same keys cannot deadlock.
_INSERT = """
    WITH sent AS (
        SELECT * FROM unnest(%(customers)s::uuid[], %(types)s::text[], %(times)s::timestamptz[],
            %(keys)s::text[], %(values)s::numeric[], %(subjects)s::text[])
            WITH ORDINALITY
            AS s (customer_id, event_type, occurred_at, event_key, value, subject, place)
    )
    INSERT INTO warmth_events
        (customer_id, event_type, occurred_at, event_key, value, subject, source, recorded_by)
    SELECT s.customer_id, s.event_type, s.occurred_at, s.event_key, s.value, s.subject,
        %(source)s, %(by)s
    FROM sent AS s JOIN customers AS c ON c.id = s.customer_id AND c.anonymised_at IS NULL
    ORDER BY s.event_key, s.place
    ON CONFLICT (event_key) DO NOTHING
    RETURNING event_key, customer_id, event_type
"""
_KNOWN = """
    SELECT event_key, customer_id, event_type FROM warmth_events WHERE event_key = ANY(%s::text[])
"""


@dataclass(frozen=True)
class NewEvent:
    """One event as it is stored."""

    customer_id: UUID
    event_type: str
    occurred_at: datetime
    event_key: str
    value: Decimal | None = None
    subject: str = ""


@dataclass
class EventReport:
    """What became of the rows of one call: `refused` has (place in the call from 0, why)."""

    recorded: int = 0
    known: int = 0
    customers: int = 0
    refused: list[tuple[int, Refused]] = field(default_factory=list)


def record_event(
    *,
    customer_id: UUID,
    event_type: str,
    occurred_at: datetime | None = None,
    event_key: str = "",
    value: Decimal | None = None,
    subject: str = "",
    source: str = EventSource.PAGE,
) -> tuple[WarmthEvent, bool]:
    """Record one event and bring the customer's score up to date in the same transaction; the
    event, and whether it is new.

    An `event_key` that is known already changes nothing. Raises Invalid for values that make no
    sense, Duplicate when the key belongs to another event.
    """
    row = {
        "customer_id": customer_id, "event_type": event_type, "occurred_at": occurred_at,
        "event_key": event_key, "value": value, "subject": subject,
    }  # fmt: skip
    event = read_event(row, now=timezone.now())
    report = _record([(0, event)], source)
    if report.refused:
        raise report.refused[0][1]
    return WarmthEvent.objects.get(event_key=event.event_key), bool(report.recorded)


def record_events(rows: Iterable[Mapping[str, Any]], *, source: str) -> EventReport:
    """Record at most MAX_ROWS events, values as texts or as they are, in a fixed number of queries.

    Each row is taken or refused for itself, all that are taken in one transaction with the scores
    of their customers. A second call with the same keys records nothing. Raises Invalid for more
    rows than that.
    """
    now = timezone.now()
    refused: list[tuple[int, Refused]] = []
    events: list[tuple[int, NewEvent]] = []
    for place, row in enumerate(rows):
        if place >= MAX_ROWS:
            raise Invalid(f"One call takes {MAX_ROWS:,} events.", remedy="Send more calls.")
        try:
            events.append((place, read_event(row, now=now)))
        except Invalid as reason:
            refused.append((place, reason))
    report = _record(events, source)
    report.refused = sorted([*refused, *report.refused], key=lambda entry: entry[0])
    return report


def remove_event(*, event: WarmthEvent) -> None:
    """Take back an event that was recorded by mistake, and bring the score up to date."""
    with audited():
        customer = event.customer_id
        event.delete()
        rescore([customer], trigger="event_removed", description=event.get_event_type_display())


def read_event(row: Mapping[str, Any], *, now: datetime) -> NewEvent:
    """The event that `row` (FIELDS, values as texts or as they are) describes; raises Invalid."""
    if not isinstance(row, Mapping):
        raise Invalid("An event is an object of fields.", remedy="Send {...}.")
    unknown = sorted(set(row) - FIELDS)
    if unknown:
        raise Invalid(
            f"Unknown field: {unknown[0]}.",
            field=unknown[0],
            remedy=f"Known are {', '.join(sorted(FIELDS))}.",
        )
    return NewEvent(
        customer_id=_customer(row.get("customer_id")),
        event_type=_type(row.get("event_type")),
        occurred_at=_time(row.get("occurred_at"), now),
        event_key=_text(row, "event_key", MAX_KEY) or uuid4().hex,
        value=_value(row.get("value")),
        subject=_text(row, "subject", 200),
    )


def _record(events: list[tuple[int, NewEvent]], source: str) -> EventReport:
    report = EventReport()
    if not events:
        return report
    with audited(), translated():
        new = _insert([event for _, event in events], source)
        report.recorded = len(new)
        _explain_rest(events, new, report)
        causes = _causes(event for _, event in events if event.event_key in new)
        report.customers = len(causes)
        rescore(list(causes), trigger="event_recorded", causes=causes)
    return report


def _insert(events: list[NewEvent], source: str) -> dict[str, tuple[UUID, str]]:
    """Key -> (customer, type) of the rows that were not there."""
    with connection.cursor() as cursor:
        cursor.execute(
            _INSERT,
            {
                "customers": [event.customer_id for event in events],
                "types": [event.event_type for event in events],
                "times": [event.occurred_at for event in events],
                "keys": [event.event_key for event in events],
                "values": [event.value for event in events],
                "subjects": [event.subject for event in events],
                "source": source,
                "by": current().label[:150],
            },
        )
        return {key: (customer, kind) for key, customer, kind in cursor.fetchall()}


def _explain_rest(
    events: list[tuple[int, NewEvent]], new: Mapping[str, tuple[UUID, str]], report: EventReport
) -> None:
    """Tell the rows that were not inserted apart: known, under another event's key, nobody's."""
    present = dict(new)
    missing = [event.event_key for _, event in events if event.event_key not in new]
    if missing:
        with connection.cursor() as cursor:
            cursor.execute(_KNOWN, [missing])
            present |= {key: (customer, kind) for key, customer, kind in cursor.fetchall()}
    taken: set[str] = set()
    for place, event in events:
        found = present.get(event.event_key)
        if found is None:
            report.refused.append((place, _nobody()))
        elif found != (event.customer_id, event.event_type):
            report.refused.append((place, _another()))
        elif event.event_key in new and event.event_key not in taken:
            taken.add(event.event_key)
        else:
            report.known += 1


def _causes(events: Iterable[NewEvent]) -> dict[UUID, tuple[str, str]]:
    """Customer -> (type, words) of the newest of their events."""
    newest: dict[UUID, NewEvent] = {}
    for event in events:
        other = newest.get(event.customer_id)
        if other is None or event.occurred_at >= other.occurred_at:
            newest[event.customer_id] = event
    return {key: (event.event_type, event.subject) for key, event in newest.items()}


def _nobody() -> Invalid:
    return Invalid("There is no such customer.", field="customer_id", remedy="Check the key.")


def _another() -> Duplicate:
    return Duplicate(
        "Another event has this key.",
        field="event_key",
        code="warmth_events_key_once",
        remedy="Choose another key.",
    )


def _customer(value: Any) -> UUID:
    if isinstance(value, Customer):
        return value.pk
    try:
        return value if isinstance(value, UUID) else UUID(str(value))
    except ValueError:
        raise _nobody() from None


def _type(value: Any) -> str:
    if str(value) not in _TYPES:
        raise Invalid(
            "Unknown kind of event.",
            field="event_type",
            code="warmth_events_type_known",
            remedy=f"Known are {', '.join(EventType.values)}.",
        )
    return str(value)


def _time(value: Any, now: datetime) -> datetime:
    if value is None or value == "":
        return now
    try:
        found = value if isinstance(value, datetime) else parse_datetime(str(value))
    except ValueError:
        found = None
    if found is None:
        raise Invalid(
            "This is not a time.", field="occurred_at", remedy="Write 2026-11-21T14:30:00-05:00."
        )
    if timezone.is_naive(found):
        raise Invalid("The time has no zone.", field="occurred_at", remedy="Add -05:00 or Z.")
    if not OLDEST <= found <= now + AHEAD:
        raise Invalid(
            "An event lies neither in the future nor before 1990.",
            field="occurred_at",
            remedy="Check the time.",
        )
    return found


def _value(value: Any) -> Decimal | None:
    if value is None or value == "":
        return None
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or not 0 <= amount <= LARGEST_VALUE:
        raise Invalid("This is not an amount.", field="value", remedy="Write 32500.00.")
    return amount


def _text(row: Mapping[str, Any], name: str, longest: int) -> str:
    text = str(row.get(name) or "").replace("\x00", "").strip()
    if len(text) > longest:
        raise Invalid(
            f"At most {longest} characters.", field=name, code="too_long", remedy="Shorten it."
        )
    return text
