"""What scoring, generating and listing leads cost: `python -m bench.leads [--sizes 10000,100000]`.

U is a bare UPDATE of all score rows, C a SELECT of the same formulas that writes nothing and sends
nothing. The candidates take turns, with VACUUM and a CHECKPOINT before each; medians count.

P1  recompute with every score changed / (U + C)      P3  rerun with nothing changed / C, rows
P1k the same with every indexed value changed / (UPDATE of the indexed values + C)
P4  rows a second, the largest size / the one before  P5  growth of the table after 7 nights of 5 %
P6  p95 of the work list while the job runs           C1  job through the queue / same statement
G   generate + score + COPY / COPY of ready rows; row by row with bulk_create / generate
R2  list, of the API and as a page: at depth / first page     R3  capped count

Works in a scratch database beside the configured one. Exit code 1 when a goal is missed. For one
million leads: `--sizes 10000,100000,1000000 --parts recompute`, and `--memory 1000000` for P4's
memory. Times grow with the number of leads; on two quiet cores expect some 30 s a round for each
100,000 leads of `recompute`, and some 10 minutes for the other parts at 100,000.
"""

import argparse
import itertools
import shutil
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from bench import jobs as bench_jobs
from bench.night_worker import memory_of_a_night
from bench.seeding import spread

AS_OF = date(2024, 12, 31)
NIGHTS = 7
MEMORY_MIB = 100
NAIVE_LEADS = 5_000
PARTS = ("recompute", "growth", "readers", "pages", "queue", "generation")
Check = tuple[str, float, str, float]

U = "UPDATE lead_scores SET risk_percentile = risk_percentile"
# Every score is off by a little, as after a change of all facts, and none so much that it would
# get a row of history.
SPOIL = "UPDATE lead_scores SET adjusted_prior = adjusted_prior + 0.001"
# The same, and every indexed value is another too, which the recompute puts right.
SPOIL_KEYS = """
    UPDATE lead_scores SET posterior_probability = posterior_probability * 0.999,
        urgency_score = (urgency_score + 50) % 100, expected_value = expected_value + 1
"""
# About 5 % of the vehicles drive on.
DRIFT = """
    UPDATE vin_leads SET current_mileage = current_mileage + 400
    WHERE (hashint8(lead_id) + %s) %% 20 = 0
"""
SIZE = "SELECT pg_total_relation_size('lead_scores')"


def execute(sql: str, values: Any = None) -> list[Any]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall()) if cursor.description else [cursor.rowcount]


def seconds(action: Callable[[], Any]) -> float:
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def tidy(*tables: str) -> None:
    for table in tables or ("lead_scores",):
        execute(f"VACUUM {table}")
    execute("CHECKPOINT")


def load(count: int) -> None:
    """Exactly `count` generated leads, in clean tables."""
    from leads.generator import Plan
    from leads.services import generation

    empty()
    generation.load(Plan(count, 1, AS_OF))
    tidy("vin_leads", "lead_scores")


def empty() -> None:
    execute("SET statement_timeout = 0")
    execute(
        "TRUNCATE customers, vehicles, vin_leads, lead_scores, name_words, data_batches CASCADE"
    )


def recompute() -> int:
    from leads.services.nightly import recompute_chunk

    return recompute_chunk(cohorts=None, as_of=AS_OF)


def calculate() -> None:
    """C: all columns of all rows are computed, and skipped before they are sent."""
    from django.db import transaction

    from leads.services import scoring
    from leads.services.parameters import champion

    values = scoring.sql_values(champion(), as_of=AS_OF)
    with transaction.atomic():
        execute("SELECT set_config('jit', 'off', true), set_config('work_mem', '128MB', true)")
        execute(f"SELECT * FROM ({scoring.statement('calculation')}) AS c OFFSET 100000000", values)


