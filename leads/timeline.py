"""Battery tests and changes of the risk on a customer's timeline."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import JSONObject
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.expressions import full_name, vehicle_name
from crm.timeline import Entry, Source, register
from leads.enums import ContactUrgency, TestResult
from leads.models import BatteryTest, ScoreHistory

_BANDS = {
    ContactUrgency.IMMEDIATE: gettext_lazy("high"),
    ContactUrgency.WITHIN_24_HOURS: gettext_lazy("medium"),
    ContactUrgency.WITHIN_48_HOURS: gettext_lazy("low"),
}


def _tests(customer_id: UUID) -> QuerySet[Any]:
    about = Q(lead__customer_id=customer_id) | Q(
        lead__isnull=True, vehicle__customer_id=customer_id
    )
    return BatteryTest.objects.filter(about).annotate(
        entry_at=F("tested_at"),
        entry_data=JSONObject(
            result=F("result"),
            note=F("note"),
            lead=F("lead_id"),
            vehicle=vehicle_name("vehicle__"),
            who=full_name("recorded_by__"),
        ),
    )


def _test(at: datetime, key: str, data: dict[str, Any]) -> Entry:
    return Entry(
        at=at,
        kind="battery_test",
        icon="battery",
        title=_("Battery test: %s") % TestResult(data["result"]).label,
        text=" · ".join(filter(None, [(data["vehicle"] or "").strip(), data["note"]])),
        who=data["who"] or "",
        url=reverse("leads:lead", args=[data["lead"]]) if data["lead"] else "",
    )


def _bands(customer_id: UUID) -> QuerySet[Any]:
    """Scores that stand in another band than the one before; of first scores the high ones."""
    earlier = ScoreHistory.objects.filter(lead=OuterRef("lead"), id__lt=OuterRef("id"))
    before = Subquery(earlier.order_by("-id").values("contact_urgency")[:1])
    scores = ScoreHistory.objects.filter(lead__customer_id=customer_id).annotate(band_before=before)
    crossed = Q(band_before__isnull=False) & ~Q(band_before=F("contact_urgency"))
    first = Q(band_before__isnull=True, contact_urgency=ContactUrgency.IMMEDIATE)
    return scores.filter(crossed | first).annotate(
        entry_at=F("at"),
        entry_data=JSONObject(
            band=F("contact_urgency"),
            before=F("band_before"),
            posterior=F("posterior_probability"),
            lead=F("lead_id"),
            year=F("lead__year"),
            make=F("lead__make"),
            model=F("lead__model"),
        ),
    )


def _band(at: datetime, key: str, data: dict[str, Any]) -> Entry:
    now = _BANDS[ContactUrgency(data["band"])]
    if data["before"]:
        title = _("Battery risk now %(now)s, was %(before)s") % {
            "now": now,
            "before": _BANDS[ContactUrgency(data["before"])],
        }
    else:
        title = _("Battery risk %s") % now
    return Entry(
        at=at,
        kind="battery_risk",
        icon="battery-1",
        title=title,
        text=f"{data['year']} {data['make']} {data['model']}, {100 * data['posterior']:.0f}%",
        url=reverse("leads:lead", args=[data["lead"]]),
    )


def register_sources() -> None:
    register(Source("battery_test", gettext_lazy("Battery tests"), "leads:read", _tests, _test, 60))
    register(Source("battery_risk", gettext_lazy("Battery risk"), "leads:read", _bands, _band, 62))
