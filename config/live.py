"""The one ASGI process: passes live events from Valkey to open browsers as server-sent events.

`python -m config.live`. An open browser costs a coroutine here and nothing in the web workers.
It reads no database and knows no customer: events are hints with ids (`jobs/live.py`).
"""

import asyncio
import contextlib
import json
import logging
import os
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import uvicorn
from redis import RedisError
from redis.asyncio import Redis

from config import lifeline
from config.environment import live_port, prepare

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

HEARTBEAT_SECONDS = 15
WAITING_EVENTS = 100
BROWSERS_PER_USER = 20
RETRY_SECONDS = 1
# The page then asks for what it may have missed.
RESYNC = json.dumps({"event": "resync", "data": {}})

logger = logging.getLogger(__name__)


class Hub:
    """One subscription for all browsers of this process."""

    def __init__(self) -> None:
        self.browsers: dict[int, list[asyncio.Queue[str | None]]] = defaultdict(list)

    def join(self, user: int) -> "asyncio.Queue[str | None]":
        """A queue of messages for one browser; None in it means: this browser has to go."""
        queue: asyncio.Queue[str | None] = asyncio.Queue(WAITING_EVENTS)
        mine = self.browsers[user]
        if len(mine) >= BROWSERS_PER_USER:
            _put(mine.pop(0), None)
        mine.append(queue)
        return queue

    def leave(self, user: int, queue: "asyncio.Queue[str | None]") -> None:
        if queue in self.browsers[user]:
            self.browsers[user].remove(queue)
        if not self.browsers[user]:
            del self.browsers[user]

    def spread(self, message: str, to: list[int] | None) -> None:
        for user in list(self.browsers) if to is None else to:
            for queue in self.browsers.get(user, []):
                _put(queue, message)

    async def listen(self, url: str, channel: str) -> None:
        """Read the channel for ever; whenever the subscription had to be made again, everybody
        is told to ask for what came meanwhile."""
        while True:
            try:
                async with (
                    Redis.from_url(url, socket_timeout=None) as valkey,
                    valkey.pubsub(ignore_subscribe_messages=True) as subscription,
                ):
                    await subscription.subscribe(channel)
                    self.spread(RESYNC, None)
                    async for message in subscription.listen():
                        self._pass_on(message["data"])
            except (RedisError, OSError) as error:
                logger.warning("Valkey is away (%s)", type(error).__name__)
            await asyncio.sleep(RETRY_SECONDS)

    def _pass_on(self, data: bytes) -> None:
        try:
            told = json.loads(data)
            message = json.dumps({"event": told["event"], "data": told["data"]})
            self.spread(message, told["to"])
        except (ValueError, TypeError, KeyError):
            logger.warning("a live event could not be read")


def _put(queue: "asyncio.Queue[str | None]", message: str | None) -> None:
    """Add to a queue; from one that nobody empties the oldest message goes."""
    if queue.full():
        queue.get_nowait()
    queue.put_nowait(message)


class LiveApp:
    """`GET /events?ticket=…` (a stream for an hour at most) and `GET /healthz`."""

    def __init__(self) -> None:
        self.hub = Hub()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        from django.conf import settings

        from jobs.live import CHANNEL

        await receive()
        listening = asyncio.create_task(self.hub.listen(settings.LIVE_REDIS_URL, CHANNEL))
        await send({"type": "lifespan.startup.complete"})
        await receive()
        listening.cancel()
        for user in list(self.hub.browsers):
            for queue in self.hub.browsers[user]:
                _put(queue, None)
        await send({"type": "lifespan.shutdown.complete"})

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        from jobs.live import user_of

        path = scope["path"].rstrip("/").rpartition("/")[2]
        if path == "healthz":
            await _say(send, 200, b"ok")
        elif path != "events" or scope["method"] != "GET":
            await _say(send, 404, b"Nothing is here.")
        else:
            given = parse_qs(scope["query_string"].decode("latin-1")).get("ticket", [""])[0]
            user = user_of(given)
            if user is None:
                await _say(send, 401, b"The ticket is over.", _origin(scope))
            else:
                await self._stream(user, scope, receive, send)

    async def _stream(self, user: int, scope: Scope, receive: Receive, send: Send) -> None:
        from jobs.live import TICKET_SECONDS

        headers = [
            (b"content-type", b"text/event-stream"),
            (b"cache-control", b"no-store"),
            (b"x-accel-buffering", b"no"),
            *_origin(scope),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        queue = self.hub.join(user)
        gone = asyncio.create_task(_until_gone(receive))
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(TICKET_SECONDS):
                    await _send_events(queue, gone, send)
        finally:
            self.hub.leave(user, queue)
            gone.cancel()
        if not gone.done():
            await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _send_events(
    queue: "asyncio.Queue[str | None]", gone: "asyncio.Task[None]", send: Send
) -> None:
    """Until the browser has gone or has to go; a comment now and then keeps proxies patient."""
    body = b"retry: 3000\n\n"
    while not gone.done():
        await send({"type": "http.response.body", "body": body, "more_body": True})
        getting = asyncio.create_task(queue.get())
        await asyncio.wait(
            {getting, gone}, timeout=HEARTBEAT_SECONDS, return_when=asyncio.FIRST_COMPLETED
        )
        if not getting.done():
            getting.cancel()
            body = b": still here\n\n"
            continue
        message = getting.result()
        if message is None:
            return
        body = f"data: {message}\n\n".encode()


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _origin(scope: Scope) -> list[tuple[bytes, bytes]]:
    """Let pages of this very host read the stream: on a developer's machine they come from
    another port. The ticket is what lets in; no cookie is looked at."""
    headers = dict(scope["headers"])
    origin = headers.get(b"origin", b"").decode("latin-1")
    host = urlsplit(f"//{headers.get(b'host', b'').decode('latin-1')}").hostname
    if origin and urlsplit(origin).hostname == host:
        return [(b"access-control-allow-origin", origin.encode("latin-1")), (b"vary", b"origin")]
    return []


async def _say(
    send: Send, status: int, text: bytes, headers: list[tuple[bytes, bytes]] | None = None
) -> None:
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [(b"content-type", b"text/plain"), *(headers or [])],
        }
    )
    await send({"type": "http.response.body", "body": text})


def main() -> None:
    prepare(role="live")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    lifeline.follow_launcher()
    uvicorn.run(
        LiveApp(),
        host=os.environ.get("HOST") or "127.0.0.1",
        port=live_port(),
        workers=1,  # WEB_CONCURRENCY means the web server
        access_log=False,  # addresses carry tickets
        log_level="warning",
        timeout_graceful_shutdown=3,
        server_header=False,
    )


if __name__ == "__main__":
    main()
