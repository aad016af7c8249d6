"""Outbox: written with the data, done once, given up when it cannot work."""

import signal
import threading
from datetime import timedelta

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from jobs import outbox, services
from jobs.exceptions import JobRefused, UnknownTaskError
from jobs.models import Outbox
from tests.jobs.processes import wait_until
from tests.jobs.sample_tasks import effects, note

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _silent(settings):
    settings.OUTBOX_PUBLISH = False


def in_thread(work):
    """Run `work` with a database connection of its own; the thread is returned, started."""

    def run():
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_enqueue_in_rolled_back_transaction_leaves_nothing():
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        services.enqueue("sample.note", args={"key": 1})
        raise ZeroDivisionError
    assert not Outbox.objects.exists()


def test_enqueue_misspelt_task_raises():
    with pytest.raises(UnknownTaskError):
        services.enqueue("sample.nothing")


def test_enqueue_costs_one_query(django_assert_num_queries):
    with transaction.atomic(), django_assert_num_queries(1):
        services.enqueue("sample.note", args={"key": 1}, dedup_key="a")


def test_enqueue_same_key_twice_makes_one_row():
    assert services.enqueue("sample.note", args={"key": 1}, dedup_key="a") is not None
    assert services.enqueue("sample.note", args={"key": 1}, dedup_key="a") is None
    assert Outbox.objects.count() == 1


def test_enqueue_without_key_twice_makes_two_rows():
    for _ in range(2):
        assert services.enqueue("sample.note", args={"key": 1}) is not None
    assert Outbox.objects.count() == 2


def test_enqueue_same_key_keeps_the_earlier_time():
    later = timezone.now() + timedelta(hours=2)
    services.enqueue("sample.note", args={"key": 1}, dedup_key="a", not_before=later)
    services.enqueue(
        "sample.note", args={"key": 1}, dedup_key="a", not_before=later - timedelta(hours=1)
    )
    assert Outbox.objects.get().not_before == later - timedelta(hours=1)
    services.enqueue("sample.note", args={"key": 1}, dedup_key="a")
    assert Outbox.objects.get().not_before is None


def test_enqueue_same_key_after_done_makes_a_new_row(sample):
    first = services.enqueue("sample.note", args={"key": 1}, dedup_key="a")
    outbox.execute(first.pk)
    assert services.enqueue("sample.note", args={"key": 1}, dedup_key="a") is not None


def test_enqueue_same_key_while_the_task_runs_makes_a_new_row(sample, monkeypatch):
    """The running task may have read the old data already: the change needs a run of its own."""
    first = services.enqueue("sample.note", args={"key": 1}, dedup_key="a")
    second = []

    def change_meanwhile(key):
        thread = in_thread(
            lambda: second.append(services.enqueue("sample.note", args={"key": 1}, dedup_key="a"))
        )
        thread.join()

    monkeypatch.setitem(outbox._functions, "sample.note", change_meanwhile)
    outbox.execute(first.pk)
    assert second[0] is not None
    assert [row.done_at is None for row in Outbox.objects.order_by("id")] == [False, True]


def test_enqueue_same_key_holds_the_row_until_commit(sample):
    """A worker must not run the waiting row without the change that has just joined it."""
    row = services.enqueue("sample.note", args={"key": 1}, dedup_key="a")
    done = []
    with transaction.atomic():
        services.enqueue("sample.note", args={"key": 1}, dedup_key="a")
        thread = in_thread(lambda: done.append(outbox.execute(row.pk)))
        thread.join()
    assert done == [False]
    assert outbox.execute(row.pk) is True


def test_execute_twice_works_once(sample):
    row = services.enqueue("sample.note", args={"key": 7})
    assert [outbox.execute(row.pk), outbox.execute(row.pk)] == [True, False]
    assert effects("note") == [7]


def test_execute_two_at_once_works_once(sample):
    row = services.enqueue("sample.note", args={"key": 7})
    threads = [in_thread(lambda: outbox.execute(row.pk)) for _ in range(8)]
    for thread in threads:
        thread.join()
    assert effects("note") == [7]


