"""Reads whose SQL is written once in a process and then run with other values.

Django writes a query anew each time, from expressions that it copies and resolves on the way: two
thirds of the processor time of a customer's page. Where nothing but values changes from one call to
the next, the text can stay.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

# Values that no row has and no queryset brings along, to be found again among the parameters.
_STAND_INS: dict[type, Any] = {
    UUID: UUID("5fa0d1de-0000-4000-8000-57a9d1957a9d"),
    datetime: datetime(1582, 10, 15, 23, 58, 57, 1957, tzinfo=UTC),
}


@dataclass(frozen=True)
class _Statement:
    """`slots` are (index in `parameters`, name of the value); `converters` are (column of the row,
    Django's converters, the expression that they ask for)."""

    sql: str
    parameters: tuple[Any, ...]
    slots: tuple[tuple[int, str], ...]
    names: tuple[str, ...]
    converters: tuple[tuple[int, list[Any], Any], ...]

    def filled(self, values: dict[str, Any]) -> list[Any]:
        parameters = list(self.parameters)
        for index, name in self.slots:
            parameters[index] = values[name]
        return parameters

    def converted(self, rows: list[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
        if not self.converters:
            yield from rows
            return
        for row in rows:
            cells = list(row)
            for column, converters, expression in self.converters:
                for convert in converters:
                    cells[column] = convert(cells[column], expression, connection)
            yield tuple(cells)


class Prepared:
    """A queryset with `values()` or `values_list()` of which only named values change.

    `types` tells their names and types: UUID or datetime, each type once. `build` gets stand-ins of
    these types and hands them on as parameters: it must not decide by them, nor turn them into
    text. What else it reads (settings, choices) is read once, so no clock and no user.
    """

    def __init__(self, build: Callable[..., QuerySet[Any, Any]], **types: type) -> None:
        if len(set(types.values())) < len(types):
            raise ValueError("two values of one type cannot be told apart")
        self.build = build
        self._stand_ins = {name: _STAND_INS[kind] for name, kind in types.items()}

    def rows(self, **values: Any) -> list[tuple[Any, ...]]:
        """The rows for these `values`, in one query."""
        statement = self._statement
        with connection.cursor() as cursor:
            cursor.execute(statement.sql, statement.filled(values))
            return list(statement.converted(cursor.fetchall()))

    def dicts(self, **values: Any) -> list[dict[str, Any]]:
        """The same as `values()` gives them."""
        names = self._statement.names
        return [dict(zip(names, row, strict=True)) for row in self.rows(**values)]

    @cached_property
    def _statement(self) -> _Statement:
        query = self.build(**self._stand_ins).query
        compiler = query.get_compiler(connection=connection)
        sql, parameters = compiler.as_sql()
        slots = tuple(
            (index, name)
            for index, parameter in enumerate(parameters)
            for name, stand_in in self._stand_ins.items()
            if parameter == stand_in
        )
        texts = [sql, *(text for text in parameters if isinstance(text, str))]
        if {name for _index, name in slots} != set(self._stand_ins) or any(
            str(stand_in) in text for stand_in in self._stand_ins.values() for text in texts
        ):
            raise ValueError("the queryset does not use each of its values as a parameter only")
        found = compiler.get_converters([column for column, *_rest in compiler.select])
        return _Statement(
            sql=sql,
            parameters=tuple(parameters),
            slots=slots,
            names=tuple(query.selected or (*query.values_select, *query.annotation_select)),
            converters=tuple((index, *converters) for index, converters in found.items()),
        )


def prepared(**types: type) -> Callable[[Callable[..., QuerySet[Any, Any]]], Prepared]:
    """`Prepared` as a decorator of the function that makes the queryset."""
    return lambda build: Prepared(build, **types)
