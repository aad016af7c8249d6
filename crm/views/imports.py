"""Importing a file: upload, match columns, check, import, look at the result, take it back."""

from collections.abc import Iterable
from typing import cast
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from crm.enums import ImportStatus
from crm.exceptions import Refused
from crm.exports import write_csv
from crm.forms.imports import ColumnsForm, UploadForm
from crm.models import ImportRun, User
from crm.services import import_files, imports
from crm.services.import_refusals import refused_rows
from crm.services.import_revert import may_revert, revert_import
from crm.views.common import FORM, WRITE, allowed, answer, go, posted

SHOWN_RUNS = 30
OPEN = (ImportStatus.UPLOADED, ImportStatus.CHECKED, ImportStatus.FAILED)
BUSY = (ImportStatus.CHECKING, ImportStatus.RUNNING)


@allowed("imports:write", FORM)
def import_list(request: HttpRequest) -> HttpResponse:
    """The imports so far, and where the next one begins."""
    form = UploadForm(posted(request), request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            run = import_files.receive(
                chunks=file.chunks(), name=file.name, by=cast(User, request.user)
            )
        except Refused as refused:
            form.add_error("file", str(refused))
        else:
            return go(request, reverse("import_columns", args=[run.pk]))
    runs = ImportRun.objects.select_related("created_by").defer(
        "sample", "preview", "headers", "mapping"
    )
    status = 422 if form.errors else 200
    context = {"form": form, "runs": runs[:SHOWN_RUNS]}
    return render(request, "crm/imports.html", context, status=status)


@allowed("imports:write", FORM)
def import_columns(request: HttpRequest, key: UUID) -> HttpResponse:
    """Which column of the file is which field."""
    run = get_object_or_404(ImportRun, pk=key)
    if run.status not in OPEN:
        return go(request, reverse("import", args=[run.pk]))
    form = ColumnsForm(posted(request), run=run)
    if request.method == "POST" and form.is_valid():
        try:
            imports.match_columns(run=run, mapping=form.mapping(), options=form.cleaned_data)
            imports.request_check(run=run)
        except Refused as refused:
            form.refuse(refused)
        else:
            return go(request, reverse("import", args=[run.pk]))
    status = 422 if form.errors else 200
    return render(request, "crm/import_columns.html", {"run": run, "form": form}, status=status)


@allowed("imports:write")
def import_run(request: HttpRequest, key: UUID) -> HttpResponse:
    """Where an import stands: being checked, what it would do, progress, result."""
    run = get_object_or_404(ImportRun.objects.select_related("created_by"), pk=key)
    return _run_page(request, run)


@allowed("imports:write", WRITE)
def import_start(request: HttpRequest, key: UUID) -> HttpResponse:
    run = get_object_or_404(ImportRun, pk=key)
    try:
        imports.request_import(run=run, again="again" in request.POST)
    except imports.AlreadyImported:
        return _run_page(request, run, earlier=imports.earlier_import(run), status=409)
    except Refused as refused:
        return go(request, reverse("import", args=[run.pk]), str(refused), messages.ERROR)
    return go(request, reverse("import", args=[run.pk]))


@allowed("imports:write", WRITE)
def import_revert(request: HttpRequest, key: UUID) -> HttpResponse:
    run = get_object_or_404(ImportRun, pk=key)
    page = reverse("import", args=[run.pk])
    try:
        report = revert_import(run=run, by=cast(User, request.user))
    except Refused as refused:
        return go(request, page, str(refused), messages.ERROR)
    if report.left_count:
        text = f"Taken back, except for {report.left_count} records (see below)."
        return go(request, page, text, messages.WARNING)
    return go(request, page, "The import was taken back.")


@allowed("imports:write")
def import_refused(request: HttpRequest, key: UUID) -> HttpResponse:
    """The refused rows, in the columns of the file, with the reasons."""
    run = get_object_or_404(ImportRun, pk=key)
    rows = refused_rows(run, is_preview=run.batch_id is None)
    headers = next(rows)
    stem = run.file_name.rpartition(".")[0] or run.file_name
    response = StreamingHttpResponse(write_csv(headers, rows), content_type="text/csv")
    safe = "".join(char for char in stem if char.isalnum() or char in " -_")
    response["Content-Disposition"] = f'attachment; filename="{safe}-refused.csv"'
    return response  # type: ignore[return-value]


def _run_page(
    request: HttpRequest, run: ImportRun, *, earlier: ImportRun | None = None, status: int = 200
) -> HttpResponse:
    report = run.preview if run.batch_id is None else run.report
    context = {
        "run": run,
        "report": report,
        "tiles": _tiles(report or {}),
        "examples": (report or {}).get("examples", {}),
        "reverted": (run.report or {}).get("reverted"),
        "earlier": earlier,
        "is_busy": run.status in BUSY,
        "is_open": run.status in OPEN,
        "may_revert": may_revert(run),
        "percent": 100 * run.done_rows // run.total_rows if run.total_rows else 0,
        "ignored": [header for header in run.headers if not run.mapping.get(header)],
    }
    return answer(request, "crm/import.html", context, fragment="crm/_import.html", status=status)


def _tiles(report: dict[str, int]) -> Iterable[tuple[str, int, str]]:
    """(kind, rows, what it means) of the four things that can become of a row."""
    meanings = (
        ("created", "new customers"),
        ("changed", "rows that change something or add a vehicle"),
        ("same", "rows that are in the books already"),
        ("refused", "rows refused"),
    )
    return [(kind, report.get(kind, 0), meaning) for kind, meaning in meanings]
