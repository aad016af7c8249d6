"""The jobs page in Chromium: follows a run without a reload, and can be read by everybody."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from crm.enums import Role
from jobs.models import JobRun, Outbox
from tests.browser.conftest import assert_no_csp_violations, assert_sound


@pytest.fixture
def run(transactional_db, settings):
    settings.OUTBOX_PUBLISH = False
    now = timezone.now()
    for status in ("done", "failed"):
        JobRun.objects.create(
            job="jobs.sessions",
            local_date=now.date(),
            source="manual",
            status=status,
            finished_at=now,
            rows_done=1234,
            error="ValueError: bad row" if status == "failed" else "",
        )
    Outbox.objects.create(
        task="crm.send", args={"customer": "7"}, failed_at=now, last_error="ValueError: no", tries=8
    )
    run = JobRun.objects.create(
        job="jobs.prune", local_date=now.date(), source="manual", status="running", rows_total=90
    )
    for number in range(4):
        run.chunks.create(number=number, status="done" if number == 0 else "pending")
    return run


def test_jobs_page_is_sound(open_page, run):
    page = open_page(Role.MANAGER)
    page.goto("/jobs/")
    expect(page.get_by_role("row", name="jobs.prune")).to_be_visible()
    assert_sound(page)  # a wide table scrolls by itself, never the page


def test_jobs_page_follows_a_run_until_it_ends(open_page, run):
    page = open_page(Role.MANAGER)
    page.goto("/jobs/")
    run.chunks.update(status="done")
    expect(page.get_by_text("4 of 4 parts")).to_be_visible(timeout=10_000)
    JobRun.objects.filter(pk=run.pk).update(status="done", finished_at=timezone.now())
    expect(page.locator("#jobs-panel:not([hx-trigger])")).to_be_visible(timeout=10_000)


def test_jobs_page_retry_button_works_in_place(open_page, run):
    page = open_page(Role.MANAGER)
    page.goto("/jobs/")
    page.get_by_role("row", name="ValueError: bad row").get_by_role("button", name="Retry").click()
    expect(page.get_by_text("The run goes on with the parts that are not done.")).to_be_visible()
    expect(page.get_by_text("ValueError: bad row")).to_have_count(0)
    assert not JobRun.objects.filter(status="failed").exists()
    assert_no_csp_violations(page)