def recompute_beside_its_parts(count: int, rounds: int) -> tuple[float, list[Check]]:
    """P1 and P3; the median seconds of a recompute."""
    load(count)
    steps: dict[str, tuple[str, Callable[[], Any]]] = {
        "U": ("", lambda: execute(U)),
        "C": ("", calculate),
        "all": (SPOIL, recompute),
        "U keys": ("", lambda: execute(SPOIL_KEYS)),
        "all keys": ("", recompute),
    }
    took: dict[str, list[float]] = {name: [] for name in (*steps, "none")}
    written = 0
    for _ in range(rounds):
        for name, (before, step) in steps.items():
            if before:
                execute(before)
            tidy()
            took[name].append(seconds(step))
        tidy()
        began = time.perf_counter()
        written += recompute()
        took["none"].append(time.perf_counter() - began)
    middle = {name: statistics.median(times) for name, times in took.items()}
    print(f"{count:,} leads: " + ", ".join(f"{n} {spread(t)}" for n, t in took.items()))
    print(f"  U {middle['U']:.2f} s, C {middle['C']:.2f} s, recompute {middle['all']:.2f} s")
    return middle["all"], [
        (f"P1 at {count:,}", middle["all"] / (middle["U"] + middle["C"]), "<=", 1.5),
        (f"P1k at {count:,}", middle["all keys"] / (middle["U keys"] + middle["C"]), "<=", 1.5),
        (f"P3 at {count:,}", middle["none"] / middle["C"], "<=", 2.0),
        (f"P3 rows written at {count:,}", written, "<=", 0),
    ]


def growth() -> list[Check]:
    """P5: the job's own vacuum is autovacuum; here it comes after each night."""
    tidy()
    [(before,)] = execute(SIZE)
    for night in range(NIGHTS):
        execute(DRIFT, [night])
        recompute()
        tidy()
    [(after,)] = execute(SIZE)
    return [(f"P5 growth after {NIGHTS} nights", after / before, "<=", 1.3)]


def readers_meanwhile() -> list[Check]:
    """P6: 50 rows of the work list again and again while every score is rewritten, milliseconds."""
    took: list[float] = []
    is_over = threading.Event()

    def read() -> None:
        from django.db import connection

        from leads.models import LeadRecord

        leads = LeadRecord.objects.open().order_by("-urgency_score", "-lead_id").values()[:50]
        while not is_over.is_set():
            took.append(seconds(lambda: list(leads.all())) * 1000)
            time.sleep(0.005)
        connection.close()

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(3):
        execute(SPOIL)
        recompute()
    is_over.set()
    reader.join()
    took.sort()
    p95, slowest = took[int(len(took) * 0.95)], took[-1]
    print(f"work list while the job runs: {len(took)} reads, slowest {slowest:.0f} ms")
    return [("P6 work list p95, ms", p95, "<=", 50.0)]


def queue(rounds: int) -> list[Check]:
    """C1: from the wish to the finished run, with a worker and a beat of our own."""
    from celery import current_app

    from jobs import services
    from jobs.broker import publisher
    from tests.jobs.processes import Broker, beat, running, wait_until, worker

    folder = Path(tempfile.mkdtemp(prefix="lw-bench-"))
    broker = Broker(folder)
    broker.start()
    current_app.conf.broker_url = current_app.conf.broker_write_url = broker.url
    publisher.close()  # the connection that loading has used leads to another broker

    def through_the_queue() -> None:
        run = services.start_run("leads.recompute", local_date=AS_OF)

        def is_finished() -> bool:
            run.refresh_from_db()
            return run.finished_at is not None

        wait_until(is_finished, seconds=900, what="the job is done")
        assert run.status == "done", run.error

    took: dict[str, list[float]] = {"queue": [], "statement": []}
    try:
        # The tick of an installation: that of the tests comes every second.
        calm = {"LOG_LEVEL": "ERROR", "JOBS_TICK_SECONDS": "60"}
        with running(worker(broker, **calm), beat(broker, **calm)):
            through_the_queue()  # the worker is up and its modules are loaded
            for _ in range(rounds):
                for name, step in (("statement", recompute), ("queue", through_the_queue)):
                    execute(SPOIL)
                    tidy()
                    took[name].append(seconds(step))
    finally:
        publisher.close()
        broker.stop()
        shutil.rmtree(folder, ignore_errors=True)
    middle = {name: statistics.median(times) for name, times in took.items()}
    print(f"queue {spread(took['queue'])}, statement {spread(took['statement'])}")
    return [("C1 job / statement", middle["queue"] / middle["statement"], "<=", 1.2)]


def memory() -> tuple[int, int]:
    """MiB of a worker before it recomputes every score, and at most."""
    execute(SPOIL)
    return memory_of_a_night("leads", AS_OF)


def deepest(first: str, deep: list[str], page: Callable[[str], object], rounds: int) -> float:
    """Time of the slowest of the `deep` pages / of the first one, medians of what took turns."""
    took: dict[str, list[float]] = {address: [] for address in (first, *deep)}
    for address in took:
        page(address)
    for _, address in itertools.product(range(rounds * 10), took):
        took[address].append(seconds(lambda address=address: page(address)))
    base, *others = (statistics.median(times) for times in took.values())
    print(f"{first}: first page {base * 1000:.1f} ms")
    return max(others) / base


