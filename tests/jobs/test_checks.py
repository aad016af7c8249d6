"""Time limits that contradict each other are refused at start."""

import pytest
from celery import current_app
from django.core.checks import run_checks

from jobs import checks


def ids(found):
    return sorted({message.id for message in found})


def test_settings_as_shipped_pass():
    assert run_checks(tags=["jobs"]) == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"CELERY_BROKER_TRANSPORT_OPTIONS": {"visibility_timeout": 600}}, ["jobs.E001"]),
        ({"CELERY_BROKER_TRANSPORT_OPTIONS": {"visibility_timeout": 601}}, []),
        ({"CELERY_TASK_TIME_LIMIT": 900}, ["jobs.E001"]),
        ({"CELERY_TASK_SOFT_TIME_LIMIT": 600}, ["jobs.E002"]),
        ({"WORKER_STATEMENT_TIMEOUT_SECONDS": 540}, ["jobs.E003"]),
        ({"WORKER_STATEMENT_TIMEOUT_SECONDS": 0}, ["jobs.E003"]),
    ],
)
def test_contradicting_limits_are_reported(settings, changes, expected):
    for name, value in changes.items():
        setattr(settings, name, value)
    found = checks.check_time_limits(None)
    assert ids(found) == expected
    assert all(message.hint for message in found)


@pytest.mark.parametrize(
    ("attribute", "value", "expected"),
    [
        ("time_limit", 1000, ["jobs.E001"]),
        ("soft_time_limit", 700, ["jobs.E002"]),
        ("soft_time_limit", 60, ["jobs.E003"]),
    ],
)
def test_limits_of_one_task_are_reported(monkeypatch, attribute, value, expected):
    monkeypatch.setattr(current_app.tasks["jobs.tick"], attribute, value)
    assert ids(checks.check_time_limits(None)) == expected


@pytest.mark.parametrize(("seconds", "expected"), [(300, []), (301, ["jobs.E004"])])
def test_long_countdowns_are_reported(monkeypatch, seconds, expected):
    monkeypatch.setattr(current_app.tasks["jobs.tick"], "default_retry_delay", seconds)
    assert ids(checks.check_countdowns(None)) == expected
