"""The generator without a database: targets, facts, VINs, and the array twin of the formulas."""

import dataclasses
from datetime import date
from itertools import chain, pairwise
from typing import Any

import numpy as np
import pytest

from crm import vin
from crm.decoder import decode_many
from leads import arrays, assessment, generator, stressors
from leads.exporting import generated
from leads.generator import DEFAULT_DAY, MODELS, TYPES, Plan
from leads.parameters import EVIDENCE, SEED, LikelihoodRatio
from leads.towns import towns
from leads.vins import FordVins

OTHER = dataclasses.replace(
    SEED,
    name="other",
    cohort_priors={"suv_coastal_hot": 0.31},
    likelihood_ratios={
        **SEED.likelihood_ratios,
        "ignition_frequency": LikelihoodRatio(1.8, 0.6),
        "soc_decline": LikelihoodRatio(5.1, 0.7),
    },
    prior_ceiling=0.2,
    recalibration_intercept=-0.3,
    recalibration_slope=0.9,
)


@pytest.fixture(scope="module")
def rows() -> list[Any]:
    return list(generated.rows(Plan(5_000, 42)))


def measured(count: int, seed: int) -> dict[str, float]:
    blocks = list(generator.blocks(Plan(count, seed)))
    posterior = np.concatenate([block.scores.posterior for block in blocks])
    z = np.concatenate([block.scores.start_cycle_z for block in blocks])
    kind = np.concatenate([block.facts.vehicle_type for block in blocks])
    town = np.concatenate([block.town for block in blocks])
    price = np.concatenate([b.scores.parts_cost + b.scores.service_cost for b in blocks])
    shares = {name: 100 * (kind == place).mean() for place, name in enumerate(TYPES)}
    return shares | {
        "high": 100 * (posterior >= 0.6).mean(),
        "medium": 100 * ((posterior >= 0.3) & (posterior < 0.6)).mean(),
        "low": 100 * (posterior < 0.3).mean(),
        "stressed": 100 * (z >= 2).mean(),
        "zip_codes": len(np.unique(town)),
        "states": len({towns()[place].state for place in np.unique(town)}),
        "average": price.mean(),
    }


class TestTargets:
    @pytest.mark.parametrize(
        ("count", "seed"),
        [*((5_000, seed) for seed in range(1, 21)), *((10_000, seed) for seed in (1, 2, 3, 42))],
    )
    def test_every_target_holds_within_half_of_its_3_points(self, count: int, seed: int) -> None:
        found = measured(count, seed)
        targets = {
            "high": 30, "medium": 40, "low": 30,
            "light_truck": 60, "midweight_truck": 25, "suv": 15,
        }  # fmt: skip
        assert {name: abs(found[name] - share) <= 1.5 for name, share in targets.items()} == (
            dict.fromkeys(targets, True)
        ), found
        assert found["stressed"] >= 82
        assert (found["states"], found["zip_codes"]) == (8, 20)
        assert 200 <= found["average"] <= 500

    def test_bands_are_not_sorted_together(self, rows: list[Any]) -> None:
        """Only shares are even: the bands change from lead to lead as often as chance has it."""
        bands = [row["contact_urgency"] for row in rows]
        changes = np.mean([one != other for one, other in pairwise(bands)])
        chance = 1 - sum((bands.count(band) / len(bands)) ** 2 for band in set(bands))
        assert abs(changes - chance) < 0.03

    @pytest.mark.parametrize("count", [100, 101, 137, 599])
    def test_every_town_is_in_the_shortest_lists(self, count: int) -> None:
        streams = (np.random.default_rng(seed) for seed in range(50))
        drawn = [generator.draw(rng, count, DEFAULT_DAY).town for rng in streams]
        assert {len(np.unique(town)) for town in drawn} == {20}


