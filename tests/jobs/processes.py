"""Real servers and workers of one test: a private Valkey, Celery workers, beats."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import psutil
from django.conf import settings
from django.db import connection
from redis import Redis

from config.valkey import answers, binary

QUICK = {
    "CELERY_VISIBILITY_TIMEOUT": "10",
    "JOBS_TICK_SECONDS": "1",
    "JOBS_CLAIM_SECONDS": "2",
    "OUTBOX_RESEND_SECONDS": "2",
    "LOG_LEVEL": "WARNING",
}


def wait_until(condition: Callable[[], object], *, seconds: float, what: str) -> float:
    """Poll until `condition()` is true and return how long it took; fail after `seconds`."""
    began = time.monotonic()
    while not condition():
        waited = time.monotonic() - began
        assert waited < seconds, f"after {waited:.1f} s still not: {what}"
        time.sleep(0.02)
    return time.monotonic() - began


def database_url() -> str:
    """Address of the test database, for other processes."""
    values = connection.get_connection_params()
    host, port = quote(values.get("host", ""), safe=""), values.get("port", "")
    who = quote(values.get("user", ""))
    secret = f":{quote(values['password'])}" if values.get("password") else ""
    return f"postgresql://{who}{secret}@{host}{f':{port}' if port else ''}/{values['dbname']}"


class Broker:
    """A Valkey of our own that a test may stop, freeze and empty."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.socket = folder / "broker.sock"
        self.url = f"redis+socket://{self.socket}?virtual_host=0"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        arguments = ["--port", "0", "--unixsocket", self.socket, "--dir", self.folder]
        self.process = subprocess.Popen(
            [binary(), *map(str, arguments), "--appendonly", "yes", "--save", ""],
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        wait_until(lambda: answers(self.url), seconds=10, what="Valkey answers")

    def stop(self) -> None:
        if self.process is not None:
            self.resume()
            self.process.terminate()
            self.process.wait(timeout=10)
            self.process = None

    def freeze(self) -> None:
        assert self.process
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        assert self.process
        self.process.send_signal(signal.SIGCONT)

    def client(self) -> Redis:
        return Redis(unix_socket_path=str(self.socket))


class Celery:
    """A `celery` process with the test's broker and database."""

    def __init__(self, broker: Broker, *arguments: str, **environment: str) -> None:
        self.environment = {
            **os.environ,
            **QUICK,
            "DATABASE_URL": database_url(),
            "REDIS_URL": broker.url,
            "DJANGO_SETTINGS_MODULE": os.environ["DJANGO_SETTINGS_MODULE"],
            **environment,
        }
        self.environment.pop("LANEWISE_ROLE", None)
        self.command = [sys.executable, "-m", "celery", "-A", "config.celery", *arguments]
        self.log = broker.folder / f"{arguments[0]}.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> "Celery":
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                env=self.environment,
                cwd=settings.BASE_DIR,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        return self

    @property
    def children(self) -> list[psutil.Process]:
        assert self.process
        with contextlib.suppress(psutil.NoSuchProcess):
            return psutil.Process(self.process.pid).children(recursive=True)
        return []

    def kill_tree(self) -> None:
        """kill -9 of the process and all of its children, as when a machine loses power."""
        assert self.process
        family = self.children
        for process in (self.process, *family):
            with contextlib.suppress(psutil.NoSuchProcess, ProcessLookupError):
                process.kill()
        self.process.wait(timeout=10)
        psutil.wait_procs(family, timeout=10)

    def kill_child(self) -> None:
        """kill -9 of one pool process that is at work, as the OOM killer does."""
        self.children[0].kill()


def worker(broker: Broker, **environment: str) -> Celery:
    arguments = ["--include", "tests.jobs.sample_tasks", "--concurrency", "2", "--loglevel", "INFO"]
    return Celery(broker, "worker", *arguments, **environment)


def beat(broker: Broker, **environment: str) -> Celery:
    return Celery(broker, "beat", **environment)


@contextlib.contextmanager
def running(*processes: Celery) -> Iterator[None]:
    """Start the processes, and kill them at the end whatever happens."""
    try:
        for process in processes:
            process.start()
        yield
    finally:
        for process in processes:
            if process.process is not None:
                process.kill_tree()