def test_two_at_once_without_row_lock_would_double(sample, monkeypatch):
    """Control: the lock is what makes it once."""
    row = services.enqueue("sample.note", args={"key": 7})
    barrier = threading.Barrier(2, timeout=10)
    function = outbox.task_function("sample.note")

    def unguarded(row_id):
        waiting = Outbox.objects.waiting().get(pk=row_id)
        with transaction.atomic():
            barrier.wait()
            function(**waiting.args)
            Outbox.objects.filter(pk=row_id).update(done_at=timezone.now())

    threads = [in_thread(lambda: unguarded(row.pk)) for _ in range(2)]
    for thread in threads:
        thread.join()
    assert effects("note") == [7, 7]


def test_execute_missing_row_does_nothing():
    assert outbox.execute(123456789) is False


def test_execute_before_its_time_does_nothing(sample):
    row = services.enqueue(
        "sample.note", args={"key": 1}, not_before=timezone.now() + timedelta(minutes=1)
    )
    assert outbox.execute(row.pk) is False
    assert effects("note") == []


def test_execute_error_rolls_back_and_pauses(sample):
    row = services.enqueue("sample.broken", args={"key": 1})
    assert outbox.execute(row.pk) is False
    row.refresh_from_db()
    assert effects("broken") == []
    assert (row.tries, row.done_at, row.failed_at, row.sent_at) == (1, None, None, None)
    assert row.last_error == "ValueError: it cannot work"
    pause = row.not_before - timezone.now()
    assert timedelta(seconds=20) < pause <= timedelta(seconds=30)


def test_execute_error_at_last_try_gives_up(sample, settings):
    settings.OUTBOX_MAX_TRIES = 3
    row = services.enqueue("sample.broken", args={"key": 1})
    for _ in range(5):
        Outbox.objects.filter(pk=row.pk).update(not_before=None)
        outbox.execute(row.pk)
    row.refresh_from_db()
    assert row.tries == 3
    assert row.failed_at is not None
    assert list(Outbox.objects.given_up()) == [row]


@pytest.mark.parametrize("teller_fails", [False, True])
def test_execute_giving_up_tells_whoever_waits_once(sample, settings, monkeypatch, teller_fails):
    settings.OUTBOX_MAX_TRIES = 2
    told = []

    def tell(key):
        told.append(key)
        if teller_fails:
            raise ValueError("nobody is there")

    monkeypatch.setitem(outbox._given_up, "sample.broken", tell)
    row = services.enqueue("sample.broken", args={"key": 1})
    for _ in range(3):
        Outbox.objects.filter(pk=row.pk).update(not_before=None)
        outbox.execute(row.pk)
    assert told == [1]
    assert list(Outbox.objects.given_up()) == [row]


def test_execute_task_that_always_kills_its_worker_gives_up(sample, settings, monkeypatch):
    settings.OUTBOX_MAX_TRIES = 2
    row = services.enqueue("sample.note", args={"key": 1})

    def die(key):
        raise SystemExit  # not an Exception: nobody is left to note the failure

    monkeypatch.setitem(outbox._functions, "sample.note", die)
    for _ in range(2):
        with pytest.raises(SystemExit):
            outbox.execute(row.pk)
    assert outbox.execute(row.pk) is False
    row.refresh_from_db()
    assert row.failed_at is not None
    assert row.last_error == "the worker was lost at each try"


@pytest.fixture
def soft_limit_soon():
    """As Celery does it: a signal that raises, in the middle of whatever runs."""

    def strike(*_):
        raise SoftTimeLimitExceeded

    before = signal.signal(signal.SIGALRM, strike)
    signal.setitimer(signal.ITIMER_REAL, 0.3)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


def test_execute_soft_limit_inside_a_statement_is_noted_on_a_fresh_connection(
    sample, monkeypatch, soft_limit_soon
):
    def sleep(key):
        note("slept", key)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(20)")

    monkeypatch.setitem(outbox._functions, "sample.note", sleep)
    row = services.enqueue("sample.note", args={"key": 1})
    assert outbox.execute(row.pk) is False
    row.refresh_from_db()
    assert row.last_error.startswith("SoftTimeLimitExceeded")
    assert row.tries == 1
    assert effects("slept") == []


def test_retry_outbox_failed_row_runs_again(sample):
    row = services.enqueue("sample.note", args={"key": 1})
    Outbox.objects.filter(pk=row.pk).update(failed_at=timezone.now(), tries=8)
    services.retry_outbox(row)
    assert outbox.execute(row.pk) is True


