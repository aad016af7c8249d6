"""The drawings of the warmth pages, as data."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from crm.charts import Chart, Series, Tone
from warmth.scoring import LEVELS, SEED_BOUNDS
from warmth.services.explanation import Active, Contribution

_TONES: dict[str, Tone] = {
    "scorching": "danger", "hot": "danger", "warm": "warning", "lukewarm": "warning",
    "cool": "info", "cold": "info",
}  # fmt: skip
SHOWN_CURVES = 6


def distribution(bins: Sequence[int], links: Sequence[str]) -> Chart:
    """How many customers have which score; `bins` are of equal width, each with the `links` of its
    customers."""
    width = 100 // len(bins)
    lows = [place * width for place in range(len(bins))]
    return Chart(
        title="Customers by score",
        label_heading="Score",
        labels=[f"{low} to {low + width}" for low in lows],
        series=[Series("Customers", list(bins), tones=[_tone(low) for low in lows], links=links)],
        size="small",
    )


def _tone(score: int) -> Tone:
    level = next((name for name in LEVELS if score >= SEED_BOUNDS[name]), "")
    return _TONES.get(level, "muted")


def contributions(parts: Sequence[Contribution], overall: Decimal) -> Chart:
    """Bars that begin where the one before ends, so that they add up to the score."""
    bars: list[tuple[float, float]] = []
    reached = 0.0
    for part in parts:
        bars.append((reached, reached + float(part.points)))
        reached += float(part.points)
    each: Tone = "info"
    tones: list[Tone] = [each] * len(parts)
    tones.append("primary")
    texts = [f"{part.value} x {part.weight} = {part.points:.2f}" for part in parts]
    return Chart(
        title="What each component adds to the score",
        label_heading="Component",
        labels=[*(str(part.label) for part in parts), "Score"],
        series=[
            Series(
                "Points",
                [*bars, (0.0, float(overall))],
                tones=tones,
                texts=[*texts, f"{overall}"],
            )
        ],
        horizontal=True,
        low=0,
        high=100,
        decimals=2,
        size="large",
    )


def decay_curves(active: Sequence[Active]) -> Chart:
    """What the strongest rules will still be worth, if nothing else happens."""
    return Chart(
        title="Points that events will still be worth",
        kind="xy",
        x_label="Days from today",
        y_label="Points of the component",
        series=[
            Series(f"{one.name} ({one.component})", one.curve, tone=tone, shape="step")
            for one, tone in zip(active[:SHOWN_CURVES], _CURVE_TONES, strict=False)
        ],
        decimals=2,
        size="medium",
    )


_CURVE_TONES: tuple[Tone, ...] = ("primary", "danger", "success", "warning", "info", "muted")


def history(points: Sequence[tuple[datetime, Decimal, str]]) -> Chart:
    """Scores over time with their causes, each until the next; `points` are oldest first."""
    return Chart(
        title="Score over time",
        kind="xy",
        x="date",
        series=[
            Series(
                "Score",
                [(at.timestamp() * 1000, float(value)) for at, value, _ in points],
                texts=[f"{value}, {cause}" for _, value, cause in points],
                shape="step",
            )
        ],
        low=0,
        high=100,
        decimals=2,
        size="small",
    )
