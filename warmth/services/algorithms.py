"""Versions of the algorithm: drafted, published, tried on a share of the customers, rolled back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils import timezone

from crm.constraints import translated
from crm.context import audited, current
from crm.exceptions import Invalid, Refused
from crm.models import User
from crm.services.writing import assign, locked, save_changes
from jobs.exceptions import JobRefused
from jobs.services import start_run
from warmth.enums import AlgorithmState, Component
from warmth.models import CustomerWarmth, WarmthAlgorithm, WarmthScoringTrigger
from warmth.models.algorithms import CHAMPION_PERCENT

LEVEL_BOUNDS = (
    "cold_from", "cool_from", "lukewarm_from", "warm_from", "hot_from", "scorching_from",
)  # fmt: skip
SETTINGS = (
    *(f"{part.value}_weight" for part in Component),
    *LEVEL_BOUNDS,
    "probability_midpoint",
    "probability_scale",
    "typical_purchase_value",
    "is_calibrated",
)
WRITABLE = frozenset({"version", "description", *SETTINGS})
RULE_FIELDS = (
    "trigger_name", "trigger_type", "target_component", "base_score_impact", "decay_rate",
    "max_occurrences", "time_window_days", "is_active",
)  # fmt: skip
RECOMPUTE = "warmth.recompute"


def champion() -> WarmthAlgorithm:
    """The version in force for everybody whom no trial scores."""
    return WarmthAlgorithm.objects.published()[0]


def trial() -> WarmthAlgorithm | None:
    """The version on trial, if there is one."""
    on_trial = WarmthAlgorithm.objects.published().filter(split_percent__lt=CHAMPION_PERCENT)
    return on_trial.first()


def version_of(warmth: CustomerWarmth) -> WarmthAlgorithm:
    """The version that computed this record; the champion where it is gone or was none."""
    found = WarmthAlgorithm.objects.filter(version=warmth.algorithm_version).first()
    return found or champion()


def create_draft(
    *,
    version: str,
    description: str = "",
    based_on: WarmthAlgorithm | None = None,
    by: User | None = None,
) -> WarmthAlgorithm:
    """A draft with weights, bounds, curve and rules of `based_on` (default: the champion)."""
    origin = based_on or champion()
    with audited(), translated():
        draft = WarmthAlgorithm.objects.create(
            version=version.strip(),
            description=description.strip(),
            based_on=origin,
            created_by=by,
            **{name: getattr(origin, name) for name in SETTINGS},
        )
        WarmthScoringTrigger.objects.bulk_create(
            WarmthScoringTrigger(
                algorithm=draft, **{name: getattr(rule, name) for name in RULE_FIELDS}
            )
            for rule in origin.triggers.all()
        )
    return draft


def open_draft() -> WarmthAlgorithm:
    """The newest draft, or a new copy of what is published: where rules go that name none."""
    with audited(), connection.cursor() as cursor:
        cursor.execute("SELECT warmth_open_draft()")
        return WarmthAlgorithm.objects.get(pk=cursor.fetchone()[0])


def update_draft(
    *,
    algorithm: WarmthAlgorithm,
    data: Mapping[str, Any],
    expected_version: datetime | None = None,
) -> WarmthAlgorithm:
    """Change fields of WRITABLE; all weights together must sum to 1. Raises Refused for a version
    that was published, StaleWrite."""
    with audited(), translated():
        fresh = locked(algorithm, expected_version)
        require_draft(fresh)
        save_changes(fresh, assign(fresh, data, WRITABLE))
    return fresh


def delete_draft(*, algorithm: WarmthAlgorithm) -> None:
    """Throw a draft away with its rules."""
    with audited(), translated():
        fresh = locked(algorithm)
        require_draft(fresh)
        fresh.delete()


def publish(*, algorithm: WarmthAlgorithm, reason: str, by: User | None = None) -> WarmthAlgorithm:
    """Let a draft, a version on trial or a retired one score everybody, from the recomputation on
    that this starts. The present champion retires, and a trial ends."""
    with audited(reason=_said(reason)), translated():
        fresh = _lock_published(algorithm)
        if fresh.state == AlgorithmState.PUBLISHED and fresh.split_percent == CHAMPION_PERCENT:
            raise Refused("This version is in force already.")
        _retire(WarmthAlgorithm.objects.published().exclude(pk=fresh.pk))
        _put_in_force(fresh, CHAMPION_PERCENT, by)
        _recompute_all()
    return fresh


def start_trial(
    *, algorithm: WarmthAlgorithm, percent: int, reason: str, by: User | None = None
) -> WarmthAlgorithm:
    """Let a draft or a retired version score `percent` (1-99) of the customers: always the same
    ones for one version, chosen by a hash of their keys."""
    if not 1 <= percent < CHAMPION_PERCENT:
        raise Invalid(
            "A trial scores between 1 and 99 % of the customers.",
            field="split_percent",
            remedy="Choose a share, or publish the version.",
        )
    with audited(reason=_said(reason)), translated():
        fresh = _lock_published(algorithm)
        if fresh.state == AlgorithmState.PUBLISHED:
            raise Refused("This version scores customers already.")
        _put_in_force(fresh, percent, by)
        _recompute_all()
    return fresh


def end_trial(*, reason: str) -> None:
    """Give the customers of the trial back to the champion. Raises Refused without a trial."""
    with audited(reason=_said(reason)), translated():
        on_trial = trial()
        if on_trial is None:
            raise Refused("No version is on trial.")
        _retire(WarmthAlgorithm.objects.filter(pk=_lock_published(on_trial).pk))
        _recompute_all()


def roll_back(*, reason: str, by: User | None = None) -> WarmthAlgorithm:
    """Put the champion before the present one in force again. Raises Refused when there is none."""
    before = (
        WarmthAlgorithm.objects.filter(
            state=AlgorithmState.RETIRED, split_percent=CHAMPION_PERCENT, retired_at__isnull=False
        )
        .order_by("-retired_at")
        .first()
    )
    if before is None:
        raise Refused("There is no earlier version to go back to.")
    return publish(algorithm=before, reason=reason, by=by)


def require_draft(algorithm: WarmthAlgorithm) -> None:
    if algorithm.state != AlgorithmState.DRAFT:
        raise Refused(
            "A version that was published is never changed.",
            code="warmth_algorithms_immutable",
            remedy="Draft a new version and publish it.",
        )


def _lock_published(algorithm: WarmthAlgorithm) -> WarmthAlgorithm:
    """`algorithm` afresh; whoever else publishes or retires waits until this transaction ends."""
    for row in WarmthAlgorithm.objects.published().select_for_update():
        if row.pk == algorithm.pk:
            return row
    return locked(algorithm)


def _retire(versions: Any) -> None:
    versions.update(state=AlgorithmState.RETIRED, retired_at=timezone.now())


def _put_in_force(algorithm: WarmthAlgorithm, percent: int, by: User | None) -> None:
    algorithm.state, algorithm.split_percent = AlgorithmState.PUBLISHED, percent
    algorithm.published_at, algorithm.published_by, algorithm.retired_at = timezone.now(), by, None
    algorithm.save(
        update_fields=["state", "split_percent", "published_at", "published_by", "retired_at"]
    )
    algorithm.refresh_from_db()


def _recompute_all() -> None:
    """Begin at once, not at night. Where a run is going on already, the night follows up."""
    try:
        start_run(RECOMPUTE, requested_by=current().label)
    except JobRefused:
        return


def _said(reason: str) -> str:
    if not reason.strip():
        raise Invalid("Say why.", field="reason", remedy="The reason stands in the audit trail.")
    return reason.strip()
