"""Charts of pages: what is drawn, as data. `templates/components/_chart.html` shows one with the
same figures as a table, so that nothing depends on the drawing; `static/js/charts.js` draws it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

Tone = Literal["primary", "success", "warning", "danger", "muted", "info"]
Pair = tuple[float, float]
# A point without height breaks the line.
Value = float | Pair | tuple[float, None] | None


@dataclass(frozen=True)
class Series:
    """Values in the order of the chart's labels, or (x, y) pairs when the chart is of kind `xy`,
    where (x, None) breaks the line.

    In a bar chart a pair is a floating bar from its first to its second number. `tones` colours
    each value on its own; `texts` replaces the number in the table and in tooltips; `links` says
    where each value leads.
    """

    label: str
    values: Sequence[Value]
    tone: Tone = "primary"
    tones: Sequence[Tone] = ()
    texts: Sequence[str] = ()
    links: Sequence[str] = ()
    shape: Literal["bar", "line", "step", "points", "dashes"] = "bar"


@dataclass(frozen=True)
class Chart:
    """One drawing. `title` names it for those who do not see it.

    `low` and `high` fix the axis of the values; `unit` follows each number; `x` says how the
    horizontal numbers of kind `xy` read: plain numbers, or milliseconds since 1970 as dates.
    """

    title: str
    series: Sequence[Series]
    labels: Sequence[str] = ()
    kind: Literal["bar", "xy"] = "bar"
    horizontal: bool = False
    stacked: bool = False
    low: float | None = None
    high: float | None = None
    unit: str = ""
    decimals: int = 0
    x: Literal["number", "date"] = "number"
    x_label: str = ""
    y_label: str = ""
    size: Literal["small", "medium", "large"] = "medium"
    label_heading: str = ""

    def payload(self) -> dict[str, Any]:
        """What the script gets, as JSON."""
        return {
            "kind": self.kind,
            "labels": list(self.labels),
            "horizontal": self.horizontal,
            "stacked": self.stacked,
            "low": self.low,
            "high": self.high,
            "unit": self.unit,
            "decimals": self.decimals,
            "x": self.x,
            "xLabel": self.x_label,
            "yLabel": self.y_label,
            "series": [
                {
                    "label": one.label,
                    "values": list(one.values),
                    "tone": one.tone,
                    "tones": list(one.tones),
                    "texts": list(one.texts),
                    "links": list(one.links),
                    "shape": one.shape,
                }
                for one in self.series
            ],
        }

    def rows(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """The table below a bar chart: a label and one cell (text, link) for each series."""
        return [
            (
                label,
                [(self._text(one, place), _link(one, place)) for one in self.series],
            )
            for place, label in enumerate(self.labels)
        ]

    def _text(self, series: Series, place: int) -> str:
        if series.texts:
            return series.texts[place]
        value = series.values[place]
        if value is None:
            return "n/a"
        if isinstance(value, tuple):
            low, high = value
            if high is None:
                return "n/a"
            return f"{low:,.{self.decimals}f} to {high:,.{self.decimals}f}{self.unit}"
        return f"{value:,.{self.decimals}f}{self.unit}"


def _link(series: Series, place: int) -> str:
    return series.links[place] if series.links else ""
