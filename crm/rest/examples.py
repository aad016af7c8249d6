"""Examples of the schema: one believable value for each field name, put together by serializer.

A later app adds its names to VALUES; `<serializer>.<field>` where the name alone means several
things.
"""

from typing import Any

from rest_framework import serializers

KEY = "7f9c1e52-4b0d-4c39-9a53-2f6f0f3b8d11"
VALUES: dict[str, Any] = {
    "action": "update",
    "actor_id": 4,
    "actor_label": "alee via phone agent",
    "advisor": 4,
    "advisor_name": "Ann Lee",
    "after": {"city": "Macon"},
    "assigned_technician_name": "Kim Park",
    "author": 4,
    "author_name": "Ann Lee",
    "badge": "scheduled",
    "bays": ["B1", "B2"],
    "before": {"city": "Atlanta"},
    "booked_by": "Ann Lee",
    "capabilities": ["customers:read", "appointments:write"],
    "cancellation_reason": None,
    "city": "Atlanta",
    "code": "BRAKE-F",
    "color": "Blue",
    "current_mileage": 41200,
    "customer_concerns": "Grinding noise when braking",
    "customer_name": "Dana Whitfield",
    "customer_type": "retail",
    "date_of_birth": "1984-02-29",
    "deferred_until_mileage": 45000,
    "description": "Front brake pads",
    "duration_minutes": 60,
    "email": "dana@example.com",
    "end": "2026-12-02T11:00:00-05:00",
    "engine": "5.0L V8",
    "estimated_cost": "289.00",
    "first_name": "Dana",
    "hours": "1.20",
    "is_valid": True,
    "kind": "appointment",
    "last_name": "Whitfield",
    "license_plate": "TST 1234",
    "make": "Ford",
    "mileage": 41200,
    "model": "F-150",
    "name": "Dana Whitfield",
    "next_service_due_mileage": 48000,
    "notes": "Prefers mornings",
    "op_code": "BRAKE-F",
    "outcome": "performed",
    "parts_replaced": ["Brake pads, front"],
    "phone": "+12055550142",
    "phone_extension": "",
    "preferred_contact_method": "phone",
    "preferred_service_advisor": 4,
    "preferred_service_advisor_name": "Ann Lee",
    "price": "289.00",
    "problem": "",
    "promised_at": "2026-12-02T21:00:00Z",
    "reason": "Asked by the customer",
    "referral_source": "Neighbor",
    "ro_number": "612345",
    "role": "advisor",
    "service_bay": "B1",
    "service_bay_name": "Bay 1",
    "service_type": "Front brakes",
    "services_performed": ["Front brake pads"],
    "source": "api",
    "start": "2026-12-02T10:00:00-05:00",
    "state": "GA",
    "status": "scheduled",
    "street_address": "12 Peachtree St",
    "table_name": "customers",
    "technician_name": "Kim Park",
    "text": "Call after five",
    "title": "Front brakes",
    "token": "phone agent",
    "trim": "XLT",
    "username": "alee",
    "vehicle_name": "2020 Ford F-150",
    "vin": "1FTFW1C53LFA00001",
    "vin_exception_reason": "",
    "who": "Ann Lee",
    "year": 2020,
    "zip_code": "30309",
}
# By kind of field, special ones before general.
_BY_KIND: tuple[tuple[type[serializers.Field[Any, Any, Any, Any]], Any], ...] = (
    (serializers.UUIDField, KEY),
    (serializers.DateTimeField, "2026-12-02T15:00:00Z"),
    (serializers.DateField, "2026-12-02"),
    (serializers.TimeField, "07:30:00"),
    (serializers.BooleanField, True),
    (serializers.DecimalField, "79.95"),
    (serializers.IntegerField, 1),
    (serializers.PrimaryKeyRelatedField, KEY),
)


def example_of(kind: Any) -> dict[str, Any]:
    """A believable body or row of the serializer class `kind`."""
    own = f"{kind.__name__}."
    return {
        name: VALUES[own + name] if own + name in VALUES else _value(name, field)
        for name, field in kind().fields.items()
    }


def _value(name: str, field: Any) -> Any:
    if isinstance(field, serializers.ListSerializer):
        return [example_of(type(field.child))]
    if name in VALUES:
        return VALUES[name]
    if isinstance(field, serializers.ListField):
        return [_value("", field.child)]
    if isinstance(field, serializers.ChoiceField):
        return next(iter(field.choices))
    return next((value for kind, value in _BY_KIND if isinstance(field, kind)), "text")
