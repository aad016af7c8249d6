"""The business overview of a list of leads, counted in one pass over them."""

import heapq
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from leads.exporting.fields import SYNTHETIC, Row
from leads.parameters import EVIDENCE

TOP = 10
_BANDS = {
    "immediate": "high (60 % and more)",
    "24_hours": "medium (30 to 60 %)",
    "48_hours": "low (below 30 %)",
}
_URGENCY = {name: name.replace("_", " ") for name in _BANDS}
_EVIDENCE = {name: name.replace("_", " ") for name in EVIDENCE}
_COUNTED = (
    "contact_urgency",
    "state",
    "city",
    "cohort_assignment",
    "vehicle_type",
    "model",
    "predicted_failure_window",
    "primary_service",
)


class Summary:
    """Takes leads one by one with `add`; `text` is the report on those so far.

    `heading` goes on top, a line each. Memory does not grow with the number of leads.
    """

    def __init__(self, heading: Mapping[str, Any]) -> None:
        self.heading = heading
        self.count = self.synthetic = self.starters = 0
        self.opportunity = 0
        self.expected = 0.0
        self.counts: dict[str, Counter[str]] = {name: Counter() for name in _COUNTED}
        self.opportunities: Counter[str] = Counter()
        self.evidence: Counter[str] = Counter()
        self._top: list[tuple[int, float, int, dict[str, Any]]] = []

    def add(self, row: Row) -> None:
        self.count += 1
        self.synthetic += row["source"] == SYNTHETIC
        self.opportunity += row["total_opportunity"]
        self.expected += row["expected_value"]
        self.opportunities[row["contact_urgency"]] += row["total_opportunity"]
        for name, counter in self.counts.items():
            counter[row[name] or "unknown"] += 1
        for name in EVIDENCE:
            self.evidence[name] += row[name] is True
        self._keep_if_urgent(row)

    def _keep_if_urgent(self, row: Row) -> None:
        """The most urgent leads; of equals the likelier, then the older one."""
        key = (row["urgency_score"], row["posterior_probability"], -row["lead_id"])
        if len(self._top) < TOP:
            heapq.heappush(self._top, (*key, dict(row)))
        elif key > self._top[0][:3]:
            heapq.heapreplace(self._top, (*key, dict(row)))

    def text(self) -> str:
        parts = [self._head(), self._revenue()]
        parts += [
            self._shares("Risk", "contact_urgency", _BANDS),
            self._shares("Contact urgency", "contact_urgency", _URGENCY),
            self._shares("Predicted failure window", "predicted_failure_window"),
            self._shares("Recommended service", "primary_service"),
            self._stressors(),
            self._shares("States", "state"),
            self._shares("Cities", "city"),
            self._shares("Vehicle types", "vehicle_type"),
            self._shares("Models", "model"),
            self._shares("Cohorts", "cohort_assignment"),
            self._leaders(),
        ]
        return "\n\n".join("\n".join(lines) for lines in parts) + "\n"

    def _head(self) -> list[str]:
        kind = f"{self.synthetic:,} of them synthetic" if self.synthetic else "none synthetic"
        lines = ["VIN leads: battery risk summary", "=" * 31]
        lines += [
            f"{name.replace('_', ' ').capitalize()}: {value}"
            for name, value in self.heading.items()
        ]
        return [*lines, f"Leads: {self.count:,}, {kind}"]

    def _revenue(self) -> list[str]:
        amounts = {
            "Total opportunity": f"{self.opportunity:,}",
            "Average opportunity per lead": f"{self._mean(self.opportunity):,.2f}",
            "Expected value": f"{self.expected:,.2f}",
            "Average expected value per lead": f"{self._mean(self.expected):,.2f}",
        }
        for name, label in _BANDS.items():
            amounts[f"Opportunity, {label}"] = f"{self.opportunities[name]:,}"
        return _title("Revenue") + [f"  {what:<34}{much:>14}" for what, much in amounts.items()]

    def _mean(self, total: float) -> float:
        return total / self.count if self.count else 0.0

    def _shares(self, title: str, name: str, labels: Mapping[str, str] | None = None) -> list[str]:
        """Counts and shares: in the order of `labels`, else the commonest first."""
        counter = self.counts[name]
        order: Iterable[str] = labels or sorted(counter, key=lambda key: (-counter[key], key))
        shown = labels or {}
        return _title(title) + [self._line(shown.get(key, key), counter[key]) for key in order]

    def _stressors(self) -> list[str]:
        lines = [self._line(_EVIDENCE[name], self.evidence[name]) for name in EVIDENCE]
        return [*_title("Stressors (evidence present; ignition frequency is 2+ SD)"), *lines]

    def _line(self, label: str, count: int) -> str:
        return f"  {label:<34}{count:>14,}{100 * self._mean(count):>8.1f} %"

    def _leaders(self) -> list[str]:
        lines = _title(f"Top {TOP} by urgency")
        leaders = sorted(self._top, key=lambda item: item[:3], reverse=True)
        for place, (urgency, posterior, _, row) in enumerate(leaders, start=1):
            where = f"{row['city'] or 'unknown'}, {row['state'] or ''}".rstrip(", ")
            lines.append(
                f"{place:>4}. {row['customer_name']} ({where}): {row['year']} {row['make']} "
                f"{row['model']} {row['vin']}, urgency {urgency}, probability "
                f"{100 * posterior:.1f} %, {row['predicted_failure_window'].replace('_', ' ')}, "
                f"opportunity {row['total_opportunity']:,}"
            )
        return lines


def _title(text: str) -> list[str]:
    return [text, "-" * len(text)]
