"""R1: the one-box search against the exact-VIN look-up, side by side in one run.

    .venv/bin/python -m bench.search [--customers 1000000] [--keep | --reuse]

Fills a scratch database, asks both kinds of question in turn, prints p50 and p95 in milliseconds
and exits 1 when the search's p95 is above 10 x the look-up's or a search reads a whole table.
"""

import argparse
import os
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator

from config import environment

SCRATCH = "lanewise_bench_search"
ROUNDS = 3
QUESTIONS = 150
LIMIT = 10.0
PLANTS = "ABCDEFGHJKLMNPRSTUVWXYZ"


def prepare() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    environment.prepare(role="command")
    import django

    django.setup()


def scratch_database() -> None:
    """Make the scratch database and point Django's connection at it."""
    from django.core.management import call_command
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {SCRATCH} WITH (FORCE)")
        cursor.execute(f"CREATE DATABASE {SCRATCH}")
    use(SCRATCH)
    call_command("migrate", verbosity=0)


def use(name: str) -> None:
    from django.db import connection

    connection.close()
    connection.settings_dict["NAME"] = name


def fill(customers: int) -> None:
    """Customers with one vehicle each, their documents and name words; triggers stay out of it."""
    from django.db import connection

    from crm.context import audited

    names = name_pools()
    with audited(bulk_batch="bench", defer_search="on"), connection.cursor() as cursor:
        with cursor.copy(
            "COPY customers (id, phone, email, first_name, last_name, city, state) FROM STDIN"
        ) as copy:
            for row in customer_rows(customers, *names):
                copy.write_row(row)
        with cursor.copy(
            "COPY vehicles (customer_id, vin, license_plate, year, make, model) FROM STDIN"
        ) as copy:
            for row in vehicle_rows(customers):
                copy.write_row(row)
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX customer_search_trigrams, customer_search_words")
        cursor.execute("INSERT INTO customer_search SELECT * FROM customer_documents(NULL)")
        cursor.execute(
            "CREATE INDEX customer_search_trigrams ON customer_search"
            " USING gin (document gin_trgm_ops) WITH (fastupdate = off)"
        )
        cursor.execute(
            "CREATE INDEX customer_search_words ON customer_search"
            " USING gin (words) WITH (fastupdate = off)"
        )
        cursor.execute("SELECT learn_name_words(NULL)")
        cursor.execute("VACUUM ANALYZE")


def name_pools() -> tuple[list[str], list[str]]:
    from faker import Faker

    fake = Faker("en_US")
    fake.seed_instance(7)
    first = sorted({fake.first_name() for _ in range(3000)})
    last = sorted({fake.last_name() for _ in range(6000)})
    return first, last


def key(n: int) -> str:
    return f"00000000-0000-4000-8000-{n:012d}"


def customer_rows(count: int, first: list[str], last: list[str]) -> Iterator[tuple[str, ...]]:
    rng = random.Random(11)
    for n in range(count):
        a, b = rng.choice(first), rng.choice(last)
        if n % 20 == 0:  # married people
            b = f"{b}-{rng.choice(last)}"
        phone = f"+1{205 + n // 9_000_000}{2_000_000 + n % 9_000_000 % 8_000_000:07d}"
        yield (key(n), phone, f"{a}.{b}.{n}@mail.example".lower(), a, b, "Macon", "GA")


def vehicle_rows(count: int) -> Iterator[tuple[object, ...]]:
    for n in range(count):
        yield (key(n), vin_of(n), f"A{n:07d}", year_of(n), "Ford", "F-150")


def year_of(n: int) -> int:
    """Model years that follow one another in no order, as the cars of a dealership's customers."""
    return 2005 + n * 7919 % 21


def vin_of(n: int) -> str:
    from crm import vin

    return vin.compose(
        wmi="1FT", descriptor=f"FW1E{5 if n < 1_000_000 else 8}", year=year_of(n),
        plant=PLANTS[n * 104_729 % len(PLANTS)], serial=f"{n % 1_000_000:06d}",
    )  # fmt: skip


