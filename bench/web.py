"""W1, W2: the customer page under several server set-ups, alternated in one run.

    .venv/bin/python -m bench.web [--customers 20000] [--seconds 5] [--rounds 3]

Seeds a scratch database, serves it by gunicorn in each set-up in turn, asks for customer pages over
8 connections and prints requests a second (median of the rounds). Exits 1 when
W1 our set-up is below 0.9 x the best of the table, or kept connections below 1.8 x new ones;
W2 the page needs more than 12 queries and more than 4 x its SQL time.
"""

import argparse
import http.client
import os
import random
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from config import environment

SCRATCH = "lanewise_bench_web"
CONNECTIONS = 8
KEPT = {"CONN_MAX_AGE": "60"}


@dataclass
class SetUp:
    """One way to serve: gunicorn's arguments and the environment that differs."""

    name: str
    arguments: list[str]
    environment: dict[str, str]
    rates: list[float] = field(default_factory=list)
    times: list[float] = field(default_factory=list)


OURS = SetUp("ours: sync, 2 workers, kept connections", ["--workers", "2"], KEPT)
FRESH = SetUp("same, a new connection a request", ["--workers", "2"], {"CONN_MAX_AGE": "0"})
OTHERS = [
    SetUp("sync, 4 workers, kept", ["--workers", "4"], KEPT),
    SetUp("threads 2 x 4, kept", ["--workers", "2", "--threads", "4"], KEPT),
    SetUp("sync, 1 worker, kept", ["--workers", "1"], KEPT),
]


def prepare(customers: int) -> tuple[str, list[str]]:
    """Seed the scratch database; the session cookie of an advisor and paths of customer pages."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    environment.prepare(role="command")
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {SCRATCH} WITH (FORCE)")
        cursor.execute(f"CREATE DATABASE {SCRATCH}")
    connection.close()
    connection.settings_dict["NAME"] = SCRATCH
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    call_command("seed_crm", customers=customers, seed=7, verbosity=0)
    from django.test import Client

    from crm.models import Customer, User

    client = Client()
    client.force_login(User.objects.create_user("bench", role="advisor"))
    keys = list(Customer.objects.order_by("id").values_list("id", flat=True)[:2000])
    paths = [f"/customers/{key}/" for key in random.Random(3).sample(keys, 300)]
    cookie = f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
    return cookie, paths


def scratch_url() -> str:
    """The environment's database address with the scratch database in it."""
    home, _, query = os.environ["DATABASE_URL"].partition("?")
    return f"{home.rsplit('/', 1)[0]}/{SCRATCH}" + (f"?{query}" if query else "")


@contextmanager
def served(set_up: SetUp) -> Iterator[int]:
    """gunicorn in this set-up; yields its port once it answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable, "-m", "gunicorn", "--config", "python:gunicorn.config",
        "--bind", f"127.0.0.1:{port}", "--log-level", "error", "--keep-alive", "30",
        *set_up.arguments, "config.wsgi",
    ]  # fmt: skip
    variables = os.environ | {
        "DATABASE_URL": scratch_url(), "LANEWISE_ROLE": "web", "LOG_LEVEL": "ERROR",
    } | set_up.environment  # fmt: skip
    server = subprocess.Popen(command, env=variables)
    try:
        deadline = time.monotonic() + 60
        while not answers(port):
            if time.monotonic() > deadline or server.poll() is not None:
                raise SystemExit(f"the server of “{set_up.name}” does not answer")
            time.sleep(0.2)
        yield port
    finally:
        server.terminate()
        server.wait(30)


def answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


def load(port: int, cookie: str, paths: list[str], seconds: float) -> list[float]:
    """Milliseconds of every page that 8 clients got within `seconds`."""
    times: list[float] = []
    wrong: list[int] = []
    until = time.monotonic() + seconds

    def client(offset: int) -> None:
        turn = offset
        while time.monotonic() < until:
            start = time.perf_counter()
            wire = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            wire.request("GET", paths[turn % len(paths)], headers={"Cookie": cookie})
            answer = wire.getresponse()
            answer.read()
            wire.close()
            times.append((time.perf_counter() - start) * 1000)
            if answer.status != 200:
                wrong.append(answer.status)
            turn += CONNECTIONS

    clients = [threading.Thread(target=client, args=(n,)) for n in range(CONNECTIONS)]
    for thread in clients:
        thread.start()
    for thread in clients:
        thread.join()
    if wrong:
        raise SystemExit(f"{len(wrong)} answers were not 200, the first was {wrong[0]}")
    return times


def page_cost(cookie: str, paths: list[str]) -> tuple[int, float]:
    """(most queries of a page, its time as a multiple of its SQL time), in this process."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    name, _, value = cookie.partition("=")
    client = Client()
    client.cookies[name] = value
    queries, ratios = [], []
    client.get(paths[0])
    for path in paths[:100]:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            start = time.perf_counter()
            client.get(path)
            took = time.perf_counter() - start
        queries.append(len(captured))
        ratios.append(took / max(sum(float(q["time"]) for q in captured), 0.001))
    return max(queries), statistics.median(ratios)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=20_000)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    cookie, paths = prepare(options.customers)
    set_ups = [OURS, FRESH, *OTHERS]
    for _ in range(options.rounds):
        for set_up in set_ups:
            with served(set_up) as port:
                load(port, cookie, paths, 1)
                times = load(port, cookie, paths, options.seconds)
            set_up.rates.append(len(times) / options.seconds)
            set_up.times += times
    print(f"{'customer page':42}{'req/s':>8}{'p50 ms':>9}{'p95 ms':>9}")
    for s in set_ups:
        p95 = statistics.quantiles(s.times, n=20)[18]
        print(
            f"{s.name:42}{statistics.median(s.rates):8.0f}{statistics.median(s.times):9.1f}{p95:9.1f}"
        )
    ours, fresh = statistics.median(OURS.rates), statistics.median(FRESH.rates)
    best = max(statistics.median(s.rates) for s in set_ups)
    queries, ratio = page_cost(cookie, paths)
    print(
        f"W1: ours / best = {ours / best:.2f} (goal 0.90),"
        f" kept / new = {ours / fresh:.2f} (goal 1.8)"
    )
    print(f"W2: {queries} queries (goal 12), page / SQL time = {ratio:.1f}")
    return 0 if ours >= 0.9 * best and ours >= 1.8 * fresh and (queries <= 12 or ratio <= 4) else 1


if __name__ == "__main__":
    sys.exit(main())
