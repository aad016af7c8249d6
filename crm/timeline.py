"""One timeline of a customer, merged in the database from sources that apps register.

A source yields rows of one shape; all of them become a single UNION ALL query with a limit in
each branch, so a page costs one query however many sources there are.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import F, Func, QuerySet, Value
from django.db.models.fields import CharField, DateTimeField, TextField
from django.db.models.functions import Cast

PAGE_SIZE = 25


@dataclass(frozen=True)
class Entry:
    """One line of the timeline, ready to show. `url` may be "", `changes` are
    (what, before, after)."""

    at: datetime
    kind: str
    icon: str
    title: str
    text: str = ""
    who: str = ""
    url: str = ""
    badge: str = ""
    changes: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True)
class Source:
    """Where entries come from.

    `rows(customer_id)` is a queryset annotated with `entry_at` (instant) and `entry_data`
    (a JSONObject);
    `entry(at, key, data)` makes the entry of one row. Shown to those who have `capability`.
    """

    kind: str
    label: Any
    capability: str
    rows: Callable[[UUID], QuerySet[Any]]
    entry: Callable[[datetime, str, dict[str, Any]], Entry]
    position: int = 50


_sources: dict[str, Source] = {}


def register(source: Source) -> None:
    """Add `source`, or replace the one of the same kind. Called from `AppConfig.ready`."""
    _sources[source.kind] = source


def sources_for(user: Any) -> list[Source]:
    """Sources that `user` may see, in the order of their `position`."""
    visible = (source for source in _sources.values() if user.can(source.capability))
    return sorted(visible, key=lambda source: source.position)


def timeline(
    customer_id: UUID,
    sources: Iterable[Source],
    *,
    before: datetime | None = None,
    limit: int = PAGE_SIZE,
) -> tuple[list[Entry], datetime | None]:
    """The newest entries up to `before` (exclusive), newest first, and where to go on (None at
    the end). One query. Entries of one instant are never torn apart, unless there are more than
    `limit` of them.
    """
    chosen = {source.kind: source for source in sources}
    branches = [_branch(source, customer_id, before, limit + 1) for source in chosen.values()]
    if not branches:
        return [], None
    if len(branches) > 1:
        union = branches[0].union(*branches[1:], all=True)
        rows = list(union.order_by("-entry_at", "entry_kind", "entry_key")[: limit + 1])
    else:
        rows = list(branches[0])
    if len(rows) > limit:
        whole = [row for row in rows if row[0] > rows[limit][0]]
        rows = whole or rows[:limit]
        following = rows[-1][0]
    else:
        following = None
    return [chosen[kind].entry(at, key, data) for at, kind, key, data in rows], following


def _branch(source: Source, customer_id: UUID, before: datetime | None, limit: int) -> Any:
    rows = source.rows(customer_id).annotate(
        entry_kind=Value(source.kind, output_field=CharField()),
        entry_key=Cast("pk", TextField()),
    )
    if before is not None:
        rows = rows.filter(entry_at__lt=before)
    return rows.order_by("-entry_at", "pk").values_list(
        "entry_at", "entry_kind", "entry_key", "entry_data"
    )[:limit]


class NoonOf(Func):
    """The instant at which the shop's clock shows noon on a date, which has no time of its own."""

    template = "timezone(%(expressions)s + time '12:00')"
    output_field = DateTimeField()

    def __init__(self, field: str) -> None:
        super().__init__(Value(settings.DEALERSHIP_TIME_ZONE), F(field))
