"""The rate limit counts exactly (property W6)."""

from typing import Any

import pytest
import requests
from django.db import connection

from crm.models import RateBucket
from crm.rest import limits
from tests import factories
from tests.crm.api import client_of, client_with, problem_of, together, token_for

pytestmark = pytest.mark.django_db

URL = "/api/v1/me/"


def test_answer_says_how_the_caller_stands() -> None:
    client = client_of()
    client.get(URL)
    response = client.get(URL)
    assert response["x-ratelimit-limit"] == "600"
    assert response["x-ratelimit-remaining"] == "598"
    assert response["x-ratelimit-resource"] == "api"
    assert int(response["x-ratelimit-reset"]) > 1_700_000_000


def test_request_over_the_limit_is_a_429_with_retry_after(settings: Any) -> None:
    settings.API_RATE_LIMIT_PER_MINUTE = 2
    client = client_of()
    assert [client.get(URL).status_code for _ in range(3)] == [200, 200, 429]
    response = client.get(URL)
    assert problem_of(response, 429)["code"] == "throttled"
    assert 1 <= int(response["Retry-After"]) <= 60
    assert response["x-ratelimit-remaining"] == "0"


def test_callers_have_limits_of_their_own(settings: Any) -> None:
    settings.API_RATE_LIMIT_PER_MINUTE = 1
    assert [client_of().get(URL).status_code for _ in range(2)] == [200, 200]


def test_window_that_has_ended_starts_anew() -> None:
    limits.count("somebody", 10)
    limits.count("somebody", 10)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE rate_buckets SET window_start = now() - interval '61 seconds'")
    assert limits.count("somebody", 10).used == 1


def test_guessed_tokens_are_slowed_by_address_without_locking_out_real_ones(
    settings: Any,
) -> None:
    settings.API_FAILED_TOKENS_PER_MINUTE = 5
    client = client_of()
    tries = range(7)
    wrong = [client_with(f"lw_{n}").get(URL).status_code for n in tries]
    assert wrong == [401] * 5 + [429] * 2
    assert client.get(URL).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_exactly_sixty_of_three_hundred_parallel_requests_pass(
    live_server: Any, settings: Any
) -> None:
    settings.API_RATE_LIMIT_PER_MINUTE = 60
    headers = {"Authorization": f"Bearer {token_for(factories.UserFactory())}"}

    def send(_: int) -> requests.Response:
        return requests.get(live_server.url + URL, headers=headers, timeout=60)

    answers = together(send, 300, threads=30)
    statuses = [answer.status_code for answer in answers]
    assert (statuses.count(200), statuses.count(429)) == (60, 240)
    assert all("Retry-After" in a.headers for a in answers if a.status_code == 429)


@pytest.mark.django_db(transaction=True)
def test_control_reading_and_writing_back_loses_counts() -> None:
    """What DRF's own throttles do: with a pause between look and write, requests slip through."""
    from threading import Barrier

    from django.db import connections
    from django.utils import timezone

    RateBucket.objects.create(owner="naive", window_start=timezone.now(), count=0)
    everybody = Barrier(5)

    def look_then_write(_: int) -> None:
        bucket = RateBucket.objects.get(owner="naive")
        everybody.wait(timeout=10)
        RateBucket.objects.filter(owner="naive").update(count=bucket.count + 1)
        connections.close_all()

    together(look_then_write, 5, threads=5)
    assert RateBucket.objects.get(owner="naive").count < 5
