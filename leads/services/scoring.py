"""Scores: of one set of facts in Python, of all leads in SQL. Both are the same formula."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from leads.assessment import Assessment, Facts, assess
from leads.enums import ScoreCause
from leads.models import Lead, ScoringParameters
from leads.parameters import EVIDENCE, Parameters

_SQL = Path(__file__).resolve().parent.parent / "sql"
_LOCK_ALL = "SELECT pg_advisory_xact_lock(hashtext('lead_scores'))"
_LOCK_COHORTS = """
    SELECT pg_advisory_xact_lock_shared(hashtext('lead_scores')),
        pg_advisory_xact_lock(hashtext('lead_scores'), hashtext(cohort))
    FROM unnest(%(only_cohorts)s::text[]) AS cohort
"""
_SETTINGS = """
    SELECT clock_timestamp(), set_config('jit', 'off', true), set_config('work_mem', '128MB', true)
"""
_DIRECT = (
    "environment_base", "usage_floor", "usage_ceiling", "usage_slope", "usage_centre_miles",
    "prior_floor", "prior_ceiling", "starts_mean", "starts_sigma", "swing_threshold",
    "start_z_threshold", "short_trip_threshold", "high_band", "medium_band",
)  # fmt: skip
_FACTS = tuple(f.name for f in fields(Facts) if f.name != "cohort")


def facts_of(lead: Lead) -> Facts:
    """What the formulas take from a stored lead."""
    known = {name: getattr(lead, name) for name in _FACTS}
    return Facts(cohort=lead.cohort_assignment, **known)


def assess_lead(lead: Lead, parameters: ScoringParameters, *, as_of: date) -> Assessment:
    """The score of a stored lead with its contributions, under any parameter set."""
    return assess(facts_of(lead), parameters.values(), as_of=as_of)


@transaction.atomic
def recompute(
    *,
    parameters: ScoringParameters,
    as_of: date,
    cohorts: Sequence[str] | None = None,
    lead_ids: Sequence[int] | None = None,
    cause: str = ScoreCause.NIGHTLY,
) -> int:
    """Bring the scores of open leads in line with their facts; the number of rows written.

    All leads, those of some `cohorts`, or only `lead_ids` (whose percentile is still that within
    their whole cohort). A second call with the same arguments writes nothing. Takes one
    statement for all rows and one for the history. Groups of cohorts may run side by side, each
    cohort once at a time; a run over everything or over single leads has the scores to itself.
    """
    scope, only = "", ""
    values = sql_values(parameters, as_of=as_of) | {"cause": cause}
    lock = _LOCK_ALL
    if lead_ids is not None:
        ids = sorted(set(lead_ids))
        rows = Lead.objects.filter(pk__in=ids)
        cohorts = list(rows.values_list("cohort_assignment", flat=True).distinct())
        only, values = "lead_id = ANY(%(lead_ids)s::bigint[])", values | {"lead_ids": ids}
    elif cohorts is not None:
        lock = _LOCK_COHORTS
    if cohorts is not None:
        scope = "AND l.cohort_assignment = ANY(%(only_cohorts)s::text[])"
        values |= {"only_cohorts": sorted(cohorts)}
    with connection.cursor() as cursor:
        cursor.execute(lock, values)
        cursor.execute(_SETTINGS)
        values["now"] = cursor.fetchone()[0]
        cursor.execute(statement("merge", scope=scope, only=only and f"WHERE {only}"), values)
        written = cursor.rowcount
        if written:
            cursor.execute(statement("history", only=only and f"AND s.{only}"), values)
    return int(written)


@lru_cache(maxsize=16)
def statement(name: str, *, scope: str = "", only: str = "") -> str:
    """The SQL of `name`: "calculation", "merge" or "history", narrowed to a scope of leads."""
    calculation = (_SQL / "calculation.sql").read_text().replace("{scope}", scope)
    if name == "calculation":
        return calculation
    text = (_SQL / f"{name}.sql").read_text()
    return text.replace("{calculation}", calculation).replace("{only}", only)


def sql_values(row: ScoringParameters, *, as_of: date) -> dict[str, Any]:
    """The values that the statements name."""
    parameters = row.values()
    values: dict[str, Any] = {name: getattr(parameters, name) for name in _DIRECT}
    for name in EVIDENCE:
        ratio = parameters.likelihood_ratios[name]
        values |= {f"{name}_present": ratio.present, f"{name}_absent": ratio.absent}
    return (
        values
        | _tables(parameters)
        | {
            "parameters": row.pk,
            "is_recalibrated": parameters.is_recalibrated,
            "intercept": parameters.recalibration_intercept,
            "slope": parameters.recalibration_slope,
            "oldest_evidence": as_of - timedelta(days=parameters.evidence_days),
        }
    )


def _tables(parameters: Parameters) -> dict[str, list[Any]]:
    """Priors and prices as parallel arrays, to be joined by vehicle type, cohort and model."""
    types, models = list(parameters.priors), list(parameters.prices)
    type_prices = [parameters.type_prices[kind] for kind in types]
    prices = [parameters.prices[model] for model in models]
    return {
        "types": types,
        "type_priors": [float(parameters.priors[kind]) for kind in types],
        "type_parts": [price.parts for price in type_prices],
        "type_service": [price.service for price in type_prices],
        "cohorts": list(parameters.cohort_priors),
        "cohort_priors": [float(rate) for rate in parameters.cohort_priors.values()],
        "models": models,
        "model_parts": [price.parts for price in prices],
        "model_service": [price.service for price in prices],
    }
