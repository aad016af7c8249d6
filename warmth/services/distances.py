"""How far customers live from the store, as far as the centre of their ZIP code is known."""

import csv
from functools import lru_cache
from pathlib import Path

from django.conf import settings

import crm
from warmth import scoring

_FILE = Path(crm.__file__).parent / "data" / "southeast_climate.csv"


@lru_cache(maxsize=1)
def centroids() -> dict[str, tuple[float, float]]:
    """ZIP code -> (latitude, longitude) in degrees."""
    with _FILE.open(newline="") as lines:
        return {
            row["zip_code"]: (float(row["lat"]), float(row["lon"])) for row in csv.DictReader(lines)
        }


def distance_points() -> dict[str, float]:
    """ZIP code -> 0 to 100; empty while the store's own ZIP code is not known."""
    known = centroids()
    store = known.get(settings.DEALERSHIP_ZIP)
    if store is None:
        return {}
    return {
        zip_code: scoring.distance_points(scoring.miles_between(store, place))
        for zip_code, place in known.items()
    }
