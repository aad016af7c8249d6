"""Which processes belong to one Lanewise folder, for tests that nothing is left over."""

import contextlib
import time
from pathlib import Path

import psutil


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


def wait_until_none(var: Path, limit_seconds: float) -> list[psutil.Process]:
    """Wait for all of them to end; return those that have not."""
    deadline = time.monotonic() + limit_seconds
    while (remaining := processes_of(var)) and time.monotonic() < deadline:
        psutil.wait_procs(remaining, timeout=0.2)
    return remaining
