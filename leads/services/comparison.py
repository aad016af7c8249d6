"""A parameter set's numbers beside those of the set in use."""

from dataclasses import dataclass, fields
from typing import Any

from leads.enums import VehicleType
from leads.models import ScoringParameters
from leads.parameters import EVIDENCE, Parameters

_COMPARED_APART = frozenset(
    {
        "name", "priors", "cohort_priors", "likelihood_ratios", "prices", "type_prices",
        "recalibration_intercept", "recalibration_slope",
    }
)  # fmt: skip

_LABELS = {
    "temperature_cycling": "Temperature cycling",
    "ignition_frequency": "Ignition frequency",
    "soc_decline": "State of charge",
    "short_trips": "Short trips",
}


@dataclass(frozen=True)
class Number:
    """One number of both sets. `low` to `high` is its 90 % interval and `count` the outcomes
    behind it, None where it was not estimated; a number that was estimated from too few stays."""

    label: str
    champion: float
    value: float
    is_rate: bool = False
    low: float | None = None
    high: float | None = None
    count: int | None = None
    has_moved: bool = True

    @property
    def champion_text(self) -> str:
        return self._text(self.champion)

    @property
    def value_text(self) -> str:
        return self._text(self.value)

    @property
    def interval_text(self) -> str:
        if self.low is None or self.high is None:
            return ""
        return f"{self._text(self.low)} to {self._text(self.high)}"

    @property
    def is_different(self) -> bool:
        return self.champion != self.value

    def _text(self, value: float) -> str:
        return f"{100 * value:.1f}%" if self.is_rate else f"{value:,.2f}"


def compare(row: ScoringParameters, champion: ScoringParameters) -> list[tuple[str, list[Number]]]:
    """(title, numbers): base rates, likelihood ratios, recalibration and, where any differ, the
    rest. No query."""
    before, after = champion.values(), row.values()
    estimates = {
        one["name"]: one
        for group in ("type_rates", "cohort_rates", "ratios")
        for one in row.estimates.get(group, [])
    }
    groups = [
        ("Base rates by vehicle type", _type_rates(before, after, estimates)),
        ("Base rates by cohort", _cohort_rates(before, after, estimates)),
        ("Likelihood ratios", _ratios(before, after, estimates)),
        ("Recalibration of the log-odds", _recalibration(before, after)),
        ("Other numbers", _others(before, after)),
    ]
    return [(title, numbers) for title, numbers in groups if numbers]


def _type_rates(before: Parameters, after: Parameters, estimates: dict[str, Any]) -> list[Number]:
    return [
        Number(
            str(VehicleType(kind).label), before.priors[kind], after.priors[kind], is_rate=True,
            **_estimate(estimates, kind),
        )
        for kind in VehicleType.values
    ]  # fmt: skip


def _cohort_rates(before: Parameters, after: Parameters, estimates: dict[str, Any]) -> list[Number]:
    seen = {name for name in estimates if name not in VehicleType.values and "." not in name}
    numbers = []
    for cohort in sorted({*before.cohort_priors, *after.cohort_priors, *seen}):
        kind = next(kind for kind in VehicleType.values if cohort.startswith(f"{kind}_"))
        old, new = (one.base_prior(vehicle_type=kind, cohort=cohort) for one in (before, after))
        zone = cohort.removeprefix(f"{kind}_").replace("_", " ")
        label = f"{VehicleType(kind).label}, {zone}"
        numbers.append(Number(label, old, new, is_rate=True, **_estimate(estimates, cohort)))
    return numbers


def _ratios(before: Parameters, after: Parameters, estimates: dict[str, Any]) -> list[Number]:
    return [
        Number(
            f"{_LABELS[name]}, {kind}",
            getattr(before.likelihood_ratios[name], kind),
            getattr(after.likelihood_ratios[name], kind),
            **_estimate(estimates, f"{name}.{kind}"),
        )
        for name in EVIDENCE
        for kind in ("present", "absent")
    ]


def _recalibration(before: Parameters, after: Parameters) -> list[Number]:
    return [
        Number(label, getattr(before, name), getattr(after, name))
        for label, name in (
            ("Intercept", "recalibration_intercept"),
            ("Slope", "recalibration_slope"),
        )
    ]


def _others(before: Parameters, after: Parameters) -> list[Number]:
    names = [f.name for f in fields(Parameters) if f.name not in _COMPARED_APART]
    pairs = [(name, getattr(before, name), getattr(after, name)) for name in names]
    return [
        Number(name.replace("_", " ").capitalize(), old, new)
        for name, old, new in pairs
        if old != new
    ]


def _estimate(estimates: dict[str, Any], name: str) -> dict[str, Any]:
    found = estimates.get(name, {})
    return {key: found[key] for key in ("low", "high", "count", "has_moved") if key in found}
