"""Parts of `make run` that go down when whoever started them is gone, even by kill -9.

On Linux the kernel tells at once (PR_SET_PDEATHSIG). Elsewhere, and as a second net, a thread
looks at the parent's number, which changes when the parent ends.
"""

import os
import signal
import threading
import time

from config.processes import end_with_parent

VARIABLE = "LANEWISE_LAUNCHER"  # process number of the launcher, set in its parts' environment
POLL_SECONDS = 0.5
GRACE_SECONDS = 40.0


def follow_launcher() -> None:
    """End this process in an orderly way with the launcher; without a launcher do nothing."""
    launcher = os.environ.get(VARIABLE)
    if launcher and launcher.isdigit():
        follow_parent(int(launcher))


def follow_parent(parent: int) -> None:
    """Send SIGTERM to this process when `parent` is no longer its parent; later SIGKILL."""
    end_with_parent(signal.SIGTERM)
    threading.Thread(target=_watch, args=(parent,), name="lifeline", daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(POLL_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_SECONDS)
    os.kill(os.getpid(), signal.SIGKILL)


def follow_pool(**kwargs: object) -> None:
    """Celery's `worker_process_init`: a pool process without its worker does no more good.

    Its task is not acknowledged, so another worker takes it.
    """
    end_with_parent(signal.SIGKILL)
