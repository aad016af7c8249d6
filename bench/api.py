"""What a list of the API costs (R2, R3, R4): `python -m bench.api [--customers 50000]`.

Compares, alternating in one process, a list of 50 customers through the whole view (parameters,
keyset, rendered JSON) with the bare fetch of the same columns as psycopg tuples; a deep page with
the first one; and a capped count. Exit code 1 when a limit is missed:
list at most 8 x the tuple fetch, deep page at most 2.5 x the first page, count at most 1.5 ms.
Uses a scratch database beside the project's own.
"""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

LIST_LIMIT = 8.0
DEEP_LIMIT = 2.5
COUNT_LIMIT_MS = 1.5


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with scratch_database():
        fill(options.customers)
        return report(measure(options.rounds))


def scratch_database() -> Any:
    """Django set up on an empty, migrated database that is dropped at the end."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    os.environ["LANEWISE_ROLE"] = "web"
    os.environ["LOG_LEVEL"] = "ERROR"
    from config import environment

    environment.prepare(role="web")
    import django

    django.setup()
    return _Scratch()


class _Scratch:
    def __enter__(self) -> None:
        from django.test.utils import setup_databases, setup_test_environment

        setup_test_environment()
        self.config = setup_databases(verbosity=0, interactive=False)

    def __exit__(self, *exc: object) -> None:
        from django.test.utils import teardown_databases

        teardown_databases(self.config, verbosity=0)


def fill(count: int) -> None:
    """Customers by one statement; names repeat as they do in a real book."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("SET lanewise.bulk_batch = 'bench'")
        cursor.execute(
            """
            INSERT INTO users (username, password, first_name, last_name, email, is_superuser,
                               is_staff, is_active, date_joined, phone, role)
            SELECT 'advisor' || n, '', 'Ann', 'Lee' || n, '', false, false, true, now(), '',
                   'advisor'
            FROM generate_series(1, 8) AS n
            """
        )
        cursor.execute(
            """
            INSERT INTO customers (phone, email, first_name, last_name, city, state, zip_code,
                                   street_address, preferred_service_advisor)
            SELECT '+1' || (2050000000 + n), 'c' || n || '@mail.example',
                   'First' || n %% 977, 'Last' || n %% 4999, 'Atlanta', 'GA', '30309',
                   n || ' Peachtree St', (SELECT min(id) FROM users) + n %% 8
            FROM generate_series(1, %s) AS n
            """,
            [count],
        )
        cursor.execute("VACUUM ANALYZE customers")


def measure(rounds: int) -> dict[str, float]:
    """Milliseconds: the best round's median. The candidates take turns, so that whatever else
    the machine does hits all of them."""
    steps = candidates()
    for step in steps.values():
        for _ in range(20):
            step()
    taken: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(rounds):
        for name, step in steps.items():
            taken[name].append(statistics.median(_milliseconds(step) for _ in range(40)))
    return {name: min(medians) for name, medians in taken.items()}


def _milliseconds(step: Callable[[], Any]) -> float:
    started = time.perf_counter()
    step()
    return (time.perf_counter() - started) * 1_000


def candidates() -> dict[str, Callable[[], Any]]:
    """The things compared. The view runs without sign-in and rate limit, which bench/web has."""
    from django.db import connection
    from rest_framework.test import APIRequestFactory, force_authenticate

    from crm.api.customers import CustomerViewSet
    from crm.models import Customer, User
    from crm.serializers.customers import CustomerRows

    viewer = User(pk=1, username="bench", role="manager")
    view = CustomerViewSet.as_view({"get": "list"}, throttle_classes=[])
    factory = APIRequestFactory()

    def page(address: str) -> dict[str, Any]:
        request = factory.get(address)
        force_authenticate(request, user=viewer)
        response = view(request).render()
        assert response.status_code == 200, response.content
        return dict(response.data)

    rows = CustomerRows.of(Customer.objects.order_by("last_name", "first_name", "id"))[:50]
    sql, parameters = rows.query.sql_with_params()

    def tuples() -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            return list(cursor.fetchall())

    first = "/api/v1/customers/?page_size=50"
    deep = first
    for _ in range(40):
        deep = page(deep.replace("page_size=50", "page_size=200"))["next"]
    deep = deep.replace("page_size=200", "page_size=50")
    return {
        "tuples": tuples,
        "list": lambda: page(first),
        "deep": lambda: page(deep),
        "count": Customer.objects.all()[:10_001].count,
    }


def report(found: dict[str, float]) -> int:
    ratio, depth = found["list"] / found["tuples"], found["deep"] / found["list"]
    print(f"psycopg tuples, 50 rows     {found['tuples']:6.2f} ms")
    print(
        f"API list, 50 rows           {found['list']:6.2f} ms  {ratio:.1f} x (limit {LIST_LIMIT})"
    )
    print(
        f"deep page (8,000 rows in)   {found['deep']:6.2f} ms  {depth:.2f} x (limit {DEEP_LIMIT})"
    )
    print(f"capped count                {found['count']:6.2f} ms  (limit {COUNT_LIMIT_MS} ms)")
    held = ratio <= LIST_LIMIT and depth <= DEEP_LIMIT and found["count"] <= COUNT_LIMIT_MS
    print("held" if held else "MISSED")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
