"""Work that nobody announces: found by looking, every night."""

from datetime import date, timedelta
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, TextField, Value
from django.db.models.functions import Cast, Concat
from django.urls import reverse
from django.utils import timezone

from crm.enums import ContactPurpose, LineOutcome, WorkKind
from crm.models import ServiceLine, WorkItem
from crm.services.worklist import NewWork, add_work_many

# Whoever said no a moment ago is not asked again at once; after a year the matter is closed.
FIRST_ASK = timedelta(days=14)
LAST_ASK = timedelta(days=365)
MANY = 1_000


def add_declined_work(*, today: date) -> int:
    """Put refused work whose time has come on the work list; how many items are new.

    Declined work two weeks after it was declined, deferred work at its date or mileage, neither
    later than a year.
    """
    lines = (
        ServiceLine.objects.due(today)
        .filter(
            vehicle__customer__anonymised_at__isnull=True,
            vehicle__customer__isnull=False,
            vehicle__status="active",
            service_record__service_date__gt=today - LAST_ASK,
        )
        .filter(
            Q(outcome=LineOutcome.DEFERRED) | Q(service_record__service_date__lte=today - FIRST_ASK)
        )
        .values(
            "id",
            "description",
            "reason",
            "price",
            "vehicle_id",
            customer_id=F("vehicle__customer_id"),
        )
    )
    added, works = 0, list[NewWork]()
    for line in lines.iterator(chunk_size=MANY):
        works.append(_work(line))
        if len(works) == MANY:
            added += add_work_many(works)
            works.clear()
    return added + add_work_many(works)


def _work(line: dict[str, Any]) -> NewWork:
    return NewWork(
        key=f"declined:{line['id']}",
        kind=WorkKind.DECLINED_WORK,
        customer_id=line["customer_id"],
        vehicle_id=line["vehicle_id"],
        title=line["description"],
        reason=f"Not done at the last visit: {line['reason']}",
        value=line["price"] or None,
        url=f"{reverse('customer', args=[line['customer_id']])}#refused",
        purpose=ContactPurpose.MARKETING,
    )


def close_settled() -> int:
    """Close items whose time is over, and those of declined work that was done or closed; how
    many."""
    now = timezone.now()
    work = WorkItem.objects.open()
    expired = work.filter(expires_at__lte=now).update(outcome="expired", closed_at=now)
    done = ServiceLine.objects.filter(
        Q(resolved_by__isnull=False) | ~Q(closed_as=""), vehicle_id=OuterRef("vehicle_id")
    ).annotate(work_key=Concat(Value("declined:", TextField()), Cast("pk", TextField())))
    settled = work.filter(kind=WorkKind.DECLINED_WORK).filter(
        Exists(done.filter(work_key=OuterRef("key")))
    )
    return expired + settled.update(outcome="done", closed_at=now)
