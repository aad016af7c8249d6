"""Generated leads as rows of the tables, in text for COPY, with their vehicles and customers.

Touches no database.
"""

import zlib
from collections.abc import Iterator, Sequence
from uuid import UUID

import numpy as np

from crm.seeding import names
from crm.seeding.columns import Ints, Texts, booleans, copy_text, money, numbers, texts, uuids
from crm.seeding.generator import Table
from crm.seeding.places import area_codes, rank_within
from leads.enums import EvidenceSource, LeadSource, LeadStatus, ScoreCause
from leads.exporting import generated
from leads.generator import Block, Plan, blocks
from leads.parameters import EVIDENCE, Parameters
from leads.towns import towns
from leads.vins import FordVins

TABLES = ("customers", "vehicles", "vin_leads", "lead_scores", "lead_score_history")

_STREAM, _BATCH = 3, 4  # beside those of the generator
# Central office codes that begin with 0 or 1 exist nowhere: such a number rings at nobody's, and
# `seed_crm` has others.
_EXCHANGES, _LINES = 200, 10_000
_CAPACITY = _EXCHANGES * _LINES
_STRIDE = 636_749  # coprime to the capacity, so that neighbours get numbers far apart
_SEED_STEP = 1_236_067  # the golden section of the capacity
_LEAD_COLUMNS = (
    "lead_id", "vin", "year", "make", "model", "vehicle_type", "current_mileage", "vehicle_age",
    "as_of", "zip_code", "city", "state", "climate_zone", "climate_zip", "temp_winter",
    "temp_summer", "temperature_swing", "start_cycles_annual", "temperature_stress",
    "short_trip_percentage", "soc_decline", "soc_source", "soc_date", "customer_name",
    "vehicle_id", "customer_id", "source", "status", "batch_id",
)  # fmt: skip
_SCORE_COLUMNS = (
    "lead_id", "parameters_id", "base_prior", "adjusted_prior", "combined_lr",
    "posterior_probability", "start_cycle_z", "parts_cost", "service_cost", "total_opportunity",
    "risk_percentile", "urgency_score", "contact_urgency", "predicted_failure_window",
)  # fmt: skip
_HISTORY_COLUMNS = (
    "lead_id", "posterior_probability", "contact_urgency", "parameters_id", "cause",
)  # fmt: skip
_DRAWN = {*_LEAD_COLUMNS, *_SCORE_COLUMNS, *_HISTORY_COLUMNS}


def batch_key(seed: int) -> UUID:
    """The key of a seed's batch, by which a second run is noticed."""
    return UUID(str(uuids(np.random.default_rng([seed, _BATCH]), 1)[0]))


