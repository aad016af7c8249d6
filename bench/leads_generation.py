"""Generating leads for `bench.leads`: against COPY of ready rows, and against row by row.

All sides write customers whom the search finds, vehicles, leads, scores with places in the
cohort, and history of synthetic leads, under the same constraints, triggers and bulk audit. The
COPY side runs the loader with the text already made. The row-by-row side draws with `random`,
scores with the one-lead formula and saves with bulk_create in batches of 500.
"""

import random
import statistics
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from unittest import mock

from crm import vin
from crm.context import audited
from crm.models import Customer, Vehicle
from leads import stressors
from leads.assessment import Assessment
from leads.enums import ScoreCause
from leads.generator import Plan
from leads.loading import Maker
from leads.models import Lead, LeadScore, ScoreHistory, ScoringParameters
from leads.parameters import EVIDENCE
from leads.services import generation as loader
from leads.services import scoring
from leads.services.parameters import champion
from leads.services.syncing import climates


class Ready:
    """Stands for a Maker whose rows were made before the clock ran."""

    def __init__(self, tables: list[Any]) -> None:
        self._tables = tables

    def tables(self) -> Iterator[Any]:
        yield from self._tables


def generation(count: int, naive_count: int, rounds: int) -> list[Any]:
    from bench.leads import AS_OF, empty, seconds, tidy
    from bench.seeding import spread

    plan = Plan(count, 3, AS_OF)
    took: dict[str, list[float]] = {"generate": [], "copy": [], "naive": []}
    for _ in range(rounds):
        empty()
        tidy()
        took["generate"].append(seconds(lambda: loader.load(plan)))
        empty()
        tidy()
        took["copy"].append(copy_ready(plan))
        empty()
        tidy()
        took["naive"].append(seconds(lambda: row_by_row(naive_count)))
    middle = {name: statistics.median(times) for name, times in took.items()}
    print(", ".join(f"{name} {spread(times)}" for name, times in took.items()))
    each = middle["naive"] / naive_count / (middle["generate"] / count)
    return [
        (f"G generate / COPY of {count:,}", middle["generate"] / middle["copy"], "<=", 2.0),
        ("G row by row / generate, a lead", each, ">=", 10.0),
    ]


def copy_ready(plan: Plan) -> float:
    """Seconds of the loader for rows that are text already."""
    from bench.leads import seconds

    row = champion()
    ids = loader._reserve(plan.count)
    ready = Ready(list(Maker(plan, row.values(), row.pk, ids).tables()))
    with mock.patch.object(loader, "Maker", lambda *_: ready):
        return seconds(lambda: loader.load(plan))


def row_by_row(count: int) -> None:
    rng, parameters, towns = random.Random(3), champion(), climates()
    with audited(bulk_batch="bench"):
        people = Customer.objects.bulk_create(
            [_person(rng, number) for number in range(count)], batch_size=500
        )
        cars = Vehicle.objects.bulk_create(
            [_car(rng, number, person) for number, person in enumerate(people)], batch_size=500
        )
        leads = Lead.objects.bulk_create([_lead(rng, car, towns) for car in cars], batch_size=500)
        scored = [_score(lead, parameters) for lead in leads]
        _rank(leads, scored)
        LeadScore.objects.bulk_create(scored, batch_size=500)
        ScoreHistory.objects.bulk_create(
            [
                ScoreHistory(
                    lead_id=score.lead_id,
                    posterior_probability=score.posterior_probability,
                    contact_urgency=score.contact_urgency,
                    parameters=parameters,
                    cause=ScoreCause.CREATED,
                )
                for score in scored
            ],
            batch_size=500,
        )


def _person(rng: random.Random, number: int) -> Customer:
    first, last = rng.choice(["Ann", "Bob", "Cy"]), rng.choice(["Lee", "Ray", "Poe"])
    return Customer(
        phone=f"+1205100{number:04d}",
        first_name=first,
        last_name=f"{last}{rng.randrange(10_000)}",
        city="Atlanta",
        state="GA",
        zip_code="30309",
    )


def _car(rng: random.Random, number: int, owner: Customer) -> Vehicle:
    year = rng.choice([2020, 2021, 2022, 2023])
    text = vin.compose(wmi="1FT", descriptor="FW1E5", year=year, plant="F", serial=f"{number:06d}")
    return Vehicle(
        customer=owner,
        vin=text,
        year=year,
        make="Ford",
        model="F-150",
        is_primary_vehicle=True,
        current_mileage=rng.randint(30_000, 50_000),
    )


def _lead(rng: random.Random, car: Vehicle, towns: list[Any]) -> Lead:
    from bench.leads import AS_OF

    town = rng.choice(towns)
    return Lead(
        vin=car.vin,
        year=car.year,
        make=car.make,
        model=car.model,
        vehicle_type="light_truck",
        current_mileage=car.current_mileage,
        vehicle_age=AS_OF.year - car.year,
        as_of=AS_OF,
        zip_code=town.zip_code,
        state=town.state,
        climate_zone=town.climate_zone,
        climate_zip=town.zip_code,
        temp_winter=town.temp_winter,
        temp_summer=town.temp_summer,
        temperature_swing=town.temperature_swing,
        temperature_stress=town.temperature_stress,
        start_cycles_annual=rng.randint(1_000, 3_600),
        short_trip_percentage=rng.random(),
        soc_decline=rng.random() < 0.3,
        soc_source="simulated",
        soc_date=AS_OF,
        customer_name="Ann Lee",
        vehicle=car,
        customer_id=car.customer_id,
        source="generated",
    )


def _rank(leads: list[Lead], scored: list[LeadScore]) -> None:
    cohorts: dict[str, list[float]] = defaultdict(list)
    for lead, score in zip(leads, scored, strict=True):
        cohorts[f"light_truck_{lead.climate_zone}"].append(score.posterior_probability)
    for values in cohorts.values():
        values.sort()
    for lead, score in zip(leads, scored, strict=True):
        values = cohorts[f"light_truck_{lead.climate_zone}"]
        posterior = score.posterior_probability
        below = bisect_left(values, posterior)
        score.risk_percentile = stressors.risk_percentile(
            below=below, ties=bisect_right(values, posterior) - below, total=len(values)
        )
        score.urgency_score = stressors.urgency_score(
            posterior, score.risk_percentile, score.start_cycle_z
        )


def _score(lead: Lead, parameters: ScoringParameters) -> LeadScore:
    from bench.leads import AS_OF

    facts = replace(scoring.facts_of(lead), cohort=f"light_truck_{lead.climate_zone}")
    found: Assessment = scoring.assess(facts, parameters.values(), as_of=AS_OF)
    return LeadScore(
        lead=lead,
        parameters=parameters,
        base_prior=found.base_prior,
        adjusted_prior=found.adjusted_prior,
        combined_lr=found.bayes.combined_lr,
        posterior_probability=found.posterior,
        recorded_posterior=found.posterior,
        start_cycle_z=found.start_cycle_z,
        expected_value=found.expected_value,
        parts_cost=found.price.parts,
        service_cost=found.price.service,
        total_opportunity=found.price.total,
        is_clamped=found.is_clamped,
        contact_urgency=found.contact_urgency,
        predicted_failure_window=found.predicted_failure_window,
        active_lrs=list(found.bayes.active_lrs),
        **{name: found.evidence[name] for name in EVIDENCE},
    )
