"""When is a daily job due? Standard library only; the caller brings the clock and the zone."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo


def due_date(now: datetime, *, zone: ZoneInfo, hour: int, minute: int = 0) -> date | None:
    """The local date whose daily run may have started by `now`, or None before its time.

    `now` is aware; `hour` (0-23) and `minute` (0-59) are wall-clock time in `zone`. From that
    time until the local midnight the answer stays the date, so a late caller catches up on the
    same day and a unique claim of (job, date) makes it once:

    - a wall-clock time that the spring night skips (02:30) counts as reached when the clock
      jumps past it (03:00);
    - one that the autumn night has twice (01:30) is reached at its first coming, and the second
      gives the same date.
    """
    local = now.astimezone(zone)
    return local.date() if local.time().replace(tzinfo=None) >= time(hour, minute) else None
