"""`make run` from outside: a real launcher, real parts, real kills. The slowest tests we have."""

import shutil
import signal
import socket
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from config.embedded import attach
from config.keeper import runtime_dir
from tests.processes import GONE_SECONDS, Run, free_port, processes_of, wait_until_none, with_word

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("launcher")]


@pytest.fixture(scope="module")
def var() -> Iterator[Path]:
    """One installation for the whole module: the first start builds the demo, the others reuse."""
    folder = Path(tempfile.mkdtemp(prefix="lanewise-run-")).resolve()
    folder.chmod(0o755)
    yield folder
    for process in processes_of(folder):
        process.kill()
    shutil.rmtree(runtime_dir(folder), ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def launch(var: Path, port: int) -> Iterator[Callable[..., Run]]:
    """Start launchers; whatever a test leaves running is ended after it."""
    runs: list[Run] = []

    def start(**variables: str) -> Run:
        runs.append(Run(var, port, **variables))
        return runs[-1]

    yield start
    for run in runs:
        if run.process.poll() is None:
            run.process.kill()
        run.end()
    for process in wait_until_none(var, GONE_SECONDS):
        process.kill()


def count_customers(var: Path) -> int:
    servers = attach(var, valkey=False)
    try:
        with psycopg.connect(servers.urls()["DATABASE_URL"]) as connection:
            row = connection.execute("SELECT count(*) FROM customers").fetchone()
            assert row is not None
            return int(row[0])
    finally:
        servers.detach()
        servers.wait_until_stopped(limit_seconds=20)


def test_run_prints_address_and_logins_and_ctrl_c_leaves_nothing(
    var: Path, launch: Callable[..., Run]
) -> None:
    run = launch().wait_until_ready()
    assert run.healthy()
    run.process.send_signal(signal.SIGINT)
    assert run.end() == 0
    assert run.url in run.output
    for role in ("advisor", "bdc", "sales", "technician", "manager", "admin"):
        assert f"\n  {role} " in run.output
    assert wait_until_none(var, limit_seconds=0) == []


def test_second_run_is_refused_and_disturbs_nothing(launch: Callable[..., Run]) -> None:
    first = launch().wait_until_ready()
    second = launch()
    assert second.end() == 1
    assert f"already runs ({first.url}/" in second.output
    assert first.healthy()


def test_second_start_is_quick_and_keeps_the_data(var: Path, launch: Callable[..., Run]) -> None:
    launch().wait_until_ready().process.send_signal(signal.SIGTERM)
    assert wait_until_none(var, GONE_SECONDS) == []
    customers = count_customers(var)
    began = time.monotonic()
    run = launch().wait_until_ready()
    assert time.monotonic() - began < 45  # 15 s on a machine of its own; bench/crash.py measures
    assert "building a demo" not in run.output
    run.process.send_signal(signal.SIGTERM)
    assert run.end() == 0
    assert count_customers(var) == customers > 0


def test_taken_port_is_named_with_a_way_out(launch: Callable[..., Run], port: int) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        run = launch()
        assert run.end() == 1
    assert f"Port {port} of 127.0.0.1 cannot be used" in run.output
    assert f"make run PORT={port + 1}" in run.output


@pytest.mark.parametrize("text", ["http", "0", "65536"])
def test_bad_port_is_refused(launch: Callable[..., Run], text: str) -> None:
    run = launch(PORT=text)
    assert run.end() == 1
    assert "it must be a number from 1 to 65535" in run.output


def test_launcher_killed_leaves_no_orphan_and_the_next_start_works(
    var: Path, launch: Callable[..., Run]
) -> None:
    run = launch().wait_until_ready()
    run.process.kill()
    assert run.end() == -signal.SIGKILL
    assert wait_until_none(var, GONE_SECONDS) == []
    assert launch().wait_until_ready().healthy()


@pytest.mark.parametrize("name", ["web", "beat", "worker"])
def test_part_killed_stops_everything_and_says_which(
    var: Path, launch: Callable[..., Run], name: str
) -> None:
    run = launch().wait_until_ready()
    run.part(name).kill()
    assert run.end() == 1
    assert f"lanewise: {name} was killed by SIGKILL; stopping everything." in run.output
    assert wait_until_none(var, limit_seconds=0) == []


def test_keeper_killed_is_replaced_and_pages_come_back(
    var: Path, launch: Callable[..., Run]
) -> None:
    run = launch().wait_until_ready()
    [keeper] = with_word("config.keeper", processes_of(var))
    keeper.kill()
    deadline = time.monotonic() + 60
    while "starting another one" not in run.output and time.monotonic() < deadline:
        psutil.wait_procs([psutil.Process(run.process.pid)], timeout=0.1)
    servers = attach(var)  # returns once the new servers answer
    servers.detach()
    with urllib.request.urlopen(f"{run.url}/readyz", timeout=30) as answer:
        assert answer.status == 200
    run.process.send_signal(signal.SIGINT)
    assert run.end() == 0
    assert wait_until_none(var, limit_seconds=0) == []


def test_ctrl_c_while_starting_leaves_nothing(var: Path, launch: Callable[..., Run]) -> None:
    run = launch()
    deadline = time.monotonic() + 60
    # Until it has started something: before, its own start of Python might lose the signal.
    while time.monotonic() < deadline and not any(
        process.pid != run.process.pid for process in processes_of(var)
    ):
        psutil.wait_procs([psutil.Process(run.process.pid)], timeout=0.05)
    run.process.send_signal(signal.SIGINT)
    run.end()
    assert wait_until_none(var, GONE_SECONDS) == []