def pages(count: int, rounds: int) -> list[Check]:
    """R2 and R3 through whole views; those of the API without sign-in and rate limit."""
    from bench import leads_api as lists

    checks: list[Check] = []
    depths = [int(count * share) for share in (0.2, 0.9)]
    for ordering in ("-urgency_score", "-posterior_probability", "-current_mileage"):
        first = f"/api/v1/leads/?ordering={ordering}"
        deep = [lists.address_at(first, ordering, depth) for depth in depths]
        checks.append(
            (f"R2 deep page {ordering}", deepest(first, deep, lists.page, rounds), "<=", 2.5)
        )
    for sort in ("-urgency", "-posterior", "-mileage"):
        first = f"/leads/?sort={sort}"
        deep = [lists.list_address_at(first, sort, depth) for depth in depths]
        ratio = deepest(first, deep, lists.list_page, rounds)
        checks.append((f"R2 deep page of the list {sort}", ratio, "<=", 2.5))
    from leads.filters import LeadFilter, to_count
    from leads.models import LeadRecord

    tidy()
    capped = to_count(LeadFilter({}, queryset=LeadRecord.objects.all())).values("pk")[:10_001]
    few, values = capped.query.sql_with_params()
    count_few = f"SELECT count(*) FROM ({few}) AS few"
    times = [seconds(lambda: execute(count_few, values)) * 1000 for _ in range(rounds * 10)]
    return [*checks, ("R3 capped count, ms", statistics.median(times), "<=", 1.5)]


def measure(options: argparse.Namespace) -> bool:
    checks: list[Check] = []
    if "recompute" in options.parts:
        checks += sizes(options)
    if {"growth", "readers", "pages", "queue"} & set(options.parts):
        load(options.count)
    parts: dict[str, Callable[[], list[Check]]] = {
        "growth": growth,
        "readers": readers_meanwhile,
        "pages": lambda: pages(options.count, options.rounds),
        "queue": lambda: queue(options.rounds),
        "generation": lambda: generating(options),
    }
    for name, part in parts.items():
        if name in options.parts:
            began = time.perf_counter()
            checks += part()
            print(f"{name} took {time.perf_counter() - began:.0f} s", flush=True)
    return report(checks)


def sizes(options: argparse.Namespace) -> list[Check]:
    """P1, P3 and P4."""
    checks: list[Check] = []
    speed = []
    for count in options.sizes:
        taken, found = recompute_beside_its_parts(count, options.rounds)
        speed.append(count / taken)
        checks += found
    if len(speed) > 1:
        name = f"P4 rows a second, {options.sizes[-1]:,} / {options.sizes[-2]:,}"
        checks.append((name, speed[-1] / speed[-2], ">=", 0.8))
    return checks


def generating(options: argparse.Namespace) -> list[Check]:
    from bench.leads_generation import generation

    return generation(options.count, options.naive, options.rounds)


def report(checks: list[Check]) -> bool:
    """Print the table; whether every goal is met."""
    passed = True
    for name, value, sign, bound in checks:
        good = value <= bound if sign == "<=" else value >= bound
        passed &= good
        print(f"{name:44} {value:8.2f} {sign} {bound:<6} {'ok' if good else 'MISSED'}")
    return passed


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--sizes", type=lambda text: [int(part) for part in text.split(",")],
        default=[10_000, 100_000], help="leads to recompute (10000,100000)",
    )  # fmt: skip
    parser.add_argument("--count", type=int, default=100_000, help="leads of the other parts")
    parser.add_argument("--naive", type=int, default=NAIVE_LEADS, help="leads made row by row")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--parts", type=lambda text: text.split(","), default=list(PARTS),
        help=f"which of {','.join(PARTS)} (all)",
    )  # fmt: skip
    parser.add_argument("--memory", type=int, help="only the memory of a recompute of so many")
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"unknown parts: {', '.join(sorted(unknown))}")
    with bench_jobs.scratch_database("lanewise_bench_leads"):
        if options.memory:
            load(options.memory)
            before, most = memory()
            print(f"P4 MiB at {options.memory:,} leads: {before} before, {most} at most")
            return 0 if most <= MEMORY_MIB else 1
        return 0 if measure(options) else 1


if __name__ == "__main__":
    sys.exit(main())
