"""Screen pop: whose browsers show an incoming call, and which calls they show."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from crm.enums import Role
from crm.models import User
from jobs.live import tell
from telephony.enums import Direction
from telephony.models import CallLog

EVENT = "call"
# A call whose end we were never told does not stay on the screen for ever.
SHOWN_MINUTES = 30
SHOWN_CALLS = 3
# Whoever of them is free takes a call that is nobody's.
FRONT = (Role.ADVISOR, Role.BDC)


def announce(*, call: CallLog) -> None:
    """Tell the right browsers that an incoming call rings, was taken or has ended."""
    if call.direction == Direction.INBOUND:
        tell(EVENT, users=recipients(call), data={"id": str(call.pk)})


def recipients(call: CallLog) -> list[int]:
    """The call's advisor; everybody at the front when it has none, or one who has left."""
    people = User.objects.filter(is_active=True)
    if call.advisor_id is not None:
        own = list(people.filter(pk=call.advisor_id).values_list("pk", flat=True))
        if own:
            return own
    return list(people.filter(role__in=FRONT).values_list("pk", flat=True))


def calls_on_screen(*, user: Any, now: datetime) -> QuerySet[CallLog]:
    """Incoming calls that go on now and are `user`'s, or nobody's; the newest first."""
    nobodys = Q(advisor=None) | Q(advisor__is_active=False)
    mine = Q(advisor=user) | nobodys if user.role in FRONT else Q(advisor=user)
    return (
        CallLog.objects.open()
        .filter(
            mine, direction=Direction.INBOUND, started_at__gt=now - timedelta(minutes=SHOWN_MINUTES)
        )
        .select_related("customer")
        .order_by("-started_at", "id")[:SHOWN_CALLS]
    )
