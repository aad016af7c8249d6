from django.contrib.postgres.fields import ArrayField
from django.db import models

from crm.enums import ClosedAs, LineOutcome, PayType
from crm.models.appointments import Appointment
from crm.models.base import Record, one_of
from crm.models.people import Customer, User
from crm.models.shop import OpCode, Technician
from crm.models.vehicles import Vehicle
from crm.querysets import ServiceLineQuerySet, ServiceRecordQuerySet


class ServiceRecord(Record):
    """One closed repair order of a vehicle."""

    vehicle = models.ForeignKey(Vehicle, models.PROTECT, related_name="service_history")
    customer = models.ForeignKey(
        Customer,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="service_history",
        help_text="Owner at the time",
    )
    appointment = models.OneToOneField(
        Appointment, models.PROTECT, null=True, blank=True, related_name="service_record"
    )
    ro_number = models.CharField(max_length=20, null=True, blank=True, verbose_name="RO number")
    service_date = models.DateField()
    mileage = models.IntegerField(null=True, blank=True)
    services_performed = ArrayField(models.TextField(), null=True, blank=True)
    parts_replaced = ArrayField(models.TextField(), null=True, blank=True)
    total_cost = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    next_service_type = models.CharField(max_length=100, null=True, blank=True)
    next_service_due_date = models.DateField(null=True, blank=True)
    next_service_due_mileage = models.IntegerField(null=True, blank=True)
    advisor = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="service_history"
    )
    technician = models.ForeignKey(
        Technician, models.SET_NULL, null=True, blank=True, related_name="service_history"
    )
    batch = models.ForeignKey(
        "crm.DataBatch",
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        db_index=False,
    )

    objects = ServiceRecordQuerySet.as_manager()

    class Meta:
        db_table = "service_history"
        ordering = ["-service_date", "id"]
        verbose_name_plural = "service history"
        indexes = [
            models.Index(fields=["vehicle", "-service_date"], name="service_history_vehicle_date"),
            models.Index(fields=["-service_date", "id"], name="service_history_date"),
            models.Index(fields=["updated_at", "id"], name="service_history_changed"),
            models.Index(
                fields=["batch"],
                name="service_history_batch",
                condition=models.Q(batch__isnull=False),
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["ro_number"], name="service_history_ro_once"),
            models.CheckConstraint(
                condition=models.Q(mileage__range=(0, 2_000_000)),
                name="service_history_mileage_plausible",
            ),
            models.CheckConstraint(
                condition=models.Q(total_cost__gte=0), name="service_history_cost_positive"
            ),
            models.CheckConstraint(
                condition=models.Q(next_service_due_mileage__gte=0),
                name="service_history_next_due_positive",
            ),
        ]

    def __str__(self) -> str:
        return self.ro_number or f"Service on {self.service_date}"


class ServiceLine(Record):
    """One operation: planned on an appointment, or performed, declined or deferred on a visit."""

    vehicle = models.ForeignKey(Vehicle, models.PROTECT, related_name="service_lines")
    appointment = models.ForeignKey(
        Appointment, models.CASCADE, null=True, blank=True, related_name="lines"
    )
    service_record = models.ForeignKey(
        ServiceRecord, models.CASCADE, null=True, blank=True, related_name="lines"
    )
    op_code = models.ForeignKey(
        OpCode, models.PROTECT, null=True, blank=True, db_column="op_code", related_name="+"
    )
    description = models.CharField(max_length=200)
    pay_type = models.CharField(
        max_length=20, choices=PayType, default=PayType.CUSTOMER, db_default=PayType.CUSTOMER
    )
    hours = models.DecimalField(max_digits=5, decimal_places=2, default=0, db_default=0)
    price = models.DecimalField(max_digits=10, decimal_places=2, default=0, db_default=0)
    outcome = models.CharField(
        max_length=20, choices=LineOutcome, default=LineOutcome.PLANNED, db_default="planned"
    )
    reason = models.CharField(max_length=200, blank=True, default="", db_default="")
    deferred_until = models.DateField(null=True, blank=True)
    deferred_until_mileage = models.IntegerField(null=True, blank=True)
    resolved_by = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="resolves",
        help_text="The later line that did this declined or deferred work",
    )
    closed_as = models.CharField(
        max_length=20,
        choices=ClosedAs,
        blank=True,
        default="",
        db_default="",
        help_text="Why nobody offers this declined or deferred work any more",
    )
    closed_reason = models.CharField(max_length=200, blank=True, default="", db_default="")
    batch = models.ForeignKey(
        "crm.DataBatch",
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        db_index=False,
    )

    objects = ServiceLineQuerySet.as_manager()

    class Meta:
        db_table = "service_lines"
        ordering = ["created_at", "id"]
        indexes = [
            models.Index(fields=["created_at", "id"], name="service_lines_created"),
            models.Index(fields=["updated_at", "id"], name="service_lines_changed"),
            models.Index(
                fields=["vehicle"],
                name="service_lines_open",
                condition=models.Q(outcome__in=["declined", "deferred"], resolved_by=None),
            ),
            models.Index(
                fields=["batch"],
                name="service_lines_batch",
                condition=models.Q(batch__isnull=False),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(appointment__isnull=False)
                | models.Q(service_record__isnull=False),
                name="service_lines_belong",
            ),
            models.CheckConstraint(
                condition=one_of("pay_type", PayType.values), name="service_lines_pay_type_known"
            ),
            models.CheckConstraint(
                condition=one_of("outcome", LineOutcome.values),
                name="service_lines_outcome_known",
            ),
            models.CheckConstraint(
                condition=models.Q(hours__gte=0, price__gte=0), name="service_lines_positive"
            ),
            models.CheckConstraint(
                condition=~models.Q(outcome__in=["declined", "deferred"])
                | models.Q(reason__regex=r"[^[:space:]]"),
                name="service_lines_refused_with_reason",
            ),
            models.CheckConstraint(
                condition=~models.Q(outcome="deferred")
                | models.Q(deferred_until__isnull=False)
                | models.Q(deferred_until_mileage__isnull=False),
                name="service_lines_deferred_until",
            ),
            models.CheckConstraint(
                condition=one_of("closed_as", ["", *ClosedAs.values]),
                name="service_lines_closed_known",
            ),
            models.CheckConstraint(
                condition=models.Q(closed_as="") | models.Q(outcome__in=["declined", "deferred"]),
                name="service_lines_closed_refused",
            ),
            models.CheckConstraint(
                condition=~models.Q(closed_as="not_wanted")
                | models.Q(closed_reason__regex=r"[^[:space:]]"),
                name="service_lines_closed_with_reason",
            ),
        ]

    def __str__(self) -> str:
        return self.description
