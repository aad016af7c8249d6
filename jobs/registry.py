"""Jobs: work that runs by the dealership's calendar, or when somebody asks for it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone

from jobs.exceptions import UnknownJobError

Bounds = dict[str, Any]


@dataclass(frozen=True)
class Plan:
    """The parts of a run. `bounds` has one JSON object for each chunk, in the order of work;
    `rows` is the number of rows in all of them, None when counting would cost too much.
    `note` is a short remark for the jobs page, without personal data."""

    bounds: Sequence[Bounds]
    rows: int | None = None
    note: str = ""


@dataclass(frozen=True)
class Chunk:
    """One part of a run, as the job's function gets it."""

    run_id: int
    number: int
    local_date: date
    bounds: Bounds = field(default_factory=dict)


def whole(local_date: date) -> Plan:
    """The plan of a job that is done in one go."""
    return Plan(bounds=[{}])


@dataclass(frozen=True)
class Job:
    """`run_chunk(chunk)` does one part and returns the number of rows it changed. It runs inside
    the transaction that marks the chunk done, should need less than a minute, and may be called
    again for the same chunk: the second call must change nothing.

    With `local_hour` (0-23) and `minute` the job runs once for each date of the dealership's
    calendar, at that wall-clock time or as soon after it as a worker is there on the same date.
    Without, only when asked. `plan(local_date)` splits it; see `jobs.planning`.
    """

    name: str
    title: str
    run_chunk: Callable[[Chunk], int]
    local_hour: int | None = None
    minute: int = 0
    plan: Callable[[date], Plan] = whole


_jobs: dict[str, Job] = {}


def register(job: Job) -> Job:
    """Add a job; call it at import of an app's `tasks.py`. The same name replaces."""
    _jobs[job.name] = job
    return job


def unregister(name: str) -> None:
    _jobs.pop(name, None)


def get(name: str) -> Job:
    """The job of this name; raises UnknownJobError."""
    try:
        return _jobs[name]
    except KeyError:
        known = ", ".join(sorted(_jobs))
        raise UnknownJobError(f"There is no job {name!r}. Known: {known}.") from None


def all_jobs() -> list[Job]:
    """All jobs in the order of their night."""
    return sorted(_jobs.values(), key=lambda job: (job.local_hour or 0, job.minute, job.name))


def shop_zone() -> ZoneInfo:
    """The dealership's time zone."""
    return ZoneInfo(settings.DEALERSHIP_TIME_ZONE)


def local_today() -> date:
    """The dealership's date, which is not UTC's in its evening."""
    return timezone.now().astimezone(shop_zone()).date()
