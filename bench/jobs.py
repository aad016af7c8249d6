"""What background work costs and survives: `python -m bench.jobs [--trials 20]`.

R1  kill -9 at random moments (half a pool process, half a whole worker), 20,000 rows in 40 chunks
R4  broker stopped: page times, catch-up      R5  broker frozen      R6  broker emptied
Also the price of an enqueue, and how many outbox tasks a second two pool processes do.

It makes a scratch database beside the configured one and drops it at the end.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from config import environment

if TYPE_CHECKING:
    from tests.jobs.processes import Broker

SCRATCH = "lanewise_bench_jobs"
PAGES = 50
TASKS = 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=20, help="crashes to try (default 20)")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    options = parser.parse_args()
    with scratch_database():
        good = measure(options.trials, options.seed)
    sys.exit(0 if good else 1)


@contextmanager
def scratch_database(name: str = SCRATCH) -> Iterator[None]:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    os.environ.setdefault("LOG_LEVEL", "ERROR")
    environment.prepare(role="command")
    import django

    django.setup()
    from django.db import connection

    original = connection.settings_dict["NAME"]
    connection.settings_dict["TEST"]["NAME"] = name
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        yield
    finally:
        connection.creation.destroy_test_db(original, verbosity=0)


def measure(trials: int, seed: int) -> bool:
    from celery import current_app

    from jobs.broker import publisher
    from tests.jobs.processes import Broker

    folder = Path(tempfile.mkdtemp(prefix="lw-bench-"))
    broker = Broker(folder)
    broker.start()
    current_app.conf.broker_url = current_app.conf.broker_write_url = broker.url
    try:
        parts = [enqueue_price, throughput, sick_broker]
        good = [part(broker) for part in parts]
        return all([*good, crashes(broker, trials, seed)])
    finally:
        publisher.close()
        broker.stop()
        shutil.rmtree(folder, ignore_errors=True)


def fresh_tables() -> None:
    from django.db import connection

    from jobs.models import JobRun, Outbox
    from tests.jobs.sample_tasks import CREATE

    with connection.cursor() as cursor:
        cursor.execute(CREATE)
    Outbox.objects.all().delete()
    JobRun.objects.all().delete()


def enqueue_price(broker: Broker) -> bool:
    """Milliseconds of one saving transaction without and with a follow-up."""
    from django.db import transaction

    from jobs.services import enqueue
    from tests.jobs.sample_tasks import note

    fresh_tables()

    def bare() -> None:
        with transaction.atomic():
            note("bare", 1)

    def followed() -> None:
        with transaction.atomic():
            note("followed", 1)
            enqueue("sample.note", args={"key": 1})

    figures = [milliseconds(work, 300) for work in (bare, followed)]
    print(
        f"save alone {figures[0]:.2f} ms, with follow-up and publish {figures[1]:.2f} ms (median)"
    )
    return True


def milliseconds(work: Callable[[], None], times: int) -> float:
    took = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took)


def throughput(broker: Broker) -> bool:
    """Outbox tasks a second with two pool processes, each counted and marked in the database."""
    from jobs.models import Outbox
    from jobs.services import enqueue
    from tests.jobs.processes import beat, running, wait_until, worker
    from tests.jobs.sample_tasks import effects

    fresh_tables()
    with running(worker(broker, LOG_LEVEL="ERROR"), beat(broker)):
        enqueue("sample.note", args={"key": -1})
        wait_until(lambda: effects("note") == [-1], seconds=60, what="the worker is there")
        began = time.monotonic()
        for key in range(TASKS):
            enqueue("sample.note", args={"key": key})
        wait_until(lambda: not Outbox.objects.waiting().exists(), seconds=300, what="all done")
        seconds = time.monotonic() - began
    once = effects("note") == list(range(-1, TASKS))
    print(f"{TASKS} tasks in {seconds:.1f} s, {TASKS / seconds:.0f} a second; each once: {once}")
    return once


def sick_broker(broker: Broker) -> bool:
    """R4, R5: pages are saved while workers run and the broker is ill. R6: it loses everything."""
    from tests.jobs.processes import beat, running, worker

    good = True
    for name, fall_ill, recover in (
        ("stopped", broker.stop, broker.start),
        ("frozen", broker.freeze, broker.resume),
    ):
        fresh_tables()
        with running(worker(broker), beat(broker)):
            wait_for_tick()
            fall_ill()
            times = save_pages()
            recover()
            good &= report_illness(name, times)
    fresh_tables()
    times = save_pages()
    broker.client().flushall()
    with running(worker(broker), beat(broker)):
        return good & report_illness("emptied", times)


def wait_for_tick() -> None:
    from jobs.models import Heartbeat
    from tests.jobs.processes import wait_until

    Heartbeat.objects.all().delete()
    wait_until(Heartbeat.objects.exists, seconds=60, what="the first tick")


def save_pages() -> list[float]:
    """Milliseconds of each page, sorted."""
    from django.test import Client, override_settings

    from jobs.broker import publisher

    publisher.resting_until = 0.0
    times = []
    with override_settings(ROOT_URLCONF="tests.jobs.pages", ALLOWED_HOSTS=["*"]):
        client = Client()
        for key in range(PAGES):
            began = time.monotonic()
            if client.post(f"/save/{key}/").status_code != 201:
                raise SystemExit(f"page {key} was not saved")
            times.append((time.monotonic() - began) * 1000)
    return sorted(times)


def report_illness(name: str, times: list[float]) -> bool:
    from jobs.models import Outbox
    from tests.jobs.processes import wait_until
    from tests.jobs.sample_tasks import effects

    caught_up = wait_until(
        lambda: not Outbox.objects.waiting().exists(), seconds=300, what="all follow-ups"
    )
    once = effects("note") == list(range(PAGES))
    print(
        f"broker {name}: {PAGES} of {PAGES} pages saved, p95 {times[int(PAGES * 0.95)]:.0f} ms, "
        f"slowest {times[-1]:.0f} ms; caught up in {caught_up:.1f} s; each once: {once}",
        flush=True,
    )
    return once


def crashes(broker: Broker, trials: int, seed: int) -> bool:
    from tests.jobs.crashes import trial
    from tests.jobs.processes import beat, running, worker

    fresh_tables()
    rng = random.Random(seed)
    crew = worker(broker)
    outcomes = []
    with running(crew, beat(broker)):
        for number in range(trials):
            kill = "child" if number % 2 else "tree"
            outcome = trial(crew, kill, rng)
            outcomes.append(outcome)
            print(f"crash {number + 1:2} {kill:5} {outcome}", flush=True)
    clean = sum(outcome.is_clean for outcome in outcomes)
    slowest = max((outcome.seconds for outcome in outcomes), default=0.0)
    print(
        f"crashes: {clean} of {trials} clean (seed {seed}; no failure in n trials bounds the rate "
        f"at 3/n = {3 / max(trials, 1):.0%}); slowest recovery {slowest:.1f} s"
    )
    return clean == trials


if __name__ == "__main__":
    main()
