"""The version that every database begins with: the seed's weights and a first set of rules."""

from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from warmth.enums import AlgorithmState, Component, EventType
from warmth.models import WarmthAlgorithm, WarmthScoringTrigger

VERSION = "seed-1.0"
DESCRIPTION = (
    "Weights, bounds and the impacts of test drives and inquiries as asserted by the"
    " specification; all other impacts are assumptions. Not calibrated on sales."
)
_E, _B, _T = Component.ENGAGEMENT, Component.BUDGET_QUALIFICATION, Component.TIMELINE_URGENCY
# type, name, target, points, decay in a window, most that count, window in days
RULES = (
    (EventType.TEST_DRIVE, "Test drive", _E, "25", "0.10", 2, 90),
    (EventType.INQUIRY, "Inquiry", _E, "10", "0.10", 3, 90),
    (EventType.SHOWROOM_VISIT, "Showroom visit", _E, "15", "0.10", 2, 60),
    (EventType.WEBSITE_VISIT, "Website visit", _E, "2", "0.20", 5, 30),
    (EventType.BROCHURE, "Brochure asked for", _E, "4", "0.20", 2, 60),
    (EventType.CALLBACK, "Callback asked for", _E, "8", "0.20", 2, 30),
    (EventType.CALL, "Call from the customer", _E, "3", "0.20", 3, 45),
    (EventType.REFERRAL, "Referred somebody", _E, "8", "0.10", 2, 180),
    (EventType.NO_SHOW, "Missed an appointment", _E, "-10", "0.20", 2, 60),
    (EventType.OPT_OUT, "Opted out of promotions", _E, "-40", "0.00", 1, 365),
    (EventType.FINANCING_INQUIRY, "Asked for financing", _B, "15", "0.10", 2, 90),
    (EventType.FINANCING_APPROVAL, "Financing approved", _B, "30", "0.10", 1, 90),
    (EventType.QUOTE, "Asked for a quote", _T, "15", "0.20", 2, 45),
    (EventType.TRADE_IN_EVALUATION, "Had a trade-in valued", _T, "20", "0.10", 1, 90),
    (EventType.DECLINED_REPAIR, "Declined a big repair", _T, "15", "0.10", 1, 120),
    (EventType.PURCHASE, "Has just bought", _T, "-80", "0.50", 1, 365),
)


def ensure_first_version() -> None:
    """Publish VERSION when the database has no version at all; runs after each `migrate`."""
    with transaction.atomic():
        if WarmthAlgorithm.objects.exists():
            return
        first = WarmthAlgorithm.objects.create(version=VERSION, description=DESCRIPTION)
        WarmthScoringTrigger.objects.bulk_create(
            WarmthScoringTrigger(
                algorithm=first,
                trigger_name=name,
                trigger_type=kind,
                target_component=target,
                base_score_impact=Decimal(points),
                decay_rate=Decimal(decay),
                max_occurrences=most,
                time_window_days=days,
            )
            for kind, name, target, points, decay, most, days in RULES
        )
        first.state = AlgorithmState.PUBLISHED
        first.published_at = timezone.now()
        first.save(update_fields=["state", "published_at"])
