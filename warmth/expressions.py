"""Expressions of queries that more than one read needs."""

from django.db.models import Case, CharField, F, Func, IntegerField, Value, When
from django.db.models.functions import Greatest
from django.db.models.lookups import LessThanOrEqual

from warmth.enums import EngagementStatus

# Days counted for the reader, as the view `warmth_analytics` does: a missed night shows nobody as
# more recent than they are.
DAYS_SILENT = Case(
    When(last_engagement_date__isnull=True, then=F("days_since_last_interaction")),
    default=Greatest(
        Func(
            F("last_engagement_date"),
            template="(shop_date(now()) - shop_date(%(expressions)s))",
            output_field=IntegerField(),
        ),
        Value(0),
    ),
    output_field=IntegerField(),
)
LATEST_DAYS = {
    EngagementStatus.RECENT: 7,
    EngagementStatus.ACTIVE: 30,
    EngagementStatus.DORMANT: 90,
}


def engagement_status() -> Case:
    """EngagementStatus of a CustomerWarmth."""
    return Case(
        When(
            last_engagement_date__isnull=True,
            days_since_last_interaction__isnull=True,
            then=Value(EngagementStatus.NONE.value),
        ),
        *(
            When(LessThanOrEqual(DAYS_SILENT, days), then=Value(status.value))
            for status, days in LATEST_DAYS.items()
        ),
        default=Value(EngagementStatus.AT_RISK.value),
        output_field=CharField(),
    )
