"""What warmth costs: `python -m bench.warmth [--customers 100000] [--events 20] [--large 1000000]`.

D1  a night with one worker and with two, beside its floor: numbering walk of the events' index,
    bare update of the rows that change, insert of their history; at most 3 x and 2 x
D2  a second run of a night writes nothing; a missed night ends in the same scores
D3  WAL of a run in which a quarter of the scores move, at most that of a bare UPDATE of the table
D4  `--large`: a night of ten times the customers, at most 13 x; memory of the worker at most
    100 MB. A million customers with 20 events each want some 15 GB of disk and an hour
Also the price of the history trigger, one event and 10,000 by the API, and the reads of the board.
The things compared take turns; figures are medians. Exit code 1 when a limit is missed.
Uses a scratch database beside the project's own.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date, timedelta
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from bench.api import scratch_database
from bench.measuring import caller, run, show, show_ms, timed, undone
from bench.night_worker import memory_of_a_night

WAL_NAMES = {"run": "run", "bare": "bare UPDATE of the table"}
LOADED = 100_000
LIMITS = {"one worker": 3.0, "two workers": 2.0, "WAL": 1.0, "tenfold": 13.0, "memory": 100.0}
_CUSTOMERS = """
    INSERT INTO customers (phone, first_name, last_name, city, state, zip_code, customer_since)
    SELECT '+1' || (2050000000 + n), 'First' || n %% 977, 'Last' || n %% 4999, 'Atlanta', 'GA',
        '30309', CURRENT_DATE - (n %% 2000)::integer
    FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n
"""
# Spread over two years; who they are about and when depends on the numbers alone.
_EVENTS = """
    INSERT INTO warmth_events (customer_id, event_type, occurred_at, event_key, source, value)
    SELECT c.id, (%(types)s::text[])[1 + (n * 7 + c.place * 13) %% %(kinds)s],
        date_trunc('day', now())
            - make_interval(mins => ((c.place * 7919 + n * 104729) %% 1051200)::integer),
        'bench:' || c.id || ':' || n, 'seed', CASE WHEN n %% 10 = 0 THEN 30000 END
    FROM (
        SELECT id, row_number() OVER (ORDER BY id) AS place FROM customers AS c
        WHERE NOT EXISTS (SELECT FROM warmth_events AS e WHERE e.customer_id = c.id)
    ) AS c CROSS JOIN generate_series(1, %(each)s::integer) AS n
    ORDER BY c.id, n
"""
_QUARTER = """
    INSERT INTO warmth_events (customer_id, event_type, occurred_at, event_key, source)
    SELECT id, 'test_drive', %(at)s, 'quarter:' || id, 'seed' FROM (
        SELECT id, row_number() OVER (ORDER BY id) AS place FROM customers
    ) AS c WHERE place %% 4 = 0
"""
# What no computation can do without: each event once, in the order of the index, numbered within
# its customer and type, because rules count the newest few.
_WALK = """
    SELECT count(*), max(place), max(value) FROM (
        SELECT value, row_number() OVER (
            PARTITION BY customer_id, event_type ORDER BY occurred_at DESC
        ) AS place FROM warmth_events
    ) AS walked
"""
_DIGEST = """
    SELECT md5(string_agg(concat_ws('|', customer_id, overall_warmth_score, warmth_level,
        purchase_probability, component_sources, days_since_last_interaction, churn_risk_score,
        confidence_level, predicted_purchase_date), ',' ORDER BY customer_id))
    FROM customer_warmth
"""
_UPDATE = "UPDATE customer_warmth SET {columns}, updated_at = clock_timestamp()"
_INSERT = """
    INSERT INTO customer_warmth_history (customer_warmth_id, warmth_score_snapshot,
        warmth_level_snapshot, change_trigger, change_description, score_change,
        algorithm_version, actor_id, actor_label, source, created_at)
    SELECT customer_warmth_id, warmth_score_snapshot, warmth_level_snapshot, change_trigger,
        change_description, score_change, algorithm_version, actor_id, actor_label, source,
        created_at
    FROM customer_warmth_history ORDER BY id DESC LIMIT %s
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--events", type=int, default=20, help="events of each customer")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--large", type=int, help="for D4: ten times --customers")
    options = parser.parse_args()
    with scratch_database():
        bench = Bench(options.customers, options.events, options.rounds)
        bench.grow(options.customers)
        held = [*bench.nights(), *bench.repeats(), *bench.quarter()]
        bench.requests()
        bench.board()
        if options.large:
            held += bench.tenfold(options.large)
    return 0 if all(held) else 1


