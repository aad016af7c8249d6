"""Running Lanewise from outside, and seeing which processes belong to one folder of it."""

import contextlib
import os
import random
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import psutil

from config.environment import BASE_DIR

READY_SECONDS = 120  # a busy machine that runs the first migrations
GONE_SECONDS = 60
# Below the ports that the kernel gives out by itself, a range for each process that runs tests.
FIRST_PORT = 20_000
PORTS = 1_000


def free_port() -> int:
    """A port that nobody listens on, nor on the next one (where the live process goes).

    Another process that runs tests beside this one is never given the same.
    """
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    first = FIRST_PORT + worker % 12 * PORTS
    while True:
        port = first + random.SystemRandom().randrange(0, PORTS, 2)
        if _is_free(port) and _is_free(port + 1):
            return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def processes_of(var: Path) -> list[psutil.Process]:
    """Everything that lives in `var`, was started for it, or has it in its environment."""
    ours = psutil.Process()
    return [process for process in psutil.process_iter() if process != ours and _of(process, var)]


def _of(process: psutil.Process, var: Path) -> bool:
    with contextlib.suppress(psutil.Error, OSError):
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        if process.environ().get("LANEWISE_VAR") == str(var):
            return True
        return Path(process.cwd()).is_relative_to(var) or str(var) in process.cmdline()
    return False


def with_word(word: str, processes: list[psutil.Process]) -> list[psutil.Process]:
    """Those with `word` in their command line; one that has ended meanwhile is none."""

    def has_word(process: psutil.Process) -> bool:
        with contextlib.suppress(psutil.Error):
            return word in process.cmdline()
        return False

    return [process for process in processes if has_word(process)]


def wait_until_none(var: Path, limit_seconds: float) -> list[psutil.Process]:
    """Wait for all of them to end; return those that have not."""
    deadline = time.monotonic() + limit_seconds
    while (remaining := processes_of(var)) and time.monotonic() < deadline:
        psutil.wait_procs(remaining, timeout=0.2)
    return remaining


class Run:
    """One `python -m config.launcher`, its output collected."""

    def __init__(self, var: Path, port: int, **variables: str) -> None:
        dropped = ("DATABASE_URL", "REDIS_URL", "EMAIL_URL", "LANEWISE_ROLE")
        environment = {key: value for key, value in os.environ.items() if key not in dropped}
        environment |= {
            "LANEWISE_VAR": str(var),
            "LANEWISE_EMBEDDED_DURABLE": "1",
            "PORT": str(port),
            "WEB_CONCURRENCY": "2",
            **variables,
        }
        self.url = f"http://127.0.0.1:{port}"
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, "-m", "config.launcher"],
            cwd=BASE_DIR,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.ready = threading.Event()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as output:
            for line in output:
                self.lines.append(line)
                if "Lanewise is ready" in line:
                    self.ready.set()
        self.ready.set()

    @property
    def output(self) -> str:
        return "".join(self.lines)

    def wait_until_ready(self) -> "Run":
        assert self.ready.wait(READY_SECONDS), self.output
        assert "Lanewise is ready" in self.output, self.output
        return self

    def end(self, limit_seconds: float = GONE_SECONDS) -> int:
        code = self.process.wait(limit_seconds)
        self.reader.join(10)
        return code

    def part(self, name: str) -> psutil.Process:
        """The main process of web, beat or worker."""
        words = {"web": "config/gunicorn.py", "beat": "beat", "worker": "worker"}
        [process] = with_word(words[name], psutil.Process(self.process.pid).children())
        return process

    def healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=10) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False
