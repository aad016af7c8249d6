"""What a telephone call costs: `python -m bench.telephony [--calls 300]`.

Starts a whole Lanewise as `make run` does (gunicorn, worker, live process, demo data) and measures
from outside, over HTTP: signed callbacks (answered in under 100 ms), the time from the ring to the
advisor's browser having the card (within a second), the voice agent's tools (p95 at most 300 ms),
and whether the time of a refusal tells a wrong answer from an unknown caller. Each begins with a
few that do not count, in which the web workers load their modules. Whatever else the machine does
is measured too, so the load is printed first and last. Exit code 1 when a limit is missed.
"""

import argparse
import http.client
import json
import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count, product
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from twilio.request_validator import RequestValidator

from bench.crash import free_port, installation
from config.environment import BASE_DIR
from tests.processes import GONE_SECONDS, Run

TWILIO_TOKEN = "0123456789abcdef0123456789abcdef"  # noqa: S105
DEMO_TOKEN = "lw_demo-lanewise-token-1"  # noqa: S105  (crm.demo)
CALLBACK_LIMIT_MS = 100.0
POP_LIMIT_MS = 1000.0
TOOL_LIMIT_MS = 300.0
POPS = 20
CONVERSATIONS = 100
GUESSES = 95
TELLING = 0.1
# The first of everything, by which each web worker has done everything once.
UNCOUNTED = 5
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
PREPARE = """
import json
from importlib import import_module
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from crm.models import Customer, User
from jobs.live import ticket
mike = User.objects.get(username="mike")
session = import_module(settings.SESSION_ENGINE).SessionStore()
session[SESSION_KEY] = str(mike.pk)
session[BACKEND_SESSION_KEY] = "crm.adapters.StaffBackend"
session[HASH_SESSION_KEY] = mike.get_session_auth_hash()
session.create()
known = Customer.objects.filter(date_of_birth__isnull=False)
print(json.dumps({
    "ticket": ticket(mike.pk),
    "cookie": f"{settings.SESSION_COOKIE_NAME}={session.session_key}",
    "mine": [customer.phone for customer in known.filter(preferred_service_advisor=mike)[:200]],
    "born": [[phone, born.isoformat()] for phone, born
             in known.values_list("phone", "date_of_birth")[:200]],
}))
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--calls", type=int, default=300, help="callbacks to send (default 300)")
    options = parser.parse_args()
    with installation() as var:
        port, live_port = free_port(), free_port()
        run = Run(
            var,
            port,
            LIVE_PORT=str(live_port),
            API_RATE_LIMIT_PER_MINUTE="1000000",
            TELEPHONY_PROVIDER="fake",
            TWILIO_AUTH_TOKEN=TWILIO_TOKEN,
            PUBLIC_BASE_URL=f"http://127.0.0.1:{port}",
        ).wait_until_ready()
        try:
            world = prepare(var)
            phone = Telephone(port, live_port, world)
            show_load()
            held = [
                callbacks(phone, options.calls),
                pops(phone),
                tools(phone),
                unknown_like_wrong(phone),
            ]
            show_load()
        finally:
            run.process.send_signal(signal.SIGINT)
            run.end(GONE_SECONDS)
    return 0 if all(held) else 1


def prepare(var: Path) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "-v0", "-c", PREPARE],
        cwd=BASE_DIR,
        env=os.environ | {"LANEWISE_VAR": str(var)},
        capture_output=True,
        text=True,
        check=True,
    )
    world: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return world


class Telephone:
    """The telephone company, the advisor's browser and the voice agent, as the server sees them."""

    def __init__(self, port: int, live_port: int, world: dict[str, Any]) -> None:
        self.port, self.live_port, self.world = port, live_port, world
        self.base = f"http://127.0.0.1:{port}"
        self.numbers = count(1)
        self.validator = RequestValidator(TWILIO_TOKEN)

    def sid(self) -> str:
        return f"CA{next(self.numbers):032x}"

    def call_back(self, name: str, **fields: str) -> float:
        """Send one signed callback; the milliseconds until its answer was there."""
        path = f"/calls/webhooks/twilio/{name}"
        signature = self.validator.compute_signature(self.base + path, fields)
        headers = FORM | {"X-Twilio-Signature": signature}
        return self._timed("POST", path, urlencode(fields), headers)[0]

    def tool(self, name: str, body: dict[str, Any]) -> tuple[float, dict[str, Any]]:
        headers = {"Authorization": f"Bearer {DEMO_TOKEN}", "Content-Type": "application/json"}
        took, content = self._timed("POST", f"/api/v1/agent/{name}/", json.dumps(body), headers)
        return took, json.loads(content)

    def cards(self) -> bytes:
        """What the browser fetches when it hears of a call."""
        headers = {"Cookie": self.world["cookie"], "HX-Request": "true"}
        return self._timed("GET", "/calls/ringing", "", headers)[1]

    def _timed(
        self, method: str, path: str, body: str, headers: dict[str, str]
    ) -> tuple[float, bytes]:
        began = time.perf_counter()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        if answer.status not in (200, 204):
            raise RuntimeError(f"{path} answered {answer.status}: {content[:300]!r}")
        return (time.perf_counter() - began) * 1000, content

    def events(self) -> Iterator[dict[str, Any]]:
        """Live events as the advisor's browser hears them."""
        connection = http.client.HTTPConnection("127.0.0.1", self.live_port, timeout=30)
        connection.request("GET", f"/events?ticket={self.world['ticket']}")
        answer = connection.getresponse()
        answer.readline()  # the headers are out, the stream is joined
        yield {}
        while line := answer.readline():
            if line.startswith(b"data: "):
                yield json.loads(line[6:])


