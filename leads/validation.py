"""The seed's validation checklist and quality targets, judged on measured leads."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from leads import generator
from leads.arrays import percentiles
from leads.measuring import REQUIRED, Checklist
from leads.towns import towns

STATES = ("AL", "FL", "GA", "LA", "MS", "NC", "SC", "TN")
TOLERANCE, ENOUGH = 3.0, 5_000  # points, from so many leads on
RISK = {"immediate": 30.0, "24_hours": 40.0, "48_hours": 30.0}
STRESSED = 80.0
AVERAGE = (200, 500)
_DECODED_AT_MOST = 20_000

# From VINs to `crm.decoder.Decoded` or None, in order.
Decoder = Callable[[Sequence[str]], Sequence[Any]]


@dataclass(frozen=True)
class Line:
    """One line of the checklist: what is asked, what was found, whether it will do."""

    key: str
    asked: str
    measured: str
    passed: bool
    figures: Mapping[str, Any] = field(default_factory=dict)


def verdict(found: Checklist, *, decode: Decoder) -> list[Line]:
    """The seed's nine lines in its order, then its quality targets.

    `decode` turns VINs into what they stand for (`crm.decoder.decode_many`); of long lists it
    gets an even sample.
    """
    return [
        _vins(found, decode),
        _geography(found),
        _mileage(found),
        _stressors(found),
        _bayes(found),
        _revenue(found),
        _ranks(found),
        _names(found),
        _filled(found),
        *_targets(found),
    ]


def tolerance(count: int) -> float:
    """Points that a share may be off: 3 from 5,000 leads on, below that as many standard
    deviations of chance as 3 points are there."""
    return TOLERANCE * max(1.0, math.sqrt(ENOUGH / max(count, 1)))


def _share(found: Checklist, count: int) -> float:
    return 100 * count / found.count if found.count else 0.0


def _vins(listed: Checklist, decode: Decoder) -> Line:
    distinct = len({vehicle[0] for vehicle in listed.vehicles})
    step = max(1, math.ceil(listed.count / _DECODED_AT_MOST))
    sample = listed.vehicles[::step]
    decoded = decode([vehicle[0] for vehicle in sample])
    right = sum(
        found is not None
        and found.is_clean
        and (found.year, found.make, found.model) == vehicle[1:]
        for vehicle, found in zip(sample, decoded, strict=True)
    )
    return Line(
        "vin_format",
        "All VINs follow Ford format standards",
        f"{listed.valid_vins:,} of {listed.count:,} valid, {distinct:,} different, "
        f"{right:,} of {len(sample):,} decoded by vPIC to their model and year",
        listed.count > 0 and listed.valid_vins == distinct == listed.count and right == len(sample),
        {"valid": listed.valid_vins, "different": distinct, "decoded": right},
    )


def _geography(listed: Checklist) -> Line:
    states = set(listed.counts["state"]) & set(STATES)
    codes = set(listed.counts["zip_code"]) & {place.zip_code for place in towns()}
    return Line(
        "geography",
        "Geographic distribution covers Southeast region",
        f"{len(states)} of {len(STATES)} states, {len(codes)} of {len(towns())} ZIP "
        f"codes, {listed.misplaced:,} leads elsewhere or with another climate than their ZIP's",
        len(states) == len(STATES) and len(codes) == len(towns()) and not listed.misplaced,
        {"states": len(states), "zip_codes": len(codes), "misplaced": listed.misplaced},
    )


def _mileage(listed: Checklist) -> Line:
    low, high = listed.mileages
    span = f"{low:,} to {high:,} miles" if low <= high else "no mileage"
    return Line(
        "mileage",
        "Mileage within 30,000-50,000 range",
        f"{span}, {listed.out_of_range:,} leads outside",
        listed.count > 0 and not listed.out_of_range,
        {"outside": listed.out_of_range},
    )


def _stressors(listed: Checklist) -> Line:
    share = _share(listed, listed.stressed)
    return Line(
        "stressors",
        "2+ standard deviation stressor criteria met",
        f"{share:.1f} % of leads start 2 or more standard deviations above the mean "
        f"({STRESSED:.0f} % or more asked)",
        share >= STRESSED - (tolerance(listed.count) if listed.count < ENOUGH else 0.0),
        {"share": share},
    )


def _bayes(listed: Checklist) -> Line:
    return Line(
        "bayes",
        "Bayesian calculations use the seed's methodology",
        f"{listed.wrong_scores:,} of {listed.count:,} scores differ from prior odds times "
        f"likelihood ratios computed anew, by {listed.worst:.1e} at most",
        listed.count > 0 and not listed.wrong_scores,
        {"different": listed.wrong_scores, "largest_difference": listed.worst},
    )


def _revenue(listed: Checklist) -> Line:
    average = listed.opportunity / listed.count if listed.count else 0.0
    low, high = AVERAGE
    return Line(
        "revenue",
        "Revenue estimates based on realistic pricing",
        f"{average:,.2f} a lead ({low} to {high} asked), {listed.wrong_prices:,} leads with "
        "another price than their model's",
        low <= average <= high and not listed.wrong_prices,
        {"average": average, "different": listed.wrong_prices},
    )


def _ranks(listed: Checklist) -> Line:
    known = {name: number for number, name in enumerate(sorted(set(listed.cohorts)))}
    cohort = np.array([known[name] for name in listed.cohorts], dtype=np.int64)
    stored = np.array(listed.percentiles, dtype=np.int64)
    expected = percentiles(np.array(listed.posteriors), cohort)
    wrong = int((stored != expected).sum())
    quartiles = (
        np.percentile(stored, [25, 50, 75]).round().astype(int).tolist() if len(stored) else []
    )
    return Line(
        "percentiles",
        "Risk percentiles properly distributed",
        f"{wrong:,} differ from the rank within their cohort ({len(known)} cohorts), "
        f"quartiles {', '.join(map(str, quartiles))}",
        len(stored) > 0 and not wrong,
        {"different": wrong, "quartiles": quartiles},
    )


def _names(listed: Checklist) -> Line:
    counts = listed.counts["customer_name"]
    odd = sum(listed.odd_names.values())
    commonest, times = next(iter(counts.most_common(1)), ("", 0))
    return Line(
        "names",
        "Customer names appear realistic",
        f"{odd:,} are not first and last name, {len(counts):,} different ones, the commonest "
        f"“{commonest}” {times:,} times",
        listed.count > 0 and not odd and times <= max(10, listed.count // 100),
        {"odd": odd, "different": len(counts), "commonest": times},
    )


def _filled(listed: Checklist) -> Line:
    worst = ", ".join(f"{name} {count:,}" for name, count in listed.empty.most_common(5))
    return Line(
        "fields",
        "All required fields populated",
        f"{sum(listed.empty.values()):,} empty values in {len(REQUIRED)} fields of "
        f"{listed.count:,} leads" + (f" ({worst})" if worst else ""),
        listed.count > 0 and not listed.empty,
        {"empty": dict(listed.empty)},
    )


def _targets(listed: Checklist) -> list[Line]:
    mix = {
        name: 100 * share
        for name, share in zip(generator.TYPES, generator.TYPE_SHARES, strict=True)
    }
    years = sorted(year for year in listed.counts["year"] if year is not None)
    return [
        _distribution(
            listed, "risk", "Risk 30 % high, 40 % medium, 30 % low", "contact_urgency", RISK
        ),
        _distribution(
            listed,
            "mix",
            "60 % light trucks, 25 % midweight trucks, 15 % SUVs",
            "vehicle_type",
            mix,
        ),
        Line(
            "years",
            "Model years 2020 to 2023",
            f"{years[0]} to {years[-1]}" if years else "none",
            bool(years) and set(years) <= set(generator.YEARS),
            {"years": years},
        ),
        Line(
            "size",
            f"From {generator.FEWEST} to {generator.MOST:,} leads",
            f"{listed.count:,} leads",
            generator.FEWEST <= listed.count <= generator.MOST,
            {"count": listed.count},
        ),
    ]


def _distribution(
    listed: Checklist, key: str, asked: str, name: str, targets: Mapping[str, float]
) -> Line:
    found = {value: _share(listed, listed.counts[name][value]) for value in targets}
    shown = ", ".join(f"{value} {share:.1f} %" for value, share in found.items())
    off = max(abs(found[value] - target) for value, target in targets.items())
    return Line(
        key,
        asked,
        f"{shown}: {off:.1f} points off at most ({tolerance(listed.count):.1f} allowed)",
        listed.count > 0 and off <= tolerance(listed.count),
        found,
    )
