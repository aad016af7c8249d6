"""Embedded servers: start, share, survive every kind of kill, stop with the last client."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from config import embedded, keeper, postgres, valkey
from config.embedded import Servers, attach
from config.environment import BASE_DIR, redis_py_url
from config.processes import Account, ServerError, make_private, require_reachable, rotate
from tests.processes import processes_of, with_word

CLIENT = """
import sys, time
from pathlib import Path
from config.embedded import attach
attach(Path(sys.argv[1]))
print("attached", flush=True)
time.sleep(600)
"""


@pytest.fixture(autouse=True)
def _durable(monkeypatch: pytest.MonkeyPatch) -> None:
    """The suite's own servers trade safety for speed; here safety is what we test."""
    monkeypatch.setenv("LANEWISE_EMBEDDED_DURABLE", "1")


@pytest.fixture
def var() -> Iterator[Path]:
    """A folder that the servers' user may enter, unlike pytest's own tmp_path."""
    folder = Path(tempfile.mkdtemp(prefix="lanewise test ")).resolve()
    folder.chmod(0o755)
    yield folder
    for process in processes_of(folder):
        process.kill()
    shutil.rmtree(keeper.runtime_dir(folder), ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)


def keeper_of(var: Path) -> psutil.Process:
    [process] = with_word("config.keeper", processes_of(var))
    return process


def postmaster_pid(var: Path) -> int:
    return int((var / "postgres" / "postmaster.pid").read_text().splitlines()[0])


def stop(servers: Servers) -> None:
    servers.detach()
    assert servers.wait_until_stopped(limit_seconds=20)


def query(servers: Servers, statement: str) -> object:
    with psycopg.connect(servers.urls()["DATABASE_URL"], autocommit=True) as connection:
        cursor = connection.execute(statement)
        row = cursor.fetchone() if cursor.description else None
        return None if row is None else row[0]


def test_attach_first_client_gets_servers_that_answer(var: Path) -> None:
    servers = attach(var)
    urls = servers.urls()
    assert postgres.answers(urls["DATABASE_URL"])
    assert valkey.answers(urls["REDIS_URL"])
    assert query(servers, "SHOW server_encoding") == "UTF8"
    assert query(servers, "SHOW listen_addresses") == ""
    assert query(servers, "SELECT datlocale FROM pg_database WHERE datname = 'lanewise'") == (
        "C.UTF-8"
    )
    stop(servers)


def test_detach_last_client_leaves_no_process_and_keeps_data(var: Path) -> None:
    first = attach(var)
    query(first, "CREATE TABLE kept AS SELECT 7 AS number")
    stop(first)
    assert processes_of(var) == []
    assert not keeper.runtime_dir(var).exists()

    second = attach(var)
    assert query(second, "SELECT number FROM kept") == 7
    stop(second)


def test_detach_one_of_two_clients_keeps_servers_up(var: Path) -> None:
    first, second = attach(var), attach(var)
    first.detach()
    assert not first.wait_until_stopped(limit_seconds=1.5)
    assert query(second, "SELECT 1") == 1
    stop(second)


def test_client_killed_counts_as_gone(var: Path) -> None:
    client = subprocess.Popen(
        [sys.executable, "-c", CLIENT, str(var)], cwd=BASE_DIR, stdout=subprocess.PIPE
    )
    assert client.stdout is not None
    with client.stdout:
        client.stdout.readline()
        client.kill()
        client.wait()
    assert Servers(var, {}).wait_until_stopped(limit_seconds=20)
    assert processes_of(var) == []


def test_attach_many_at_once_share_one_keeper(var: Path) -> None:
    clients = [
        subprocess.Popen(
            [sys.executable, "-c", CLIENT, str(var)], cwd=BASE_DIR, stdout=subprocess.PIPE
        )
        for _ in range(4)
    ]
    for client in clients:
        assert client.stdout is not None
        with client.stdout:
            assert client.stdout.readline() == b"attached\n"
    keeper_of(var)
    for client in clients:
        client.kill()
        client.wait()
    assert Servers(var, {}).wait_until_stopped(limit_seconds=20)


def test_attach_valkey_alone_starts_no_postgres_until_wanted(var: Path) -> None:
    first = attach(var, postgres=False)
    assert list(first.urls()) == ["REDIS_URL"]
    assert not (var / "postgres").exists()
    second = attach(var)
    assert query(second, "SELECT 1") == 1
    first.detach()
    stop(second)


def test_keeper_killed_next_attach_starts_again_without_orphans(var: Path) -> None:
    first = attach(var)
    query(first, "CREATE TABLE kept AS SELECT 7 AS number")
    old = postmaster_pid(var)
    victim = keeper_of(var)
    victim.kill()
    psutil.wait_procs([victim], timeout=10)
    second = attach(var)
    assert postmaster_pid(var) != old
    assert query(second, "SELECT number FROM kept") == 7
    first.detach()
    stop(second)
    assert processes_of(var) == []


def test_postmaster_killed_keeper_starts_it_again(var: Path) -> None:
    first = attach(var)
    query(first, "CREATE TABLE kept AS SELECT 7 AS number")
    postmaster = psutil.Process(postmaster_pid(var))
    postmaster.kill()
    psutil.wait_procs([postmaster], timeout=10)
    second = attach(var)
    assert query(second, "SELECT number FROM kept") == 7
    assert first.addresses == second.addresses
    first.detach()
    stop(second)
    assert processes_of(var) == []


