"""Refused rows as a file: the columns of the original, and the reason."""

from collections.abc import Iterator

from crm.exports import disarm
from crm.importing.reading import rearmed
from crm.models import ImportRun

REASON = "Why it was refused"


def refused_rows(run: ImportRun, *, is_preview: bool) -> Iterator[list[str]]:
    """Header and refused rows of `run` in the file's order. The file can be corrected and
    imported again; the column of reasons is not matched with anything."""
    yield [*map(disarm, run.headers), REASON]
    width = len(run.headers)
    rows = run.refusals.filter(is_preview=is_preview).order_by("line", "id")
    for cells, reason in rows.values_list("cells", "reason").iterator(2_000):
        # Surplus cells are why the row was refused: they stay together in the last column.
        kept = [*cells[: width - 1], ", ".join(cells[width - 1 :])] if len(cells) > width else cells
        yield [*(disarm(rearmed(cell)) for cell in kept), reason]
