"""The workshop: who, where, when, what."""

from rest_framework import serializers

from crm.enums import ServiceCategory
from crm.models import OpCode, OpeningHours, ServiceBay, SpecialDay, Technician
from crm.rest.inputs import Input
from crm.rest.rows import Rows


def _categories() -> serializers.ListField:
    return serializers.ListField(
        child=serializers.ChoiceField(choices=ServiceCategory.choices),
        required=False,
        max_length=10,
        help_text="Empty for all.",
    )


class TechnicianRows(Rows):
    """Somebody who does the work."""

    class Meta:
        model = Technician
        ref_name = "Technician"
        fields = ("id", "name", "skills", "is_active", "created_at", "updated_at")


class TechnicianInput(Input):
    """Somebody who does the work."""

    skills = _categories()

    class Meta(Input.Meta):
        model = Technician
        ref_name = "TechnicianInput"
        fields = ("name", "skills", "is_active")


class BayRows(Rows):
    """A place in the workshop."""

    class Meta:
        model = ServiceBay
        ref_name = "ServiceBay"
        fields = ("code", "name", "categories", "is_active")


class BayInput(Input):
    """A place in the workshop; its code never changes."""

    code = serializers.RegexField(r"^[A-Za-z0-9][A-Za-z0-9 _-]*$", max_length=10)
    categories = _categories()

    class Meta(Input.Meta):
        model = ServiceBay
        ref_name = "ServiceBayInput"
        fields = ("code", "name", "categories", "is_active")


class HoursRows(Rows):
    """Hours of a weekday, 0 is Monday; a weekday without a row is closed."""

    class Meta:
        model = OpeningHours
        ref_name = "OpeningHours"
        fields = ("weekday", "opens", "closes")


class HoursInput(Input):
    """Hours of a weekday in the shop's zone, 0 is Monday."""

    class Meta(Input.Meta):
        model = OpeningHours
        ref_name = "OpeningHoursInput"
        fields = ("weekday", "opens", "closes")


class SpecialDayRows(Rows):
    """A date with hours of its own; closed when both are null."""

    class Meta:
        model = SpecialDay
        ref_name = "SpecialDay"
        fields = ("date", "opens", "closes", "reason")


class SpecialDayInput(Input):
    """A date with hours of its own; closed when both are left out."""

    class Meta(Input.Meta):
        model = SpecialDay
        ref_name = "SpecialDayInput"
        fields = ("date", "opens", "closes", "reason")


class OpCodeRows(Rows):
    """A labour operation with flat-rate hours and price."""

    class Meta:
        model = OpCode
        ref_name = "OpCode"
        fields = ("code", "description", "category", "hours", "price", "is_active")


class OpCodeInput(Input):
    """A labour operation; its code never changes."""

    code = serializers.RegexField(r"^[A-Za-z0-9][A-Za-z0-9 ._-]*$", max_length=20)

    class Meta(Input.Meta):
        model = OpCode
        ref_name = "OpCodeInput"
        fields = ("code", "description", "category", "hours", "price", "is_active")
