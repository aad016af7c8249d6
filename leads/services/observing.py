"""The recorded outcomes of battery tests, as the columns that calibration and evaluation take."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

import numpy as np
from django.db import connection

from jobs.registry import shop_zone
from leads.enums import TestResult
from leads.observed import Observed
from leads.parameters import EVIDENCE
from leads.services.scoring import statement


@dataclass(frozen=True)
class Outcomes:
    """`synthetic` counts those of generated leads, which say nothing about real batteries."""

    observed: Observed
    synthetic: int

    def __len__(self) -> int:
        return len(self.observed)


def outcomes(*, horizon_days: int, since: date | None = None, limit: int | None = None) -> Outcomes:
    """One outcome for each vehicle and horizon, oldest first; with `limit` the latest ones, with
    `since` those from this day of the shop on. One query."""
    begin = (
        datetime.combine(since, time(), shop_zone()) if since else datetime(1900, 1, 1, tzinfo=UTC)
    )
    values: dict[str, Any] = {
        "failed": TestResult.failed(),
        "horizon": f"{horizon_days} days",
        "since": begin,
        "limit": limit,
    }
    with connection.cursor() as cursor:
        cursor.execute(statement("outcomes"), values)
        rows = cursor.fetchall()[::-1]
    return Outcomes(_columns(rows), synthetic=sum(1 for row in rows if row[6]))


def _columns(rows: list[tuple[Any, ...]]) -> Observed:
    at, failed, kinds, cohorts, multipliers, evidence, _ = (
        zip(*rows, strict=True) if rows else ([],) * 7
    )
    table = np.array(evidence, dtype=np.int8).reshape(len(rows), len(EVIDENCE))
    return Observed(
        at=np.array(at, dtype=np.int64),
        failed=np.array(failed, dtype=bool),
        vehicle_type=np.array(kinds, dtype=str),
        cohort=np.array(cohorts, dtype=str),
        multiplier=np.array(multipliers, dtype=float),
        known=table >= 0,
        present=table == 1,
    )
