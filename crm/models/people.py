from typing import Any

from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models.functions import Concat, Lower

from crm.enums import AppointmentTime, ContactMethod, CustomerType, Role
from crm.models.base import CurrentDate, Record, one_of
from crm.querysets import CustomerQuerySet
from crm.roles import can, has_model_permission
from jobs.registry import local_today

PHONE = r"^\+[1-9][0-9]{7,14}$"
EMAIL = r"^[^@[:space:]]+@[^@[:space:]]+\.[^@[:space:]]+$"
STATE = r"^[A-Z]{2}$"
ZIP = r"^[0-9]{5}(-[0-9]{4})?$"


def today() -> Any:
    return local_today()


class User(AbstractUser):
    """Somebody who signs in, or an API client; the role decides what they may do."""

    role = models.CharField(
        max_length=20, choices=Role, default=Role.ADVISOR, db_default=Role.ADVISOR
    )
    phone = models.CharField(max_length=20, blank=True)
    is_demo = models.BooleanField(default=False, db_default=False, editable=False)

    class Meta:
        db_table = "users"
        ordering = ["first_name", "last_name", "username"]
        constraints = [
            models.CheckConstraint(condition=one_of("role", Role.values), name="users_role_known"),
            models.UniqueConstraint(
                Lower("email"), name="users_email_once", condition=~models.Q(email="")
            ),
        ]

    def __str__(self) -> str:
        return self.get_full_name() or self.username

    def can(self, capability: str) -> bool:
        return can(self, capability)

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        return has_model_permission(self, perm)

    def has_perms(self, perm_list: Any, obj: Any = None) -> bool:
        return all(self.has_perm(perm, obj) for perm in perm_list)

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_active and (self.is_superuser or self.role in (Role.ADMIN, Role.MANAGER))


class Customer(Record):
    """A person or firm that owns vehicles or may buy one."""

    phone = models.CharField(max_length=20)
    phone_extension = models.CharField(max_length=7, blank=True, default="", db_default="")
    email = models.EmailField(max_length=200, null=True, blank=True)
    preferred_contact_method = models.CharField(
        max_length=10,
        choices=ContactMethod,
        default=ContactMethod.PHONE,
        db_default=ContactMethod.PHONE,
        null=True,
    )
    first_name = models.CharField(max_length=100)
    last_name = models.CharField(max_length=100)
    name = models.GeneratedField(
        expression=Concat("first_name", models.Value(" "), "last_name"),
        output_field=models.CharField(max_length=201),
        db_persist=True,
    )
    date_of_birth = models.DateField(null=True, blank=True)
    street_address = models.CharField(max_length=200, null=True, blank=True)
    city = models.CharField(max_length=100, null=True, blank=True)
    state = models.CharField(max_length=2, null=True, blank=True)
    zip_code = models.CharField("ZIP code", max_length=10, null=True, blank=True)
    customer_since = models.DateField(
        default=today, db_default=CurrentDate(), null=True, blank=True
    )
    customer_type = models.CharField(
        max_length=20,
        choices=CustomerType,
        default=CustomerType.RETAIL,
        db_default=CustomerType.RETAIL,
        null=True,
    )
    referral_source = models.CharField(max_length=100, null=True, blank=True)
    preferred_service_advisor = models.ForeignKey(
        User,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="preferred_by",
        db_column="preferred_service_advisor",
    )
    receive_reminders = models.BooleanField(default=True, db_default=True, null=True)
    receive_promotions = models.BooleanField(default=True, db_default=True, null=True)
    preferred_appointment_time = models.CharField(
        max_length=20, choices=AppointmentTime, null=True, blank=True
    )
    notes = models.TextField(null=True, blank=True)
    last_contact_date = models.DateTimeField(null=True, blank=True)
    anonymised_at = models.DateTimeField(null=True, blank=True, editable=False)
    batch = models.ForeignKey(
        "crm.DataBatch",
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        db_index=False,
    )

    objects = CustomerQuerySet.as_manager()

    class Meta:
        db_table = "customers"
        ordering = ["last_name", "first_name", "id"]
        indexes = [
            models.Index(fields=["last_name", "first_name", "id"], name="customers_name_order"),
            # text_pattern_ops serves LIKE 'smi%' whatever the database's collation is.
            models.Index(
                OpClass(Lower("last_name"), name="text_pattern_ops"),
                name="customers_last_name_prefix",
            ),
            models.Index(fields=["updated_at", "id"], name="customers_changed"),
            models.Index(fields=["customer_since", "id"], name="customers_since"),
            models.Index(fields=["last_contact_date", "id"], name="customers_last_contact"),
            models.Index(fields=["zip_code"], name="customers_zip"),
            models.Index(
                fields=["batch"], name="customers_batch", condition=models.Q(batch__isnull=False)
            ),
        ]
        constraints = [
            # Constraints, not unique=True: that would add a second, unused index for LIKE.
            models.UniqueConstraint(fields=["phone"], name="customers_phone_once"),
            models.UniqueConstraint(Lower("email"), name="customers_email_once"),
            models.CheckConstraint(
                condition=models.Q(phone__regex=PHONE) | models.Q(anonymised_at__isnull=False),
                name="customers_phone_e164",
            ),
            models.CheckConstraint(
                condition=models.Q(email__regex=EMAIL), name="customers_email_shape"
            ),
            models.CheckConstraint(
                condition=models.Q(state__regex=STATE), name="customers_state_shape"
            ),
            models.CheckConstraint(
                condition=models.Q(zip_code__regex=ZIP), name="customers_zip_shape"
            ),
            models.CheckConstraint(
                condition=one_of("preferred_contact_method", ContactMethod.values),
                name="customers_contact_method_known",
            ),
            models.CheckConstraint(
                condition=one_of("customer_type", CustomerType.values),
                name="customers_type_known",
            ),
            models.CheckConstraint(
                condition=one_of("preferred_appointment_time", AppointmentTime.values),
                name="customers_appointment_time_known",
            ),
            models.CheckConstraint(
                condition=~models.Q(first_name="") & ~models.Q(last_name=""),
                name="customers_named",
            ),
            models.CheckConstraint(
                condition=models.Q(date_of_birth__gte="1900-01-01"),
                name="customers_birth_plausible",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first_name} {self.last_name}"

    @property
    def is_anonymised(self) -> bool:
        return self.anonymised_at is not None
