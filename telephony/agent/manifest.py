"""The tools as JSON Schema, the way function-calling models take them."""

from typing import Any

from rest_framework import serializers

from telephony.agent.tools import TOOLS, Tool

# Kinds of field, special ones before general, each as its JSON type and format.
_TYPES: tuple[tuple[type[serializers.Field[Any, Any, Any, Any]], dict[str, str]], ...] = (
    (serializers.UUIDField, {"type": "string", "format": "uuid"}),
    (serializers.DateTimeField, {"type": "string", "format": "date-time"}),
    (serializers.DateField, {"type": "string", "format": "date"}),
    (serializers.BooleanField, {"type": "boolean"}),
    (serializers.IntegerField, {"type": "integer"}),
    (serializers.CharField, {"type": "string"}),
    (serializers.ChoiceField, {"type": "string"}),
)


def manifest() -> list[dict[str, Any]]:
    """All tools in the order in which a call uses them: `{"type": "function", "function": ...}`."""
    return [
        {
            "type": "function",
            "function": {
                "name": tool.name,
                "description": tool.description,
                "parameters": parameters_of(tool),
            },
        }
        for tool in TOOLS.values()
    ]


def parameters_of(tool: Tool) -> dict[str, Any]:
    """JSON Schema of what the model fills in; the call's own id and number are not among it."""
    fields = tool.input_class().fields
    return {
        "type": "object",
        "properties": {name: _schema(field) for name, field in fields.items()},
        "required": [name for name, field in fields.items() if field.required],
        "additionalProperties": False,
    }


def _schema(field: Any) -> dict[str, Any]:
    schema: dict[str, Any] = {
        **next(kind for known, kind in _TYPES if isinstance(field, known)),
        "description": str(field.help_text),
    }
    if isinstance(field, serializers.ChoiceField):
        schema["enum"] = list(field.choices)
    for name, key in (
        ("max_length", "maxLength"), ("min_value", "minimum"), ("max_value", "maximum"),
    ):  # fmt: skip
        if getattr(field, name, None) is not None:
            schema[key] = getattr(field, name)
    return schema
