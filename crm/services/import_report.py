"""What an import did, in numbers and examples, as the page and `--json` show it."""

from dataclasses import asdict, dataclass, field, fields
from typing import Any

from crm.importing.records import CHANGED, CREATED, SAME, Difference, Outcome
from crm.importing.rows import Refusal
from crm.services.import_chunks import ChunkResult

EXAMPLES = {CREATED: 25, CHANGED: 100, "refused": 100, "notices": 100}


@dataclass
class Report:
    """`rows` = `created` + `changed` + `same` + `refused`: each row of the file counts once.

    created: the row brought a new customer; changed: it added a vehicle or changed a value;
    same: the books had it all. `notices` counts rows of which a part was left out. `records`
    counts customers and vehicles, each once however many rows speak of it.
    """

    rows: int = 0
    created: int = 0
    changed: int = 0
    same: int = 0
    refused: int = 0
    notices: int = 0
    vehicles_moved: int = 0
    records: dict[str, int] = field(default_factory=dict)
    examples: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Report":
        names = {part.name for part in fields(cls)}
        return cls(**{name: value for name, value in data.items() if name in names})

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def add(self, result: ChunkResult, advisors: dict[int, str]) -> None:
        """Count a chunk. `advisors` are names by key, to show who instead of a number."""
        self.rows += len(result.outcomes) + len(result.refusals)
        self.refused += len(result.refusals)
        self.vehicles_moved += result.moved
        for outcome in result.outcomes:
            self._count(outcome, advisors)
        for refusal in result.refusals:
            self._show("refused", _refusal(refusal))

    def _count(self, outcome: Outcome, advisors: dict[int, str]) -> None:
        if outcome.kind == CREATED:
            self.created += 1
        elif outcome.kind == CHANGED:
            self.changed += 1
        elif outcome.kind == SAME:
            self.same += 1
        if outcome.kind in EXAMPLES:
            self._show(outcome.kind, _outcome(outcome, advisors))
        if outcome.notices:
            self.notices += 1
            notice = {"line": outcome.line, "name": outcome.name, "text": " ".join(outcome.notices)}
            self._show("notices", notice)

    def _show(self, kind: str, example: dict[str, Any]) -> None:
        examples = self.examples.setdefault(kind, [])
        if len(examples) < EXAMPLES[kind]:
            examples.append(example)


def _refusal(refusal: Refusal) -> dict[str, Any]:
    return {"line": refusal.line, "field": refusal.field, "reason": refusal.reason}


def _outcome(outcome: Outcome, advisors: dict[int, str]) -> dict[str, Any]:
    return {
        "line": outcome.line,
        "name": outcome.name,
        "differences": [_difference(found, advisors) for found in outcome.differences],
    }


def _difference(found: Difference, advisors: dict[int, str]) -> dict[str, str]:
    is_advisor = found.label == "Preferred advisor"
    before, after = (
        advisors.get(value, "") if is_advisor and value else _text(value)
        for value in (found.before, found.after)
    )
    return {"record": found.record, "label": found.label, "before": before, "after": after}


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)[:200]
