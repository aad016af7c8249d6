"""Answers made of `values()` rows: a quarter of what serialising model instances costs."""

from typing import Any

from django.db.models import QuerySet, TimeField
from rest_framework import serializers

from crm.rest.fields import ClockField


class Rows(serializers.ModelSerializer[Any]):
    """What the API shows of a table; its fields are the columns that are read.

    `Meta.computed` maps further fields, which are declared for the schema, to expressions;
    `Meta.apart` names those that the view adds from a query of its own. The rows need no work
    after the database: what it answers is what is rendered.
    """

    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        TimeField: ClockField,
    }

    def get_extra_kwargs(self) -> dict[str, Any]:
        return {name: {"read_only": True} for name in self.Meta.fields}

    @classmethod
    def of(cls, queryset: QuerySet[Any]) -> QuerySet[Any, dict[str, Any]]:
        """`queryset` as dictionaries with this serializer's fields."""
        meta: Any = cls.Meta
        computed = getattr(meta, "computed", {})
        others = {*computed, *getattr(meta, "apart", ())}
        columns = [name for name in meta.fields if name not in others]
        return queryset.values(*columns, **computed)

    def to_representation(self, instance: Any) -> Any:
        return instance