class Maker:
    """Turns blocks into text for COPY. Touches no database, so it may run in another thread."""

    def __init__(
        self, plan: Plan, parameters: Parameters, parameters_key: int, lead_ids: Ints
    ) -> None:
        self._plan, self._parameters = plan, parameters
        self._parameters_key, self._lead_ids = parameters_key, lead_ids
        self._batch = batch_key(plan.seed).hex
        self._phones = _Phones(plan.seed)
        bodies = FordVins(plan.seed)
        self._trim, self._engine = bodies.trim, bodies.engine

    def tables(self) -> Iterator[list[Table]]:
        """The tables of one block after the other, in the order of their foreign keys."""
        for number, block in enumerate(blocks(self._plan, self._parameters)):
            rng = self._plan.stream(_STREAM, number)
            count = len(block.vin)
            yield self._of_block(block, rng, owners=uuids(rng, count), vehicles=uuids(rng, count))

    def _of_block(
        self, block: Block, rng: np.random.Generator, *, owners: Texts, vehicles: Texts
    ) -> list[Table]:
        first, last = int(block.lead_id[0]) - 1, int(block.lead_id[-1])
        drawn = generated.block_arrays(block)
        columns = {name: _text(drawn[name]) for name in _DRAWN & drawn.keys()}
        columns |= {
            "lead_id": numbers(self._lead_ids[first:last]),
            "vehicle_id": vehicles,
            "climate_zip": columns["zip_code"],
            "customer_id": owners,
            "soc_decline": booleans(block.facts.soc_decline),
            **self._same(len(owners)),
        }
        return [
            _table("customers", self._customers(block, rng, columns)),
            _table("vehicles", self._vehicles(block, columns)),
            _table("vin_leads", {name: columns[name] for name in _LEAD_COLUMNS}),
            _table("lead_scores", self._scores(block, columns)),
            _table("lead_score_history", self._history(columns)),
        ]

    def _same(self, count: int) -> dict[str, Texts]:
        values = {
            "batch_id": self._batch,
            "parameters_id": self._parameters_key,
            "cause": ScoreCause.CREATED.value,
            "make": generated.MAKE,
            "as_of": self._plan.as_of,
            "soc_source": EvidenceSource.SIMULATED.value,
            "soc_date": self._plan.as_of,
            "source": LeadSource.GENERATED.value,
            "status": LeadStatus.NEW.value,
            "yes": "t",
        }
        return {name: np.full(count, str(value), object) for name, value in values.items()}

    def _customers(
        self, block: Block, rng: np.random.Generator, columns: dict[str, Texts]
    ) -> dict[str, Texts]:
        pools = names.load()
        return {
            "id": columns["customer_id"],
            "phone": self._phones.draw(rng, block.town),
            "first_name": pools.first[block.first_name],
            "last_name": pools.last[block.last_name],
            **{name: columns[name] for name in ("city", "state", "zip_code", "batch_id")},
            "customer_since": columns["as_of"],
        }

    def _vehicles(self, block: Block, columns: dict[str, Texts]) -> dict[str, Texts]:
        same = ("customer_id", "vin", "year", "make", "model", "current_mileage", "batch_id")
        return {
            "id": columns["vehicle_id"],
            **{name: columns[name] for name in same},
            "trim": self._trim[block.body],
            "engine": self._engine[block.body],
            "is_primary_vehicle": columns["yes"],
        }

    def _scores(self, block: Block, columns: dict[str, Texts]) -> dict[str, Texts]:
        scores = block.scores
        arrays = texts(
            [
                "{" + ",".join(map(str, ratios)) + "}"
                for ratios in generated.lr_subsets(self._parameters)
            ]
        )
        return {
            **{name: columns[name] for name in _SCORE_COLUMNS},
            "recorded_posterior": columns["posterior_probability"],
            "expected_value": money(generated.expected_cents(scores)),
            "is_clamped": booleans(scores.is_clamped),
            "active_lrs": arrays[generated.evidence_codes(scores)],
            **{name: booleans(scores.evidence[:, n]) for n, name in enumerate(EVIDENCE)},
        }

    def _history(self, columns: dict[str, Texts]) -> dict[str, Texts]:
        return {name: columns[name] for name in _HISTORY_COLUMNS}


class _Phones:
    """E.164 numbers that nobody can have, with area codes of the town, each given out once."""

    def __init__(self, seed: int) -> None:
        by_town = [area_codes(place.city, place.state) for place in towns()]
        self._codes = sorted({code for codes in by_town for code in codes})
        self._prefixes = texts([f"+1{code}" for code in self._codes])
        self._many = np.array([len(codes) for codes in by_town])
        self._first = np.concatenate([[0], np.cumsum(self._many)[:-1]])
        self._index = np.array([self._codes.index(code) for codes in by_town for code in codes])
        self._start = np.array(
            [zlib.crc32(code.encode()) + seed * _SEED_STEP for code in self._codes]
        )
        self._given = np.zeros(len(self._codes), dtype=np.int64)

    def draw(self, rng: np.random.Generator, town: Ints) -> Texts:
        """One number for each town; an area code has two million, more than a run can ask for."""
        choice = (rng.random(len(town)) * self._many[town]).astype(np.int64)
        area = self._index[self._first[town] + choice]
        ordinal = self._given[area] + rank_within(area)
        self._given += np.bincount(area, minlength=len(self._given))
        number = (self._start[area] + ordinal) * _STRIDE % _CAPACITY
        return self._prefixes[area] + texts([f"{value:07d}" for value in number.tolist()])


def _text(values: np.ndarray) -> Texts:
    """Each value as `str` writes it; a float that comes often is written once."""
    if values.dtype == object:
        return values
    if values.dtype.kind == "f":
        distinct, place = np.unique(values, return_inverse=True)
        if 2 * len(distinct) < len(values):
            return texts(distinct.tolist())[place]
    return texts(values.tolist())


def _table(name: str, columns: dict[str, Texts]) -> Table:
    values: Sequence[Texts] = list(columns.values())
    return Table(name, tuple(columns), len(values[0]), copy_text(values))