class Bench:
    """One growing dealership; `day` is the last one that was computed."""

    def __init__(self, customers: int, events: int, rounds: int) -> None:
        from jobs.registry import local_today

        self.customers, self.events, self.rounds = customers, events, rounds
        self.day: date = local_today()
        self.known = 0
        self.one_worker = 0.0

    def grow(self, customers: int) -> None:
        """Customers with their events and first scores, up to `customers`."""
        from warmth.enums import EventType
        from warmth.services.computation import EVERYBODY
        from warmth.services.crossings import settle

        types = [kind for kind in EventType.values if kind != EventType.PURCHASE]
        for first in range(self.known + 1, customers + 1, LOADED):
            last = min(first + LOADED - 1, customers)
            with loading():
                run(_CUSTOMERS, {"first": first, "last": last})
                run(_EVENTS, {"types": types, "kinds": len(types), "each": self.events})
            vacuum()
        self.known = customers
        self.night(self.day, 1)
        settle(EVERYBODY)
        vacuum()
        print(f"{customers:,} customers, {self.events} events each, {self.rounds} rounds")

    def night(self, day: date, workers: int) -> int:
        """What the nightly job does, chunk by chunk; rows written."""
        from crm.models import Customer
        from jobs.planning import key_ranges
        from warmth.services.recompute import CHUNK_ROWS

        size = max(min(CHUNK_ROWS, self.known // 4), 1)
        chunks = key_ranges(Customer.objects.present(), size=size).bounds
        if workers == 1:
            return sum(one_chunk(bounds, day) for bounds in chunks)
        with ThreadPoolExecutor(workers) as pool:
            return sum(pool.map(lambda bounds: in_own_connection(bounds, day), chunks))

    def nights(self) -> list[bool]:
        """D1: night by night, each beside the floor of the rows that it has just written."""
        ratios: dict[int, list[float]] = {1: [], 2: []}
        times: dict[int, list[float]] = {1: [], 2: []}
        floors = []
        for _ in range(self.rounds):
            for workers in (1, 2):
                self.day += timedelta(days=1)
                before = history_rows()
                vacuum()
                took, written = timed(partial(self.night, self.day, workers))
                floors.append(self.floor(written, history_rows() - before))
                times[workers].append(took)
                ratios[workers].append(took / floors[-1])
        self.one_worker = statistics.median(times[1])
        show("night, one worker", times[1])
        show("night, two workers", times[2])
        show("floor: walk + update + insert", floors)
        return [
            within("one worker", statistics.median(ratios[1])),
            within("two workers", statistics.median(ratios[2])),
        ]

    def floor(self, rows: int, changes: int) -> float:
        """Seconds for the same rows without computing anything; `changes` rows of history."""
        vacuum()
        walk = timed(lambda: run(_WALK))[0]
        with undone():
            silence()
            update = timed(lambda: run(bare_update(rows, self.known)))[0]
        with undone():
            insert = timed(lambda: run(_INSERT, [changes]))[0]
        return walk + update + insert

    def repeats(self) -> list[bool]:
        """D2: the same night again, and two nights against one after a missed one."""
        from django.db import transaction

        with undone():
            self.night(self.day + timedelta(days=2), 1)
            missed = run(_DIGEST)
        with transaction.atomic():
            for _ in range(2):
                self.day += timedelta(days=1)
                self.night(self.day, 1)
        again = self.night(self.day, 1)
        print(f"{'second run of a night: rows':40}{again:10,}  goal 0")
        same = run(_DIGEST) == missed
        print(f"{'missed night ends in the same scores':40}{same!s:>10}")
        return [again == 0, same]

    def quarter(self) -> list[bool]:
        """D3, and the price of the history trigger: a quarter of the customers has a new event."""
        from crm.querysets import shop_day

        wal: dict[str, list[float]] = {"run": [], "bare": []}
        took: dict[bool, list[float]] = {True: [], False: []}
        for _ in range(self.rounds):
            for with_history in (True, False):
                vacuum()
                with undone():
                    run(_QUARTER, {"at": shop_day(self.day)[0]})
                    if not with_history:
                        silence()
                    start = wal_position()
                    seconds, written = timed(lambda: self.night(self.day, 1))
                    took[with_history].append(seconds)
                    if with_history:
                        wal["run"].append(wal_position() - start)
            vacuum()
            with undone():
                silence()
                start = wal_position()
                run(bare_update(self.known, self.known))
                wal["bare"].append(wal_position() - start)
        print(f"{'rows and crossings, a quarter moved':40}{written:10,}")
        show("run with history", took[True])
        show("run without the history trigger", took[False])
        ratio = statistics.median(wal["run"]) / statistics.median(wal["bare"])
        for name, bytes_written in wal.items():
            megabytes = statistics.median(bytes_written) / 1e6
            print(f"{'WAL of the ' + WAL_NAMES[name]:40}{megabytes:8.1f} MB")
        return [within("WAL", ratio)]

    def requests(self) -> None:
        """One event by the API, and 10,000 in one call, each row about another customer."""
        from django.utils import timezone

        from crm.models import Customer
        from warmth.api.events import WarmthEventViewSet

        keys = [str(key) for key in Customer.objects.order_by("id").values_list("pk", flat=True)]
        create = caller(WarmthEventViewSet.as_view({"post": "create"}, throttle_classes=[]))
        bulk = caller(WarmthEventViewSet.as_view({"post": "bulk"}, throttle_classes=[]))
        moment = timezone.now().isoformat()

        def row(call: str, place: int) -> dict[str, Any]:
            customer = keys[place * 31 % len(keys)]
            return {
                "customer_id": customer, "event_type": "website_visit", "occurred_at": moment,
                "event_key": f"{call}:{place}",
            }  # fmt: skip

        single = [timed(partial(create, row("one", n)))[0] for n in range(220)][20:]
        show_ms("one event by the API", single)
        calls = [
            {"events": [row(f"bulk{number}", place) for place in range(10_000)]}
            for number in range(self.rounds)
        ]
        show("10,000 events by the API", [timed(partial(bulk, call))[0] for call in calls])

    def board(self) -> None:
        """What the board and the analytics of the API ask."""
        from warmth.api.analytics import StaleWarmthViewSet, WarmthAnalyticsViewSet
        from warmth.services import figures, maintenance

        vacuum()
        analytics = caller(
            WarmthAnalyticsViewSet.as_view({"get": "list"}, throttle_classes=[]), "get"
        )
        stale = caller(StaleWarmthViewSet.as_view({"get": "list"}, throttle_classes=[]), "get")
        deep: dict[str, Any] = {}
        following = analytics({"limit": "50"})
        for _ in range(40):
            link = following["next"]
            if link is None:
                break
            deep = dict(parse_qsl(urlsplit(link).query))
            following = analytics(deep)
        reads: dict[str, Callable[[], Any]] = {
            "warmest 50": lambda: analytics({"limit": "50"}),
            "warmest 50 of a level": lambda: analytics({"level": "cool", "limit": "50"}),
            "page 41 of the warmest": lambda: analytics(deep),
            "first 50 stale": lambda: stale({"page_size": "50"}),
            "pipeline": figures.pipeline,
            "distribution": maintenance.distribution,
            "trends of 30 days": figures.trends,
            "page of the board": page_of("warmth:board"),
            "page of the customers": page_of("warmth:customers"),
        }
        for name, read in reads.items():
            show_ms(name, [timed(read)[0] for _ in range(23)][3:])

    def tenfold(self, customers: int) -> list[bool]:
        """D4: the time of a night, and the memory of a process that does nothing else."""
        self.grow(customers)
        times = []
        for _ in range(self.rounds):
            self.day += timedelta(days=1)
            vacuum()
            times.append(timed(lambda: self.night(self.day, 1))[0])
        show("night, one worker", times)
        self.day += timedelta(days=1)
        before, peak = memory_of_a_night("warmth", self.day)
        print(f"{'memory of a worker before the night':40}{before:8.0f} MB")
        return [
            within("tenfold", statistics.median(times) / self.one_worker),
            within("memory", peak),
        ]


def page_of(name: str) -> Callable[[], Any]:
    """A manager's request for the page, through everything but the web server."""
    from django.test import Client
    from django.urls import reverse

    from crm.models import User

    manager, _ = User.objects.get_or_create(username="bench-manager", defaults={"role": "manager"})
    client = Client()
    client.force_login(manager)

    def get() -> None:
        response = client.get(reverse(name))
        assert response.status_code == 200, response.status_code

    return get


def one_chunk(bounds: Any, day: date) -> int:
    """As the job does it, each chunk a transaction of its own."""
    from django.db import transaction

    from jobs.registry import Chunk
    from warmth.tasks import recompute_chunk

    with transaction.atomic():
        return recompute_chunk(Chunk(run_id=0, number=0, local_date=day, bounds=bounds))


def in_own_connection(bounds: Any, day: date) -> int:
    from django.db import connection

    try:
        run("SET statement_timeout = 0")
        return one_chunk(bounds, day)
    finally:
        connection.close()


def bare_update(rows: int, known: int) -> str:
    """The engine's columns as they are, on `rows` of the rows."""
    from warmth.services.computation import COLUMNS

    columns = ", ".join(f"{name} = {name}" for name in COLUMNS)
    statement = _UPDATE.format(columns=columns)
    if rows >= known:
        return statement
    chosen = "SELECT id FROM customer_warmth ORDER BY customer_id LIMIT"
    return f"{statement} WHERE id IN ({chosen} {int(rows)})"


def silence() -> None:
    """Let the triggers of the table of scores rest until the transaction ends."""
    for name in ("written", "history_update", "audit"):
        run(f"ALTER TABLE customer_warmth DISABLE TRIGGER customer_warmth_{name}")


def history_rows() -> int:
    return int(run("SELECT count(*) FROM customer_warmth_history"))


def wal_position() -> float:
    return float(run("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')"))


def vacuum() -> None:
    """The same start for everything that is timed; full page images would tell of the checkpoint
    before and not of the work."""
    run("VACUUM (ANALYZE) customer_warmth, customer_warmth_history, warmth_events")
    run("CHECKPOINT")


@contextmanager
def loading() -> Iterator[None]:
    """Loading is neither audited row by row nor announced."""
    run("SET statement_timeout = 0")
    run("SET lanewise.bulk_batch = 'bench'")
    try:
        yield
    finally:
        run("RESET lanewise.bulk_batch")


def within(name: str, figure: float) -> bool:
    held = figure <= LIMITS[name]
    print(f"{name:40}{figure:8.2f} <= {LIMITS[name]:g}  {'ok' if held else 'MISSED'}")
    return held


if __name__ == "__main__":
    sys.exit(main())
