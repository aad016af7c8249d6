"""Embedded PostgreSQL and Valkey, for whoever needs them: `attach()`.

A client holds a shared lock on `<server>.clients` for its whole life; the kernel releases it
however the client ends. The keeper (`config/keeper.py`, one per VAR, alone under
`keeper.lock`) starts every server that somebody holds the lock of, starts it again if it dies,
and stops all of them when it can take every clients lock for itself. It keeps these locks until
it has gone, so a client that arrives meanwhile waits and then starts a new keeper.
"""

import contextlib
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from config.locks import SHARED, is_locked, open_lock, try_lock
from config.processes import ServerError

BASE_DIR = Path(__file__).resolve().parent.parent
NAMES = ("postgres", "valkey")
VARIABLES = {"postgres": "DATABASE_URL", "valkey": "REDIS_URL"}
START_LIMIT_SECONDS = 120


@dataclass
class Servers:
    """What a client is attached to. Dropping the object does not detach; `detach` does."""

    var: Path
    addresses: dict[str, str]
    locks: list[int] = field(default_factory=list)

    def urls(self) -> dict[str, str]:
        """Return the addresses by environment variable, ready for `os.environ.update`."""
        return {VARIABLES[name]: url for name, url in self.addresses.items()}

    def kept(self) -> bool:
        """Say whether the keeper is alive; if not, attach again."""
        return is_locked(self.var / "keeper.lock")

    def detach(self) -> None:
        """Let go. Closing is not unlocking: a forked child keeps the servers up on its own."""
        while self.locks:
            os.close(self.locks.pop())

    def wait_until_stopped(self, limit_seconds: float) -> bool:
        """After `detach`: wait for the keeper to go; False when another client keeps it busy."""
        deadline = time.monotonic() + limit_seconds
        while is_locked(self.var / "keeper.lock"):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True


def attach(var: Path, *, postgres: bool = True, valkey: bool = True) -> Servers:
    """Make sure that the wanted servers of `var` run, and keep them up until this process ends.

    Blocks until they answer; raises ServerError with advice when they cannot, or not within
    START_LIMIT_SECONDS (a recovery goes on in the next attempt).
    """
    names = [name for name, wanted in zip(NAMES, (postgres, valkey), strict=True) if wanted]
    servers = Servers(make_var(var), {})
    try:
        for name in names:
            servers.locks.append(open_lock(servers.var / f"{name}.clients"))
        _join(servers, names)
    except BaseException as error:
        servers.detach()
        if isinstance(error, PermissionError):
            raise ServerError(
                f"no permission for {error.filename}: work as the user who owns {servers.var}, "
                f"or choose another folder in LANEWISE_VAR."
            ) from error
        raise
    return servers


def make_var(var: Path) -> Path:
    """Create the folder if it is not there, and return its real path."""
    if not var.exists():
        var.mkdir(parents=True, exist_ok=True)
        if os.geteuid() == 0:
            var.chmod(0o755)  # whatever root's umask: the servers' user must get in
    return var.resolve()


def _join(servers: Servers, names: list[str]) -> None:
    """Take the shared locks, start a keeper where there is none, wait for the answers."""
    began, told = time.time(), False
    missing = servers.locks
    while True:
        # A lock that cannot be had belongs to a keeper that is stopping the servers.
        missing = [fd for fd in missing if not try_lock(fd, SHARED)]
        if not missing:
            if is_locked(servers.var / "keeper.lock"):
                servers.addresses = _answering(servers.var, names)
                if servers.addresses:
                    return
            else:
                _raise_failure(servers.var, since=began)
                _start_keeper(servers.var)
        waited = time.time() - began
        if waited > START_LIMIT_SECONDS:
            raise ServerError(f"the servers do not answer yet; see the logs in {servers.var}.")
        if waited > 3 and not told:
            told = True
            print(f"Waiting for the servers in {servers.var} ...", file=sys.stderr, flush=True)
        time.sleep(0.02)


def _raise_failure(var: Path, *, since: float) -> None:
    """Raise what the last keeper wrote before it gave up, if that was after `since`."""
    failure = var / "keeper.failed"
    with contextlib.suppress(FileNotFoundError):
        if failure.stat().st_mtime >= since:
            raise ServerError(failure.read_text())


def _start_keeper(var: Path) -> None:
    """Start a keeper; it is in charge (or another one is) when this returns."""
    with (var / "keeper.log").open("ab") as log:
        started = subprocess.run(
            [sys.executable, "-m", "config.keeper", str(var)],
            cwd=BASE_DIR,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log,
            start_new_session=True,
            check=False,
        )
    if started.returncode:
        raise ServerError(f"the keeper of the servers cannot start; see {var / 'keeper.log'}.")


def _answering(var: Path, names: list[str]) -> dict[str, str]:
    """Return the addresses of `names` if all of them answer, else nothing."""
    from config import postgres, valkey

    probes = {"postgres": postgres.answers, "valkey": valkey.answers}
    try:
        known = json.loads((var / "servers.json").read_text())
    except (FileNotFoundError, ValueError):
        return {}
    if all(name in known and probes[name](known[name]) for name in names):
        return {name: known[name] for name in names}
    return {}
