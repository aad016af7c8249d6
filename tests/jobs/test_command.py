"""`manage.py jobs`: output for people and programs, exit codes."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from jobs import registry, services
from jobs.models import JobRun, Outbox
from jobs.registry import Job, Plan

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _silent(settings):
    settings.OUTBOX_PUBLISH = False


@pytest.fixture
def job(monkeypatch):
    monkeypatch.setattr(registry, "_jobs", {})

    def make(run_chunk=lambda chunk: 2):
        return registry.register(
            Job("test.job", "Test job", run_chunk, plan=lambda day: Plan([{}, {}], rows=4))
        )

    return make


def jobs(*arguments: str) -> str:
    out = StringIO()
    call_command("jobs", *arguments, stdout=out)
    return out.getvalue()


def fail(chunk):
    raise ValueError("bad row")


def test_run_does_the_job_and_says_so(job):
    job()
    assert "test.job: 4 rows in" in jobs("run", "test.job", "--date", "2026-11-20")
    run = JobRun.objects.get()
    assert (run.status, run.source, str(run.local_date)) == ("done", "manual", "2026-11-20")


def test_run_that_pauses_exits_with_1_and_names_the_error(job):
    job(fail)
    with pytest.raises(CommandError, match="ValueError: bad row") as error:
        jobs("run", "test.job")
    assert error.value.returncode == 1


def test_run_of_unknown_job_exits_with_2(job):
    job()
    with pytest.raises(CommandError, match="no job 'nothing'") as error:
        jobs("run", "nothing")
    assert error.value.returncode == 2


def test_run_twice_exits_with_2(job):
    job()
    services.start_run("test.job")
    with pytest.raises(CommandError, match="running already") as error:
        jobs("run", "test.job")
    assert error.value.returncode == 2


def test_retry_finishes_a_failed_run(job):
    job()
    run = services.start_run("test.job")
    JobRun.objects.update(status="failed", finished_at=timezone.now(), error="x")
    assert "4 rows" in jobs("retry", str(run.pk))


@pytest.mark.parametrize("arguments", [("retry", "1"), ("outbox", "--retry", "1")])
def test_retry_of_nothing_exits_with_2(arguments):
    with pytest.raises(CommandError, match="There is no") as error:
        jobs(*arguments)
    assert error.value.returncode == 2


def test_list_as_json_has_state_and_runs(job):
    job()
    jobs("run", "test.job")
    shown = json.loads(jobs("list", "--json"))
    assert shown["state"]["outbox_waiting"] == 0
    assert [(run["job"], run["chunks_done"], run["rows_done"]) for run in shown["runs"]] == [
        ("test.job", 2, 4)
    ]


def test_list_without_action_shows_a_table(job):
    job()
    jobs("run", "test.job")
    assert "test.job" in jobs()
    assert json.loads(jobs("--json"))["runs"]


def test_outbox_lists_and_retries(job):
    row = services.enqueue("sample.note", args={"key": 7})
    Outbox.objects.update(failed_at=timezone.now(), last_error="ValueError: no", tries=8)
    (shown,) = json.loads(jobs("outbox", "--failed", "--json"))
    assert (shown["id"], shown["state"], shown["args"]) == (row.pk, "failed", {"key": 7})
    assert "sample.note" in jobs("outbox")
    jobs("outbox", "--retry", str(row.pk))
    assert Outbox.objects.due().get() == row


@pytest.mark.parametrize("arguments", [(), ("run",), ("retry",), ("list",), ("outbox",)])
def test_help_is_there(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        call_command("jobs", *arguments, "--help")
    assert ended.value.code == 0
    assert "usage" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("command", "option"),
    [
        (("jobs", "run", "jobs.prune"), "--date"), (("seed_crm",), "--as-of"),
        (("generate_leads",), "--as-of"), (("score_leads",), "--as-of"),
        (("evaluate_leads",), "--since"), (("calibrate_leads",), "--since"),
        (("recalculate_warmth",), "--as-of"),
    ],
)  # fmt: skip
def test_date_that_is_none_is_refused_in_words(command, option):
    with pytest.raises(CommandError, match=r"“2026-02-30” is no date: write YYYY-MM-DD"):
        call_command(*command, f"{option}=2026-02-30")
