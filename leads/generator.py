"""Synthetic leads of the Southeast: one pass, each lead by itself, nothing adjusted afterwards.

The list is a screened one, as a shop's alarm system would flag trucks, not a random sample of
vehicles: four in five start far more often than usual. The shares that the seed asks for follow
from the process below; no lead is sorted into a band. Deterministic: the same plan gives the
same leads, and a longer run begins with the leads of a shorter one (but for their percentiles).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np

from crm.seeding import names
from crm.seeding.columns import Bools, Ints, Texts, between, pick
from leads.arrays import (
    FactColumns,
    Floats,
    ScoreColumns,
    percentiles,
    score,
    urgency_scores,
)
from leads.parameters import SEED, Parameters
from leads.stressors import START_BASELINE
from leads.towns import Town, towns
from leads.vins import MODELS, FordVins

FEWEST, MOST = 100, 1_000_000
DEFAULT_DAY = date(2024, 12, 31)
# The model years are the seed's, 2020 to 2023. In these years the youngest is one to four old.
FIRST_DAY, LAST_DAY = date(2024, 1, 1), date(2027, 12, 31)
BLOCK = 10_000

TYPES = ("light_truck", "midweight_truck", "suv")
TYPE_SHARES = (0.60, 0.25, 0.15)
# The first of the two models that each type has in MODELS: F-150, F-250, Explorer.
FIRST_MODEL_SHARES = (0.80, 0.65, 0.75)
YEARS = (2020, 2021, 2022, 2023)
YEAR_SHARES = (0.20, 0.25, 0.32, 0.23)
LEAST_MILES, MOST_MILES = 30_000, 50_000
HIGH_MILEAGE, LOW_MILEAGE = 15_000, 8_000

# What follows is chosen so that of ten million leads 30.2 % have a posterior of 0.60 and more,
# 40.1 % one of 0.30 to 0.60, 29.7 % less, and 82.5 % start two standard deviations more often
# than usual: of 5,000 leads each share is then within 3 points of the seed's target for all but
# about one seed in ten thousand. Towns by population alone (exponent 1) would give 27 % low
# risk, as too many leads would see a winter; equal towns 19 %.
TOWN_EXPONENT = 1.30
URBAN_SHARE = 0.52  # of the vehicles that are driven neither far nor hardly at all
SOC_INTERCEPT = -1.15

_FACTS, _VEHICLES, _PEOPLE = range(3)  # independent streams of random numbers


@dataclass(frozen=True)
class Plan:
    """What to generate: 100 to 1,000,000 leads as of a day of 2024 to 2027 (ValueError else).

    The seed's shares hold as of 2024; later the same model years are older and drive less.
    """

    count: int
    seed: int
    as_of: date = DEFAULT_DAY

    def __post_init__(self) -> None:
        if not FEWEST <= self.count <= MOST:
            raise ValueError(f"The number of leads must be from {FEWEST} to {MOST:,}.")
        if self.seed < 0:
            raise ValueError("The seed must not be negative.")
        if not FIRST_DAY <= self.as_of <= LAST_DAY:
            raise ValueError(
                f"The day must be from {FIRST_DAY} to {LAST_DAY}, when model years "
                f"{YEARS[0]} to {YEARS[-1]} are a few years old."
            )

    def stream(self, number: int, block: int) -> np.random.Generator:
        """Random numbers of their own for one purpose and block."""
        return np.random.default_rng([self.seed, number, block])

    def sizes(self) -> list[int]:
        """How many leads each block has."""
        whole, rest = divmod(self.count, BLOCK)
        return [BLOCK] * whole + [rest] * bool(rest)


@dataclass(frozen=True)
class Draw:
    """The facts of one block; `town` indexes `towns()`."""

    town: Ints
    year: Ints
    facts: FactColumns


@dataclass(frozen=True)
class Block:
    """Finished leads, one element a lead. `lead_id` begins at 1, `body` indexes `FordVins`,
    `first_name` and `last_name` the pools of `crm.seeding.names`."""

    lead_id: Ints
    town: Ints
    year: Ints
    facts: FactColumns
    scores: ScoreColumns
    percentile: Ints
    urgency: Ints
    vin: Texts
    body: Ints
    first_name: Ints
    last_name: Ints


def blocks(plan: Plan, parameters: Parameters = SEED) -> Iterator[Block]:
    """The leads of `plan`, scored with `parameters`, BLOCK at a time in bounded memory.

    The facts are drawn twice: ranks need every posterior before the first lead can leave.
    """
    ranks = _ranks(plan, parameters)
    vins = FordVins(plan.seed)
    done = 0
    for number, size in enumerate(plan.sizes()):
        drawn = draw(plan.stream(_FACTS, number), size, plan.as_of)
        scores = score(drawn.facts, parameters)
        percentile = ranks[done : done + size].astype(np.int64)
        body, vin = vins.draw(plan.stream(_VEHICLES, number), drawn.facts.model, drawn.year)
        first, last = _names(plan.stream(_PEOPLE, number), size)
        yield Block(
            lead_id=np.arange(done + 1, done + size + 1),
            town=drawn.town,
            year=drawn.year,
            facts=drawn.facts,
            scores=scores,
            percentile=percentile,
            urgency=urgency_scores(scores.posterior, percentile, scores.start_cycle_z),
            vin=vin,
            body=body,
            first_name=first,
            last_name=last,
        )
        done += size


def _ranks(plan: Plan, parameters: Parameters) -> np.ndarray:
    """The percentile of each lead of the plan within its cohort; nine bytes a lead meanwhile."""
    posterior = np.empty(plan.count)
    cohort = np.empty(plan.count, dtype=np.int8)
    done = 0
    for number, size in enumerate(plan.sizes()):
        facts = draw(plan.stream(_FACTS, number), size, plan.as_of).facts
        posterior[done : done + size] = score(facts, parameters).posterior
        cohort[done : done + size] = facts.cohort
        done += size
    return percentiles(posterior, cohort).astype(np.int8)


def draw(rng: np.random.Generator, count: int, as_of: date) -> Draw:
    """`count` vehicles with what is known of them."""
    kind = pick(rng, len(TYPES), count, TYPE_SHARES)
    model = 2 * kind + (rng.random(count) >= np.array(FIRST_MODEL_SHARES)[kind])
    known = towns()
    town = pick(rng, len(known), count, [place.people**TOWN_EXPONENT for place in known])
    year = np.array(YEARS)[pick(rng, len(YEARS), count, YEAR_SHARES)]
    age = as_of.year - year
    mileage = between(rng, LEAST_MILES, MOST_MILES, count)
    starts, short_trips = _usage(rng, mileage / age)
    stress = np.array([place.temperature_stress for place in known])[town]
    zones, zone = _zones(known)
    facts = FactColumns(
        vehicle_types=TYPES,
        models=MODELS,
        cohorts=tuple(f"{name}_{climate}" for name in TYPES for climate in zones),
        vehicle_type=kind,
        model=model,
        cohort=len(zones) * kind + zone[town],
        current_mileage=mileage,
        vehicle_age=age,
        temperature_swing=np.array([place.temperature_swing for place in known], float)[town],
        temperature_stress=stress,
        start_cycles_annual=starts,
        short_trip_percentage=short_trips,
        soc_decline=_soc_declines(
            rng, starts=starts, short_trips=short_trips, stress=stress, age=age
        ),
    )
    return Draw(town, year, facts)


def _zones(known: tuple[Town, ...]) -> tuple[list[str], Ints]:
    """The climate zones by name, and which one each town lies in."""
    zones = sorted({place.climate_zone for place in known})
    return zones, np.array([zones.index(place.climate_zone) for place in known])


def _usage(rng: np.random.Generator, annual: Floats) -> tuple[Ints, Floats]:
    """(starts a year, share of short trips) of vehicles with these yearly miles.

    Those driven much or hardly at all start 1.8 to 2.6 and 2.2 to 3.0 times as often as usual;
    of the others some live in town and make short trips, the rest are ordinary.
    """
    count = len(annual)
    much, little = annual > HIGH_MILEAGE, annual < LOW_MILEAGE
    urban = ~much & ~little & (rng.random(count) < URBAN_SHARE)
    ordinary = np.clip(rng.normal(1.05, 0.25, count), 0.50, 1.65)
    groups = [much, little, urban]
    often = [(1.8, 2.6), (2.2, 3.0), (1.8, 2.4)]
    multiplier = np.select(groups, [rng.uniform(*span, count) for span in often], ordinary)
    short_trips = np.select(
        groups,
        [
            rng.triangular(0.15, 0.30, 0.62, count),
            rng.uniform(0.55, 0.80, count),
            rng.uniform(0.40, 0.75, count),
        ],
        rng.triangular(0.15, 0.35, 0.60, count),
    )
    return np.rint(START_BASELINE * multiplier).astype(np.int64), np.round(short_trips, 3)


def _soc_declines(
    rng: np.random.Generator, *, starts: Ints, short_trips: Floats, stress: Floats, age: Ints
) -> Bools:
    """Whether a battery monitor saw the state of charge fall: the one piece of evidence that is
    no function of the others, though likelier with short trips, climate, age and starts."""
    z = (starts - SEED.starts_mean) / SEED.starts_sigma
    log_odds = (
        SOC_INTERCEPT
        + 2.0 * (short_trips - 0.4)
        + 3.0 * (stress - 0.25)
        + 0.15 * (age - 2.5)
        + 0.20 * (z - 2)
    )
    return np.asarray(rng.random(len(starts)) < 1 / (1 + np.exp(-log_odds)))


def _names(rng: np.random.Generator, count: int) -> tuple[Ints, Ints]:
    pools = names.load()
    return (
        pick(rng, len(pools.first), count, pools.first_weights),
        pick(rng, len(pools.last), count, pools.last_weights),
    )
