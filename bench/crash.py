"""What a crash costs: `python -m bench.crash [--first 5] [--rounds 15] [--seed N]`.

First starts are killed at random moments (initdb, migrations, demo data, parts starting); then
one installation takes writes over its API while a random process is killed with SIGKILL at a
random moment. After each kill: nothing may stay behind, the next start must work, and every write
that was answered with 201 must be there (R12, R16), and at the end pg_amcheck must find nothing
wrong with any table or index. Exit code 1 on any loss, orphan, finding or failure.
`--victim postmaster --rounds 20 --first 0` does it to one kind of process alone.
"""

import argparse
import contextlib
import http.client
import itertools
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
from psycopg.conninfo import conninfo_to_dict

from config.embedded import attach
from config.environment import BASE_DIR
from config.postgres import binaries
from tests.processes import GONE_SECONDS, Run, processes_of, wait_until_none

# What was hit, after how many seconds, seconds of the next start, writes lost, orphans.
Result = tuple[str, float, float, int, int]

WRITES_A_SECOND = 50
WRITERS = 4
ISSUE_KEY = """
from crm.models import User
from crm.services.tokens import create_token
user = User.objects.get(username="admin")
print("token", create_token(user=user, name="crash", scopes=["customers:write"])[1])
"""
# Which process is hit; the launcher must heal or stop everything, whichever it is.
VICTIMS: dict[str, Callable[[psutil.Process], bool]] = {
    "launcher": lambda p: "config.launcher" in p.cmdline(),
    "web": lambda p: _is(p, "gunicorn") and not _is(p.parent(), "gunicorn"),
    "web worker": lambda p: _is(p, "gunicorn") and _is(p.parent(), "gunicorn"),
    "worker": lambda p: _is(p, "worker") and not _is(p.parent(), "worker"),
    "pool process": lambda p: _is(p, "worker") and _is(p.parent(), "worker"),
    "beat": lambda p: "beat" in p.cmdline(),
    "keeper": lambda p: "config.keeper" in p.cmdline(),
    "postmaster": lambda p: p.name() == "postgres" and "-D" in p.cmdline(),
    "database session": lambda p: "lanewise lanewise" in " ".join(p.cmdline()),
    "valkey": lambda p: p.name() == "valkey-server",
}


def _is(process: psutil.Process | None, word: str) -> bool:
    return process is not None and any(part.endswith(word) for part in process.cmdline())


class Ledger:
    """Creates customers over the API and remembers those that the server said it has."""

    def __init__(self, port: int, token: str) -> None:
        self.port = port
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self.acknowledged: list[str] = []
        self.enough = threading.Event()
        self.began = time.monotonic()
        self.writers = [
            threading.Thread(target=self._run, args=(first,), daemon=True)
            for first in range(WRITERS)
        ]
        for writer in self.writers:
            writer.start()

    @property
    def rate(self) -> float:
        """Acknowledged writes a second until now."""
        return len(self.acknowledged) / (time.monotonic() - self.began)

    def close(self) -> None:
        self.enough.set()
        for writer in self.writers:
            writer.join()

    def _run(self, first: int) -> None:
        """Keep to the clock, so that slow answers do not lower the rate as long as others fit."""
        for number in itertools.count(first, WRITERS):
            due = self.began + number / WRITES_A_SECOND
            if self.enough.wait(max(0, due - time.monotonic())):
                return
            with contextlib.suppress(OSError, http.client.HTTPException, ValueError):
                self._write(number)

    def _write(self, number: int) -> None:
        body = {
            "first_name": "Crash",
            "last_name": f"Test{number}",
            "phone": f"+1{310 + number // 10_000}555{number % 10_000:04d}",
        }
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("POST", "/api/v1/customers/", json.dumps(body), self.headers)
            answer = connection.getresponse()
            content = json.loads(answer.read())
            if answer.status == http.HTTPStatus.CREATED:
                self.acknowledged.append(content["id"])
        finally:
            connection.close()


