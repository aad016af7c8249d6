"""Filters of a list that people keep: their own and those that colleagues share."""

from typing import Any

from django.db.models import F, Q
from django.http import QueryDict

from crm.constraints import translated
from crm.context import audited
from crm.exceptions import Refused
from crm.listing import clean_query
from crm.models import SavedFilter, User
from crm.navigation import url_or_empty

MOST_SHOWN = 50
# What belongs to one visit of the list and not to the filter.
_PASSING = ("after", "before", "export")


def filters_of(*, user: Any, page: str) -> list[dict[str, Any]]:
    """What `user` may choose from on a list: the own ones first. One query."""
    known = SavedFilter.objects.filter(Q(user=user) | Q(shared=True), page=page)
    rows: Any = known.order_by("name", "id").values(
        "id", "name", "query", "shared", "user_id", owner=F("user__first_name")
    )[:MOST_SHOWN]
    return sorted(rows, key=lambda row: row["user_id"] != user.pk)


def save_filter(
    *, user: User, page: str, name: str, query: str, shared: bool = False
) -> SavedFilter:
    """Keep `query` under `name`; the own filter of that name is replaced. Raises Invalid."""
    if not url_or_empty(page):
        raise Refused("There is no such list.", field="page", remedy="Save it from the list.")
    values = QueryDict(query, mutable=True)
    for passing in _PASSING:
        values.pop(passing, None)
    with audited(), translated():
        kept, _ = SavedFilter.objects.update_or_create(
            user=user,
            page=page,
            name=name.strip(),
            defaults={"query": clean_query(values), "shared": shared},
        )
    return kept


def delete_filter(*, kept: SavedFilter, by: User) -> None:
    """Forget a filter. Raises Refused for somebody else's, unless `by` may manage everything."""
    if kept.user_id != by.pk and not by.can("shop:write"):
        raise Refused("This filter belongs to somebody else.", remedy="Ask its owner.")
    with audited():
        kept.delete()
