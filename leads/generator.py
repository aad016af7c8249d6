"""Synthetic leads of the Southeast: one pass, nothing adjusted or drawn again afterwards.

The list is a screened one, as a shop's alarm system would flag trucks, not a random sample of
vehicles: four in five start far more often than usual. The shares that the seed asks for follow
from the process below; no lead is sorted into a band. The facts that the shares rest on are
drawn by `spread`, so that the shares hold for any seed. Deterministic: the same plan gives the
same leads, and plans that differ only in their count share their whole blocks (but for the
percentiles).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from crm.seeding import names
from crm.seeding.columns import Bools, Ints, Texts, pick
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

# What follows is chosen so that of very many leads 30.3 % have a posterior of 0.60 and more,
# 40.0 % one of 0.30 to 0.60, 29.7 % less, and 82.4 % start two standard deviations more often
# than usual. Towns by population alone (exponent 1) would give 27 % low risk, as too many leads
# would see a winter; equal towns 19 %.
TOWN_EXPONENT = 1.30
# Leads that each town has room for in a short list. Of numbers from `spread` one is sure to fall
# within the width of two; the half is for the widths being scaled to add up to 1 again.
TOWN_ROOM = 2.5
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


def spread(rng: np.random.Generator, count: int, *within: Ints | Bools) -> Floats:
    """`count` numbers from 0 to below 1, as `rng.random`, but evenly spread: of the n leads that
    are alike in `within` (small numbers from 0) one is in each n-th of the range, at random.

    Each number by itself is uniform and says nothing of what was drawn before, so whatever is
    made of it has the distribution and correlations of plain random numbers. Only the shares
    barely vary: of n leads alike, those below a bound miss it by less than one lead, where
    independent numbers would miss it by chance, some 35 leads of 5,000. Draws `within` what was
    drawn before keep the shares of the combinations as well.
    """
    cell = np.zeros(count, dtype=np.int16)  # numpy sorts 16 bits by radix
    for trait in within:
        cell = cell * np.int16(trait.max() + 1) + trait.astype(np.int16)
    mixed = rng.permutation(count)
    order = mixed[np.argsort(cell[mixed], kind="stable")]
    sizes = np.bincount(cell)
    place = np.arange(count) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    drawn = np.empty(count)
    drawn[order] = (place + rng.random(count)) / np.repeat(sizes, sizes)
    return np.minimum(drawn, np.nextafter(1.0, 0.0))  # the last sum may round up


def draw(rng: np.random.Generator, count: int, as_of: date) -> Draw:
    """`count` vehicles with what is known of them."""
    known = towns()
    town = _towns(rng, count, known)
    swing = np.array([place.temperature_swing for place in known], float)[town]
    stress = np.array([place.temperature_stress for place in known])[town]
    winter = swing > SEED.swing_threshold
    kind, model, year, mileage = _vehicles(rng, winter)
    age = as_of.year - year
    starts, short_trips = _usage(rng, mileage / age, winter, kind)
    soc_decline = _soc_declines(
        rng, winter, kind, starts=starts, short_trips=short_trips, stress=stress, age=age
    )
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
        temperature_swing=swing,
        temperature_stress=stress,
        start_cycles_annual=starts,
        short_trip_percentage=short_trips,
        soc_decline=soc_decline,
    )
    return Draw(town, year, facts)


def _index(drawn: Floats, shares: Any) -> Ints:
    """Which of the shares, laid end to end, each number from 0 to 1 falls into."""
    bounds = np.cumsum(shares)
    return np.searchsorted(bounds[:-1] / bounds[-1], drawn, side="right")


def _towns(rng: np.random.Generator, count: int, known: tuple[Town, ...]) -> Ints:
    """A town for each lead, every town for some lead from FEWEST leads on."""
    people = np.array([place.people for place in known]) ** TOWN_EXPONENT
    shares = np.maximum(people / people.sum(), TOWN_ROOM / count)
    return _index(spread(rng, count), shares)


def _zones(known: tuple[Town, ...]) -> tuple[list[str], Ints]:
    """The climate zones by name, and which one each town lies in."""
    zones = sorted({place.climate_zone for place in known})
    return zones, np.array([zones.index(place.climate_zone) for place in known])


def _vehicles(rng: np.random.Generator, winter: Bools) -> tuple[Ints, Ints, Ints, Ints]:
    """(type, model, model year, mileage) of vehicles, of which these see a winter; `TYPES` and
    `MODELS` by index."""
    count = len(winter)
    kind = _index(spread(rng, count, winter), TYPE_SHARES)
    model = 2 * kind + (spread(rng, count, kind) >= np.array(FIRST_MODEL_SHARES)[kind])
    year = _index(spread(rng, count, winter, kind), YEAR_SHARES)
    miles = (MOST_MILES - LEAST_MILES + 1) * spread(rng, count, winter, kind, year)
    return kind, model, np.array(YEARS)[year], LEAST_MILES + miles.astype(np.int64)


def _usage(rng: np.random.Generator, annual: Floats, *within: Ints | Bools) -> tuple[Ints, Floats]:
    """(starts a year, share of short trips) of vehicles with these yearly miles.

    Those driven much or hardly at all start 1.8 to 2.6 and 2.2 to 3.0 times as often as usual;
    of the others some live in town and make short trips, the rest are ordinary.
    """
    count = len(annual)
    much, little = annual > HIGH_MILEAGE, annual < LOW_MILEAGE
    between = ~much & ~little
    urban = between & (spread(rng, count, *within, between) < URBAN_SHARE)
    groups = [much, little, urban]
    often = [(1.8, 2.6), (2.2, 3.0), (1.8, 2.4)]
    ordinary = np.clip(rng.normal(1.05, 0.25, count), 0.50, 1.65)
    multiplier = np.select(groups, [rng.uniform(*span, count) for span in often], ordinary)
    drawn = spread(rng, count, *within, np.select(groups, [0, 1, 2], 3))
    short_trips = np.select(
        groups,
        [_triangular(drawn, 0.15, 0.30, 0.62), 0.55 + 0.25 * drawn, 0.40 + 0.35 * drawn],
        _triangular(drawn, 0.15, 0.35, 0.60),
    )
    return np.rint(START_BASELINE * multiplier).astype(np.int64), np.round(short_trips, 3)


def _triangular(drawn: Floats, low: float, mode: float, high: float) -> Floats:
    """Uniform numbers as those of the triangular distribution, by its inverse."""
    rising = low + np.sqrt(drawn * (high - low) * (mode - low))
    falling = high - np.sqrt((1 - drawn) * (high - low) * (high - mode))
    return np.where(drawn * (high - low) < mode - low, rising, falling)


def _soc_declines(
    rng: np.random.Generator,
    *within: Ints | Bools,
    starts: Ints,
    short_trips: Floats,
    stress: Floats,
    age: Ints,
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
    often, short = z >= SEED.start_z_threshold, short_trips > SEED.short_trip_threshold
    return spread(rng, len(starts), *within, often, short) < 1 / (1 + np.exp(-log_odds))


def _names(rng: np.random.Generator, count: int) -> tuple[Ints, Ints]:
    pools = names.load()
    return (
        pick(rng, len(pools.first), count, pools.first_weights),
        pick(rng, len(pools.last), count, pools.last_weights),
    )
