"""How a row of the outbox becomes work: task registry, execution, publishing."""

import logging
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from celery import shared_task
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from jobs.broker import BUDGET_SECONDS, Message, publisher
from jobs.exceptions import UnknownTaskError
from jobs.hooks import surrounded
from jobs.models import Outbox

logger = logging.getLogger(__name__)

TaskFunction = Callable[..., Any]
_functions: dict[str, TaskFunction] = {}
_given_up: dict[str, TaskFunction] = {}

FIRST_PAUSE_SECONDS = 30
LONGEST_PAUSE_SECONDS = 3600
# What a tick may send, and how long it may take: enough to empty a long queue in some minutes.
TICK_BATCH = 5_000
TICK_BUDGET_SECONDS = 20.0


def outbox_task(
    *, name: str, given_up: TaskFunction | None = None
) -> Callable[[TaskFunction], TaskFunction]:
    """Make a function the handler of outbox rows named `name` ("app.action").

    The function takes the row's args as keywords and runs inside the transaction that marks the
    row done, so it must do all of its work in the database (or hand over to another row). It may
    run twice and must then change nothing. It stays an ordinary function that tests can call.

    `given_up` takes the same keywords and is called in the transaction that gives a row up after
    its last try: the place to tell people who wait for the work.
    """
    if given_up is not None:
        _given_up[name] = given_up

    def register(function: TaskFunction) -> TaskFunction:
        _functions[name] = function

        @shared_task(name=name)
        def run(outbox_id: int) -> None:
            execute(outbox_id)

        return function

    return register


def task_function(name: str) -> TaskFunction:
    """The handler of `name`; raises UnknownTaskError."""
    try:
        return _functions[name]
    except KeyError:
        raise UnknownTaskError(f"no outbox task is named {name!r}") from None


def task_names() -> list[str]:
    return sorted(_functions)


def execute(outbox_id: int) -> bool:
    """Do one row's work; True when this call did it.

    False when the row is gone, done, given up, not due yet or in somebody else's hands: messages
    may come twice, early or late, and the row decides.
    """
    row = _start(outbox_id)
    if row is None:
        return False
    try:
        return _work(row)
    except Exception as error:
        if isinstance(error, SoftTimeLimitExceeded):
            # The signal may have cut a statement in two; that connection is not to be trusted.
            connection.close()
        _record_failure(row, error)
        logger.exception("outbox task failed", extra={"task": row.task})
        return False


def _start(outbox_id: int) -> Outbox | None:
    """Count the start in a transaction of its own: one that kills the worker counts as well."""
    with transaction.atomic():
        row = Outbox.objects.due().select_for_update(skip_locked=True).filter(pk=outbox_id).first()
        if row is None:
            return None
        row.tries += 1
        if row.tries > settings.OUTBOX_MAX_TRIES:
            Outbox.objects.filter(pk=row.pk).update(
                failed_at=Now(), last_error=row.last_error or "the worker was lost at each try"
            )
            _tell_given_up(row)
            return None
        Outbox.objects.filter(pk=row.pk).update(tries=row.tries, started_at=Now())
        return row


def _work(row: Outbox) -> bool:
    function = task_function(row.task)
    with transaction.atomic():
        free = Outbox.objects.waiting().select_for_update(skip_locked=True)
        if free.filter(pk=row.pk).first() is None:
            return False
        with surrounded(row.task):
            function(**row.args)
        Outbox.objects.filter(pk=row.pk).update(done_at=Now(), last_error="")
        return True


def _record_failure(row: Outbox, error: Exception) -> None:
    """Put the row back with a growing pause, or give it up after the last try."""
    pause = min(FIRST_PAUSE_SECONDS * 2 ** (row.tries - 1), LONGEST_PAUSE_SECONDS)
    is_last = row.tries >= settings.OUTBOX_MAX_TRIES
    with transaction.atomic():
        mine = (
            Outbox.objects.waiting()
            .filter(pk=row.pk)
            .update(
                last_error=describe(error),
                not_before=Now() + timedelta(seconds=pause),
                sent_at=None,
                failed_at=Now() if is_last else None,
            )
        )
        if mine and is_last:
            _tell_given_up(row)


def _tell_given_up(row: Outbox) -> None:
    """Call the task's `given_up`; its own failure must not bring the row back."""
    function = _given_up.get(row.task)
    if function is None:
        return
    try:
        with transaction.atomic():
            function(**row.args)
    except Exception:
        logger.exception("nobody was told of a task given up", extra={"task": row.task})


def describe(error: BaseException) -> str:
    """Class and first line of an error, short enough for a table cell.

    The further lines of a database error quote the values it failed on: personal data.
    """
    first_line = (str(error).strip().splitlines() or [""])[0].replace("\0", "")
    return f"{type(error).__name__}: {first_line}"[:300].rstrip(": ")


class Poke:
    """The after-commit call of one transaction: tell the broker about the rows it wrote."""

    def __init__(self) -> None:
        self.rows: dict[int, str] = {}

    def run(self) -> None:
        """Never raises: the data is saved, and the tick sends what this could not."""
        try:
            publish(self.rows.items())
        except Exception:
            logger.exception("the outbox could not be published after a commit")

    @classmethod
    def of_transaction(cls) -> "Poke":
        """The poke that commits or rolls back with everything written from here on.

        Django drops the callbacks of a rolled-back savepoint from this list, so a poke which is
        still in it stands in this savepoint or in one around it.
        """
        for entry in connection.run_on_commit:
            owner = getattr(entry[1], "__self__", None)
            if isinstance(owner, cls):
                return owner
        poke = cls()
        transaction.on_commit(poke.run, robust=True)
        return poke


# A page does not wait for the disk here: a mark that is lost in a crash costs one more message.
MARK_SENT = """
    UPDATE outbox SET sent_at = now()
    WHERE id = ANY(%s) AND set_config('synchronous_commit', 'off', true) = 'off'
"""


def publish(rows: Iterable[tuple[int, str]], *, budget_seconds: float = BUDGET_SECONDS) -> int:
    """Announce (id, task) pairs to the broker, mark them sent, and return how many it took."""
    pairs = list(rows)
    if not settings.OUTBOX_PUBLISH or not pairs:
        return 0
    messages = [Message(task=task, args=(pk,)) for pk, task in pairs]
    sent = publisher.publish(messages, budget_seconds=budget_seconds)
    if sent:
        with connection.cursor() as cursor:
            cursor.execute(MARK_SENT, [[pk for pk, _ in pairs[:sent]]])
    return sent


def give_up_orphans() -> int:
    """Give up rows whose task this version does not know and nobody has done for a day.

    Not at once: while a new version is rolled out, an old worker sees tasks of the new one.
    """
    orphans = Outbox.objects.waiting().exclude(task__in=_functions)
    return orphans.filter(created_at__lt=Now() - timedelta(days=1)).update(
        failed_at=Now(), last_error="no task of this name exists any more"
    )


def publish_due() -> int:
    """The tick's part: send what is due and was never sent, or was sent so long ago that the
    broker may have lost it. A message too many is harmless; `execute` looks at the row."""
    lost = Q(sent_at__lt=Now() - timedelta(seconds=settings.OUTBOX_RESEND_SECONDS))
    due = Outbox.objects.due().filter(Q(sent_at=None) | lost)
    # Never-sent rows first: a long queue must not be filled with its own copies.
    rows = due.order_by(F("sent_at").asc(nulls_first=True), "id").values_list("id", "task")
    return publish(rows[:TICK_BATCH], budget_seconds=TICK_BUDGET_SECONDS)
