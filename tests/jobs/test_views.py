"""The jobs page: who may see and press what, plain and htmx, and what it costs."""

import json
from datetime import date

import pytest
from django.test import Client
from django.utils import timezone

from crm import roles
from crm.enums import Role
from jobs import registry, services
from jobs.models import JobChunk, JobRun, Outbox
from jobs.registry import Job, Plan
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
PAGE = "/jobs/"
HTMX = {"HX-Request": "true"}
NOW = timezone.now()


@pytest.fixture(autouse=True)
def _one_job(settings, monkeypatch):
    settings.OUTBOX_PUBLISH = False
    monkeypatch.setattr(registry, "_jobs", {})
    registry.register(Job("test.job", "Test job", lambda chunk: 1, plan=lambda day: Plan([{}])))


@pytest.fixture
def manager() -> Client:
    return signed_in(Role.MANAGER)


def signed_in(role: Role) -> Client:
    client = Client()
    client.force_login(UserFactory(role=role, username=f"a-{role}"))
    return client


def make_run(**values) -> JobRun:
    run = JobRun.objects.create(
        **{"job": "test.job", "local_date": date(2026, 11, 21), "source": "manual", **values}
    )
    JobChunk.objects.create(run=run, number=0, status="done", rows=3)
    JobChunk.objects.create(run=run, number=1)
    return run


def failed_run() -> JobRun:
    return make_run(status="failed", finished_at=NOW, error="ValueError: bad row")


def failed_task() -> Outbox:
    return Outbox.objects.create(
        task="sample.note", args={"key": 7}, failed_at=NOW, tries=8, last_error="ValueError: no"
    )


def test_page_shows_runs_and_failed_tasks(manager):
    failed_run()
    failed_task()
    text = manager.get(PAGE).content.decode()
    for words in ("Test job", "1 of 2 parts", "ValueError: bad row", "sample.note", "key 7"):
        assert words in text
    assert text.count("Retry</button>") == 2


def test_page_of_a_new_installation_says_so(manager):
    assert "Nothing has run yet" in manager.get(PAGE).content.decode()


def test_fragment_for_htmx_is_the_panel_alone(manager):
    text = manager.get(PAGE, headers=HTMX).content.decode()
    assert text.lstrip().startswith('<div id="jobs-panel"')
    assert "<html" not in text


@pytest.mark.parametrize(("status", "polls"), [("running", True), ("failed", False)])
def test_page_polls_only_while_something_runs(manager, status, polls):
    make_run(status=status, finished_at=None if status == "running" else NOW)
    assert ('hx-trigger="every 3s"' in manager.get(PAGE).content.decode()) is polls


def test_page_polls_while_a_task_is_due(manager):
    services.enqueue("sample.note", args={"key": 1})
    assert 'hx-trigger="every 3s"' in manager.get(PAGE).content.decode()


def test_page_keeps_the_rules_of_the_content_policy(manager):
    failed_run()
    text = manager.get(PAGE, headers=HTMX).content.decode()
    assert " style=" not in text
    assert "<script" not in text
    assert " hx-on" not in text


def test_page_continues_with_older_runs(manager):
    runs = [make_run(status="done", finished_at=NOW) for _ in range(30)]
    first = manager.get(PAGE).content.decode()
    assert f"?before={runs[5].pk}" in first
    older = manager.get(f"{PAGE}?before={runs[5].pk}", headers=HTMX)
    assert [run.pk for run, _ in older.context["rows"]] == [run.pk for run in runs[4::-1]]


@pytest.mark.parametrize("before", ["", "x", "-1", "9" * 40])
def test_page_with_odd_cursor_works(manager, before):
    assert manager.get(f"{PAGE}?before={before}").status_code == 200


@pytest.mark.parametrize("rows", [1, 3])
def test_panel_costs_the_same_for_any_number_of_rows(manager, rows, django_assert_num_queries):
    for _ in range(rows):
        failed_run()
        failed_task()
    with django_assert_num_queries(5):  # session, user, state, runs, failed tasks
        manager.get(PAGE, headers=HTMX)


def actions() -> list[tuple[str, dict[str, str]]]:
    return [
        (f"{PAGE}start/", {"job": "test.job"}),
        (f"{PAGE}runs/{failed_run().pk}/retry/", {}),
        (f"{PAGE}outbox/{failed_task().pk}/retry/", {}),
    ]


@pytest.mark.parametrize("index", range(3))
def test_action_works_plain_and_says_so(manager, index):
    url, data = actions()[index]
    response = manager.post(url, data, follow=True)
    assert response.redirect_chain == [(PAGE, 302)]
    assert [message.level_tag for message in response.context["messages"]] == ["success"]


@pytest.mark.parametrize("index", range(3))
def test_action_works_by_htmx_and_says_so(manager, index):
    url, data = actions()[index]
    response = manager.post(url, data, headers=HTMX)
    assert response.status_code == 200
    assert json.loads(response["HX-Trigger"])["lanewise:message"]["level"] == "success"
    assert response.content.decode().lstrip().startswith('<div id="jobs-panel"')


@pytest.mark.parametrize("index", range(3))
def test_action_twice_is_refused_in_words(manager, index):
    url, data = actions()[index]
    manager.post(url, data)
    response = manager.post(url, data, headers=HTMX)
    assert json.loads(response["HX-Trigger"])["lanewise:message"]["level"] == "error"


@pytest.mark.parametrize("index", range(3))
def test_action_by_get_is_not_allowed(manager, index):
    url, _ = actions()[index]
    assert manager.get(url).status_code == 405


@pytest.mark.parametrize("path", ["runs/999/retry/", "outbox/999/retry/"])
def test_action_on_nothing_is_not_found(manager, path):
    assert manager.post(PAGE + path).status_code == 404


def test_start_of_unknown_job_is_refused(manager):
    response = manager.post(f"{PAGE}start/", {"job": "nothing"}, headers=HTMX)
    assert "no job" in json.loads(response["HX-Trigger"])["lanewise:message"]["text"]


@pytest.mark.parametrize("role", [Role.ADVISOR, Role.BDC, Role.SALES, Role.TECHNICIAN])
def test_other_roles_are_refused(role):
    client = signed_in(role)
    assert client.get(PAGE).status_code == 403
    for url, data in actions():
        assert client.post(url, data).status_code == 403
    assert JobRun.objects.filter(status="failed").count() == 1


def test_reader_sees_no_buttons_and_cannot_press_them(monkeypatch):
    monkeypatch.setitem(roles.ROLE_CAPABILITIES, Role.ADVISOR, frozenset({"jobs:read"}))
    client = signed_in(Role.ADVISOR)
    failed_run()
    text = client.get(PAGE).content.decode()
    assert "Test job" in text
    assert "Retry" not in text
    assert "Run now</button>" not in text
    assert client.post(f"{PAGE}start/", {"job": "test.job"}).status_code == 403


def test_stranger_is_sent_to_the_sign_in_page():
    for url, data in [(PAGE, {}), *actions()]:
        response = Client().post(url, data)
        assert response.status_code == 302
        assert response["Location"].startswith("/accounts/login/")


def test_action_without_csrf_token_is_refused():
    client = Client(enforce_csrf_checks=True)
    client.force_login(UserFactory(role=Role.MANAGER))
    assert client.post(f"{PAGE}start/", {"job": "test.job"}).status_code == 403
    assert not JobRun.objects.exists()
