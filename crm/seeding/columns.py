"""Columns of text for PostgreSQL's COPY, drawn and formatted whole with numpy.

Everything here takes and gives arrays with one element a row. Dates are int64 days since
1970-01-01, instants int64 minutes since 1970-01-01 00:00 UTC.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Texts = NDArray[np.object_]

NULL = r"\N"
EPOCH = date(1970, 1, 1)
MINUTES_A_DAY = 1440


def day_number(day: date) -> int:
    return (day - EPOCH).days


def texts(values: Sequence[Any] | NDArray[Any]) -> Texts:
    """An array of str objects; numpy would make fixed-width strings of a plain list."""
    found = np.empty(len(values), dtype=object)
    found[:] = [str(value) for value in values]
    return found


def numbers(values: Ints) -> Texts:
    return texts(values.tolist())


def booleans(values: Bools) -> Texts:
    return np.where(values, "t", "f").astype(object)


def money(cents: Ints) -> Texts:
    """12345 -> "123.45"."""
    found = np.empty(len(cents), dtype=object)
    found[:] = [f"{value // 100}.{value % 100:02d}" for value in cents.tolist()]
    return found


def optional(values: Texts, present: Bools) -> Texts:
    return np.where(present, values, NULL)


def uuids(rng: np.random.Generator, count: int) -> Texts:
    """Random (version 4) UUIDs as 32 hexadecimal digits, which PostgreSQL reads too."""
    raw = rng.integers(0, 256, size=(count, 16), dtype=np.uint8)
    raw[:, 6] = raw[:, 6] & 0x0F | 0x40
    raw[:, 8] = raw[:, 8] & 0x3F | 0x80
    digits = raw.tobytes().hex()
    return texts([digits[start : start + 32] for start in range(0, 32 * count, 32)])


def choose(
    rng: np.random.Generator, values: Sequence[Any] | Texts, count: int, weights: Any = None
) -> Any:
    """`count` draws with replacement, uniform or by weights that need not sum to 1."""
    return np.asarray(values)[pick(rng, len(values), count, weights)]


def pick(rng: np.random.Generator, size: int, count: int, weights: Any = None) -> Ints:
    """`count` indices below `size`."""
    if weights is None:
        return rng.integers(0, size, count)
    cumulative = np.cumsum(np.asarray(weights, dtype=float))
    drawn = rng.random(count) * cumulative[-1]
    return np.minimum(np.searchsorted(cumulative, drawn, side="right"), size - 1).astype(np.int64)


def between(rng: np.random.Generator, low: Any, high: Any, count: int) -> Ints:
    """Whole numbers from `low` to `high`, both inclusive, each an array or a number."""
    return (low + np.floor(rng.random(count) * (np.asarray(high) - low + 1))).astype(np.int64)


class Calendar:
    """Texts of the days from `first` to `last`, made once."""

    def __init__(self, first: date, last: date) -> None:
        self.first = day_number(first)
        self.days = texts(
            [first + timedelta(days=offset) for offset in range((last - first).days + 1)]
        )

    @cached_property
    def _minutes(self) -> Texts:
        return texts([f" {m // 60:02d}:{m % 60:02d}:00+00" for m in range(MINUTES_A_DAY)])

    def dates(self, days: Ints) -> Texts:
        """`YYYY-MM-DD`; IndexError for a day outside."""
        found: Texts = self.days[days - self.first]
        return found

    def instants(self, minutes: Ints) -> Texts:
        """`YYYY-MM-DD HH:MM:00+00`."""
        found: Texts = self.dates(minutes // MINUTES_A_DAY) + self._minutes[minutes % MINUTES_A_DAY]
        return found


def copy_text(columns: Sequence[Texts]) -> bytes:
    """Rows in COPY's text format. The generator draws no tab, newline or backslash but NULL."""
    rows = map("\t".join, zip(*(column.tolist() for column in columns), strict=True))
    text = "\n".join(rows)
    return f"{text}\n".encode() if text else b""
