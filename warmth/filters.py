"""Filters of the API's lists."""

from datetime import date
from typing import Any

from django.db.models import Q, QuerySet
from django_filters import CharFilter, ChoiceFilter, MultipleChoiceFilter, NumberFilter, UUIDFilter
from django_filters.rest_framework import FilterSet

from crm.querysets import shop_day
from crm.rest.filters import CalendarDateFilter, ChangedSince, TrueFalseFilter
from warmth.enums import AlgorithmState, Component, EventSource, EventType, WarmthLevel


class WarmthFilter(ChangedSince):
    """Scores."""

    # `distinct`, the default, would sort all rows where the index has the first page in order.
    level = MultipleChoiceFilter(
        field_name="warmth_level",
        choices=WarmthLevel.choices,
        distinct=False,
        label="May be given several times.",
    )
    score_from = NumberFilter(
        field_name="overall_warmth_score", lookup_expr="gte", min_value=0, max_value=100
    )
    score_to = NumberFilter(
        field_name="overall_warmth_score", lookup_expr="lte", min_value=0, max_value=100
    )
    is_active = TrueFalseFilter()
    adjusted = TrueFalseFilter(method="only_adjusted", label="With a component set by a person.")

    def only_adjusted(self, queryset: QuerySet[Any], name: str, value: bool) -> QuerySet[Any]:
        untouched = Q(manual_adjustments={})
        return queryset.filter(~untouched if value else untouched)


class WarmthHistoryFilter(FilterSet):
    """Changes of one customer; `first` and `last` are dates of the shop's calendar."""

    level = ChoiceFilter(field_name="warmth_level_snapshot", choices=WarmthLevel.choices)
    change_trigger = CharFilter(max_length=255)
    first = CalendarDateFilter(method="from_day", label="On this day or later.")
    last = CalendarDateFilter(method="until_day", label="On this day or earlier.")

    def from_day(self, queryset: QuerySet[Any], name: str, value: date) -> QuerySet[Any]:
        return queryset.filter(created_at__gte=shop_day(value)[0])

    def until_day(self, queryset: QuerySet[Any], name: str, value: date) -> QuerySet[Any]:
        return queryset.filter(created_at__lt=shop_day(value)[1])


class WarmthEventFilter(FilterSet):
    """Events; `first` and `last` are dates of the shop's calendar."""

    customer_id = UUIDFilter()
    event_type = ChoiceFilter(choices=EventType.choices)
    source = ChoiceFilter(choices=EventSource.choices)
    event_key = CharFilter(max_length=200)
    first = CalendarDateFilter(method="from_day", label="On this day or later.")
    last = CalendarDateFilter(method="until_day", label="On this day or earlier.")

    def from_day(self, queryset: QuerySet[Any], name: str, value: date) -> QuerySet[Any]:
        return queryset.filter(occurred_at__gte=shop_day(value)[0])

    def until_day(self, queryset: QuerySet[Any], name: str, value: date) -> QuerySet[Any]:
        return queryset.filter(occurred_at__lt=shop_day(value)[1])


class WarmthTriggerFilter(ChangedSince):
    """Rules."""

    algorithm = UUIDFilter(field_name="algorithm_id")
    state = ChoiceFilter(field_name="algorithm__state", choices=AlgorithmState.choices)
    trigger_type = ChoiceFilter(choices=EventType.choices)
    target_component = ChoiceFilter(choices=Component.choices)
    is_active = TrueFalseFilter()


class WarmthAlgorithmFilter(ChangedSince):
    """Versions."""

    state = ChoiceFilter(choices=AlgorithmState.choices)
