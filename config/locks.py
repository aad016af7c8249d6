"""Locks on files, which the kernel releases however their holder ends."""

import fcntl
import os
from pathlib import Path

SHARED = fcntl.LOCK_SH
EXCLUSIVE = fcntl.LOCK_EX


def open_lock(path: Path) -> int:
    """Open (or create) a lock file; the descriptor is inherited by fork, not by exec."""
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def try_lock(fd: int, kind: int) -> bool:
    """Take a `flock` without waiting; it belongs to the open file, so forked children share it."""
    try:
        fcntl.flock(fd, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def unlock(fd: int) -> None:
    """Give the lock back, for all who share the open file."""
    fcntl.flock(fd, fcntl.LOCK_UN)


def is_locked(path: Path) -> bool:
    """Say whether somebody holds the lock alone."""
    fd = open_lock(path)
    try:
        return not try_lock(fd, SHARED)
    finally:
        os.close(fd)
