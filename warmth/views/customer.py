"""One customer's warmth: why it is what it is, what it may become, and what people add to it."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from crm.exceptions import Refused
from crm.forms.base import PageForm
from crm.models import Customer
from crm.views.common import READ, WRITE, allowed, answer, go
from crm.views.customer_card import customer_or_404
from warmth import charts
from warmth.enums import Component
from warmth.forms.customer import AdjustmentForm, EngagementForm, WhatIfForm
from warmth.models import ArchivedWarmthHistory, CustomerWarmth, CustomerWarmthHistory
from warmth.services import adjustments, events
from warmth.services.algorithms import version_of
from warmth.services.explanation import active_rules, contributions
from warmth.services.what_if import imagine
from warmth.words import NEXT_STEPS, cause

SHOWN_HISTORY = 100


@allowed("warmth:read")
def customer(request: HttpRequest, key: UUID) -> HttpResponse:
    return _show(request, customer_or_404(key))


@allowed("warmth:read", READ)
def customer_card(request: HttpRequest, key: UUID) -> HttpResponse:
    """The card on the customer's page, loaded after it."""
    found = customer_or_404(key)
    warmth = CustomerWarmth.objects.filter(customer=found.pk).first()
    context = {"customer": found, "warmth": warmth, "step": _step(warmth)}
    return answer(request, "warmth/card.html", context, fragment="warmth/_card.html")


@allowed("warmth:read", READ)
def what_if(request: HttpRequest, key: UUID) -> HttpResponse:
    """The score that imagined components would give; stores nothing."""
    found = customer_or_404(key)
    warmth = _warmth_or_404(found)
    context = {"customer": found, "warmth": warmth, **_what_if(request, warmth)}
    return answer(request, "warmth/what_if.html", context, fragment="warmth/_imagined.html")


@allowed("warmth:write", WRITE)
def adjust(request: HttpRequest, key: UUID) -> HttpResponse:
    found, form = customer_or_404(key), AdjustmentForm(request.POST)
    if form.is_valid():
        try:
            adjustments.set_component(customer_id=found.pk, **form.cleaned_data)
        except Refused as refused:
            form.refuse(refused)
        else:
            return go(request, _address(found), _("It stands until its last day."))
    return _show(request, found, adjustment_form=form)


@allowed("warmth:write", WRITE)
def release(request: HttpRequest, key: UUID) -> HttpResponse:
    """Let the automatic value of a component count again."""
    found = customer_or_404(key)
    try:
        adjustments.clear_component(
            customer_id=found.pk, component=request.POST.get("component", "")
        )
    except Refused as refused:
        return go(request, _address(found), str(refused), messages.ERROR)
    return go(request, _address(found), _("The automatic value counts again."))


@allowed("warmth:write", WRITE)
def engage(request: HttpRequest, key: UUID) -> HttpResponse:
    found, form = customer_or_404(key), EngagementForm(request.POST)
    if form.is_valid():
        try:
            event, _new = events.record_event(customer_id=found.pk, **form.cleaned_data)
        except Refused as refused:
            form.refuse(refused)
        else:
            text = _("Recorded: %s.") % event.get_event_type_display()
            return go(request, _address(found), text)
    return _show(request, found, engagement_form=form)


def _address(customer: Customer) -> str:
    return reverse("warmth:customer", args=[customer.pk])


def _warmth_or_404(customer: Customer) -> CustomerWarmth:
    found = CustomerWarmth.objects.filter(customer=customer.pk).first()
    if found is None:
        raise Http404
    return found


def _step(warmth: CustomerWarmth | None) -> Any:
    return NEXT_STEPS[warmth.warmth_level] if warmth is not None else None


def _show(request: HttpRequest, customer: Customer, **forms: PageForm) -> HttpResponse:
    warmth = CustomerWarmth.objects.filter(customer=customer.pk).first()
    context: dict[str, Any] = {
        "customer": customer,
        "warmth": warmth,
        "step": _step(warmth),
        "adjustment_form": AdjustmentForm(),
        "engagement_form": EngagementForm(),
        **(_explained(request, warmth) if warmth is not None else {}),
        **forms,
    }
    status = 422 if any(form.errors for form in forms.values()) else 200
    return render(request, "warmth/customer.html", context, status=status)


def _explained(request: HttpRequest, warmth: CustomerWarmth) -> dict[str, Any]:
    algorithm = version_of(warmth)
    parts = contributions(warmth, algorithm)
    active = active_rules(warmth.customer_id, algorithm)
    history = _history(warmth)
    context: dict[str, Any] = {
        "algorithm": algorithm,
        "parts": parts,
        "active": active,
        "history": history,
        "shown_curves": charts.SHOWN_CURVES,
        "waterfall": charts.contributions(parts, warmth.overall_warmth_score),
        **_what_if(request, warmth),
    }
    if active:
        context["curves"] = charts.decay_curves(active)
    if len(history) > 1:
        context["history_chart"] = charts.history(
            [
                (row["created_at"], row["warmth_score_snapshot"], cause(row["change_trigger"]))
                for row in reversed(history)
            ]
        )
    return context


def _history(warmth: CustomerWarmth) -> list[dict[str, Any]]:
    """The newest changes, those in the archive too; one query."""
    present = CustomerWarmthHistory.objects.filter(customer_warmth=warmth).shown(archived=False)
    archived = ArchivedWarmthHistory.objects.filter(customer_warmth=warmth).shown(archived=True)
    return list(present.union(archived, all=True).order_by("-created_at", "-id")[:SHOWN_HISTORY])


def _what_if(request: HttpRequest, warmth: CustomerWarmth) -> dict[str, Any]:
    """The sliders where they were moved to, else at the present values; and what comes of it once
    they were moved."""
    present = warmth.components
    if not any(name in request.GET for name in Component.values):
        return {"sliders": WhatIfForm(initial=present).sliders(present)}
    form = WhatIfForm(request.GET)
    return {
        "sliders": form.sliders(present),
        "imagined": imagine(warmth, form.values(present)),
    }
