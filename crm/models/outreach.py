"""What the dealership may say to whom, what it said, and what is to be said next."""

from decimal import Decimal
from uuid import UUID

from django.db import models
from django.db.models.functions import Now

from crm.enums import Channel, ConsentBasis, ContactPurpose, Direction, WorkKind
from crm.models.base import Record, one_of
from crm.models.people import PHONE, Customer, User
from crm.models.vehicles import Vehicle
from crm.phones import WITHHELD
from crm.querysets import WorkItemQuerySet


class Consent(Record):
    """One statement of the consent ledger: somebody agreed, withdrew or opted out.

    Append-only; the latest statement that covers a channel and a purpose holds. An empty channel
    or purpose means all of them. `phone` and `email` are the addresses it was said about: an
    opt-out follows the number or address, whoever has it and whatever becomes of the customer's
    record; an agreement holds only for the customer who gave it at the address it was given for.
    """

    customer = models.ForeignKey(Customer, models.SET_NULL, null=True, related_name="consents")
    phone = models.CharField(max_length=20, blank=True, default="", db_default="")
    email = models.CharField(max_length=200, blank=True, default="", db_default="")
    channel = models.CharField(
        max_length=10, choices=Channel, blank=True, default="", db_default=""
    )
    purpose = models.CharField(
        max_length=10, choices=ContactPurpose, blank=True, default="", db_default=""
    )
    basis = models.CharField(max_length=20, choices=ConsentBasis)
    source = models.CharField(max_length=40, help_text="Where it was said: page, api, call, text")
    note = models.CharField(max_length=300, blank=True, default="", db_default="")
    granted_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    recorded_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

    class Meta:
        db_table = "contact_consents"
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["customer", "-created_at"], name="contact_consents_customer"),
            models.Index(fields=["created_at", "id"], name="contact_consents_created"),
            models.Index(
                fields=["phone"], name="contact_consents_phone", condition=~models.Q(phone="")
            ),
            models.Index(
                fields=["email"], name="contact_consents_email", condition=~models.Q(email="")
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(channel__in=["", *Channel.outbound()]),
                name="contact_consents_channel_known",
            ),
            models.CheckConstraint(
                condition=models.Q(purpose__in=["", *ContactPurpose.values]),
                name="contact_consents_purpose_known",
            ),
            models.CheckConstraint(
                condition=one_of("basis", ConsentBasis.values),
                name="contact_consents_basis_known",
            ),
            models.CheckConstraint(
                condition=models.Q(granted_at__isnull=False) | models.Q(revoked_at__isnull=False),
                name="contact_consents_says_something",
            ),
            models.CheckConstraint(
                condition=models.Q(revoked_at__gte=models.F("granted_at")),
                name="contact_consents_revoked_after_granted",
            ),
            models.CheckConstraint(
                condition=~models.Q(source=""), name="contact_consents_source_named"
            ),
        ]

    def __str__(self) -> str:
        return f"{'revoked' if self.revoked_at else 'granted'} {self.channel or 'all channels'}"


