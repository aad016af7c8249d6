from django.contrib.postgres.fields import ArrayField
from django.db import models

from crm.models.base import Record


class Technician(Record):
    """Somebody who does the work; appointments are booked on them."""

    name = models.CharField(max_length=100, unique=True)
    user = models.OneToOneField(
        "crm.User", models.SET_NULL, null=True, blank=True, related_name="technician"
    )
    skills = ArrayField(
        models.CharField(max_length=50),
        default=list,
        blank=True,
        db_default=[],
        help_text="Service categories, empty for all",
    )
    is_active = models.BooleanField(default=True, db_default=True)

    class Meta:
        db_table = "technicians"
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class ServiceBay(models.Model):
    """A place in the workshop; its code is what appointments carry."""

    code = models.CharField(max_length=10, primary_key=True)
    name = models.CharField(max_length=100)
    categories = ArrayField(
        models.CharField(max_length=50),
        default=list,
        blank=True,
        db_default=[],
        help_text="Service categories, empty for all",
    )
    is_active = models.BooleanField(default=True, db_default=True)

    class Meta:
        db_table = "service_bays"
        ordering = ["code"]

    def __str__(self) -> str:
        return self.code


class OpeningHours(models.Model):
    """Hours of one weekday in the shop's zone; a weekday without a row is closed."""

    class Weekday(models.IntegerChoices):
        MONDAY = 0
        TUESDAY = 1
        WEDNESDAY = 2
        THURSDAY = 3
        FRIDAY = 4
        SATURDAY = 5
        SUNDAY = 6

    weekday = models.SmallIntegerField(choices=Weekday, primary_key=True)
    opens = models.TimeField()
    closes = models.TimeField()

    class Meta:
        db_table = "opening_hours"
        ordering = ["weekday"]
        verbose_name_plural = "opening hours"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(closes__gt=models.F("opens")), name="opening_hours_forward"
            ),
            models.CheckConstraint(
                condition=models.Q(weekday__range=(0, 6)), name="opening_hours_weekday"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.opens:%H:%M}-{self.closes:%H:%M}"


class SpecialDay(models.Model):
    """A date whose hours differ from its weekday's; without hours the shop is closed."""

    date = models.DateField(primary_key=True)
    opens = models.TimeField(null=True, blank=True)
    closes = models.TimeField(null=True, blank=True)
    reason = models.CharField(max_length=100)

    class Meta:
        db_table = "special_days"
        ordering = ["date"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(opens__isnull=True, closes__isnull=True)
                | models.Q(closes__gt=models.F("opens")),
                name="special_days_forward",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.date} {self.reason}"


class OpCode(models.Model):
    """A labour operation: what it is called, how long it takes, what it costs."""

    code = models.CharField(max_length=20, primary_key=True)
    description = models.CharField(max_length=200)
    category = models.CharField(max_length=50)
    hours = models.DecimalField(max_digits=5, decimal_places=2)
    price = models.DecimalField(max_digits=10, decimal_places=2)
    is_active = models.BooleanField(default=True, db_default=True)

    class Meta:
        db_table = "op_codes"
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(hours__gte=0, price__gte=0), name="op_codes_positive"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.description}"
