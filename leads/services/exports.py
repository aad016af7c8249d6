"""Stored leads for the exports: which ones, and as rows."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from django.utils import timezone

from crm.exceptions import Invalid
from crm.models import ExportLog
from leads.enums import LeadSource
from leads.exporting import files
from leads.exporting.fields import NAMES, Row
from leads.measuring import RANK
from leads.models import LeadRecord
from leads.parameters import EVIDENCE
from leads.querysets import LeadRecordQuerySet

CHUNK_ROWS = 2_000
BANDS = {"high": "immediate", "medium": "24_hours", "low": "48_hours"}
_COLUMNS = {
    "state": "state",
    "city": "city",
    "type": "vehicle_type",
    "model": "model",
    "cohort": "cohort_assignment",
    "urgency": "contact_urgency",
    "status": "status",
    "source": "source",
}


def select(
    *,
    any_of: Mapping[str, Sequence[str]],
    stressors: Sequence[str] = (),
    least_miles: int | None = None,
    most_miles: int | None = None,
) -> LeadRecordQuerySet:
    """Leads with one of the given values of each field and with all of the `stressors`.

    `any_of` knows state, city, type, model, cohort, urgency, band (high, medium, low), status
    and source. Raises Invalid for anything else.
    """
    records: LeadRecordQuerySet = LeadRecord.objects.all()
    for name, values in any_of.items():
        if values:
            records = records.filter(**_condition(name, values))
    for name in stressors:
        if name not in EVIDENCE:
            raise Invalid(
                f"There is no stressor “{name}”.", field="stressor", remedy=_choices(EVIDENCE)
            )
        records = records.filter(**{name: True})
    if least_miles is not None:
        records = records.filter(current_mileage__gte=least_miles)
    if most_miles is not None:
        records = records.filter(current_mileage__lte=most_miles)
    return records


def _condition(name: str, values: Sequence[str]) -> dict[str, Any]:
    if name == "band":
        unknown = set(values) - set(BANDS)
        if unknown:
            raise Invalid(
                f"There is no band “{min(unknown)}”.", field="band", remedy=_choices(BANDS)
            )
        return {"contact_urgency__in": [BANDS[value] for value in values]}
    if name not in _COLUMNS:
        raise Invalid(f"Leads have no filter “{name}”.", field=name, remedy=_choices(_COLUMNS))
    return {f"{_COLUMNS[name]}__in": list(values)}


def _choices(names: Sequence[str] | Mapping[str, Any]) -> str:
    return f"Choose one of {', '.join(names)}."


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


def write_files(records: LeadRecordQuerySet, directory: Path, *, described: str) -> list[Path]:
    """The seed's three files of `records`; what was taken out goes into the export log.

    `described` says the filters. Raises FileExistsError or OSError and leaves no file then.
    """
    log = ExportLog.objects.create(
        user=None,
        user_label="export_leads",
        list_name="leads",
        format="files",
        filters=described[:2_000],
    )
    count = 0

    def counted() -> Iterator[Row]:
        nonlocal count
        for row in rows(records):
            count += 1
            yield row

    now = timezone.localtime()
    paths = files.write_files(
        counted(),
        directory,
        stamp=now,
        metadata={"title": "VIN leads", "filters": described, "exported_at": now.isoformat()},
    )
    ExportLog.objects.filter(pk=log.pk).update(rows=count)
    return paths