class TestSpread:
    def test_each_nth_of_the_range_gets_one_of_n_alike(self) -> None:
        rng = np.random.default_rng(8)
        kind, flag = rng.integers(0, 3, 1_000), rng.random(1_000) < 0.2
        drawn = generator.spread(rng, 1_000, kind, flag)
        for alike in ((kind == k) & (flag == f) for k in range(3) for f in (True, False)):
            size = alike.sum()
            assert np.sort(np.floor(drawn[alike] * size)).tolist() == list(range(size))

    def test_numbers_depend_neither_on_each_other_nor_on_their_traits(self) -> None:
        rng = np.random.default_rng(9)
        kind = rng.integers(0, 3, 20_000)
        one, other = (generator.spread(rng, 20_000, kind) for _ in range(2))
        found = np.corrcoef([one[1:], one[:-1], other[1:], kind[1:]])
        assert np.abs(found - np.eye(4)).max() < 0.03

    def test_the_largest_number_stays_below_1(self) -> None:
        class Highest:
            permutation = staticmethod(np.arange)

            def random(self, count: int) -> Any:
                return np.full(count, np.nextafter(1.0, 0.0))

        rng: Any = Highest()
        assert generator.spread(rng, 10_000).max() < 1


class TestFacts:
    def test_rows_are_filled_and_follow_from_each_other(self, rows: list[Any]) -> None:
        for row in rows:
            assert None not in row.values()
            assert 30_000 <= row["current_mileage"] <= 50_000
            assert row["vehicle_age"] == 2024 - row["year"]
            assert row["start_cycle_deviation"] == row["start_cycles_annual"] / 1200
            assert row["estimated_cold_starts"] == stressors.cold_starts(row["start_cycles_annual"])
            assert row["cohort_assignment"] == f"{row['vehicle_type']}_{row['climate_zone']}"
            assert row["soc_source"] == "simulated"
        assert [row["lead_id"] for row in rows] == list(range(1, 5_001))

    def test_much_and_little_mileage_bring_the_starts_of_the_seed(self, rows: list[Any]) -> None:
        annual = {row["lead_id"]: row["current_mileage"] / row["vehicle_age"] for row in rows}
        much = [r["start_cycle_deviation"] for r in rows if annual[r["lead_id"]] > 15_000]
        little = [r["start_cycle_deviation"] for r in rows if annual[r["lead_id"]] < 8_000]
        assert (min(much) >= 1.8, max(much) <= 2.6) == (True, True)
        assert (min(little) >= 2.2, max(little) <= 3.0) == (True, True)

    def test_names_are_two_ordinary_words_and_rarely_repeat(self, rows: list[Any]) -> None:
        names = [row["customer_name"] for row in rows]
        assert all(len(name.split()) == 2 and name.istitle() for name in map(_plain, names))
        assert len(set(names)) > 0.9 * len(names)

    def test_ages_follow_the_day(self) -> None:
        row = next(generated.rows(Plan(100, 1, date(2026, 3, 1))))
        assert (row["vehicle_age"], row["as_of"]) == (2026 - row["year"], date(2026, 3, 1))


def _plain(name: str) -> str:
    """Mcdonald's capital inside a word would fail `istitle`."""
    return " ".join(word.capitalize() for word in name.split())


class TestVins:
    def test_vins_are_valid_and_decode_to_model_and_year(self, rows: list[Any]) -> None:
        wrong = [
            row["vin"]
            for row, found in zip(rows, decode_many(r["vin"] for r in rows), strict=True)
            if vin.problem(row["vin"], row["year"])
            or found is None
            or not found.is_clean
            or (found.make, found.model, found.year) != (row["make"], row["model"], row["year"])
        ]
        assert wrong == []

    def test_vins_and_their_last_eight_differ_over_blocks_and_neighbouring_seeds(self) -> None:
        plans = [Plan(25_000, seed) for seed in (1, 2)]
        vins = [row["vin"] for row in chain(*map(generated.rows, plans))]
        assert len(set(vins)) == 50_000
        assert len({text[-8:] for text in vins[:25_000]}) == 25_000

    def test_draw_beyond_the_last_serial_is_refused(self) -> None:
        vins = FordVins(1)
        vins._given[:] = 499_999
        with pytest.raises(ValueError, match="serials"):
            vins.draw(np.random.default_rng(1), np.array([0, 0]), np.array([2022, 2022]))


