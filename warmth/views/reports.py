"""The newest report of each kind that the nightly job has kept."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from crm.views.common import allowed
from warmth.models import WarmthReport
from warmth.services import reports as service


@allowed("warmth:manage")
def reports(request: HttpRequest) -> HttpResponse:
    tables = [_table(report) for report in service.latest()]
    return render(request, "warmth/reports.html", {"tables": tables, "most": service.MOST_KEPT})


def _table(report: WarmthReport) -> dict[str, Any]:
    """`head` are (title, whether its cells are numbers); the rows follow it."""
    keys = list(report.rows[0]) if report.rows else []
    numbers = {key for key in keys if all(_is_number(row[key]) for row in report.rows)}
    return {
        "report": report,
        "head": [(key.replace("_", " ").capitalize(), key in numbers) for key in keys],
        "rows": [[(key, row[key], key in numbers) for key in keys] for row in report.rows],
    }


def _is_number(value: Any) -> bool:
    try:
        float(value or 0)
    except (TypeError, ValueError):
        return False
    return True
