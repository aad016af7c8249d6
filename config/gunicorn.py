"""Settings of the web server: `gunicorn --config config/gunicorn.py config.wsgi`.

Sync workers, one per core, with kept database connections, are the fastest set-up measured
(docs/operators.md). No preload: a connection opened before the fork would be shared.
"""

import os
import signal
from typing import Any

from config import lifeline
from config.processes import end_with_parent

bind = f"{os.environ.get('HOST') or '127.0.0.1'}:{os.environ.get('PORT') or '8000'}"
workers = int(
    os.environ.get("WEB_CONCURRENCY")
    or (len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
)
timeout = 30
graceful_timeout = 20
# A worker's heartbeat must not wait for a disk.
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108
control_socket_disable = True
proc_name = "lanewise-web"
# Who may speak for a client is decided by TRUSTED_PROXY_COUNT in Django.
forwarded_allow_ips = "127.0.0.1"


def when_ready(server: Any) -> None:
    """In the master: end with the launcher."""
    lifeline.follow_launcher()


def post_fork(server: Any, worker: Any) -> None:
    """In a worker: finish the request at hand and end when the master is gone."""
    end_with_parent(signal.SIGTERM)