def test_postmaster_killed_during_a_long_query_start_does_not_wait_for_it(var: Path) -> None:
    servers = attach(var, valkey=False)
    # Busy in its own code, a session does not notice that its server is dead.
    busy = subprocess.Popen(
        [
            postgres.binaries() / "psql",
            servers.urls()["DATABASE_URL"],
            "-c",
            "SELECT count(*) FROM generate_series(1, 10000000000)",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    counting = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT count%series%'"
    deadline = time.monotonic() + 30
    while query(servers, f"{counting} AND pid <> pg_backend_pid()") == 0:
        assert time.monotonic() < deadline
    began = time.monotonic()
    psutil.Process(postmaster_pid(var)).kill()
    busy.wait()
    again = attach(var, valkey=False)
    assert query(again, "SELECT 1") == 1
    assert time.monotonic() - began < 40
    again.detach()
    stop(servers)


def test_valkey_killed_keeper_starts_it_again_with_its_queue(var: Path) -> None:
    import redis

    servers = attach(var)
    client = redis.Redis.from_url(redis_py_url(servers.urls()["REDIS_URL"]))
    client.rpush("queue", "task")
    client.execute_command("WAITAOF", 1, 0, 5000)
    pid = client.info("server")["process_id"]
    client.close()
    victim = psutil.Process(pid)
    victim.kill()
    psutil.wait_procs([victim], timeout=10)
    again = attach(var)
    assert client.lrange("queue", 0, -1) == [b"task"]
    client.close()
    again.detach()
    stop(servers)


@pytest.fixture
def bystander() -> Iterator[subprocess.Popen[bytes]]:
    """An innocent process that happens to have the number of a dead server."""
    process = subprocess.Popen(["sleep", "600"])
    yield process
    process.kill()
    process.wait()


def test_recycled_pid_in_postmaster_pid_start_works_and_spares_the_process(
    var: Path, bystander: subprocess.Popen[bytes]
) -> None:
    servers = attach(var)
    pid_file = var / "postgres" / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    stop(servers)
    pid_file.write_text("\n".join([str(bystander.pid), *lines[1:]]) + "\n")
    servers = attach(var)
    assert query(servers, "SELECT 1") == 1
    assert bystander.poll() is None
    stop(servers)
    assert bystander.poll() is None


@pytest.mark.parametrize("content", ["", "123\n", "1\n/somewhere\n1700000000\n"])
def test_short_postmaster_pid_start_works(var: Path, content: str) -> None:
    stop(attach(var))
    (var / "postgres" / "postmaster.pid").write_text(content)
    servers = attach(var)
    assert query(servers, "SELECT 1") == 1
    stop(servers)


def test_interrupted_initdb_next_start_begins_afresh(var: Path) -> None:
    unfinished = var / "postgres.new"
    unfinished.mkdir()
    (unfinished / "PG_VERSION").write_text("18\n")
    servers = attach(var)
    assert query(servers, "SELECT 1") == 1
    assert not unfinished.exists()
    stop(servers)


def test_data_of_other_major_is_refused_with_advice(var: Path) -> None:
    stop(attach(var))
    (var / "postgres" / "PG_VERSION").write_text("17\n")
    with pytest.raises(ServerError, match=r"made by PostgreSQL 17.*manage.py backup"):
        attach(var, valkey=False)
    assert Servers(var, {}).wait_until_stopped(limit_seconds=20)


def test_caller_locale_and_libpq_variables_do_not_leak_in(
    var: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANG", "es_MX.UTF-8")
    monkeypatch.setenv("LC_ALL", "xx_YY.UTF-8")
    monkeypatch.setenv("PGOPTIONS", "-c nonsense=1")
    servers = attach(var, valkey=False)
    monkeypatch.delenv("PGOPTIONS")
    assert query(servers, "SELECT 1") == 1
    stop(servers)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives its rights away")
def test_root_runs_servers_as_somebody_else(var: Path) -> None:
    servers = attach(var)
    assert psutil.Process(postmaster_pid(var)).uids().real != 0
    assert var.stat().st_uid == 0
    stop(servers)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives its rights away")
def test_root_in_a_closed_folder_is_refused_and_opens_nothing(var: Path) -> None:
    closed = var / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(ServerError, match=rf"cannot enter {closed}\. Put the project"):
        attach(closed / "var")
    assert closed.stat().st_mode & 0o777 == 0o700


def test_require_reachable_for_ourselves_is_not_asked() -> None:
    require_reachable(None, [Path("/nowhere")])


def test_make_private_folder_of_a_stranger_is_refused(var: Path) -> None:
    link = var / "sockets"
    link.symlink_to(var.parent)
    with pytest.raises(ServerError, match="belongs to somebody else"):
        make_private(link, None)


def test_make_private_sets_owner_and_mode(var: Path) -> None:
    account = Account("us", os.getuid(), os.getgid())
    make_private(var / "sockets", account)
    assert (var / "sockets").stat().st_mode & 0o777 == 0o700


def test_rotate_long_log_keeps_one_older_copy(var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("config.processes.LOG_LIMIT_BYTES", 3)
    log = var / "postgres.log"
    log.write_text("long")
    rotate(log)
    assert (log.read_text(), (var / "postgres.log.1").read_text()) == ("", "long")


def test_runtime_dir_long_temporary_folder_falls_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "gettempdir", lambda: "/" + "long/" * 30)
    assert keeper.runtime_dir(Path("/srv/lanewise/var")).parent == Path("/tmp")  # noqa: S108


def test_attach_without_permission_says_whose_folder_it_is(
    var: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> int:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(embedded, "open_lock", refuse)
    with pytest.raises(ServerError, match="work as the user who owns"):
        attach(var)


def test_keeper_told_to_terminate_stops_its_servers(var: Path) -> None:
    servers = attach(var)
    keeper_of(var).send_signal(signal.SIGTERM)
    assert servers.wait_until_stopped(limit_seconds=20)
    assert processes_of(var) == []
    servers.detach()
