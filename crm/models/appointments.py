from datetime import datetime, timedelta

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models

from crm.enums import AppointmentStatus, BookingMethod, ServiceCategory, Transport
from crm.models.base import Record, one_of
from crm.models.people import Customer, User
from crm.models.shop import ServiceBay, Technician
from crm.models.vehicles import Vehicle
from crm.querysets import AppointmentQuerySet


class Period(models.Func):
    """`[start, start + minutes)` as a range.

    A function of our own, because `timestamptz + interval` counts as depending on the session's
    zone, which minutes do not; only an immutable expression may stand in a constraint.
    """

    function = "appointment_period"
    output_field = DateTimeRangeField()


OCCUPYING = models.Q(status__in=AppointmentStatus.active())


class Appointment(Record):
    """One visit in the appointment book. `crm.services.appointments` moves its status."""

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="appointments")
    vehicle = models.ForeignKey(
        Vehicle, models.PROTECT, null=True, blank=True, related_name="appointments"
    )
    scheduled_at = models.DateTimeField()
    duration_minutes = models.IntegerField(default=60, db_default=60)
    service_type = models.CharField(max_length=100)
    service_category = models.CharField(
        max_length=50, choices=ServiceCategory, null=True, blank=True
    )
    service_description = models.TextField(null=True, blank=True)
    customer_concerns = models.TextField(null=True, blank=True)
    recommended_services = models.TextField(null=True, blank=True)
    estimated_cost = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    actual_cost = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    status = models.CharField(
        max_length=20,
        choices=AppointmentStatus,
        default=AppointmentStatus.SCHEDULED,
        db_default=AppointmentStatus.SCHEDULED,
    )
    cancellation_reason = models.CharField(max_length=200, null=True, blank=True)
    confirmation_sent = models.BooleanField(default=False, db_default=False, null=True)
    reminder_sent = models.BooleanField(default=False, db_default=False, null=True)
    calendar_event_id = models.CharField(max_length=255, null=True, blank=True)
    assigned_technician = models.ForeignKey(
        Technician,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="appointments",
        db_column="assigned_technician",
    )
    service_bay = models.ForeignKey(
        ServiceBay,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="appointments",
        db_column="service_bay",
    )
    advisor = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="appointments"
    )
    transport = models.CharField(max_length=20, choices=Transport, null=True, blank=True)
    promised_at = models.DateTimeField(null=True, blank=True)
    booking_method = models.CharField(max_length=20, choices=BookingMethod, null=True, blank=True)
    booked_by = models.CharField(max_length=100, null=True, blank=True)
    arrived_at = models.DateTimeField(null=True, blank=True, editable=False)
    started_at = models.DateTimeField(null=True, blank=True, editable=False)
    completed_at = models.DateTimeField(null=True, blank=True, editable=False)
    batch = models.ForeignKey(
        "crm.DataBatch",
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        db_index=False,
    )

    objects = AppointmentQuerySet.as_manager()

    class Meta:
        db_table = "appointments"
        ordering = ["scheduled_at", "id"]
        indexes = [
            models.Index(fields=["scheduled_at", "id"], name="appointments_scheduled_at"),
            models.Index(fields=["status", "scheduled_at"], name="appointments_status"),
            models.Index(fields=["updated_at", "id"], name="appointments_changed"),
            models.Index(
                fields=["batch"], name="appointments_batch", condition=models.Q(batch__isnull=False)
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=one_of("status", AppointmentStatus.values),
                name="appointments_status_known",
            ),
            models.CheckConstraint(
                condition=one_of("service_category", ServiceCategory.values),
                name="appointments_category_known",
            ),
            models.CheckConstraint(
                condition=one_of("booking_method", BookingMethod.values),
                name="appointments_booking_method_known",
            ),
            models.CheckConstraint(
                condition=one_of("transport", Transport.values),
                name="appointments_transport_known",
            ),
            models.CheckConstraint(
                condition=models.Q(duration_minutes__range=(5, 1440)),
                name="appointments_duration_plausible",
            ),
            models.CheckConstraint(
                condition=~models.Q(service_type=""), name="appointments_service_named"
            ),
            models.CheckConstraint(
                condition=~models.Q(status=AppointmentStatus.CANCELLED)
                | models.Q(cancellation_reason__regex=r"[^[:space:]]"),
                name="appointments_cancelled_with_reason",
            ),
            models.CheckConstraint(
                condition=~models.Q(status=AppointmentStatus.COMPLETED)
                | models.Q(completed_at__isnull=False),
                name="appointments_completed_when",
            ),
            models.CheckConstraint(
                condition=models.Q(estimated_cost__gte=0), name="appointments_estimate_positive"
            ),
            models.CheckConstraint(
                condition=models.Q(actual_cost__gte=0), name="appointments_cost_positive"
            ),
            models.CheckConstraint(
                condition=models.Q(promised_at__gte=models.F("scheduled_at")),
                name="appointments_promise_after_start",
            ),
            ExclusionConstraint(
                name="appointments_bay_free",
                expressions=[
                    ("service_bay", RangeOperators.EQUAL),
                    (Period("scheduled_at", "duration_minutes"), RangeOperators.OVERLAPS),
                ],
                condition=OCCUPYING,
            ),
            ExclusionConstraint(
                name="appointments_technician_free",
                expressions=[
                    ("assigned_technician", RangeOperators.EQUAL),
                    (Period("scheduled_at", "duration_minutes"), RangeOperators.OVERLAPS),
                ],
                condition=OCCUPYING,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.service_type} on {self.scheduled_at:%Y-%m-%d %H:%M} UTC"

    @property
    def ends_at(self) -> datetime:
        return self.scheduled_at + timedelta(minutes=self.duration_minutes)
