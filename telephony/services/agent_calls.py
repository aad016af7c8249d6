"""The call that the voice agent's tools work in, and doing each thing in it once."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.utils import timezone

from crm.constraints import translated
from crm.context import audited
from telephony.enums import AnsweredBy, CallStatus, Direction, Provider
from telephony.models import AgentAction, CallLog
from telephony.querysets import WITHHELD
from telephony.services import pop
from telephony.services.agent_answers import Answer
from telephony.services.routing import caller, party
from telephony.services.verification_limits import keyed_digest

KEPT_FOR = timedelta(days=7)


@dataclass(frozen=True)
class CallRef:
    """A call as its phone system names it. `caller_phone` is what the phone system says, never
    what the caller says; it counts when the call is first heard of and never afterwards."""

    call_id: str
    provider: str = Provider.OTHER
    caller_phone: str = ""
    to_number: str = ""
    direction: str = Direction.INBOUND


def call_of(ref: CallRef) -> CallLog:
    """The call of `ref`, made when this is the first that is heard of it. One query if not."""
    calls = CallLog.objects.filter(provider=ref.provider, call_sid=ref.call_id)
    found = calls.first()
    if found is not None:
        return found if found.answered_by or not found.is_open else _picked_up(found)
    number = party(ref.caller_phone)
    customer = None if number == WITHHELD else caller(number)
    now = timezone.now()
    call = CallLog(
        provider=ref.provider,
        call_sid=ref.call_id,
        customer=customer,
        advisor=customer.preferred_service_advisor if customer else None,
        direction=ref.direction,
        caller_phone=number,
        from_number=ref.caller_phone[:100],
        to_number=ref.to_number[:100],
        status=CallStatus.IN_PROGRESS,
        answered_by=AnsweredBy.AGENT,
        started_at=now,
        answered_at=now,
    )
    CallLog.objects.bulk_create([call], ignore_conflicts=True)
    made = calls.get()
    pop.announce(call=made)
    return made


def _picked_up(call: CallLog) -> CallLog:
    """A call that a provider announced: whoever uses the tools in it has answered it."""
    now = max(timezone.now(), call.started_at)
    ringing = CallLog.objects.open().filter(pk=call.pk, answered_by=None)
    with audited(), translated():
        changed = ringing.update(
            status=CallStatus.IN_PROGRESS, answered_by=AnsweredBy.AGENT, answered_at=now
        )
        call.refresh_from_db()
        if changed:
            pop.announce(call=call)
    return call


class _NotKept(Exception):  # noqa: N818  (a way out of a transaction, not an error)
    def __init__(self, answer: Answer) -> None:
        self.answer = answer


def intent_of(
    tool: str, arguments: Mapping[str, Any], request_key: str, *, by_request: bool
) -> str:
    """What makes two requests of one call the same.

    What is asked for, or with `by_request` the key that the caller gave the request: digests of
    what people answer to verify themselves are stored nowhere.
    """
    if by_request:
        return keyed_digest(tool, request_key or uuid4().hex)
    return keyed_digest(tool, json.dumps(arguments, sort_keys=True, default=str))


def once(
    *,
    call: CallLog,
    tool: str,
    intent: str,
    work: Callable[[], Answer],
    still_true: Callable[[Mapping[str, Any]], bool],
) -> Answer:
    """What `work` answers, or what it answered when the same was asked for before in this call.

    The row of the intent and what `work` writes commit together; a second request at the same
    time waits for that. An answer that is not kept leaves nothing behind. A kept one is worked
    again when it is not `still_true` (booked, cancelled, and now booked again).
    """
    try:
        with transaction.atomic():
            action = AgentAction(call=call, tool=tool, intent=intent)
            AgentAction.objects.bulk_create([action], ignore_conflicts=True)
            known = AgentAction.objects.select_for_update().get(call=call, tool=tool, intent=intent)
            if known.answer is not None and still_true(known.answer["data"]):
                return Answer(**known.answer, is_kept=True)
            answer = work()
            if not answer.is_kept:
                raise _NotKept(answer)
            known.answer = answer.body()
            known.save(update_fields=["answer"])
            return answer
    except _NotKept as undone:
        return undone.answer


def prune(*, now: datetime) -> int:
    """Delete kept answers when no call can ask for them any more; how many."""
    return AgentAction.objects.filter(created_at__lt=now - KEPT_FOR).delete()[0]
