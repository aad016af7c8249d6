"""The drawings of the calibration page, as data."""

from crm.charts import Chart, Series, Tone, Value
from leads.services.evaluation import Evaluation, Judged

_TONES: dict[str, Tone] = {"champion": "primary", "challenger": "warning", "method": "info"}


def reliability(found: Evaluation) -> Chart:
    """Predicted against observed rate in per cent: on the diagonal a set keeps its word. The
    champion's bins show their 90 % intervals."""
    intervals: list[Value] = []
    for one in found.champion.judgement.bins:
        x = 100 * one.predicted
        intervals += [(x, 100 * one.low), (x, 100 * one.high), (x, None)]
    return Chart(
        title="Predicted and observed share of failures",
        kind="xy",
        series=[
            Series("As predicted", [(0, 0), (100, 100)], tone="muted", shape="dashes"),
            Series(f"{found.champion.name}, 90% interval", intervals, shape="line"),
            *(_points(one) for one in _first_of_each_state(found)),
        ],
        low=0,
        high=100,
        unit="%",
        decimals=1,
        x_label="Predicted, %",
        y_label="Failed",
        size="large",
    )


def gains(found: Evaluation) -> Chart:
    """Share of failures found by calling the most probable first."""
    return Chart(
        title="Failures found by calling the most probable first",
        kind="xy",
        series=[
            Series("At random", [(0, 0), (100, 100)], tone="muted", shape="dashes"),
            *(
                Series(
                    one.name,
                    [(0, 0), *((100 * g.share, 100 * g.found) for g in one.judgement.gains)],
                    tone=_TONES[one.state],
                    shape="line",
                )
                for one in _first_of_each_state(found)
            ),
        ],
        low=0,
        high=100,
        unit="%",
        decimals=1,
        x_label="Vehicles called, %",
        y_label="Failures found",
        size="large",
    )


def _points(one: Judged) -> Series:
    pairs = [(100 * part.predicted, 100 * part.failed) for part in one.judgement.bins]
    return Series(one.name, pairs, tone=_TONES[one.state], shape="points")


def _first_of_each_state(found: Evaluation) -> list[Judged]:
    """Champion, newest challenger and method: more would hide each other."""
    first: dict[str, Judged] = {}
    for one in found.sets:
        first.setdefault(one.state, one)
    return list(first.values())
