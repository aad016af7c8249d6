"""A telephone call without a telephone: type what the caller says, see what the tools answer."""

from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from crm.exceptions import Refused
from crm.models import Customer
from crm.views.common import FORM, allowed, answer, posted
from telephony.agent.dialogue import Dialogue, State, Turn, stored
from telephony.agent.line import Line, SimulatedCall
from telephony.agent.scenarios import play, said_by, scenarios
from telephony.agent.transport import ToolError, in_process, short_token, tools_over
from telephony.forms.verification import SayForm, SimulatorForm
from telephony.querysets import WITHHELD
from telephony.services.simulation import demo_caller, stranger_number

SALT = "telephony.simulator"
LIFE_SECONDS = 3600


@allowed("calls:write", FORM)
def simulator(request: HttpRequest) -> HttpResponse:
    """Begin a call, say something, hang up. The conversation travels with the form, signed:
    what is typed as an answer to a verification is kept nowhere on the server."""
    if request.method == "POST" and "conversation" in request.POST:
        return _go_on(request)
    form = SimulatorForm(posted(request))
    turns: list[Any] = []
    sealed = ""
    if request.method == "POST" and form.is_valid():
        try:
            if form.cleaned_data["scenario"]:
                turns = _played(form.cleaned_data["scenario"], form.cleaned_data["phone"])
            else:
                turns, sealed = _rung(form.cleaned_data["phone"])
        except (Refused, ToolError) as error:
            form.add_error(None, str(error))
    return _shown(request, form, SayForm(), turns, sealed)


def _go_on(request: HttpRequest) -> HttpResponse:
    start, say = SimulatorForm(), SayForm(request.POST)
    hangs_up = "hang_up" in request.POST
    try:
        kept = signing.loads(request.POST["conversation"], salt=SALT, max_age=LIFE_SECONDS)
    except signing.BadSignature:
        return _shown(request, start, SayForm(), [], "", fault=_("This call is over; begin anew."))
    call, turns = SimulatedCall(**kept["call"]), [Turn(**turn) for turn in kept["turns"]]
    if not hangs_up and not say.is_valid():
        return _shown(request, start, say, turns, request.POST["conversation"])
    fault = ""
    with short_token() as token:
        dialogue = _dialogue(call, token, State(**kept["state"]))
        try:
            dialogue.hang_up() if hangs_up else dialogue.hear(say.cleaned_data["words"])
        except ToolError as error:
            fault = str(error)
    turns += dialogue.turns
    sealed = "" if dialogue.state.is_over else _seal(call, dialogue.state, turns)
    return _shown(request, start, SayForm(), turns, sealed, fault=fault)


def _rung(phone: str) -> tuple[list[Turn], str]:
    call = SimulatedCall(phone)
    with short_token() as token:
        dialogue = _dialogue(call, token)
        dialogue.ring()
    return dialogue.turns, _seal(call, dialogue.state, dialogue.turns)


def _dialogue(call: SimulatedCall, token: str, state: State | None = None) -> Dialogue:
    post = in_process()
    ask = tools_over(post, token, call.context)
    line = Line(call, post)
    return Dialogue(ask, shop=settings.DEALERSHIP_NAME, state=state, phone=line)


def _played(name: str, phone: str) -> list[Turn]:
    """A recorded scenario with a demonstration customer, or from the number that was given."""
    scenario = scenarios()[name]
    customer: Customer | None = None
    if phone != WITHHELD:
        customer = Customer.objects.present().filter(phone=phone).first()
    elif scenario.caller != "stranger":
        customer = demo_caller(with_visit=scenario.caller == "customer_with_visit")
        phone = customer.phone
    else:
        phone = stranger_number()
    said = said_by(customer.date_of_birth if customer else None)
    with short_token() as token:
        call, post, turns = SimulatedCall(phone), in_process(), []
        ask, line = tools_over(post, token, call.context), Line(call, post)
        shop = settings.DEALERSHIP_NAME
        for turn, wrong in play(scenario, ask, shop=shop, said=said, phone=line):
            turns.append(turn)
            if wrong:
                turns.append(Turn("fault", f"Not as recorded: {wrong}"))
    return turns


def _seal(call: SimulatedCall, state: State, turns: list[Turn]) -> str:
    content = {"call": asdict(call), "state": stored(state), "turns": [asdict(t) for t in turns]}
    return signing.dumps(content, salt=SALT, compress=True)


def _shown(
    request: HttpRequest,
    start: SimulatorForm,
    say: SayForm,
    turns: list[Any],
    sealed: str,
    *,
    fault: str = "",
) -> HttpResponse:
    context = {
        "form": start,
        "say": say,
        "turns": turns,
        "conversation": sealed,
        "fault": fault,
        "about": [(found.title, found.about) for found in scenarios().values()],
    }
    wrong = bool(start.errors or (say.is_bound and say.errors) or fault)
    return answer(
        request,
        "telephony/simulator.html",
        context,
        fragment="telephony/_simulator.html",
        status=422 if wrong else 200,
    )
