"""R4-R6 and P4: a broker that is away, hangs or forgets costs no page and no follow-up."""

import time
from collections.abc import Iterator

import pytest
from celery import current_app
from django.conf import settings as django_settings
from django.db import connection, transaction
from django.test import Client
from kombu.exceptions import OperationalError

from jobs.broker import BUDGET_SECONDS, SOCKET_SECONDS, Message, Publisher
from jobs.models import Heartbeat, Outbox
from tests.jobs.processes import Broker, beat, running, wait_until, worker
from tests.jobs.sample_tasks import effects, note

PAGES = 50


@pytest.fixture
def pages(sample, settings) -> Client:
    settings.ROOT_URLCONF = "tests.jobs.pages"
    return Client(raise_request_exception=False)


@pytest.fixture
def workers(sample, broker: Broker) -> Iterator[None]:
    """A worker and a beat that have done their first tick."""
    with running(worker(broker), beat(broker)):
        wait_until(Heartbeat.objects.exists, seconds=60, what="the first tick")
        yield


def save_pages(client: Client) -> list[float]:
    """Seconds that each of the pages took, sorted; every one of them must succeed."""
    times = []
    for key in range(PAGES):
        began = time.monotonic()
        response = client.post(f"/save/{key}/")
        times.append(time.monotonic() - began)
        assert response.status_code == 201
    assert effects("saved") == list(range(PAGES))
    return sorted(times)


def p95(times: list[float]) -> float:
    return times[int(len(times) * 0.95)]


def all_followed_up() -> bool:
    return not Outbox.objects.waiting().exists()


def ticks_pass(number: int) -> None:
    """Let the ticks re-send whatever they would re-send."""
    for _ in range(number):
        seen = Heartbeat.objects.get().at
        wait_until(lambda: Heartbeat.objects.get().at > seen, seconds=30, what="a tick")  # noqa: B023


@pytest.mark.slow
def test_broker_stopped_pages_save_and_work_follows_once(pages, workers, broker):
    broker.stop()
    times = save_pages(pages)
    assert p95(times) <= 1.0
    assert times[-1] <= BUDGET_SECONDS + 1.0
    broker.start()
    wait_until(all_followed_up, seconds=60, what="50 follow-ups after the restart")
    ticks_pass(3)
    assert effects("note") == list(range(PAGES))


@pytest.mark.slow
def test_broker_frozen_pages_save_and_work_follows_once(pages, workers, broker):
    pages.post("/save/1000/")  # the kept connection is the one that will hang
    wait_until(all_followed_up, seconds=30, what="the first follow-up")
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE sample_effects")
    broker.freeze()
    times = save_pages(pages)
    assert p95(times) <= 2.0
    assert times[-1] <= BUDGET_SECONDS + SOCKET_SECONDS + 1.0
    broker.resume()
    wait_until(all_followed_up, seconds=60, what="50 follow-ups after the thaw")
    ticks_pass(3)
    assert effects("note") == list(range(PAGES))


@pytest.mark.slow
def test_broker_flushed_work_is_sent_again_and_follows_once(pages, sample, broker):
    save_pages(pages)
    assert not Outbox.objects.filter(sent_at=None).exists()
    broker.client().flushall()
    with running(worker(broker), beat(broker)):
        wait_until(all_followed_up, seconds=120, what="50 follow-ups after FLUSHALL")
        ticks_pass(3)
    assert effects("note") == list(range(PAGES))


def test_lost_message_is_sent_again_within_five_minutes():
    """What the flush test does in seconds takes this long with the settings of a real shop."""
    longest = django_settings.OUTBOX_RESEND_SECONDS + django_settings.JOBS_TICK_SECONDS
    assert longest <= 300


def test_plain_delay_after_commit_would_fail_the_page(sample, broker):
    """Control of the stopped broker: Celery's own way raises after the data was saved."""
    broker.stop()
    with pytest.raises(OperationalError), transaction.atomic():
        note("saved", 1)
        transaction.on_commit(lambda: current_app.send_task("jobs.tick", retry=False))
    assert effects("saved") == [1]


def test_plain_delay_after_commit_would_hang_the_page(broker):
    """Control of the frozen broker: Celery's own way waits for its whole socket timeout."""
    link = current_app.connection_for_write(transport_options={"socket_timeout": 2})
    broker.freeze()
    began = time.monotonic()
    with pytest.raises((OperationalError, *link.connection_errors)):
        current_app.send_task("jobs.tick", connection=link, retry=False)
    assert time.monotonic() - began >= 1.9


class TestPublisher:
    @pytest.fixture
    def publisher(self) -> Iterator[Publisher]:
        publisher = Publisher()
        yield publisher
        publisher.close()

    def test_publishes_to_our_queue(self, broker, publisher):
        assert publisher.publish([Message("jobs.tick"), Message("jobs.work", (1,))]) == 2
        assert broker.client().llen(current_app.conf.task_default_queue) == 2

    def test_keeps_its_connection(self, broker, publisher):
        publisher.publish([Message("jobs.tick")])
        kept = publisher._producer
        publisher.publish([Message("jobs.tick")])
        assert publisher._producer is kept

    def test_dials_again_after_a_restart_of_the_broker(self, broker, publisher):
        publisher.publish([Message("jobs.tick")])
        broker.stop()
        broker.start()
        assert publisher.publish([Message("jobs.tick")]) == 1

    def test_after_a_failure_others_do_not_wait(self, broker, publisher):
        broker.freeze()
        began = time.monotonic()
        assert publisher.publish([Message("jobs.tick")] * 20) == 0
        first = time.monotonic() - began
        assert publisher.publish([Message("jobs.tick")]) == 0
        second = time.monotonic() - began - first
        assert SOCKET_SECONDS * 0.9 <= first <= BUDGET_SECONDS + SOCKET_SECONDS
        assert second < 0.05

    def test_tries_again_after_its_rest(self, broker, publisher):
        broker.stop()
        assert publisher.publish([Message("jobs.tick")]) == 0
        broker.start()
        publisher.resting_until = 0.0
        assert publisher.publish([Message("jobs.tick")]) == 1

    def test_forked_child_gets_a_connection_of_its_own(self, broker, publisher):
        publisher.publish([Message("jobs.tick")])
        parents = publisher._producer
        publisher._pid = -1  # as a child sees it
        assert publisher.publish([Message("jobs.tick")]) == 1
        assert publisher._producer is not parents


def test_transport_options_reach_the_live_channel(broker):
    """P4: kombu ignores options that are set in the wrong place."""
    options = django_settings.CELERY_BROKER_TRANSPORT_OPTIONS
    with current_app.connection_for_read() as link:
        channel = link.default_channel
        assert channel.visibility_timeout == options["visibility_timeout"] == 900
        assert channel.unacked_restore_interval == options["unacked_restore_interval"] == 5
        assert channel.unacked_restore_throttle == options["unacked_restore_throttle"] == 1
        assert channel.socket_timeout == options["socket_timeout"] == 10
        assert channel.pool.connection_kwargs["socket_timeout"] == 10
