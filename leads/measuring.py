"""What a list of leads is like, counted lead by lead for the validation checklist."""

import math
import re
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from crm import vin as vins
from leads import generator, stressors
from leads.assessment import Assessment, Facts, assess
from leads.exporting.fields import SEED_FIELDS, Row
from leads.parameters import EVIDENCE, Parameters
from leads.towns import towns

# Ford's trucks and multi-purpose vehicles, built complete in the United States.
MANUFACTURERS = ("1FT", "1FM")
REQUIRED = tuple(spec.name for spec in SEED_FIELDS)
RANK = ("cohort_assignment", "posterior_probability", "risk_percentile")
EXACT = 1e-9
_PLACE = (
    "city", "state", "climate_zone", "temp_winter", "temp_summer", "temperature_delta",
)  # fmt: skip
_NAME = re.compile(r"[A-Z][A-Za-z.'\u2019-]*(?: [A-Z][A-Za-z.'\u2019-]*)+")
# What a score is computed from and consists of.
_SCORED = frozenset(REQUIRED) - {
    "vin",
    "year",
    "make",
    "zip_code",
    "city",
    "state",
    "customer_name",
}


class Checklist:
    """Takes leads one by one with `add` and counts what `validation.verdict` judges.

    `sets` has the parameters by name. Keeps some hundred bytes a lead.
    """

    def __init__(self, sets: Mapping[str, Parameters]) -> None:
        self._sets = sets
        self.count = 0
        self.vehicles: list[tuple[str, int, str, str]] = []
        self.valid_vins = self.misplaced = 0
        self.counts: dict[str, Counter[Any]] = defaultdict(Counter)
        self.mileages = (math.inf, -math.inf)
        self.out_of_range = self.stressed = self.wrong_scores = self.wrong_prices = 0
        self.worst, self.opportunity = 0.0, 0
        self.posteriors, self.percentiles = array("d"), array("q")
        self.cohorts: list[str] = []
        self.odd_names: Counter[str] = Counter()
        self.empty: Counter[str] = Counter()
        self._places = {place.zip_code: place for place in towns()}

    def add(self, row: Row) -> None:
        self.count += 1
        empty = [name for name in REQUIRED if row[name] is None or row[name] == ""]
        self.empty.update(empty)
        self._see_vehicle(row)
        self._see_place(row)
        self._see_customer(row)
        if not set(empty) & _SCORED and all(row[name] is not None for name in EVIDENCE):
            self._see_score(row)
            self._add_rank(*(row[name] for name in RANK))
        else:
            self.wrong_scores += 1

    def replace_ranks(self, ranks: Iterable[tuple[str, float, int]]) -> None:
        """Judge these percentiles instead, as (cohort, posterior, percentile): a list that is
        only a part of the cohorts cannot tell."""
        self.cohorts, self.posteriors, self.percentiles = [], array("d"), array("q")
        for rank in ranks:
            self._add_rank(*rank)

    def _add_rank(self, cohort: str, posterior: float, percentile: int) -> None:
        self.cohorts.append(cohort)
        self.posteriors.append(posterior)
        self.percentiles.append(percentile)

    def _see_vehicle(self, row: Row) -> None:
        vin, year, mileage = row["vin"] or "", row["year"], row["current_mileage"]
        is_ford = vin[:3] in MANUFACTURERS and row["make"] == "Ford"
        self.valid_vins += is_ford and not vins.problem(vin, year)
        self.vehicles.append((vin, year, row["make"], row["model"]))
        self.counts["vehicle_type"][row["vehicle_type"]] += 1
        self.counts["year"][year] += 1
        if mileage is None or not generator.LEAST_MILES <= mileage <= generator.MOST_MILES:
            self.out_of_range += 1
        if mileage is not None:
            low, high = self.mileages
            self.mileages = min(low, mileage), max(high, mileage)

    def _see_place(self, row: Row) -> None:
        place = self._places.get(row["zip_code"])
        if place is None or any(getattr(place, name) != row[name] for name in _PLACE):
            self.misplaced += 1
        self.counts["state"][row["state"]] += 1
        self.counts["zip_code"][row["zip_code"]] += 1

    def _see_customer(self, row: Row) -> None:
        name = row["customer_name"] or ""
        self.counts["customer_name"][name] += 1
        if not _NAME.fullmatch(name):
            self.odd_names[name] += 1

    def _see_score(self, row: Row) -> None:
        self.counts["contact_urgency"][row["contact_urgency"]] += 1
        self.opportunity += row["total_opportunity"]
        self.stressed += row["start_cycle_deviation"] >= 1.8
        try:
            parameters = self._sets[row["parameters_name"]]
            expected = assess(_facts(row), parameters, as_of=row["as_of"])
        except KeyError:  # a set or vehicle type that nobody knows
            self.wrong_scores += 1
            return
        price = (row["parts_cost"], row["service_cost"], row["total_opportunity"])
        self.wrong_prices += price != (
            expected.price.parts, expected.price.service, expected.price.total
        )  # fmt: skip
        error = _deviation(row, expected)
        self.worst = max(self.worst, error)
        self.wrong_scores += error > EXACT or not _says_the_same(row, expected)


def _facts(row: Row) -> Facts:
    """The facts of a row. The word on the state of charge is the one that was scored."""
    return Facts(
        vehicle_type=row["vehicle_type"],
        model=row["model"],
        cohort=row["cohort_assignment"],
        current_mileage=row["current_mileage"],
        vehicle_age=row["vehicle_age"],
        temperature_swing=row["temperature_swing"],
        temperature_stress=row["temperature_stress"],
        start_cycles_annual=row["start_cycles_annual"],
        short_trip_percentage=row["short_trip_percentage"],
        soc_decline=row["soc_decline"],
    )


def _deviation(row: Row, expected: Assessment) -> float:
    """The largest difference between the numbers of a score and those computed anew."""
    pairs = [
        (row["base_prior"], expected.base_prior),
        (row["adjusted_prior"], expected.adjusted_prior),
        (row["combined_lr"], expected.bayes.combined_lr),
        (row["posterior_probability"], expected.posterior),
    ]
    return max(abs(found - right) for found, right in pairs)


def _says_the_same(row: Row, expected: Assessment) -> bool:
    urgency = stressors.urgency_score(
        expected.posterior, row["risk_percentile"], expected.start_cycle_z
    )
    return (
        list(row["active_lrs"]) == list(expected.bayes.active_lrs)
        and {name: row[name] for name in EVIDENCE} == expected.evidence
        and row["contact_urgency"] == expected.contact_urgency
        and row["predicted_failure_window"] == expected.predicted_failure_window
        and row["primary_service"] == expected.primary_service
        and row["urgency_score"] == urgency
    )
