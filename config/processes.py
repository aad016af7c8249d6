"""Processes as the operating system sees them: who runs them, where they live, how they end."""

import contextlib
import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

LOG_LIMIT_BYTES = 10 * 1024 * 1024
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


class ServerError(Exception):
    """An embedded server cannot run; the text tells the operator what to do."""


@dataclass(frozen=True)
class Account:
    """The unprivileged user that the servers run as when we are root."""

    name: str
    uid: int
    gid: int


def choose_account(data_dirs: Sequence[Path]) -> Account | None:
    """Return who shall run the servers, or None for "whoever we are" (everybody but root).

    Existing data decides (its owner), then `postgres` if the machine has it, then `nobody`.
    """
    if os.geteuid() != 0:
        return None
    owners = [folder.stat().st_uid for folder in data_dirs if folder.exists()]
    with contextlib.suppress(KeyError):
        for uid in owners:
            if uid != 0:
                return _account(pwd.getpwuid(uid))
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return _account(pwd.getpwnam(name))
    raise ServerError("root needs a user to run PostgreSQL as: create one named postgres.")


def _account(entry: pwd.struct_passwd) -> Account:
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def require_reachable(account: Account | None, targets: Sequence[Path]) -> None:
    """Raise ServerError when `account` cannot get to one of `targets` (folders or programs).

    The project never opens somebody's folders by itself: /root is closed for a reason.
    """
    if account is None:
        return
    paths = [str(p) for target in targets for p in (*reversed(target.parents), target)]
    probe = 'for p; do [ -x "$p" ] || { printf %s "$p"; exit 1; }; done'
    found = subprocess.run(
        ["/bin/sh", "-c", probe, "probe", *paths],
        capture_output=True,
        text=True,
        cwd="/",
        user=account.uid,
        group=account.gid,
        extra_groups=[],
        check=False,
    )
    if found.returncode:
        raise ServerError(
            f"PostgreSQL refuses to run as root, and user {account.name} cannot enter "
            f"{found.stdout}. Put the project where everybody may enter (for example /opt/lanewise)"
            f" or point LANEWISE_VAR and VENV there, run as an ordinary user, or give your own "
            f"servers in DATABASE_URL and REDIS_URL."
        )


def die_with_parent(death_signal: int) -> Callable[[], None]:
    """Return a `preexec_fn`: the kernel sends `death_signal` once the parent is gone (Linux).

    It must run after privileges were dropped (changing the user clears the request), and the
    parent must start the child from a thread that lives as long as itself.
    """
    parent = os.getpid()

    def arm() -> None:
        if _LIBC is not None:
            _LIBC.prctl(_PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
            if os.getppid() != parent:
                os._exit(1)

    return arm


def end_with_parent(death_signal: int) -> None:
    """Ask the kernel for `death_signal` in this very process once its parent is gone (Linux)."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, death_signal, 0, 0, 0)


def inhabitants(folder: Path, names: Sequence[str]) -> list[psutil.Process]:
    """Find processes called one of `names` whose current folder is `folder`.

    A server's folder identifies it even when its PID file lies: numbers are used again.
    """
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.name() in names and Path(process.cwd()) == folder:
                found.append(process)
    return found


def end(processes: Sequence[psutil.Process], steps: Sequence[tuple[int, float]]) -> None:
    """Send each step's signal to those still alive and give them its seconds to leave."""
    remaining = list(processes)
    for number, wait_seconds in steps:
        for process in remaining:
            with contextlib.suppress(psutil.Error):
                process.send_signal(number)
        _, remaining = psutil.wait_procs(remaining, timeout=wait_seconds)
        if not remaining:
            return
    raise ServerError(f"processes {[p.pid for p in remaining]} do not end; stop them by hand.")


def rotate(log: Path) -> None:
    """Keep one older copy of a log that has grown too long.

    Copied and cut, because the server keeps its file open (in append mode).
    """
    if log.exists() and log.stat().st_size > LOG_LIMIT_BYTES:
        shutil.copyfile(log, log.with_suffix(".log.1"))
        os.truncate(log, 0)


def make_private(folder: Path, account: Account | None) -> None:
    """Create `folder` for the servers' user alone, or raise ServerError if it is not theirs."""
    uid = os.geteuid() if account is None else account.uid
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    status = folder.lstat()
    if not folder.is_dir() or folder.is_symlink() or status.st_uid not in (os.geteuid(), uid):
        raise ServerError(f"{folder} belongs to somebody else. Remove it, or set TMPDIR.")
    if account is not None:
        os.chown(folder, account.uid, account.gid)
    folder.chmod(0o700)


class Server(ABC):
    """One server process that lives in `data` and logs into `log`."""

    name: str
    program_names: tuple[str, ...]
    stop_steps: tuple[tuple[int, float], ...]

    def __init__(self, var: Path, runtime: Path, account: Account | None) -> None:
        self.var = var
        self.data = var / self.name
        self.log = var / f"{self.name}.log"
        self.runtime = runtime
        self.account = account
        self.process: subprocess.Popen[bytes] | None = None

    @property
    @abstractmethod
    def url(self) -> str:
        """Return the address that a client's environment variable gets."""

    @abstractmethod
    def start(self) -> None:
        """Start, and return once the server answers; raise ServerError if it ends before."""

    @property
    def died(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def stop(self) -> None:
        """Stop the server and whatever it has left running."""
        if self.process is not None and self.process.poll() is None:
            end([psutil.Process(self.process.pid)], self.stop_steps)
            self.process.wait()
        self.process = None

    def end_strays(self, folder: Path) -> None:
        """End the processes of a server that lost its keeper in `folder`.

        Its main process first, in an orderly way. Children without a main process have nothing
        left to tidy up: they share the memory of a dead server, and a new one must not start
        beside them.
        """
        strays = inhabitants(folder, self.program_names)
        if strays:
            print(f"ending left-over processes {[p.pid for p in strays]}", file=sys.stderr)
            end([p for p in strays if self.is_main(p)], self.stop_steps)
            children = inhabitants(folder, self.program_names)
            end(children, ((signal.SIGQUIT, 5), (signal.SIGKILL, 10)))

    def is_main(self, process: psutil.Process) -> bool:
        """Say whether `process` is the one that its signals should go to."""
        return True

    def spawn(self, command: Sequence[str | Path], *, death_signal: int, cwd: Path) -> None:
        """Start `command` as `self.process`: own session, server's user, dies with the keeper."""
        rotate(self.log)
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW
        log = os.open(self.log, flags, 0o600)
        try:
            self.process = subprocess.Popen(
                command,
                cwd=cwd,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent(death_signal),  # noqa: PLW1509  (keeper has one thread)
                user=None if self.account is None else self.account.uid,
                group=None if self.account is None else self.account.gid,
                extra_groups=None if self.account is None else [],
            )
        finally:
            os.close(log)

    @staticmethod
    def environment() -> Mapping[str, str]:
        """Return a bare environment: the caller's locale or PG* variables must not leak in."""
        return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}

    def last_words(self) -> str:
        """Return the end of the log, for messages."""
        with contextlib.suppress(OSError):
            return self.log.read_text(errors="replace")[-1000:].strip()
        return ""
