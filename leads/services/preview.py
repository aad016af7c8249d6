"""Who would change band under another parameter set: computed in one statement, written nowhere."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection, transaction

from leads.enums import ContactUrgency
from leads.models import ScoringParameters
from leads.services.scoring import sql_values, statement

ROWS_SHOWN = 50
CHUNK_ROWS = 2_000
# The columns of `changes`.
CHANGE_HEADERS = (
    "Lead ID", "VIN", "Year", "Make", "Model", "Customer name", "City", "State", "Contact now",
    "Contact then", "Probability now", "Probability then", "Urgency now", "Urgency then",
)  # fmt: skip
_SETTINGS = "SELECT set_config('jit', 'off', true), set_config('work_mem', '128MB', true)"


@dataclass(frozen=True)
class Preview:
    """`matrix` counts open leads by (stored band, band under the set). `rows` are leads whose band
    changes, the largest move of the posterior first."""

    matrix: dict[tuple[str, str], int]
    rows: list[dict[str, Any]]
    urgency_shift: float
    posterior_shift: float

    @property
    def leads(self) -> int:
        return sum(self.matrix.values())

    @property
    def changing(self) -> int:
        return sum(count for (old, new), count in self.matrix.items() if old != new)

    @property
    def posterior_points(self) -> float:
        """Mean move of the posterior in percentage points."""
        return 100 * self.posterior_shift

    @property
    def table(self) -> list[tuple[str, list[tuple[int, bool]], int]]:
        """A row for each stored band: its label, (count, whether that is a change) for each new
        band in the same order, and the sum."""
        return [
            (
                str(ContactUrgency(old).label),
                [(self.matrix.get((old, new), 0), old != new) for new in ContactUrgency.values],
                sum(self.matrix.get((old, new), 0) for new in ContactUrgency.values),
            )
            for old in ContactUrgency.values
        ]


@transaction.atomic
def preview(*, parameters: ScoringParameters, as_of: date, limit: int = ROWS_SHOWN) -> Preview:
    """What activating `parameters` would change in the stored scores of open leads. Two
    statements: settings, and all figures."""
    values = sql_values(parameters, as_of=as_of) | {"limit": limit}
    with connection.cursor() as cursor:
        cursor.execute(_SETTINGS)
        cursor.execute(statement("preview"), values)
        # Django leaves the jsonb of raw queries as text.
        bands, rows = map(json.loads, cursor.fetchone())
    matrix = {(one["old"], one["new"]): one["leads"] for one in bands}
    total = sum(matrix.values()) or 1
    return Preview(
        matrix=matrix,
        rows=rows,
        urgency_shift=sum(one["urgency"] for one in bands) / total,
        posterior_shift=sum(one["posterior"] for one in bands) / total,
    )


def changes(*, parameters: ScoringParameters, as_of: date) -> Iterator[tuple[Any, ...]]:
    """Every open lead whose band would change, the largest move first; CHANGE_HEADERS names the
    columns. One statement through a server-side cursor."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(statement("changes"), sql_values(parameters, as_of=as_of))
        while rows := cursor.fetchmany(CHUNK_ROWS):
            yield from rows
