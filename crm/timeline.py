"""One timeline of a customer, merged in the database from sources that apps register.

A source yields rows of one shape; all of them become a single UNION ALL query with a limit in
each branch, so a page costs one query however many sources there are.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import F, Func, QuerySet, Value
from django.db.models.fields import CharField, DateTimeField, TextField
from django.db.models.functions import Cast

from crm.prepared import Prepared

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


# Two sources are the same only when they are one: what they hold takes long to compare.
@dataclass(frozen=True, eq=False)
class Source:
    """Where entries come from.

    `rows(customer_id)` is a queryset annotated with `entry_at` (instant) and `entry_data`
    (a JSONObject). It is asked once in a process, not for each customer (`crm.prepared`).
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
    if not chosen:
        return [], None
    values: dict[str, Any] = {"customer": customer_id}
    if before is not None:
        values["before"] = before
    rows = _query(tuple(chosen.values()), limit + 1, is_first=before is None).rows(**values)
    if len(rows) > limit:
        whole = [row for row in rows if row[0] > rows[limit][0]]
        rows = whole or rows[:limit]
        following = rows[-1][0]
    else:
        following = None
    return [chosen[kind].entry(at, key, data) for at, kind, key, data in rows], following


@lru_cache(maxsize=256)
def _query(sources: tuple[Source, ...], limit: int, *, is_first: bool) -> Prepared:
    """The merged rows of `sources`. To write their SQL takes longer than all else on the page."""

    def build(customer: UUID, before: datetime | None = None) -> QuerySet[Any, Any]:
        first, *others = (_branch(source, customer, before, limit) for source in sources)
        if not others:
            return first
        union = first.union(*others, all=True)
        return union.order_by("-entry_at", "entry_kind", "entry_key")[:limit]

    if is_first:
        return Prepared(build, customer=UUID)
    return Prepared(build, customer=UUID, before=datetime)


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
