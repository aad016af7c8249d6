"""A dealer's list of vehicles into vehicles, customers and scored leads, all in one transaction.

What concerns vehicles and customers is done by the import of `crm`, which can also take it back
(`revert_import`); leads go with their vehicles.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from crm.context import acting, audited
from crm.decoder import decode_many
from crm.enums import BatchKind, ImportStatus
from crm.exceptions import Refused
from crm.importing import matching
from crm.importing.reading import Table, open_table
from crm.importing.rows import Refusal, Row, RowReader
from crm.models import DataBatch, ImportRefusal, ImportRun
from crm.services import import_files
from crm.services.import_chunks import apply_rows
from crm.services.import_report import Report
from crm.services.imports import count_records
from jobs.registry import local_today
from leads.classes import vehicle_type
from leads.enums import ScoreCause
from leads.importing import evidence
from leads.importing.evidence import Evidence, EvidenceRefused
from leads.importing.states import state_of
from leads.services import scoring
from leads.services.imported_leads import Said, write_leads
from leads.services.parameters import champion

CHUNK_ROWS = 2_000
Progress = Callable[[int], None]


@dataclass
class Result:
    """What an import did. `records` counts customers, vehicles and leads created and changed;
    `notices` are (line, sentence)."""

    run: ImportRun
    columns: dict[str, str]
    rows: int = 0
    refusals: list[Refusal] = field(default_factory=list)
    notices: list[tuple[int, str]] = field(default_factory=list)
    records: dict[str, int] = field(default_factory=dict)


def import_vehicles(
    *, path: Path, dry_run: bool = False, progress: Progress = lambda rows: None
) -> Result:
    """Import the CSV or XLSX file at `path`. A dry run does it all and rolls it back.

    Refused rows stay out, each with its reason. Raises Unreadable for a file that cannot be
    read, Refused for one without a column of VINs.
    """
    with transaction.atomic(), acting(label="import_vehicles", source="import"):
        importer = _Import(path)
        result = importer.run_through(progress)
        transaction.set_rollback(dry_run)
    return result


@dataclass
class _Line:
    """A row on its way: what `crm` takes of it, what it says of the battery, and its ZIP."""

    row: Row
    evidence: Evidence
    zip_code: str | None
    name: str
    vehicle_type: str = ""

    @property
    def vin(self) -> str:
        return str(self.row.vehicle["vin"])


class _Import:
    def __init__(self, path: Path) -> None:
        self.today = local_today()
        self.table = open_table(path, path.name, import_files.limits())
        self.about_battery = evidence.guess(self.table.headers)
        self.mapping = _mapping(self.table, self.about_battery)
        self.run = _register(path, self.mapping)
        known = {header: name for header, name in self.mapping.items() if name}
        self.result = Result(self.run, known | self.about_battery)
        self.reader = RowReader(
            self.table.headers, self.mapping, orders={}, advisors={}, today=self.today
        )
        self.report = Report()
        self.lead_ids: list[int] = []
        self.leads = {"leads_created": 0, "leads_changed": 0}

    def run_through(self, progress: Progress) -> Result:
        lines = self.table.rows()
        with audited(reason=f"Import of {self.run.file_name}"):
            while chunk := list(islice(lines, CHUNK_ROWS)):
                self._chunk(chunk)
                self.result.rows += len(chunk)
                progress(len(chunk))
            scoring.recompute(
                parameters=champion(),
                as_of=self.today,
                lead_ids=self.lead_ids,
                cause=ScoreCause.FACTS,
            )
            self._finish()
        return self.result

    def _chunk(self, chunk: Sequence[tuple[int, list[str]]]) -> None:
        lines, refusals = self._read(chunk)
        found = apply_rows(self.run, [line.row for line in lines])
        found.refusals = sorted([*refusals, *found.refusals], key=lambda refusal: refusal.line)
        self.report.add(found, {})
        self.result.refusals += found.refusals
        done = {outcome.line: outcome.notices for outcome in found.outcomes}
        accepted = [line for line in lines if line.row.line in done]
        written = write_leads(
            [
                Said(line.vin, line.vehicle_type, line.zip_code, line.name, line.evidence)
                for line in accepted
            ],
            batch_id=self.run.batch_id,
            today=self.today,
        )
        for line in accepted:
            texts = [*done[line.row.line], *line.evidence.notices]
            if line.vin in written.skipped:
                texts.append(written.skipped[line.vin])
            self.result.notices += [(line.row.line, text) for text in texts]
        self.lead_ids += written.lead_ids
        self.leads["leads_created"] += written.created
        self.leads["leads_changed"] += written.changed

    def _read(self, chunk: Sequence[tuple[int, list[str]]]) -> tuple[list[_Line], list[Refusal]]:
        lines: list[_Line] = []
        refusals: list[Refusal] = []
        for number, cells in chunk:
            found = self._line(number, cells)
            if isinstance(found, Refusal):
                refusals.append(found)
            else:
                lines.append(found)
        decoded = decode_many(line.vin for line in lines)
        kept = []
        for line, vehicle in zip(lines, decoded, strict=True):
            model = line.row.vehicle.get("model") or (vehicle.model if vehicle else "")
            kind = vehicle_type(model, vehicle.body if vehicle else "")
            if model and kind is None:
                refusals.append(_refusal(line.row, "model", _NO_RATE.format(model)))
                continue
            # Without a model the VIN is wrong or unknown, which `crm` refuses with its reason,
            # unless it has the vehicle.
            line.vehicle_type = kind or ""
            kept.append(line)
        return kept, refusals

    def _line(self, number: int, cells: Sequence[str]) -> _Line | Refusal:
        row = self.reader.read(number, cells)
        if isinstance(row, Refusal):
            return row
        if "vin" not in row.vehicle:
            return _refusal(row, "vin", "VIN: it is missing. Every vehicle needs one.")
        places = {header: place for place, header in enumerate(self.table.headers)}
        about = {name: cells[places[header]] for header, name in self.about_battery.items()}
        try:
            said = evidence.read(about, self.today)
        except EvidenceRefused as refused:
            return _refusal(row, refused.field, refused.reason)
        zip_code = row.customer.get("zip_code")
        if state := state_of(zip_code):
            row.customer.setdefault("state", state)
        name = _name(row.customer)
        _leave_strangers_out(row)
        for field_name, label in (("current_mileage", "mileage"), ("zip_code", "ZIP")):
            if field_name not in row.vehicle and not (field_name == "zip_code" and zip_code):
                row.notices.append(f"No {label}: that part of the score is unknown.")
        return _Line(row, said, zip_code, name)

    def _finish(self) -> None:
        run, result = self.run, self.result
        result.records = count_records(run) | self.leads
        self.report.records = result.records
        run.report, run.status = self.report.as_json(), ImportStatus.DONE
        run.total_rows = run.done_rows = result.rows
        run.finished_at, run.sample = timezone.now(), []
        run.save()
        ImportRefusal.objects.bulk_create(
            ImportRefusal(
                run=run,
                is_preview=False,
                line=refusal.line,
                field=refusal.field,
                reason=refusal.reason,
                cells=[cell.replace("\x00", "\u2400") for cell in refusal.cells],
            )
            for refusal in result.refusals
        )


_NO_RATE = "Model: there is no battery failure rate for a vehicle such as “{}”. Leave the row out."


def _mapping(table: Table, about_battery: Mapping[str, str]) -> matching.Columns:
    rest = [header for header in table.headers if header not in about_battery]
    mapping: matching.Columns = dict.fromkeys(table.headers)
    mapping |= matching.guess(rest)
    if "vin" not in mapping.values():
        raise Refused(
            "The file has no column of VINs.",
            code="nothing_to_match",
            field="vin",
            remedy=f"Call one column VIN. Its columns: {', '.join(table.headers)}.",
        )
    return mapping


def _register(path: Path, mapping: matching.Columns) -> ImportRun:
    run = import_files.register(path=path, name=path.name, by=None)
    run.mapping, run.status = mapping, ImportStatus.RUNNING
    run.options = {"without_owner": True}
    run.batch = DataBatch.objects.create(
        kind=BatchKind.IMPORT, label=run.file_name[:200], created_by="import_vehicles"
    )
    run.save()
    return run


def _leave_strangers_out(row: Row) -> None:
    """A new customer needs a telephone number; without one the vehicle comes in by itself."""
    if row.customer_id is not None or row.customer.keys() & {"phone", "email"}:
        return
    if _name(row.customer):
        row.notices.append("The customer was left out: neither phone nor e-mail address.")
    row.customer.clear()


def _name(customer: Mapping[str, Any]) -> str:
    return f"{customer.get('first_name') or ''} {customer.get('last_name') or ''}".strip()


def _refusal(row: Row, name: str, reason: str) -> Refusal:
    return Refusal(row.line, row.cells, name, reason)