class TestPlan:
    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"count": 99}, "from 100 to 1,000,000"),
            ({"count": 1_000_001}, "from 100 to 1,000,000"),
            ({"seed": -1}, "negative"),
            ({"as_of": date(2023, 12, 31)}, "from 2024-01-01"),
            ({"as_of": date(2028, 1, 1)}, "from 2024-01-01"),
        ],
    )
    def test_plan_out_of_bounds_is_refused(self, change: dict[str, Any], said: str) -> None:
        with pytest.raises(ValueError, match=said):
            Plan(**{"count": 100, "seed": 1} | change)

    def test_same_plan_gives_the_same_rows_and_another_seed_others(self) -> None:
        one, same, other = (list(generated.rows(Plan(150, seed))) for seed in (7, 7, 8))
        assert one == same
        assert not {row["vin"] for row in one} & {row["vin"] for row in other}

    def test_blocks_add_up_to_the_count(self) -> None:
        sizes = [len(block.vin) for block in generator.blocks(Plan(generator.BLOCK + 100, 3))]
        assert sizes == [generator.BLOCK, 100]


class TestTwin:
    @pytest.mark.parametrize("parameters", [SEED, OTHER], ids=["seed", "other"])
    def test_arrays_agree_with_the_definition(self, parameters: Any) -> None:
        drawn = generator.draw(np.random.default_rng(5), 2_000, DEFAULT_DAY)
        facts = drawn.facts
        scores = arrays.score(facts, parameters)
        for row in range(len(drawn.town)):
            expected = assessment.assess(_facts(facts, row), parameters, as_of=DEFAULT_DAY)
            assert scores.posterior[row] == pytest.approx(expected.posterior, rel=0, abs=1e-12)
            assert scores.adjusted_prior[row] == pytest.approx(
                expected.adjusted_prior, rel=0, abs=1e-12
            )
            assert scores.combined_lr[row] == pytest.approx(expected.bayes.combined_lr, rel=1e-12)
            assert (
                scores.is_clamped[row],
                scores.start_cycle_z[row],
                dict(zip(EVIDENCE, scores.evidence[row], strict=True)),
                scores.contact_urgency[row],
                scores.predicted_failure_window[row],
                scores.primary_service[row],
                (scores.parts_cost[row], scores.service_cost[row]),
                generated.expected_cents(scores)[row],
            ) == (
                expected.is_clamped,
                expected.start_cycle_z,
                expected.evidence,
                expected.contact_urgency,
                expected.predicted_failure_window,
                expected.primary_service,
                (expected.price.parts, expected.price.service),
                100 * expected.expected_value,
            )

    def test_percentiles_and_urgency_agree_with_the_definition(self) -> None:
        rng = np.random.default_rng(6)
        posterior, cohort = rng.integers(1, 60, 300) / 61, rng.integers(0, 5, 300)
        cohort[0], z = 9, rng.normal(2, 2, 300)
        ranks = arrays.percentiles(posterior, cohort)
        assert ranks[0] == 50
        for row in range(300):
            own = posterior[cohort == cohort[row]]
            below, ties = int((own < posterior[row]).sum()), int((own == posterior[row]).sum())
            assert ranks[row] == stressors.risk_percentile(below=below, ties=ties, total=len(own))
        assert arrays.urgency_scores(posterior, ranks, z).tolist() == [
            stressors.urgency_score(float(p), int(rank), float(deviation))
            for p, rank, deviation in zip(posterior, ranks, z, strict=True)
        ]


def _facts(facts: arrays.FactColumns, row: int) -> assessment.Facts:
    return assessment.Facts(
        vehicle_type=TYPES[facts.vehicle_type[row]],
        model=MODELS[facts.model[row]],
        cohort=facts.cohorts[facts.cohort[row]],
        current_mileage=int(facts.current_mileage[row]),
        vehicle_age=int(facts.vehicle_age[row]),
        temperature_swing=float(facts.temperature_swing[row]),
        temperature_stress=float(facts.temperature_stress[row]),
        start_cycles_annual=int(facts.start_cycles_annual[row]),
        short_trip_percentage=float(facts.short_trip_percentage[row]),
        soc_decline=bool(facts.soc_decline[row]),
        soc_source="simulated",
        soc_date=DEFAULT_DAY,
    )
