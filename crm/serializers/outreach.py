"""Work list, consent ledger, contacts, and the permission gate."""

from django.db.models import F
from rest_framework import serializers

from crm.dispositions import DISPOSITIONS
from crm.enums import Channel, ConsentBasis, ContactPurpose, Direction
from crm.expressions import full_name, vehicle_name
from crm.models import Consent, ContactAttempt, Customer, WorkItem
from crm.rest.inputs import Command, Input
from crm.rest.rows import Rows

DISPOSITION_CHOICES = [(d.code, d.label) for d in DISPOSITIONS.values()]
OUTBOUND = [choice for choice in Channel.choices if choice[0] in Channel.outbound()]


class GateAnswer(serializers.Serializer[object]):
    """What the permission gate says. `allowed_from` is null when waiting does not help."""

    allowed = serializers.BooleanField()
    reason = serializers.CharField()
    sentence = serializers.CharField()
    allowed_from = serializers.DateTimeField(allow_null=True)


class GateQuery(serializers.Serializer[object]):
    """Whom, how and what for."""

    customer = serializers.PrimaryKeyRelatedField(queryset=Customer.objects.all())
    channel = serializers.ChoiceField(choices=OUTBOUND)
    purpose = serializers.ChoiceField(choices=ContactPurpose.choices)


class WorkItemRows(Rows):
    """Somebody to contact, why, and what it is worth; `barred` says why nobody may call at all.

    Without a customer it is about the number `phone`, which is nobody's yet (`anonymous` when it
    was withheld).
    """

    customer_name = serializers.CharField(read_only=True, allow_null=True)
    customer_phone = serializers.CharField(read_only=True, allow_null=True)
    vehicle_name = serializers.CharField(read_only=True, allow_null=True)
    claimed_by_name = serializers.CharField(read_only=True, allow_null=True)

    class Meta:
        model = WorkItem
        ref_name = "WorkItem"
        fields: tuple[str, ...] = (
            "id",
            "key",
            "kind",
            "customer",
            "customer_name",
            "customer_phone",
            "phone",
            "vehicle",
            "vehicle_name",
            "title",
            "reason",
            "url",
            "purpose",
            "value",
            "reach",
            "rank",
            "barred",
            "due_at",
            "expires_at",
            "tries",
            "claimed_by",
            "claimed_by_name",
            "claimed_until",
            "outcome",
            "closed_at",
            "created_at",
            "updated_at",
        )
        computed = {
            "customer_name": F("customer__name"),
            "customer_phone": F("customer__phone"),
            "vehicle_name": vehicle_name("vehicle__"),
            "claimed_by_name": full_name("claimed_by__"),
        }


class WorkItemWithGate(WorkItemRows):
    """An item with the gate's answer to a call now."""

    permission = GateAnswer(read_only=True)

    class Meta(WorkItemRows.Meta):
        ref_name = "WorkItemWithPermission"
        fields = (*WorkItemRows.Meta.fields, "permission")
        apart = ("permission",)


class NothingInput(Command):
    """An empty object."""


class DispositionInput(Command):
    """How the contact went. `again_at` puts the item off until then."""

    outcome = serializers.ChoiceField(choices=DISPOSITION_CHOICES)
    channel = serializers.ChoiceField(choices=Channel.choices, required=False)
    note = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    again_at = serializers.DateTimeField(required=False)


class SnoozeInput(Command):
    """Put the item off without a contact."""

    until = serializers.DateTimeField()


class ConsentRows(Rows):
    """A line of the ledger; an empty channel or purpose means all of them."""

    channel = serializers.CharField(read_only=True)
    purpose = serializers.CharField(read_only=True)
    recorded_by_name = serializers.CharField(read_only=True, allow_null=True)

    class Meta:
        model = Consent
        ref_name = "Consent"
        fields = (
            "id",
            "customer",
            "channel",
            "purpose",
            "basis",
            "source",
            "note",
            "granted_at",
            "revoked_at",
            "recorded_by",
            "recorded_by_name",
            "created_at",
        )
        computed = {"recorded_by_name": full_name("recorded_by__")}


class ConsentInput(Command):
    """The customer agreed. Name the channel and the purpose; an artificial voice is a channel."""

    customer = serializers.PrimaryKeyRelatedField(queryset=Customer.objects.all())
    channel = serializers.ChoiceField(choices=OUTBOUND)
    purpose = serializers.ChoiceField(choices=ContactPurpose.choices)
    basis = serializers.ChoiceField(
        choices=[
            (basis, basis.label)
            for basis in (ConsentBasis.WRITTEN, ConsentBasis.SPOKEN, ConsentBasis.ONLINE)
        ]
    )
    source = serializers.CharField(max_length=40, required=False)  # type: ignore[assignment]
    note = serializers.CharField(max_length=300, required=False, allow_blank=True)
    granted_at = serializers.DateTimeField(required=False)


class OptOutInput(Command):
    """The customer wants to be left alone: by default on every channel, about everything."""

    customer = serializers.PrimaryKeyRelatedField(queryset=Customer.objects.all())
    channel = serializers.ChoiceField(choices=OUTBOUND, required=False)
    purpose = serializers.ChoiceField(choices=ContactPurpose.choices, required=False)
    basis = serializers.ChoiceField(
        choices=[
            (basis, basis.label) for basis in (ConsentBasis.OPT_OUT, ConsentBasis.DO_NOT_CALL)
        ],
        required=False,
    )
    source = serializers.CharField(max_length=40, required=False)  # type: ignore[assignment]
    note = serializers.CharField(max_length=300, required=False, allow_blank=True)


class ContactRows(Rows):
    """A contact, or a try to make one. `reached` is null when nobody has said it."""

    customer_name = serializers.CharField(read_only=True)
    by_name = serializers.CharField(read_only=True, allow_null=True)

    class Meta:
        model = ContactAttempt
        ref_name = "ContactAttempt"
        fields = (
            "id",
            "customer",
            "customer_name",
            "channel",
            "direction",
            "purpose",
            "outcome",
            "reached",
            "text",
            "at",
            "key",
            "by",
            "by_name",
            "created_at",
            "updated_at",
        )
        computed = {"customer_name": F("customer__name"), "by_name": full_name("by__")}


class ContactInput(Input):
    """A contact that took place elsewhere. With a `key` the second report completes the first."""

    customer = serializers.PrimaryKeyRelatedField(queryset=Customer.objects.all())
    direction = serializers.ChoiceField(choices=Direction.choices)

    class Meta(Input.Meta):
        model = ContactAttempt
        ref_name = "ContactAttemptInput"
        fields = (
            "customer",
            "channel",
            "direction",
            "purpose",
            "outcome",
            "reached",
            "text",
            "at",
            "key",
        )
        extra_kwargs = {"text": {"max_length": 4000}, "at": {"required": False}}