def test_retry_outbox_row_that_waits_is_refused():
    row = services.enqueue("sample.note", args={"key": 1})
    with pytest.raises(JobRefused):
        services.retry_outbox(row)


def test_retry_outbox_with_newer_row_of_same_key_is_refused():
    row = services.enqueue("sample.note", args={"key": 1}, dedup_key="a")
    Outbox.objects.filter(pk=row.pk).update(failed_at=timezone.now())
    services.enqueue("sample.note", args={"key": 1}, dedup_key="a")
    with pytest.raises(JobRefused):
        services.retry_outbox(row)


def test_give_up_orphans_waits_a_day():
    now = timezone.now()
    for task, age in (("gone.task", 2), ("new.task", 0), ("sample.note", 2)):
        row = Outbox.objects.create(task=task)
        Outbox.objects.filter(pk=row.pk).update(created_at=now - timedelta(days=age))
    assert outbox.give_up_orphans() == 1
    assert Outbox.objects.given_up().get().task == "gone.task"


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"task": ""}, "outbox_task_named"),
        ({"args": [1]}, "outbox_args_object"),
        ({"tries": -1}, "outbox_tries_positive"),
        ({"done_at": timezone.now(), "failed_at": timezone.now()}, "outbox_done_or_failed"),
    ],
)
def test_outbox_constraint_holds(values, constraint):
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Outbox.objects.create(**{"task": "sample.note", **values})


class TestPublishing:
    """What is told to the broker after a commit, and by the tick."""

    @pytest.fixture
    def sent(self, settings, monkeypatch):
        settings.OUTBOX_PUBLISH = True
        messages = []
        monkeypatch.setattr(
            outbox.publisher,
            "publish",
            lambda batch, **budget: messages.extend(batch) or len(batch),
        )
        return messages

    @pytest.mark.django_db(transaction=True)
    def test_commit_publishes_all_rows_in_one_poke(self, sent):
        with transaction.atomic():
            rows = [services.enqueue("sample.note", args={"key": key}) for key in range(3)]
            assert len(connection.run_on_commit) == 1
        assert [message.args for message in sent] == [(row.pk,) for row in rows]
        assert not Outbox.objects.filter(sent_at=None).exists()

    @pytest.mark.django_db(transaction=True)
    def test_rolled_back_savepoint_does_not_take_the_poke_along(self, sent):
        with transaction.atomic():
            with pytest.raises(ZeroDivisionError), transaction.atomic():
                services.enqueue("sample.note", args={"key": 1})
                raise ZeroDivisionError
            row = services.enqueue("sample.note", args={"key": 2})
        assert [message.args for message in sent] == [(row.pk,)]

    @pytest.mark.django_db(transaction=True)
    def test_future_row_is_not_published(self, sent):
        services.enqueue(
            "sample.note", args={"key": 1}, not_before=timezone.now() + timedelta(hours=1)
        )
        assert sent == []

    def test_publish_due_takes_unsent_and_lost_rows_only(self, sent, settings):
        now = timezone.now()
        ages = {
            "unsent": None,
            "fresh": now - timedelta(seconds=settings.OUTBOX_RESEND_SECONDS - 60),
            "lost": now - timedelta(seconds=settings.OUTBOX_RESEND_SECONDS + 60),
        }
        rows = {
            name: Outbox.objects.create(task="sample.note", args={"key": 1}, sent_at=at)
            for name, at in ages.items()
        }
        Outbox.objects.create(task="sample.note", args={"key": 1}, done_at=now)
        Outbox.objects.create(task="sample.note", args={"key": 1}, failed_at=now)
        assert outbox.publish_due() == 2
        assert [message.args[0] for message in sent] == [rows["unsent"].pk, rows["lost"].pk]

    @pytest.mark.django_db(transaction=True)
    def test_error_while_publishing_does_not_reach_the_page(self, settings, monkeypatch):
        settings.OUTBOX_PUBLISH = True

        def fail(batch, **budget):
            raise RuntimeError

        monkeypatch.setattr(outbox.publisher, "publish", fail)
        row = services.enqueue("sample.note", args={"key": 1})
        assert Outbox.objects.get(pk=row.pk).sent_at is None


def test_wait_until_fails_with_words():
    with pytest.raises(AssertionError, match="still not: the moon"):
        wait_until(lambda: False, seconds=0.05, what="the moon")
