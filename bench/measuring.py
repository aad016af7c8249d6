"""What benches of the database share: statements, rolled-back trials, times and their display."""

from __future__ import annotations

import resource
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


def run(sql: str, values: Any = None) -> Any:
    """The first value of the first row, if the statement gives rows."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        found = cursor.fetchone() if cursor.description else None
    return found[0] if found else None


@contextmanager
def undone() -> Iterator[None]:
    """A transaction that is rolled back."""
    from django.db import transaction

    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def caller(view: Any, method: str = "post") -> Callable[[Any], Any]:
    """The view with sign-in and rate limit left out, which bench.web has; its answer's data."""
    from rest_framework.test import APIRequestFactory, force_authenticate

    from crm.models import User

    viewer = User(pk=1, username="bench", role="manager")
    factory = APIRequestFactory()

    def call(body: Any) -> Any:
        options = {"format": "json"} if method == "post" else {}
        request = getattr(factory, method)("/api/v1/", body, **options)
        force_authenticate(request, user=viewer)
        response = view(request).render()
        assert response.status_code in (200, 201), response.content
        return response.data

    return call


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds, and what `work` gave."""
    started = time.perf_counter()
    result = work()
    return time.perf_counter() - started, result


def peak_memory() -> float:
    """Megabytes that this process has had at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def show(name: str, seconds: list[float]) -> None:
    each = ", ".join(f"{figure:.2f}" for figure in seconds)
    print(f"{name:40}{statistics.median(seconds):8.2f} s   of {each}")


def show_ms(name: str, seconds: list[float]) -> None:
    figures = [second * 1_000 for second in seconds]
    p95 = statistics.quantiles(figures, n=20)[-1]
    print(f"{name:40}{statistics.median(figures):8.1f} ms  p95 {p95:8.1f} ms")
