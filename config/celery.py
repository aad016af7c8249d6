"""The Celery application: `celery -A config.celery worker|beat`."""

import os
import sys
from pathlib import Path

from celery import Celery

from config import environment

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


def _is_celery_command() -> bool:
    """Whether this process is `celery ...` or `python -m celery ...`, not a page or a command."""
    program = Path(sys.argv[0])
    return program.stem == "celery" or program.match("celery/__main__.py")


if _is_celery_command():
    environment.prepare(role="beat" if "beat" in sys.argv[1:] else "worker")

app = Celery("lanewise")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
