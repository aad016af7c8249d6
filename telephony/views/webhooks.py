"""Callbacks of Twilio, and of the call simulator in its place. Each is checked, kept and answered
at once; a task does the work.

Not behind a login: the signature says who calls. An answer is TwiML where the call asks what to
do next, and empty where it only tells what happened.
"""

from collections.abc import Callable
from functools import partial, wraps
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from telephony.enums import EventKind
from telephony.models import CallLog
from telephony.providers import twiml
from telephony.providers.signature import is_genuine, provider_of, public_base
from telephony.querysets import WITHHELD
from telephony.services import outbound as outbound_calls
from telephony.services import routing
from telephony.services.intake import receive, work_at_once
from telephony.webhook_fields import fields_of

# What Twilio itself takes for an opt-out.
STOP_WORDS = {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"}
Callback = Callable[[HttpRequest, dict[str, str]], HttpResponse]
REACHED = ("completed", "answered")
STAGES = ("people", "agent", "customer", "voicemail", "spoken")


def from_twilio(view: Callback) -> Callable[[HttpRequest], HttpResponse]:
    """A view for genuine callbacks only, with their fields; others get 403 and leave no trace."""

    @wraps(view)
    def checked(request: HttpRequest) -> HttpResponse:
        if not is_genuine(request):
            raise PermissionDenied("The signature is missing or wrong.")
        try:
            fields = fields_of(request)
        except ValueError as error:
            raise BadRequest(str(error)) from error
        return view(request, fields)

    return csrf_exempt(require_POST(checked))


def _keep(request: HttpRequest, fields: dict[str, str], kind: str, **more: Any) -> int | None:
    return receive(
        provider=provider_of(request),
        kind=kind,
        fields=fields,
        stage=_stage(request),
        call=request.GET.get("call", ""),
        **more,
    )


def _stage(request: HttpRequest) -> str:
    stage = request.GET.get("stage", "")
    return stage if stage in STAGES else ""


def _addresses(request: HttpRequest) -> twiml.Address:
    base = public_base(request)

    def address(name: str, **parameters: str) -> str:
        query = f"?{urlencode(parameters)}" if parameters else ""
        return f"{base}{reverse(f'telephony:twilio_{name}')}{query}"

    return address


def _spoken(document: str) -> HttpResponse:
    return HttpResponse(document, content_type="text/xml")


class AnsweredFirst(HttpResponse):
    """TwiML that has left for the provider when `work` begins, in the same process."""

    def __init__(self, document: str, work: Callable[[], None]) -> None:
        super().__init__(document, content_type="text/xml")
        self._work: Callable[[], None] | None = work

    def close(self) -> None:
        """Called by the server once the answer is out; before Django gives its connection back."""
        work, self._work = self._work, None
        if work is not None:
            work()
        super().close()


def _script(fields: dict[str, str]) -> twiml.Script:
    return routing.script_for(routing.caller(routing.party(fields.get("From", ""))))


@from_twilio
def voice(request: HttpRequest, fields: dict[str, str]) -> HttpResponse:
    """Somebody calls the dealership."""
    script = _script(fields)
    event = _keep(request, fields, EventKind.VOICE, disclosed=script.announce)
    stage = routing.first_stage(script)
    document = twiml.greeting(script, _addresses(request), stage=stage)
    return AnsweredFirst(document, partial(work_at_once, event)) if event else _spoken(document)


@from_twilio
def consent(request: HttpRequest, fields: dict[str, str]) -> HttpResponse:
    """A key was pressed during the disclosure; 9 refuses the recording."""
    _keep(request, fields, EventKind.CONSENT)
    refused = fields.get("Digits") == "9"
    document = twiml.connect(
        _script(fields), _addresses(request), stage=_stage(request), refused=refused
    )
    return _spoken(document)


@from_twilio
def dial(request: HttpRequest, fields: dict[str, str]) -> HttpResponse:
    """Dialling ended: done when somebody was reached, else on to the next who may answer."""
    _keep(request, fields, EventKind.DIAL)
    stage = _stage(request)
    if fields.get("DialCallStatus") in REACHED:
        return _spoken(twiml.goodbye())
    if stage == "customer":
        return _spoken(twiml.goodbye("The customer did not answer."))
    script = _script(fields)
    document = twiml.connect(
        script,
        _addresses(request),
        stage=routing.next_stage(script, stage),
        refused="refused" in request.GET,
    )
    return _spoken(document)


@from_twilio
def voicemail(request: HttpRequest, fields: dict[str, str]) -> HttpResponse:
    """The message is spoken."""
    _keep(request, fields, EventKind.VOICEMAIL)
    return _spoken(twiml.goodbye("Thank you. We will call you back."))


@from_twilio
def status(request: HttpRequest, fields: dict[str, str]) -> HttpResponse:
    _keep(request, fields, EventKind.LEG if fields.get("ParentCallSid") else EventKind.STATUS)
    return HttpResponse(status=204)


@from_twilio
def leg(request: HttpRequest, fields: dict[str, str]) -> HttpResponse:
    _keep(request, fields, EventKind.LEG)
    return HttpResponse(status=204)


@from_twilio
def recording(request: HttpRequest, fields: dict[str, str]) -> HttpResponse:
    _keep(request, fields, EventKind.RECORDING)
    return HttpResponse(status=204)


@from_twilio
def transcription(request: HttpRequest, fields: dict[str, str]) -> HttpResponse:
    _keep(request, fields, EventKind.TRANSCRIPTION)
    return HttpResponse(status=204)


@from_twilio
def outbound(request: HttpRequest, fields: dict[str, str]) -> HttpResponse:
    """One of ours picked up a call that they had started by a click: ring the customer."""
    _keep(request, fields, EventKind.STATUS)
    call = _placed(request)
    if call is None:
        return _spoken(twiml.goodbye("This call is not known. Goodbye."))
    script = routing.script_for(call.customer)
    document = twiml.to_customer(
        script, _addresses(request), number=call.caller_phone, call=str(call.pk)
    )
    return _spoken(document)


@from_twilio
def announce(request: HttpRequest, fields: dict[str, str]) -> HttpResponse:
    """The customer picked up: who calls, and that it may be recorded."""
    _keep(request, fields, EventKind.LEG, disclosed=True)
    return _spoken(twiml.announcement())


@from_twilio
def spoken(request: HttpRequest, fields: dict[str, str]) -> HttpResponse:
    """Somebody picked up a call in which a machine speaks a message; 9 wants no more of them."""
    _keep(request, fields, EventKind.STATUS)
    key = request.GET.get("message", "")
    if fields.get("Digits") == "9":
        outbound_calls.refuse_spoken(key)
        return _spoken(twiml.goodbye("Done. We will not call you that way any more. Goodbye."))
    text = outbound_calls.spoken_text(key)
    if not text:
        return _spoken(twiml.goodbye("This call is not known. Goodbye."))
    return _spoken(twiml.message(text, _addresses(request), message=key, stage="spoken"))


@from_twilio
def text(request: HttpRequest, fields: dict[str, str]) -> HttpResponse:
    """A text message came in. The provider answers STOP itself; we take note of it."""
    number = routing.party(fields.get("From", ""))
    if number != WITHHELD and fields.get("Body", "").strip().upper() in STOP_WORDS:
        outbound_calls.refuse_texts(phone=number)
    return _spoken("<Response/>")


def _placed(request: HttpRequest) -> CallLog | None:
    """The call that the callback's address names, while it is going on."""
    try:
        key = UUID(request.GET.get("call", ""))
    except ValueError:
        return None
    return CallLog.objects.open().select_related("customer").filter(pk=key).first()
