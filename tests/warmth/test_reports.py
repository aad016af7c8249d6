"""Reports that the nightly job keeps: each once in its period, without names, shown to managers."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from crm.enums import Role
from jobs import engine, services
from tests.crm.pages import signed_in
from tests.warmth.factories import CustomerWarmthFactory
from warmth.models import WarmthReport
from warmth.periods import begin_of
from warmth.services import reports
from warmth.services.adjustments import set_component

DAY = date(2026, 11, 25)  # a Wednesday


@pytest.mark.parametrize(
    ("kind", "day", "begin"),
    [
        ("distribution", DAY, DAY),
        ("stale", DAY, date(2026, 11, 23)),
        ("rules", date(2026, 11, 23), date(2026, 11, 23)),
        ("rules", date(2026, 11, 22), date(2026, 11, 16)),
        ("weights", DAY, date(2026, 11, 1)),
        ("adjustments", DAY, date(2026, 10, 1)),
        ("adjustments", date(2026, 3, 31), date(2026, 1, 1)),
    ],
)
def test_period_of_each_kind(kind: str, day: date, begin: date) -> None:
    assert begin_of(kind, day) == begin


@pytest.mark.django_db
def test_each_report_is_made_once_in_its_period_however_late() -> None:
    assert reports.missing(DAY) == list(reports.REPORTS)
    assert [reports.keep(kind, DAY) for kind in reports.REPORTS] == [1] * 5
    assert [reports.keep(kind, DAY) for kind in reports.REPORTS] == [0] * 5
    for days, due in (
        (0, []), (1, ["distribution"]), (5, ["rules", "distribution", "stale"]),
        (6, ["rules", "distribution", "weights", "stale"]),
        (37, ["rules", "distribution", "weights", "adjustments", "stale"]),
    ):  # fmt: skip
        assert reports.missing(DAY + timedelta(days=days)) == due, days


def rows_of(report: WarmthReport) -> list[dict[str, Any]]:
    names, *rows = report.rows
    return [dict(zip(names, row, strict=True)) for row in rows]


@pytest.mark.django_db
def test_job_keeps_figures_that_the_page_shows_without_names_and_free_text() -> None:
    silent = CustomerWarmthFactory(overall_warmth_score=50, days_since_last_interaction=91)
    customer = silent.customer
    run = services.start_run("warmth.report")
    engine.work_on(run.pk, seconds=60)
    run.refresh_from_db()
    assert (run.status, run.rows_done) == ("done", 5), run.error
    set_component(
        customer_id=customer.pk, component="engagement", value=Decimal(60), reason="Their secret"
    )
    WarmthReport.objects.filter(kind="adjustments").delete()
    reports.keep("adjustments", run.local_date)
    kept = {report.kind: rows_of(report) for report in WarmthReport.objects.all()}
    assert [row["customer_id"] for row in kept["stale"]] == [str(customer.pk)]
    assert {row["level"]: row["count"] for row in kept["distribution"]}["lukewarm"] == 1
    assert [Decimal(row["value"]) for row in kept["adjustments"]] == [60]
    assert "name" not in kept["stale"][0] and "reason" not in kept["adjustments"][0]
    page = signed_in(Role.MANAGER).get(reverse("warmth:reports")).content.decode()
    assert page.count("<table") == 5
    assert customer.name not in page and "Their secret" not in page
    assert "<td>Lukewarm</td>" in page
    assert page.index("Rule</th>") < page.index("Event type</th>") < page.index("Lift</th>")
