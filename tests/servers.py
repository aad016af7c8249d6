"""Plugin (`-p tests.servers`): gives a test session servers of its own, and settings for tests.

It acts before pytest-django reads the settings. `DATABASE_URL` and `REDIS_URL`, where given, win.
Each session has its own folder, keeper and sockets, so sessions side by side do not meet; under
`pytest -n 2` that holds for each process that runs tests. Sharing would save one initdb (two
seconds) and let kills, flushes and session counts of one process disturb the other.
"""

import atexit
import os
import shutil
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest

from config import embedded


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, object, object]:
    """Start what is missing; a wrapper, because it must come before pytest-django's own hook."""
    os.environ |= {"LANEWISE_ENV": "development", "EMAIL_URL": "memorymail://"}
    if not _only_distributes(early_config):
        _start_servers()
    return (yield)


def _only_distributes(config: pytest.Config) -> bool:
    """Say whether this is the process that hands tests to others (pytest-xdist) and runs none."""
    wanted = getattr(config.known_args_namespace, "numprocesses", None)
    return bool(wanted) and "PYTEST_XDIST_WORKER" not in os.environ


def _start_servers() -> None:
    var = Path(tempfile.mkdtemp(prefix="lanewise-test-")).resolve()
    var.chmod(0o755)  # as root the servers run as somebody else, who must get in
    os.environ |= {"LANEWISE_VAR": str(var), "LANEWISE_EMBEDDED_DURABLE": "0"}
    missing = [name for name in ("DATABASE_URL", "REDIS_URL") if not os.environ.get(name)]
    servers = None
    if missing:
        servers = embedded.attach(
            var, postgres="DATABASE_URL" in missing, valkey="REDIS_URL" in missing
        )
        os.environ.update(servers.urls())
    # Not pytest_unconfigure: that is never called when the settings cannot be loaded.
    atexit.register(_clean_up, os.getpid(), var, servers)


def _clean_up(owner_pid: int, var: Path, servers: embedded.Servers | None) -> None:
    """Stop the session's servers and remove its folder, but not from a forked child."""
    if os.getpid() != owner_pid:
        return
    if servers is not None:
        servers.detach()
        servers.wait_until_stopped(limit_seconds=30)
    shutil.rmtree(var, ignore_errors=True)
