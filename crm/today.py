"""The Today list as pages and API show it: ranked, with what the permission gate says of each.

Reads only. One window of the list costs five queries, whatever it holds.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet
from django.utils import timezone

from crm.dispositions import DISPOSITIONS
from crm.enums import Channel, WorkKind
from crm.expressions import vehicle_name
from crm.models import User, WorkItem
from crm.permission import Decision
from crm.services.claims import claim_first
from crm.services.permission import Wish, decide_many, may_contact

# Rows that are looked at together: those that may be called now stand first among them.
WINDOW = 50
# How far "Next" looks for somebody who may be called now, in windows.
NEXT_WINDOWS = 20
MOST_COUNTED = 100
CALLED_US = (WorkKind.MISSED_CALL, WorkKind.VOICEMAIL)


@dataclass(frozen=True)
class Today:
    """One window: `ready` may be called now, `blocked` may not; each row bears its `decision`."""

    ready: list[dict[str, Any]]
    blocked: list[dict[str, Any]]


def due_items(
    *, user: Any, now: datetime, kinds: Sequence[str] = (), mine: bool = False
) -> QuerySet[WorkItem]:
    """What `user` could work on now, best first: without what somebody else holds."""
    items = WorkItem.objects.due(now).free_for(user, now)
    if kinds:
        items = items.filter(kind__in=kinds)
    if mine:
        items = items.filter(claimed_by=user, claimed_until__gt=now)
    return items.best_first()


def rows_of(items: QuerySet[WorkItem]) -> list[dict[str, Any]]:
    """What a row of the list shows, in one query."""
    rows: Any = items.values(
        "id",
        "kind",
        "customer_id",
        "phone",
        "vehicle_id",
        "title",
        "reason",
        "url",
        "purpose",
        "value",
        "reach",
        "rank",
        "due_at",
        "tries",
        "outcome",
        "claimed_by_id",
        "claimed_until",
        customer_name=F("customer__name"),
        customer_phone=F("customer__phone"),
        customer_city=F("customer__city"),
        vehicle_name=vehicle_name("vehicle__"),
    )
    return list(rows)


def with_decisions(
    rows: Iterable[dict[str, Any]], *, now: datetime, user: Any = None
) -> list[dict[str, Any]]:
    """`rows` with the gate's answer to a call, in words of the list. Three queries."""
    rows = list(rows)
    decisions = decide_many([_wish(row) for row in rows], now=now)
    return [_shown(row, decisions, now, user) for row in rows]


def _wish(row: dict[str, Any]) -> Wish:
    return row["customer_id"] or row["phone"], Channel.CALL, row["purpose"]


def _shown(
    row: dict[str, Any], decisions: dict[Any, Decision], now: datetime, user: Any
) -> dict[str, Any]:
    held = row["claimed_until"] is not None and row["claimed_until"] > now
    last = DISPOSITIONS.get(row["outcome"])
    return {
        **row,
        "decision": decisions[_wish(row)],
        "kind_label": WorkKind(row["kind"]).label,
        "is_mine": held and user is not None and row["claimed_by_id"] == user.pk,
        "last_label": last.label if last else "",
        # Of those who called us the age of the call is what matters.
        "called_at": row["due_at"] if row["kind"] in CALLED_US else None,
    }


def split(rows: Iterable[dict[str, Any]]) -> Today:
    """Those who may be called now, whoever is mine first; the others by when they may."""
    rows = list(rows)
    ready = [row for row in rows if row["decision"].allowed]
    blocked = [row for row in rows if not row["decision"].allowed]
    return Today(
        ready=sorted(ready, key=lambda row: not row["is_mine"]),
        blocked=sorted(blocked, key=lambda row: row["decision"].is_barred),
    )


def take_next(*, user: User, kinds: Sequence[str] = ()) -> WorkItem | None:
    """Claim the best item whose customer may be called now; None when there is none.

    What `user` holds already comes first, so that nobody hoards.
    """
    now = timezone.now()
    held = due_items(user=user, now=now, mine=True).filter(barred="").values_list("pk", flat=True)
    if held and (again := claim_first(keys=list(held[:1]), by=user)):
        return _logged(again)
    seen: set[UUID] = set()
    items = due_items(user=user, now=now, kinds=kinds).filter(barred="")
    for number in range(NEXT_WINDOWS):
        rows = rows_of(items[number * WINDOW : (number + 1) * WINDOW])
        today = split(with_decisions(rows, now=now, user=user))
        keys = [row["id"] for row in today.ready if row["id"] not in seen]
        taken = claim_first(keys=keys, by=user)
        if taken is not None or len(rows) < WINDOW:
            return _logged(taken)
        seen.update(keys)
    return None


def _logged(item: WorkItem | None) -> WorkItem | None:
    """Put on record what the gate says about the item that is worked now."""
    if item is not None:
        may_contact(
            customer=item.customer, phone=item.phone, channel=Channel.CALL, purpose=item.purpose
        )
    return item


def count_due(*, user: Any) -> int:
    """How many items wait for `user`, counted up to MOST_COUNTED."""
    items = due_items(user=user, now=timezone.now()).filter(barred="")
    return items.order_by().values("pk")[:MOST_COUNTED].count()
