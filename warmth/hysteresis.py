"""When a change of level is worth telling. Standard library only; `sql/cross.sql` is the twin for
many customers at once.

A customer begins at the coldest level. A warmer level is told as soon as the score reaches its
bound, a cooler one once the score is MARGIN below the bound of the level told last: a score that
swings about a bound is told once. The same direction to the same level, or to one that is less far,
is not told again within COOL_DOWN. What was held back is told when that time is over, if it is
still true by then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

MARGIN = Decimal(2)
COOL_DOWN = timedelta(days=7)
# From the coldest to the warmest, as in `enums.WarmthLevel`.
LEVELS = ("ice_cold", "cold", "cool", "lukewarm", "warm", "hot", "scorching")
RANK = {level: rank for rank, level in enumerate(LEVELS)}


@dataclass(frozen=True)
class Told:
    """One crossing that was told; `direction` is "up" or "down"."""

    direction: str
    level: str
    at: datetime


def crossing(
    *,
    level: str,
    score: Decimal,
    bounds: Mapping[str, Decimal],
    told: Sequence[Told],
    now: datetime,
) -> str | None:
    """Say "up" or "down" when being at `level` with `score` is to be told, else None.

    `bounds` are the lower bounds of the levels but the coldest; `told` is newest first.
    """
    last = told[0].level if told else LEVELS[0]
    rank, last_rank = RANK[level], RANK[last]
    if rank == last_rank or (rank < last_rank and score >= bounds[last] - MARGIN):
        return None
    direction = "up" if rank > last_rank else "down"
    return None if _is_cooling(direction, rank, told, now) else direction


def _is_cooling(direction: str, rank: int, told: Sequence[Told], now: datetime) -> bool:
    sign = 1 if direction == "up" else -1
    return any(
        entry.direction == direction
        and entry.at > now - COOL_DOWN
        and sign * RANK[entry.level] >= sign * rank
        for entry in told
    )
