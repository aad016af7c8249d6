"""Filters of the API's list of calls."""

from datetime import date
from typing import Any

from django.db.models import QuerySet
from django_filters import CharFilter, ChoiceFilter, IsoDateTimeFilter, UUIDFilter

from crm import phones
from crm.rest.filters import CalendarDateFilter, ChangedSince, TrueFalseFilter, WholeNumberFilter
from telephony.enums import CallOutcome, CallStatus, CallType, Direction, Provider, Sentiment
from telephony.querysets import CallQuerySet


class CallFilter(ChangedSince):
    """Calls; `first` and `last` are dates of the shop's calendar."""

    provider = ChoiceFilter(choices=Provider.choices)
    call_sid = CharFilter(max_length=100)
    customer = UUIDFilter(field_name="customer_id")
    appointment = UUIDFilter(field_name="appointment_id")
    advisor = WholeNumberFilter()
    phone = CharFilter(method="by_phone", label="A whole number in any notation.", max_length=40)
    direction = ChoiceFilter(choices=Direction.choices)
    status = ChoiceFilter(choices=CallStatus.choices)
    call_type = ChoiceFilter(choices=CallType.choices)
    outcome = ChoiceFilter(choices=CallOutcome.choices)
    customer_sentiment = ChoiceFilter(choices=Sentiment.choices)
    is_voicemail = TrueFalseFilter()
    missed = TrueFalseFilter(method="only_missed", label="Came in and nobody answered.")
    unmatched = TrueFalseFilter(method="only_unmatched", label="Of a number nobody has.")
    first = CalendarDateFilter(method="from_day", label="Began on this day or later.")
    last = CalendarDateFilter(method="until_day", label="Began on this day or earlier.")
    started_from = IsoDateTimeFilter(field_name="started_at", lookup_expr="gte")
    started_before = IsoDateTimeFilter(field_name="started_at", lookup_expr="lt")

    def by_phone(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        try:
            return queryset.filter(caller_phone=phones.parse(value)[0])
        except ValueError:
            return queryset.none()

    def only_missed(self, queryset: CallQuerySet, name: str, value: bool) -> QuerySet[Any]:
        missed = queryset.missed()
        return missed if value else queryset.exclude(pk__in=missed.values("pk"))

    def only_unmatched(self, queryset: CallQuerySet, name: str, value: bool) -> QuerySet[Any]:
        unmatched = queryset.unmatched()
        return unmatched if value else queryset.exclude(pk__in=unmatched.values("pk"))

    def from_day(self, queryset: CallQuerySet, name: str, value: date) -> QuerySet[Any]:
        return queryset.from_day(value)

    def until_day(self, queryset: CallQuerySet, name: str, value: date) -> QuerySet[Any]:
        return queryset.until_day(value)
