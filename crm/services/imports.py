"""An import's way: upload, match columns, check (the import rolled back), import, take back.

The dry run and the import are the same code; the dry run's transaction is rolled back. The
import itself commits chunk by chunk and counts the rows done in the same transaction, so that
a crash loses nothing and repeats nothing: it goes on with the next chunk.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path

from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone

from crm.context import acting, audited
from crm.enums import BatchKind, ImportStatus
from crm.exceptions import Refused
from crm.importing import matching
from crm.importing.rows import Refusal, Row, RowReader
from crm.models import DataBatch, ImportChange, ImportRun, User
from crm.services import import_files
from crm.services.import_chunks import ChunkResult, apply_rows, copying
from crm.services.import_report import Report
from jobs.registry import local_today, shop_zone
from jobs.services import enqueue

CHUNK_ROWS = 2_000
OPTIONS = ("move_vehicles",)
Progress = Callable[[int, int], None]


class AlreadyImported(Refused):
    """The same file with the same matching was imported before (or is just now)."""

    code = "already_imported"


def match_columns(
    *, run: ImportRun, mapping: Mapping[str, str | None], options: Mapping[str, bool]
) -> ImportRun:
    """Set which column is which field. Raises Invalid for a mapping that cannot work."""
    checked = matching.checked(mapping, run.headers)
    _refuse_unless(run, ImportStatus.UPLOADED, ImportStatus.CHECKED, ImportStatus.FAILED)
    if problem := matching.missing(checked):
        raise Refused(problem, code="nothing_to_match", field="mapping", status=422)
    run.mapping = checked
    run.options = {name: bool(options.get(name)) for name in OPTIONS}
    run.fingerprint = _fingerprint(run)
    run.save(update_fields=["mapping", "options", "fingerprint"])
    return run


def request_check(*, run: ImportRun) -> None:
    """Have a worker do the dry run."""
    with transaction.atomic():
        _move(
            run,
            (ImportStatus.UPLOADED, ImportStatus.CHECKED, ImportStatus.FAILED),
            ImportStatus.CHECKING,
        )
        enqueue("crm.check_import", args={"run": str(run.pk)}, dedup_key=f"check:{run.pk}")


def request_import(*, run: ImportRun, again: bool = False, label: str = "") -> None:
    """Have workers do the import. A second click finds the run on its way and is refused."""
    with transaction.atomic():
        begin(run=run, again=again, label=label)
        _enqueue_next(run)


def begin(*, run: ImportRun, again: bool = False, label: str = "") -> None:
    """Give the run its batch and the right to write.

    Raises AlreadyImported when the same file came in with the same matching, unless `again`.
    """
    if not again and (earlier := earlier_import(run)):
        raise AlreadyImported(
            f"This file was imported on {earlier.created_at.astimezone(shop_zone()):%B %-d, %Y} "
            "with the same columns.",
            remedy="Nothing was done. Import it again on purpose if you have to.",
        )
    with transaction.atomic():
        _move(
            run,
            (ImportStatus.UPLOADED, ImportStatus.CHECKED, ImportStatus.FAILED),
            ImportStatus.RUNNING,
        )
        if run.batch is None:
            run.batch = DataBatch.objects.create(
                kind=BatchKind.IMPORT,
                label=(label or run.file_name)[:200],
                created_by=run.created_by.get_username() if run.created_by else "",
            )
        run.report = run.report or Report().as_json()
        run.save(update_fields=["batch", "report"])


def earlier_import(run: ImportRun) -> ImportRun | None:
    """A run of the same file, mapping and options that stands in the books or is on its way."""
    return (
        ImportRun.objects.filter(
            fingerprint=_fingerprint(run), status__in=[ImportStatus.RUNNING, ImportStatus.DONE]
        )
        .exclude(pk=run.pk)
        .first()
    )


def check(*, run: ImportRun, path: Path | None = None, progress: Progress | None = None) -> Report:
    """The dry run: import everything, look, roll back. Keeps the report and the refusals."""
    import_files.stage(run, path)
    report = Report()
    refusals: list[Refusal] = []
    reader = _reader(run)
    with transaction.atomic():
        position = 0
        while result := _chunk(run, reader, position):
            report.add(result, reader.advisor_names)
            refusals += result.refusals
            position += CHUNK_ROWS
            if progress:
                progress(min(position, run.total_rows or 0), run.total_rows or 0)
        report.records = count_records(run)
        transaction.set_rollback(True)
    with transaction.atomic():
        run.refusals.filter(is_preview=True).delete()
        _keep_refusals(run, refusals, is_preview=True)
        run.preview = report.as_json()
        run.save(update_fields=["preview"])
    return report


def finish_check(*, run: ImportRun) -> None:
    """The worker's part of `request_check`."""
    if not ImportRun.objects.filter(pk=run.pk, status=ImportStatus.CHECKING).exists():
        return
    try:
        check(run=run)
    except Refused as refused:
        _fail(run, refused)
        return
    ImportRun.objects.filter(pk=run.pk).update(status=ImportStatus.CHECKED, error="")


def import_next(*, run: ImportRun, path: Path | None = None) -> bool:
    """Import the next chunk in one transaction; False when there is none left and the run is
    done. Safe to call twice: the rows done are counted in the same transaction."""
    with transaction.atomic():
        run = ImportRun.objects.select_for_update().get(pk=run.pk)
        if run.status != ImportStatus.RUNNING:
            return False
        import_files.stage(run, path)
        reader = _reader(run)
        result = _chunk(run, reader, run.done_rows)
        if result is None:
            _finish(run)
            return False
        report = Report.from_json(run.report or {})
        report.add(result, reader.advisor_names)
        _keep_refusals(run, result.refusals, is_preview=False)
        run.report = report.as_json()
        run.done_rows = min(run.done_rows + CHUNK_ROWS, run.total_rows or 0)
        run.save(update_fields=["report", "done_rows"])
    return True


