"""The Celery application: `celery -A config.celery worker|beat`.

Every other process imports it as well (`config.apps`), to publish with the same settings.
"""

import os
import sys
from pathlib import Path
from typing import Any

from celery import Celery
from celery.signals import beat_init, celeryd_after_setup, setup_logging, worker_process_init
from django.core.exceptions import ImproperlyConfigured
from django.db import connections

from config import environment, lifeline

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


def _is_celery_command() -> bool:
    """Whether this process is `celery ...` or `python -m celery ...`, not a page or a command."""
    program = Path(sys.argv[0])
    return program.stem == "celery" or program.match("celery/__main__.py")


if _is_celery_command():
    # Celery would have Django check everything, for which all pages and the API are loaded, 27 MB
    # that a worker has no use for. What must be right for it is checked below.
    os.environ.setdefault("CELERY_SKIP_CHECKS", "1")
    environment.prepare(role="beat" if "beat" in sys.argv[1:] else "worker")
    lifeline.follow_launcher()
    worker_process_init.connect(lifeline.follow_pool, dispatch_uid="config.follow_pool")

app = Celery("lanewise")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect(dispatch_uid="config.leave_logging_to_django")
def leave_logging_to_django(**kwargs: Any) -> None:
    """With a receiver of this signal Celery keeps its hands off: settings.LOGGING holds, and its
    own formats, which print a task's arguments, are not used."""


@celeryd_after_setup.connect(dispatch_uid="config.refuse_unsafe_worker")
@beat_init.connect(dispatch_uid="config.refuse_unsafe_beat")
def refuse_unsafe_start(**kwargs: Any) -> None:
    """Stop a worker or scheduler that is set up unsafely, as the web server stops.

    Celery only logs an Exception of a receiver, so this ends the process.
    """
    from config import checks

    try:
        checks.refuse_unsafe_start()
    except ImproperlyConfigured as error:
        raise SystemExit(str(error)) from error
    # A worker forks next, and its children must not share the connection of the check.
    connections.close_all()
