"""Versions of the scoring rules: drafted, previewed, published, tried, rolled back."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _

from crm.exceptions import Refused, StaleWrite
from crm.forms.base import PageForm
from crm.views.common import FORM, READ, WRITE, allowed, answer, go, posted
from crm.views.editing import stale_form
from warmth.enums import AlgorithmState
from warmth.forms.rules import DraftForm, InForceForm, RuleForm, SettingsForm, WhyForm
from warmth.models import WarmthAlgorithm, WarmthScoringTrigger
from warmth.services import algorithms
from warmth.services import rules as service

SHOWN_VERSIONS = 50


@allowed("warmth:manage", FORM)
def rules(request: HttpRequest) -> HttpResponse:
    """All versions, and a new draft."""
    form = DraftForm(posted(request))
    if form.is_bound and form.is_valid():
        try:
            draft = algorithms.create_draft(**form.cleaned_data, by=_person(request))
        except Refused as refused:
            form.refuse(refused)
        else:
            return go(request, _address(draft), _("A copy of the version in force."))
    versions = WarmthAlgorithm.objects.order_by("-created_at")[:SHOWN_VERSIONS]
    context = {"versions": versions, "form": form, "why_form": WhyForm()}
    return render(request, "warmth/rules.html", context, status=422 if form.errors else 200)


@allowed("warmth:manage", FORM)
def version(request: HttpRequest, key: UUID) -> HttpResponse:
    """One version; posting changes the weights and bounds of a draft."""
    found = get_object_or_404(WarmthAlgorithm, pk=key)
    form = SettingsForm(posted(request), record=found)
    if form.is_bound and form.is_valid():
        try:
            algorithms.update_draft(
                algorithm=found, data=form.changes(), expected_version=form.expected_version()
            )
        except StaleWrite:
            form = stale_form(form, get_object_or_404(WarmthAlgorithm, pk=key))
        except Refused as refused:
            form.refuse(refused)
        else:
            return go(request, _address(found), _("The draft is saved."))
    return _show(request, found, settings_form=form)


@allowed("warmth:manage", WRITE)
def version_delete(request: HttpRequest, key: UUID) -> HttpResponse:
    found = get_object_or_404(WarmthAlgorithm, pk=key)
    return _done(
        request,
        lambda: algorithms.delete_draft(algorithm=found),
        good=(reverse("warmth:rules"), _("The draft is gone.")),
        bad=_address(found),
    )


@allowed("warmth:manage", READ)
def version_preview(request: HttpRequest, key: UUID) -> HttpResponse:
    """Who would change level under this version, before anything is changed."""
    found = get_object_or_404(WarmthAlgorithm, pk=key)
    context = {"version": found, "preview": service.preview(found)}
    return answer(request, "warmth/preview.html", context, fragment="warmth/_preview.html")


@allowed("warmth:manage", WRITE)
def version_publish(request: HttpRequest, key: UUID) -> HttpResponse:
    """Put a version in force: for everybody, or on trial for the share that was named."""
    found, form = get_object_or_404(WarmthAlgorithm, pk=key), InForceForm(request.POST)
    if form.is_valid():
        reason, percent = form.cleaned_data["reason"], form.cleaned_data["percent"]
        put = {"algorithm": found, "reason": reason, "by": _person(request)}
        try:
            if percent is None:
                algorithms.publish(**put)
            else:
                algorithms.start_trial(**put, percent=percent)
        except Refused as refused:
            form.refuse(refused)
        else:
            return go(request, _address(found), _("In force; all scores are being computed."))
    return _show(request, found, publish_form=form)


@allowed("warmth:manage", WRITE)
def trial_end(request: HttpRequest) -> HttpResponse:
    home, reason = reverse("warmth:rules"), request.POST.get("reason", "")
    return _done(
        request,
        lambda: algorithms.end_trial(reason=reason),
        good=(home, _("The trial is over.")),
        bad=home,
    )


@allowed("warmth:manage", WRITE)
def roll_back(request: HttpRequest) -> HttpResponse:
    home, reason = reverse("warmth:rules"), request.POST.get("reason", "")
    return _done(
        request,
        lambda: algorithms.roll_back(reason=reason, by=_person(request)),
        good=(home, _("The version before is in force again.")),
        bad=home,
    )


@allowed("warmth:manage", FORM)
def rule_new(request: HttpRequest, key: UUID) -> HttpResponse:
    draft = get_object_or_404(WarmthAlgorithm, pk=key)
    form = RuleForm(posted(request))
    if form.is_bound and form.is_valid():
        try:
            service.add_rule(algorithm=draft, data=form.changes())
        except Refused as refused:
            form.refuse(refused)
        else:
            return go(request, _address(draft), _("The rule is added."))
    return _rule_form(request, draft, form)


@allowed("warmth:manage", FORM)
def rule(request: HttpRequest, key: UUID) -> HttpResponse:
    found = _rule_or_404(key)
    form = RuleForm(posted(request), record=found)
    if form.is_bound and form.is_valid():
        try:
            service.update_rule(
                rule=found, data=form.changes(), expected_version=form.expected_version()
            )
        except StaleWrite:
            form = stale_form(form, _rule_or_404(key))
        except Refused as refused:
            form.refuse(refused)
        else:
            return go(request, _address(found.algorithm), _("The rule is saved."))
    return _rule_form(request, found.algorithm, form, found)


@allowed("warmth:manage", WRITE)
def rule_delete(request: HttpRequest, key: UUID) -> HttpResponse:
    found = _rule_or_404(key)
    home = _address(found.algorithm)
    return _done(
        request,
        lambda: service.delete_rule(rule=found),
        good=(home, _("The rule is gone.")),
        bad=home,
    )


def _rule_or_404(key: UUID) -> WarmthScoringTrigger:
    rules = WarmthScoringTrigger.objects.select_related("algorithm")
    found = rules.filter(pk=key).first()
    if found is None:
        raise Http404
    return found


def _rule_form(
    request: HttpRequest,
    version: WarmthAlgorithm,
    form: RuleForm,
    rule: WarmthScoringTrigger | None = None,
) -> HttpResponse:
    context = {"version": version, "form": form, "rule": rule}
    status = 409 if form.is_stale else 422 if form.errors else 200
    return render(request, "warmth/rule.html", context, status=status)


def _show(request: HttpRequest, version: WarmthAlgorithm, **forms: PageForm) -> HttpResponse:
    context = {
        "version": version,
        "is_draft": version.state == AlgorithmState.DRAFT,
        "is_champion": version.state == AlgorithmState.PUBLISHED
        and version.split_percent == algorithms.CHAMPION_PERCENT,
        "rules": version.triggers.order_by("trigger_type", "target_component"),
        "settings_form": SettingsForm(record=version),
        "publish_form": InForceForm(),
        **forms,
    }
    is_stale = any(getattr(form, "is_stale", False) for form in forms.values())
    status = 409 if is_stale else 422 if any(form.errors for form in forms.values()) else 200
    return render(request, "warmth/version.html", context, status=status)


def _done(
    request: HttpRequest, action: Callable[[], Any], *, good: tuple[str, str], bad: str
) -> HttpResponse:
    """After `action`, on to `good` with a word; where it was refused, to `bad` with the reason."""
    try:
        action()
    except Refused as refused:
        return go(request, bad, str(refused), messages.ERROR)
    return go(request, *good)


def _address(version: WarmthAlgorithm) -> str:
    return reverse("warmth:version", args=[version.pk])


def _person(request: HttpRequest) -> Any:
    return request.user