@contextlib.contextmanager
def installation() -> Iterator[Path]:
    """A new folder for servers and data, removed at the end with whatever still runs in it."""
    var = Path(tempfile.mkdtemp(prefix="lanewise-crash-")).resolve()
    var.chmod(0o755)
    try:
        yield var
    finally:
        for process in processes_of(var):
            process.kill()
        shutil.rmtree(var, ignore_errors=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(var: Path, port: int) -> tuple[Run, float]:
    """Start Lanewise; return it and the seconds until it was ready."""
    began = time.monotonic()
    run = Run(var, port, API_RATE_LIMIT_PER_MINUTE="1000000")
    run.wait_until_ready()
    return run, time.monotonic() - began


def settle(run: Run, var: Path) -> int:
    """Stop what a kill has left running; return the number of orphans after a fair wait."""
    if run.process.poll() is None:
        run.process.send_signal(signal.SIGINT)
    run.end(GONE_SECONDS)
    return len(wait_until_none(var, GONE_SECONDS))


def crash_first_start(chance: random.Random) -> Result:
    """Kill a first start at a random moment; the next start must be a whole one."""
    with installation() as var:
        port, moment = free_port(), chance.uniform(0.1, 15)
        run = Run(var, port)
        with contextlib.suppress(subprocess.TimeoutExpired):
            run.process.wait(moment)
        run.process.kill()
        orphans = settle(run, var)
        run, seconds = start(var, port)
        orphans += settle(run, var)
        return "first start", moment, seconds, 0, orphans


def crash_running(var: Path, port: int, token: str, victim: str, chance: random.Random) -> Result:
    """Kill `victim` under load; return what happened, with lost writes and orphans."""
    run, seconds = start(var, port)
    ledger = Ledger(port, token)
    moment = chance.uniform(0.2, 8)
    time.sleep(moment)
    rate = ledger.rate
    hit = [process for process in processes_of(var) if _matches(process, victim)]
    if hit:
        chance.choice(hit).kill()
    time.sleep(2)
    ledger.close()
    orphans = settle(run, var)
    lost = len(ledger.acknowledged) - present(var, ledger.acknowledged)
    label = (
        f"{victim} ({len(ledger.acknowledged)} writes, {rate:.0f}/s)"
        if hit
        else f"{victim}: not running"
    )
    forget(var)
    return label, moment, seconds, lost, orphans


def _matches(process: psutil.Process, victim: str) -> bool:
    try:
        return VICTIMS[victim](process)
    except psutil.Error:
        return False


def present(var: Path, ids: list[str]) -> int:
    """Count the acknowledged customers that the database has."""
    return int(_query(var, "SELECT count(*) FROM customers WHERE id = ANY(%s::uuid[])", [ids]))


def forget(var: Path) -> None:
    """Free the phone numbers for the next round."""
    _query(var, "DELETE FROM customers WHERE first_name = 'Crash' RETURNING 0", [])


def _query(var: Path, statement: str, parameters: list[object]) -> int:
    servers = attach(var, valkey=False)
    try:
        with psycopg.connect(servers.urls()["DATABASE_URL"]) as connection:
            row = connection.execute(statement, parameters).fetchone()
            return 0 if row is None else int(row[0])
    finally:
        servers.detach()
        servers.wait_until_stopped(limit_seconds=30)


def findings(var: Path) -> int:
    """Print what pg_amcheck says about the tables and indexes of the database; count its lines."""
    servers = attach(var, valkey=False)
    try:
        known = conninfo_to_dict(servers.urls()["DATABASE_URL"])
        where = [
            f"--host={known['host']}",
            f"--port={known['port']}",
            f"--username={known['user']}",
        ]
        command = [str(binaries() / "pg_amcheck"), "--install-missing", "--heapallindexed"]
        command += [*where, str(known["dbname"])]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    finally:
        servers.detach()
        servers.wait_until_stopped(limit_seconds=30)
    found = (done.stdout + done.stderr).splitlines()
    print("pg_amcheck:", *(found or ["no finding"]), sep="\n  ")
    return len(found) + done.returncode


def make_token(var: Path) -> str:
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "-v0", "-c", ISSUE_KEY],
        cwd=BASE_DIR,
        env=os.environ | {"LANEWISE_VAR": str(var)},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()[-1]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--first", type=int, default=5, help="crashes of a first start")
    parser.add_argument("--rounds", type=int, default=15, help="crashes under load")
    parser.add_argument("--victim", choices=VICTIMS, help="hit only this one (all in turn)")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    options = parser.parse_args()
    chance = random.Random(options.seed)
    print(f"seed {options.seed}\n{'killed':42} {'after s':>8} {'start s':>8} lost orphans")
    good = True
    for result in first_starts(options.first, chance):
        good &= show(result)
    with installation() as var:
        for result in crashes(var, options.rounds, options.victim, chance):
            good &= show(result)
        good &= not findings(var)
    print("nothing lost, no orphan" if good else "FAILED")
    return 0 if good else 1


def show(result: Result) -> bool:
    """Print the line of one crash; say whether nothing was lost and nobody left behind."""
    label, moment, seconds, lost, orphans = result
    print(f"{label:42} {moment:8.1f} {seconds:8.1f} {lost:4} {orphans:7}", flush=True)
    return not lost and not orphans


def first_starts(count: int, chance: random.Random) -> Iterator[Result]:
    for _ in range(count):
        yield crash_first_start(chance)


def crashes(var: Path, count: int, only: str | None, chance: random.Random) -> Iterator[Result]:
    """Crashes of one installation: of each kind at least once, the launcher most often."""
    port = free_port()
    run, seconds = start(var, port)
    yield "(first start, undisturbed)", 0.0, seconds, 0, settle(run, var)
    token = make_token(var)
    victims = ["launcher", *VICTIMS]
    for number in range(count):
        victim = victims[number] if number < len(victims) else chance.choice(victims)
        yield crash_running(var, port, token, only or victim, chance)


if __name__ == "__main__":
    sys.exit(main())
