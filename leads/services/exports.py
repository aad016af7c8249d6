"""Stored leads for the exports, as rows and as files."""

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import TypeVar

from django.utils import timezone

from crm.exports import as_cell, write_csv
from crm.models import ExportLog, User
from jobs.registry import shop_zone
from leads.enums import LeadSource
from leads.exporting import files
from leads.exporting.fields import NAMES, Row
from leads.exporting.formats import CsvFormat, JsonFormat, SummaryFormat, stream
from leads.measuring import RANK
from leads.models import LeadRecord, ScoringParameters
from leads.querysets import LeadRecordQuerySet
from leads.services.preview import CHANGE_HEADERS, changes

Given = TypeVar("Given")

CHUNK_ROWS = 2_000


def rows(records: LeadRecordQuerySet) -> Iterator[Row]:
    """`records` as the exports take them, by lead; one query through a server-side cursor."""
    values = records.order_by("lead_id").values(*NAMES)
    yield from values.iterator(chunk_size=CHUNK_ROWS)


def generated() -> LeadRecordQuerySet:
    """The synthetic leads."""
    found: LeadRecordQuerySet = LeadRecord.objects.filter(source=LeadSource.GENERATED)
    return found


def ranks() -> Iterator[tuple[str, float, int]]:
    """(cohort, posterior, percentile) of each open lead, whatever its source."""
    values = LeadRecord.objects.open().values_list(*RANK)
    yield from values.iterator(chunk_size=CHUNK_ROWS)


_FORMATS: dict[str, type[JsonFormat] | type[SummaryFormat]] = {
    "json": JsonFormat,
    "txt": SummaryFormat,
}


def write_files(records: LeadRecordQuerySet, directory: Path, *, described: str) -> list[Path]:
    """The seed's three files of `records`; what was taken out goes into the export log.

    `described` says the filters. Raises FileExistsError or OSError and leaves no file then.
    """
    log = _log("files", described, user=None, label="export_leads")
    now = timezone.localtime(timezone=shop_zone())
    return files.write_files(
        _counted(rows(records), log),
        directory,
        stamp=now,
        metadata=_metadata(now, described),
    )


def stream_file(
    records: LeadRecordQuerySet, kind: str, *, described: str, user: User
) -> tuple[str, Iterator[str]]:
    """One of the seed's files, "json", "csv" or "txt" (the summary), as its name and its text in
    pieces; in the export log. Raises KeyError for another kind."""
    now = timezone.localtime(timezone=shop_zone())
    names = dict(zip(("json", "csv", "txt"), files.file_names(now), strict=True))
    name = names[kind]
    form = CsvFormat(bom=True) if kind == "csv" else _FORMATS[kind](_metadata(now, described))
    log = _log(kind, described, user=user, label=user.get_username())
    return name, stream(form, _counted(rows(records), log))


def stream_changes(
    parameters: ScoringParameters, *, as_of: date, user: User
) -> tuple[str, Iterator[bytes]]:
    """The leads that would change band under a set, as the name and the pieces of a CSV file; in
    the export log."""
    described = f"band changes under {parameters.name}"
    log = _log("csv", described, user=user, label=user.get_username())
    found = _counted(changes(parameters=parameters, as_of=as_of), log)
    cells = ([as_cell(value) for value in row] for row in found)
    return f"band-changes-{as_of:%Y-%m-%d}.csv", write_csv(CHANGE_HEADERS, cells)


def _metadata(now: datetime, described: str) -> dict[str, str]:
    return {"title": "VIN leads", "filters": described, "exported_at": now.isoformat()}


def _log(kind: str, described: str, *, user: User | None, label: str) -> ExportLog:
    return ExportLog.objects.create(
        user=user, user_label=label, list_name="leads", format=kind, filters=described[:2_000]
    )


def _counted(found: Iterator[Given], log: ExportLog) -> Iterator[Given]:
    """The number of rows goes into the log when the last one has left."""
    count = 0
    for row in found:
        count += 1
        yield row
    ExportLog.objects.filter(pk=log.pk).update(rows=count)
