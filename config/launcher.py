"""`make run`: servers, database, static files, then web, live, beat and worker until Ctrl-C.

Every part attaches to the servers by itself, so they stay up until the last part has gone.
"""

import contextlib
import hashlib
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import environ

from config import embedded, lifeline
from config.environment import BASE_DIR, attach_missing, var_dir
from config.locks import EXCLUSIVE, open_lock, try_lock
from config.parts import Parts, end_group, start_process

HEALTH_LIMIT_SECONDS = 60
POLL_SECONDS = 0.2


class LaunchError(Exception):
    """Lanewise cannot go on; the text says why and what to do."""


class Launcher:
    def __init__(self) -> None:
        environ.Env.read_env(BASE_DIR / ".env")
        self.host = os.environ.get("HOST") or "127.0.0.1"
        self.port = _port(os.environ.get("PORT") or "8000")
        # Without the embedded servers' addresses, or the parts would not attach by themselves.
        self.environment = os.environ | {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
            "PYTHONUNBUFFERED": "1",
            lifeline.VARIABLE: str(os.getpid()),
        }
        self.parts = Parts(sys.stdout)
        self.servers: embedded.Servers | None = None
        self.signalled = False

    def run(self) -> int:
        """Run until a signal (returns 0); raises LaunchError when a part ends by itself."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        if "MAKELEVEL" in os.environ:
            lifeline.follow_parent(os.getppid())
        with self._alone():
            self._check_port()
            self._choose_live_port()
            try:
                self.servers = attach_missing()
                self._start()
                self._watch()
            finally:
                self._stop()
        return 0

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self.signalled = True

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold `run.lock`, which the kernel frees however we end, or refuse to start twice."""
        lock = open_lock(embedded.make_var(var_dir()) / "run.lock")
        try:
            if not try_lock(lock, EXCLUSIVE):
                running = os.pread(lock, 200, 0).decode() or "elsewhere"
                raise LaunchError(f"Lanewise already runs ({running}). Stop it first (Ctrl-C).")
            os.ftruncate(lock, 0)
            os.pwrite(lock, f"{self.url}, process {os.getpid()}".encode(), 0)
            yield
        finally:
            os.close(lock)

    @property
    def url(self) -> str:
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host  # noqa: S104
        return f"http://{host}:{self.port}/"

    def _check_port(self) -> None:
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self.host, self.port))
            except OSError as error:
                raise LaunchError(
                    f"Port {self.port} of {self.host} cannot be used ({error.strerror}). "
                    f"Choose another one: make run PORT={self.port + 1}"
                ) from error

    def _choose_live_port(self) -> None:
        """The port beside ours, or any other when somebody has that one; pages are told which."""
        if os.environ.get("LIVE_PORT"):
            return
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        for port in (self.port + 1, 0):
            with socket.socket(family) as probe, contextlib.suppress(OSError, OverflowError):
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((self.host, port))
                self.environment["LIVE_PORT"] = str(probe.getsockname()[1])
                return

    def _start(self) -> None:
        report = var_dir() / "ready.json"
        self._command("get_ready", "--report", str(report))
        self._collect_static()
        if self.signalled:
            return
        self.parts.start(self.environment)
        self._wait_for_web()
        if not self.signalled:
            self._announce(json.loads(report.read_text()))

    def _command(self, *arguments: str, role: str = "command") -> None:
        """Run a manage.py command in a process of its own; stop it on a signal."""
        process = start_process(
            [sys.executable, "manage.py", *arguments], self.environment | {"LANEWISE_ROLE": role}
        )
        while not self.signalled:
            with contextlib.suppress(subprocess.TimeoutExpired):
                if process.wait(POLL_SECONDS):
                    raise LaunchError(f"`manage.py {arguments[0]}` failed (see above).")
                return
        end_group(process, wait_seconds=10)

    def _collect_static(self) -> None:
        """Hash and compress the static files, unless nothing has changed since the last time.

        All installations of one checkout share the folder, so one of them fills it at a time.
        """
        root = BASE_DIR / "staticfiles"
        stamp, now = root / ".collected", _static_fingerprint()
        with self._lock_of(BASE_DIR / "staticfiles.lock"):
            if self.signalled or (stamp.exists() and stamp.read_text() == now):
                return
            print("Preparing static files ...", flush=True)
            shutil.rmtree(root, ignore_errors=True)
            # Role "web" has the storage that hashes names.
            self._command("collectstatic", "--noinput", "--verbosity", "0", role="web")
            if not self.signalled:
                stamp.write_text(now)

    @contextlib.contextmanager
    def _lock_of(self, path: Path) -> Iterator[None]:
        """Hold the lock alone, or give up waiting for it on a signal."""
        lock = open_lock(path)
        try:
            while not self.signalled and not try_lock(lock, EXCLUSIVE):
                time.sleep(POLL_SECONDS)
            yield
        finally:
            os.close(lock)

    def _wait_for_web(self) -> None:
        deadline = time.monotonic() + HEALTH_LIMIT_SECONDS
        while not self.signalled and not self._answers():
            self._check_parts()
            if time.monotonic() > deadline:
                raise LaunchError("the web server does not answer; see its lines above.")
            time.sleep(POLL_SECONDS)

    def _answers(self) -> bool:
        host = self.url.split("/")[2].rsplit(":", 1)[0]
        connection = http.client.HTTPConnection(host.strip("[]"), self.port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _announce(self, logins: list[tuple[str, str, str]]) -> None:
        lines = ["", f"Lanewise is ready: {self.url}", ""]
        if logins:
            width = [max(len(login[column]) for login in logins) for column in range(3)]
            lines += ["Demo logins (role, user name, password):"]
            lines += [
                "  " + "  ".join(text.ljust(size) for text, size in zip(login, width, strict=True))
                for login in logins
            ]
            lines += [""]
        print("\n".join([*lines, "Stop with Ctrl-C.", ""]), flush=True)

    def _check_parts(self) -> None:
        if ended := self.parts.ended():
            raise LaunchError(f"{ended}; stopping everything.")

    def _watch(self) -> None:
        """Wait for a signal or the end of a part, and replace a keeper that was killed."""
        while not self.signalled:
            self._check_parts()
            if self.servers is not None and not self.servers.kept():
                print("The keeper of the servers has gone; starting another one.", flush=True)
                lost, self.servers = self.servers, attach_missing()
                lost.detach()
            time.sleep(POLL_SECONDS)

    def _stop(self) -> None:
        if any(part.process for part in self.parts.parts.values()):
            print("Stopping ...", flush=True)
        self.parts.stop()
        if self.servers is not None:
            self.servers.detach()
            if not self.servers.wait_until_stopped(limit_seconds=60):
                print("PostgreSQL and Valkey stay up: another command still uses them.")


def _port(text: str) -> int:
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise LaunchError(f"PORT is {text!r}; it must be a number from 1 to 65535.")
    return int(text)


def _static_fingerprint() -> str:
    """Return a digest of everything that collectstatic copies: our files, others' versions."""
    digest = hashlib.sha256()
    for name in ("requirements.txt", "package-lock.json", "config/settings.py", "config/apps.py"):
        digest.update((BASE_DIR / name).read_bytes())
    for path in sorted((BASE_DIR / "static").rglob("*")):
        status = path.stat()
        digest.update(f"{path} {status.st_size} {status.st_mtime_ns}".encode())
    return digest.hexdigest()


def main() -> int:
    try:
        return Launcher().run()
    except LaunchError as error:
        print(f"lanewise: {error}", file=sys.stderr, flush=True)
        return 1


if __name__ == "__main__":
    sys.exit(main())
