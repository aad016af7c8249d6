"""Telling open browsers that something happened: a hint, never the thing itself.

An event names what changed and carries ids only; the page fetches what its user may see. Who was
not listening asks when it comes back, so a lost event costs a moment and no data. The process in
`config/live.py` passes events on from Valkey.
"""

import json
import logging
from collections.abc import Iterable, Mapping
from functools import cache

from django.conf import settings
from django.core import signing
from django.db import transaction
from redis import Redis, RedisError

logger = logging.getLogger(__name__)

CHANNEL = "lanewise.live"
SOCKET_SECONDS = 0.4
TICKET_SECONDS = 3600
_SALT = "lanewise.live"


def tell(
    event: str,
    *,
    users: Iterable[int] | None = None,
    data: Mapping[str, str | int] | None = None,
) -> None:
    """After the commit, tell the browsers of `users` (None: of everybody) about `event`.

    Never raises and never waits for more than half a second: pages ask by themselves when
    Valkey is away.
    """
    to = None if users is None else sorted(set(users))
    message = json.dumps({"to": to, "event": event, "data": dict(data or {})})

    def send() -> None:
        try:
            _valkey().publish(CHANNEL, message)
        except (RedisError, OSError) as error:
            logger.warning("live event not sent (%s)", type(error).__name__)

    if to != []:
        transaction.on_commit(send, robust=True)


@cache
def _valkey() -> Redis:
    return Redis.from_url(
        settings.LIVE_REDIS_URL,
        socket_timeout=SOCKET_SECONDS,
        socket_connect_timeout=SOCKET_SECONDS,
    )


def ticket(user_id: int) -> str:
    """What lets a browser listen as `user_id` for an hour; the live process has no sessions."""
    return signing.dumps(user_id, salt=_SALT, compress=False)


def user_of(text: str) -> int | None:
    """The user of a ticket; None when it is forged or too old."""
    try:
        return int(signing.loads(text, salt=_SALT, max_age=TICKET_SECONDS))
    except (signing.BadSignature, TypeError, ValueError):
        return None