class ContactAttempt(Record):
    """One contact or try to make one. `reached` says whether a person was spoken to; null for
    messages, and for calls of which nobody has said it."""

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="contacts")
    channel = models.CharField(max_length=10, choices=Channel)
    direction = models.CharField(max_length=10, choices=Direction)
    purpose = models.CharField(
        max_length=10,
        choices=ContactPurpose,
        default=ContactPurpose.SERVICE,
        db_default=ContactPurpose.SERVICE,
    )
    outcome = models.CharField(max_length=40, blank=True, default="", db_default="")
    reached = models.BooleanField(null=True, blank=True)
    text = models.TextField(blank=True, default="", db_default="")
    at = models.DateTimeField(db_default=Now())
    key = models.CharField(max_length=200, null=True, blank=True)
    by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        db_table = "contact_attempts"
        ordering = ["-at", "-id"]
        indexes = [
            models.Index(fields=["customer", "-at"], name="contact_attempts_customer"),
            models.Index(fields=["at", "id"], name="contact_attempts_at"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["key"], name="contact_attempts_key_once"),
            models.CheckConstraint(
                condition=one_of("channel", Channel.values), name="contact_attempts_channel_known"
            ),
            models.CheckConstraint(
                condition=one_of("direction", Direction.values),
                name="contact_attempts_direction_known",
            ),
            models.CheckConstraint(
                condition=one_of("purpose", ContactPurpose.values),
                name="contact_attempts_purpose_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_direction_display()} {self.get_channel_display()}"


class ContactDecision(models.Model):
    """What the permission gate answered to one attempt to reach a customer, or the number `phone`
    that is no customer's. Kept for `CONTACT_DECISION_DAYS`."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(db_default=Now())
    customer = models.ForeignKey(
        Customer, models.CASCADE, null=True, related_name="contact_decisions", db_index=False
    )
    phone = models.CharField(max_length=20, blank=True, default="", db_default="")
    channel = models.CharField(max_length=10, choices=Channel)
    purpose = models.CharField(max_length=10, choices=ContactPurpose)
    allowed = models.BooleanField()
    reason = models.CharField(max_length=40)
    allowed_from = models.DateTimeField(null=True)
    actor = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+", db_index=False)
    source = models.CharField(max_length=40)

    class Meta:
        db_table = "contact_decisions"
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["customer", "-id"], name="contact_decisions_customer"),
            models.Index(fields=["at"], name="contact_decisions_at"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(customer__isnull=False) | ~models.Q(phone=""),
                name="contact_decisions_about_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {'allowed' if self.allowed else self.reason}"


BARRED_RANK = Decimal(-1)


class WorkItem(Record):
    """Somebody to contact, why, and what it is worth.

    That is a customer, or a number that is nobody's yet: then `phone` holds it in E.164, or
    WITHHELD when a message was left and the number kept back.

    `rank` is the expected value: `value` times `reach`, the chance that the contact succeeds
    (docs/permission.md). `barred` is the reason why nobody may be contacted about it whatever
    the hour; such items rank below all others. A claim holds until `claimed_until`.
    """

    key = models.CharField(max_length=200)
    kind = models.CharField(max_length=20, choices=WorkKind)
    customer = models.ForeignKey(
        Customer, models.CASCADE, null=True, blank=True, related_name="work_items"
    )
    phone = models.CharField(
        max_length=20,
        blank=True,
        default="",
        db_default="",
        help_text="Of whom nobody knows yet, in E.164; empty for a customer",
    )
    vehicle = models.ForeignKey(
        Vehicle, models.CASCADE, null=True, blank=True, related_name="work_items"
    )
    title = models.CharField(max_length=200)
    reason = models.CharField(max_length=300, blank=True, default="", db_default="")
    url = models.CharField("URL", max_length=200, blank=True, default="", db_default="")
    purpose = models.CharField(
        max_length=10,
        choices=ContactPurpose,
        default=ContactPurpose.SERVICE,
        db_default=ContactPurpose.SERVICE,
    )
    value = models.DecimalField(max_digits=12, decimal_places=2, default=0, db_default=0)
    reach = models.DecimalField(
        max_digits=4, decimal_places=3, default=Decimal("0.5"), db_default=Decimal("0.5")
    )
    rank = models.GeneratedField(
        expression=models.Case(
            models.When(barred="", then=models.F("value") * models.F("reach")),
            default=models.Value(BARRED_RANK, models.DecimalField()),
        ),
        output_field=models.DecimalField(max_digits=16, decimal_places=5),
        db_persist=True,
    )
    barred = models.CharField(max_length=40, blank=True, default="", db_default="")
    due_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField(null=True, blank=True)
    tries = models.IntegerField(default=0, db_default=0)
    claimed_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="claimed_work"
    )
    claimed_until = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=40, blank=True, default="", db_default="")
    closed_at = models.DateTimeField(null=True, blank=True)
    batch = models.ForeignKey(
        "crm.DataBatch",
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        db_index=False,
    )

    objects = WorkItemQuerySet.as_manager()

    class Meta:
        db_table = "work_items"
        ordering = ["-rank", "-id"]
        indexes = [
            models.Index(
                fields=["rank", "id"],
                name="work_items_ranked",
                condition=models.Q(closed_at__isnull=True),
            ),
            models.Index(
                fields=["kind", "rank", "id"],
                name="work_items_kind_ranked",
                condition=models.Q(closed_at__isnull=True),
            ),
            models.Index(
                fields=["expires_at"],
                name="work_items_expiring",
                condition=models.Q(closed_at__isnull=True, expires_at__isnull=False),
            ),
            models.Index(
                fields=["batch"], name="work_items_batch", condition=models.Q(batch__isnull=False)
            ),
            models.Index(fields=["phone"], name="work_items_phone", condition=~models.Q(phone="")),
            models.Index(fields=["updated_at", "id"], name="work_items_changed"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["key"], name="work_items_key_once"),
            models.CheckConstraint(
                condition=one_of("kind", WorkKind.values), name="work_items_kind_known"
            ),
            models.CheckConstraint(
                condition=one_of("purpose", ContactPurpose.values),
                name="work_items_purpose_known",
            ),
            models.CheckConstraint(
                condition=models.Q(customer__isnull=False, phone="")
                | models.Q(customer__isnull=True, phone__regex=PHONE)
                | models.Q(customer__isnull=True, phone=WITHHELD),
                name="work_items_about_somebody",
            ),
            models.CheckConstraint(condition=~models.Q(title=""), name="work_items_titled"),
            models.CheckConstraint(
                condition=models.Q(value__gte=0), name="work_items_value_positive"
            ),
            models.CheckConstraint(
                condition=models.Q(reach__range=(0, 1)), name="work_items_reach_is_chance"
            ),
            models.CheckConstraint(
                condition=models.Q(claimed_by__isnull=True) | models.Q(claimed_until__isnull=False),
                name="work_items_claim_ends",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def subject(self) -> UUID | str:
        """Whom the permission gate is asked about: the customer's key, or the number."""
        return self.customer_id or self.phone

    @property
    def who(self) -> str:
        """The customer's name, or the number."""
        return self.customer.name if self.customer else self.phone
