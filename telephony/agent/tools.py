"""The voice agent's tools: one table for the API, the adapters, the manifest and the docs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from rest_framework.exceptions import ValidationError

from crm.exceptions import Duplicate, Refused
from telephony.agent import inputs
from telephony.services import agent_identity, agent_slots, agent_talk, agent_visits
from telephony.services.agent_answers import NOT_POSSIBLE, NOT_VERIFIED, Answer, refused
from telephony.services.agent_calls import CallRef, call_of, intent_of, once
from telephony.services.verification import NotVerified


@dataclass(frozen=True)
class Tool:
    """`is_kept`: the same request in the same call is done once and answered again; `by_request`:
    the same means the same request id, not the same content. `still_true` says of the data of a
    kept answer whether it is still so."""

    name: str
    description: str
    input_class: type[inputs.Tool]
    work: Callable[..., Answer]
    needs_verification: bool = False
    is_kept: bool = True
    by_request: bool = False
    still_true: Callable[[Mapping[str, Any]], bool] = lambda data: True


TOOLS = {
    tool.name: tool
    for tool in (
        Tool(
            "lookup",
            "Say whose account the call is about. Use it first; give a number only when the "
            "caller says that it is not the one they call from. Tells nothing about the account.",
            inputs.LookupInput,
            agent_identity.lookup,
            is_kept=False,
        ),
        Tool(
            "start_verification",
            "Get the first question that verifies the caller. Needed before anything about the "
            "account is told or changed, not for booking a new appointment.",
            inputs.StartVerificationInput,
            agent_identity.start_verification,
            is_kept=False,
        ),
        Tool(
            "verify_answer",
            "Give the caller's answer to the question. Ask the question of the reply next. Never "
            "say whether an answer was right, never repeat an answer, never help with one.",
            inputs.VerifyAnswerInput,
            agent_identity.verify_answer,
            by_request=True,
        ),
        Tool(
            "list_slots",
            "Find free times for a visit.",
            inputs.ListSlotsInput,
            agent_slots.list_slots,
            is_kept=False,
        ),
        Tool(
            "book",
            "Book a new visit at a free time. Ask for the name first.",
            inputs.BookInput,
            agent_visits.book,
            still_true=agent_visits.is_still_so,
        ),
        Tool(
            "reschedule",
            "Move a visit of the verified caller to a free time.",
            inputs.RescheduleInput,
            agent_visits.reschedule,
            needs_verification=True,
            still_true=agent_visits.is_still_so,
        ),
        Tool(
            "cancel",
            "Cancel a visit of the verified caller.",
            inputs.CancelInput,
            agent_visits.cancel,
            needs_verification=True,
            still_true=agent_visits.is_still_so,
        ),
        Tool(
            "service_status",
            "Tell the verified caller about vehicles that are here and visits that are booked.",
            inputs.ServiceStatusInput,
            agent_visits.service_status,
            needs_verification=True,
            is_kept=False,
        ),
        Tool(
            "opt_out",
            "The caller wants no more calls, texts or e-mails. Do it at once, ask nothing.",
            inputs.OptOutInput,
            agent_talk.opt_out,
        ),
        Tool(
            "leave_message",
            "Take a message for the shop.",
            inputs.LeaveMessageInput,
            agent_talk.leave_message,
        ),
        Tool(
            "hand_over",
            "Get a person: the caller asks for one, or a reply says so.",
            inputs.HandOverInput,
            agent_talk.hand_over,
        ),
        Tool(
            "end_call",
            "Note how the call went. Use it last, once.",
            inputs.EndCallInput,
            agent_talk.end_call,
        ),
    )
}


def run(*, tool: Tool, arguments: Any, ref: CallRef, request_key: str = "") -> Answer:
    """What `tool` answers to `arguments` in the call `ref`.

    Raises ValidationError for arguments that are not what the tool takes; whatever the shop's
    rules refuse comes as an answer that can be spoken.
    """
    taken = checked(tool, arguments)
    call = call_of(ref)

    def work() -> Answer:
        return tool.work(call=call, **taken)

    try:
        with transaction.atomic():
            if not tool.is_kept:
                return work()
            intent = intent_of(tool.name, taken, request_key, by_request=tool.by_request)
            return once(
                call=call, tool=tool.name, intent=intent, work=work, still_true=tool.still_true
            )
    except NotVerified:
        return NOT_VERIFIED
    except Duplicate:
        # Its sentence would tell who is a customer.
        return NOT_POSSIBLE
    except Refused as refusal:
        return refused(refusal.code, refusal.message)


def checked(tool: Tool, arguments: Any) -> dict[str, Any]:
    """`arguments` as the tool takes them. Null counts as left out, as models write it for that;
    unknown names are refused, as models make them up."""
    if isinstance(arguments, Mapping):
        arguments = {name: value for name, value in arguments.items() if value is not None}
    form = tool.input_class(data=arguments)
    form.is_valid(raise_exception=True)
    unknown = sorted(set(arguments) - set(form.fields))
    if unknown:
        raise ValidationError({name: ["The tool takes no such argument."] for name in unknown})
    return dict(form.validated_data)
