"""What leads can be narrowed down by: one definition for the page, the API and the command.

Repeated values of one filter widen it (any of them), different filters narrow it (all of them);
only stressors must all be present.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.validators import MaxLengthValidator
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Right
from django_filters import MultipleChoiceFilter, UUIDFilter
from django_filters.rest_framework import FilterSet

from crm import vin
from crm.exceptions import Invalid
from crm.rest.filters import TrueFalseFilter, WholeNumberFilter
from leads.enums import ContactUrgency, LeadSource, LeadStatus, VehicleType
from leads.models import LeadRecord, LeadScore
from leads.querysets import LeadRecordQuerySet

BANDS = {
    "high": ContactUrgency.IMMEDIATE,
    "medium": ContactUrgency.WITHIN_24_HOURS,
    "low": ContactUrgency.WITHIN_48_HOURS,
}
STRESSORS = {
    "temperature_cycling": "Temperature swings",
    "ignition_frequency": "Many starts",
    "soc_decline": "Weak charge",
    "short_trips": "Short trips",
}
MOST_VALUES = 50
# Filters that the narrow table of scores answers by itself.
_OF_SCORES = {"urgency", "band", "stressor", "open", "min_urgency"}


class AnyTextField(forms.MultipleChoiceField):
    """Some texts that need not be in a list."""

    default_validators = [MaxLengthValidator(MOST_VALUES)]

    def valid_value(self, value: str) -> bool:
        return 0 < len(value) <= 100 and "\x00" not in value


class AnyOfFilter(MultipleChoiceFilter):
    """Rows whose text is one of those given, whatever their case."""

    field_class = AnyTextField

    def filter(self, qs: QuerySet[Any], value: Sequence[str]) -> QuerySet[Any]:
        wanted = [text.strip() for text in value or () if text.strip()]
        return qs.filter(**{f"{self.field_name}__in": wanted}) if wanted else qs


class LeadFilter(FilterSet):
    """Battery leads."""

    state = AnyOfFilter(label="Two letters, for example GA.")
    city = AnyOfFilter(label="For example New Orleans.")
    type = MultipleChoiceFilter(field_name="vehicle_type", choices=VehicleType.choices)
    model = AnyOfFilter(label="For example F-150.")
    cohort = AnyOfFilter(field_name="cohort_assignment", label="For example suv_coastal_hot.")
    urgency = MultipleChoiceFilter(field_name="contact_urgency", choices=ContactUrgency.choices)
    band = MultipleChoiceFilter(
        method="by_band",
        choices=[("high", "High"), ("medium", "Medium"), ("low", "Low")],
        label="Risk: high from 60 %, medium from 30 %, low.",
    )
    stressor = MultipleChoiceFilter(
        method="by_stressor",
        choices=list(STRESSORS.items()),
        label="Evidence present; several must all be.",
    )
    status = MultipleChoiceFilter(choices=LeadStatus.choices)
    open = TrueFalseFilter(field_name="is_open", label="May somebody still act on it?")
    source = MultipleChoiceFilter(choices=LeadSource.choices)
    min_mileage = WholeNumberFilter(
        field_name="current_mileage", lookup_expr="gte", label="Miles, at least."
    )
    max_mileage = WholeNumberFilter(
        field_name="current_mileage", lookup_expr="lte", label="Miles, at most."
    )
    min_urgency = WholeNumberFilter(
        field_name="urgency_score", lookup_expr="gte", label="Urgency score of 0 to 100, at least."
    )
    vin = AnyOfFilter(method="by_vin", label="The whole VIN or its last 8.")
    customer = UUIDFilter(field_name="customer_id")
    vehicle = UUIDFilter(field_name="vehicle_id")

    def by_band(self, records: QuerySet[Any], name: str, bands: list[str]) -> QuerySet[Any]:
        return records.filter(contact_urgency__in=[BANDS[band] for band in bands])

    def by_stressor(self, records: QuerySet[Any], name: str, wanted: list[str]) -> QuerySet[Any]:
        return records.filter(**dict.fromkeys(wanted, True))

    def by_vin(self, records: QuerySet[Any], name: str, vins: list[str]) -> QuerySet[Any]:
        wanted = [vin.normalise(text) for text in vins]
        whole = [text for text in wanted if len(text) != 8]
        ends = [text for text in wanted if len(text) == 8]
        found = Q(vin__in=whole)
        if ends:
            records = records.alias(last8=Right(F("vin"), 8))
            found |= Q(last8__in=ends)
        return records.filter(found)


def wanted(filters: LeadFilter) -> dict[str, Any]:
    """The filters that were set and understood."""
    filters.is_valid()
    return {
        name: value
        for name, value in filters.form.cleaned_data.items()
        if value not in (None, "", [])
    }


def passing(filters: LeadFilter) -> QuerySet[Any]:
    """The leads that pass; open ones unless a status, or closed ones, are asked for."""
    found: QuerySet[Any] = filters.qs
    return found if {"status", "open"} & wanted(filters).keys() else found.filter(is_open=True)


def to_count(filters: LeadFilter) -> QuerySet[Any]:
    """As many rows as `passing` gives: from the scores alone where that is enough, which takes a
    tenth of the time."""
    if wanted(filters).keys() <= _OF_SCORES:
        filters = LeadFilter(filters.data, queryset=LeadScore.objects.all())
    return passing(filters)


def narrowed(values: Mapping[str, Any]) -> LeadRecordQuerySet:
    """Leads by filters in a plain mapping: lists for those that repeat, None or [] for none.

    Raises Invalid at the first value that a filter does not know.
    """
    given = {name: value for name, value in values.items() if value not in (None, [], "")}
    filters = LeadFilter(given, queryset=LeadRecord.objects.all())
    if not filters.is_valid():
        field, faults = next(iter(filters.errors.items()))
        raise Invalid(str(faults[0]), field=field, remedy=_choices(filters, field))
    found: LeadRecordQuerySet = filters.qs
    return found


def _choices(filters: LeadFilter, field: str) -> str:
    known = [str(value) for value, _ in getattr(filters.form.fields[field], "choices", ())]
    return f"Choose one of {', '.join(known)}." if known else "Check it."
