"""Calibration: how good the scores are, which parameter sets there are, and putting one in use."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _

from crm.exceptions import Refused
from crm.views.common import WRITE, allowed, answer, go
from jobs.registry import local_today
from leads import calibration_charts as charts
from leads.enums import ContactUrgency, ParameterState
from leads.forms.calibration import ActivationForm, CallsForm
from leads.models import ScoringParameters
from leads.services import calibration as calibrating
from leads.services import exports
from leads.services import parameters as parameter_sets
from leads.services.attribution import attribution
from leads.services.comparison import compare
from leads.services.evaluation import evaluate
from leads.services.preview import preview

# The page judges by the latest outcomes; `manage.py evaluate_leads` by all.
OUTCOMES_JUDGED = 5_000
SETS_SHOWN = 50


@allowed("leads:read")
def calibration(request: HttpRequest) -> HttpResponse:
    calls = CallsForm(request.GET).calls_a_day()
    found = evaluate(limit=OUTCOMES_JUDGED, calls_a_day=calls)
    context: dict[str, Any] = {
        "found": found,
        "calls_a_day": calls,
        "champion": parameter_sets.champion(),
        "sets": ScoringParameters.objects.select_related("activation__by")[:SETS_SHOWN],
        "bands": attribution(),
    }
    if found is not None:
        context |= {"reliability": charts.reliability(found), "gains": charts.gains(found)}
    return render(request, "leads/calibration.html", context)


@allowed("leads:manage", WRITE)
def calibration_new(request: HttpRequest) -> HttpResponse:
    """Estimate a challenger from all outcomes."""
    user: Any = request.user
    try:
        row = calibrating.propose(draft=calibrating.draft(), by=user)
    except Refused as refused:
        return go(request, reverse("leads:calibration"), str(refused), messages.ERROR)
    return go(request, _address(row), _("%(name)s is proposed.") % {"name": row.name})


@allowed("leads:read")
def calibration_set(request: HttpRequest, key: int) -> HttpResponse:
    """One parameter set beside the one in use."""
    return _page(request, get_object_or_404(ScoringParameters, pk=key), ActivationForm())


@allowed("leads:read")
def calibration_preview(request: HttpRequest, key: int) -> HttpResponseBase:
    """Who would change band under a set: those that move most, or all of them as a file."""
    row = get_object_or_404(ScoringParameters, pk=key)
    if "export" in request.GET:
        return _changes_file(request, row)
    context = {
        "row": row,
        "champion": parameter_sets.champion(),
        "preview": preview(parameters=row, as_of=local_today()),
        "bands": [str(label) for label in ContactUrgency.labels],
    }
    return answer(
        request,
        "leads/calibration_preview.html",
        context,
        fragment="leads/_calibration_preview.html",
    )


def _changes_file(request: HttpRequest, row: ScoringParameters) -> StreamingHttpResponse:
    user: Any = request.user
    if not user.can("exports:read"):
        raise PermissionDenied
    name, pieces = exports.stream_changes(row, as_of=local_today(), user=user)
    return StreamingHttpResponse(
        pieces,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@allowed("leads:manage", WRITE)
def calibration_activate(request: HttpRequest, key: int) -> HttpResponse:
    row = get_object_or_404(ScoringParameters, pk=key)
    form = ActivationForm(request.POST)
    user: Any = request.user
    if form.is_valid():
        try:
            parameter_sets.activate(parameters=row, reason=form.cleaned_data["reason"], by=user)
        except Refused as refused:
            form.refuse(refused)
        else:
            text = _("%(name)s is in use. All open leads are being scored with it.")
            return go(request, reverse("leads:calibration"), text % {"name": row.name})
    return _page(request, row, form, status=422)


@allowed("leads:manage", WRITE)
def calibration_retire(request: HttpRequest, key: int) -> HttpResponse:
    row = get_object_or_404(ScoringParameters, pk=key)
    user: Any = request.user
    try:
        parameter_sets.retire(parameters=row, by=user)
    except Refused as refused:
        return go(request, _address(row), str(refused), messages.ERROR)
    return go(request, reverse("leads:calibration"), _("The set is retired."))


def _page(
    request: HttpRequest, row: ScoringParameters, form: ActivationForm, *, status: int = 200
) -> HttpResponse:
    champion = parameter_sets.champion()
    state = getattr(row, "activation", None)
    context = {
        "row": row,
        "state": state,
        "champion": champion,
        "is_champion": row == champion,
        "is_challenger": state is not None and state.state == ParameterState.CHALLENGER,
        "groups": compare(row, champion),
        "form": form,
    }
    return render(request, "leads/calibration_set.html", context, status=status)


def _address(row: ScoringParameters) -> str:
    return reverse("leads:calibration_set", args=[row.pk])
