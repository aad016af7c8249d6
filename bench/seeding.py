"""S1: seed_crm against the bare COPY of the same rows, and against Faker with bulk_create.

    .venv/bin/python -m bench.seeding [--customers 20000] [--memory-customers 100000]

Works in a scratch database. Prints medians of three alternating rounds and exits 1 on a miss.

Conditions. Both sides write the same rows into the same empty tables with the same constraints,
triggers and audit, drop and rebuild the same secondary indexes and foreign keys, ANALYZE, and
are one transaction. The bare side has everything in memory as text for
COPY, one statement a table, search documents and name words included. The naive side draws each
value of all five tables from Faker, saves with bulk_create in batches of 500, and enjoys the same
bulk audit and deferred search; it keeps its indexes and does not fill the search at all.
"""

import argparse
import io
import os
import random
import statistics
import subprocess
import sys
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from config import environment

SCRATCH = "lanewise_bench_seeding"
AS_OF = date(2026, 6, 1)
ROUNDS = 3
NAIVE_CUSTOMERS = 500
MOST_COPY, LEAST_NAIVE, MOST_MEMORY = 1.5, 10.0, 300
SEARCH = (("customer_search", "customer_id, document"), ("name_words", "word"))


def prepare() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    environment.prepare(role="command")
    import django

    django.setup()


def use_scratch(*, create: bool) -> None:
    """Point Django's connection at the scratch database, a new one with `create`."""
    from django.core.management import call_command
    from django.db import connection

    if create:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {SCRATCH} WITH (FORCE)")
            cursor.execute(f"CREATE DATABASE {SCRATCH}")
    connection.close()
    connection.settings_dict["NAME"] = SCRATCH
    if create:
        call_command("migrate", verbosity=0)


def drop_scratch(original: str) -> None:
    from django.db import connection

    connection.close()
    connection.settings_dict["NAME"] = original
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE {SCRATCH} WITH (FORCE)")


def empty() -> None:
    from django.db import connection

    from crm.seeding.loader import SEARCH_TABLES, TABLES

    with connection.cursor() as cursor:
        tables = ", ".join((*TABLES, *SEARCH_TABLES, "data_batches"))
        cursor.execute(f"TRUNCATE {tables} CASCADE")
        cursor.execute("CHECKPOINT")


def seed(customers: int) -> float:
    """Seconds that the command takes, generation included."""
    from django.core.management import call_command

    empty()
    started = time.perf_counter()
    call_command(
        "seed_crm", customers=customers, seed=7, as_of=AS_OF, stdout=io.StringIO(), skip_checks=True
    )
    return time.perf_counter() - started


