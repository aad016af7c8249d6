from django.db import models
from django.db.models.functions import Now
from django.utils import timezone

from crm.models import Appointment, ServiceRecord, Technician, User, Vehicle
from crm.models.base import Record, one_of
from leads.enums import TestResult
from leads.models.leads import Lead
from leads.models.parameters import ScoringParameters


class BatteryTest(Record):
    """A battery test and what came of it: the outcome by which scores are judged.

    What had been predicted is kept as it was then: `predicted_probability`, the set that said it
    and `predicted_from`: {"cohort", "vehicle_type", "base_prior", "adjusted_prior", "evidence":
    {name: true, false or null}}. Empty where the vehicle had no score.
    """

    lead = models.ForeignKey(
        Lead, models.CASCADE, null=True, blank=True, related_name="battery_tests"
    )
    vehicle = models.ForeignKey(
        Vehicle, models.CASCADE, null=True, blank=True, related_name="battery_tests"
    )
    tested_at = models.DateTimeField(db_default=Now())
    result = models.CharField(max_length=25, choices=TestResult)
    technician = models.ForeignKey(
        Technician, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    appointment = models.ForeignKey(
        Appointment, models.SET_NULL, null=True, blank=True, related_name="battery_tests"
    )
    service_record = models.ForeignKey(
        ServiceRecord, models.SET_NULL, null=True, blank=True, related_name="battery_tests"
    )
    recorded_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    state_of_charge = models.FloatField(null=True, blank=True, help_text="Percent")
    voltage = models.FloatField(null=True, blank=True, help_text="Resting, in volts")
    cold_cranking_amps = models.IntegerField(null=True, blank=True, help_text="Measured")
    rated_cold_cranking_amps = models.IntegerField(null=True, blank=True)
    note = models.CharField(max_length=500, blank=True, default="", db_default="")
    predicted_probability = models.FloatField(null=True, blank=True, editable=False)
    predicted_by = models.ForeignKey(
        ScoringParameters, models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )
    predicted_from = models.JSONField(default=dict, db_default={}, blank=True, editable=False)

    class Meta:
        db_table = "battery_tests"
        ordering = ["-tested_at", "id"]
        indexes = [
            models.Index(fields=["vehicle", "-tested_at"], name="battery_tests_vehicle"),
            models.Index(fields=["-tested_at", "id"], name="battery_tests_latest"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(lead__isnull=False) | models.Q(vehicle__isnull=False),
                name="battery_tests_belong",
            ),
            models.CheckConstraint(
                condition=one_of("result", TestResult.values), name="battery_tests_result_known"
            ),
            models.CheckConstraint(
                condition=models.Q(state_of_charge__range=(0, 100)),
                name="battery_tests_charge_percent",
            ),
            models.CheckConstraint(
                condition=models.Q(voltage__range=(0, 30)), name="battery_tests_voltage_plausible"
            ),
            models.CheckConstraint(
                condition=models.Q(cold_cranking_amps__range=(0, 3000))
                & models.Q(rated_cold_cranking_amps__range=(0, 3000)),
                name="battery_tests_amps_plausible",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_result_display()} on {timezone.localdate(self.tested_at)}"
