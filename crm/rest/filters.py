"""Filters of lists: what a parameter does not name exactly is refused, never ignored.

An ignored `?stauts=late` would answer with everything, and a voice agent would read it out.
"""

from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from typing import Any, cast

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import QuerySet
from django_filters import DateFilter, IsoDateTimeFilter, NumberFilter, TypedChoiceFilter
from django_filters.rest_framework import DjangoFilterBackend, FilterSet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import exceptions
from rest_framework.request import Request

from crm.rest.problems import BadParameter


@lru_cache(maxsize=256)
def only(filters: type[FilterSet], names: frozenset[str]) -> type[FilterSet]:
    """`filters` with just the filters `names`."""
    narrowed: Any = type(filters.__name__, (filters,), {"__module__": filters.__module__})
    narrowed.base_filters = {
        name: known for name, known in filters.base_filters.items() if name in names
    }
    return cast("type[FilterSet]", narrowed)


class StrictFilterBackend(DjangoFilterBackend):
    """django-filter whose faults are reported at the query parameter.

    It builds only the filters that the request uses: a form of all of them would cost as much
    as reading and rendering the page.
    """

    def get_filterset_class(self, view: Any, queryset: Any = None) -> Any:
        filters = super().get_filterset_class(view, queryset)
        if filters is None or getattr(view, "swagger_fake_view", False):
            return filters
        used = frozenset(view.request.query_params)
        return only(filters, used & frozenset(filters.base_filters))

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> Any:
        filters = getattr(view, "filterset_class", None)
        if filters is None or not filters.base_filters.keys() & request.query_params.keys():
            return queryset
        try:
            return super().filter_queryset(request, queryset, view)
        except exceptions.ValidationError as error:
            raise BadParameter(error.detail) from error


@extend_schema_field(OpenApiTypes.BOOL)
class TrueFalseFilter(TypedChoiceFilter):
    """`true` or `false`; django-filter's own takes everything else for "no filter"."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        choices = (("true", "true"), ("false", "false"))
        super().__init__(*args, choices=choices, coerce=lambda text: text == "true", **kwargs)


@extend_schema_field(OpenApiTypes.INT64)
class WholeNumberFilter(NumberFilter):
    """An integer; django-filter's own takes 1.5 and asks for 1."""

    field_class = forms.IntegerField


class CalendarDateFilter(DateFilter):
    """A date with whose neighbours one can calculate, in every zone."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        limits = [MinValueValidator(date(1900, 1, 1)), MaxValueValidator(date(2999, 12, 31))]
        super().__init__(*args, validators=limits, **kwargs)


class ChangedSince(FilterSet):
    """Base of filters of tables with `updated_at`, for incremental pulls."""

    modified_since = IsoDateTimeFilter(
        field_name="updated_at",
        lookup_expr="gte",
        label="Only what changed at or after this time; pass the last `X-Page-Generated` back.",
    )


def refuse_unknown(request: Request, known: Iterable[str]) -> None:
    """Raise BadParameter for empty query parameters and those the operation does not have."""
    allowed = sorted(known)
    unknown = [name for name in request.query_params if name not in allowed]
    if unknown:
        hint = f"Known are {', '.join(allowed)}." if allowed else "There are none here."
        raise BadParameter({name: [f"Unknown query parameter. {hint}"] for name in unknown})
    empty = [name for name, value in request.query_params.items() if not str(value).strip()]
    if empty:
        raise BadParameter({name: ["Empty; leave the parameter out."] for name in empty})
