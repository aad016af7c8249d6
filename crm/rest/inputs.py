"""What the API takes: shapes and types are checked here, the rules by services and database."""

from collections.abc import Mapping
from typing import Any

from django.db.models import TimeField
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.validators import UniqueValidator

from crm.rest.fields import ClockField
from crm.rest.problems import BadParameter


class Input(serializers.ModelSerializer[Any]):
    """Writable fields of a model. What is not listed in `Meta.fields` cannot be written.

    Uniqueness is the database's to refuse: asking first costs a query and races.
    """

    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        TimeField: ClockField,
    }

    class Meta:
        validators: list[Any] = []

    def build_standard_field(self, field_name: str, model_field: Any) -> tuple[Any, dict[str, Any]]:
        kind, options = super().build_standard_field(field_name, model_field)
        validators = options.get("validators", [])
        options["validators"] = [v for v in validators if not isinstance(v, UniqueValidator)]
        if not options["validators"]:
            del options["validators"]
        return kind, options

    def get_validators(self) -> list[Any]:
        return []


class Command(serializers.Serializer[Any]):
    """The body of an action that is not the plain write of a table."""


def validated(
    serializer: type[serializers.Serializer[Any]], request: Request, *, partial: bool = False
) -> dict[str, Any]:
    """The body of `request` as `serializer` understands it; raises ValidationError (400)."""
    checked = serializer(data=request.data, partial=partial, context={"request": request})
    checked.is_valid(raise_exception=True)
    return dict(checked.validated_data)


def validated_query(
    serializer: type[serializers.Serializer[Any]], parameters: Mapping[str, Any]
) -> dict[str, Any]:
    """Query parameters as `serializer` understands them; raises BadParameter (400)."""
    checked = serializer(data=parameters)
    if not checked.is_valid():
        raise BadParameter(checked.errors)
    return dict(checked.validated_data)
