"""Engagement events: read, record one, record thousands, take one back."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from crm.exceptions import Refused
from crm.rest.inputs import validated
from crm.rest.views import RowViewSet
from warmth.enums import EventSource
from warmth.filters import WarmthEventFilter
from warmth.models import WarmthEvent
from warmth.serializers.events import (
    WarmthEventBatch,
    WarmthEventInput,
    WarmthEventReport,
    WarmthEventRows,
)
from warmth.services import events as services

# 10,000 rows with the longest keys and subjects that an event may have.
MOST_BYTES = 8 * 1024 * 1024


@extend_schema(tags=["warmth"])
class WarmthEventViewSet(RowViewSet):
    """What customers did, the latest first."""

    queryset = WarmthEvent.objects.all()
    rows = WarmthEventRows
    input_class = WarmthEventInput
    filterset_class = WarmthEventFilter
    orderings = {"occurred_at": ("occurred_at",)}
    default_ordering = "-occurred_at"
    # `create` answers 200 with the event that has the key already; for the schema.
    finds = True
    capability = {"GET": "warmth:read", "POST": "warmth:write", "DELETE": "warmth:write"}

    def create(self, request: Request) -> Response:
        """Record an event; the score is up to date with the answer. 200 when the `event_key` was
        there already."""
        data = validated(WarmthEventInput, request)
        event, is_new = services.record_event(**data, source=EventSource.API)
        return self.answer(event.pk, status=201 if is_new else 200)

    def destroy(self, request: Request, pk: Any) -> Response:
        """Take back what was recorded by mistake. What stands for a record of Lanewise comes back
        when that record is read again."""
        services.remove_event(event=self.target())
        return Response(status=204)

    @action(
        detail=False,
        methods=["post"],
        capability={"POST": "warmth:write"},
        input_class=WarmthEventBatch,
        answers=WarmthEventReport,
        most_bytes=MOST_BYTES,
    )
    def bulk(self, request: Request) -> Response:
        """Record up to 10,000 events in one transaction, with one new score for each customer."""
        rows = validated(WarmthEventBatch, request)["events"]
        report = services.record_events(rows, source=EventSource.API)
        return Response(
            {
                "recorded": report.recorded,
                "known": report.known,
                "customers": report.customers,
                "refused": [_refusal(place, reason) for place, reason in report.refused],
            }
        )


def _refusal(row: int, reason: Refused) -> dict[str, Any]:
    pointer = f"/events/{row}"
    return {
        "row": row,
        "pointer": f"{pointer}/{reason.field}" if reason.field else pointer,
        "code": reason.code,
        "detail": str(reason),
    }
