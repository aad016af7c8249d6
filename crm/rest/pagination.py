"""Pages by keyset: as fast at any depth as at the first page, and stable while rows come in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import reduce
from typing import Any

from django.core.exceptions import ValidationError
from django.core.signing import BadSignature, Signer
from django.db.models import BooleanField, F, Func, Model, Q, Value
from django.utils import timezone
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param

from crm.rest.problems import BadParameter

DEFAULT_PAGE_SIZE = 50
MAX_PAGE_SIZE = 200
MAX_COUNT = 10_001
# A row that an open transaction stamps now is seen only once it commits.
OVERLAP = timedelta(minutes=2)
PARAMETERS = frozenset({"cursor", "page_size", "ordering", "count"})


@dataclass(frozen=True)
class Key:
    """One column of an ordering."""

    column: str
    descending: bool

    def flipped(self) -> "Key":
        return Key(self.column, not self.descending)

    def __str__(self) -> str:
        return f"-{self.column}" if self.descending else self.column


@dataclass(frozen=True)
class Cursor:
    """A place in an ordering: beyond the row with `values`, or before it when `backwards`."""

    ordering: str
    values: tuple[Any, ...]
    backwards: bool

    def sealed(self) -> str:
        """Opaque and signed, so that what comes back needs no further checks."""
        content = [self.ordering, [_as_text(value) for value in self.values], self.backwards]
        return Signer(salt="crm.rest.cursor").sign_object(content)

    @classmethod
    def opened(cls, text: str, model: type[Model], keys: Sequence[Key], ordering: str) -> "Cursor":
        """Raises ValueError when `text` is not a cursor of this ordering."""
        found, values, backwards = Signer(salt="crm.rest.cursor").unsign_object(text)
        if found != ordering or len(values) != len(keys):
            raise ValueError("the cursor belongs to another ordering")
        fields = [model._meta.get_field(key.column) for key in keys]
        return cls(
            ordering=ordering,
            values=tuple(
                None if value is None else field.to_python(value)  # type: ignore[union-attr]
                for field, value in zip(fields, values, strict=True)
            ),
            backwards=backwards,
        )


class RowAfter(Func):
    """`(a, b) > (x, y)`: the one comparison that an index of several columns serves."""

    output_field = BooleanField()
    conditional = True

    def __init__(self, *expressions: Any, operator: str, **extra: Any) -> None:
        super().__init__(*expressions, operator=operator, **extra)

    def as_sql(self, compiler: Any, connection: Any, *args: Any, **context: Any) -> Any:
        compiled = [compiler.compile(part) for part in self.source_expressions]
        middle = len(compiled) // 2
        left = ", ".join(sql for sql, _ in compiled[:middle])
        right = ", ".join(sql for sql, _ in compiled[middle:])
        parameters = [value for _, values in compiled for value in values]
        return f"({left}) {self.extra['operator']} ({right})", parameters


def beyond(model: type[Model], keys: Sequence[Key], values: Sequence[Any]) -> Any:
    """Condition for the rows that follow the row with `values` in the order of `keys`.

    PostgreSQL puts nulls last in ascending and first in descending order.
    """
    fields: list[Any] = [model._meta.get_field(key.column) for key in keys]
    nullable = any(getattr(field, "null", False) for field in fields)
    if len({key.descending for key in keys}) == 1 and not nullable:
        columns = [F(key.column) for key in keys]
        constants = [
            Value(value, output_field=field) for value, field in zip(values, fields, strict=True)
        ]
        return RowAfter(*columns, *constants, operator="<" if keys[0].descending else ">")
    steps = zip(reversed(keys), reversed(values), reversed(fields), strict=True)
    return reduce(
        lambda rest, step: _beyond_one(step[0], step[1], getattr(step[2], "null", False), rest),
        steps,
        Q(pk__in=[]),
    )


def _beyond_one(key: Key, value: Any, nullable: bool, rest: Q) -> Q:
    column = key.column
    if value is None:
        tied = Q(**{f"{column}__isnull": True}) & rest
        return tied | Q(**{f"{column}__isnull": False}) if key.descending else tied
    word = "lt" if key.descending else "gt"
    # The first condition is redundant, but it is the one that an index can start from.
    ahead = Q(**{f"{column}__{word}e": value}) & (Q(**{f"{column}__{word}": value}) | rest)
    return ahead | Q(**{f"{column}__isnull": True}) if nullable and not key.descending else ahead


class KeysetPagination(BasePagination):
    """Reads `page_size`, `cursor`, `ordering` and `count`; the view names its orderings.

    `view.orderings` maps public names to columns, `view.default_ordering` is one of them, with
    a minus in front for the reverse. The key of the table breaks ties.
    """

    size_parameter = "page_size"

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        self.request = request
        self.generated_at = timezone.now() - OVERLAP
        self.ordering = self._ordering(request, view)
        self.keys = keys_of(queryset.model, self.ordering, view.orderings)
        size = page_size(request, self.size_parameter)
        wants_count = _wants_count(request)
        self.count = view.to_count(queryset)[:MAX_COUNT].count() if wants_count else None
        self.cursor = self._cursor(request, queryset.model)
        backwards = self.cursor is not None and self.cursor.backwards
        steps = [key.flipped() for key in self.keys] if backwards else self.keys
        if self.cursor is not None:
            queryset = queryset.filter(beyond(queryset.model, steps, self.cursor.values))
        rows = list(queryset.order_by(*map(str, steps))[: size + 1])
        self.has_more = len(rows) > size
        self.page = rows[:size]
        if backwards:
            self.page.reverse()
        return self.page

    def get_paginated_response(self, data: Any) -> Response:
        body = {"next": self._next(), "previous": self._previous(), "results": data}
        if self.count is not None:
            body["count"] = self.count
        return Response(body, headers={"X-Page-Generated": self.generated_at.isoformat()})

    def _next(self) -> str | None:
        came_back = self.cursor is not None and self.cursor.backwards
        if not self.page or not (came_back or self.has_more):
            return None
        return self._link(-1, backwards=False)

    def _previous(self) -> str | None:
        if self.cursor is None or not self.page:
            return None
        shown = self.has_more if self.cursor.backwards else True
        return self._link(0, backwards=True) if shown else None

    def _link(self, index: int, *, backwards: bool) -> str:
        row = self.page[index]
        values = tuple(_value(row, key.column) for key in self.keys)
        cursor = Cursor(ordering=self.ordering, values=values, backwards=backwards)
        # The count costs as much on each page, and the client has it already.
        url = remove_query_param(self.request.build_absolute_uri(), "count")
        return replace_query_param(url, "cursor", cursor.sealed())

    @staticmethod
    def _ordering(request: Request, view: Any) -> str:
        ordering = request.query_params.get("ordering", view.default_ordering)
        if ordering.removeprefix("-") not in view.orderings:
            names = ", ".join(f"{name}, -{name}" for name in view.orderings)
            raise BadParameter({"ordering": [f"Choose one of {names}."]})
        return str(ordering)

    def _cursor(self, request: Request, model: type[Model]) -> Cursor | None:
        text = request.query_params.get("cursor")
        if text is None:
            return None
        try:
            return Cursor.opened(text, model, self.keys, self.ordering)
        except (BadSignature, ValueError, TypeError, ValidationError) as error:
            raise BadParameter(
                {"cursor": ["Not a cursor of this list; follow `next` and `previous` as given."]}
            ) from error

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": ["string", "null"], "format": "uri"}
        example = "https://crm.example.com/api/v1/customers/?cursor=WyJuYW1lIl0:8Jx2"
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {
                "next": link | {"description": "The following page, or null.", "example": example},
                "previous": link | {"description": "The page before, or null.", "example": None},
                "count": {
                    "type": "integer",
                    "example": 128,
                    "description": "With `count=1`: rows in all; 10001 means more than 10,000.",
                },
                "results": schema,
            },
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        names = [sign + name for name in view.orderings for sign in ("", "-")]
        described = [
            ("cursor", {"type": "string"}, "Place in the list; comes with `next` and `previous`."),
            (
                self.size_parameter,
                {
                    "type": "integer",
                    "minimum": 1,
                    "maximum": MAX_PAGE_SIZE,
                    "default": DEFAULT_PAGE_SIZE,
                },
                "Rows a page.",
            ),
            (
                "ordering",
                {"type": "string", "enum": names, "default": view.default_ordering},
                "Order of the rows.",
            ),
            ("count", {"type": "integer", "enum": [0, 1]}, "1 adds `count` to the answer."),
        ]
        return [
            {"name": name, "in": "query", "required": False, "schema": schema, "description": text}
            for name, schema, text in described
        ]


def keys_of(model: type[Model], ordering: str, orderings: Mapping[str, Sequence[str]]) -> list[Key]:
    """The columns of `ordering`, each with its direction, the table's key last."""
    flip = ordering.startswith("-")
    columns = [*orderings[ordering.removeprefix("-")]]
    # By column: a key that is a relation would sort by the other table's own order.
    primary = str(model._meta.pk.attname)
    if primary not in columns:
        columns.append(primary)
    return [Key(column, flip) for column in columns]


def page_size(request: Request, name: str = "page_size") -> int:
    """Rows that the caller wants; raises BadParameter for more than MAX_PAGE_SIZE."""
    text = request.query_params.get(name, str(DEFAULT_PAGE_SIZE))
    plain = text.isascii() and text.isdigit() and len(text) < 5
    if not (plain and 1 <= int(text) <= MAX_PAGE_SIZE):
        raise BadParameter({name: [f"A whole number from 1 to {MAX_PAGE_SIZE}."]})
    return int(text)


def _wants_count(request: Request) -> bool:
    text = request.query_params.get("count", "0")
    if text not in ("0", "1"):
        raise BadParameter({"count": ["0 or 1."]})
    return text == "1"


def _value(row: Any, column: str) -> Any:
    return row[column] if isinstance(row, dict) else getattr(row, column)


def _as_text(value: Any) -> str | None:
    return None if value is None else str(value)
