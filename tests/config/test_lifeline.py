"""A process on the lifeline ends with its parent, also without the kernel's help."""

import signal
import subprocess
import sys

import psutil
import pytest

from config import lifeline
from config.environment import BASE_DIR

CHILD = """
import os, sys, time
from config import lifeline
if sys.argv[1] == "thread":
    lifeline.end_with_parent = lambda number: None
lifeline.follow_parent(os.getppid())
print(os.getpid(), flush=True)
time.sleep(600)
"""
PARENT = """
import subprocess, sys, time
subprocess.Popen([sys.executable, "-c", sys.argv[1], sys.argv[2]])
time.sleep(600)
"""


@pytest.mark.parametrize("way", ["kernel", "thread"])
def test_follow_parent_killed_parent_takes_the_child_along(way: str) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, CHILD, way], cwd=BASE_DIR, stdout=subprocess.PIPE
    )
    assert parent.stdout is not None
    with parent.stdout as output:
        child = psutil.Process(int(output.readline()))
        parent.kill()
        parent.wait()
        _, alive = psutil.wait_procs([child], timeout=10)
    assert alive == []


def test_follow_launcher_without_launcher_starts_no_thread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv(lifeline.VARIABLE, raising=False)
    monkeypatch.setattr(lifeline, "follow_parent", pytest.fail)
    lifeline.follow_launcher()


def test_follow_pool_asks_for_the_hardest_signal(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(lifeline, "end_with_parent", asked.append)
    lifeline.follow_pool(sender=None)
    assert asked == [signal.SIGKILL]
