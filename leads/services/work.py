"""Battery leads on the work list: what turned high is offered, what fell or ended is taken off."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import Case, Exists, F, Func, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Cast, Concat
from django.utils import timezone

from crm.enums import ContactPurpose, WorkKind
from crm.models import WorkItem
from crm.services.worklist import add_work, close_work
from leads.enums import ContactUrgency, FailureWindow, LeadStatus
from leads.models import LeadRecord

# What a team can call in some days: the list shows the best, not all of a large book.
OFFERED_AT_ONCE = 200


# One item for a lead, and another one each time it wakes from a snooze: closed items stay closed.
_TEXT = models.TextField()
_KEY = Concat(
    Value("battery_lead:"),
    Cast("pk", _TEXT),
    Case(
        When(snoozed_until=None, then=Value("")),
        default=Func(
            F("snoozed_until"), Value(":YYYYMMDDHH24MISS"), function="to_char", output_field=_TEXT
        ),
        output_field=_TEXT,
    ),
    output_field=_TEXT,
)


def bring_up_to_date(lead_ids: Iterable[int]) -> None:
    """Offer those of the leads that are high, and withdraw the others."""
    ids = list(lead_ids)
    wanted = list(_callable().filter(pk__in=ids))
    for record in wanted:
        _offer(record)
    withdraw(set(ids) - {record.pk for record in wanted})


def withdraw(lead_ids: Iterable[int], *, outcome: str = "no_longer_due") -> int:
    """Close the open work of these leads; how many had some."""
    wanted = set(lead_ids)
    if not wanted:
        return 0
    one = f"battery_lead:{next(iter(wanted))}" if len(wanted) == 1 else "battery_lead:"
    keys = _on_list().filter(key__startswith=one).values_list("key", flat=True)
    return sum(close_work(key=key, outcome=outcome) for key in list(keys) if _lead(key) in wanted)


def offer_most_urgent(limit: int = OFFERED_AT_ONCE) -> int:
    """Fill the list up to `limit` open battery leads, most urgent first, and withdraw what is no
    longer high; the number of items opened or closed."""
    present = {_lead(key) for key in _on_list().values_list("key", flat=True)}
    keep = set(_callable().filter(pk__in=present).values_list("pk", flat=True))
    changed = withdraw(present - keep)
    ever = WorkItem.objects.filter(key=OuterRef("work_key"))
    new = _callable().exclude(Exists(ever)).order_by("-urgency_score", "-pk")
    for record in new[: max(limit - len(keep), 0)]:
        _offer(record)
        changed += 1
    return changed


def _on_list() -> QuerySet[Any]:
    return WorkItem.objects.open().filter(kind=WorkKind.BATTERY_LEAD)


def _lead(key: str) -> int:
    """The lead that a key of ours is about."""
    return int(key.split(":")[1])


def _callable() -> QuerySet[Any]:
    """Leads that somebody should call about now."""
    return (
        LeadRecord.objects.open()
        .annotate(work_key=_KEY)
        .filter(
            Q(snoozed_until=None) | Q(snoozed_until__lte=timezone.now()),
            contact_urgency=ContactUrgency.IMMEDIATE,
            status__in=[LeadStatus.NEW, LeadStatus.CONTACTED],
            customer_id__isnull=False,
        )
    )


def _offer(record: Any) -> None:
    window = FailureWindow(record.predicted_failure_window).label
    chance = int(record.posterior_probability * 100 + 0.5)
    add_work(
        key=record.work_key,
        kind=WorkKind.BATTERY_LEAD,
        customer_id=record.customer_id,
        vehicle_id=record.vehicle_id,
        title=f"Battery check for the {record.year} {record.make} {record.model}",
        reason=f"Battery risk {chance}%, likely to fail in {window}.",
        value=Decimal(record.expected_value),
        url=f"/leads/{record.pk}/",
        purpose=ContactPurpose.MARKETING,
    )