def questions(count: int, rng: random.Random) -> dict[str, list[str]]:
    """What people type, drawn from rows that exist."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT phone, first_name, last_name, email FROM customers WHERE id = ANY (%s::uuid[])",
            [[key(rng.randrange(count)) for _ in range(QUESTIONS)]],
        )
        rows = cursor.fetchall()
    vins = [vin_of(rng.randrange(count)) for _ in rows]
    return {
        "phone": [f"({p[2:5]}) {p[5:8]}-{p[8:]}" for p, *_ in rows],
        "last 7 digits": [p[5:] for p, *_ in rows],
        "last name": [last for _, _, last, _ in rows],
        "first and last name": [f"{first} {last}" for _, first, last, _ in rows],
        "name fragment": [last[:4] for _, _, last, _ in rows],
        "e-mail": [mail for *_, mail in rows],
        "VIN": vins,
        "VIN last 8": [v[-8:] for v in vins],
        "VIN middle 5": [v[9:14] for v in vins],
        "plate": [f"A{rng.randrange(count):07d}" for _ in rows],
        "mistyped name": [last[:2] + last[3:] + "e" for _, _, last, _ in rows],
    }


def timed(call: Callable[[str], object], texts: list[str]) -> list[float]:
    """Milliseconds of each call."""
    result = []
    for text in texts:
        start = time.perf_counter()
        call(text)
        result.append((time.perf_counter() - start) * 1000)
    return result


def p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[18]


def exact_vin(vin: str) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT v.id, v.customer_id, c.name FROM vehicles v JOIN customers c"
            " ON c.id = v.customer_id WHERE v.vin = %s",
            [vin],
        )
        cursor.fetchall()


def sequential_scans() -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute(
            "SELECT coalesce(sum(seq_scan), 0) FROM pg_stat_user_tables"
            " WHERE relname IN ('customer_search', 'name_words', 'customers', 'vehicles')"
        )
        return int(cursor.fetchone()[0])


def box(text: str) -> None:
    """What the search box of the pages asks: as many as it shows, and one to know of more."""
    from crm.search import search_customers
    from crm.views.search import SUGGESTIONS

    search_customers(text, limit=SUGGESTIONS + 1)


def measure(count: int) -> bool:
    asked = questions(count, random.Random(13))
    times: dict[str, list[float]] = {name: [] for name in (*asked, "exact VIN look-up")}
    scans = sequential_scans()
    for _ in range(ROUNDS):
        for name, texts in asked.items():
            times[name] += timed(box, texts)
            times["exact VIN look-up"] += timed(exact_vin, asked["VIN"])
    scans = sequential_scans() - scans
    floor = p95(times["exact VIN look-up"])
    print(f"{count:,} customers, {ROUNDS} rounds of {QUESTIONS} questions a kind; milliseconds")
    print(f"{'question':24}{'p50':>8}{'p95':>8}{'x floor':>9}")
    for name, values in times.items():
        print(
            f"{name:24}{statistics.median(values):8.2f}{p95(values):8.2f}{p95(values) / floor:9.1f}"
        )
    mixed = [time for name in asked for time in times[name]]
    ratio = p95(mixed) / floor
    print(f"all questions together: p95 {p95(mixed):.2f} ms = {ratio:.1f} x (goal {LIMIT:.0f} x)")
    print(f"sequential scans: {scans} (goal 0)")
    return ratio <= LIMIT and scans == 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--keep", action="store_true", help="leave the scratch database there")
    parser.add_argument("--reuse", action="store_true", help="measure on the one that was left")
    options = parser.parse_args()
    prepare()
    from django.db import connection

    home = connection.settings_dict["NAME"]
    try:
        if options.reuse:
            use(SCRATCH)
        else:
            scratch_database()
            start = time.perf_counter()
            fill(options.customers)
            print(f"filled in {time.perf_counter() - start:.0f} s")
        return 0 if measure(options.customers) else 1
    finally:
        if not options.keep:
            use(home)
            with connection.cursor() as cursor:
                cursor.execute(f"DROP DATABASE {SCRATCH} WITH (FORCE)")


if __name__ == "__main__":
    sys.exit(main())