def prepared_rows(customers: int) -> list[tuple[str, str, bytes]]:
    """(table, columns, text) of everything that `seed` writes, read from what it has written."""
    from django.db import connection

    from crm.seeding.furniture import describe_shop, ensure_advisors
    from crm.seeding.generator import Plan, blocks

    parts: dict[str, tuple[str, list[bytes]]] = {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM customers")
        assert cursor.fetchone() == (customers,)
        search = []
        for table, columns in SEARCH:
            with cursor.copy(f"COPY {table} ({columns}) TO STDOUT") as stream:
                search.append((table, columns, b"".join(bytes(chunk) for chunk in stream)))
    empty()
    for tables in blocks(Plan(customers, 7, AS_OF), describe_shop(ensure_advisors(), AS_OF)):
        for table in tables:
            parts.setdefault(table.name, (", ".join(table.columns), []))[1].append(table.data)
    return [(name, columns, b"".join(data)) for name, (columns, data) in parts.items()] + search


def bare_copy(rows: list[tuple[str, str, bytes]]) -> float:
    """Seconds of COPY for rows that are ready in memory."""
    from django.db import connection

    from crm.context import audited
    from crm.models import DataBatch
    from crm.seeding.generator import Plan
    from crm.seeding.loader import (
        SEARCH_TABLES,
        TABLES,
        bulk_tables,
        without_secondary_indexes,
    )
    from crm.seeding.statistics import analyse

    empty()
    started = time.perf_counter()
    with audited(bulk_batch="bench", defer_search="on"), connection.cursor() as cursor:
        DataBatch.objects.create(pk=Plan(1, 7, AS_OF).batch_id, kind="seed", label="bench")
        with bulk_tables():
            for row in rows[: -len(SEARCH)]:
                copy(cursor, *row)
        with without_secondary_indexes([table for table, _ in SEARCH]):
            for row in rows[-len(SEARCH) :]:
                copy(cursor, *row)
        analyse(*TABLES, *SEARCH_TABLES)
    return time.perf_counter() - started


def copy(cursor: Any, table: str, columns: str, data: bytes) -> None:
    with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as stream:
        stream.write(data)


def naive(customers: int, per_customer: dict[str, float]) -> float:
    """Seconds of Faker and bulk_create for `customers`, with as many rows of each other table
    per customer as the generator makes."""
    from crm.context import audited

    empty()
    random.seed(7)
    started = time.perf_counter()
    with audited(bulk_batch="bench", defer_search="on"):
        people = naive_customers(customers)
        cars = naive_vehicles(people, round(customers * per_customer["vehicles"]))
        naive_visits(cars, {name: round(customers * n) for name, n in per_customer.items()})
    return time.perf_counter() - started


def naive_customers(count: int) -> list[Any]:
    from crm.models import Customer

    fake = faker()
    rows = []
    for number in range(count):
        first, last = fake.first_name(), fake.last_name()
        since = fake.date_time_between("-5y", "-6m", tzinfo=UTC)
        rows.append(
            Customer(
                phone=f"+1205{number:07d}",
                email=f"{first}.{last}{number}@{fake.free_email_domain()}".lower(),
                preferred_contact_method=random.choice(
                    ["phone", "phone", "phone", "email", "text"]
                ),
                first_name=first,
                last_name=last,
                date_of_birth=fake.date_of_birth(minimum_age=18, maximum_age=75),
                street_address=fake.street_address(),
                city=fake.city(),
                state=fake.state_abbr(),
                zip_code=fake.zipcode(),
                customer_since=since.date(),
                customer_type=random.choices(["retail", "fleet", "referral"], [0.85, 0.05, 0.1])[0],
                referral_source=fake.name() if random.random() < 0.1 else None,
                notes=fake.sentence() if random.random() < 0.15 else None,
                last_contact_date=fake.date_time_between(since, "now", tzinfo=UTC),
            )
        )
    return Customer.objects.bulk_create(rows, batch_size=500)


def naive_vehicles(people: list[Any], count: int) -> list[Any]:
    from crm.models import Vehicle

    fake = faker()
    rows = [
        Vehicle(
            customer=people[number % len(people)],
            is_primary_vehicle=number < len(people),
            vin=fake.unique.vin(),
            # Faker's VINs do not agree with the row's year.
            vin_exception_reason="Faker",
            license_plate=fake.bothify("???####").upper(),
            year=random.randint(2010, 2024),
            make=random.choice(["Toyota", "Honda", "Ford"]),
            model=random.choice(["Camry", "Accord", "F-150"]),
            color=fake.color_name()[:50],
            purchase_date=fake.date_between("-1y", "today"),
            current_mileage=random.randint(5_000, 150_000),
        )
        for number in range(count)
    ]
    return Vehicle.objects.bulk_create(rows, batch_size=500)


def naive_visits(cars: list[Any], counts: dict[str, int]) -> None:
    from crm.models import Appointment, ServiceLine, ServiceRecord

    fake = faker()
    booked = [
        Appointment(
            customer_id=car.customer_id,
            vehicle=car,
            scheduled_at=fake.date_time_between("-2y", "now", tzinfo=UTC),
            service_type=fake.word(),
            status="completed",
            completed_at=datetime.now(UTC),
            customer_concerns=fake.sentence(),
            booked_by=fake.name(),
        )
        for car in random.choices(cars, k=counts["appointments"])
    ]
    Appointment.objects.bulk_create(booked, batch_size=500)
    records = [
        ServiceRecord(
            vehicle=car,
            customer_id=car.customer_id,
            ro_number=f"N{number}",
            service_date=fake.date_between("-5y", "today"),
            mileage=random.randint(1_000, 100_000),
            services_performed=[fake.word()],
            total_cost=random.randint(30, 900),
            next_service_due_date=AS_OF + timedelta(days=random.randint(1, 180)),
        )
        for number, car in enumerate(random.choices(cars, k=counts["service_history"]))
    ]
    ServiceRecord.objects.bulk_create(records, batch_size=500)
    lines = [
        ServiceLine(
            vehicle_id=record.vehicle_id,
            service_record=record,
            description=fake.word(),
            price=random.randint(10, 900),
            outcome="performed",
        )
        for record in random.choices(records, k=counts["service_lines"])
    ]
    ServiceLine.objects.bulk_create(lines, batch_size=500)


def faker() -> Any:
    from faker import Faker

    fake = Faker("en_US")
    fake.seed_instance(7)
    return fake


def peak_memory(customers: int) -> int:
    """MiB of resident memory that a process of its own needs for `customers`."""
    command = [sys.executable, "-m", "bench.seeding", "--measure-memory", str(customers)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)
    return int(answer.stdout.split()[-1])


def high_water_mark() -> int:
    """MiB; not getrusage, whose figure a process inherits from the one that started it."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) // 1024


def measure(options: argparse.Namespace) -> bool:
    from django.db import connection

    from crm.seeding.loader import TABLES

    seed(500)  # warms caches and makes the shop
    seed(options.customers)
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(f"(SELECT count(*) FROM {t})" for t in TABLES))
        counts = dict(zip(TABLES, cursor.fetchone(), strict=True))
    rows = prepared_rows(options.customers)
    per_customer = {name: count / options.customers for name, count in counts.items()}
    times: dict[str, list[float]] = {"seed": [], "copy": [], "naive": []}
    for _ in range(ROUNDS):
        times["copy"].append(bare_copy(rows))
        times["seed"].append(seed(options.customers))
        times["naive"].append(naive(NAIVE_CUSTOMERS, per_customer))
    del rows
    print(f"{options.customers:,} customers, {sum(counts.values()):,} rows: {counts}")
    return report(options, sum(counts.values()), times, peak_memory(options.memory_customers))


def report(
    options: argparse.Namespace, rows: int, times: dict[str, list[float]], memory: int
) -> bool:
    """Print the table; whether every goal is met."""
    ours, bare, naive_total = (statistics.median(times[name]) for name in ("seed", "copy", "naive"))
    each, naive_each = ours / options.customers * 1e6, naive_total / NAIVE_CUSTOMERS * 1e6
    for name, seconds, rounds in (("seed_crm", ours, "seed"), ("bare COPY", bare, "copy")):
        speed = f"{rows / seconds:>9,.0f} rows/s"
        print(f"{name:34} {seconds:8.2f} s {speed}  {spread(times[rounds])}")
    print(f"{'Faker + bulk_create, a customer':34} {naive_each:8.0f} µs, seed_crm {each:.0f} µs")
    checks = (
        ("seed_crm / bare COPY", ours / bare, "<=", MOST_COPY),
        ("naive / seed_crm, a customer", naive_each / each, ">=", LEAST_NAIVE),
        (f"MiB at {options.memory_customers:,} customers", memory, "<=", MOST_MEMORY),
    )
    passed = True
    for name, value, sign, bound in checks:
        good = value <= bound if sign == "<=" else value >= bound
        passed &= good
        print(f"{name:34} {value:8.2f} {sign} {bound:<6} {'ok' if good else 'MISSED'}")
    return passed


def spread(times: list[float]) -> str:
    return "(" + ", ".join(f"{seconds:.2f}" for seconds in times) + ")"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=20_000)
    parser.add_argument("--memory-customers", type=int, default=100_000)
    parser.add_argument("--measure-memory", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    prepare()
    from django.db import connection

    if options.measure_memory:
        use_scratch(create=False)
        seconds = seed(options.measure_memory)
        print(f"{seconds:.1f} s", high_water_mark())
        return 0
    original = connection.settings_dict["NAME"]
    use_scratch(create=True)
    try:
        return 0 if measure(options) else 1
    finally:
        drop_scratch(original)


if __name__ == "__main__":
    sys.exit(main())
