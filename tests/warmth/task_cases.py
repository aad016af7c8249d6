"""Worlds in which `tests/jobs/test_twice.py` runs the tasks and jobs of `warmth` (see there)."""

from tests.warmth.factories import WarmthEventFactory


def a_warm_customer() -> None:
    WarmthEventFactory(event_type="test_drive")


TASKS = {}
JOBS = {"warmth.recompute": a_warm_customer}
PLAIN = {}
