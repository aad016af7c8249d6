"""A seam for the apps above: what shall stand around each piece of background work."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager

Surrounding = Callable[[str], AbstractContextManager[object]]
_surroundings: list[Surrounding] = []


def surround_work(factory: Surrounding) -> None:
    """Enter `factory(task_or_job_name)` around every outbox task and chunk, for example to say
    in the audit trail who is acting. Call it from `AppConfig.ready`; twice is the same as once."""
    if factory not in _surroundings:
        _surroundings.append(factory)


@contextmanager
def surrounded(name: str) -> Iterator[None]:
    with ExitStack() as stack:
        for factory in _surroundings:
            stack.enter_context(factory(name))
        yield
