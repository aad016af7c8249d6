"""Rules of a draft, and what the draft would change before it is published."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from crm.constraints import translated
from crm.context import audited
from crm.services.writing import assign, locked, save_changes
from jobs.registry import local_today
from warmth.enums import WarmthLevel
from warmth.models import WarmthAlgorithm, WarmthScoringTrigger
from warmth.services.algorithms import RULE_FIELDS, require_draft
from warmth.services.computation import (
    EVERYBODY,
    SETTINGS,
    Arm,
    Scope,
    parameters,
    statement,
)

WRITABLE = frozenset(RULE_FIELDS)
SHOWN_MOVERS = 50
_COMPARE = """
    , compared AS MATERIALIZED (
        SELECT n.customer_id, n.warmth_level AS would, n.overall_warmth_score AS would_score,
            coalesce(w.warmth_level, 'ice_cold') AS is_now,
            coalesce(w.overall_warmth_score, 0) AS now_score
        FROM computed AS n LEFT JOIN customer_warmth AS w USING (customer_id)
    )
    SELECT (
        SELECT coalesce(jsonb_agg(jsonb_build_array(is_now, would, customers, change)), '[]')
        FROM (
            SELECT is_now, would, count(*) AS customers,
                sum(would_score - now_score)::text AS change
            FROM compared GROUP BY is_now, would
        ) AS moves
    ), (
        SELECT coalesce(jsonb_agg(jsonb_build_array(
            customer_id, name, is_now, would, now_score::text, would_score::text
        ) ORDER BY place), '[]')
        FROM (
            SELECT c.customer_id, p.name, c.is_now, c.would, c.now_score, c.would_score,
                row_number() OVER (
                    ORDER BY abs(c.would_score - c.now_score) DESC, c.customer_id
                ) AS place
            FROM compared AS c JOIN customers AS p ON p.id = c.customer_id
            WHERE c.is_now <> c.would
            ORDER BY place LIMIT %(shown)s
        ) AS movers
    )
"""


@dataclass(frozen=True)
class Mover:
    """A customer whose level would change."""

    customer_id: UUID
    name: str
    level: str
    new_level: str
    score: Decimal
    new_score: Decimal


@dataclass(frozen=True)
class Preview:
    """What a version would change if it scored everybody today. `moves` counts customers by
    (level now, level then); `movers` are the SHOWN_MOVERS whose scores would move furthest."""

    moves: Mapping[tuple[str, str], int]
    mean_change: Decimal
    movers: list[Mover]

    @property
    def customers(self) -> int:
        return sum(self.moves.values())

    @property
    def changing(self) -> int:
        """Customers whose level would change."""
        return sum(count for (now, then), count in self.moves.items() if now != then)

    def distribution(self) -> list[tuple[str, int, int]]:
        """(level, customers now, customers then), the warmest first."""
        return [
            (
                level,
                sum(count for (now, _), count in self.moves.items() if now == level),
                sum(count for (_, then), count in self.moves.items() if then == level),
            )
            for level in reversed(WarmthLevel.values)
        ]


def add_rule(*, algorithm: WarmthAlgorithm, data: Mapping[str, Any]) -> WarmthScoringTrigger:
    """A new rule of a draft from `data` (fields of WRITABLE)."""
    rule = WarmthScoringTrigger(algorithm=algorithm)
    assign(rule, data, WRITABLE)
    with audited(), translated():
        require_draft(locked(algorithm))
        rule.save(force_insert=True)
    rule.refresh_from_db()
    return rule


def update_rule(
    *,
    rule: WarmthScoringTrigger,
    data: Mapping[str, Any],
    expected_version: datetime | None = None,
) -> WarmthScoringTrigger:
    """Change fields of WRITABLE. Raises Refused for a rule of a published version, StaleWrite."""
    with audited(), translated():
        require_draft(locked(rule.algorithm))
        fresh = locked(rule, expected_version)
        save_changes(fresh, assign(fresh, data, WRITABLE))
    return fresh


def delete_rule(*, rule: WarmthScoringTrigger) -> None:
    with audited(), translated():
        require_draft(locked(rule.algorithm))
        rule.delete()


def preview(
    algorithm: WarmthAlgorithm, *, as_of: date | None = None, scope: Scope = EVERYBODY
) -> Preview:
    """Compute everybody in scope under `algorithm`, published or not, and compare with what is
    on record. Writes nothing."""
    arm = Arm(algorithm)
    values = {
        **parameters(as_of or local_today()),
        **arm.parameters(),
        **scope.parameters,
        "shown": SHOWN_MOVERS,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(SETTINGS)
        cursor.execute(statement(scope, arm) + _COMPARE, values)
        moves, movers = (json.loads(part) for part in cursor.fetchone())
    total = sum(count for *_, count, _change in moves)
    change = sum((Decimal(change) for *_, change in moves), Decimal(0))
    return Preview(
        moves={(now, then): count for now, then, count, _change in moves},
        mean_change=round(change / (total or 1), 2),
        movers=[_mover(row) for row in movers],
    )


def _mover(row: list[str]) -> Mover:
    key, name, now, then, score, new_score = row
    return Mover(UUID(key), name, now, then, Decimal(score), Decimal(new_score))
