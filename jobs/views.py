"""The jobs page: what ran, how far it is, what failed, and a button to try again."""

import json
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from jobs import health, registry, services
from jobs.exceptions import JobRefused, UnknownJobError
from jobs.models import JobRun, Outbox

RUNS_PER_PAGE = 25
FAILED_SHOWN = 50

View = Callable[..., HttpResponse]


def panel_context(request: HttpRequest) -> dict[str, Any]:
    """Three queries: state, runs (newest first, `?before=` continues), failed outbox rows."""
    state = health.snapshot()
    runs = JobRun.objects.with_progress().newest_first()
    before = request.GET.get("before", "")
    if before.isdecimal():
        runs = runs.filter(pk__lt=min(int(before), 2**63 - 1))
    shown = list(runs[: RUNS_PER_PAGE + 1])
    has_more, shown = len(shown) > RUNS_PER_PAGE, shown[:RUNS_PER_PAGE]
    jobs = registry.all_jobs()
    titles = {job.name: job.title for job in jobs}
    return {
        "state": state,
        "last_tick_at": timezone.now() - timedelta(seconds=state["tick_age_seconds"] or 0),
        "rows": [(run, titles.get(run.job, run.job)) for run in shown],
        "next_url": f"{reverse('jobs:index')}?before={shown[-1].pk}" if has_more else "",
        "jobs": jobs,
        "failed_rows": Outbox.objects.given_up().order_by("-id")[:FAILED_SHOWN],
        "is_moving": bool(state["runs_active"] or state["outbox_due"]) and not before,
        "may_change": request.user.has_perm("jobs.change_jobrun"),
    }


@login_required
@permission_required("jobs.view_jobrun", raise_exception=True)
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    template = "jobs/_panel.html" if request.headers.get("HX-Request") else "jobs/index.html"
    return render(request, template, panel_context(request))


def changes_jobs(action: Callable[..., str]) -> View:
    """A POST that does `action`, which returns a sentence or refuses, and shows the page again."""

    @login_required
    @permission_required("jobs.change_jobrun", raise_exception=True)
    @require_POST
    @wraps(action)
    def view(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        try:
            level, text = "success", action(request, **kwargs)
        except (JobRefused, UnknownJobError) as refusal:
            level, text = "error", str(refusal)
        if not request.headers.get("HX-Request"):
            (messages.success if level == "success" else messages.error)(request, text)
            return redirect("jobs:index")
        response = render(request, "jobs/_panel.html", panel_context(request))
        response["HX-Trigger"] = json.dumps({"lanewise:message": {"text": text, "level": level}})
        return response

    return view


@changes_jobs
def start(request: HttpRequest) -> str:
    job = registry.get(request.POST.get("job", ""))
    services.start_run(job.name, requested_by=request.user.get_username())
    return f"{job.title}: started."


@changes_jobs
def retry_run(request: HttpRequest, pk: int) -> str:
    run = get_object_or_404(JobRun, pk=pk)
    services.retry_run(run, requested_by=request.user.get_username())
    return "The run goes on with the parts that are not done."


@changes_jobs
def retry_outbox(request: HttpRequest, pk: int) -> str:
    services.retry_outbox(get_object_or_404(Outbox, pk=pk))
    return "The task runs again."
