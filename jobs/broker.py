"""The one place that talks to the message broker. It may fail, but it never holds a page up."""

import logging
import os
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from celery import current_app
from kombu import Connection, Producer

logger = logging.getLogger(__name__)

SOCKET_SECONDS = 0.4
BUDGET_SECONDS = 0.5
REST_SECONDS = 10.0


@dataclass(frozen=True)
class Message:
    """A task to announce; `expires_seconds` drops it when no worker came in time."""

    task: str
    args: tuple[Any, ...] = ()
    expires_seconds: float | None = None


@dataclass
class Publisher:
    """Publishes with a time budget over a connection of its own, which is kept between calls.

    Celery's own producer pool waits up to ten seconds for a broker that hangs. Here each socket
    operation ends after `SOCKET_SECONDS`, a batch after `BUDGET_SECONDS`, and after a failure
    nobody in this process tries again for `REST_SECONDS`: one request pays, the others don't.
    What is not published stays in PostgreSQL for the next tick.
    """

    resting_until: float = 0.0
    _pid: int = 0
    _producer: Producer | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def publish(
        self, messages: Sequence[Message], *, budget_seconds: float = BUDGET_SECONDS
    ) -> int:
        """Send `messages` in order and return how many of them the broker has taken."""
        self._leave_parents_connection()
        deadline = time.monotonic() + budget_seconds
        if self._is_resting() or not self._lock.acquire(timeout=BUDGET_SECONDS):
            return 0
        sent = 0
        try:
            for message in messages:
                if time.monotonic() > deadline or not self._send(message, deadline):
                    break
                sent += 1
        finally:
            self._lock.release()
        return sent

    def close(self) -> None:
        """Drop the connection and forget earlier failures."""
        self._drop()
        self.resting_until = 0.0

    def _is_resting(self) -> bool:
        return time.monotonic() < self.resting_until

    def _send(self, message: Message, deadline: float) -> bool:
        kept = self._producer is not None
        while not self._is_resting():
            try:
                self._send_once(message)
                return True
            except Exception as error:
                self._drop()
                # A connection from before a restart of the broker fails at once: dial again.
                # A broker that hangs has used up the time.
                if kept and time.monotonic() + SOCKET_SECONDS < deadline:
                    kept = False
                    continue
                self.resting_until = time.monotonic() + REST_SECONDS
                logger.warning("broker unreachable (%s), the tick sends", type(error).__name__)
        return False

    def _send_once(self, message: Message) -> None:
        if self._producer is None:
            self._producer = current_app.amqp.Producer(self._connect())
        current_app.send_task(
            message.task,
            args=message.args,
            producer=self._producer,
            expires=message.expires_seconds,
            retry=False,
        )

    @staticmethod
    def _connect() -> Connection:
        return current_app.connection_for_write(
            transport_options={
                "socket_timeout": SOCKET_SECONDS,
                "socket_connect_timeout": SOCKET_SECONDS,
                # kombu would dial for as long as six seconds by itself.
                "max_retries": 0,
            }
        )

    def _drop(self) -> None:
        producer, self._producer = self._producer, None
        if producer is None or producer.connection is None:
            return
        try:
            producer.connection.collect(socket_timeout=SOCKET_SECONDS)
        except Exception as error:
            logger.debug("closing a broken broker connection: %s", type(error).__name__)

    def _leave_parents_connection(self) -> None:
        """A forked child must not write into its parent's socket, nor close it politely."""
        if self._pid != os.getpid():
            self._pid, self._producer, self._lock = os.getpid(), None, threading.Lock()
            self.resting_until = 0.0


publisher = Publisher()
