"""The live process for real: uvicorn, Valkey, a browser's requests, kills in between."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.db import transaction
from redis import Redis

from jobs import live

WAIT_SECONDS = 20


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_healthy(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            assert get(port, "/healthz").status == 200
            return
        except OSError:
            assert process.poll() is None, "it has ended"
            assert time.monotonic() < deadline, "it does not answer"


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    number = free_port()
    environment = os.environ | {"LIVE_PORT": str(number)}
    process = subprocess.Popen([sys.executable, "-m", "config.live"], env=environment)
    wait_until_healthy(process, number)
    yield number
    process.send_signal(signal.SIGTERM)
    assert process.wait(WAIT_SECONDS) in (0, -signal.SIGTERM)


def get(port: int, path: str, **headers: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=WAIT_SECONDS)
    connection.request("GET", path, headers=headers)
    return connection.getresponse()


class Browser:
    def __init__(self, port: int, user: int) -> None:
        self.answer = get(port, f"/events?ticket={live.ticket(user)}")
        assert self.answer.status == 200
        assert self.answer.readline() == b"retry: 3000\n"

    def hears(self) -> dict[str, Any]:
        """The next message; heartbeats and blank lines are passed over."""
        while True:
            line = self.answer.readline()
            assert line, "the stream has ended"
            if line.startswith(b"data: "):
                message: dict[str, Any] = json.loads(line[6:])
                return message


def subscribers() -> int:
    with Redis.from_url(settings.LIVE_REDIS_URL) as valkey:
        return int(dict(valkey.pubsub_numsub(live.CHANNEL))[live.CHANNEL.encode()])


@pytest.fixture
def subscribed(port: int) -> Callable[[], None]:
    def wait() -> None:
        deadline = time.monotonic() + WAIT_SECONDS
        while not subscribers():
            assert time.monotonic() < deadline, "no subscription"

    wait()
    return wait


@pytest.mark.django_db(transaction=True)
def test_event_for_some_reaches_them_and_nobody_else(
    port: int, subscribed: Callable[[], None]
) -> None:
    one, other = Browser(port, 1), Browser(port, 2)
    live.tell("call", users=[1], data={"id": "a"})
    live.tell("news", users=None)
    assert one.hears() == {"event": "call", "data": {"id": "a"}}
    assert one.hears() == {"event": "news", "data": {}}
    assert other.hears() == {"event": "news", "data": {}}


@pytest.mark.django_db(transaction=True)
def test_event_of_a_rolled_back_transaction_is_never_told(
    port: int, subscribed: Callable[[], None]
) -> None:
    browser = Browser(port, 1)
    with pytest.raises(RuntimeError), transaction.atomic():
        live.tell("call", users=[1])
        raise RuntimeError
    live.tell("after", users=[1])
    assert browser.hears()["event"] == "after"


@pytest.mark.django_db(transaction=True)
def test_lost_subscription_is_made_again_and_browsers_ask_for_what_they_missed(
    port: int, subscribed: Callable[[], None]
) -> None:
    browser = Browser(port, 1)
    with Redis.from_url(settings.LIVE_REDIS_URL) as valkey:
        valkey.client_kill_filter(_type="pubsub")
    assert browser.hears()["event"] == "resync"
    live.tell("call", users=[1])
    assert browser.hears()["event"] == "call"


def test_stranger_forged_and_old_tickets_are_refused(port: int) -> None:
    with time_machine.travel(time.time() - live.TICKET_SECONDS - 5):
        old = live.ticket(1)
    for text in ("", "forged", live.ticket(1)[:-2], old):
        assert get(port, f"/events?ticket={text}").status == 401
    assert get(port, "/elsewhere").status == 404


def test_only_pages_of_this_host_may_read_the_stream(port: int) -> None:
    path = f"/events?ticket={live.ticket(1)}"
    ours = get(port, path, Origin="http://127.0.0.1:8000")
    theirs = get(port, path, Origin="https://evil.example")
    assert ours.getheader("Access-Control-Allow-Origin") == "http://127.0.0.1:8000"
    assert theirs.getheader("Access-Control-Allow-Origin") is None


def test_valkey_away_costs_less_than_a_second_and_raises_nothing(
    settings: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.LIVE_REDIS_URL = "redis://127.0.0.1:1/0"
    live._valkey.cache_clear()
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(live.transaction, "on_commit", lambda run, robust: run())
            begun = time.monotonic()
            live.tell("call", users=[1])
            assert time.monotonic() - begun < 1
    finally:
        live._valkey.cache_clear()
    assert "live event not sent" in caplog.text
