"""Lists that stay quick at any size: keyset pages, capped counts."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from django.http import QueryDict

PAGE_SIZE = 50
COUNT_CAP = 10_000

Order = tuple[str, ...]


@dataclass(frozen=True)
class Page:
    """Rows of one page; `previous_query` and `next_query` lead on, "" where the list ends."""

    rows: list[Any]
    sort: str
    previous_query: str
    next_query: str


def counted(queryset: QuerySet[Any]) -> tuple[int, bool]:
    """(rows, whether there are more): never counts beyond COUNT_CAP."""
    found = queryset.order_by().values("pk")[: COUNT_CAP + 1].count()
    return min(found, COUNT_CAP), found > COUNT_CAP


def keyset_page(
    queryset: QuerySet[Any],
    *,
    query: QueryDict,
    orders: Mapping[str, Order],
    default: str,
    rows: Callable[[QuerySet[Any]], Iterable[Any]],
    size: int = PAGE_SIZE,
) -> Page:
    """The page that `query` (`sort`, `after`, `before`) asks for. Two queries at most.

    `orders` maps each sort to fields that an index serves, the last one unique; "-name" is the
    other way round. A cursor is the key of a row, not its values: addresses tell no names. An
    unknown sort or cursor counts as none. `rows` turns the sliced queryset into dictionaries
    with the key `id`.
    """
    sort = query.get("sort", "")
    if sort.removeprefix("-") not in orders:
        sort = default
    fields = orders[sort.removeprefix("-")]
    backwards = "before" in query
    cursor = _cursor_row(queryset.model, query.get("before" if backwards else "after"), fields)
    descending = sort.startswith("-")
    flipped = descending != backwards
    if cursor is not None:
        queryset = queryset.filter(_beyond(fields, cursor, descending=flipped))
    ordered = queryset.order_by(*(f"-{field}" if flipped else field for field in fields))
    found = list(rows(ordered[: size + 1]))
    more, found = len(found) > size, found[:size]
    if backwards:
        found.reverse()
    has_previous = more if backwards else cursor is not None
    has_next = (cursor is not None or more) if backwards else more
    return Page(
        rows=found,
        sort=sort,
        previous_query=_turn(query, "before", found[0]) if found and has_previous else "",
        next_query=_turn(query, "after", found[-1]) if found and has_next else "",
    )


def clean_query(query: QueryDict) -> str:
    """`query` as a person would write it: without what is empty, in a steady order."""
    kept = QueryDict(mutable=True)
    for name in sorted(query):
        values = [value for value in query.getlist(name) if value]
        if values and name != "csrfmiddlewaretoken":
            kept.setlist(name, values)
    return kept.urlencode()


def _cursor_row(model: type[Model], key: str | None, fields: Order) -> Sequence[Any] | None:
    try:
        identity = model._meta.pk.to_python(key)
    except ValidationError:
        return None
    if identity is None:
        return None
    return model._default_manager.filter(pk=identity).values_list(*fields).first()


def _beyond(fields: Order, values: Sequence[Any], *, descending: bool) -> Q:
    """Rows behind the row with `values`, nulls last (first when descending) as PostgreSQL has it.

    Nested, not one term a field: the leading comparison lets an index start at the cursor.
    """
    field, value = fields[0], values[0]
    rest = _beyond(fields[1:], values[1:], descending=descending) if len(fields) > 1 else None
    if value is None:
        behind = Q(**{f"{field}__isnull": False}) if descending else Q(pk__in=[])
        same = Q(**{f"{field}__isnull": True})
        return behind | (same & rest) if rest is not None else behind
    comparison = "lt" if descending else "gt"
    behind = Q(**{f"{field}__{comparison}": value})
    if rest is not None:
        behind = Q(**{f"{field}__{comparison}e": value}) & (behind | (Q(**{field: value}) & rest))
    nulls_follow = not descending
    return behind | Q(**{f"{field}__isnull": True}) if nulls_follow and len(fields) > 1 else behind


def _turn(query: QueryDict, direction: str, row: Mapping[str, Any]) -> str:
    turned = query.copy()
    for name in ("after", "before", "export"):
        turned.pop(name, None)
    turned[direction] = str(row["id"])
    return clean_query(turned)
