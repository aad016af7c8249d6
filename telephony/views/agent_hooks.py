"""Webhooks of voice-agent platforms: the same tools, for whoever shows the platform's signature."""

import json
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from rest_framework.exceptions import ValidationError

from crm.context import acting
from telephony.adapters import retell, vapi
from telephony.adapters.shape import Order, ToolCall
from telephony.agent.tools import TOOLS, run
from telephony.enums import Provider
from telephony.services.agent_answers import Answer, refused
from telephony.services.agent_calls import CallRef


@csrf_exempt
@require_POST
def vapi_hook(request: HttpRequest) -> HttpResponse:
    """A server message of Vapi."""
    if not vapi.is_genuine(request.headers, secret=settings.VAPI_SECRET):
        raise PermissionDenied("The secret is missing or wrong.")
    return _answer(request, Provider.VAPI, vapi.read, vapi.word)


@csrf_exempt
@require_POST
def retell_hook(request: HttpRequest) -> HttpResponse:
    """A custom function or a call event of Retell."""
    key = settings.RETELL_API_KEY
    if not retell.is_genuine(request.headers, request.body, key=key, now=time.time()):
        raise PermissionDenied("The signature is missing, wrong or old.")
    return _answer(request, Provider.RETELL, retell.read, retell.word)


def _answer(
    request: HttpRequest,
    provider: Provider,
    read: Callable[[Any], Order],
    word: Callable[[list[tuple[ToolCall, dict[str, Any]]]], dict[str, Any]],
) -> HttpResponse:
    try:
        order = read(json.loads(request.body))
    except (ValueError, RecursionError) as error:
        raise BadRequest("This is no message that Lanewise understands.") from error
    ref = CallRef(
        call_id=order.call_id,
        provider=provider,
        caller_phone=order.caller_phone,
        to_number=order.to_number,
        direction=order.direction,
    )
    with acting(label=str(provider.label), source="api"):
        return JsonResponse(word([(wish, _run(wish, ref).body()) for wish in order.tools]))


def _run(wish: ToolCall, ref: CallRef) -> Answer:
    """A fault of the model comes back as an answer: platforms drop what is not 200."""
    tool = TOOLS.get(wish.name)
    if tool is None:
        return refused("unknown_tool", "Sorry, let me try that another way.", tools=list(TOOLS))
    try:
        return run(tool=tool, arguments=wish.arguments, ref=ref, request_key=wish.key)
    except ValidationError as error:
        return refused(
            "invalid_arguments", "Sorry, let me try that again.", errors=_plain(error.detail)
        )


def _plain(detail: Any) -> Any:
    """The faults without the classes of their framework."""
    if isinstance(detail, dict):
        return {name: _plain(inner) for name, inner in detail.items()}
    return [_plain(inner) for inner in detail] if isinstance(detail, list) else str(detail)
