from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models.functions import Now

from crm.models.base import one_of
from warmth.enums import ReportKind


class WarmthReport(models.Model):
    """A report as it was at its time: `rows` are a list of the columns' names and a list for each
    row, or nothing. Names of people and free text stay out, so that it may stay when a customer is
    erased.

    There is one for each period of its kind, which begins on `period` (see `warmth.periods`).
    """

    kind = models.CharField(max_length=20, choices=ReportKind)
    period = models.DateField()
    rows = models.JSONField(default=list, encoder=DjangoJSONEncoder)
    made_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "warmth_reports"
        ordering = ["-period", "kind"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "period"], name="warmth_reports_once"),
            models.CheckConstraint(
                condition=one_of("kind", ReportKind.values), name="warmth_reports_kind_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.period}"
