"""The parts of a running Lanewise (Procfile): started, listened to, stopped in order."""

import contextlib
import os
import shlex
import signal
import subprocess
import threading
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from honcho.environ import parse_procfile
from honcho.printer import Message, Printer

from config.processes import die_with_parent

BASE_DIR = Path(__file__).resolve().parent.parent
COLOURS = {"web": "36", "live": "34", "beat": "33", "worker": "32"}
# In this order. What a worker has not finished by then is taken up again at the next start.
STOP_SECONDS = {"web": 25.0, "live": 5.0, "beat": 10.0, "worker": 25.0}


def start_process(
    command: list[str], environment: Mapping[str, str], stdout: int | None = None
) -> subprocess.Popen[bytes]:
    """Start `command` in a session of its own; it gets SIGTERM if we are killed.

    Own session: Ctrl-C in the terminal reaches the launcher alone, which stops in order.
    Call it from the main thread (see `die_with_parent`).
    """
    return subprocess.Popen(
        command,
        cwd=BASE_DIR,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=None if stdout is None else subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509  (it calls nothing but C)
    )


def end_group(process: subprocess.Popen[bytes], wait_seconds: float) -> None:
    """SIGTERM, time to leave, then SIGKILL for whatever is left of its process group."""
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(wait_seconds)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


class Part:
    """One line of the Procfile."""

    def __init__(self, name: str, command: str, printer: Printer) -> None:
        self.name = name
        self.command = shlex.split(command)
        self.printer = printer
        self.process: subprocess.Popen[bytes] | None = None
        self.reader: threading.Thread | None = None

    def start(self, environment: Mapping[str, str]) -> None:
        self.process = start_process(self.command, environment, stdout=subprocess.PIPE)
        self.reader = threading.Thread(target=self._pass_on, name=self.name, daemon=True)
        self.reader.start()

    def _pass_on(self) -> None:
        """Copy each line of output to ours, with the part's name in front."""
        if self.process is None or self.process.stdout is None:
            return
        for line in self.process.stdout:
            with contextlib.suppress(OSError):  # our own output was closed: keep reading
                self.printer.write(
                    Message("line", line, datetime.now(), self.name, COLOURS.get(self.name))
                )

    @property
    def end(self) -> str:
        """How it ended ("was killed by SIGKILL", "stopped with code 3"); empty while it runs."""
        code = None if self.process is None else self.process.poll()
        if code is None:
            return ""
        if code < 0:
            return f"was killed by {signal.Signals(-code).name}"
        return f"stopped with code {code}"

    def stop(self, wait_seconds: float) -> None:
        if self.process is not None:
            end_group(self.process, wait_seconds)
        if self.reader is not None:
            self.reader.join(timeout=2)


class Parts:
    """All of them."""

    def __init__(self, output: object) -> None:
        printer = Printer(output, width=max(map(len, STOP_SECONDS)))
        lines = parse_procfile((BASE_DIR / "Procfile").read_text()).processes
        self.parts = {name: Part(name, command, printer) for name, command in lines.items()}

    def start(self, environment: Mapping[str, str]) -> None:
        for part in self.parts.values():
            part.start(environment)

    def ended(self) -> str:
        """Say which part has ended, and how; empty while all run."""
        endings = ((part.name, part.end) for part in self.parts.values())
        return next((f"{name} {end}" for name, end in endings if end), "")

    def stop(self) -> None:
        """Stop web, live, beat, worker: each needs those after it."""
        for name, wait_seconds in STOP_SECONDS.items():
            self.parts[name].stop(wait_seconds)