def callbacks(phone: Telephone, calls: int) -> bool:
    def one(_: int) -> float:
        return phone.call_back(
            "status",
            CallSid=phone.sid(),
            CallStatus="completed",
            From=phone.world["mine"][0],
            To="+14045550100",
            Direction="inbound",
        )

    alone = [one(number) for number in range(calls + UNCOUNTED)][UNCOUNTED:]
    began = time.perf_counter()
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(one, range(calls)))
    rate = calls / (time.perf_counter() - began)
    show("callback, one at a time", alone)
    show("callback, eight at a time", together)
    print(f"{'callbacks a second':34}{rate:8.0f}")
    return within("callback p95", p95(alone), CALLBACK_LIMIT_MS)


def pops(phone: Telephone) -> bool:
    """From the moment the telephone company calls us to the card in the browser's hands. A ring is
    also the callback with the most to answer, and worked in the same process."""
    events = phone.events()
    next(events)
    took, answered = [], []
    for number in phone.world["mine"][1 : POPS + UNCOUNTED + 1]:
        began = time.perf_counter()
        sid = phone.sid()
        parties = {"CallSid": sid, "From": number, "To": "+14045550100", "Direction": "inbound"}
        answered.append(phone.call_back("voice", CallStatus="ringing", **parties))
        until(events, phone, lambda cards: b"Incoming call" in cards)
        took.append((time.perf_counter() - began) * 1000)
        phone.call_back("status", CallStatus="completed", **parties)
        until(events, phone, lambda cards: b"Incoming call" not in cards)
    show("ring, answered", answered[UNCOUNTED:])
    show("ring to card", took[UNCOUNTED:])
    in_time = within("ring answered p95", p95(answered[UNCOUNTED:]), CALLBACK_LIMIT_MS)
    return within("ring to card p95", p95(took[UNCOUNTED:]), POP_LIMIT_MS) and in_time


def until(
    events: Iterator[dict[str, Any]], phone: Telephone, is_there: Callable[[bytes], bool]
) -> None:
    for event in events:
        if event["event"] == "call" and is_there(phone.cards()):
            return


def tools(phone: Telephone) -> bool:
    """Whole conversations: identified, verified by birth date, told, booked, ended."""
    took: dict[str, list[float]] = {}
    for number, born in phone.world["born"][: CONVERSATIONS + UNCOUNTED]:
        call = {"call_id": phone.sid(), "caller_phone": number}

        def ask(name: str, call: dict[str, str] = call, **arguments: Any) -> dict[str, Any]:
            milliseconds, reply = phone.tool(name, call | arguments)
            took.setdefault(name, []).append(milliseconds)
            return reply

        ask("lookup")
        ask("start-verification")
        ask("verify-answer", factor="date_of_birth", answer=born)
        ask("service-status")
        slots = ask("list-slots")["data"]["slots"]
        ask(
            "book",
            start=slots[0],
            service="Oil change",
            first_name="Ann",
            last_name="Lee",
        )
        ask("end-call", summary="Booked a visit.")
    counted = {name: figures[UNCOUNTED:] for name, figures in took.items()}
    for name, figures in counted.items():
        show(f"tool {name}", figures)
    return within("slowest tool p95", max(map(p95, counted.values())), TOOL_LIMIT_MS)


def unknown_like_wrong(phone: Telephone) -> bool:
    """How often the clock tells a wrong answer of a customer's number from the answer of a number
    that nobody has: the share of pairs in which the first took longer, 0.5 when it tells nothing.
    """
    took: dict[str, list[float]] = {"wrong": [], "unknown": []}
    numbers = [number for number, _ in reversed(phone.world["born"])][:GUESSES]
    for index, number in enumerate(numbers):
        for kind, caller in (("wrong", number), ("unknown", f"+1404201{index:04d}")):
            call = {"call_id": phone.sid(), "caller_phone": caller}
            phone.tool("start-verification", call)
            guess = {"factor": "date_of_birth", "answer": "1901-02-03"}
            took[kind].append(phone.tool("verify-answer", call | guess)[0])
    wrong, unknown = (times[UNCOUNTED:] for times in took.values())
    show("wrong answer, a customer's number", wrong)
    show("same answer, nobody's number", unknown)
    share = sum(a > b for a, b in product(wrong, unknown)) / (len(wrong) * len(unknown))
    held = abs(share - 0.5) <= TELLING
    limits = f"in 0.5 +- {TELLING}"
    print(f"{'clock tells them apart':34}{share:8.2f} {limits}  {'ok' if held else 'MISSED'}")
    return held


def show_load() -> None:
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")


def p95(figures: list[float]) -> float:
    return statistics.quantiles(figures, n=20)[-1]


def show(name: str, figures: list[float]) -> None:
    print(f"{name:34}{statistics.median(figures):8.1f} ms  p95 {p95(figures):8.1f} ms")


def within(name: str, figure: float, limit: float) -> bool:
    held = figure <= limit
    print(f"{name:34}{figure:8.1f} <= {limit:.0f} ms  {'ok' if held else 'MISSED'}")
    return held


if __name__ == "__main__":
    sys.exit(main())