def continue_import(*, run: ImportRun) -> None:
    """The worker's part of `request_import`: one chunk, then a message for the next one."""
    try:
        if import_next(run=run):
            _enqueue_next(run)
    except Refused as refused:
        _fail(run, refused)


def give_up(*, run: ImportRun) -> None:
    """Workers have tried often enough: let people see it, go on later or take it back.

    Chunks that are in stay in; going on begins after them.
    """
    ImportRun.objects.filter(
        pk=run.pk, status__in=[ImportStatus.CHECKING, ImportStatus.RUNNING]
    ).update(
        status=ImportStatus.FAILED,
        error=f"It stopped after {run.done_rows:,} rows and did not get further by itself. "
        "The jobs page has the reason. Try again, or ask whoever runs Lanewise.",
        finished_at=timezone.now(),
    )


def import_all(
    *, run: ImportRun, path: Path | None = None, progress: Progress | None = None
) -> Report:
    """Import to the end in this process; `begin` comes first."""
    while import_next(run=run, path=path):
        if progress:
            run.refresh_from_db(fields=["done_rows", "total_rows"])
            progress(run.done_rows, run.total_rows or 0)
    run.refresh_from_db()
    return Report.from_json(run.report or {})


def count_records(run: ImportRun) -> dict[str, int]:
    """Records created and changed, each counted once, by "customers_created" and so on."""
    rows = (
        ImportChange.objects.filter(run=run)
        .values("table_name")
        .annotate(
            created=Count("id", filter=Q(before__isnull=True)),
            changed=Count("id", filter=Q(before__isnull=False)),
        )
    )
    found = {f"{t}_{k}": 0 for t in ("customers", "vehicles") for k in ("created", "changed")}
    for row in rows:
        found[f"{row['table_name']}_created"] = row["created"]
        found[f"{row['table_name']}_changed"] = row["changed"]
    return found


def _chunk(run: ImportRun, reader: RowReader, position: int) -> ChunkResult | None:
    """Apply the rows from `position`; None when there are none."""
    lines = import_files.staged_rows(run, position, CHUNK_ROWS)
    if not lines:
        return None
    rows: list[Row] = []
    refusals: list[Refusal] = []
    for line, cells in lines:
        read = reader.read(line, cells)
        if isinstance(read, Row):
            rows.append(read)
        else:
            refusals.append(read)
    with (
        acting(actor=run.created_by, source="import", request_id=str(run.pk)),
        audited(reason=f"Import of {run.file_name}"),
    ):
        result = apply_rows(run, rows) if rows else ChunkResult()
    result.refusals = sorted([*refusals, *result.refusals], key=lambda refusal: refusal.line)
    return result


def _reader(run: ImportRun) -> RowReader:
    advisors: dict[str, int] = {}
    users = User.objects.filter(is_active=True).values_list(
        "pk", "username", "first_name", "last_name"
    )
    for pk, username, first, last in users:
        for name in (username, f"{last}, {first}", f"{first} {last}"):
            advisors[" ".join(name.lower().split())] = pk
    return RowReader(
        run.headers,
        run.mapping,
        orders=run.facts.get("date_orders", {}),
        advisors=advisors,
        today=local_today(),
    )


def _keep_refusals(run: ImportRun, refusals: list[Refusal], *, is_preview: bool) -> None:
    if not refusals:
        return
    statement = "COPY import_refusals (run_id, is_preview, line, field, reason, cells) FROM STDIN"
    with copying(statement) as copy:
        for refusal in refusals:
            copy.write_row(
                (
                    run.pk,
                    is_preview,
                    refusal.line,
                    refusal.field,
                    refusal.reason,
                    list(refusal.cells),
                )
            )


def _finish(run: ImportRun) -> None:
    report = Report.from_json(run.report or {})
    report.records = count_records(run)
    run.report, run.preview = report.as_json(), None
    run.status, run.finished_at, run.error = ImportStatus.DONE, timezone.now(), ""
    run.sample = []
    run.save(update_fields=["report", "preview", "status", "finished_at", "error", "sample"])
    run.refusals.filter(is_preview=True).delete()
    import_files.clear(run)


def _fail(run: ImportRun, refused: Refused) -> None:
    ImportRun.objects.filter(pk=run.pk).update(
        status=ImportStatus.FAILED, error=str(refused), finished_at=timezone.now()
    )


def _enqueue_next(run: ImportRun) -> None:
    enqueue("crm.import_chunk", args={"run": str(run.pk)}, dedup_key=f"import:{run.pk}")


def _move(run: ImportRun, since: tuple[ImportStatus, ...], to: ImportStatus) -> None:
    """Change the status; of two who try at once, one is refused."""
    if not ImportRun.objects.filter(pk=run.pk, status__in=since).update(status=to, error=""):
        run.refresh_from_db(fields=["status"])
        _refuse_unless(run, *since)
    run.status = to


def _refuse_unless(run: ImportRun, *statuses: ImportStatus) -> None:
    if run.status not in statuses:
        raise Refused(
            f"This import is {run.get_status_display().lower()}.",
            code="import_busy",
            remedy="Look at its page; upload the file again to start anew.",
        )


def _fingerprint(run: ImportRun) -> str:
    parts = [run.file_hash, sorted((k, v) for k, v in run.mapping.items() if v), run.options]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
