"""Battery tests with a known truth: failures drawn from true rates, evidence from true ratios."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np

from leads.enums import LeadSource, LeadStatus, TestResult
from leads.models import BatteryTest, Lead, ScoringParameters
from leads.observed import Observed, predictions
from leads.parameters import EVIDENCE, SEED, LikelihoodRatio, Parameters
from tests.leads.factories import LeadFactory

DAY = 86_400
START = 1_700_000_000


@dataclass(frozen=True)
class Truth:
    """How failures and evidence come about: `rates` by cohort, sensitivity and false-positive
    rate by evidence. With a multiplier that varies the rate of a vehicle is rate x multiplier."""

    rates: Mapping[str, float] = field(
        default_factory=lambda: {
            "light_truck_coastal_hot": 0.30,
            "light_truck_inland_moderate": 0.15,
            "suv_inland_hot": 0.22,
        }
    )
    sensitivity: tuple[float, ...] = (0.50, 0.65, 0.70, 0.55)
    false_positives: tuple[float, ...] = (0.25, 0.40, 0.10, 0.35)

    def ratio(self, place: int) -> LikelihoodRatio:
        hit, alarm = self.sensitivity[place], self.false_positives[place]
        return LikelihoodRatio(hit / alarm, (1 - hit) / (1 - alarm))

    def parameters(self) -> Parameters:
        """The set that knows the truth."""
        return replace(
            SEED,
            cohort_priors=dict(self.rates),
            likelihood_ratios={name: self.ratio(i) for i, name in enumerate(EVIDENCE)},
        )


def observe(
    count: int, *, seed: int = 0, truth: Truth | None = None, known: float = 1.0
) -> Observed:
    """`count` outcomes under `truth`, one an hour; each piece of evidence is `known` that often."""
    truth = truth or Truth()
    rng = np.random.default_rng(seed)
    cohorts = np.array(list(truth.rates))[rng.integers(len(truth.rates), size=count)]
    multiplier = rng.uniform(0.8, 1.1, size=count)
    rate = np.array([truth.rates[cohort] for cohort in cohorts]) * multiplier
    failed = rng.random(count) < rate
    chance = np.where(failed[:, None], truth.sensitivity, truth.false_positives)
    is_known = rng.random((count, len(EVIDENCE))) < known
    return Observed(
        at=START + 3600 * np.arange(count),
        failed=failed,
        vehicle_type=np.array(["suv" if c.startswith("suv") else "light_truck" for c in cohorts]),
        cohort=cohorts,
        multiplier=multiplier,
        known=is_known,
        present=(rng.random(chance.shape) < chance) & is_known,
    )


def store(observed: Observed, *, parameters: ScoringParameters) -> None:
    """The outcomes as battery tests of as many leads, with what `parameters` had predicted."""
    values, count = parameters.values(), len(observed)
    predicted = predictions(observed, values)
    leads = Lead.objects.bulk_create(
        LeadFactory.build(
            vin=f"SIM{row:014d}",
            vehicle_type=str(observed.vehicle_type[row]),
            climate_zone=str(observed.cohort[row]).removeprefix(f"{observed.vehicle_type[row]}_"),
            source=LeadSource.IMPORTED,
            status=LeadStatus.LOST,
        )
        for row in range(count)
    )
    BatteryTest.objects.bulk_create(
        BatteryTest(
            lead=lead,
            tested_at=datetime.fromtimestamp(int(observed.at[row]), UTC),
            result=TestResult.DECLINED if observed.failed[row] else TestResult.GOOD,
            predicted_probability=predicted[row],
            predicted_by=parameters,
            predicted_from=_snapshot(observed, row, values),
        )
        for row, lead in enumerate(leads)
    )


def _snapshot(observed: Observed, row: int, values: Parameters) -> dict[str, Any]:
    kind, cohort = str(observed.vehicle_type[row]), str(observed.cohort[row])
    base = values.base_prior(vehicle_type=kind, cohort=cohort)
    evidence = {
        name: bool(observed.present[row, place]) if observed.known[row, place] else None
        for place, name in enumerate(EVIDENCE)
    }
    return {
        "cohort": cohort,
        "vehicle_type": kind,
        "base_prior": base,
        "adjusted_prior": base * float(observed.multiplier[row]),
        "evidence": evidence,
    }
