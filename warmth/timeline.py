"""Engagements that no other record of the dealership shows, and changes of level."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet
from django.db.models.functions import JSONObject
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.timeline import Entry, Source, register
from warmth.enums import CrossingDirection, EventSource, EventType, WarmthLevel
from warmth.models import WarmthEvent, WarmthLevelCrossing

# Their visits, calls and messages stand on the timeline already.
_SHOWN_ELSEWHERE = (EventSource.CRM, EventSource.TELEPHONY)


def _events(customer_id: UUID) -> QuerySet[Any]:
    events = WarmthEvent.objects.of_customer(customer_id).exclude(source__in=_SHOWN_ELSEWHERE)
    return events.annotate(
        entry_at=F("occurred_at"),
        entry_data=JSONObject(kind=F("event_type"), subject=F("subject"), who=F("recorded_by")),
    )


def _event(at: datetime, key: str, data: dict[str, Any]) -> Entry:
    return Entry(
        at=at,
        kind="engagement",
        icon="target",
        title=str(EventType(data["kind"]).label),
        text=data["subject"],
        who=data["who"],
    )


def _crossings(customer_id: UUID) -> QuerySet[Any]:
    return WarmthLevelCrossing.objects.filter(customer=customer_id).annotate(
        entry_at=F("crossed_at"),
        entry_data=JSONObject(
            customer=F("customer_id"),
            direction=F("direction"),
            level=F("level"),
            before=F("previous_level"),
            score=F("score"),
            reason=F("reason"),
        ),
    )


def _crossing(at: datetime, key: str, data: dict[str, Any]) -> Entry:
    up = data["direction"] == CrossingDirection.UP
    return Entry(
        at=at,
        kind="warmth_level",
        icon="trending-up" if up else "trending-down",
        title=_("Now %(now)s, was %(before)s")
        % {
            "now": WarmthLevel(data["level"]).label.lower(),
            "before": WarmthLevel(data["before"]).label.lower(),
        },
        text=f"{data['score']} · {data['reason']}" if data["reason"] else str(data["score"]),
        url=reverse("warmth:customer", args=[data["customer"]]),
    )


def register_sources() -> None:
    register(Source("engagement", gettext_lazy("Engagements"), "warmth:read", _events, _event, 64))
    register(
        Source("warmth_level", gettext_lazy("Warmth"), "warmth:read", _crossings, _crossing, 66)
    )
