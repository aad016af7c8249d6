"""The drawings of the leads pages, as data."""

from collections.abc import Sequence
from datetime import datetime

from crm.charts import Chart, Series, Tone
from leads.explaining import Step
from leads.services.overview import BINS

_STATES = {"present": "", "absent": " (absent)", "unknown": " (unknown)", "": ""}


def histogram(bins: Sequence[int], *, high_band: float, medium_band: float) -> Chart:
    """How many leads have which posterior, coloured by band. `bins` are of equal width."""
    lows = [place / BINS for place in range(BINS)]
    return Chart(
        title="Leads by probability of a battery failure",
        label_heading="Probability",
        labels=[f"{100 * low:.0f} to {100 * (low + 1 / BINS):.0f}%" for low in lows],
        series=[
            Series(
                "Leads",
                list(bins),
                tones=[_tone(low, high_band, medium_band) for low in lows],
            )
        ],
        size="small",
    )


def _tone(posterior: float, high_band: float, medium_band: float) -> Tone:
    if posterior >= high_band:
        return "danger"
    return "warning" if posterior >= medium_band else "success"


def waterfall(steps: Sequence[Step]) -> Chart:
    """From the prior through each ratio to the posterior, in log-odds, which add up."""
    total = steps[-1].after_log_odds
    bars = [(step.before_log_odds, step.after_log_odds) for step in steps]
    texts = [
        f"{step.log_odds:+.4f}, {'odds' if step.name == 'prior' else 'ratio'} {step.ratio:.4g}, "
        f"then {100 * step.after:.1f}%"
        for step in steps
    ]
    labels = [f"{step.label}{_STATES[step.state]}: {100 * step.after:.0f}%" for step in steps]
    return Chart(
        title="From the starting risk through each piece of evidence to the result, in log-odds",
        label_heading="Step",
        labels=[*labels, f"Result: {100 * steps[-1].after:.0f}%"],
        series=[
            Series(
                "Log-odds",
                [*bars, (0.0, total)],
                tones=[*(_direction(step) for step in steps), "primary"],
                texts=[*texts, f"{total:+.4f}, which is {100 * steps[-1].after:.1f}%"],
            )
        ],
        horizontal=True,
        decimals=2,
    )


def _direction(step: Step) -> Tone:
    if step.name == "prior" or step.log_odds == 0.0:
        return "muted"
    return "danger" if step.log_odds > 0 else "success"


def history(points: Sequence[tuple[datetime, float]]) -> Chart:
    """Posteriors over time, each holding until the next; `points` are oldest first."""
    return Chart(
        title="Probability of a battery failure over time",
        kind="xy",
        x="date",
        series=[
            Series(
                "Probability",
                [(at.timestamp() * 1000, 100 * value) for at, value in points],
                shape="step",
            )
        ],
        low=0,
        high=100,
        unit="%",
        decimals=1,
        size="small",
    )
