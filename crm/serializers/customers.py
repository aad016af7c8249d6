"""Customers and their journal."""

from typing import Any

from rest_framework import serializers

from crm.expressions import full_name
from crm.models import Customer, CustomerNote, User
from crm.rest.inputs import Command, Input
from crm.rest.rows import Rows
from crm.services.customers import WRITABLE


class CustomerRows(Rows):
    """A customer; `date_of_birth` is left out for roles that only do the work."""

    name = serializers.CharField(read_only=True)
    date_of_birth = serializers.DateField(required=False, allow_null=True)
    preferred_service_advisor_name = serializers.CharField(read_only=True, allow_null=True)

    class Meta:
        model = Customer
        ref_name = "Customer"
        fields = (
            "id",
            "name",
            *WRITABLE,
            "preferred_service_advisor_name",
            "anonymised_at",
            "created_at",
            "updated_at",
        )
        computed = {"preferred_service_advisor_name": full_name("preferred_service_advisor__")}


class CustomerInput(Input):
    """A customer as people type it: phone in any notation, state by name or code."""

    phone = serializers.CharField(max_length=40, help_text="Any notation; kept as E.164.")
    state = serializers.CharField(
        max_length=40, required=False, allow_null=True, allow_blank=True, help_text="GA or Georgia."
    )
    zip_code = serializers.CharField(
        max_length=20, required=False, allow_null=True, allow_blank=True
    )
    preferred_service_advisor = serializers.PrimaryKeyRelatedField(
        queryset=User.objects.filter(is_active=True), required=False, allow_null=True
    )

    class Meta(Input.Meta):
        model = Customer
        ref_name = "CustomerInput"
        fields = WRITABLE


class NoteRows(Rows):
    """A dated remark on a customer."""

    author_name = serializers.CharField(read_only=True, allow_null=True)

    class Meta:
        model = CustomerNote
        ref_name = "Note"
        fields = ("id", "customer", "author", "author_name", "text", "created_at", "updated_at")
        computed: dict[str, Any] = {"author_name": full_name("author__")}


class NoteInput(Command):
    """A remark."""

    text = serializers.CharField(max_length=10_000)

    class Meta:
        ref_name = "NoteInput"


class ReasonInput(Command):
    """Why something is done that cannot be undone."""

    reason = serializers.CharField(max_length=200)

    class Meta:
        ref_name = "ReasonInput"


class TimelineQuery(Command):
    """Which part of the timeline."""

    before = serializers.DateTimeField(required=False)
    limit = serializers.IntegerField(min_value=1, max_value=100, default=25)


class TimelineEntry(serializers.Serializer[object]):
    """One thing that happened."""

    at = serializers.DateTimeField()
    kind = serializers.CharField()
    title = serializers.CharField()
    text = serializers.CharField(allow_blank=True)
    who = serializers.CharField(allow_blank=True)
    badge = serializers.CharField(allow_blank=True)


class TimelinePage(serializers.Serializer[object]):
    """Newest first; pass `before` back for what is older, null at the end."""

    results = TimelineEntry(many=True)
    before = serializers.DateTimeField(allow_null=True)
