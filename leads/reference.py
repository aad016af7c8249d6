"""Rows without which no lead can be scored: the climate of the Southeast and the seed's numbers.

Loaded after each `migrate`, and after the flush of a transactional test.
"""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import crm
from leads.enums import ParameterState
from leads.models import ClimateNormal, ParameterActivation, ScoringParameters
from leads.models.parameters import columns
from leads.parameters import SEED
from leads.stressors import half_up, temperature_stress

_CLIMATE = Path(crm.__file__).parent / "data" / "southeast_climate.csv"


def load(using: str = "default") -> None:
    """Add what is missing; rows that are there stay as they are."""
    ClimateNormal.objects.using(using).bulk_create(climate_normals(), ignore_conflicts=True)
    sets = ScoringParameters.objects.using(using)
    if sets.exists():
        return
    seed = sets.create(
        **columns(SEED),
        provenance="Asserted by the specification (seed 000), not measured.",
        reason="First set",
    )
    ParameterActivation.objects.using(using).create(
        parameters=seed, state=ParameterState.CHAMPION, reason="First set"
    )


def climate_normals() -> Iterator[ClimateNormal]:
    """The towns of the climate file. Formulas take whole degrees, so that is what is kept."""
    with _CLIMATE.open(newline="") as file:
        for row in csv.DictReader(file):
            degrees = {
                name: half_up(float(row[name]))
                for name in ("temp_winter", "temp_summer", "summer_high", "winter_low")
            }
            yield ClimateNormal(
                **{name: row[name] for name in ("zip_code", "city", "state", "climate_zone")},
                **degrees,
                temperature_stress=temperature_stress(
                    swing=degrees["summer_high"] - degrees["winter_low"],
                    temp_summer=degrees["temp_summer"],
                ),
                source=row["source"],
            )


def load_after_migrate(sender: Any, using: str, **kwargs: Any) -> None:
    """Receiver of `post_migrate`; does nothing while the tables are not there."""
    from django.db import connections

    if "lead_records" in connections[using].introspection.table_names(include_views=True):
        load(using)
