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
    """`head` are (title, whether its cells are numbers), `rows` have a (name, value, number?) for
    each cell."""
    names, *rows = report.rows or [[]]
    numbers = [all(_is_number(row[place]) for row in rows) for place in range(len(names))]
    titles = [name.replace("_", " ").capitalize() for name in names]
    return {
        "report": report,
        "head": list(zip(titles, numbers, strict=True)),
        "rows": [list(zip(names, row, numbers, strict=True)) for row in rows],
    }


def _is_number(value: Any) -> bool:
    try:
        float(value or 0)
    except (TypeError, ValueError):
        return False
    return True
