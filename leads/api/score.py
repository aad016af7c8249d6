"""What-if: up to a thousand vehicles scored, none stored."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from crm.rest.inputs import validated
from crm.rest.views import Endpoint
from jobs.registry import local_today
from leads.explaining import steps
from leads.parameters import Parameters
from leads.serializers.score import ScoreAnswer, ScoreInput
from leads.services import whatif
from leads.services.parameters import champion

_STEP = ("name", "label", "ratio", "log_odds", "before", "after", "state")


@extend_schema(tags=["leads"])
class ScoreView(Endpoint):
    """The battery score of vehicles that are described in the request."""

    capability = {"POST": "leads:read"}
    input_class = ScoreInput
    rows = ScoreAnswer

    def post(self, request: Request) -> Response:
        """Score up to 1,000 vehicles and store nothing. A vehicle that cannot be scored refuses
        the request; `errors` names each by its index and field."""
        data = validated(ScoreInput, request)
        row, today = data.get("parameters") or champion(), local_today()
        try:
            found = whatif.score(data["vehicles"], parameters=row, as_of=today)
        except whatif.VehiclesRefused as refused:
            faults: Any = {"vehicles": refused.faults}
            raise serializers.ValidationError(faults) from refused
        parameters = row.values()
        return Response(
            {
                "parameters": row.name,
                "is_calibrated": row.is_calibrated,
                "as_of": today,
                "results": [_shown(n, one, parameters) for n, one in enumerate(found)],
            }
        )


def _shown(index: int, one: whatif.WhatIf, parameters: Parameters) -> dict[str, Any]:
    score = one.assessment
    path = steps(score.adjusted_prior, score.evidence, parameters)
    return {
        "index": index,
        "vin": one.vin,
        "year": one.year,
        "make": one.make,
        "model": one.model,
        "vehicle_type": one.facts.vehicle_type,
        "vehicle_age": one.facts.vehicle_age,
        "cohort_assignment": one.facts.cohort,
        "climate_zip": one.climate.zip_code if one.climate else None,
        "base_prior": score.base_prior,
        "adjusted_prior": score.adjusted_prior,
        "is_clamped": score.is_clamped,
        "start_cycle_z": score.start_cycle_z,
        "active_lrs": score.bayes.active_lrs,
        "combined_lr": score.bayes.combined_lr,
        "posterior_probability": score.posterior,
        "contact_urgency": score.contact_urgency,
        "predicted_failure_window": score.predicted_failure_window,
        "primary_service": score.primary_service,
        "parts_cost": score.price.parts,
        "service_cost": score.price.service,
        "total_opportunity": score.price.total,
        "price_source": score.price.source,
        "expected_value": score.expected_value,
        "steps": [{name: getattr(step, name) for name in _STEP} for step in path],
        "unknown": score.unknown,
    }
