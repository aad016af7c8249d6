"""A night in a process of its own, for its memory: `python -m bench.night_worker JOB DATABASE DAY`.

JOB is leads or warmth. Prints two figures in MiB: what the process had before it computed
anything, and at most.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import date

from bench.measuring import run
from bench.seeding import high_water_mark


def memory_of_a_night(job: str, day: date) -> tuple[int, int]:
    """MiB of a new process before it computes `day` for everybody, and at most."""
    from django.db import connection

    database = str(connection.settings_dict["NAME"])
    command = [sys.executable, "-m", "bench.night_worker", job, database, day.isoformat()]
    role = os.environ | {"LANEWISE_ROLE": "worker"}
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=role)
    before, most = done.stdout.split()[-2:]
    return int(before), int(most)


def leads(day: date) -> None:
    from leads.services.nightly import plan_recompute, recompute_chunk

    for bounds in plan_recompute(day).bounds:
        recompute_chunk(cohorts=bounds.get("cohorts"), as_of=day)


def warmth(day: date) -> None:
    from bench.warmth import one_chunk
    from warmth.services.recompute import plan

    for bounds in plan(day).bounds:
        one_chunk(bounds, day)


JOBS: dict[str, Callable[[date], None]] = {"leads": leads, "warmth": warmth}


def main() -> None:
    job, database, day = JOBS[sys.argv[1]], sys.argv[2], date.fromisoformat(sys.argv[3])
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    from config import environment

    environment.prepare(role="worker")
    import django

    django.setup()
    from django.db import connection

    connection.settings_dict["NAME"] = database
    started = high_water_mark()
    run("SET statement_timeout = 0")
    job(day)
    print(started, high_water_mark())


if __name__ == "__main__":
    main()
