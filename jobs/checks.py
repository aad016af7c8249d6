"""System checks: time limits and redelivery must not contradict each other."""

from typing import Any

from celery import current_app
from django.conf import settings
from django.core.checks import CheckMessage, Error, register

LONGEST_COUNTDOWN_SECONDS = 300


@register("jobs")
def check_time_limits(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """statement timeout < soft limit < hard limit < visibility timeout, for every task.

    Above the visibility timeout the broker hands a task that still runs to a second worker.
    """
    problems: list[CheckMessage] = []
    visibility = settings.CELERY_BROKER_TRANSPORT_OPTIONS.get("visibility_timeout", 3600)
    default = (settings.CELERY_TASK_SOFT_TIME_LIMIT, settings.CELERY_TASK_TIME_LIMIT)
    limits = {"CELERY_TASK_*": default}
    for name, task in our_tasks().items():
        limits[name] = (task.soft_time_limit or default[0], task.time_limit or default[1])
    for name, (soft, hard) in limits.items():
        problems += _check_one(name, soft, hard, visibility)
    return problems


def our_tasks() -> dict[str, Any]:
    """Registered Celery tasks by name, without Celery's own."""
    return {
        name: task for name, task in current_app.tasks.items() if not name.startswith("celery.")
    }


def _check_one(name: str, soft: float, hard: float, visibility: float) -> list[CheckMessage]:
    problems: list[CheckMessage] = []
    if hard >= visibility:
        problems.append(
            Error(
                f"{name}: time limit {hard} s is not below the visibility timeout {visibility} s.",
                hint="Raise CELERY_VISIBILITY_TIMEOUT or lower the time limit; "
                "otherwise long tasks run twice at once.",
                id="jobs.E001",
            )
        )
    if soft >= hard:
        problems.append(
            Error(
                f"{name}: soft time limit {soft} s is not below the time limit {hard} s.",
                hint="Leave the task some seconds to end cleanly before it is killed.",
                id="jobs.E002",
            )
        )
    statement = settings.WORKER_STATEMENT_TIMEOUT_SECONDS
    if not 0 < statement < soft:
        problems.append(
            Error(
                f"{name}: a worker's statement timeout {statement} s is not between 0 and the "
                f"soft time limit {soft} s.",
                hint="A soft limit that strikes inside a statement leaves a broken connection.",
                id="jobs.E003",
            )
        )
    return problems


@register("jobs")
def check_countdowns(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Nothing waits inside the broker for longer than five minutes: such work is a due row."""
    return [
        Error(
            f"{name}: retries after {task.default_retry_delay} s, "
            f"more than {LONGEST_COUNTDOWN_SECONDS} s.",
            hint="Use an outbox row with not_before for anything later.",
            id="jobs.E004",
        )
        for name, task in our_tasks().items()
        if (task.default_retry_delay or 0) > LONGEST_COUNTDOWN_SECONDS
    ]
