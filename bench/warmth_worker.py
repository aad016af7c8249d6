"""A night in a process of its own, for its memory: `python -m bench.warmth_worker DATABASE DAY`.

Prints two figures in MB: what the process had before it computed anything, and at most.
"""

import os
import sys
from datetime import date

from bench.measuring import run
from bench.seeding import high_water_mark


def main() -> None:
    database, day = sys.argv[1], date.fromisoformat(sys.argv[2])
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    from config import environment

    environment.prepare(role="worker")
    import django

    django.setup()
    from django.db import connection

    from bench.warmth import one_chunk
    from warmth.services.recompute import plan

    connection.settings_dict["NAME"] = database
    started = high_water_mark()
    run("SET statement_timeout = 0")
    for bounds in plan(day).bounds:
        one_chunk(bounds, day)
    print(started, high_water_mark())


if __name__ == "__main__":
    main()
