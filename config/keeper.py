"""The keeper: the background process that runs the embedded servers (see config/embedded.py)."""

import contextlib
import hashlib
import json
import os
import signal
import sys
import tempfile
import time
import traceback
from pathlib import Path
from types import FrameType

from config.embedded import NAMES
from config.locks import EXCLUSIVE, open_lock, try_lock, unlock
from config.postgres import PostgresServer
from config.processes import Server, ServerError, choose_account, make_private, rotate
from config.valkey import ValkeyServer

POLL_SECONDS = 0.25
IDLE_POLLS = 3  # so that one command after another does not restart the servers
RESTARTS = 5  # within one minute; more means that the server cannot live
SOCKET_PATH_LIMIT = 80  # of the folder; the whole path must stay below 104 (macOS) and 108


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
        self.clients = {name: open_lock(var / f"{name}.clients") for name in NAMES}
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
        if not try_lock(fd, EXCLUSIVE):
            return False
        unlock(fd)
        return True

    def _deserted(self, *, keep: bool) -> bool:
        """Say whether no client is left; with `keep`, shut the door behind the last one."""
        taken = [fd for fd in self.clients.values() if try_lock(fd, EXCLUSIVE)]
        deserted = len(taken) == len(self.clients)
        if not (deserted and keep):
            for fd in taken:
                unlock(fd)
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


def _acquire(fd: int) -> bool:
    """Take the keeper's lock; clients may touch it for a moment while they look."""
    for _ in range(20):
        if try_lock(fd, EXCLUSIVE):
            return True
        time.sleep(0.01)
    return False


def main(var: Path) -> int:
    """Become the keeper of `var` in the background, unless there is one.

    The lock is taken before the fork and lives on in the child, so that whoever waits for the
    parent finds a keeper in charge.
    """
    lock = open_lock(var / "keeper.lock")
    if not _acquire(lock):
        return 0
    if os.fork():
        return 0
    os.umask(0o022)
    rotate(var / "keeper.log")
    (var / "keeper.failed").unlink(missing_ok=True)
    try:
        Keeper(var).run()
    except Exception as error:
        traceback.print_exc()
        advice = str(error) if isinstance(error, ServerError) else f"{error!r}, see keeper.log"
        (var / "keeper.failed").write_text(advice)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
