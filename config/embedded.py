"""Embedded servers: `attach()` for clients, and the keeper that starts and stops the servers.

A client holds a shared lock on `<server>.clients` for its whole life; the kernel releases it
however the client ends. The keeper (`python -m config.embedded VAR`, one per VAR, alone under
`keeper.lock`) starts every server that somebody holds the lock of, starts it again if it dies,
and stops all of them when it can take every clients lock for itself. It keeps these locks until
it has gone, so a client that arrives meanwhile waits and then starts a new keeper.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from config.processes import Server, ServerError, choose_account, make_private, rotate

BASE_DIR = Path(__file__).resolve().parent.parent
NAMES = ("postgres", "valkey")
VARIABLES = {"postgres": "DATABASE_URL", "valkey": "REDIS_URL"}
START_LIMIT_SECONDS = 120
POLL_SECONDS = 0.25
IDLE_POLLS = 3  # so that one command after another does not restart the servers
RESTARTS = 5  # within one minute; more means that the server cannot live
SOCKET_PATH_LIMIT = 80  # of the folder; the whole path must stay below 104 (macOS) and 108


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _try_lock(fd: int, operation: int) -> bool:
    try:
        fcntl.flock(fd, operation | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


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
        return _keeper_runs(self.var)

    def detach(self) -> None:
        """Let go. Closing is not unlocking: a forked child keeps the servers up on its own."""
        while self.locks:
            os.close(self.locks.pop())

    def wait_until_stopped(self, limit_seconds: float) -> bool:
        """After `detach`: wait for the keeper to go; False when another client keeps it busy."""
        deadline = time.monotonic() + limit_seconds
        while _keeper_runs(self.var):
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
    try:
        var.mkdir(parents=True, exist_ok=True)
        var = var.resolve()
        servers = Servers(var, {})
        for name in names:
            servers.locks.append(_open(var / f"{name}.clients"))
    except PermissionError as error:
        raise ServerError(
            f"no permission for {error.filename}: use the user who owns {var}, or LANEWISE_VAR."
        ) from error
    try:
        _join(servers, names)
    except BaseException:
        servers.detach()
        raise
    return servers


def _join(servers: Servers, names: list[str]) -> None:
    began, told = time.monotonic(), False
    waiting_for = [fd for fd in servers.locks if not _try_lock(fd, fcntl.LOCK_SH)]
    while True:
        waiting_for = [fd for fd in waiting_for if not _try_lock(fd, fcntl.LOCK_SH)]
        if not waiting_for:
            if not _keeper_runs(servers.var):
                _start_keeper(servers.var)
            servers.addresses = _answering(servers.var, names)
            if servers.addresses:
                return
        waited = time.monotonic() - began
        if waited > START_LIMIT_SECONDS:
            raise ServerError(f"the servers do not answer yet; see the logs in {servers.var}.")
        if waited > 3 and not told:
            told = True
            print(f"Waiting for the servers in {servers.var} ...", file=sys.stderr, flush=True)
        time.sleep(0.03)


def _keeper_runs(var: Path) -> bool:
    fd = _open(var / "keeper.lock")
    try:
        return not _try_lock(fd, fcntl.LOCK_SH)
    finally:
        os.close(fd)


def _start_keeper(var: Path) -> None:
    """Start a keeper and wait for its word: nothing when all is well, else what is wrong.

    A keeper that finds another one in charge says nothing and leaves.
    """
    with (var / "keeper.log").open("ab") as log:
        keeper = subprocess.run(
            [sys.executable, "-m", "config.embedded", str(var)],
            cwd=BASE_DIR,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,
            check=False,
        )
    if keeper.stdout:
        raise ServerError(keeper.stdout.strip())
    if keeper.returncode:
        raise ServerError(f"the keeper of the servers failed; see {var / 'keeper.log'}.")


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


def runtime_dir(var: Path) -> Path:
    """Return the folder of the sockets: short, and the same at each start of the same VAR."""
    name = f"lanewise-{hashlib.sha256(os.fsencode(var)).hexdigest()[:12]}"
    parent = Path(tempfile.gettempdir()).resolve()
    if len(str(parent / name)) > SOCKET_PATH_LIMIT:
        parent = Path("/tmp")  # noqa: S108  (make_private checks who owns what stands there)
    return parent / name


class Keeper:
    """Runs the servers of one VAR for as long as somebody wants them."""

    def __init__(self, var: Path) -> None:
        self.var = var
        self.servers: dict[str, Server] = {}
        self.clients = {name: _open(var / f"{name}.clients") for name in NAMES}
        self.deaths: list[float] = []
        self.told_to_stop = False

    def run(self) -> None:
        """Serve until nobody is left; raises ServerError when a server cannot run."""
        signal.signal(signal.SIGTERM, self._on_signal)
        (self.var / "servers.json").unlink(missing_ok=True)
        self.runtime = runtime_dir(self.var)
        self.account = choose_account([self.var / name for name in NAMES])
        make_private(self.runtime, self.account)
        idle = 0
        try:
            while idle < IDLE_POLLS and not self.told_to_stop:
                self._tend()
                _release_starter()
                time.sleep(POLL_SECONDS)
                idle = idle + 1 if self._deserted(keep=idle == IDLE_POLLS - 1) else 0
        finally:
            self._stop()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self.told_to_stop = True

    def _tend(self) -> None:
        """Start what is wanted and not there, and what has died."""
        for name, fd in self.clients.items():
            server = self.servers.get(name)
            if server is not None and server.died:
                self._count_death(server)
                del self.servers[name]
                self._publish()
            if name not in self.servers and not self._free(fd):
                server = self._make(name)
                self.servers[name] = server
                server.start()
                self._publish()
            if server is not None:
                rotate(server.log)

    def _make(self, name: str) -> Server:
        from config.postgres import PostgresServer
        from config.valkey import ValkeyServer

        if name == "valkey":
            return ValkeyServer(self.var, self.runtime, self.account)
        durable = os.environ.get("LANEWISE_EMBEDDED_DURABLE", "1") != "0"
        return PostgresServer(self.var, self.runtime, self.account, durable)

    def _count_death(self, server: Server) -> None:
        now = time.monotonic()
        self.deaths = [moment for moment in self.deaths if now - moment < 60] + [now]
        print(f"{server.name} died; starting it again", file=sys.stderr, flush=True)
        if len(self.deaths) > RESTARTS:
            raise ServerError(f"{server.name} dies again and again: {server.last_words()}")

    def _free(self, fd: int) -> bool:
        if not _try_lock(fd, fcntl.LOCK_EX):
            return False
        fcntl.flock(fd, fcntl.LOCK_UN)
        return True

    def _deserted(self, *, keep: bool) -> bool:
        """Say whether no client is left; with `keep`, shut the door behind the last one."""
        taken = [fd for fd in self.clients.values() if _try_lock(fd, fcntl.LOCK_EX)]
        deserted = len(taken) == len(self.clients)
        if not (deserted and keep):
            for fd in taken:
                fcntl.flock(fd, fcntl.LOCK_UN)
        return deserted

    def _publish(self) -> None:
        addresses = {name: server.url for name, server in self.servers.items()}
        unfinished = self.var / "servers.json.new"
        unfinished.write_text(json.dumps(addresses))
        unfinished.replace(self.var / "servers.json")

    def _stop(self) -> None:
        """Stop Valkey before PostgreSQL, and leave nothing behind."""
        (self.var / "servers.json").unlink(missing_ok=True)
        for name in reversed(NAMES):
            if name in self.servers:
                self.servers[name].stop()
        with contextlib.suppress(OSError):
            for leftover in self.runtime.iterdir():
                leftover.unlink()
            self.runtime.rmdir()


def _release_starter() -> None:
    """Close the pipe to the client that started us: the servers answer."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
    os.close(null)


def _acquire(fd: int) -> bool:
    """Take the keeper's lock; clients may touch it for a moment while they look."""
    for _ in range(20):
        if _try_lock(fd, fcntl.LOCK_EX):
            return True
        time.sleep(0.01)
    return False


def main(var: Path) -> int:
    """Become the keeper of `var` in the background, unless there is one."""
    if os.fork():
        return 0
    os.umask(0o022)
    lock = _open(var / "keeper.lock")
    if not _acquire(lock):
        return 0
    rotate(var / "keeper.log")
    try:
        Keeper(var).run()
    except ServerError as error:
        print(error, file=sys.stderr)
        print(error, flush=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
