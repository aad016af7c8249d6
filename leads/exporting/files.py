"""The seed's three files, all of them or none."""

import os
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

from leads.exporting.fields import Row, plain
from leads.exporting.formats import CsvFormat, Format, JsonFormat, SummaryFormat

BASE_NAME = "vin_leads_database"


def file_names(stamp: datetime) -> tuple[str, str, str]:
    """The names of JSON, CSV and summary."""
    at = f"{stamp:%Y%m%d_%H%M%S}"
    return f"{BASE_NAME}_{at}.json", f"{BASE_NAME}_{at}.csv", f"{BASE_NAME}_summary_{at}.txt"


def write_files(
    rows: Iterable[Row], directory: Path, *, stamp: datetime, metadata: Mapping[str, Any]
) -> list[Path]:
    """Write the three files in one pass over `rows`; their paths.

    They appear under their names when all are complete and on disk; whatever goes wrong leaves
    none of them. Raises FileExistsError rather than replace a file, OSError when the disk will
    not have them.
    """
    directory.mkdir(parents=True, exist_ok=True)
    targets = [directory / name for name in file_names(stamp)]
    drafts = [target.with_name(f".{target.name}.{os.getpid()}") for target in targets]
    formats: list[Format] = [JsonFormat(metadata), CsvFormat(), SummaryFormat(metadata)]
    try:
        _write(rows, drafts, formats)
        _publish(drafts, targets)
    finally:
        for draft in drafts:
            draft.unlink(missing_ok=True)
    return targets


def _write(rows: Iterable[Row], drafts: list[Path], formats: list[Format]) -> None:
    with ExitStack() as stack:
        files = [
            stack.enter_context(draft.open("x", encoding="utf-8", newline="")) for draft in drafts
        ]
        pairs = list(zip(files, formats, strict=True))
        for file, form in pairs:
            file.write(form.head())
        for row in rows:
            values = plain(row)
            for file, form in pairs:
                file.write(form.row(values))
        for file, form in pairs:
            file.write(form.tail())
            file.flush()
            os.fsync(file.fileno())


def _publish(drafts: list[Path], targets: list[Path]) -> None:
    for target in targets:
        if target.exists():
            raise FileExistsError(f"{target} exists already.")
    published: list[Path] = []
    try:
        for draft, target in zip(drafts, targets, strict=True):
            draft.rename(target)
            published.append(target)
    except BaseException:
        for target in published:
            target.unlink()
        raise
