"""One lead: why it stands where it does, what to say, and what to do about it."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from crm import outbound
from crm.decoder import decode
from crm.enums import Channel, ContactPurpose
from crm.exceptions import Refused
from crm.forms.base import PageForm
from crm.models import WorkItem
from crm.services.permission import decide_many
from crm.views.common import WRITE, allowed, back_to, go
from leads import charts
from leads.enums import TestResult
from leads.forms.work import REST_DAYS, OutcomeForm, RestForm, StatusForm
from leads.models import Lead
from leads.services import leads as service
from leads.services import outcomes
from leads.services.explanations import Explanation, explain

SHOWN_HISTORY = 100
SHOWN_TESTS = 10
# What the shop's menu calls the service that a band calls for.
OP_CODES = {"immediate": "BATT", "24_hours": "BATTEST", "48_hours": "BATTEST"}


def lead_or_404(key: int) -> Lead:
    """The lead with its score and everybody who is shown beside it, in one query."""
    related = (
        "score__parameters", "customer", "vehicle", "appointment", "service_record",
    )  # fmt: skip
    try:
        found = Lead.objects.select_related(*related).filter(pk=key).first()
    except OverflowError:
        found = None
    if found is None:
        raise Http404
    return found


@allowed("leads:read")
def lead(request: HttpRequest, key: int) -> HttpResponse:
    return _show(request, lead_or_404(key))


@allowed("leads:write", WRITE)
def lead_status(request: HttpRequest, key: int) -> HttpResponse:
    found = lead_or_404(key)
    form = StatusForm(request.POST, steps=service.STEPS.get(found.status, ()))
    if form.is_valid():
        try:
            moved = service.move_lead(lead=found, **form.cleaned_data)
        except Refused as refused:
            form.refuse(refused)
        else:
            return go(request, _address(found), _("Now %s.") % moved.get_status_display().lower())
    return _show(request, found, status_form=form)


@allowed("leads:write", WRITE)
def lead_rest(request: HttpRequest, key: int) -> HttpResponse:
    found, form = lead_or_404(key), RestForm(request.POST)
    if not form.is_valid():
        return go(request, _address(found), _("Choose how long."), messages.ERROR)
    try:
        rested = service.snooze_lead(lead=found, until=form.until())
    except Refused as refused:
        return go(request, _address(found), str(refused), messages.ERROR)
    return go(request, _address(found), _("It rests.") if rested.snoozed_until else _("Awake."))


@allowed("leads:write", WRITE)
def lead_outcome(request: HttpRequest, key: int) -> HttpResponse:
    """What the battery test came to, in one click."""
    found, form = lead_or_404(key), OutcomeForm(request.POST)
    if form.is_valid():
        try:
            test = outcomes.record_battery_test(
                result=form.cleaned_data["result"],
                lead=found,
                data=form.measured() | _visit_of(found),
                by=_person(request),
            )
        except Refused as refused:
            form.refuse(refused)
        else:
            text = _("Recorded: %s.") % test.get_result_display()
            return go(request, back_to(request, _address(found)), text)
    return _show(request, found, outcome_form=form)


def _visit_of(lead: Lead) -> dict[str, Any]:
    known = {"appointment": lead.appointment, "service_record": lead.service_record}
    return {name: record for name, record in known.items() if record is not None}


def _person(request: HttpRequest) -> Any:
    return request.user


def _address(lead: Lead) -> str:
    return reverse("leads:lead", args=[lead.pk])


def _show(request: HttpRequest, lead: Lead, **forms: PageForm) -> HttpResponse:
    now = timezone.now()
    history = list(
        lead.score_history.select_related("parameters").order_by("-at", "-id")[:SHOWN_HISTORY]
    )
    explanation = explain(lead)
    context: dict[str, Any] = {
        "lead": lead,
        "customer": lead.customer,
        "explanation": explanation,
        "decoded": decode(lead.vin),
        "history": history,
        "tests": lead.battery_tests.select_related("recorded_by", "technician")[:SHOWN_TESTS],
        "is_resting": lead.snoozed_until is not None and lead.snoozed_until > now,
        "rest_days": REST_DAYS,
        "results": TestResult.choices,
        "status_form": StatusForm(steps=service.STEPS.get(lead.status, ())),
        "outcome_form": OutcomeForm(),
        **_drawings(explanation, history),
        **_contact(request, lead),
        **forms,
    }
    status = 422 if any(form.errors for form in forms.values()) else 200
    return render(request, "leads/lead.html", context, status=status)


def _drawings(explanation: Explanation | None, history: list[Any]) -> dict[str, Any]:
    if explanation is None:
        return {}
    drawn: dict[str, Any] = {"waterfall": charts.waterfall(explanation.steps)}
    if len(history) > 1:
        points = [(row.at, row.posterior_probability) for row in reversed(history)]
        drawn["history_chart"] = charts.history(points)
    return drawn


def _contact(request: HttpRequest, lead: Lead) -> dict[str, Any]:
    """How the owner may be reached now (nothing is logged by looking), and the item on Today."""
    customer = lead.customer
    if customer is None or customer.is_anonymised:
        return {}
    purpose = ContactPurpose.MARKETING
    wishes = {channel: (customer.pk, channel, purpose) for channel in Channel.outbound()}
    decisions = decide_many(wishes.values())
    on_list = WorkItem.objects.open().filter(url=_address(lead), customer=customer)
    urgency = lead.score.contact_urgency if hasattr(lead, "score") else ""
    return {
        "decision": decisions[wishes[Channel.CALL]],
        "channels": [(Channel(name).label, decisions[wish]) for name, wish in wishes.items()],
        "dial_url": outbound.dial_address(request.user, customer.pk),
        "purpose": purpose,
        "work_item": on_list.values_list("pk", flat=True).first(),
        "op_code": OP_CODES.get(urgency, ""),
    }
