"""Values that a person sets: with a reason, until a day, beside the automatic value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.dateparse import parse_datetime

from crm.constraints import translated
from crm.context import audited, current
from crm.exceptions import Invalid, StaleWrite
from crm.models import Customer
from crm.querysets import shop_day
from crm.services.writing import assign
from jobs.registry import local_today
from warmth.enums import Component
from warmth.models import CustomerWarmth
from warmth.services.algorithms import version_of
from warmth.services.computation import compute, these
from warmth.services.crossings import rescore

LONGEST_DAYS = 365
DEFAULT_DAYS = 90
# What the customer says of the coming purchase, and what we note; the automatic values read it.
DECLARED = frozenset({
    "price_range_min", "price_range_max", "declared_purchase_date", "decision_role",
    "interested_vehicle_types", "preferred_features", "warmth_notes", "is_active",
})  # fmt: skip


@dataclass(frozen=True)
class Adjustment:
    """One component as a person set it, and what it would be without. `is_over` tells that its
    time has passed; the coming night takes it out of the score."""

    component: str
    value: Decimal
    automatic: Decimal
    reason: str
    author: str
    set_at: datetime | None
    expires_at: datetime
    is_over: bool


def set_component(
    *,
    customer_id: UUID,
    component: str,
    value: Decimal,
    reason: str,
    expires_on: date | None = None,
    expected_version: datetime | None = None,
) -> CustomerWarmth:
    """Let `value` stand for `component` up to and including `expires_on` (default: DEFAULT_DAYS
    from today), and bring the score up to date.

    Raises Invalid for an unknown component, a value outside 0-100, a missing reason or a day that
    is past or more than a year ahead; StaleWrite when the record was changed since it was read.
    """
    return update_warmth(
        customer_id=customer_id,
        components={component: value},
        reason=reason,
        expires_on=expires_on,
        expected_version=expected_version,
    )


def clear_component(
    *,
    customer_id: UUID,
    component: str,
    reason: str = "",
    expected_version: datetime | None = None,
) -> CustomerWarmth:
    """Let the automatic value count again; without effect where nobody has set one."""
    return update_warmth(
        customer_id=customer_id,
        components={component: None},
        reason=reason,
        expected_version=expected_version,
    )


def update_warmth(
    *,
    customer_id: UUID,
    components: Mapping[str, Decimal | None],
    declared: Mapping[str, Any] | None = None,
    reason: str = "",
    expires_on: date | None = None,
    expected_version: datetime | None = None,
) -> CustomerWarmth:
    """Set several components, or take them back (None), and fields of DECLARED, in one step with
    one new score. Raises what `set_component` raises, and whatever the fields' rules refuse."""
    last_day = expires_on or local_today() + timedelta(days=DEFAULT_DAYS)
    for component, value in components.items():
        _check(component, value, reason, last_day)
    entries = {
        component: None if value is None else _entry(value, reason.strip(), last_day)
        for component, value in components.items()
    }
    with audited(reason=reason.strip()), translated():
        warmth = _locked(customer_id, expected_version)
        changed = assign(warmth, declared or {}, DECLARED)
        if entries:
            kept = {**warmth.manual_adjustments, **entries}
            warmth.manual_adjustments = {name: entry for name, entry in kept.items() if entry}
            warmth.calculated_by_id = _author()
            changed += ["manual_adjustments", "calculated_by"]
        if changed:
            warmth.save(update_fields=changed)
            trigger = "manual_adjustment" if entries else "declared"
            rescore([customer_id], trigger=trigger, description=_words(components, reason.strip()))
        warmth.refresh_from_db()
    return warmth


def adjustments_of(customer_id: UUID, *, now: datetime | None = None) -> list[Adjustment]:
    """What people set for this customer, in the order of the components; three queries."""
    warmth = CustomerWarmth.objects.filter(customer=customer_id).first()
    if warmth is None or not warmth.manual_adjustments:
        return []
    names = [name for name in Component.values if name in warmth.manual_adjustments]
    columns = [f"{name}_automatic" for name in names]
    found = compute(these([customer_id]), version_of(warmth), as_of=local_today(), columns=columns)
    automatic = found[0] if found else (Decimal(0),) * len(names)
    moment = now or timezone.now()
    return [
        _adjustment(name, warmth.manual_adjustments[name], plain, moment)
        for name, plain in zip(names, automatic, strict=True)
    ]


def _adjustment(name: str, entry: dict[str, Any], automatic: Decimal, now: datetime) -> Adjustment:
    expires_at = parse_datetime(str(entry["expires_at"])) or now
    return Adjustment(
        component=name,
        value=Decimal(str(entry["value"])),
        automatic=automatic,
        reason=entry["reason"],
        author=entry.get("author") or "",
        set_at=parse_datetime(str(entry.get("at") or "")),
        expires_at=expires_at,
        is_over=expires_at <= now,
    )


def _entry(value: Decimal, reason: str, last_day: date) -> dict[str, Any]:
    return {
        "value": str(value),
        "reason": reason,
        "author": current().label,
        "author_id": _author(),
        "at": timezone.now().isoformat(),
        "expires_at": shop_day(last_day)[1].isoformat(),
    }


def _author() -> int | None:
    return int(current().actor_id) if current().actor_id else None


def _words(components: Mapping[str, Any], reason: str) -> str:
    names = ", ".join(str(Component(name).label) for name in components)
    return ": ".join(part for part in (names, reason) if part)


def _locked(customer_id: UUID, expected_version: datetime | None) -> CustomerWarmth:
    """The customer's record, made when there is none; raises Invalid for nobody, StaleWrite."""
    if not Customer.objects.present().filter(pk=customer_id).exists():
        raise Invalid("There is no such customer.", field="customer_id", remedy="Check the key.")
    if not CustomerWarmth.objects.filter(customer=customer_id).exists():
        rescore([customer_id], trigger="created")
    warmth = CustomerWarmth.objects.select_for_update().get(customer=customer_id)
    if expected_version is not None and warmth.updated_at != expected_version:
        raise StaleWrite(
            "The score has changed since you opened it.",
            remedy="Look at the new values and save again.",
        )
    return warmth


def _check(component: str, value: Decimal | None, reason: str, last_day: date) -> None:
    if component not in Component.values:
        raise Invalid(
            "Unknown component.",
            field="component",
            remedy=f"Known are {', '.join(Component.values)}.",
        )
    if value is None:
        return
    if not value.is_finite() or not 0 <= value <= 100 or value != round(value, 2):
        raise Invalid(
            "A component is between 0 and 100, with two decimals at most.",
            field="value",
            remedy="Check the value.",
        )
    if not reason.strip():
        raise Invalid("An adjustment needs a reason.", field="reason", remedy="Say why.")
    today = local_today()
    if not today <= last_day <= today + timedelta(days=LONGEST_DAYS):
        raise Invalid(
            "An adjustment ends between today and a year from now.",
            field="expires_on",
            remedy="Choose a day.",
        )
